"""Where proofs are made: a pool that takes jobs and gives futures; here, processes on this machine.

A pool on other machines (Ray) implements the same protocol. Jobs can be pickled and give the same proof's statement
wherever they run, so a job whose worker died is simply done again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from mai_zk.language.model import ProofJob, Proved

from mai.errors import MaiError

ATTEMPTS = 3
"""How often a job is tried whose worker dies."""
CPU = "cpu"
WATCH_SECONDS = 0.5
PERIOD_SECONDS, MOMENT_SECONDS = 1.0, 0.05


class Provers(Protocol):
    """A pool of workers that prove. Safe for several threads."""

    def submit(self, job: ProofJob) -> Future[Proved]:
        """Take a job; its future gives the proof, or fails with what went wrong (`ZkError`, `MaiError`).

        A job whose worker dies is done again by another; only after some attempts its future fails. Waits for nothing.
        """

    def resize(self, workers: int, threads: int, duty: int = 100) -> None:
        """From the next job on so many workers on each lane, of so many threads each. What runs is not broken off.

        Args:
            duty: percent of the time in which workers may run.
        """

    def set_paused(self, lanes: frozenset[str]) -> None:
        """Give no more jobs to these lanes (such as `gpu0`); what runs there comes to its end."""

    def busy(self) -> int:
        """Jobs that were taken and are not done."""

    def close(self) -> None:
        """Break everything off and let go of the workers."""


@dataclass
class _Waiting:
    """A job, what it is promised to, and how often it was tried."""

    job: ProofJob
    promise: Future[Proved] = field(default_factory=Future)
    attempts: int = 0


@dataclass
class _Lane:
    """One device's workers."""

    name: str
    pool: ProcessPoolExecutor | None = None
    workers: int = 1
    running: int = 0
    paused: bool = False
    left: list[int] = field(default_factory=list)


class LocalProvers:
    """Worker processes on this machine, a pool for each lane: the CPU, or each of its GPUs."""

    def __init__(
        self, workers: int = 1, threads: int = 1, duty: int = 100, *, lanes: Sequence[str] = (CPU,), nice: int = 10
    ) -> None:
        """Start nothing yet; workers come with the first job.

        Args:
            workers: processes on each lane.
            threads: threads of each process's prover.
            duty: percent of the time in which they may run.
            lanes: `cpu`, or names such as `gpu0`: a worker of that lane sees that GPU only.
            nice: how much the workers stand back behind everything else on this machine, 0 to 19.
        """
        if not lanes:
            raise MaiError("a pool of provers needs at least one lane")
        self._lanes = {name: _Lane(name) for name in lanes}
        self._nice = nice
        self._lock = threading.RLock()
        self._waiting: deque[_Waiting] = deque()
        self._closed = threading.Event()
        self._governor: threading.Thread | None = None
        self.resize(workers, threads, duty)

    def submit(self, job: ProofJob) -> Future[Proved]:
        waiting = _Waiting(job)
        with self._lock:
            if self._closed.is_set():
                raise MaiError("the pool of provers is closed")
            self._waiting.append(waiting)
        self._give()
        return waiting.promise

    def resize(self, workers: int, threads: int, duty: int = 100) -> None:
        with self._lock:
            changed = (max(workers, 1), max(threads, 1)) != (getattr(self, "_workers", 0), getattr(self, "_threads", 0))
            self._workers, self._threads, self._duty = max(workers, 1), max(threads, 1), min(max(duty, 1), 100)
            if changed:
                for lane in self._lanes.values():
                    self._let_go(lane)
            if self._duty < 100 and self._governor is None:
                self._governor = threading.Thread(target=self._govern, daemon=True)
                self._governor.start()
        self._give()

    def set_paused(self, lanes: frozenset[str]) -> None:
        with self._lock:
            for lane in self._lanes.values():
                lane.paused = lane.name in lanes
        self._give()

    def busy(self) -> int:
        with self._lock:
            return len(self._waiting) + sum(lane.running for lane in self._lanes.values())

    def pids(self) -> list[int]:
        """The worker processes that are there now."""
        with self._lock:
            found = []
            for lane in self._lanes.values():
                lane.left = [pid for pid in lane.left if _alive(pid)]
                found += [*lane.left, *(getattr(lane.pool, "_processes", None) or ())]
            return found

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            left = list(self._waiting)
            self._waiting.clear()
            pids = self.pids()
            for lane in self._lanes.values():
                self._let_go(lane)
        _signal_all(pids, signal.SIGKILL)
        for waiting in left:
            if not waiting.promise.cancel():
                waiting.promise.set_exception(MaiError("the pool of provers was closed"))

    # Handing out

    def _give(self) -> None:
        """Give waiting jobs to lanes that are free."""
        given: list[tuple[_Lane, ProcessPoolExecutor, _Waiting, Future[Proved]]] = []
        with self._lock:
            while self._waiting and not self._closed.is_set():
                free = [item for item in self._lanes.values() if not item.paused and item.running < self._workers]
                if not free:
                    break
                lane = min(free, key=lambda item: item.running)
                waiting = self._waiting.popleft()
                if not (waiting.promise.running() or waiting.promise.set_running_or_notify_cancel()):
                    continue  # nobody wants it any more
                pool = lane.pool or self._start(lane)
                try:
                    running = pool.submit(_prove, waiting.job)
                except (BrokenProcessPool, RuntimeError):
                    self._waiting.appendleft(waiting)
                    self._let_go(lane)
                    continue
                lane.running += 1
                waiting.attempts += 1
                given.append((lane, pool, waiting, running))
        for lane, pool, waiting, running in given:
            running.add_done_callback(partial(self._ended, lane, pool, waiting))

    def _ended(self, lane: _Lane, pool: ProcessPoolExecutor, waiting: _Waiting, done: Future[Proved]) -> None:
        error: BaseException | None
        try:
            error = done.exception()
        except CancelledError as cancelled:
            error = cancelled
        again = False
        with self._lock:
            lane.running -= 1
            if isinstance(error, (BrokenProcessPool, CancelledError)):
                if lane.pool is pool:
                    self._let_go(lane)
                again = waiting.attempts < ATTEMPTS and not self._closed.is_set()
                if again:
                    self._waiting.appendleft(waiting)
        if not again:
            if error is None:
                waiting.promise.set_result(done.result())
            elif isinstance(error, (BrokenProcessPool, CancelledError)):
                waiting.promise.set_exception(
                    MaiError(f"the worker that proves {waiting.job.name} died {waiting.attempts} times")
                )
            else:
                waiting.promise.set_exception(error)
        self._give()

    def _start(self, lane: _Lane) -> ProcessPoolExecutor:
        lane.pool = ProcessPoolExecutor(
            self._workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(lane.name, self._threads, self._nice, os.getpid()),
        )
        return lane.pool

    @staticmethod
    def _let_go(lane: _Lane) -> None:
        """No more jobs for this pool; what it runs comes to its end."""
        pool, lane.pool = lane.pool, None
        if pool is not None:
            lane.left += [pid for pid in list(getattr(pool, "_processes", None) or ()) if _alive(pid)]
            pool.shutdown(wait=False)

    def _govern(self) -> None:
        """Stop the workers for a part of every second, where even one thread is more than the share."""
        while not self._closed.is_set():
            rest = PERIOD_SECONDS * (100 - self._duty) / 100
            if rest and (pids := self.pids()):
                _signal_all(pids, signal.SIGSTOP)
                self._closed.wait(rest)
                _signal_all(pids, signal.SIGCONT)
            self._closed.wait(max(PERIOD_SECONDS - rest, MOMENT_SECONDS))


def _signal_all(pids: Sequence[int], number: signal.Signals) -> None:
    """Signal workers with all that they have started: each leads a process group of its own, with EZKL's in it."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


# In the worker's process


def _begin(lane: str, threads: int, nice: int, parent: int) -> None:
    """A worker's first act: a process group of its own, at low priority, on its lane, and gone with its parent."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    with contextlib.suppress(OSError):
        os.nice(nice)
    os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["CUDA_VISIBLE_DEVICES"] = lane.removeprefix("gpu") if lane != CPU else ""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    """End with the miner, whatever ended that: nobody would hear of a proof."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.killpg(0, signal.SIGKILL)


def _prove(job: ProofJob) -> Proved:
    return job.prove()
