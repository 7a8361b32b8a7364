"""The program's accounts as the IDL lays them out: one struct per kind, whole accounts read at once."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any

from program.chain import OUT, snake
from solders.pubkey import Pubkey

CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i64": "q", "bool": "?", "publicKey": "32s"}

BOUNDS = {f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)} | {"i64": (-(2**63), 2**63 - 1)}


@dataclass(frozen=True)
class Field:
    name: str
    # "publicKey", "digest" (32 bytes), "list" (of `item`), or the integer's type.
    kind: str
    code: str
    count: int
    item: str


@dataclass(frozen=True)
class Layout:
    kind: str
    fields: tuple[Field, ...]
    codec: struct.Struct
    discriminator: bytes

    def blank(self) -> dict[str, Any]:
        """What a new account holds before the program writes to it."""
        return self.decode(bytes(8 + self.codec.size))

    def decode(self, data: bytes) -> dict[str, Any]:
        raw = self.codec.unpack_from(data, 8)
        found: dict[str, Any] = {}
        at = 0
        for field in self.fields:
            if field.kind == "list":
                items = raw[at : at + field.count]
                found[field.name] = [_value(field.item, item) for item in items]
                at += field.count
            else:
                found[field.name] = _value(field.kind, raw[at])
                at += 1
        return found

    def overflows(self, values: dict[str, Any]) -> bool:
        for field in self.fields:
            if bounds := BOUNDS.get(field.item or field.kind):
                value = values[field.name]
                for item in value if field.kind == "list" else (value,):
                    if not bounds[0] <= item <= bounds[1]:
                        return True
        return False

    def encode(self, values: dict[str, Any]) -> bytes:
        raw: list[Any] = []
        for field in self.fields:
            value = values[field.name]
            for item in value if field.kind == "list" else [value]:
                raw.append(bytes(item) if isinstance(item, Pubkey) else item)
        return self.discriminator + self.codec.pack(*raw)


def _value(kind: str, raw: Any) -> Any:
    return Pubkey.from_bytes(raw) if kind == "publicKey" else raw


def _field(entry: dict[str, Any]) -> Field:
    name, kind = snake(entry["name"]), entry["type"]
    if isinstance(kind, str):
        return Field(name, kind, CODES[kind], 1, "")
    item, count = kind["array"]
    if item == "u8":
        return Field(name, "digest", f"{count}s", 1, "")
    code = CODES[item]
    return Field(name, "list", code * count if item == "publicKey" else f"{count}{code}", count, item)


@cache
def layouts() -> dict[str, Layout]:
    idl = json.loads((OUT / "mai.json").read_text())
    found = {}
    for account in idl["accounts"]:
        fields = tuple(_field(entry) for entry in account["type"]["fields"])
        codec = struct.Struct("<" + "".join(field.code for field in fields))
        mark = hashlib.sha256(f"account:{account['name']}".encode()).digest()[:8]
        found[account["name"]] = Layout(account["name"], fields, codec, mark)
    return found
