"""SmolLM2's segments: EZKL's integers, the trace's points, a drawn shard proved and checked on chain."""

from __future__ import annotations

import pickle
from functools import cache

import numpy as np
import pytest
from language.smol_world import model, needs_weights, short_run
from mai.chain.check import check_proof
from mai_zk.circuits import part_digest
from mai_zk.curve import decode_point
from mai_zk.errors import ZkError
from mai_zk.language.integers import round_shift
from mai_zk.language.model import Proved
from mai_zk.language.smol import points
from mai_zk.language.smol.graph import named, node
from mai_zk.language.smol.precision import DIVISION
from mai_zk.language.smol.proving import Job
from mai_zk.language.smol.segments import DEEP, LOGROWS, WIDE, shards
from mai_zk.language.smol.trace import Trace
from mai_zk.language.smol.weights import LAYERS, VOCABULARY
from mai_zk.prooffile import ProofFile
from mai_zk.prover import CpuProver
from mai_zk.shards import SCALE, Shape, prepare
from mai_zk.srs import make_test_srs
from mai_zk.sums import UNUSABLE_ROWS
from mai_zk.trace import Segment

pytestmark = needs_weights
POSITION = 5


def test_the_cut() -> None:
    found = shards()
    assert len(found) == 128 * LAYERS + VOCABULARY // 48 == 4864
    assert [item.name for item in found[:3]] == ["0/q/0", "0/q/1", "0/q/2"] and found[-1].name == "30/logits/1023"
    assert {item.shape for item in found} == {WIDE, DEEP}
    assert all((shape.logrows, shape.column, shape.size) == (LOGROWS, points.COLUMN, 27_648) for shape in (WIDE, DEEP))
    weights = sum(item.shape.size for item in found)
    assert weights == 134_479_872  # every weight of every linear map, once


def test_the_run_keeps_what_a_drawn_position_needs() -> None:
    """Positions that are run again have the integers that were hashed, for every kind of position."""
    run, trace = short_run(), Trace()
    for position in range(len(run.positions)):
        values = run.values(position)
        for layer, numbers in enumerate(values.layers):
            trace.watch(position, layer, numbers)
        gave_a_token = position >= len(run.prompt) - 1
        logits = values.ends.logits if gave_a_token else None
        assert trace.position(values.cache, logits) == run.positions[position]
        if gave_a_token:
            assert int(np.argmax(values.ends.logits)) == run.generated[position - len(run.prompt) + 1]


def test_ezkl_rounds_as_the_path_does(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Halves and their neighbours, both signs, in EZKL's own execution of a shard."""
    sums = np.array([-192, -65, -64, -63, -1, 0, 1, 63, 64, 65, 127, 128, 192, 320, -320, 8])
    shape = Shape(16, 16)
    shard = prepare(shape, np.diag(sums).astype(np.float32) / 2**SCALE, tmp_path, CpuProver())
    run = CpuProver().execute(shard, [1 / 2**SCALE] * 16)
    assert list(run.outputs) == round_shift(sums, DIVISION).tolist()


def test_points_are_those_of_the_plain_msm() -> None:
    from mai_zk.circuits import commit

    srs = make_test_srs(LOGROWS)
    values = np.random.default_rng(3).integers(-(1 << 23), 1 << 23, 64)
    for vector in (values, np.zeros(24, np.int64), np.array([1, -1, 0]), -np.abs(values)):
        assert points.committer().point(vector) == commit(vector.tolist(), srs, UNUSABLE_ROWS).to_bytes()


def test_with_and_without_the_library_the_points_are_the_same() -> None:
    pytest.importorskip("zksnake", reason="zksnake is not installed: pip install 'mai[llm]'")
    values = [5, -7, 0, 1 << 20]
    assert points.Committer(4).point(values) == points.Committer(4, points.library()).point(values)


DRAWN = ("12/gate/5", "11/down/3")
"""One of each shape."""


@cache
def job(name: str = DRAWN[0]) -> Job:
    """A drawn shard, as a worker process gets it."""
    found: Job = pickle.loads(pickle.dumps(short_run().job(POSITION, named(name))))
    return found


def segment_of(name: str) -> Segment:
    """What the manifest registers of it."""
    manifest = model().manifest
    assert manifest is not None
    return manifest.segments[named(name)]


@cache
def proved(name: str = DRAWN[0]) -> Proved:
    """Its proof."""
    return job(name).prove()


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_shard_is_proved_and_accepted_on_chain(name: str) -> None:
    made, shown = job(name), proved(name)
    shape, parts = made.shape, made.shape.parts
    assert shape.size >= 27_000 and made.name == f"smollm2-135m, {name}, position 5"
    opened, commit = short_run().opened(POSITION, named(name)), points.committer().point
    given = shown.proof[64 * (parts.n_points - 1) : 64 * parts.n_points]
    assert (shown.proof[:64], given) == made.points == (commit(opened.reads), commit(opened.gives[0]))
    checked = check_proof(shown.key, ProofFile(shown.instances, shown.proof))
    assert checked.reason is None and checked.compute_units < 400_000
    statement = shown.key.statement((), shown.proof)
    assert statement.params == made.params == segment_of(name).params
    assert shown.key.hash == segment_of(name).key
    for start in range(0, 64 * parts.n_points, 64):
        decode_point(shown.proof[start : start + 64])


def test_weights_fill_columns_one_after_the_other() -> None:
    """The points of a segment's weights are the plain commitments of their parts, in the matrix's order."""
    from mai_zk.circuits import commit

    found = node(named(DRAWN[0])).linear
    assert found is not None
    values = found.weights(model().weights).ravel().tolist()
    rows = (1 << LOGROWS) - UNUSABLE_ROWS
    srs = make_test_srs(LOGROWS)
    columns = [commit(part, srs, UNUSABLE_ROWS).to_bytes() for part in (values[:rows], values[rows:])]
    assert proved().proof[64 : 64 * (1 + len(columns))] == b"".join(columns)
    assert part_digest((), columns) == job().params


def test_a_changed_proof_is_refused() -> None:
    shown = proved()
    assert check_proof(shown.key, ProofFile(shown.instances, shown.proof)).reason is None
    last = 64 * (job().shape.parts.n_points - 1)
    read, given = shown.proof[:64], shown.proof[last : last + 64]
    swapped = given + shown.proof[64:last] + read + shown.proof[last + 64 :]
    assert check_proof(shown.key, ProofFile(shown.instances, swapped)).reason is not None
    one, other = shown.proof[64:128], shown.proof[128:192]
    swapped = shown.proof[:64] + other + one + shown.proof[192:]
    assert check_proof(shown.key, ProofFile(shown.instances, swapped)).reason is not None


def test_a_proof_of_other_values_is_refused_at_home() -> None:
    import dataclasses

    changed = (job().inputs[0] + 1, *job().inputs[1:])
    for other in (dataclasses.replace(job(), inputs=changed), dataclasses.replace(job(), params=bytes(32))):
        with pytest.raises(ZkError, match="other values than its trace"):
            other.prove()
