"""Proofs on two nodes: real ones, with a killed worker, a killed node, a liar and a stranger. About 80 s."""

from __future__ import annotations

import dataclasses
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mai.errors import MaiError
from mai.miner.checking import ProofChecker, Refused
from mai.miner.jobs import ATTEMPTS
from mai.miner.pools import open_pool
from mai.miner.presets import allocation
from mai.miner.ray_provers import RayProvers
from mai_zk.errors import ZkError
from mai_zk.language import load
from mai_zk.language.model import Proved
from rays.jobs import Asking, Hanging, Held, Layer, Lying, Refusing
from rays.nodes import Cluster
from traces import model

WAIT = 300
VALUES = model.ROWS


@pytest.fixture
def provers(cluster: Cluster) -> Iterator[RayProvers]:
    made = RayProvers(cluster.address, workers=1, threads=1)
    yield made
    made.close()


def until(done: object, what: str) -> None:
    """Wait for a condition; fails with its name after a while."""
    deadline = time.monotonic() + WAIT
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def started(folder: Path) -> dict[str, int]:
    """Where held jobs run: process by node."""
    found = (path.name.rpartition("-") for path in folder.glob("*-*"))
    return {node: int(pid) for node, _, pid in found}


def time_is_over(provers: RayProvers) -> None:
    """What the timer of the only running job does in the end."""
    (one,) = [one for lane in provers._lanes.values() for one in lane.running]
    provers._overdue(one)


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def held(tmp_path: Path) -> Path:
    (tmp_path / "hold").touch()
    return tmp_path


def test_proofs_come_back_from_both_nodes_and_are_verified(provers: RayProvers, held: Path) -> None:
    assert [node.name for node in provers.nodes()] == ["one", "two"]
    futures = [provers.submit(Held(VALUES[index], held)) for index in (0, 1)]
    until(lambda: set(started(held)) == {"one", "two"}, "a job on each node")
    assert provers.busy() == 2
    (held / "hold").unlink()
    for index, future in enumerate(futures):
        proved: Proved = future.result(WAIT)
        assert proved.key.hash == model.manifest().segments[0].key
        assert proved.key.statement(proved.instances, proved.proof).input == model.digest(VALUES[index])
    assert provers.busy() == 0


def test_a_killed_worker_s_job_is_done_again_elsewhere(provers: RayProvers, held: Path) -> None:
    future = provers.submit(Held(VALUES[2], held))
    until(lambda: started(held), "a start")
    ((node, pid),) = started(held).items()
    os.kill(pid, signal.SIGKILL)
    until(lambda: len(started(held)) == 2, "a second start, on the other node")
    (held / "hold").unlink()
    assert future.result(WAIT).proof
    assert set(started(held)) == {"one", "two"} and node in started(held)


def test_a_job_that_kills_every_worker_fails_in_the_end(provers: RayProvers, held: Path) -> None:
    future = provers.submit(Held(VALUES[2], held))
    killed: set[int] = set()
    while len(killed) < ATTEMPTS:
        until(lambda: {int(path.name.rpartition("-")[2]) for path in held.glob("*-*")} - killed, "another start")
        for pid in {int(path.name.rpartition("-")[2]) for path in held.glob("*-*")} - killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
    with pytest.raises(MaiError, match=rf"died on (one|two), attempt {ATTEMPTS} of {ATTEMPTS}"):
        future.result(WAIT)


def test_a_hanging_job_is_broken_off_and_done_elsewhere(provers: RayProvers, held: Path) -> None:
    warm = [provers.submit(Held(VALUES[index], held)) for index in (0, 1)]
    until(lambda: len(started(held)) == 2, "a worker on each node: starting them takes time")
    (held / "hold").unlink()
    assert all(future.result(WAIT).proof for future in warm)
    for path in held.iterdir():
        path.unlink()
    (held / "hold").touch()
    future = provers.submit(Hanging(VALUES[2], held))
    until(lambda: any(path.read_text() for path in held.glob("*-*")), "a start")
    ((node, worker),) = started(held).items()
    child = int(next(held.glob("*-*")).read_text())
    (held / "hold").unlink()
    time_is_over(provers)
    assert future.result(WAIT).proof
    assert len(started(held)) == 2 and node in started(held)
    until(lambda: gone(worker) and gone(child), "worker and what it started are gone")


def test_a_job_that_always_hangs_fails_by_name(cluster: Cluster, held: Path) -> None:
    provers = RayProvers(cluster.address, workers=1, threads=1, proof_seconds=1)
    try:
        with pytest.raises(MaiError, match=rf"took more than 1 s on (one|two), attempt {ATTEMPTS} of {ATTEMPTS}"):
            provers.submit(Hanging(VALUES[2], held)).result(WAIT)
        assert provers.busy() == 0
    finally:
        provers.close()


def test_a_job_s_own_error_is_its_own(provers: RayProvers) -> None:
    with pytest.raises(ZkError, match="The witness is damaged"):
        provers.submit(Refusing(VALUES[0])).result(WAIT)


def test_workers_are_bounded_and_keep_their_node_s_keys(provers: RayProvers) -> None:
    with pytest.raises(ZkError, match=r"RAYON_NUM_THREADS=1 MAI_PROVER=cpu MAI_CACHE=\S+/(one|two)\d* nice=1\d"):
        provers.submit(Asking(VALUES[0])).result(WAIT)


def test_a_paused_node_gets_nothing(provers: RayProvers, held: Path) -> None:
    provers.set_paused(frozenset({"one"}))
    futures = [provers.submit(Held(VALUES[index], held)) for index in (0, 1)]
    until(lambda: started(held), "a start")
    assert set(started(held)) == {"two"}
    (held / "hold").unlink()
    assert all(future.result(WAIT).proof for future in futures)
    assert set(started(held)) == {"two"}


def test_a_wrong_proof_is_not_used_and_its_node_gets_nothing_more(provers: RayProvers, held: Path) -> None:
    provers.set_paused(frozenset({"two"}))  # or it might do them all while the liar is slow
    futures = [provers.submit(Lying(VALUES[index], "one")) for index in (0, 1, 2, 3)]
    until(lambda: [node.name for node in provers.nodes()] == ["two"], "the liar is out")
    provers.set_paused(frozenset())
    assert all(future.result(WAIT).proof for future in futures)
    (held / "hold").unlink()
    assert provers.submit(Held(VALUES[0], held)).result(WAIT).proof
    assert set(started(held)) == {"two"}


def test_where_all_lie_the_job_fails(cluster: Cluster) -> None:
    provers = RayProvers(cluster.address, workers=1, threads=1, labels={"mai-test": "one"})
    try:
        assert [node.name for node in provers.nodes()] == ["one"]
        with pytest.raises(MaiError, match="wrong"):
            provers.submit(Lying(VALUES[0], "one")).result(WAIT)
    finally:
        provers.close()


def test_what_leaves_is_one_leaf_and_no_prompt() -> None:
    """The pickled job of the provable model: the same bytes, whatever tokens are committed to elsewhere in the run."""
    tiny = load("tiny")
    prompt = tiny.encode("a secret that is asked once")
    first, longer = tiny.run(prompt[:8], 2), tiny.run(prompt, 2)
    ours, theirs = first.job(3, 0), longer.job(3, 0)
    assert pickle.dumps(ours) == pickle.dumps(theirs)
    assert len(pickle.dumps(ours)) < 100_000


def test_a_killed_node_s_jobs_are_done_on_another(cluster: Cluster, provers: RayProvers, held: Path) -> None:
    provers.set_paused(frozenset({"one"}))
    future = provers.submit(Held(VALUES[3], held))
    until(lambda: "two" in started(held), "a start on the second node")
    provers.set_paused(frozenset())
    cluster.kill("two")
    until(lambda: "one" in started(held), "a start on the first node")
    (held / "hold").unlink()
    assert future.result(WAIT).proof
    until(lambda: provers._look() or [node.name for node in provers.nodes()] == ["one"], "the node is known to be lost")


def test_a_node_that_comes_later_gets_jobs(cluster: Cluster, provers: RayProvers, held: Path) -> None:
    cluster.start("three")
    futures = [provers.submit(Held(VALUES[index], held)) for index in (0, 1)]
    until(lambda: set(started(held)) == {"one", "three"}, "a job on the new node")
    (held / "hold").unlink()
    assert all(future.result(WAIT).proof for future in futures)


def test_a_miner_s_lanes_are_the_nodes(cluster: Cluster) -> None:
    said: list[str] = []
    pool, lanes = open_pool(allocation("light"), ("cpu",), said.append, ray=cluster.address, labels={"mai-test": "one"})
    pool.close()
    assert lanes == ("one",) and said == [f"proofs are made on the Ray cluster at {cluster.address}, by CPU: one"]
    with pytest.raises(MaiError, match="none has CPUs with the labels mai-test=nobody"):
        RayProvers(cluster.address, labels={"mai-test": "nobody"})


# Who is refused


def connect(address: str, **environment: str) -> str:
    """What a process of its own hears that connects."""
    code = (
        "import sys\nfrom mai.errors import MaiError\nfrom mai.miner.ray_provers import RayProvers\n"
        "try:\n    RayProvers(sys.argv[1])\nexcept MaiError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, address], capture_output=True, text=True, timeout=WAIT, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )  # fmt: skip
    return done.stdout


def test_a_stranger_without_the_token_is_refused(cluster: Cluster) -> None:
    said = connect(cluster.address, RAY_AUTH_TOKEN="0" * 64)
    assert said.startswith("there is no Ray cluster at") and said.count("\n") == 1


def test_wrong_addresses_are_one_sentence() -> None:
    with pytest.raises(MaiError, match="host:port"):
        RayProvers("ray://10.0.0.1:10001")
    with pytest.raises(MaiError, match="host:port"):
        RayProvers("auto")


# The check itself


def test_the_checker_takes_true_proofs_under_known_keys_only() -> None:
    proved = Layer(VALUES[0]).prove()
    ProofChecker()(proved)
    ProofChecker({proved.key.hash})(proved)
    with pytest.raises(Refused, match="which no segment has"):
        ProofChecker({bytes(32)})(proved)


def test_the_checker_refuses_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAI_TEST_NODE", "here")
    check = ProofChecker()
    with pytest.raises(Refused, match="the verifier refuses the proof"):
        check(Lying(VALUES[0], "here").prove())
    good = Layer(VALUES[0]).prove()
    check(good)
    with pytest.raises(Refused, match="payload"):
        check(dataclasses.replace(good, proof=bytes(len(good.proof))))
