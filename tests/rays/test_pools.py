"""Which pool a miner opens, and what it says of its choice; no cluster is needed."""

from __future__ import annotations

import os

import pytest
from mai.errors import MaiError
from mai.miner.pools import labels_of, open_pool
from mai.miner.presets import allocation
from mai.miner.provers import LocalProvers
from mai_zk import cuda
from mai_zk.errors import ZkError

LIGHT = allocation("light")


def opened(**wishes: object) -> tuple[object, list[str]]:
    said: list[str] = []
    pool, lanes = open_pool(LIGHT, ("cpu",), said.append, **wishes)  # type: ignore[arg-type]
    assert lanes == ("cpu",)
    pool.close()
    return pool, said


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU build; what is chosen for workers is forgotten after the test."""
    monkeypatch.setenv("MAI_PROVER", "cpu")
    monkeypatch.setenv("MAI_EZKL_GPU", "/nowhere/ezkl")


def test_processes_here_unless_a_cluster_is_named() -> None:
    pool, said = opened(proof_seconds=7)
    assert isinstance(pool, LocalProvers) and pool.proof_seconds == 7 and said == ["EZKL proves on the CPU."]


def test_automatic_tells_why_and_gpu_never_falls_back() -> None:
    _, (said,) = opened(prover="auto")
    assert said.startswith("EZKL proves on the CPU: /nowhere/ezkl") and os.environ["MAI_PROVER"] == "cpu"
    with pytest.raises(ZkError, match="/nowhere/ezkl, which MAI_EZKL_GPU names, is no program"):
        opened(prover="gpu")


def test_wrong_wishes_are_one_sentence() -> None:
    with pytest.raises(MaiError, match="with --ray"):
        opened(labels={"a": "b"})
    with pytest.raises(MaiError, match="say --prover cpu or --prover gpu"):
        opened(ray="127.0.0.1:6379", prover="auto")
    with pytest.raises(ZkError, match="There is no prover for 'abacus'"):
        opened(prover="abacus")
    for word in ("a", "=b", "a="):
        with pytest.raises(MaiError, match="name=value"):
            labels_of([word])
    assert labels_of(["role=prover", "disk=fast"]) == {"role": "prover", "disk": "fast"}


def test_devices_are_listed_or_their_absence_explained() -> None:
    found, reason = cuda.devices()
    assert bool(found) != bool(reason)
