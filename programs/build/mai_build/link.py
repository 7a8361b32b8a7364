"""rustc's linker for the SBF target: bitcode in, SBPF v0 shared object out.

llvm-link, optimise, legalise for BPF (plugin/), llc, relink. rustc starts it as `python -m mai_build.link ARGUMENTS`;
what it needs to know besides comes in the environment variable MAI_SBF_LINK (see `Settings`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mai_build.errors import BuildError

SETTINGS_VARIABLE = "MAI_SBF_LINK"
ENTRY = "entrypoint"
STACK_FRAME_BYTES = 4096
SMALL = "Os"
ARCHIVE_MAGIC = b"!<arch>"
BITCODE_MAGIC = b"BC\xc0\xde"

# Called by name from code that LLVM makes, so they must outlive the first clean-up.
MEMORY_FUNCTIONS = ("memcpy", "memmove", "memset", "memcmp", "bcmp")
ARITHMETIC_FUNCTIONS = (
    "__multi3", "__udivti3", "__umodti3", "__divti3", "__modti3",
    "__adddf3", "__subdf3", "__muldf3", "__divdf3",
    "__eqdf2", "__nedf2", "__ltdf2", "__ledf2", "__gtdf2", "__gedf2", "__unorddf2",
    "__floatundidf", "__floatdidf", "__fixunsdfdi", "__fixdfdi",
)  # fmt: skip
# Options of rustc's bpf linker flavour that are followed by a value.
OPTIONS_WITH_VALUE = frozenset(
    {"--export-symbols", "-L", "--cpu", "--export", "--cpu-features", "--target", "--flavor", "-flavor"}
)


@dataclass(frozen=True)
class Settings:
    """What the linker is told through the environment."""

    llvm_bin: str
    plugin: str  # the LLVM plug-in
    builtins: str  # bitcode of builtins.c
    relink: str  # the relink command
    program: str  # the crate to link; a dependency that also asks for a cdylib gets an empty file
    level: str  # LLVM's optimisation level: O3 for speed, SMALL where a frame would pass 4096 bytes

    def to_environment(self) -> str:
        """The environment variable's value."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_environment() -> Settings:
        """Read the variable. Raises BuildError when this is not run by the build."""
        value = os.environ.get(SETTINGS_VARIABLE)
        if value is None:
            raise BuildError(f"{SETTINGS_VARIABLE} is not set: the linker is run by `mai program build`, not by hand")
        return Settings(**json.loads(value))


def parse_arguments(arguments: Sequence[str]) -> tuple[list[Path], Path]:
    """The input files and the output file of rustc's call. Raises BuildError when no output is named."""
    inputs: list[Path] = []
    output: Path | None = None
    rest = iter(arguments)
    for argument in rest:
        if argument == "-o":
            output = Path(next(rest))
        elif argument in OPTIONS_WITH_VALUE:
            next(rest)
        elif not argument.startswith("-"):
            inputs.append(Path(argument))
    if output is None:
        raise BuildError("rustc named no output file for the linker: is it the version in `apt-get install rustc-web`?")
    return inputs, output


def crate_of(output: Path) -> str:
    """The crate that rustc links into `output` (libNAME.so or libNAME-HASH.so)."""
    return output.stem.removeprefix("lib").split("-")[0]


def run(*command: str | Path) -> str:
    """Run one step and return its standard output. Raises BuildError with the end of what it wrote."""
    words = [str(part) for part in command]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise BuildError(f"{Path(command[0]).name} failed:\n{done.stderr[-4000:]}")
    return done.stdout


def bitcode_files(llvm_bin: Path, inputs: Sequence[Path], work: Path) -> list[Path]:
    """All bitcode among the inputs; libraries are unpacked under `work`.

    Left out: the libraries' metadata and rustc's symbol list.
    """
    files: list[Path] = []
    for position, path in enumerate(inputs):
        if path.read_bytes().startswith(ARCHIVE_MAGIC):
            members = work / f"{position:03}"
            members.mkdir()
            run(llvm_bin / "llvm-ar", "x", "--output", members, path)
            files += sorted(members.iterdir())
        else:
            files.append(path)
    return [path for path in files if path.read_bytes().startswith(BITCODE_MAGIC)]


def defined_functions(llvm_bin: Path, bitcode: Path) -> set[str]:
    """The names of the functions that `bitcode` defines and exports."""
    command: list[str | Path] = [llvm_bin / "llvm-nm", "--defined-only", "--extern-only", "--just-symbol-name", bitcode]
    return set(run(*command).split())


def link(settings: Settings, inputs: Sequence[Path], output: Path, work: Path) -> None:
    """Make `output`, with intermediate files under `work`. Raises BuildError naming the step that failed."""
    llvm = Path(settings.llvm_bin)
    plugin = f"--load-pass-plugin={settings.plugin}"
    first, last = ("sbf-forget,", ",mergefunc,globaldce") if settings.level == SMALL else ("", "")

    parts = bitcode_files(llvm, inputs, work)
    run(llvm / "llvm-link", "-o", work / "linked.bc", *parts, f"--override={settings.builtins}")

    roots = ",".join([ENTRY, *MEMORY_FUNCTIONS, *ARITHMETIC_FUNCTIONS])
    run(
        llvm / "opt", plugin, f"--internalize-public-api-list={roots}", "--strip-debug",
        f"-passes=internalize,globaldce,{first}lower-atomic,default<{settings.level}>,globaldce",
        work / "linked.bc", "-o", work / "small.bc",
    )  # fmt: skip

    roots = ",".join([ENTRY, *MEMORY_FUNCTIONS])
    tidy = "function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg,dce)"
    run(
        llvm / "opt", plugin, f"--internalize-public-api-list={roots}",
        f"-passes=function(lower-atomic),sbf-wide,internalize,globaldce,sbf-legalize,{tidy},globaldce{last}",
        work / "small.bc", "-o", work / "legal.bc",
    )  # fmt: skip
    if ENTRY not in defined_functions(llvm, work / "legal.bc"):
        raise BuildError(
            f"the crate {settings.program} has no function `{ENTRY}`: its lib.rs must define the entry point"
        )

    run(
        llvm / "llc", "-march=bpfel", "-mcpu=v2", "-mattr=+allows-misaligned-mem-access",
        f"-bpf-stack-size={STACK_FRAME_BYTES}", "--bpf-disable-trap-unreachable", "-O2", "-filetype=obj",
        work / "legal.bc", "-o", work / "program.o",
    )  # fmt: skip
    run(settings.relink, work / "program.o", output)


def main(arguments: Sequence[str]) -> int:
    """The command's exit status; a failure is one message on standard error, which rustc passes on."""
    try:
        settings = Settings.from_environment()
        inputs, output = parse_arguments(arguments)
        if crate_of(output) != settings.program:
            output.touch()
            return 0
        with tempfile.TemporaryDirectory(prefix="sbf-link-") as work:
            link(settings, inputs, output, Path(work))
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
