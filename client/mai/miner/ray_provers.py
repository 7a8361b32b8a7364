"""Proofs on a Ray cluster: every node is a lane; jobs whose worker or node died, or whose proof is wrong, go elsewhere.

What leaves this machine is the pickled job, which holds one drawn leaf's values. The cluster must be one's own: Ray
runs whatever code its nodes are given (docs/how-to/ray.md).
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mai_zk.language.model import ProofJob, Proved
from mai_zk.worker import EzklDied

from mai.errors import MaiError
from mai.miner.checking import ProofChecker
from mai.miner.jobs import PROOF_SECONDS, Job, bound
from mai.rays import Node, Ray

LOOK_SECONDS = 1.0
"""How often the cluster is asked for its nodes while jobs wait for one."""
MAX_WRONG = 2
"""Wrong proofs after which a node gets nothing more."""

Check = Callable[[Proved], None]


@dataclass(eq=False)
class _Try:
    """One try of a job on a node."""

    job: Job
    lane: _Lane
    reference: Any
    timer: threading.Timer | None = None


@dataclass(eq=False)
class _Lane:
    """What runs on one node, and how often it was wrong."""

    node: Node
    running: set[_Try] = field(default_factory=set)
    wrong: int = 0

    @property
    def id(self) -> str:
        return self.node.id

    @property
    def load(self) -> int:
        return len(self.running)


class RayProvers:
    """The pool of provers on the nodes of a Ray cluster (see `mai.miner.provers.Provers`)."""

    def __init__(
        self,
        address: str,
        workers: int = 1,
        threads: int = 2,
        *,
        labels: Mapping[str, str] | None = None,
        check: Check | None = None,
        prover: str = "cpu",
        proof_seconds: float = PROOF_SECONDS,
    ) -> None:
        """Connect, and see that the nodes run what this machine runs.

        Args:
            address: `host:port` of the cluster's head; this machine is one of its nodes.
            workers: jobs at a time on each node.
            threads: of each job's prover; at most the node's CPUs.
            labels: only nodes with all of these labels (`ray start --labels`); None: all nodes with CPUs.
            check: raises for a proof that must not be used; by default the verifier program does.
            prover: `cpu`, or `gpu`: a job then takes one of its node's GPUs.
            proof_seconds: how long one try of a job may take, from when it is given to its node.

        Raises:
            MaiError: there is no such cluster, no node to prove on, or a node runs other versions.
        """
        self._ray = Ray.connect(address)
        self._labels, self._prover, self.proof_seconds = dict(labels or {}), prover, proof_seconds
        self._own = None if check else ProofChecker()
        self._check: Check = check or self._own  # type: ignore[assignment]
        self._checks = ThreadPoolExecutor(1, "ray-proofs")
        self._lanes: dict[str, _Lane] = {}
        self._paused: frozenset[str] = frozenset()
        self._waiting: deque[Job] = deque()
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._last_wrong = ""
        self.resize(workers, threads)
        self._look()
        if not self._lanes:
            said = self._ray.said(self._labels)
            self._ray.disconnect()
            raise MaiError(f"no node of the Ray cluster at {address} can prove: none has CPUs{said}")
        self._ray.same_versions(lane.node for lane in self._lanes.values())
        self._looking = threading.Thread(target=self._keep_looking, name="ray-nodes", daemon=True)
        self._looking.start()

    def submit(self, job: ProofJob) -> Future[Proved]:
        taken = Job(job)
        with self._lock:
            if self._closing.is_set():
                raise MaiError("the pool of provers is closed")
            self._waiting.append(taken)
        self._give()
        return taken.promise

    def resize(self, workers: int, threads: int, duty: int = 100) -> None:
        """Workers and threads of each node; a node's workers stand back by their priority alone, whatever the duty."""
        with self._lock:
            self._workers, self._threads = max(workers, 1), max(threads, 1)
        self._give()

    def set_paused(self, lanes: frozenset[str]) -> None:
        """Lanes are nodes, by name."""
        with self._lock:
            self._paused = lanes
        self._give()

    def busy(self) -> int:
        with self._lock:
            return len(self._waiting) + sum(lane.load for lane in self._lanes.values())

    def nodes(self) -> list[Node]:
        """The nodes that get jobs now."""
        with self._lock:
            return [lane.node for lane in self._lanes.values() if lane.wrong < MAX_WRONG]

    def close(self) -> None:
        with self._lock:
            self._closing.set()
            left = list(self._waiting)
            self._waiting.clear()
            running = [one for lane in self._lanes.values() for one in lane.running]
            for one in running:
                self._over(one)
        for one in running:
            self._ray.break_off(one.reference)
        for job in [*left, *(one.job for one in running)]:
            job.drop()
        self._checks.shutdown(wait=True, cancel_futures=True)
        self._looking.join(LOOK_SECONDS * 10)
        if self._own:
            self._own.close()
        self._ray.disconnect()

    # Handing out

    def _keep_looking(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            with self._lock:
                needed = bool(self._waiting)
            if needed:
                self._look()
                self._give()

    def _look(self) -> None:
        """Nodes come and go; one that was wrong stays known as such."""
        found = {node.id: node for node in self._ray.nodes(self._labels)}
        with self._lock:
            for lost in set(self._lanes) - set(found):
                if not self._lanes[lost].running:
                    del self._lanes[lost]
            for one, node in found.items():
                self._lanes.setdefault(one, _Lane(node))

    def _give(self) -> None:
        """Give waiting jobs to the least busy nodes that are free."""
        with self._lock:
            kept: deque[Job] = deque()
            while self._waiting and not self._closing.is_set():
                job = self._waiting.popleft()
                able = [
                    lane
                    for lane in self._lanes.values()
                    if lane.wrong < MAX_WRONG and lane.node.name not in self._paused
                ]
                lane = job.lane(able, self._workers)
                if lane is not None:
                    if job.wanted():
                        self._start(lane, job)
                elif self._lanes and all(lane.wrong >= MAX_WRONG for lane in self._lanes.values()):
                    told = f"every node of the Ray cluster has given wrong proofs; the last: {self._last_wrong}"
                    job.fail(MaiError(told))
                else:
                    kept.append(job)
            self._waiting.extend(kept)

    def _start(self, lane: _Lane, job: Job) -> None:
        job.attempts += 1
        threads = min(self._threads, lane.node.cpus)
        reference = self._ray.run(
            _prove, job.work, threads, self._prover, node=lane.node, cpus=threads, gpus=int(self._prover == "gpu")
        )
        one = _Try(job, lane, reference)
        lane.running.add(one)
        one.timer = bound(self.proof_seconds, partial(self._overdue, one))
        done: Future[Any] = reference.future()
        done.add_done_callback(partial(self._later, one))

    def _later(self, one: _Try, done: Future[Any]) -> None:
        if one.timer is not None:
            one.timer.cancel()  # checking what came is not a part of the try
        # Closed meanwhile, it takes nothing: then the job was dropped.
        with contextlib.suppress(RuntimeError):
            self._checks.submit(self._ended, one, done)

    def _ended(self, one: _Try, done: Future[Any]) -> None:
        proved: Proved | None = None
        error: Exception | None = None
        end: Callable[[], None] | None = None
        try:
            proved = done.result()
            self._check(proved)
            end = partial(one.job.keep, proved)
        except Exception as raised:
            error = raised
        with self._lock:
            if not self._over(one):
                return
            if error is not None:
                end = self._judge(one, error, proved)
            if end is None:
                self._waiting.appendleft(one.job)
        if end is not None:
            end()
        self._look()
        self._give()

    def _judge(self, one: _Try, raised: Exception, proved: Proved | None) -> Callable[[], None] | None:
        """How the job ends with what went wrong; None where it is tried again."""
        name, node = one.job.work.name, one.lane.node.name
        if proved is not None:
            one.lane.wrong += 1
            why = self._last_wrong = f"the proof of {name} from {node} is wrong ({raised})"
        elif self._ray.is_loss(raised):
            why = f"the worker that proves {name} died on {node}"
        elif isinstance(self._ray.cause(raised), EzklDied):
            why = f"the EZKL process that proves {name} died on {node}"
        else:
            return partial(one.job.fail, self._ray.cause(raised))
        return None if one.job.lost(one.lane, why) else one.job.fail

    def _overdue(self, one: _Try) -> None:
        """Break a try off that takes too long; a node that does not even do that is waited for no longer."""
        with self._lock:
            if not self._over(one):
                return
            name, node = one.job.work.name, one.lane.node.name
            again = one.job.lost(one.lane, f"the proof of {name} took more than {self.proof_seconds:g} s on {node}")
            if again:
                self._waiting.appendleft(one.job)
        if not again:
            one.job.fail()
        self._give()
        self._ray.break_off(one.reference)

    @staticmethod
    def _over(one: _Try) -> bool:
        """Whether it still ran: from now on nothing that comes of it changes the job."""
        if one not in one.lane.running:
            return False
        one.lane.running.discard(one)
        if one.timer is not None:
            one.timer.cancel()
        return True


def _prove(job: ProofJob, threads: int, prover: str) -> Proved:
    """In a worker of the cluster, which Ray starts at low priority: with so many threads and no more."""
    import os

    os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["MAI_PROVER"] = prover
    return job.prove()
