"""Sums of commitments: the rule on an SRS of 32 rows, real shards that join, and every sum that must not hold."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from mai_zk import circuits, sums
from mai_zk.circuits import commit
from mai_zk.curve import IDENTITY, Point, add, multiply, negate
from mai_zk.field import Q, R
from mai_zk.srs import Srs, make_test_srs
from mai_zk.sums import MAX_BOUND, MAX_TERMS, UNUSABLE_ROWS, Committed, Layout, SumRefused, join, join_committed

SRS = make_test_srs(5)
U = sums.unusable_point(SRS)
WIDTH = 8
BOUND = 1 << 24
VECTORS = st.lists(st.lists(st.integers(1 - BOUND, BOUND - 1), min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=6)
A, B = [5, -3, 0, 7, 1, 2, -9, 4], [1, 1, -6, 0, 20, -2, 3, -4]
TOTAL = [a + b for a, b in zip(A, B, strict=True)]


def point(values: Sequence[int], srs: Srs = SRS) -> Point:
    """EZKL's commitment of the values."""
    return commit(values, srs, UNUSABLE_ROWS)


def committed(values: Sequence[int], bound: int = BOUND, **changes: object) -> Committed:
    """The values' commitment in the tests' layout, or in a changed one."""
    layout = Layout(SRS.id, SRS.logrows, UNUSABLE_ROWS, len(values), 7)
    return Committed(point(values), replace(layout, **changes), bound)  # type: ignore[arg-type]


def refusal(terms: Sequence[Point], unusable: Point = U) -> str:
    """The name of the refusal of a sum."""
    with pytest.raises(SumRefused) as caught:
        join(terms, unusable)
    return caught.value.name


# -- the rule


@given(VECTORS)
@budget(max_examples=25, deadline=None)
def test_a_sum_of_commitments_is_the_commitment_of_the_sum(vectors: list[list[int]]) -> None:
    total = [sum(column) for column in zip(*vectors, strict=True)]
    points = [point(vector) for vector in vectors]
    assert join(points, U) == point(total)
    assert join(points[::-1], U) == point(total)


@given(VECTORS, st.integers(0, WIDTH - 1), st.integers(1, R - 1))
@budget(max_examples=25, deadline=None)
def test_one_changed_value_changes_the_sum(vectors: list[list[int]], at: int, error: int) -> None:
    honest = join([point(vector) for vector in vectors], U)
    vectors[-1][at] += error
    assert join([point(vector) for vector in vectors], U) != honest


def test_the_unusable_point_is_the_commitment_of_nothing() -> None:
    assert point([]) == U != IDENTITY
    for count in (1, 2, 9):
        assert join([U] * count, U) == U


def test_the_ones_count_once_and_no_other_number_of_times() -> None:
    plain = add(point(A), point(B))
    for times in (0, 2, 3):
        assert add(plain, multiply(negate(U), times)) != point(TOTAL)
    assert add(plain, negate(U)) == join([point(A), point(B)], U) == point(TOTAL)


def test_a_sum_of_one_is_itself() -> None:
    assert join([point(A)], U) == point(A)


def test_sums_may_pass_through_the_identity() -> None:
    opposite = negate(point(A))  # commits to -A with minus ones below: no proof's point, but a point
    assert add(point(A), opposite) == IDENTITY
    assert join([point(A), opposite, point(B), U], U) == add(point(B), multiply(negate(U), 2))


def test_equal_points_add_up() -> None:
    assert join([point(A), point(A)], U) == point([2 * a for a in A])


# -- sums that do not hold


@pytest.mark.parametrize(
    "second",
    [
        [1, 1, -6, 0, 20, -2, 3, -3],  # one value changed
        [1, -6, 1, 0, 20, -2, 3, -4],  # rows permuted
        [2 * b for b in B],  # another scale
        [*B[1:], 0],  # shifted by a row
        [-b for b in B],  # negated
    ],
)
def test_other_vectors_do_not_add_up(second: list[int]) -> None:
    assert join([point(A), point(second)], U) != point(TOTAL)
    assert join([point(A), point(B)], U) == point(TOTAL)


def test_another_size_does_not_add_up() -> None:
    other = make_test_srs(6)
    assert other.id == SRS.id  # one secret: the id alone does not tell sizes apart
    assert join([point(A), point(B, other)], U) != point(TOTAL)
    assert join([point(A), point(B)], sums.unusable_point(other)) != point(TOTAL)
    assert join([point(A, other), point(B, other)], sums.unusable_point(other)) == point(TOTAL, other)


def test_a_negated_point_does_not_add_up() -> None:
    assert join([point(A), negate(point(B))], U) != point(TOTAL)
    assert join([point(A), negate(point(B))], U) != point([a - b for a, b in zip(A, B, strict=True)])


def test_errors_that_cancel_pass_the_sum_and_change_both_terms() -> None:
    """A sum says nothing of its terms: each needs its own proof."""
    up, down = [A[0] + 1, *A[1:]], [B[0] - 1, *B[1:]]
    assert join([point(up), point(down)], U) == point(TOTAL)
    assert point(up) != point(A) and point(down) != point(B)


def test_a_free_term_passes_any_sum() -> None:
    """Whoever may choose a term without proving it can reach any total."""
    free = add(add(point(TOTAL), negate(point(A))), U)
    assert join([point(A), free], U) == point(TOTAL)


def test_integers_that_differ_by_r_are_one_commitment() -> None:
    assert point([R - 1, 5]) == point([-1, 5])
    half = (R - 1) // 2
    wrapped = [half + half]  # the true sum of two large integers; its residue is -1
    assert join([point([half]), point([half])], U) == point(wrapped) == point([-1])


# -- refusals, each beside a sum that is taken


def test_points_that_are_refused() -> None:
    good = [point(A), point(B)]
    assert join(good, U) == point(TOTAL)
    assert refusal([]) == "NothingToJoin"
    assert refusal([point(A)] * (MAX_TERMS + 1)) == "TooManyTerms"
    assert join([point(A)] * MAX_TERMS, U) == point([MAX_TERMS * a for a in A])
    for bad in (
        Point(good[0].x + Q, good[0].y),
        Point(good[0].x, good[0].y + 1),
        Point(good[0].x, good[0].y + Q),
        Point(-1, 2),
        Point(0, 5),
    ):
        assert refusal([good[1], bad]) == "PointInvalid"
        assert refusal(good, bad) == "PointInvalid"
    assert refusal([*good, IDENTITY]) == "PointIsIdentity"
    assert refusal(good, IDENTITY) == "PointIsIdentity"
    assert refusal([point(A), add(negate(point(A)), U)]) == "JoinIsIdentity"


@pytest.mark.parametrize(
    ("name", "value"), [("srs", bytes(32)), ("logrows", 6), ("unusable_rows", 7), ("width", 9), ("scale", 8)]
)
def test_layouts_must_be_one(name: str, value: object) -> None:
    first, second = committed(A), committed(B)
    assert join_committed([first, second], U).point == point(TOTAL)
    with pytest.raises(SumRefused, match=name) as caught:
        join_committed([first, committed(B, **{name: value})], U)
    assert caught.value.name == "LayoutsDiffer"


def test_bounds_add_up_and_may_not_wrap() -> None:
    joined = join_committed([committed(A), committed(B), committed(A)], U)
    assert joined.bound == 3 * (BOUND - 1) + 1
    assert joined.layout == committed(A).layout
    half = (MAX_BOUND + 1) // 2
    assert join_committed([committed(A, half), committed(B, half)], U).bound == 2 * half - 1 <= MAX_BOUND
    for bounds in ((half, half + 2), (MAX_BOUND, 2), (0, 5), (R, 1)):
        with pytest.raises(SumRefused) as caught:
            join_committed([committed(A, bounds[0]), committed(B, bounds[1])], U)
        assert caught.value.name == "IntegersTooLarge"
    with pytest.raises(SumRefused) as caught:
        join_committed([], U)
    assert caught.value.name == "NothingToJoin"


# -- the command and the circuits


def test_the_command_prints_the_point(capsys: pytest.CaptureFixture[str]) -> None:
    assert sums.main(["5"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "srs": SRS.id.hex(),
        "logrows": 5,
        "unusable_rows": UNUSABLE_ROWS,
        "point": U.to_bytes().hex(),
    }
    assert sums.main(["6", "--srs", str(SRS.path)]) == 1
    assert "has k = 5" in capsys.readouterr().err
    assert sums.main(["5", "--unusable-rows", "33"]) == 1


@pytest.mark.parametrize("name", ["digits", "shard", "shard16"])
def test_committing_circuits_have_the_usual_unusable_rows(name: str) -> None:
    assert circuits.load(name).facts["unusable_rows"] == UNUSABLE_ROWS
