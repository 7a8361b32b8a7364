"""A CPython stand-in for ``seahorse.prelude``, so that the program's rule modules import and run unchanged.

Integers behave as the compiled program's do: fixed width, an error on overflow, division that truncates toward zero,
and no mixing of types except that a narrower unsigned integer widens. Accounts, signers and the clock exist for
annotations only: instructions run on chain, rules run here. Source: Seahorse 0.2.7, and what its Rust does.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import logging
import types
from collections.abc import Iterable
from math import ceil as _ceil
from math import floor as _floor
from typing import Any, ClassVar, List, NoReturn, Self, Tuple, TypeVar  # noqa: UP035 - the program's spelling

from solders.pubkey import Pubkey as _SoldersPubkey

T = TypeVar("T")
_log = logging.getLogger("mai.program")


class CheckedInt(int):
    """A fixed-width integer. Constructing or computing a value out of range raises ``OverflowError``."""

    bits: ClassVar[int] = 128
    signed: ClassVar[bool] = True
    _ends: ClassVar[tuple[int, int]]

    def __init_subclass__(cls) -> None:
        cls._ends = cls.lowest(), cls.highest()

    def __new__(cls, value: int) -> Self:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{cls.__name__} needs an integer, not {type(value).__name__}")
        lowest, highest = cls._ends
        if not lowest <= value <= highest:
            raise OverflowError(f"{int(value)} does not fit in {cls.__name__}")
        return int.__new__(cls, value)

    @classmethod
    def lowest(cls) -> int:
        """The smallest value of this type."""
        return -(1 << (cls.bits - 1)) if cls.signed else 0

    @classmethod
    def highest(cls) -> int:
        """The largest value of this type."""
        return (1 << (cls.bits - 1 if cls.signed else cls.bits)) - 1

    def _common(self, other: object) -> type[CheckedInt]:
        """The type of an operation's result: the same type, or the wider of two unsigned ones."""
        mine = type(self)
        if type(other) is int:
            mine(other)
            return mine
        if isinstance(other, CheckedInt):
            theirs = type(other)
            if mine is theirs:
                return mine
            if not mine.signed and not theirs.signed:
                return mine if mine.bits >= theirs.bits else theirs
        raise TypeError(f"{mine.__name__} does not combine with {type(other).__name__}")

    def __add__(self, other: int) -> Self:
        return self._common(other)(int(self) + int(other))  # type: ignore[return-value]

    def __sub__(self, other: int) -> Self:
        return self._common(other)(int(self) - int(other))  # type: ignore[return-value]

    def __mul__(self, other: int) -> Self:
        return self._common(other)(int(self) * int(other))  # type: ignore[return-value]

    def __floordiv__(self, other: int) -> Self:
        return self._common(other)(_truncated(int(self), int(other)))  # type: ignore[return-value]

    def __mod__(self, other: int) -> Self:
        left, right = int(self), int(other)
        return self._common(other)(left - right * _truncated(left, right))  # type: ignore[return-value]

    def __radd__(self, other: int) -> Self:
        return self + other

    def __rsub__(self, other: int) -> Self:
        return self._common(other)(int(other) - int(self))  # type: ignore[return-value]

    def __rmul__(self, other: int) -> Self:
        return self * other

    def __rfloordiv__(self, other: int) -> Self:
        return self._common(other)(_truncated(int(other), int(self)))  # type: ignore[return-value]

    def __rmod__(self, other: int) -> Self:
        return self._common(other)(int(other)) % self

    def __neg__(self) -> Self:
        return type(self)(-int(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    def __str__(self) -> str:
        return str(int(self))

    def __format__(self, spec: str) -> str:
        return format(int(self), spec)


def _truncated(left: int, right: int) -> int:
    """Division as Rust does it: toward zero; Python's ``//`` goes toward minus infinity."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


class u8(CheckedInt):
    """8 bits, unsigned."""

    bits, signed = 8, False


class u16(CheckedInt):
    """16 bits, unsigned."""

    bits, signed = 16, False


class u32(CheckedInt):
    """32 bits, unsigned."""

    bits, signed = 32, False


class u64(CheckedInt):
    """64 bits, unsigned."""

    bits, signed = 64, False


class u128(CheckedInt):
    """128 bits, unsigned."""

    bits, signed = 128, False


class i8(CheckedInt):
    """8 bits, signed."""

    bits = 8


class i16(CheckedInt):
    """16 bits, signed."""

    bits = 16


class i32(CheckedInt):
    """32 bits, signed."""

    bits = 32


class i64(CheckedInt):
    """64 bits, signed."""

    bits = 64


class i128(CheckedInt):
    """128 bits, signed."""


f64 = float


class Array(list[Any]):
    """``Array[T, N]``: a list whose length is fixed. A negative index counts from the end, as in Seahorse."""

    def __init__(self, elements: Iterable[Any], length: int) -> None:
        super().__init__(elements)
        if len(self) != length:
            raise ValueError(f"an array of {length} was given {len(self)} elements")

    def __class_getitem__(cls, item: Any) -> types.GenericAlias:
        return types.GenericAlias(cls, item)

    def _fixed(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the length of an array is fixed")

    append = extend = insert = pop = remove = clear = __iadd__ = __imul__ = __delitem__ = _fixed


def array(*elements: Any) -> Array:
    """An array literal: plain integers take the type of the first element."""
    kind = type(elements[0])
    typed = [kind(element) if issubclass(kind, CheckedInt) else element for element in elements]
    return Array(typed, len(typed))


class Enum(enum.Enum):
    """A type with named values and no data."""


class Pubkey(bytes):
    """32 bytes: an address or a digest."""

    program_id: ClassVar[Pubkey | None] = None

    def __new__(cls, value: bytes) -> Self:
        if len(value) != 32:
            raise ValueError(f"a Pubkey has 32 bytes, not {len(value)}")
        return super().__new__(cls, value)

    @staticmethod
    def find_program_address(seeds: list[Any], program_id: Pubkey | None = None) -> tuple[Pubkey, u8]:
        """The PDA of the seeds and its bump. Seeds: text, integers (little-endian, by their width), 32-byte keys."""
        owner = program_id or Pubkey.program_id
        if owner is None:
            raise ValueError("no program id: pass one, or load the module that declares it")
        address, bump = _SoldersPubkey.find_program_address(
            [_seed(seed) for seed in seeds], _SoldersPubkey.from_bytes(owner)
        )
        return Pubkey(bytes(address)), u8(bump)


def _seed(seed: Any) -> bytes:
    if isinstance(seed, str):
        return seed.encode()
    if isinstance(seed, CheckedInt):
        return bytes(int_bytes(seed))
    return bytes(seed)


class _Fields:
    """Named, typed fields: plain integers take the annotated type, anything unknown is refused."""

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = inspect.get_annotations(type(self))
        given = {**dict(zip(fields, values, strict=False)), **named}
        if len(values) > len(fields) or given.keys() != fields.keys():
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(fields)}")
        for name, value in given.items():
            setattr(self, name, typed(value, fields[name]))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({inside})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class Account(_Fields):
    """The fields of an account of the program."""


class Event(_Fields):
    """The fields of an event of the program."""

    def emit(self) -> None:
        """On chain this logs the event; here it goes to the logger ``mai.program``."""
        _log.info("%r", self)


def dataclass(cls: type[T]) -> type[T]:
    """A constructor from the fields, as Seahorse makes it."""
    return cls if issubclass(cls, _Fields) else dataclasses.dataclass(cls)


def is_integer(annotation: Any) -> bool:
    """Whether an annotation is one of the fixed-width integers."""
    return isinstance(annotation, type) and issubclass(annotation, CheckedInt)


def typed(value: Any, annotation: Any) -> Any:
    """``value`` as the annotated integer type; other annotations leave it as it is."""
    if type(value) is not annotation and is_integer(annotation):
        if isinstance(value, CheckedInt) and (value.signed or annotation.signed or value.bits > annotation.bits):
            raise TypeError(f"{type(value).__name__} is not {annotation.__name__}")
        return annotation(value)
    return value


class _OnChain:
    """Exists only on chain; here it is an annotation."""

    def __class_getitem__(cls, item: Any) -> types.GenericAlias:
        return types.GenericAlias(cls, item)

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError(f"{type(self).__name__} exists only on chain")


class Signer(_OnChain):
    """The signer of an instruction."""


class Empty(_OnChain):
    """An account that an instruction creates."""


class Program(_OnChain):
    """A program to call."""


class TokenMint(_OnChain):
    """An SPL token mint."""


class TokenAccount(_OnChain):
    """An SPL token account."""


class UncheckedAccount(_OnChain):
    """Any account."""


class Clock(_OnChain):
    """The clock sysvar."""


class CpiAccount(_OnChain):
    """An account of a cross-program call."""


def declare_id(program_id: str) -> None:
    """Names the program whose PDAs ``find_program_address`` derives."""
    Pubkey.program_id = Pubkey(bytes(_SoldersPubkey.from_string(program_id)))


def instruction(function: T) -> T:
    """Marks an instruction; it runs on chain only."""
    return function


BYTES: list[u8] = [u8(byte) for byte in range(256)]
"""Every byte: the same objects are given out again and again."""


def int_bytes(number: CheckedInt) -> list[u8]:
    """Little-endian bytes. Seahorse 0.2.7 swaps the meaning of ``be``, so it is not offered."""
    raw = int(number).to_bytes(number.bits // 8, "little", signed=number.signed)
    return [BYTES[byte] for byte in raw]


def size(text: str) -> u64:
    """The length of a text in UTF-8 bytes."""
    return u64(len(text.encode()))


def floor(number: float) -> i128:
    """The largest integer that is not greater."""
    return i128(_floor(number))


def ceil(number: float) -> i128:
    """The smallest integer that is not smaller."""
    return i128(_ceil(number))


__all__ = [
    "Account", "Array", "Clock", "CpiAccount", "Empty", "Enum", "Event", "List", "Program", "Pubkey", "Signer",
    "TokenAccount", "TokenMint", "Tuple", "UncheckedAccount", "array", "ceil", "dataclass", "declare_id", "f64",
    "floor", "i8", "i16", "i32", "i64", "i128", "instruction", "int_bytes", "size", "u8", "u16", "u32", "u64", "u128",
]  # fmt: skip
