"""The pool of worker processes: jobs of dead and hanging workers are done again, lanes pause, shares are kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mai.errors import MaiError
from mai.miner.jobs import PROOF_SECONDS
from mai.miner.lanes import lanes
from mai.miner.provers import LocalProvers
from mai_zk import worker
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from mai_zk.language.model import Proved

PATIENCE_S = 300


@dataclass(frozen=True)
class Job:
    """Says where it ran; waits for a file, dies, hangs with a process of its own, fails, or has its EZKL process
    die, where it is told to.
    """

    folder: Path
    name: str = "job"
    wait: bool = False
    dies: int = 0
    hangs: int = 0
    starves: int = 0
    fails: bool = False

    def prove(self) -> Proved:
        with (self.folder / f"{self.name}.ran").open("a") as file:
            file.write(f"{os.getpid()} {os.environ['CUDA_VISIBLE_DEVICES']} {os.environ['RAYON_NUM_THREADS']}\n")
        if self.fails:
            raise ZkError("The leaf cannot be proved.")
        tries = len((self.folder / f"{self.name}.ran").read_text().splitlines())
        if tries <= self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if tries <= self.hangs:
            child = subprocess.Popen(["sleep", "100000"])
            (self.folder / f"{self.name}.child").write_text(str(child.pid))
            child.wait()
        if tries <= self.starves:
            worker.run([("crash", {})], self.folder)
        while self.wait and not (self.folder / f"{self.name}.go").exists():
            time.sleep(0.01)
        return Proved(KeyProgram(b""), (os.getpid(),), self.name.encode(), b"", 0.0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ran(folder: Path, name: str = "job") -> list[list[str]]:
    path = folder / f"{name}.ran"
    return [line.split(" ") for line in path.read_text().splitlines()] if path.exists() else []


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] == "Z"
    except FileNotFoundError:
        return True


def time_is_over(pool: LocalProvers, name: str) -> None:
    """What the timer of a running job does in the end, as if the job had begun so long ago."""
    ((lane, worker, job),) = [
        (lane, worker, worker.job) for lane, worker in pool._all() if worker.job and worker.job.work.name == name
    ]
    worker.begun -= pool._allowed()
    pool._overdue(lane, worker, job)


@pytest.fixture
def pool() -> Iterator[LocalProvers]:
    made = LocalProvers(1, 3, lanes=("gpu0", "gpu1"))
    yield made
    made.close()


def test_a_dead_workers_job_is_done_again_and_not_for_ever(tmp_path: Path, pool: LocalProvers) -> None:
    again, never = pool.submit(Job(tmp_path, dies=1)), pool.submit(Job(tmp_path, "never", dies=9))
    assert again.result(PATIENCE_S).proof == b"job"
    assert len(ran(tmp_path)) == 2
    with pytest.raises(MaiError, match=r"the worker that proves never died on gpu[01], attempt 3 of 3"):
        never.result(PATIENCE_S)
    starved = pool.submit(Job(tmp_path, "starved", starves=1))
    assert (starved.result(PATIENCE_S).proof, len(ran(tmp_path, "starved"))) == (b"starved", 2)
    with pytest.raises(MaiError, match=r"the EZKL process that proves starves died on gpu[01], attempt 3 of 3"):
        pool.submit(Job(tmp_path, "starves", starves=9)).result(PATIENCE_S)
    with pytest.raises(ZkError, match=r"The leaf cannot be proved\."):
        pool.submit(Job(tmp_path, "fails", fails=True)).result(PATIENCE_S)
    assert len(ran(tmp_path, "fails")) == 1
    assert pool.submit(Job(tmp_path, "fine")).result(PATIENCE_S).proof == b"fine"
    assert pool.busy() == 0


def test_a_hanging_job_is_ended_and_done_elsewhere_and_its_neighbour_goes_on(tmp_path: Path) -> None:
    pool = LocalProvers(2, 1, lanes=("gpu0", "gpu1"))
    warm = [pool.submit(Job(tmp_path, name, wait=True)) for name in ("a", "b", "c", "d")]
    until(lambda: all(ran(tmp_path, name) for name in ("a", "b", "c", "d")))  # starting takes time; it is not measured
    neighbours = {name: ran(tmp_path, name)[0][1] for name in ("a", "b", "c", "d")}
    for name in ("a", next(name for name in "bcd" if neighbours[name] != neighbours["a"])):
        (tmp_path / f"{name}.go").touch()
        assert warm["abcd".index(name)].result(PATIENCE_S)
        del neighbours[name]
    hanging = pool.submit(Job(tmp_path, hangs=1))
    child = tmp_path / "job.child"
    until(lambda: child.exists() and child.read_text().isdigit())
    time_is_over(pool, "job")
    assert hanging.result(PATIENCE_S).proof == b"job"
    first, second = ran(tmp_path)
    assert first[1] != second[1]  # the other lane
    until(lambda: gone(int(first[0])) and gone(int(child.read_text())))
    for name in neighbours:
        (tmp_path / f"{name}.go").touch()
        assert warm["abcd".index(name)].result(PATIENCE_S).proof == name.encode()
        assert len(ran(tmp_path, name)) == 1
    pool.close()


def test_a_job_that_always_hangs_fails_by_name(tmp_path: Path) -> None:
    pool = LocalProvers(proof_seconds=0.5)
    with pytest.raises(MaiError, match=r"the proof of job took more than 0\.5 s on cpu, attempt 3 of 3"):
        pool.submit(Job(tmp_path, hangs=9)).result(PATIENCE_S)
    assert pool.busy() == 0 and pool.pids() == []
    pool.proof_seconds = PROOF_SECONDS
    assert pool.submit(Job(tmp_path, "fine")).result(PATIENCE_S).proof == b"fine"
    pool.close()


def test_lanes_see_their_gpu_and_can_be_paused(tmp_path: Path, pool: LocalProvers) -> None:
    first, second = (pool.submit(Job(tmp_path, name, wait=True)) for name in ("one", "two"))
    until(lambda: bool(ran(tmp_path, "one") and ran(tmp_path, "two")))
    assert {ran(tmp_path, name)[0][1] for name in ("one", "two")} == {"0", "1"}
    assert ran(tmp_path, "one")[0][2] == "3"
    busy_on_0 = "one" if ran(tmp_path, "one")[0][1] == "0" else "two"
    pool.set_paused(frozenset({"gpu0"}))
    third, fourth = (pool.submit(Job(tmp_path, name)) for name in ("three", "four"))
    (tmp_path / f"{busy_on_0}.go").touch()
    until((first if busy_on_0 == "one" else second).done)  # what was begun there came to its end
    assert not ran(tmp_path, "three")
    for name in ("one", "two"):
        (tmp_path / f"{name}.go").touch()
    assert third.result(PATIENCE_S) and fourth.result(PATIENCE_S)
    assert {ran(tmp_path, name)[0][1] for name in ("three", "four")} == {"1"}
    pool.set_paused(frozenset({"gpu0", "gpu1"}))
    fifth = pool.submit(Job(tmp_path, "five"))
    assert pool.busy() == 1 and not fifth.done()
    pool.set_paused(frozenset())
    assert fifth.result(PATIENCE_S)


def test_a_resize_breaks_nothing_off(tmp_path: Path, pool: LocalProvers) -> None:
    running = [pool.submit(Job(tmp_path, name, wait=True)) for name in ("one", "two", "three")]
    until(lambda: bool(ran(tmp_path, "one") and ran(tmp_path, "two")))
    pool.resize(2, 5, 60)
    until(lambda: bool(ran(tmp_path, "three")))
    assert ran(tmp_path, "three")[0][2] == "5"
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.go").touch()
    assert [item.result(PATIENCE_S).proof for item in running] == [b"one", b"two", b"three"]
    assert [len(ran(tmp_path, name)) for name in ("one", "two", "three")] == [1, 1, 1]


def test_workers_end_with_whoever_started_them(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from mai.miner.provers import LocalProvers\n"
        "from miner.test_provers import Job\n"
        "if __name__ == '__main__':\n"
        "    pool = LocalProvers(); pool.submit(Job(Path(sys.argv[1]), wait=True)); time.sleep(1000)"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], env={**os.environ, "PYTHONPATH": ":".join(sys.path)}
    )
    until(lambda: bool(ran(tmp_path)))
    worker = int(ran(tmp_path)[0][0])
    process.kill()
    process.wait()
    until(lambda: gone(worker))


def test_a_closed_pool_takes_nothing(tmp_path: Path) -> None:
    pool = LocalProvers()
    running, waiting = pool.submit(Job(tmp_path, wait=True)), pool.submit(Job(tmp_path, "later"))
    until(lambda: bool(ran(tmp_path)))
    pool.close()
    with pytest.raises(MaiError, match="closed"):
        pool.submit(Job(tmp_path))
    assert waiting.cancelled()
    with pytest.raises(MaiError, match="the pool of provers was closed"):
        running.result(PATIENCE_S)
    until(lambda: gone(int(ran(tmp_path)[0][0])))


def test_a_share_below_one_thread_stops_the_worker_for_a_part_of_the_time(tmp_path: Path) -> None:
    pool = LocalProvers(1, 1, 50)
    running = pool.submit(Job(tmp_path, wait=True))
    until(lambda: bool(ran(tmp_path)))
    worker = Path(f"/proc/{ran(tmp_path)[0][0]}/stat")

    def state() -> str:
        return worker.read_text().rsplit(") ", 1)[1][0]

    for _ in range(2):
        until(lambda: state() == "T")
        until(lambda: state() != "T")
    (tmp_path / "job.go").touch()
    assert running.result(PATIENCE_S).proof == b"job"
    pool.resize(1, 1, 100)
    pool.close()


def test_lanes_are_what_the_driver_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lanes() == ("cpu",)
    tool = tmp_path / "nvidia-smi"
    for said, expected in (
        ("GPU 0: NVIDIA H100 (UUID: GPU-1)\nGPU 1: NVIDIA H100 (UUID: GPU-2)", ("gpu0", "gpu1")),
        ("No devices were found", ("cpu",)),
    ):
        tool.write_text(f"#!/bin/sh\necho '{said}'\n")
        tool.chmod(0o755)
        assert lanes() == expected
