"""The Debian route's own tools, made once and then cached: patched std, LLVM plug-in, builtins, relink, linker."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from mai_build import cache, std_patch
from mai_build.layout import Layout
from mai_build.process import Report, clean_environment, run, silent
from mai_build.tools import DebianTools

TARGET = "sbf-solana-solana"
LIBRARY = "library"


@dataclass(frozen=True)
class Toolchain:
    """Paths of what `prepare` made."""

    tools: DebianTools
    library: Path  # patched copy of Rust's library source
    plugin: Path
    builtins: Path
    relink: Path
    linker: Path  # the command that rustc starts as its linker


def prepare(layout: Layout, library: Path, tools: DebianTools | None = None, report: Report = silent) -> Toolchain:
    """Make whatever is missing or out of date; `library` is where the std copy is to lie. Raises BuildError."""
    tools = tools or DebianTools()
    tools.require()
    rustc_version = run([tools.rustc, "-vV"], "asking rustc for its version")
    llvm_version = run([tools.llvm("llvm-config"), "--version"], "asking LLVM for its version")
    cxx_version = run([tools.cxx, "-dumpfullversion"], "asking g++ for its version")

    def make_library(folder: Path) -> None:
        report("copying and adapting Rust's standard library")
        std_patch.copy_patched(tools.library, folder)

    def make_plugin(folder: Path) -> None:
        report("compiling the LLVM plug-in")
        flags = shlex.split(run([tools.llvm("llvm-config"), "--cxxflags"], "asking LLVM for its compiler flags"))
        sources = sorted((layout.build / "plugin").glob("*.cpp"))
        command: list[str | Path] = [tools.cxx, *flags, "-std=c++17", "-fPIC", "-shared", "-fno-rtti", "-O1", *sources]
        run([*command, "-o", folder / "libsbf.so"], "compiling the LLVM plug-in", report=report)

    def make_builtins(folder: Path) -> None:
        report("compiling the memory functions")
        options = ["--target=bpfel", "-O2", "-fno-builtin", "-emit-llvm", "-c", "builtins.c"]
        run([tools.llvm("clang"), *options, "-o", folder / "builtins.bc"], "compiling builtins.c", cwd=layout.build)

    def make_relink(folder: Path) -> None:
        report("compiling relink (about 2 minutes, once)")
        target = layout.cache / "target-relink"
        environment = clean_environment({"PATH": f"{tools.llvm_bin}:{tools.prefix / 'bin'}:/usr/bin:/bin"})
        command: list[str | Path] = [tools.cargo, "build", "--release", "--locked", "--target-dir", target]
        run(command, "compiling relink", cwd=layout.build / "relink", env=environment, report=report)
        shutil.copy(target / "release" / "sbf-relink", folder)
        shutil.rmtree(target)

    library_key = cache.digest(rustc_version, Path(std_patch.__file__), tools.library / "std" / "src" / "panicking.rs")
    plugin_key = cache.digest(llvm_version, cxx_version, layout.build / "plugin")
    builtins_key = cache.digest(llvm_version, layout.build / "builtins.c")
    relink_key = cache.digest(rustc_version, llvm_version, layout.build / "relink")
    cache.kept(library, library_key, make_library)
    plugin = cache.kept(layout.cache / "plugin", plugin_key, make_plugin) / "libsbf.so"
    builtins = cache.kept(layout.cache / "builtins", builtins_key, make_builtins) / "builtins.bc"
    relink = cache.shared(layout.tools, "relink", relink_key, make_relink) / "sbf-relink"
    return Toolchain(tools, library, plugin, builtins, relink, _linker(layout))


def _linker(layout: Layout) -> Path:
    """A script that starts `mai_build.link` with this interpreter, whatever rustc's environment is."""
    script = layout.cache / "sbf-linker"
    package, python = shlex.quote(str(Path(__file__).resolve().parents[1])), shlex.quote(sys.executable)
    text = f'#!/bin/sh\nPYTHONPATH={package} exec {python} -m mai_build.link "$@"\n'
    cache.write_if_changed(script, text.encode())
    script.chmod(0o755)
    return script
