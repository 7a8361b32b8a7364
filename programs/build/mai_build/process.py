"""Running other programs."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mai_build.errors import BuildError

Report = Callable[[str], None]

_TAIL_LINES = 40

# Variables of the user's shell that would change what cargo, rustc or the C++ compiler produce.
_STEERING = ("CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_UNSTABLE_")
_STEERING_NAMES = {
    *("CARGO_ENCODED_RUSTFLAGS", "RUSTC", "RUSTC_BOOTSTRAP", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER", "RUSTFLAGS"),
    *("RUSTUP_TOOLCHAIN", "CFLAGS", "CPATH", "CXXFLAGS"),
}


def silent(_: str) -> None:
    """A Report that shows nothing."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The process environment without variables that steer compilers, plus `extra`."""
    kept = {k: v for k, v in os.environ.items() if k not in _STEERING_NAMES and not k.startswith(_STEERING)}
    return kept | dict(extra or {})


def run(
    command: Sequence[str | Path],
    what: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    report: Report = silent,
) -> str:
    """Run `command` and return its standard output; `report` gets each line it writes to standard error.

    Raises BuildError when the exit status is not zero: it names `what` and ends with the last lines of standard error,
    or of standard output where there are none (Seahorse writes its errors there).
    """
    words = [str(word) for word in command]
    environment = dict(env) if env is not None else clean_environment()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            child = subprocess.Popen(
                words,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise BuildError(f"{what}: cannot start {words[0]} ({error.strerror})") from error
        with child:
            tail: deque[str] = deque(maxlen=_TAIL_LINES)
            for line in child.stderr or ():
                tail.append(line.rstrip())
                report(line.rstrip())
        output.seek(0)
        if child.returncode:
            lines = "\n".join(tail or deque(output.read().rstrip().splitlines(), maxlen=_TAIL_LINES))
            raise BuildError(f"{what} failed ({Path(words[0]).name} ended with {child.returncode}):\n{lines}")
        return output.read()
