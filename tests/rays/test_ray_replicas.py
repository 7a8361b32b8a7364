"""A provable model on two nodes: the same tokens as here, a lost replica made good, cancelling, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mai.engine.backends import make
from mai.engine.backends.replicas import MAX_PROMPT_BYTES, Replicas, on_ray
from mai.engine.errors import BackendDied, EngineError
from mai.engine.protocol import Chunk, Job, ModelSpec, Prompt
from rays.nodes import Cluster

HERE = ModelSpec("tiny", "mai.engine.backends.provable:Provable", "tiny")
LIMIT = 12


def job(text: str, limit: int = LIMIT) -> Job:
    return Job(Prompt(text=text), limit, 0.0, 1.0, 1)


def tokens(chunks: Iterator[Chunk]) -> list[int]:
    return [token for chunk in chunks for token in chunk.tokens or ()]


@pytest.fixture(scope="module")
def replicas(cluster: Cluster) -> Iterator[Replicas]:
    (spec,) = on_ray([HERE], cluster.address, 2)
    backend = make(spec.backend)
    assert isinstance(backend, Replicas)
    backend.load(spec)
    yield backend
    backend.close()


def test_two_replicas_answer_as_this_machine_does(replicas: Replicas) -> None:
    local = make(HERE.backend)
    local_facts, facts = local.load(HERE), replicas.describe()
    assert (facts.weights, facts.context, facts.parallel) == (local_facts.weights, local_facts.context, 2)
    assert facts.device.endswith("2 replicas on one, two")
    for text in ("the ", "once upon"):
        assert replicas.count(Prompt(text=text)) == local.count(Prompt(text=text))
        found = list(replicas.generate(job(text), lambda: False))
        assert tokens(iter(found)) == tokens(local.generate(job(text), lambda: False)) != []
        assert found[-1].finish in ("stop", "length")


def test_answers_run_at_a_time_on_different_nodes(replicas: Replicas) -> None:
    first, second = replicas.generate(job("a "), lambda: False), replicas.generate(job("b "), lambda: False)
    next(first), next(second)
    assert [place.busy for place in replicas._places] == [1, 1]
    assert tokens(first) and tokens(second)
    assert [place.busy for place in replicas._places] == [0, 0]


def scripted(cluster: Cluster, gate: Path, **options: object) -> Replicas:
    """One replica of a backend whose crashes and pauses a test decides."""
    (spec,) = on_ray([ModelSpec("scripted", "engine.scripted:Scripted", "", options={"gate": str(gate), **options})],
                     cluster.address, 1)  # fmt: skip
    backend = Replicas()
    backend.load(spec)
    return backend


def test_a_lost_replica_is_replaced(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    backend = scripted(cluster, tmp_path, crash_at=3)
    with pytest.raises(BackendDied, match=r"a replica on (one|two) is gone"):
        list(backend.generate(job("a b", 6), lambda: False))
    assert tokens(backend.generate(job("a b", 6), lambda: False)) == [2, 3, 4, 5, 6, 7]
    backend._end()


def test_an_answer_can_be_cancelled(cluster: Cluster, tmp_path: Path) -> None:
    backend, seen = scripted(cluster, tmp_path, gates=[3]), list[Chunk]()
    for chunk in backend.generate(job("a b", 6), lambda: len(seen) >= 4):
        seen.append(chunk)
    assert tokens(iter(seen)) == [2, 3, 4] and not any(chunk.finish for chunk in seen)
    backend._end()


def test_an_error_that_quotes_the_prompt_does_not(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    backend = scripted(cluster, tmp_path, crash_at=2, how="raise")
    with pytest.raises(EngineError, match=r"^the backend failed: ValueError$"):
        list(backend.generate(job("a b", 6), lambda: False))
    backend._end()


def test_refusals_cross_the_border_by_name(replicas: Replicas) -> None:
    warm = Job(Prompt(text="the "), 4, 0.7, 1.0, 1)
    with pytest.raises(EngineError, match="greedily") as caught:
        list(replicas.generate(warm, lambda: False))
    assert (caught.value.name, caught.value.parameter) == ("unsupported_parameter", "temperature")
    with pytest.raises(EngineError, match="does not go over Ray"):
        list(replicas.generate(job("x" * MAX_PROMPT_BYTES), lambda: False))


def test_what_cannot_be_loaded_is_one_sentence(cluster: Cluster) -> None:
    (spec,) = on_ray([ModelSpec("none", HERE.backend, "none")], cluster.address, 1)
    with pytest.raises(EngineError, match="the provable model none cannot be had") as caught:
        Replicas().load(spec)
    assert caught.value.name == "load_failed"
