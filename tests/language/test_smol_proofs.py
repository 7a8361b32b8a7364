"""SmolLM2's segments: EZKL's integers, the trace's points, a drawn shard proved and checked on chain."""

from __future__ import annotations

import pickle
from functools import cache
from itertools import pairwise

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
from mai_zk.language.smol.model import Trace
from mai_zk.language.smol.precision import DIVISION
from mai_zk.language.smol.proving import Job
from mai_zk.language.smol.segments import DEEP, LOGROWS, WIDE, named, segment, segments
from mai_zk.language.smol.weights import LAYERS, VOCABULARY
from mai_zk.prooffile import ProofFile
from mai_zk.prover import CpuProver
from mai_zk.shards import SCALE, Shape, prepare
from mai_zk.srs import make_test_srs
from mai_zk.sums import UNUSABLE_ROWS

pytestmark = needs_weights
POSITION = 5


def test_the_cut() -> None:
    found = segments()
    assert len(found) == 128 * LAYERS + VOCABULARY // 48 == 4864
    assert [item.name for item in found[:3]] == ["0/q/0", "0/q/1", "0/q/2"] and found[-1].name == "30/logits/1023"
    assert {item.shape for item in found} == {WIDE, DEEP}
    assert all((shape.logrows, shape.column, shape.size) == (LOGROWS, points.COLUMN, 27_648) for shape in (WIDE, DEEP))
    weights = sum(item.shape.size for item in found)
    assert weights == 134_479_872  # every weight of every linear map, once
    assert all((item.layer, item.shard) < (after.layer, after.shard) for item, after in pairwise(found))
    assert named("12/gate/5") == 12 * 128 + 32 + 5 and segment(named("12/gate/5")).name == "12/gate/5"
    for wrong in (lambda: segment(4864), lambda: segment(-1), lambda: named("12/gate/32")):
        with pytest.raises(ZkError, match="SmolLM2 has"):
            wrong()


@pytest.mark.parametrize("name", ["0/v/1", "11/down/3", "24/o/11", "29/up/31", "30/logits/0"])
def test_a_segment_is_its_part_of_the_map(name: str) -> None:
    """Input and weights as integers give the output, by Python's integers and the rounding that is stated."""
    found = segment(named(name))
    layers, ends = short_run().values(POSITION)
    values = ends if found.layer == LAYERS else layers[found.layer]
    sums = found.input(values).astype(object) @ found.weights(model().weights).astype(object)
    assert np.array_equal(round_shift(sums.astype(np.int64), DIVISION), found.output(values))


def test_the_run_keeps_what_a_drawn_position_needs() -> None:
    """A position that is run again has the integers that were hashed, for every kind of position."""
    run = short_run()
    for position in (0, 3, POSITION, len(run.positions) - 1):
        layers, ends = run.values(position)
        trace = Trace()
        for layer, values in enumerate(layers):
            trace.watch(position, layer, values)
        gave_a_token = position >= len(run.prompt) - 1
        assert trace.position(position, ends.logits if gave_a_token else None) == run.positions[position]
        if gave_a_token:
            assert int(np.argmax(ends.logits)) == run.generated[position - len(run.prompt) + 1]


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


def test_vectors_that_cross_segments_have_one_point() -> None:
    made = short_run().points(POSITION)
    assert len(made) == len(segments())
    for names in (("3/q/0", "3/k/2", "3/v/1"), ("7/gate/0", "7/up/31"), ("9/down/0", "9/down/31")):
        assert len({made[named(name)][0] for name in names}) == 1
    assert made[named("3/q/0")] != made[named("4/q/0")]


DRAWN = ("12/gate/5", "11/down/3")
"""One of each shape."""


@cache
def job(name: str = DRAWN[0]) -> Job:
    """A drawn shard, as a worker process gets it."""
    return pickle.loads(pickle.dumps(short_run().job(POSITION, named(name))))


@cache
def proved(name: str = DRAWN[0]) -> Proved:
    """Its proof."""
    return job(name).prove()


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_shard_is_proved_and_accepted_on_chain(name: str) -> None:
    made, shown = job(name), proved(name)
    shape, parts = made.shape, made.shape.parts
    assert shape.size >= 27_000 and made.name == f"smollm2-135m, {name}, position 5"
    assert shown.proof[: 64 * parts.n_points] == b"".join(made.points)
    read, given = short_run().points(POSITION)[named(name)]
    assert (made.points[0], made.points[2]) == (read, given)
    checked = check_proof(shown.key, ProofFile(shown.instances, shown.proof))
    assert checked.reason is None and checked.compute_units < 400_000
    statement = shown.key.statement((), shown.proof)
    columns = [made.points[1][start : start + 64] for start in range(0, len(made.points[1]), 64)]
    assert len(columns) == parts.params_points and statement.params == part_digest((), columns)
    for point in columns:
        decode_point(point)


def test_weights_fill_columns_one_after_the_other() -> None:
    """The points of a segment's weights are the plain commitments of their parts, in the matrix's order."""
    from mai_zk.circuits import commit

    found = segment(named(DRAWN[0]))
    values = found.weights(model().weights).ravel().tolist()
    rows = (1 << LOGROWS) - UNUSABLE_ROWS
    srs = make_test_srs(LOGROWS)
    parts = [values[:rows], values[rows:]]
    assert job().points[1] == b"".join(commit(part, srs, UNUSABLE_ROWS).to_bytes() for part in parts)


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

    other = dataclasses.replace(job(), inputs=(job().inputs[0] + 1, *job().inputs[1:]))
    with pytest.raises(ZkError, match="other values than its trace"):
        other.prove()
