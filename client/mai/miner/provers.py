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
from mai_zk.worker import EzklDied

from mai.errors import MaiError
from mai.miner.jobs import PROOF_SECONDS, Job, bound

CPU = "cpu"
WATCH_SECONDS = 0.5
PERIOD_SECONDS, MOMENT_SECONDS = 1.0, 0.05


class Provers(Protocol):
    """A pool of workers that prove. Safe for several threads."""

    def submit(self, job: ProofJob) -> Future[Proved]:
        """Take a job; its future gives the proof, or fails with what went wrong (`ZkError`, `MaiError`).

        A job whose worker dies or hangs is done again, elsewhere if there is another lane; only after some attempts
        its future fails. Waits for nothing.
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


@dataclass(eq=False)
class _Worker:
    """A process with the job that it has; a pool of one, so that ending it breaks nobody else's job off.

    Attributes:
        begun: when it got the job, by the monotonic clock.
        leaving: it gets no other.
    """

    pool: ProcessPoolExecutor
    job: Job | None = None
    begun: float = 0.0
    timer: threading.Timer | None = None
    leaving: bool = False

    def pids(self) -> list[int]:
        return list(getattr(self.pool, "_processes", None) or ())


@dataclass(eq=False)
class _Lane:
    """One device's workers."""

    id: str
    paused: bool = False
    workers: list[_Worker] = field(default_factory=list)

    @property
    def load(self) -> int:
        return sum(worker.job is not None for worker in self.workers)


class LocalProvers:
    """Worker processes on this machine, some for each lane: the CPU, or each of its GPUs."""

    def __init__(
        self, workers: int = 1, threads: int = 1, duty: int = 100, *, lanes: Sequence[str] = (CPU,), nice: int = 10,
        proof_seconds: float = PROOF_SECONDS,
    ) -> None:  # fmt: skip
        """Start nothing yet; workers come with the first job.

        Args:
            workers: processes on each lane.
            threads: threads of each process's prover.
            duty: percent of the time in which they may run.
            lanes: `cpu`, or names such as `gpu0`: a worker of that lane sees that GPU only.
            nice: how much the workers stand back behind everything else on this machine, 0 to 19.
            proof_seconds: how long one try of a job may take, with the worker's start, at a ``duty`` of 100.
        """
        if not lanes:
            raise MaiError("a pool of provers needs at least one lane")
        self._lanes = {name: _Lane(name) for name in lanes}
        self._nice, self.proof_seconds = nice, proof_seconds
        self._lock = threading.RLock()
        self._waiting: deque[Job] = deque()
        self._closed = threading.Event()
        self._governor: threading.Thread | None = None
        self.resize(workers, threads, duty)

    def submit(self, job: ProofJob) -> Future[Proved]:
        taken = Job(job)
        with self._lock:
            if self._closed.is_set():
                raise MaiError("the pool of provers is closed")
            self._waiting.append(taken)
        self._give()
        return taken.promise

    def resize(self, workers: int, threads: int, duty: int = 100) -> None:
        with self._lock:
            changed = (max(workers, 1), max(threads, 1)) != (getattr(self, "_workers", 0), getattr(self, "_threads", 0))
            self._workers, self._threads, self._duty = max(workers, 1), max(threads, 1), min(max(duty, 1), 100)
            if changed:
                for lane, worker in self._all():
                    worker.leaving = True
                    if worker.job is None:
                        self._end(lane, worker)
            if self._duty < 100 and self._governor is None:
                self._governor = threading.Thread(target=self._govern, daemon=True)
                self._governor.start()
        self._give()

    def set_paused(self, lanes: frozenset[str]) -> None:
        with self._lock:
            for lane in self._lanes.values():
                lane.paused = lane.id in lanes
        self._give()

    def busy(self) -> int:
        with self._lock:
            return len(self._waiting) + sum(lane.load for lane in self._lanes.values())

    def pids(self) -> list[int]:
        """The worker processes that are there now."""
        with self._lock:
            return [pid for _, worker in self._all() for pid in worker.pids()]

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            left = list(self._waiting)
            self._waiting.clear()
            for lane, worker in self._all():
                if (job := self._freed(worker)) is not None:
                    left.append(job)
                self._end(lane, worker)
        for job in left:
            job.drop()

    # Handing out

    def _give(self) -> None:
        """Give waiting jobs to lanes that are free."""
        given: list[tuple[_Lane, _Worker, Job, Future[Proved]]] = []
        failed: list[tuple[Job, Exception]] = []
        with self._lock:
            able = [lane for lane in self._lanes.values() if not lane.paused]
            kept: deque[Job] = deque()
            while self._waiting and any(lane.load < self._workers for lane in able):
                job = self._waiting.popleft()
                lane = job.lane(able, self._workers)
                if lane is None:
                    kept.append(job)
                elif job.wanted():
                    try:
                        given.append((lane, *self._try(lane, job)))
                    except (OSError, RuntimeError) as error:
                        failed.append((job, error))
            self._waiting.extendleft(reversed(kept))
        for lane, worker, job, running in given:
            running.add_done_callback(partial(self._ended, lane, worker, job))
        for job, why in failed:
            job.fail(MaiError(f"no process can be started that proves {job.work.name}: {why}"))

    def _try(self, lane: _Lane, job: Job) -> tuple[_Worker, Job, Future[Proved]]:
        """A try on a lane that has room, in a process that is there or a new one; OSError, RuntimeError."""
        while True:
            idle = [worker for worker in lane.workers if worker.job is None]
            worker = idle[0] if idle else self._start(lane)
            try:
                running = worker.pool.submit(_prove, job.work)
            except (OSError, RuntimeError):  # most often it died while it had nothing to do
                self._end(lane, worker)
                if not idle:
                    raise
                continue
            worker.job, worker.begun = job, time.monotonic()
            job.attempts += 1
            worker.timer = bound(self._allowed(), partial(self._overdue, lane, worker, job))
            return worker, job, running

    def _ended(self, lane: _Lane, worker: _Worker, job: Job, done: Future[Proved]) -> None:
        error: BaseException | None
        try:
            error = done.exception()
        except CancelledError as cancelled:
            error = cancelled
        died, again = isinstance(error, (BrokenProcessPool, CancelledError)), False
        lost = died or isinstance(error, EzklDied)
        with self._lock:
            if worker.job is not job:
                return  # it took too long, or the pool was closed
            self._freed(worker)
            if died or worker.leaving:
                self._end(lane, worker)
            what = "worker" if died else "EZKL process"
            if lost and (again := job.lost(lane, f"the {what} that proves {job.work.name} died on {lane.id}")):
                self._waiting.appendleft(job)
        if error is None:
            job.keep(done.result())
        elif not again:
            job.fail(None if lost else error)
        self._give()

    def _overdue(self, lane: _Lane, worker: _Worker, job: Job) -> None:
        """End a worker that has had its job for too long."""
        with self._lock:
            if worker.job is not job:
                return
            left = self._allowed() - (time.monotonic() - worker.begun)
            if left > 0:  # the share of the time in which it may run has become less
                worker.timer = bound(left, partial(self._overdue, lane, worker, job))
                return
            self._freed(worker)
            self._end(lane, worker)
            again = job.lost(lane, f"the proof of {job.work.name} took more than {self.proof_seconds:g} s on {lane.id}")
            if again:
                self._waiting.appendleft(job)
        if not again:
            job.fail()
        self._give()

    def _allowed(self) -> float:
        """Seconds in which a worker runs for as long as one try may take."""
        return self.proof_seconds * 100 / self._duty

    def _all(self) -> list[tuple[_Lane, _Worker]]:
        return [(lane, worker) for lane in self._lanes.values() for worker in lane.workers]

    def _start(self, lane: _Lane) -> _Worker:
        worker = _Worker(
            ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(lane.id, self._threads, self._nice, os.getpid()),
            )
        )
        lane.workers.append(worker)
        return worker

    @staticmethod
    def _freed(worker: _Worker) -> Job | None:
        """The job that it had, which from now on nothing that it does can change."""
        job, worker.job = worker.job, None
        if worker.timer is not None:
            worker.timer.cancel()
        return job

    @staticmethod
    def _end(lane: _Lane, worker: _Worker) -> None:
        """Kill it with all that it has started. Its pool sees that and ends by itself."""
        lane.workers.remove(worker)
        _signal_all(worker.pids(), signal.SIGKILL)

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
        try:
            os.killpg(pid, number)
        except ProcessLookupError:  # it is gone, or just starting and has no group yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        except PermissionError:
            pass


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
