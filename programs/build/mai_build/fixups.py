"""What is changed in the Rust that Seahorse writes. Each fix-up is small, named, and says why it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Parts = dict[str, str]  # path under src/ -> Rust text

_HEADER = "// Generated from programs/mai/*.py by `mai program build`; edit those instead.\n\n"
_IMPORT_ANCHOR = "use crate::{id, seahorse_util::*};\n"
_CRATE_USE = re.compile(r"use crate::dot::(?P<tree>[^;]+);")
_MODULE = re.compile(r"(?:^|[{,\s])(?P<name>[a-z_0-9]+)::")


@dataclass(frozen=True)
class FixUp:
    """One change of the generated files."""

    name: str
    why: str
    apply: Callable[[Parts], Parts]


def _imported_modules(text: str) -> list[str]:
    return sorted({m["name"] for use in _CRATE_USE.finditer(text) for m in _MODULE.finditer(use["tree"])})


def _glob_imports(parts: Parts) -> Parts:
    def fixed(text: str) -> str:
        globs = "".join(f"use crate::dot::{module}::*;\n" for module in _imported_modules(text))
        return text.replace(_IMPORT_ANCHOR, globs + _IMPORT_ANCHOR, 1) if globs else text

    return {path: fixed(text) for path, text in parts.items()}


def _public_emit(parts: Parts) -> Parts:
    return {
        path: re.sub(r"^(\s*)fn __emit__\(", r"\1pub fn __emit__(", text, flags=re.M) for path, text in parts.items()
    }


def _header(parts: Parts) -> Parts:
    return {path: _HEADER + text for path, text in parts.items()}


FIX_UPS = (
    FixUp("glob-imports", "an imported class also needs its LoadedX, which Seahorse does not import", _glob_imports),
    FixUp("public-emit", "an event of another module cannot be emitted, because its method is private", _public_emit),
    FixUp("generated-header", "a reader who opens a generated file is told where its source is", _header),
)


def apply(parts: Parts) -> Parts:
    """All fix-ups in order."""
    for fix_up in FIX_UPS:
        parts = fix_up.apply(parts)
    return parts
