"""The program's account classes as bytes: layout by IDL, values in the program's own integer types."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from mai.audit.words import Account, digest, zero
from mai.chain.layout import Field, Layout
from mai.errors import MaiError
from mai.program import prelude
from mai.program.prelude import Array, Pubkey

# The struct has the width already, so no range is checked again.
_KINDS: dict[str, Callable[[Any], Any]] = {
    name: functools.partial(int.__new__, getattr(prelude, name)) for name in ("u8", "u16", "u32", "u64", "i64")
} | {"bool": bool, "publicKey": Pubkey}


class Codec:
    """Between one account class of the program and its bytes."""

    def __init__(self, cls: type[Account], layout: Layout) -> None:
        self.cls, self.layout = cls, layout
        annotations = inspect.get_annotations(cls)
        if len(annotations) != len(layout.fields):
            raise MaiError(f"the interface's {layout.name} is not the program source's: run `mai program build`")
        self._plan = [(name, field, _reader(field)) for name, field in zip(annotations, layout.fields, strict=True)]
        self._blank = {name: kind for name, kind in annotations.items()}

    def new(self, key: Pubkey) -> Account:
        """A new account, all zeros."""
        made = self.cls.__new__(self.cls)
        made.__dict__.update({name: zero(kind) for name, kind in self._blank.items()}, _key=key)
        return made

    def load(self, key: Pubkey, data: bytes) -> Account:
        """The account of these bytes."""
        raw = self.layout.codec.unpack_from(data, 8)
        made, at = self.cls.__new__(self.cls), 0
        fields = made.__dict__
        for name, field, read in self._plan:
            if field.count is None or field.kind == "u8":
                fields[name] = read(raw[at])
                at += 1
            else:
                items = Array.__new__(Array)
                list.extend(items, map(read, raw[at : at + field.count]))
                fields[name] = items
                at += field.count
        fields["_key"] = key
        return made

    def dump(self, account: Account) -> bytes:
        """Its bytes."""
        fields, raw = account.__dict__, []
        for name, field, _ in self._plan:
            value = fields[name]
            if field.count is None:
                raw.append(value)
            elif field.kind == "u8":
                raw.append(bytes(value))
            else:
                raw.extend(value)
        return self.layout.mark + self.layout.codec.pack(*raw)


def _reader(field: Field) -> Callable[[Any], Any]:
    return digest if field.kind == "u8" and field.count is not None else _KINDS[field.kind]
