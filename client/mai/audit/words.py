"""What the program's Python sees when an audit runs it: accounts that exist, tokens that move, events that stay.

`mai.program.prelude` is made for rules alone; here its accounts, signers and tokens do what they do on chain, so that
whole instructions run. One thing is different: nobody is paid.
"""

from __future__ import annotations

import functools
import inspect
from types import ModuleType
from typing import Any, ClassVar

from solders.pubkey import Pubkey as SoldersPubkey

from mai.program import prelude
from mai.program.prelude import BYTES, Array, CheckedInt, Pubkey, u8, u64

ZERO = Pubkey(bytes(32))


def digest(raw: bytes) -> Array:
    """Bytes as the program's array."""
    made = Array.__new__(Array)
    list.extend(made, map(BYTES.__getitem__, raw))
    return made


class Account(prelude.Account):
    """An account of the program, with its address."""

    _key: Pubkey

    def key(self) -> Pubkey:
        """The address."""
        return self._key

    def transfer_lamports(self, to: Any, amount: u64) -> None:
        """Lamports are the runtime's: their sums are not an audit's matter."""


class Event(prelude.Event):
    """An event: kept for whoever runs the instruction."""

    sink: ClassVar[list[Event]] = []

    def emit(self) -> None:
        Event.sink.append(self)


class CpiAccount:
    """An account that is handed to another program."""

    def __init__(self, account: Any, mut: bool = False, signer: bool = False) -> None:
        self.account = account


class Keyed:
    """Anything with an address."""

    def __init__(self, key: Pubkey) -> None:
        self._key = key

    def key(self) -> Pubkey:
        return self._key

    def __bytes__(self) -> bytes:
        return bytes(self._key)


class Signer(Keyed):
    """Who signed."""

    def transfer_lamports(self, to: Any, amount: u64) -> None:
        """See :meth:`Account.transfer_lamports`."""


@functools.lru_cache(maxsize=65_536)
def address_of(program: bytes, seeds: tuple[bytes, ...]) -> tuple[Pubkey, u8]:
    """A program-derived address and its bump."""
    address, bump = SoldersPubkey.find_program_address(list(seeds), SoldersPubkey(program))
    return Pubkey(bytes(address)), u8(bump)


def seed_bytes(seed: Any) -> bytes:
    """A seed as Seahorse turns it into bytes: text, integers by their width, addresses."""
    if isinstance(seed, str):
        return seed.encode()
    if isinstance(seed, CheckedInt):
        return int(seed).to_bytes(seed.bits // 8, "little", signed=seed.signed)
    return bytes(seed.key()) if hasattr(seed, "key") else bytes(seed)


class FastPubkey(Pubkey):
    """The prelude's, with addresses that were derived before remembered."""

    @staticmethod
    def find_program_address(seeds: list[Any], program_id: Pubkey | None = None) -> tuple[Pubkey, u8]:
        owner = program_id or Pubkey.program_id
        if owner is None:
            raise ValueError("no program id: load the module that declares it")
        return address_of(bytes(owner), tuple(map(seed_bytes, seeds)))


def words() -> ModuleType:
    """The module that stands for ``seahorse.prelude``."""
    made = ModuleType("mai.audit.words.prelude", "The prelude of a program that is audited.")
    made.__dict__.update({name: getattr(prelude, name) for name in prelude.__all__})
    made.__dict__.update(
        Account=Account, Event=Event, CpiAccount=CpiAccount, Pubkey=FastPubkey, __all__=prelude.__all__
    )
    return made


def zero(annotation: Any) -> Any:
    """A field as a new account has it."""
    if inspect.isclass(annotation) and issubclass(annotation, CheckedInt):
        return annotation(0)
    if annotation is bool:
        return False
    if inspect.isclass(annotation) and issubclass(annotation, Pubkey):
        return ZERO
    item, length = annotation.__args__
    return Array([zero(item)] * length, length)
