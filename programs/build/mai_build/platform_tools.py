"""The route through Solana's own `cargo-build-sbf`, where it is installed.

This route could not be run where the project is made (the platform tools cannot be downloaded there): only its command
is tested.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from mai_build import sbf
from mai_build.errors import BuildError
from mai_build.process import Report, clean_environment, run, silent

COMMAND = "cargo-build-sbf"
INSTALL = 'sh -c "$(curl -sSfL https://release.anza.xyz/stable/install)"'


def installed() -> Path | None:
    """The command on PATH, or None."""
    found = shutil.which(COMMAND)
    return Path(found) if found else None


def command(tool: Path, manifest: Path, out_dir: Path) -> list[str | Path]:
    """What compiles one program: `manifest` is its Cargo.toml, the shared object goes to `out_dir`."""
    return [tool, "--manifest-path", manifest, "--sbf-out-dir", out_dir, "--", "--locked"]


def environment(workspace: Path, target_dir: Path) -> dict[str, str]:
    """A target folder under the cache, and the same fixed names for machine paths as on the Debian route."""
    flags = " ".join(sbf.remaps(workspace, workspace / "library", sbf.cargo_home()))
    return clean_environment({"CARGO_TARGET_DIR": str(target_dir), "RUSTFLAGS": flags})


def build(workspace: Path, target_dir: Path, program: str, report: Report = silent) -> bytes:
    """Compile `program` of `workspace` and return the shared object. Raises BuildError."""
    tool = installed()
    if tool is None:
        raise BuildError(f"`{COMMAND}` is not on PATH: run `{INSTALL}`, or build with the Debian route")
    report(f"compiling {program} with {COMMAND}")
    with tempfile.TemporaryDirectory(prefix="mai-sbf-") as out_dir:
        manifest = workspace / "programs" / program / "Cargo.toml"
        run(
            command(tool, manifest, Path(out_dir)), f"compiling {program}", cwd=workspace,
            env=environment(workspace, target_dir), report=report,
        )  # fmt: skip
        made = Path(out_dir) / f"{program}.so"
        if not made.is_file():
            raise BuildError(f"{COMMAND} left no {program}.so: run `{COMMAND} --version` and update it")
        return made.read_bytes()
