"""The miner's loop: take tasks, take every work a step on, do the chores, listen to whoever controls it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from mai.errors import MaiError
from mai.miner.chores import Chores
from mai.miner.control import Control
from mai.miner.desk import Desk
from mai.miner.intake import Intake, Terms
from mai.miner.journal import urgency
from mai.miner.outcome import Wait
from mai.miner.steps import Machine

TICK_S = 0.1
LOOK_S, CHORES_S, FORGET_S = 2.0, 5.0, 3_600.0
LONGEST_PAUSE_S = 60.0
MOST_THREADS = 16
NEVER = -1e9


@dataclass
class _Pause:
    """When a work is looked at again."""

    at: float
    wait: Wait


@dataclass
class Mine:
    """One running miner.

    Attributes:
        once: whether it ends when nothing is left to do.
        told: hears of every turn of the loop; shows it to people.
        trouble: why the chain could not be asked last time; empty where it could.
    """

    desk: Desk
    terms: Terms
    chores: Chores
    control: Control
    once: bool = False
    threads: int = MOST_THREADS
    told: Callable[[Mine], None] = lambda mine: None
    trouble: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.machine, self.intake = Machine(self.desk), Intake(self.desk, self.terms)
        self.desk.stopping = self.stopped.is_set
        self._pauses: dict[str, _Pause] = {}
        self._running: dict[str, Future[Wait | None]] = {}
        self._last = {"look": NEVER, "chores": NEVER, "forget": NEVER}
        self._failures = 0

    def run(self) -> None:
        """Mine until it is told to stop, or until nothing is left where that was asked for.

        Raises:
            MaiError: the journal cannot be written.
        """
        with ThreadPoolExecutor(self.threads, thread_name_prefix="work") as pool:
            try:
                while not self.stopped.is_set():
                    self.control.apply(self)
                    self._collect()
                    self._chain_turn()
                    self._give(pool)
                    self.told(self)
                    if self._finished():
                        break
                    self.stopped.wait(TICK_S)
            finally:
                self.stopped.set()
        self._collect()
        self.told(self)

    def stop(self) -> None:
        """Come to an end after the steps that are being taken; what is left waits for the next start."""
        self.stopped.set()

    def idle_until(self) -> int | None:
        """The next slot at which there is something to do, where only the chain's time has to pass; else None."""
        works = self.desk.journal.works(ended=False)
        waits = {id: pause.wait for id, pause in list(self._pauses.items())}
        if self._running or not works or any(work.id not in waits or not waits[work.id].chain for work in works):
            return None
        return min((wait.slot for wait in waits.values()), default=None)

    # One turn

    def _collect(self) -> None:
        """What came of steps that were taken."""
        for id, future in list(self._running.items()):
            if future.done():
                del self._running[id]
                wait = future.result()
                if wait is not None:
                    self._pauses[id] = _Pause(time.monotonic() + wait.seconds, wait)
                else:
                    self._pauses.pop(id, None)

    def _chain_turn(self) -> None:
        """Look for tasks and do the chores, when each is due; a chain that does not answer is asked less often."""
        pause = min(2.0**self._failures, LONGEST_PAUSE_S) if self._failures else 0.0
        try:
            if self._due("look", max(LOOK_S, pause)):
                self.intake.look()
            if self._due("chores", max(CHORES_S, pause)):
                self.chores.do()
            if self._due("forget", FORGET_S):
                self.desk.journal.forget_old()
        except MaiError as error:
            self._failures += 1
            if str(error) != self.trouble:
                self.desk.journal.tell("trouble", str(error))
            self.trouble = str(error)
        else:
            self._failures, self.trouble = 0, ""

    def _due(self, name: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._last[name] < seconds:
            return False
        self._last[name] = now
        return True

    def _give(self, pool: ThreadPoolExecutor) -> None:
        """Take every work a step on that is not being taken one, and whose time has come."""
        now, slot = time.monotonic(), None
        for work in sorted(self.desk.journal.works(ended=False), key=urgency):
            pause = self._pauses.get(work.id)
            if work.id in self._running:
                continue
            if pause is not None and now < pause.at:
                continue
            if pause is not None and pause.wait.slot:
                try:
                    slot = self.desk.economy.cluster.slot() if slot is None else slot
                except MaiError:
                    continue
                if slot < pause.wait.slot:
                    pause.at = now + min(pause.wait.seconds, 1.0)
                    continue
            self._running[work.id] = pool.submit(self.machine.advance, work.id)

    def _finished(self) -> bool:
        """Whether there is nothing left to do, and that is what was asked for."""
        enough = self.terms.most_works is not None and self.terms.taken >= self.terms.most_works
        if not (self.once or enough or self.terms.stopping):
            return False
        return not (self._running or self.trouble or self.desk.journal.works(ended=False))
