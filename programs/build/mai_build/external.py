"""A Python program outside programs/, such as an example: one more member of the staged workspace while it is compiled.

It brings only its Python file. Manifest and locked dependencies are those of programs/mai, the other Seahorse program,
so that both share their compiled crates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mai_build.errors import BuildError
from mai_build.layout import Layout

HOST = "mai"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_TAKEN = frozenset({"program", "mod", "lib", "self", "super", "crate"})  # modules of Seahorse's output, words of Rust
_PACKAGE = re.compile(r'^\[\[package\]\]\nname = "(?P<name>[^"]+)"\n.*?(?=^\[\[package\]\]|\Z)', re.M | re.S)


@dataclass(frozen=True)
class External:
    """The program of the Python file `source`; `shown` is its path in the checkout, or the whole one outside it."""

    source: Path
    shown: str

    @property
    def name(self) -> str:
        """The program's name: the file's."""
        return self.source.stem

    def output(self, suffix: str) -> str:
        """The path, as `shown` is, of what is made beside the source: `.so` or `.json`."""
        return Path(self.shown).with_suffix(suffix).as_posix()


def find(layout: Layout, path: Path) -> External:
    """The program of `path`, a Seahorse file. Raises BuildError for a path that cannot be one."""
    source = path.resolve()
    inside = source.is_relative_to(layout.root)
    shown = source.relative_to(layout.root).as_posix() if inside else str(source)
    program = External(source, shown)
    if not source.is_file():
        raise BuildError(f"there is no file {shown}: give a Python program")
    if source.suffix != ".py" or source.parent.is_relative_to(layout.programs):
        raise BuildError(f"{shown} is not a Python program outside programs/: give the file that has declare_id")
    lock = (layout.root / "Cargo.lock").read_text()
    crates = {match["name"].replace("-", "_") for match in _PACKAGE.finditer(lock)}
    if not _NAME.fullmatch(program.name) or program.name in _TAKEN | crates:
        raise BuildError(f"{program.name!r} cannot be a program's name: rename {shown} to small letters of your own")
    return program


def manifest(text: str, name: str) -> str:
    """programs/mai's Cargo.toml as that of `name`."""
    return _replaced(text, f'name = "{HOST}"', f'name = "{name}"')


def workspace(text: str, name: str) -> str:
    """The workspace's Cargo.toml with `name` as one more member."""
    return _replaced(text, f'members = ["programs/{HOST}"', f'members = ["programs/{HOST}", "programs/{name}"')


def lock(text: str, name: str) -> str:
    """Cargo.lock with a package `name` that depends on what `mai` depends on, where cargo itself would write it."""
    packages = list(_PACKAGE.finditer(text))
    host = next((match[0] for match in packages if match["name"] == HOST), "")
    entry = _replaced(host, f'name = "{HOST}"', f'name = "{name}"').rstrip() + "\n\n"
    after = next((match.start() for match in packages if match["name"] > name), None)
    return f"{text.rstrip()}\n\n{entry.rstrip()}\n" if after is None else text[:after] + entry + text[after:]


def crate(layout: Layout, name: str, generated: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the program's crate, by path under its folder."""
    text = (layout.programs / HOST / "Cargo.toml").read_text()
    return {"Cargo.toml": manifest(text, name).encode()} | {f"src/{path}": file for path, file in generated.items()}


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise BuildError(f"the workspace's files have {text.count(old)} times {old!r} instead of 1: restore Cargo.toml")
    return text.replace(old, new)
