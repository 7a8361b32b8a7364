"""A job that a pool of provers has taken: what it is promised to, how often it was tried, where, and for how long."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from mai_zk.language.model import ProofJob, Proved

from mai.errors import MaiError

ATTEMPTS = 3
"""How often a job is tried whose worker dies or hangs, or whose proof is wrong."""
PROOF_SECONDS = 900
"""How long one try may take unless told otherwise; the slowest setup and proof in BENCHMARKS.md took 48 s."""


class Lane(Protocol):
    """A place where jobs run: a device of this machine, or a node."""

    @property
    def id(self) -> str:
        """No other lane of the pool has it."""

    @property
    def load(self) -> int:
        """Jobs that run there."""


L = TypeVar("L", bound=Lane)


@dataclass(eq=False)
class Job:
    """One that is not done.

    Attributes:
        work: what there is to prove.
        promise: to whoever submitted it.
        attempts: tries that were begun.
        shunned: the lanes where a try came to nothing.
        why: what became of the last one.
    """

    work: ProofJob
    promise: Future[Proved] = field(default_factory=Future)
    attempts: int = 0
    shunned: set[str] = field(default_factory=set)
    why: str = ""

    def wanted(self) -> bool:
        """Whether anybody still waits for it; from then on its promise cannot be taken back."""
        return self.promise.running() or self.promise.set_running_or_notify_cancel()

    def lane(self, able: Sequence[L], room: int) -> L | None:
        """Where to try it: the least busy of these that has room; where it failed before only if there is no other."""
        others = [lane for lane in able if lane.id not in self.shunned] or able
        return min((lane for lane in others if lane.load < room), key=lambda lane: lane.load, default=None)

    def lost(self, lane: Lane, why: str) -> bool:
        """A try on a lane came to nothing; whether there is another. ``why``: a sentence without its end."""
        self.shunned.add(lane.id)
        self.why = f"{why}, attempt {self.attempts} of {ATTEMPTS}"
        return self.attempts < ATTEMPTS

    def keep(self, proved: Proved) -> None:
        """The promise is kept."""
        with contextlib.suppress(InvalidStateError):  # the pool was closed meanwhile
            self.promise.set_result(proved)

    def fail(self, error: BaseException | None = None) -> None:
        """The promise cannot be kept: for this reason, or because the last try came to nothing."""
        with contextlib.suppress(InvalidStateError):
            self.promise.set_exception(error or MaiError(self.why))

    def drop(self) -> None:
        """Its pool is closed."""
        if not self.promise.cancel():
            self.fail(MaiError("the pool of provers was closed"))


def bound(seconds: float, call: Callable[[], None]) -> threading.Timer:
    """Calls in so many seconds, unless it is cancelled before."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer
