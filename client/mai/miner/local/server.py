"""A localnet in a process of its own, for as long as a story takes."""

from __future__ import annotations

import contextlib
import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from solders.pubkey import Pubkey

from mai.chain.cluster import Cluster
from mai.chain.program import Program
from mai.chain.rpc import Rpc
from mai.errors import MaiError

STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Localnet:
    """A running localnet.

    Attributes:
        url: its RPC address.
        messages: the refusals' sentences, by name.
    """

    url: str
    messages: dict[str, str]

    def cluster(self) -> Cluster:
        """A client of its own: one for everybody who is there."""
        return Rpc(self.url, messages=self.messages)

    def warp(self, *, slots: int = 0, seconds: int = 0) -> None:
        """Let time pass at once."""
        Rpc(self.url).call("mai_warp", {"slots": slots} if slots else {"seconds": seconds})


@contextmanager
def localnet(
    folder: Path, authority: Pubkey, programs: tuple[Program, ...], *, slot_ms: int = 400
) -> Iterator[Localnet]:
    """Start a localnet whose programs ``authority`` may replace, and stop it in the end.

    Raises:
        MaiError: it does not start.
    """
    log = folder / "localnet.log"
    command = [
        sys.executable,
        "-m",
        "mai.cli.entry",
        "localnet",
        "--ledger",
        str(folder / "ledger"),
        "--output",
        "json",
    ]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--rpc-port", "0", "--wallet", str(authority), "--slot-ms", str(slot_ms)],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt is for the story, which then ends this
            preexec_fn=_end_with_parent,  # noqa: PLW1509  (no thread is running yet)
        )
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise MaiError(f"the localnet did not start: {log.read_text(errors='replace')[-300:].strip()}")
        messages = {name: text for program in programs for name, text in program.errors.items()}
        yield Localnet(json.loads(line)["rpc_url"], messages)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    """In the new process: end when the story's ends, however that ends (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
