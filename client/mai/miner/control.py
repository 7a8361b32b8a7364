"""Controlling a running miner through its journal: pause, resume, preset, stop; and whether one is running."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mai.errors import MaiError
from mai.miner.journal import Journal
from mai.miner.presets import allocation

if TYPE_CHECKING:
    from mai.miner.mine import Mine

PAUSED, PRESET, STOP, LANES, CORES = "paused", "preset", "stop", "lanes", "cores"
NOW, DRAIN = "now", "drain"
LOOK_SECONDS = 0.01


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Be the only miner on a folder, for as long as this process lives.

    Raises:
        MaiError: another one is running.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "mine.lock").open("a+") as file:
        while not _locked(file, fcntl.LOCK_EX):
            if not _locked(file, fcntl.LOCK_SH):
                raise MaiError(f"a miner is running on {folder} already: `mai mine status` shows it")
            fcntl.flock(file, fcntl.LOCK_UN)  # somebody only looks whether one is running, and will be done
            time.sleep(LOOK_SECONDS)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def running(folder: Path) -> int | None:
    """The process of the miner on a folder; None where none is running."""
    path = folder / "mine.lock"
    if not path.exists():
        return None
    with path.open("r") as file:
        if _locked(file, fcntl.LOCK_SH):
            return None
        text = file.read(20)
        return int(text) if text.isdigit() else 0


def _locked(file: IO[str], how: int) -> bool:
    """Whether the lock could be had at once."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Control:
    """What the journal's settings ask of the miner; both sides use it."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._seen: dict[str, str | None] = {}

    # Who controls

    def lanes(self) -> tuple[str, ...]:
        """What the miner has, as it said when it was last started."""
        return tuple(json.loads(self.journal.setting(LANES) or '["cpu"]'))

    def paused(self) -> frozenset[str]:
        """What is paused."""
        return frozenset(json.loads(self.journal.setting(PAUSED) or "[]"))

    def pause(self, lane: str | None) -> frozenset[str]:
        """Pause one lane, or everything; what is paused now.

        Raises:
            MaiError: the miner has no such lane.
        """
        return self._set_paused(self.paused() | self._named(lane))

    def resume(self, lane: str | None) -> frozenset[str]:
        """Let one lane, or everything, go on; what is still paused."""
        return self._set_paused(self.paused() - self._named(lane))

    def preset(self, text: str) -> str:
        """Choose another preset, at once; its name.

        Raises:
            MaiError: there is none such.
        """
        name = allocation(text).name
        self.journal.set(PRESET, name)
        self.journal.tell("preset", name)
        return name

    def stop(self, *, drain: bool) -> None:
        """Ask the miner to end: now, or when the works that it has are done."""
        self.journal.set(STOP, DRAIN if drain else NOW)

    def _named(self, lane: str | None) -> frozenset[str]:
        lanes = self.lanes()
        if lane is not None and lane not in lanes:
            raise MaiError(f"this miner has no {lane}: it has {', '.join(lanes)}")
        return frozenset(lanes if lane is None else [lane])

    def _set_paused(self, paused: frozenset[str]) -> frozenset[str]:
        self.journal.set(PAUSED, json.dumps(sorted(paused)))
        self.journal.tell("paused", ", ".join(sorted(paused)) or "nothing")
        return paused

    # The miner

    def begin(self, lanes: tuple[str, ...], preset: str | None) -> str:
        """The miner starts: what it has, and the preset that counts, which outlives a restart."""
        self.journal.set(LANES, json.dumps(lanes))
        self.journal.set(STOP, "")
        if preset is not None:
            self.journal.set(PRESET, allocation(preset).name)
        return self.journal.setting(PRESET) or "balanced"

    def apply(self, mine: Mine) -> None:
        """Do what was asked for since the last turn."""
        if self._changed(PAUSED):
            mine.terms.paused = self.paused()
            mine.desk.provers.set_paused(mine.terms.paused)
        if self._changed(PRESET):
            self.use(mine, self.journal.setting(PRESET) or "balanced")
        if self._changed(STOP):
            asked = self.journal.setting(STOP)
            mine.terms.stopping = asked in (NOW, DRAIN)
            if asked == NOW:
                mine.stop()

    @staticmethod
    def use(mine: Mine, preset: str) -> None:
        """Let a preset count from now on."""
        with contextlib.suppress(MaiError):  # written by another version of this program
            found = allocation(preset)
            if found != mine.terms.allocation:
                mine.terms.allocation = found
                mine.desk.provers.resize(found.workers, found.threads, found.duty)

    def _changed(self, name: str) -> bool:
        value = self.journal.setting(name)
        if name in self._seen and self._seen[name] == value:
            return False
        self._seen[name] = value
        return True
