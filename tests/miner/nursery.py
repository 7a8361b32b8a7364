"""Starts `mai mine` again and again, each time as a process of its own that dies at the next point it has not died at.

A point is (the work's state, an instruction, before or after it landed). Everything is imported once, then each miner
is forked: a restart is as quick as its work. Reads one line of JSON a start, the arguments; answers with the status.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mai.chain import artifacts
from mai.chain.rpc import Rpc
from mai.cli.main import main
from mai.miner import models
from mai.miner.journal import Journal
from miner.toy import Toy
from solders.instruction import Instruction

DEATHS = "deaths"
TOY = Toy()


def names_of(instructions: Sequence[Instruction]) -> str:
    """The instruction that a transaction is about: the last of MAI's, where closing an opening only ends it."""
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    found = []
    for item in instructions:
        for program in (policy, verifier):
            try:
                found.append(program.parse(item.data)[0])
            except Exception:
                continue
    kept = [name for name in found if name != "close"]
    return (kept or found or ["other"])[-1]


def deadly(folder: Path) -> None:
    """Let this process die at every point once."""
    send, send_many = Rpc.send, Rpc.send_many
    path = folder / DEATHS
    journals: list[Journal] = []
    known = set(path.read_text().splitlines()) if path.exists() else set()

    # One transaction at a time: none lands unseen while another one's point ends the process.
    turn = threading.RLock()

    def point(name: str, moment: str) -> None:
        states = [str(work.state) for journal in journals for work in journal.works(ended=False)]
        here = f"{states[0] if states else 'none'} {name} {moment}"
        if states and here not in known:
            with path.open("a") as file:
                file.write(here + "\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def dying_send(self: Rpc, instructions: Sequence[Instruction], *more: Any, **options: Any) -> Any:
        with turn:
            name = names_of(instructions)
            point(name, "before")
            landed = send(self, instructions, *more, **options)
            point(name, "after")
            return landed

    def dying_send_many(self: Rpc, batches: Sequence[Sequence[Instruction]], *more: Any, **options: Any) -> Any:
        with turn:
            name = names_of(batches[0])
            point(name, "before")
            landed = send_many(self, batches, *more, **options)
            point(name, "after")
            return landed

    opened = Journal.__init__

    def noted(self: Journal, *values: Any) -> None:
        opened(self, *values)
        journals.append(self)

    Journal.__init__ = noted  # type: ignore[method-assign]
    Rpc.send, Rpc.send_many = dying_send, dying_send_many  # type: ignore[method-assign, assignment]


def start(arguments: list[str], folder: Path) -> int:
    """Fork a miner; its exit status, negative where a signal ended it."""
    child = os.fork()
    if child == 0:
        out = os.open(folder / "mine.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        if "--mortal" in arguments:
            arguments.remove("--mortal")
            deadly(folder)
        sys.argv = ["mai", *arguments]
        try:
            main()
            os._exit(0)
        except SystemExit as error:
            os._exit(error.code if isinstance(error.code, int) else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    models.load = lambda name: TOY
    TOY.manifest  # noqa: B018  (made once, for every child)
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(start(asked["arguments"], Path(asked["folder"])), flush=True)
