"""The staged Cargo workspace under the cache: what is compiled, at a place that is the same in every checkout."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from mai_build.cache import write_atomically
from mai_build.errors import BuildError
from mai_build.layout import PROGRAMS, Layout
from mai_build.toolchain import TARGET

LIBRARY = "library"
_SOURCE_SUFFIXES = {".rs", ".s", ".toml", ".json", ".md"}
Files = Mapping[str, bytes]  # path relative to a folder -> content


def read_tree(folder: Path) -> dict[str, bytes]:
    """All source files under `folder` (which may be missing), by relative path."""
    if not folder.is_dir():
        return {}
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix in _SOURCE_SUFFIXES)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def sync(folder: Path, files: Files) -> None:
    """Make `folder` hold exactly `files`; a file that is right already keeps its time, so cargo compiles only changes."""
    for name in read_tree(folder).keys() - files.keys():
        (folder / name).unlink()
    for name, content in files.items():
        write_if_changed(folder / name, content)


def put_target(layout: Layout, workspace: Path) -> None:
    """The target description beside the workspace's Cargo.toml, where RUST_TARGET_PATH finds it."""
    name = f"{TARGET}.json"
    write_if_changed(workspace / name, (layout.build / name).read_bytes())


def stage_workspace(layout: Layout, generated: Files | None) -> Path:
    """Copy the workspace under the cache and return its folder.

    `generated` is the Python program's Rust (paths relative to programs/mai/src); None takes the checked-in one.
    Raises BuildError when a program's source is missing.
    """
    workspace = layout.stage
    for name in ("Cargo.toml", "Cargo.lock"):
        if not (layout.root / name).is_file():
            raise BuildError(f"{name} is missing from {layout.root}: restore it with `git checkout {name}`")
        write_if_changed(workspace / name, (layout.root / name).read_bytes())
    for program in PROGRAMS:
        source = layout.programs / program
        files = {name: content for name, content in read_tree(source).items() if not name.startswith("target/")}
        if program == "mai" and generated is not None:
            files = {name: content for name, content in files.items() if not name.startswith("src/")}
            files |= {f"src/{name}": content for name, content in generated.items()}
        for name in ("Cargo.toml", "src/lib.rs"):
            if name not in files:
                raise BuildError(f"programs/{program}/{name} is missing: restore it with `git checkout programs/{program}`")
        sync(workspace / "programs" / program, files)
    put_target(layout, workspace)
    return workspace


def stage_crate(layout: Layout, name: str) -> Path:
    """Copy programs/build/NAME, a crate that is its own workspace, under the cache and return its folder."""
    workspace = layout.cache / f"crate-{name}"
    files = {p: c for p, c in read_tree(layout.build / name).items() if not p.startswith("target/")}
    files["Cargo.lock"] = (layout.build / name / "Cargo.lock").read_bytes()
    for path, content in files.items():
        write_if_changed(workspace / path, content)
    put_target(layout, workspace)
    return workspace


def write_if_changed(path: Path, content: bytes) -> None:
    """Write `content` unless `path` holds it already."""
    if not path.is_file() or path.read_bytes() != content:
        write_atomically(path, content)


def clear(layout: Layout) -> None:
    """Delete the cache."""
    shutil.rmtree(layout.cache, ignore_errors=True)
