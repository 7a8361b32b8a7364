"""Proofs on a Ray cluster: every node is a lane; jobs whose worker or node died, or whose proof is wrong, go elsewhere.

What leaves this machine is the pickled job, which holds one drawn leaf's values. The cluster must be one's own: Ray
runs whatever code its nodes are given (docs/how-to/ray.md).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.language.model import ProofJob, Proved

from mai.errors import MaiError
from mai.miner.checking import ProofChecker
from mai.rays import Node, Ray

ATTEMPTS = 3
"""How often a job is tried whose worker or node dies, or whose proof is wrong."""
LOOK_SECONDS = 1.0
"""How often the cluster is asked for its nodes while jobs wait for one."""
MAX_WRONG = 2
"""Wrong proofs after which a node gets nothing more."""

Check = Callable[[Proved], None]


@dataclass
class _Waiting:
    """A job, what it is promised to, how often it was tried, and where it failed."""

    job: ProofJob
    promise: Future[Proved] = field(default_factory=Future)
    attempts: int = 0
    shunned: set[str] = field(default_factory=set)
    why: str = ""


@dataclass
class _Lane:
    """What runs on one node, and how often it was wrong."""

    node: Node
    running: dict[int, Any] = field(default_factory=dict)
    wrong: int = 0


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
    ) -> None:
        """Connect, and see that the nodes run what this machine runs.

        Args:
            address: `host:port` of the cluster's head; this machine is one of its nodes.
            workers: jobs at a time on each node.
            threads: of each job's prover; at most the node's CPUs.
            labels: only nodes with all of these labels (`ray start --labels`); None: all nodes with CPUs.
            check: raises for a proof that must not be used; by default the verifier program does.
            prover: `cpu`, or `gpu`: a job then takes one of its node's GPUs.

        Raises:
            MaiError: there is no such cluster, no node to prove on, or a node runs other versions.
        """
        self._ray = Ray.connect(address)
        self._labels, self._prover = dict(labels or {}), prover
        self._own = None if check else ProofChecker()
        self._check: Check = check or self._own  # type: ignore[assignment]
        self._checks = ThreadPoolExecutor(1, "ray-proofs")
        self._lanes: dict[str, _Lane] = {}
        self._paused: frozenset[str] = frozenset()
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._numbers, self._last_wrong = 0, ""
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
        waiting = _Waiting(job)
        with self._lock:
            if self._closing.is_set():
                raise MaiError("the pool of provers is closed")
            self._waiting.append(waiting)
        self._give()
        return waiting.promise

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
            return len(self._waiting) + sum(len(lane.running) for lane in self._lanes.values())

    def nodes(self) -> list[Node]:
        """The nodes that get jobs now."""
        with self._lock:
            return [lane.node for lane in self._lanes.values() if lane.wrong < MAX_WRONG]

    def close(self) -> None:
        with self._lock:
            self._closing.set()
            left = list(self._waiting)
            self._waiting.clear()
            running = [reference for lane in self._lanes.values() for reference in lane.running.values()]
        for reference in running:
            self._ray.break_off(reference)
        for waiting in left:
            waiting.promise.cancel()
        self._checks.shutdown(wait=True, cancel_futures=True)
        self._looking.join()
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
            kept: deque[_Waiting] = deque()
            while self._waiting and not self._closing.is_set():
                waiting = self._waiting.popleft()
                lane = self._lane_for(waiting)
                if lane is not None:
                    self._start(lane, waiting)
                elif self._lanes and all(lane.wrong >= MAX_WRONG for lane in self._lanes.values()):
                    told = f"every node of the Ray cluster has given wrong proofs; the last: {self._last_wrong}"
                    self._keep(waiting, None, MaiError(told))
                else:
                    kept.append(waiting)
            self._waiting.extend(kept)

    def _lane_for(self, waiting: _Waiting) -> _Lane | None:
        able = [lane for lane in self._lanes.values() if lane.wrong < MAX_WRONG and lane.node.name not in self._paused]
        # Where it failed before it goes only if there is nowhere else.
        others = [lane for lane in able if lane.node.id not in waiting.shunned] or able
        free = [lane for lane in others if len(lane.running) < self._workers]
        return min(free, key=lambda lane: len(lane.running), default=None)

    def _start(self, lane: _Lane, waiting: _Waiting) -> None:
        self._numbers += 1
        number, waiting.attempts = self._numbers, waiting.attempts + 1
        threads = min(self._threads, lane.node.cpus)
        reference = self._ray.run(
            _prove, waiting.job, threads, self._prover, node=lane.node, cpus=threads, gpus=int(self._prover == "gpu")
        )
        lane.running[number] = reference
        done: Future[Any] = reference.future()
        done.add_done_callback(lambda ended: self._later(lane, waiting, number, ended))

    def _later(self, lane: _Lane, waiting: _Waiting, number: int, done: Future[Any]) -> None:
        try:
            self._checks.submit(self._ended, lane, waiting, number, done)
        except RuntimeError:  # closed meanwhile
            waiting.promise.cancel()

    def _ended(self, lane: _Lane, waiting: _Waiting, number: int, done: Future[Any]) -> None:
        error: BaseException | None
        proved: Proved | None = None
        again = False
        try:
            proved = done.result()
            self._check(proved)
            error = None
        except Exception as raised:
            error, again = self._judge(lane, waiting, raised, proved)
        with self._lock:
            lane.running.pop(number, None)
            again = again and not self._closing.is_set()
            if again:
                self._waiting.appendleft(waiting)
        if not again:
            self._keep(waiting, proved, error)
        self._look()
        self._give()

    def _judge(
        self, lane: _Lane, waiting: _Waiting, raised: Exception, proved: Proved | None
    ) -> tuple[Exception, bool]:
        """What is told if it ends here, and whether the job is tried again."""
        waiting.shunned.add(lane.node.id)
        if proved is not None:
            lane.wrong += 1
            why = self._last_wrong = f"the proof of {waiting.job.name} from {lane.node.name} is wrong ({raised})"
        elif self._ray.is_loss(raised):
            why = f"the worker that proves {waiting.job.name} died on {lane.node.name}"
        else:
            return self._ray.cause(raised), False
        return MaiError(f"{why}, attempt {waiting.attempts} of {ATTEMPTS}"), waiting.attempts < ATTEMPTS

    def _keep(self, waiting: _Waiting, proved: Proved | None, error: Exception | None) -> None:
        try:
            if error is None and proved is not None:
                waiting.promise.set_result(proved)
            else:
                waiting.promise.set_exception(error or ZkError("no proof came back"))
        except InvalidStateError:  # nobody waits for it any more
            pass


def _prove(job: ProofJob, threads: int, prover: str) -> Proved:
    """In a worker of the cluster, which Ray starts at low priority: with so many threads and no more."""
    import os

    os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["MAI_PROVER"] = prover
    return job.prove()
