"""The Debian route: a crate of a Cargo workspace to an SBPF shared object, the same bytes on every machine."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from mai_build import link
from mai_build.cache import digest, write_atomically, write_if_changed
from mai_build.errors import BuildError
from mai_build.link import SETTINGS_VARIABLE, Settings
from mai_build.process import Report, clean_environment, run, silent
from mai_build.toolchain import LIBRARY, TARGET, Toolchain

ELF_MAGIC = b"\x7fELF"

# LLVM's whole-program level; Cargo.toml has the matching `opt-level`. Anchor: at O2 or O3 a `try_accounts` frame passes
# 4096 bytes.
LEVELS = {"verifier": "O3", "traces": "O3"}
# Cargo hashes std's absolute path into every symbol, and symbols decide the order of constants in the result. For a
# process that runs in the workspace this name of the library copy is right, and it is the same on every machine.
STD_ADDRESS = f"/proc/self/cwd/{LIBRARY}"
# The same for all programs, so that they share one compiled std.
FLAGS = ("-Zunstable-options",)


def cargo_home() -> Path:
    """Cargo's home folder."""
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo").resolve()


def remaps(workspace: Path, library: Path, home: Path) -> list[str]:
    """rustc flags that replace this machine's folders by fixed names in panic locations.

    rustc takes the last prefix that fits, so the more special one comes later. A registry's folder is named after its
    address, so each one found is replaced by the same name.
    """
    pairs = [(home, "cargo"), *((folder, "registry") for folder in sorted((home / "registry" / "src").glob("*")))]
    pairs += [(workspace, "."), (library, "rust"), (Path(STD_ADDRESS), "library")]
    return [f"--remap-path-prefix={folder}={name}" for folder, name in pairs]


def _rustc_wrapper(workspace: Path, target_dir: Path) -> Path:
    """A command that runs rustc in the workspace, where `STD_ADDRESS` names the library copy, as it does for cargo."""
    script = target_dir / "sbf-rustc"
    write_if_changed(script, f'#!/bin/sh\ncd {shlex.quote(str(workspace))} && exec "$@"\n'.encode())
    script.chmod(0o755)
    return script


def environment(toolchain: Toolchain, workspace: Path, target_dir: Path, program: str) -> dict[str, str]:
    """What cargo is started with: Debian's rustc, its unstable features, the library copy, our linker."""
    tools = toolchain.tools
    settings = Settings(
        llvm_bin=str(tools.llvm_bin), plugin=str(toolchain.plugin), builtins=str(toolchain.builtins),
        relink=str(toolchain.relink), program=program, level=LEVELS.get(program, link.SMALL),
    )  # fmt: skip
    flags = [*FLAGS, *remaps(workspace, toolchain.library, cargo_home())]
    triple = TARGET.upper().replace("-", "_")
    return clean_environment({
        "PATH": f"{tools.prefix / 'bin'}:/usr/bin:/bin",
        "RUSTC": str(tools.rustc),
        "RUSTC_BOOTSTRAP": "1",
        "RUSTC_WRAPPER": str(_rustc_wrapper(workspace, target_dir)),
        "RUST_TARGET_PATH": str(workspace),
        "__CARGO_TESTS_ONLY_SRC_ROOT": STD_ADDRESS,
        f"CARGO_TARGET_{triple}_LINKER": str(toolchain.linker),
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        SETTINGS_VARIABLE: settings.to_environment(),
    })  # fmt: skip


def command(toolchain: Toolchain, target_dir: Path, program: str) -> list[str | Path]:
    """The cargo command for one program."""
    return [
        toolchain.tools.cargo, "build", "--release", "--locked", "--lib", "--package", program,
        "--target", TARGET, "-Zbuild-std=std,panic_abort", "--target-dir", target_dir,
    ]  # fmt: skip


def _forget_old_link(toolchain: Toolchain, target_dir: Path, program: str) -> None:
    """Make cargo link again when a linker step has changed, which it cannot know."""
    parts = [Path(link.__file__), toolchain.plugin, toolchain.builtins, toolchain.relink]
    key = digest(LEVELS.get(program, link.SMALL), *parts)
    release = target_dir / TARGET / "release"
    mark = release / f".link-{program}"
    if not mark.is_file() or mark.read_text() != key:
        for folder in (release / ".fingerprint").glob(f"{program}-*"):
            shutil.rmtree(folder)
        write_atomically(mark, key.encode())


def build(toolchain: Toolchain, workspace: Path, target_dir: Path, program: str, report: Report = silent) -> bytes:
    """Compile `program` of `workspace` and return the shared object. Raises BuildError with the compiler's messages."""
    report(f"compiling {program} for SBF")
    what = f"compiling {program}"
    _forget_old_link(toolchain, target_dir, program)
    # Fetched first, because the registry's folder has to exist when its flag is made.
    env = environment(toolchain, workspace, target_dir, program)
    run([toolchain.tools.cargo, "fetch", "--locked"], f"fetching the crates of {program}", cwd=workspace, env=env)
    env = environment(toolchain, workspace, target_dir, program)
    run(command(toolchain, target_dir, program), what, cwd=workspace, env=env, report=report)
    made = target_dir / TARGET / "release" / f"lib{program}.so"
    content = made.read_bytes() if made.is_file() else b""
    if not content.startswith(ELF_MAGIC):
        raise BuildError(f"{what} left no shared object at {made}: delete programs/build/.build and build again")
    return content
