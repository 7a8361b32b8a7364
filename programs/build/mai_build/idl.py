"""The programs' interface descriptions (Anchor 0.28 IDL)."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

from mai_build import cache
from mai_build.errors import BuildError
from mai_build.layout import Layout
from mai_build.process import Report, clean_environment, run, silent
from mai_build.tools import host_cargo

PROGRAM_VERSION = "0.1.0"
FIRST_ERROR_CODE = 6000
_DECLARED_ID = re.compile(r'declare_id!\("(?P<address>[1-9A-HJ-NP-Za-km-z]{32,44})"\)')
_ERROR = re.compile(r"^\s*///\s*(?P<message>[^\n]+)\n\s*(?P<name>[A-Z][A-Za-z0-9]*)\s*=\s*(?P<code>\d+),", re.MULTILINE)


def tool(layout: Layout, report: Report = silent) -> Path:
    """The `anchor-idl` command (programs/build/idl), compiled once. Raises BuildError."""
    cargo = host_cargo()
    source = layout.build / "idl"
    version = run([cargo, "--version"], "asking cargo for its version")

    def make(folder: Path) -> None:
        report("compiling the IDL reader (about 1 minute, once)")
        target = layout.cache / "target-idl"
        environment = clean_environment({"PATH": f"{cargo.parent}:/usr/bin:/bin"})
        command: list[str | Path] = [cargo, "build", "--release", "--locked", "--target-dir", target]
        run(command, "compiling the IDL reader", cwd=source, env=environment, report=report)
        shutil.copy(target / "release" / "anchor-idl", folder)
        shutil.rmtree(target)

    return cache.shared(layout.tools, "idl", cache.digest(version, source), make) / "anchor-idl"


def of_anchor_program(command: Path, library: Path) -> bytes:
    """The IDL of the Anchor program whose lib.rs is `library`, with its address under `metadata`."""
    described: dict[str, Any] = json.loads(run([command, library, PROGRAM_VERSION], "reading the program's interface"))
    declared = _DECLARED_ID.search(library.read_text())
    if declared is None:
        raise BuildError("the program has no declare_id!: add `declare_id('…')` to its main file")
    described["metadata"] = {"address": declared["address"]}
    return _text(described)


def rust_errors(text: str) -> list[dict[str, Any]]:
    """The documented `Name = code,` lines of error.rs as IDL errors. Raises BuildError where codes do not ascend."""
    errors = [{"code": int(m["code"]), "name": m["name"], "msg": m["message"].strip()} for m in _ERROR.finditer(text)]
    codes = [error["code"] for error in errors]
    if not codes or codes[0] != FIRST_ERROR_CODE or codes != sorted(set(codes)):
        raise BuildError(
            "programs/verifier/src/error.rs must list its errors in order from 6000, "
            "each as a `///` line and `Name = code,`"
        )
    return errors


def of_verifier(layout: Layout) -> bytes:
    """The hand-written IDL with error.rs's errors and the address. Raises BuildError when it lists other errors."""
    folder = layout.programs / "verifier"
    described: dict[str, Any] = json.loads((folder / "verifier.json").read_text())
    errors = rust_errors((folder / "src" / "error.rs").read_text())
    listed = described.get("errors", errors)
    wrong = [e["name"] for e in errors if e not in listed] + [e["name"] for e in listed if e not in errors]
    if wrong:
        names = ", ".join(dict.fromkeys(wrong))
        raise BuildError(f"programs/verifier: verifier.json and src/error.rs disagree about {names}: make them equal")
    described["errors"] = errors
    described["metadata"] = {"address": declared_address(layout, "verifier")}
    return _text(described)


def declared_address(layout: Layout, program: str) -> str:
    """The program's address of Anchor.toml. Raises BuildError when it has none."""
    try:
        settings = tomllib.loads((layout.root / "Anchor.toml").read_text())
        return str(settings["programs"]["localnet"][program])
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise BuildError(
            f"Anchor.toml has no address of {program} under [programs.localnet]: restore the file"
        ) from error


def _text(described: dict[str, Any]) -> bytes:
    return (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()
