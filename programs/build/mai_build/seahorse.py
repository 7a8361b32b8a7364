"""The Seahorse step: a program's Python files to Rust files, then the fix-ups of `fixups`."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from mai_build import fixups, native, origin
from mai_build.errors import BuildError, missing
from mai_build.process import Report, clean_environment, run, silent
from mai_build.tools import INSTALL_SEAHORSE, SEAHORSE_VERSION, on_path, rustfmt

_PART = re.compile(r"^// ===== (?P<path>\S+) =====$", re.MULTILINE)
_SAFE_PATH = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*\.rs")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def split_parts(output: str) -> dict[str, str]:
    """Seahorse's standard output as files: path under src/ -> Rust text. Raises BuildError when it has no lib.rs."""
    marks = list(_PART.finditer(output))
    ends = [*(mark.start() for mark in marks[1:]), len(output)]
    parts = {mark["path"]: output[mark.end() : ends[i]].strip() + "\n" for i, mark in enumerate(marks)}
    if "lib.rs" not in parts or not all(_SAFE_PATH.fullmatch(path) for path in parts):
        raise BuildError(f"seahorse printed no Rust program: install the known version, `{INSTALL_SEAHORSE}`")
    return parts


def seahorse_command() -> Path:
    """The `seahorse` on PATH or in cargo's folder. Raises BuildError when it is missing or another version."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "bin" / "seahorse"
    command = home if home.is_file() else on_path("seahorse", INSTALL_SEAHORSE)
    version = run([command, "--version"], "asking seahorse for its version").split()[-1]
    if version != SEAHORSE_VERSION:
        raise BuildError(f"seahorse {version} is installed, {SEAHORSE_VERSION} is needed: run `{INSTALL_SEAHORSE}`")
    return command


def compile_program(source: Path, shown: str, report: Report = silent) -> dict[str, bytes]:
    """The generated files of the program whose main file is `source`, by path under src/; nothing is written.

    `shown` is the path that messages and the generated files name. Raises BuildError, with Seahorse's words.
    """
    if not source.is_file():
        raise missing(shown)
    command = seahorse_command()
    environment = clean_environment({"RUSTFMT": str(rustfmt()), "RUST_BACKTRACE": "0"})
    report(f"compiling {shown} to Rust with Seahorse")
    with tempfile.TemporaryDirectory(prefix="mai-seahorse-") as folder:
        lines = origin.write(source, Path(folder))
        try:
            output = run([command, "compile", source.name], "seahorse", cwd=Path(folder), env=environment)
        except BuildError as error:
            raise BuildError(origin.located(_COLOUR.sub("", str(error)), source, lines)) from error
    by_hand = source.with_name(native.FILE)
    text = by_hand.read_text() if by_hand.is_file() else None
    parts = fixups.apply(split_parts(output), f"{Path(shown).parent.as_posix()}/*.py", text)
    return {path: text.encode() for path, text in parts.items()}
