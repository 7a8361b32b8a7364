"""What is changed in the Rust that Seahorse writes. Each fix-up is small, named, and says why it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mai_build import native, read_only, slim

Parts = dict[str, str]  # path under src/ -> Rust text

_HEADER = "// Generated from {source} by `mai program build`; edit those instead.\n\n"
_IMPORT_ANCHOR = "use crate::{id, seahorse_util::*};\n"
_CRATE_USE = re.compile(r"use crate::dot::(?P<tree>[^;]+);")
_MODULE = re.compile(r"(?:^|[{,\s])(?P<name>[a-z_0-9]+)::")
_ACCOUNTS = "#[derive(Accounts)]"
_WRITABLE = re.compile(r"#\[account\(mut\)\](?P<rest>\s*(?:#\[doc[^\n]*\s*)?pub (?P<name>\w+): (?P<type>[^\n]+))")
_ENTRY = re.compile(r"^    pub fn \w+\(\s*ctx: Context<[^{]*\{\n", re.MULTILINE)
_ARGUMENTS = re.compile(r"^ *#\s*\[instruction \(.*\)\]$", re.MULTILINE)
_LIST = re.compile(r"\b(?P<name>\w+) ?: Mutable ?< ?(?P<type>Vec ?< ?\w+ ?>|\[\w+ ?; ?\d+\]) ?>")
_AUTHORITY = re.compile(r"\.(?P<kind>mint|freeze)_authority\s*\.unwrap\(\)")


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


def _absent_authority(parts: Parts) -> Parts:
    return {path: _AUTHORITY.sub(r".\g<kind>_authority.unwrap_or_default()", text) for path, text in parts.items()}


def _list_arguments(parts: Parts) -> Parts:
    def plain(text: str) -> str:
        return _LIST.sub(lambda m: f"{m['name']}: {m['type']}", text)

    def entry(match: re.Match[str]) -> str:
        wrapped = [f"        let {m['name']} = Mutable::new({m['name']});\n" for m in _LIST.finditer(match[0])]
        return plain(match[0]) + "".join(wrapped)

    library = _ARGUMENTS.sub(lambda m: plain(m[0]), parts["lib.rs"])
    return {**parts, "lib.rs": _ENTRY.sub(entry, library)}


def _read_only(parts: Parts) -> Parts:
    functions = read_only.Functions(parts.values())
    head, *blocks = parts["lib.rs"].split(_ACCOUNTS)

    def fixed(block: str) -> str:
        handler = re.findall(r"\b(\w+_handler)\(", block)[0]
        names = [m["name"] for m in _WRITABLE.finditer(block) if functions.only_reads(handler, m["name"], m["type"])]
        for name in names:
            block = _WRITABLE.sub(lambda m: f"#[account()]{m['rest']}" if m["name"] in names else m[0], block)
            block = re.sub(rf"\n *dot::\w+::\w+::store\({name}\);\n", "\n", block)
        return block

    return {**parts, "lib.rs": _ACCOUNTS.join([head, *map(fixed, blocks)])}


FIX_UPS = (
    FixUp("glob-imports", "an imported class also needs its LoadedX, which Seahorse does not import", _glob_imports),
    FixUp("public-emit", "an event of another module cannot be emitted, because its method is private", _public_emit),
    FixUp(
        "absent-authority",
        "a mint without an authority reads as the zero key instead of panicking without a name",
        _absent_authority,
    ),
    FixUp(
        "read-only",
        "Seahorse makes every account writable; what is never written is neither locked nor stored",
        _read_only,
    ),
    FixUp(
        "list-arguments",
        "an instruction's list or array arrives as plain bytes, which Seahorse's own type of it cannot read",
        _list_arguments,
    ),
    FixUp("plain-cells", "counting owners and borrows is a tenth of the code, and nothing reads it", slim.plain_cells),
    FixUp("program-list", "a hash map of at most four programs costs its hashing and growing", slim.program_list),
    FixUp("refusals", "a panic at every place carries the place and a formatter with it", slim.refusals),
)


def apply(parts: Parts, source: str, by_hand: str | None = None) -> Parts:
    """All fix-ups in order, and a header that tells a reader where the source is: the files of the glob `source`.

    `by_hand` is the program's native.rs; a program whose native.py is compiled needs one (see `native`).
    """
    for fix_up in (*FIX_UPS, FixUp("native", "what Seahorse cannot say is written in Rust", native.replacing(by_hand))):
        parts = fix_up.apply(parts)
    return {path: _HEADER.format(source=source) + text for path, text in parts.items()}
