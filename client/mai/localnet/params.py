"""A request's parameters, each read once and refused in Solana's words."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import based58
from solders.hash import Hash
from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.localnet import encoding
from mai.localnet.bank import FINALIZED, LEVELS, PROCESSED
from mai.localnet.encoding import Slice
from mai.localnet.errors import invalid

MAX_NUMBER = 2**64 - 1
MAX_TEXT = 128
MAX_WIRE_BYTES = 1232
_KINDS = {str: "string", int: "integer", bool: "boolean", float: "floating point", list: "sequence", dict: "map"}


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    kind = _KINDS.get(type(value), "value")
    if isinstance(value, (list, dict)):
        return kind
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'{kind} "{text[:MAX_TEXT]}"' if isinstance(value, str) else f"{kind} `{text[:MAX_TEXT]}`"


def _expected(value: Any, wanted: str) -> Exception:
    return invalid(f"Invalid params: invalid type: {_shown(value)}, expected {wanted}.")


def read_address(value: Any) -> Pubkey:
    """An address."""
    if not isinstance(value, str):
        raise _expected(value, "a string")
    try:
        return Pubkey(_decode58(value, 32))
    except ValueError as error:
        raise invalid(f"Invalid param: {error}") from None


def read_signature(value: Any) -> Signature:
    """A transaction's signature."""
    if not isinstance(value, str):
        raise _expected(value, "a string")
    try:
        return Signature(_decode58(value, 64))
    except ValueError as error:
        raise invalid(f"Invalid param: {error}") from None


def _decode58(text: str, size: int) -> bytes:
    try:
        data: bytes = based58.b58decode(text[:MAX_TEXT].encode())
    except ValueError:
        raise ValueError("Invalid") from None
    if len(data) != size:
        raise ValueError("WrongSize")
    return data


class Config:
    """The object of options that most methods take last."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def get(self, name: str) -> Any:
        """An option as it was sent; None if it was not."""
        return self._values.get(name)

    def flag(self, name: str) -> bool:
        """An option that is on or off."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise _expected(value, "a boolean")
        return bool(value)

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self._values.get(name)
        return None if value is None else _number(value)

    @property
    def level(self) -> str:
        """The commitment; the strictest unless another is asked for."""
        value = self._values.get("commitment")
        return value if value in LEVELS else FINALIZED

    @property
    def level_from_confirmed(self) -> str:
        """The commitment of methods that answer from blocks."""
        if self.level == PROCESSED:
            raise invalid("Method does not support commitment below `confirmed`")
        return self.level

    def encoding(self, default: str, allowed: Sequence[str] = encoding.ENCODINGS) -> str:
        """How data is to be shown."""
        value = self._values.get("encoding")
        if value is None:
            return default
        if value not in allowed:
            names = ", ".join(f"`{name}`" for name in allowed)
            raise invalid(f"Invalid params: unknown variant `{str(value)[:MAX_TEXT]}`, expected one of {names}.")
        return str(value)

    @property
    def part(self) -> Slice | None:
        """The part of accounts' data that is wanted."""
        value = self._values.get("dataSlice")
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _expected(value, "struct UiDataSliceConfig")
        return Slice(_number(value.get("offset")), _number(value.get("length")))


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _expected(value, "u64")
    if not 0 <= value <= MAX_NUMBER:
        raise invalid(f"Invalid params: invalid value: integer `{value}`, expected u64.")
    return value


class Params:
    """The list of parameters of one request."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def raw(self, index: int) -> Any:
        """A parameter that has to be there."""
        if index >= len(self._values):
            raise invalid(f"`params` should have at least {index + 1} argument(s)")
        return self._values[index]

    def optional(self, index: int) -> Any:
        """A parameter as it was sent; None if it was not."""
        return self._values[index] if index < len(self._values) else None

    def address(self, index: int) -> Pubkey:
        """An address."""
        return read_address(self.raw(index))

    def signature(self, index: int) -> Signature:
        """A signature."""
        return read_signature(self.raw(index))

    def blockhash(self, index: int) -> Hash:
        """A blockhash."""
        value = self.raw(index)
        if not isinstance(value, str):
            raise _expected(value, "a string")
        try:
            return Hash(_decode58(value, 32))
        except ValueError as error:
            raise invalid(str(error)) from None

    def number(self, index: int) -> int:
        """A whole number."""
        return _number(self.raw(index))

    def optional_number(self, index: int) -> int | None:
        """A whole number, if it was sent."""
        value = self.optional(index)
        return None if value is None else _number(value)

    def many(self, index: int, most: int) -> list[Any]:
        """A list of at most ``most``."""
        value = self.raw(index)
        if not isinstance(value, list):
            raise _expected(value, "a sequence")
        if len(value) > most:
            raise invalid(f"Too many inputs provided; max {most}")
        return value

    def config(self, index: int) -> Config:
        """The options, which may be missing."""
        value = self.optional(index)
        if value is None:
            return Config({})
        if not isinstance(value, dict):
            raise _expected(value, "a map")
        return Config(value)

    def wire(self, index: int, config: Config, default: str) -> bytes:
        """Serialized bytes in base58 or base64, no longer than a packet."""
        value = self.raw(index)
        if not isinstance(value, str):
            raise _expected(value, "a string")
        chosen = config.get("encoding") or default
        if chosen not in ("base58", "base64"):
            shown = str(chosen)[:MAX_TEXT]
            raise invalid(f"unsupported encoding: {shown}. Supported encodings: base58, base64")
        most = 1683 if chosen == "base58" else 1644
        if len(value) > most:
            name = "solana_transaction::versioned::VersionedTransaction"
            raise invalid(
                f"{chosen} encoded {name} too large: {len(value)} bytes (max: encoded/raw {most}/{MAX_WIRE_BYTES})"
            )
        try:
            if chosen == "base58":
                return bytes(based58.b58decode(value.encode()))
            return b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            raise invalid(f"invalid {chosen} encoding") from None
