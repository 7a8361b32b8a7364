"""Plans: every shard covers its part once, candidates and choices, estimates against measurements."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from mai.chain.cost import check_units
from mai_zk import circuits, shardplan
from mai_zk.errors import ZkError
from mai_zk.prover import CpuProver
from mai_zk.shardplan import Figures, Plan, Targets, between, candidates, choose, estimate, measure
from mai_zk.shards import Shape

PROVER = CpuProver()
SIDES = st.sampled_from([1, 7, 12, 16, 24, 48, 60])
CHEAP = Figures(100, 1.0, 1.0, 10, 1000, True)


@given(SIDES, SIDES, st.integers(9, 12))
@budget(max_examples=40, deadline=None)
def test_candidates_cover_the_map_and_keep_to_k(d_in: int, d_out: int, max_logrows: int) -> None:
    found = candidates(d_in, d_out, max_logrows)
    assert found == sorted(found, key=lambda plan: (plan.shape.logrows, plan.shards, plan.rows))
    for plan in found:
        assert plan.shape.d_in * plan.rows == d_in and plan.shape.d_out * plan.columns == d_out
        assert plan.shape.logrows <= max_logrows
        assert plan.shards == plan.rows * plan.columns
    cuts = [(plan.shape.logrows, plan.cut) for plan in found]
    assert len(cuts) == len(set(cuts))
    if Shape(1, 1).logrows <= max_logrows:
        assert found  # single weights always fit


@given(SIDES, SIDES)
@budget(max_examples=25, deadline=None)
def test_nothing_better_was_left_out(d_in: int, d_out: int) -> None:
    """Against every way to cut: none with fewer shards at that k, or with as few and one cut."""
    best = min(plan.shards for plan in candidates(d_in, d_out, 11))
    divisors = [(r, c) for r in range(1, d_in + 1) if d_in % r == 0 for c in range(1, d_out + 1) if d_out % c == 0]
    fitting = [r * c for r, c in divisors if Shape(d_in // r, d_out // c).logrows <= 11]
    assert best == min(fitting)


@pytest.mark.parametrize("plan", [Plan(6, 8, 1, 1), Plan(6, 8, 4, 1), Plan(6, 8, 1, 3), Plan(6, 8, 2, 2)])
def test_pieces_add_up_to_the_map(plan: Plan) -> None:
    matrix = np.arange(48, dtype=np.float32).reshape(6, 8)
    x = np.arange(6, dtype=np.float32)
    y = np.zeros(8, dtype=np.float32)
    seen = []
    for row, column, piece in plan.pieces(matrix):
        high, wide = piece.shape
        assert (high, wide) == (plan.shape.d_in, plan.shape.d_out)
        y[column * wide : (column + 1) * wide] += x[row * high : (row + 1) * high] @ piece
        seen.append((row, column))
    assert np.array_equal(y, x @ matrix)
    assert len(seen) == len(set(seen)) == plan.shards
    with pytest.raises(ZkError, match="has 6x8 weights"):
        list(plan.pieces(matrix.T))


def test_other_sizes_are_refused() -> None:
    for logrows in (8, 21):
        with pytest.raises(ZkError, match="k from 9 to 20"):
            candidates(16, 16, logrows)
    assert [plan.cut for plan in candidates(16, 16, 11) if plan.shards == 1] == ["nothing"]


def test_the_choice_keeps_to_every_target() -> None:
    large, small, added = Plan(64, 64, 1, 1), Plan(64, 64, 4, 1), Plan(64, 64, 1, 4)
    slow = dataclasses.replace(CHEAP, prove_seconds=9.0, compute_units=5000)
    found = [(large, slow), (added, CHEAP), (small, CHEAP)]
    assert choose(found, Targets()) == large
    assert choose(found, Targets(prove_seconds=5.0)) == small  # of equals, the cut by columns
    assert choose(found, Targets(compute_units=4999)) == small
    assert choose(found, Targets(logrows=small.shape.logrows)) == small
    assert choose(found, Targets(logrows=9)) is None
    assert choose(found, Targets(prove_seconds=0.5)) is None
    assert choose([], Targets()) is None


def test_the_rule_goes_through_both_circuits() -> None:
    assert between(1.0, 33.0, 11, 16, 11) == 1.0 and between(1.0, 33.0, 11, 16, 16) == 33.0
    assert between(1.0, 3.0, 11, 12, 13) == 7.0
    assert between(1.0, 33.0, 11, 16, 9) == pytest.approx(1 - 32 * 1536 / 63488)
    assert between(0.1, 90.0, 11, 16, 9) == 0.0
    for name, shape in ((shardplan.SMALL, Shape(16, 16)), (shardplan.LARGE, Shape(576, 48))):
        found, figures = estimate(shape, 5), circuits.load(name).figures
        assert (found.prove_seconds, found.setup_seconds) == (figures["prove_seconds"], figures["setup_seconds"])
        assert found.proof_bytes == figures["proof_bytes"] and found.compute_units == 5


def test_estimates_agree_with_measurements() -> None:
    """The rule between k = 10 and 13 against k = 12; bytes and, nearly, compute units are those of any shape."""
    shapes = Shape(24, 8), Shape(48, 24), Shape(80, 32)
    assert [shape.logrows for shape in shapes] == [10, 12, 13]
    measured = [measure(shape, PROVER, check_units) for shape in shapes]
    low, middle, high = measured
    for name, factor in (("peak_mb", 1.3), ("prove_seconds", 2.5), ("setup_seconds", 2.5)):
        expected = between(getattr(low, name), getattr(high, name), 10, 13, 12)
        assert expected / factor < getattr(middle, name) < expected * factor, name
    units = shardplan.check_units_of_any(PROVER, check_units)
    for found, shape in zip(measured, shapes, strict=True):
        guess = estimate(shape, units)
        assert found.measured and not guess.measured
        assert found.proof_bytes == guess.proof_bytes
        assert abs(found.compute_units - guess.compute_units) < 0.05 * found.compute_units
        assert 0.5 < found.peak_mb / guess.peak_mb < 2  # the builder's machine and this one differ
