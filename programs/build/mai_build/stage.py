"""The staged Cargo workspace under the cache: what is compiled, at a place that is the same in every checkout."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mai_build import external
from mai_build.cache import write_if_changed
from mai_build.errors import missing
from mai_build.layout import PROGRAMS, Layout
from mai_build.toolchain import LIBRARY, TARGET

TARGET_FILE = f"{TARGET}.json"
_SOURCE_SUFFIXES = {".rs", ".s", ".toml", ".json", ".md"}
Files = Mapping[str, bytes]  # path relative to a folder -> content


def read_tree(folder: Path) -> dict[str, bytes]:
    """All source files under `folder` (which may be missing), by relative path."""
    if not folder.is_dir():
        return {}
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix in _SOURCE_SUFFIXES)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def sync(folder: Path, files: Files) -> None:
    """Make `folder` hold exactly `files`; what is right already keeps its time, so cargo compiles only changes."""
    for name in read_tree(folder).keys() - files.keys():
        (folder / name).unlink()
    for name, content in files.items():
        write_if_changed(folder / name, content)


def stage_workspace(layout: Layout, program: str, generated: Files | None = None) -> Path:
    """Copy what `program` is compiled from under the cache and return the workspace's folder.

    `generated` is the Python program's Rust (paths relative to src/); None takes the checked-in one. A program that is
    not of PROGRAMS (see `external`) has only that. The other programs only have to exist, because cargo reads every
    member's manifest. Raises BuildError when a file is missing.
    """
    workspace = layout.stage
    for name, with_member in (("Cargo.toml", external.workspace), ("Cargo.lock", external.lock)):
        if not (layout.root / name).is_file():
            raise missing(name)
        text = (layout.root / name).read_text()
        write_if_changed(workspace / name, (text if program in PROGRAMS else with_member(text, program)).encode())
    if program not in PROGRAMS:
        sync(workspace / "programs" / program, external.crate(layout, program, generated or {}))
    for other in PROGRAMS:
        files = _sources(layout, other, generated if other == program else None)
        if other == program:
            if "src/lib.rs" not in files:
                raise missing(f"programs/{program}/src/lib.rs")
            sync(workspace / "programs" / program, files)
        else:
            write_if_changed(workspace / "programs" / other / "Cargo.toml", files["Cargo.toml"])
            for name in ("src/lib.rs", *({"build.rs"} & files.keys())):
                path = workspace / "programs" / other / name
                if not path.is_file():
                    write_if_changed(path, files.get(name, b""))
    write_if_changed(workspace / TARGET_FILE, (layout.build / TARGET_FILE).read_bytes())
    return workspace


def _sources(layout: Layout, program: str, generated: Files | None) -> dict[str, bytes]:
    """The files of one program's crate, by path under its folder."""
    folder = layout.programs / program
    files = {name: content for name, content in read_tree(folder).items() if not name.startswith("target/")}
    if "Cargo.toml" not in files:
        raise missing(f"programs/{program}/Cargo.toml")
    if generated is None:
        return files
    written = {name: content for name, content in files.items() if not name.startswith("src/")}
    return written | {f"src/{name}": content for name, content in generated.items()}


def stage_crate(layout: Layout, name: str, library: Path) -> Path:
    """Copy programs/build/NAME, a crate that is its own workspace, under the cache and return its folder.

    `library` is the copy of std, which a link in the folder points to.
    """
    workspace = layout.cache / f"crate-{name}"
    files = {p: c for p, c in read_tree(layout.build / name).items() if not p.startswith("target/")}
    files["Cargo.lock"] = (layout.build / name / "Cargo.lock").read_bytes()
    for path, content in files.items():
        write_if_changed(workspace / path, content)
    write_if_changed(workspace / TARGET_FILE, (layout.build / TARGET_FILE).read_bytes())
    link = workspace / LIBRARY
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(library, workspace))
    return workspace
