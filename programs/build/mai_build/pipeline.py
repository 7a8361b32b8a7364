"""The whole build: Python and Rust sources to shared objects, IDLs and the record of what made them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mai_build import cache, external, idl, platform_tools, sbf, seahorse, stage, toolchain, versions
from mai_build.errors import BuildError
from mai_build.layout import EXAMPLES, PROGRAMS, Layout
from mai_build.process import Report, silent

DEBIAN = "debian"
RECORD = "programs/build/out/toolchain.json"
SEAHORSE_MAIN = "programs/mai/mai.py"
GENERATED = "programs/mai/src"
Files = dict[str, bytes]  # path relative to the checkout -> content


@dataclass(frozen=True)
class Outcome:
    """What a build did."""

    out: Path  # the folder with the .so and IDL files to use
    changed: tuple[str, ...]  # files written, or with `check` and other tools: files that differ
    notes: tuple[str, ...]  # sentences for the user


def choose_route(route: str | None = None) -> str:
    """`cargo-build-sbf` where it is installed, else the Debian route; or `route` if given."""
    if route is None:
        return platform_tools.COMMAND if platform_tools.installed() else DEBIAN
    if route not in (DEBIAN, platform_tools.COMMAND):
        raise BuildError(f"there is no build route {route!r}: use {DEBIAN} or {platform_tools.COMMAND}")
    return route


def shared_object(layout: Layout, name: str, route: str, generated: stage.Files | None, report: Report) -> bytes:
    """Compile one program from the staged workspace. The caller holds the cache's lock. Raises BuildError."""
    workspace = stage.stage_workspace(layout, name, generated)
    if route == platform_tools.COMMAND:
        return platform_tools.build(workspace, layout.cache / "target-platform-tools", name, report)
    made = toolchain.prepare(layout, workspace / toolchain.LIBRARY, report=report)
    return sbf.build(made, workspace, layout.cache / "target", name, report)


def make(layout: Layout, route: str, report: Report = silent) -> Files:
    """Every output of the build, by path; nothing outside the cache is written. Raises BuildError."""
    with cache.locked(layout.cache):
        generated = seahorse.compile_program(layout.root / SEAHORSE_MAIN, SEAHORSE_MAIN, report)
        files = {f"{GENERATED}/{name}": content for name, content in generated.items()}
        for name in PROGRAMS:
            rust = generated if name == "mai" else None
            files[f"programs/build/out/{name}.so"] = shared_object(layout, name, route, rust, report)
        report("reading the programs' interfaces")
        library = layout.stage / "programs" / "mai" / "src" / "lib.rs"
        files["programs/build/out/mai.json"] = idl.of_anchor_program(idl.tool(layout, report), library)
        files["programs/build/out/verifier.json"] = idl.of_verifier(layout)
        for example in EXAMPLES:
            files |= _external_files(layout, external.find(layout, layout.root / example), route, report)
        files[RECORD] = record(versions.installed(layout, route), files)
    return files


def _external_files(layout: Layout, found: external.External, route: str, report: Report) -> Files:
    """What is made of a Python program outside programs/. The caller holds the cache's lock."""
    generated = seahorse.compile_program(found.source, found.shown, report)
    built = shared_object(layout, found.name, route, generated, report)
    library = layout.stage / "programs" / found.name / "src" / "lib.rs"
    interface = idl.of_anchor_program(idl.tool(layout, report), library)
    return {found.output(".so"): built, found.output(".json"): interface}


def record(tools: versions.Versions, files: Files) -> bytes:
    """toolchain.json: the tools' versions and every output's SHA-256."""
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())}
    return (json.dumps({"tools": tools, "sha256": hashes}, indent=2) + "\n").encode()


def checked_in(layout: Layout) -> Files:
    """The outputs that the checkout has."""
    generated = stage.read_tree(layout.root / GENERATED)
    files = {f"{GENERATED}/{name}": content for name, content in generated.items()}
    for path in sorted(layout.out.glob("*")) if layout.out.is_dir() else []:
        if path.suffix in {".so", ".json"}:
            files[path.relative_to(layout.root).as_posix()] = path.read_bytes()
    made = (Path(example).with_suffix(suffix) for example in EXAMPLES for suffix in (".so", ".json"))
    return files | _present(layout, (path.as_posix() for path in made))


def _present(layout: Layout, paths: Iterable[str]) -> Files:
    return {path: (layout.root / path).read_bytes() for path in paths if (layout.root / path).is_file()}


def differences(fresh: Files, old: Files) -> tuple[str, ...]:
    """The files that are not the same, are missing, or should not be there; of the record only the hashes count."""
    fresh, old = dict(fresh), dict(old)
    for files in (fresh, old):
        if RECORD in files:
            files[RECORD] = json.dumps(_read_record(files[RECORD])["sha256"], sort_keys=True).encode()
    return tuple(sorted(path for path in fresh.keys() | old.keys() if fresh.get(path) != old.get(path)))


def _read_record(content: bytes | None) -> dict[str, dict[str, str]]:
    try:
        read = json.loads(content or b"{}")
        return {"tools": dict(read.get("tools", {})), "sha256": dict(read.get("sha256", {}))}
    except (ValueError, AttributeError, TypeError) as error:
        raise BuildError(f"{RECORD} is damaged: restore it with `git checkout {RECORD}`") from error


def build(
    layout: Layout | None = None, *, check: bool = False, route: str | None = None, report: Report = silent
) -> Outcome:
    """Build everything and write it into the checkout; with `check`, write nothing and compare instead.

    With `check`: raises BuildError listing the files that differ when the installed tools are the recorded ones. With
    other tools a difference is no error: the fresh build is kept under the cache and its folder returned, with notes.
    Raises BuildError for a missing tool or a failed step; then nothing has been written.
    """
    layout = layout or Layout.here()
    fresh = make(layout, choose_route(route), report)
    old = checked_in(layout)
    changed = differences(fresh, old)
    if not check:
        return Outcome(layout.out, publish(layout, fresh, old), ())
    if not changed:
        return Outcome(layout.out, (), ("the checked-in build is what its sources make",))
    return _explain(layout, fresh, old, changed)


def other_tools(recorded: versions.Versions, present: versions.Versions) -> list[str]:
    """One line for each tool whose installed version is not the recorded one."""
    return [
        f"{name}: {recorded.get(name, 'none')} recorded, {present.get(name, 'none')} installed"
        for name in sorted(recorded.keys() | present.keys())
        if recorded.get(name) != present.get(name)
    ]


def _explain(layout: Layout, fresh: Files, old: Files, changed: tuple[str, ...]) -> Outcome:
    """An error where the tools are the recorded ones; else keep the fresh build."""
    tools = other_tools(_read_record(old.get(RECORD))["tools"], _read_record(fresh[RECORD])["tools"])
    listed = "\n".join(f"  {path}" for path in changed)
    if not tools:
        raise BuildError(
            f"these checked-in files are not what the sources make; run `mai program build` and commit:\n{listed}"
        )

    def fill(folder: Path) -> None:
        for path, content in fresh.items():
            cache.write_atomically(folder / path, content)

    folder = cache.kept(layout.cache / "fresh", cache.digest(json.dumps(sorted(fresh)), *fresh.values()), fill)
    out = folder / layout.out.relative_to(layout.root)
    notes = (
        "other tools than the recorded ones are installed:\n" + "\n".join(f"  {line}" for line in tools),
        f"so these files differ from the checked-in ones:\n{listed}",
        f"use the fresh build in {out}",
    )
    return Outcome(out, changed, notes)


def publish(layout: Layout, fresh: Files, old: Files) -> tuple[str, ...]:
    """Write the changed files, each in one step and the record last; delete generated files that are no longer made."""
    written = [path for path in sorted(fresh, key=lambda path: path == RECORD)
               if cache.write_if_changed(layout.root / path, fresh[path])]  # fmt: skip
    gone = [path for path in old.keys() - fresh.keys() if path.startswith(f"{GENERATED}/")]
    for path in gone:
        (layout.root / path).unlink()
    return (*written, *sorted(gone))


def build_one(layout: Layout, name: str, *, route: str | None = None, report: Report = silent) -> Path:
    """Compile one program alone into programs/build/out (the Python one through Seahorse); for work on it."""
    with cache.locked(layout.cache):
        main = layout.root / SEAHORSE_MAIN
        generated = seahorse.compile_program(main, SEAHORSE_MAIN, report) if name == "mai" else None
        content = shared_object(layout, name, choose_route(route), generated, report)
    path = layout.out / f"{name}.so"
    cache.write_if_changed(path, content)
    return path


def build_external(
    program: Path, layout: Layout | None = None, *, check: bool = False, route: str | None = None,
    report: Report = silent,
) -> Outcome:  # fmt: skip
    """Build the Python program of the file `program`, wherever it lies, and write NAME.so and NAME.json beside it.

    With `check`: write nothing. Raises BuildError for files that differ, a missing tool or a failed step.
    """
    layout = layout or Layout.here()
    found = external.find(layout, program)
    with cache.locked(layout.cache):
        fresh = _external_files(layout, found, choose_route(route), report)
    old = _present(layout, fresh)
    changed = differences(fresh, old)
    if not check:
        return Outcome(found.source.parent, publish(layout, fresh, old), ())
    if changed:
        listed = "\n".join(f"  {path}" for path in changed)
        raise BuildError(f"these files are not what {found.shown} makes with the tools that are installed:\n{listed}")
    return Outcome(found.source.parent, (), (f"the build beside {found.shown} is what it makes",))
