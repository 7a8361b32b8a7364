"""Finding the programs that a build needs; a missing one is an error that names the command to run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mai_build.errors import BuildError

LLVM_VERSION = "22"
DEBIAN_PACKAGES = ("rustc-web", "cargo-web", "rust-web-src", "rustfmt-web", "llvm-22", "llvm-22-dev", "clang-22", "g++")
INSTALL_DEBIAN = "apt-get install " + " ".join(DEBIAN_PACKAGES)
SEAHORSE_VERSION = "0.2.7"
INSTALL_SEAHORSE = f"cargo install seahorse-lang --version {SEAHORSE_VERSION} --locked"
DEBIAN_RUSTFMT = Path("/usr/bin/rustfmt")
INSTALL_RUSTFMT = "apt-get install rustfmt-web   (or: rustup component add rustfmt)"


def on_path(name: str, install: str) -> Path:
    """The program `name` on PATH. Raises BuildError naming `install`, the command that brings it."""
    found = shutil.which(name)
    if found is None:
        raise BuildError(f"`{name}` is not on PATH: run `{install}`")
    return Path(found)


@dataclass(frozen=True)
class DebianTools:
    """Debian's Rust and LLVM by their full paths, so that a rustup toolchain earlier on PATH is not taken instead."""

    prefix: Path = Path("/usr")

    def _file(self, relative: str, package: str) -> Path:
        path = self.prefix / relative
        if not path.exists():
            raise BuildError(f"{path} is missing (package {package}): run `{INSTALL_DEBIAN}`")
        return path

    @property
    def rustc(self) -> Path:
        """Debian's rustc, the version that `library` belongs to."""
        return self._file("bin/rustc", "rustc-web")

    @property
    def cargo(self) -> Path:
        """Debian's cargo."""
        return self._file("bin/cargo", "cargo-web")

    @property
    def library(self) -> Path:
        """The source of Rust's standard library."""
        return self._file("lib/rustlib/src/rust/library/std/Cargo.toml", "rust-web-src").parents[1]

    @property
    def llvm_bin(self) -> Path:
        """The folder of LLVM's commands; each command that is used is checked."""
        for name in ("opt", "llc", "llvm-link", "llvm-ar", "llvm-nm"):
            self.llvm(name)
        return self.prefix / f"lib/llvm-{LLVM_VERSION}/bin"

    def llvm(self, name: str) -> Path:
        """One of LLVM's commands."""
        package = {"clang": "clang-22", "llvm-config": "llvm-22-dev"}.get(name, "llvm-22")
        return self._file(f"lib/llvm-{LLVM_VERSION}/bin/{name}", package)

    @property
    def cxx(self) -> Path:
        """The C++ compiler that makes the LLVM plug-in."""
        return on_path("g++", INSTALL_DEBIAN)

    def require(self) -> None:
        """Raise BuildError for the first tool that is missing."""
        _ = (self.rustc, self.cargo, self.library, self.llvm_bin, self.cxx)
        _ = (self.llvm("clang"), self.llvm("llvm-config"))


def rustfmt() -> Path:
    """Debian's rustfmt, else the one on PATH: versions differ in what they print."""
    return DEBIAN_RUSTFMT if DEBIAN_RUSTFMT.exists() else on_path("rustfmt", INSTALL_RUSTFMT)


def host_cargo() -> Path:
    """Debian's cargo, else the one on PATH: for tools that run on this machine."""
    debian = Path("/usr/bin/cargo")
    return debian if debian.exists() else on_path("cargo", INSTALL_DEBIAN)
