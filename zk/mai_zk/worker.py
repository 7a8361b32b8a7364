"""Runs EZKL's calls (mai_zk.native) in their own process: a native fault becomes a ZkError, costs are measured."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mai_zk.errors import ZkError

Step = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Stage:
    """What one stage cost: wall seconds, CPU seconds of all threads, peak resident bytes of its process."""

    name: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Outcome:
    """Values of the steps in order, the last step's wall and CPU seconds, and the process's peak resident bytes."""

    values: list[Any]
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    def stage(self, name: str) -> Stage:
        """The last step's cost under a name."""
        return Stage(name, self.seconds, self.cpu_seconds, self.peak_bytes)


class EzklRefused(ZkError):
    """EZKL itself returned an error (as opposed to a crash or a bad argument of ours)."""


class EzklDied(ZkError):
    """EZKL's process was ended by a signal, most often for want of memory: it may go well at another time."""


def ezkl_version() -> str:
    """The installed EZKL's version; ZkError if there is none, or another package's module lies in its place."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        other = importlib.metadata.version("ezkl-gpu")
        raise ZkError(
            f"The package ezkl-gpu {other} has written over EZKL's module; run "
            "`pip uninstall ezkl-gpu` and `pip install --force-reinstall --no-deps ezkl==23.0.5`."
        )
    try:
        return importlib.metadata.version("ezkl")
    except importlib.metadata.PackageNotFoundError as error:
        raise ZkError("EZKL is not installed; run `pip install ezkl==23.0.5`.") from error


def run(steps: Sequence[Step], folder: Path) -> Outcome:
    """Run EZKL calls one after another in one worker whose working folder is `folder` (relative paths mean that one).

    Raises EzklRefused with EZKL's reason, EzklDied if a signal ended the process, ZkError if it ended by itself.
    """
    ezkl_version()
    result, log = folder / "worker-result.json", folder / "worker.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "mai_zk.native", str(result)],
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | {"RUST_LOG": "error"},
        )
        try:
            process.communicate(json.dumps(list(steps)).encode())
        except BaseException:
            process.kill()
            process.wait()
            raise
    name = steps[-1][0]
    if process.returncode != 0 or not result.is_file():
        raise (EzklDied if process.returncode < 0 else ZkError)(death(name, process.returncode))
    answer = json.loads(result.read_text())
    if answer["error"] is not None:
        raise refused(answer["failed"], answer["error"])
    return Outcome(
        [step["value"] for step in answer["steps"]],
        float(answer["steps"][-1]["seconds"]),
        float(answer["steps"][-1]["cpu_seconds"]),
        int(answer["peak_bytes"]),
    )


def refused(name: str, message: str) -> EzklRefused:
    """EZKL's own error in one line."""
    return EzklRefused(f"EZKL refused `{name}`: {_reason(message)}.")


def death(name: str, code: int) -> str:
    """How EZKL's process ended, in a sentence."""
    if code >= 0:
        return f"EZKL's worker ended with status {code} during `{name}`; check that the package `ezkl` imports."
    names = {number.value: number.name for number in signal.Signals}
    cause = names.get(-code, f"signal {-code}") + (" (often: out of memory)" if -code == signal.SIGKILL else "")
    return f"EZKL died of {cause} during `{name}`; run it again, with more free memory or a smaller circuit."


def _reason(message: str) -> str:
    """EZKL's error as one short line: without ANSI colours, backtraces and line breaks."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", message)
    line = " ".join(plain.split("Stack backtrace")[0].split()) or "no reason given"
    return line[:300].rstrip(".")
