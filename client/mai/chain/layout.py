"""The IDL's types as bytes: accounts, events and instruction arguments, decoded and encoded without a framework.

What a program writes is a fixed struct behind eight bytes of discriminator, so one `struct` a kind reads it at once:
an index or an audit reads millions. Lengths are exact; whatever does not fit is no value of this kind.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solders.pubkey import Pubkey

from mai.errors import MaiError

DISCRIMINATOR_BYTES = 8
_CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i64": "q", "bool": "?", "publicKey": "32s"}
_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


def snake(name: str) -> str:
    """A name of the IDL as the program's source has it."""
    return _CAMEL.sub("_", name).lower()


@dataclass(frozen=True)
class Field:
    """One field: its type's name in the IDL, or of an array its items' and how many."""

    name: str
    kind: str
    count: int | None = None

    @property
    def code(self) -> str:
        """Its `struct` code; a digest is one string of bytes."""
        if self.count is None:
            return _CODES[self.kind]
        return f"{self.count}s" if self.kind == "u8" else _CODES[self.kind] * self.count


def _field(entry: Mapping[str, Any]) -> Field:
    kind = entry["type"]
    if isinstance(kind, dict):
        return Field(snake(entry["name"]), kind["array"][0], int(kind["array"][1]))
    return Field(snake(entry["name"]), kind)


class Layout:
    """Values of one kind.

    Attributes:
        name: the kind's.
        mark: the discriminator, eight bytes.
        tail: the last field is bytes of any length.
    """

    def __init__(self, name: str, space: str, entries: Sequence[Mapping[str, Any]]) -> None:
        self.name = name
        self.mark = hashlib.sha256(f"{space}:{name}".encode()).digest()[:DISCRIMINATOR_BYTES]
        self.fields = [_field(entry) for entry in entries]
        # Only the verifier's instructions have bytes, one field each, with flags of fixed size behind it.
        self._bytes_at = next((at for at, field in enumerate(self.fields) if field.kind == "bytes"), None)
        fixed = [field for field in self.fields if field.kind != "bytes"]
        cut = len(fixed) if self._bytes_at is None else self._bytes_at
        self.codec = struct.Struct("<" + "".join(field.code for field in fixed[:cut]))
        self._rest = struct.Struct("<" + "".join(field.code for field in fixed[cut:]))
        self.size = DISCRIMINATOR_BYTES + self.codec.size

    def decode(self, data: bytes, *, exact: bool = True) -> dict[str, Any]:
        """The fields by name: addresses as Pubkey, digests as bytes, other arrays as lists.

        Args:
            exact: nothing may follow; False for an account with a body behind its header.

        Raises:
            MaiError: the bytes are none of this kind.
        """
        if data[:DISCRIMINATOR_BYTES] != self.mark:
            raise MaiError(f"these bytes are no {self.name}")
        try:
            raw = list(self.codec.unpack_from(data, DISCRIMINATOR_BYTES))
            end = self.size
            if self._bytes_at is not None:
                (length,) = struct.unpack_from("<I", data, end)
                body = data[end + 4 : end + 4 + length]
                end += 4 + length
                raw = [*raw, body, *self._rest.unpack_from(data, end)]
                end += self._rest.size
        except struct.error:
            raise MaiError(f"the {self.name} is cut off") from None
        if len(data) < end or (exact and len(data) != end):
            raise MaiError(f"the {self.name} has {len(data)} bytes where {end} belong")
        found, at = {}, 0
        for field in self.fields:
            if field.count is None or field.kind == "u8":
                found[field.name] = Pubkey(raw[at]) if field.kind == "publicKey" else raw[at]
                at += 1
            else:
                items = raw[at : at + field.count]
                found[field.name] = [Pubkey(item) for item in items] if field.kind == "publicKey" else items
                at += field.count
        return found

    def encode(self, values: Mapping[str, Any]) -> bytes:
        """The bytes of these fields, for what has no field of any length."""
        raw: list[Any] = []
        for field in self.fields:
            value = values[field.name]
            several = field.count is not None and field.kind != "u8"
            for item in value if several else [value]:
                raw.append(
                    bytes(item) if field.kind == "publicKey" or (field.count is not None and not several) else item
                )
        return self.mark + self.codec.pack(*raw)


@dataclass(frozen=True)
class Call:
    """An instruction of the IDL: its arguments, and its accounts with whether they are written."""

    name: str
    arguments: Layout
    accounts: tuple[tuple[str, bool], ...]


class Interface:
    """A program's IDL by discriminator."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            MaiError: the file is missing or no IDL.
        """
        try:
            raw = json.loads(path.read_text())
            self.accounts = self._layouts("account", raw.get("accounts") or [])
            self.events = self._layouts("event", raw.get("events") or [])
            self.calls = {call.arguments.mark: call for call in map(_call, raw["instructions"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MaiError(f"{path} is not a program interface: run `mai program build`") from error
        self.kinds = {layout.name: layout for layout in self.accounts.values()}
        self.event_kinds = {layout.name: layout for layout in self.events.values()}
        self.call_kinds = {call.name: call for call in self.calls.values()}

    @staticmethod
    def _layouts(space: str, entries: Sequence[Mapping[str, Any]]) -> dict[bytes, Layout]:
        made = (Layout(entry["name"], space, (entry.get("type") or entry)["fields"]) for entry in entries)
        return {layout.mark: layout for layout in made}

    def kind_of(self, data: bytes) -> Layout | None:
        """The layout of an account by its first bytes; None if it is none of this program's."""
        return self.accounts.get(data[:DISCRIMINATOR_BYTES])


def _call(entry: Mapping[str, Any]) -> Call:
    name = snake(entry["name"])
    accounts = tuple((snake(item["name"]), bool(item["isMut"])) for item in entry["accounts"])
    return Call(name, Layout(name, "global", entry["args"]), accounts)


@functools.cache
def interface(path: Path) -> Interface:
    """The IDL at a path, read once."""
    return Interface(path)
