"""Rules S2 and S7: the cheapest cut, what escapes, the bond."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai_zk.errors import ZkError
from mai_zk.trace import INPUT, Kind, Segment, carried, same
from mai_zk.trace.draw import indices
from mai_zk.trace.draw import positions as draw_positions
from mai_zk.trace.manifest import Class
from mai_zk.trace.sizing import ESCAPE, cheapest_cut, escape_probability, least_bond, least_draws, stratum_detection
from traces import model


def node(place: int, *edges: int, end: bool = False) -> Segment:
    return Segment(place, 0, bytes(32), bytes(32), edges, Kind.END if end else Kind.CIRCUIT, int(end))


def test_s2_the_cheapest_cut() -> None:
    chain = [node(0, INPUT), node(1, same(0)), node(2, same(1), end=True)]
    assert cheapest_cut(chain) == 1
    assert cheapest_cut(model.manifest().segments) == 1
    wide = [*(node(i, INPUT) for i in range(4)), *(node(4 + i, *map(same, range(4)), end=True) for i in range(3))]
    assert cheapest_cut(wide) == 3
    narrow = [
        *(node(i, INPUT) for i in range(4)),
        node(4, *map(same, range(4))),
        *(node(5 + i, same(4), end=True) for i in range(3)),
    ]
    assert cheapest_cut(narrow) == 1
    residual = [node(0, INPUT), node(1, same(0)), node(2, same(0), same(1)), node(3, same(2), same(0), end=True)]
    assert cheapest_cut(residual) == 1
    two_ways = [node(0, INPUT), node(1, INPUT), node(2, same(0), end=True), node(3, same(1), end=True)]
    assert cheapest_cut(two_ways) == 2
    with pytest.raises(ZkError):
        cheapest_cut([node(0, INPUT), node(1, carried(0), end=True)])


def test_s2_draws_meet_the_class() -> None:
    """30 segments in a row, one bad in every drawn position: 1 % takes 138 leaves, as the rule says; we draw 150."""
    assert least_draws(30, 1, Class.STANDARD) == (8, 150)
    assert least_draws(30, 3, Class.HIGH) == (33, 230)
    for task_class, cut in ((Class.STANDARD, 1), (Class.STANDARD, 4), (Class.HIGH, 1), (Class.HIGH, 4)):
        positions, leaves = least_draws(30, cut, task_class)
        assert escape_probability(10_000, 30, cut, positions, leaves, 10_000) <= ESCAPE[task_class]
    assert escape_probability(10_000, 30, 1, 8, 138, 10_000) <= 0.01
    assert escape_probability(10_000, 30, 1, 8, 70, 10_000) > 0.05


def test_s2_what_escapes_is_what_is_computed() -> None:
    """Against the draw itself, many times: half of the positions bad, at one leaf."""
    positions, segments, n_positions, n_leaves, bad = 20, 5, 6, 12, 10
    expected = escape_probability(positions, segments, 1, n_positions, n_leaves, bad)
    rounds, escaped = 4000, 0
    for turn in range(rounds):
        seed = turn.to_bytes(32, "little")
        drawn = draw_positions(seed, positions, n_positions)
        leaves = indices(bytes([1]) + seed[1:] + seed[:1], n_positions * segments, n_leaves)
        escaped += not any(drawn[leaf // segments] < bad and leaf % segments == 2 for leaf in leaves)
    assert abs(escaped / rounds - expected) < 0.03


def test_s2_everything_drawn_leaves_nothing() -> None:
    assert escape_probability(3, 6, 1, 7, 30, 1) == 0
    assert escape_probability(3, 6, 1, 7, 30, 0) == 1
    for wrong in ({"cut": 0}, {"cut": 7}, {"bad_positions": 4}):
        arguments = {"positions": 3, "n_segments": 6, "cut": 1, "n_positions": 7, "n_leaves": 30, "bad_positions": 1}
        with pytest.raises(ZkError):
            escape_probability(**{**arguments, **wrong})


@given(st.integers(1, 3), st.integers(1, 4), st.data())
def test_a_stratum_finds_what_counting_finds(positions: int, size: int, data: st.DataObject) -> None:
    """All ways to draw, counted; the first leaves are the false ones, since any are as likely."""
    leaves = positions * size
    draws, bad = (data.draw(st.integers(0, leaves)) for _ in range(2))
    ways = list(combinations(range(leaves), draws))
    hits = sum(any(leaf < bad for leaf in way) for way in ways)
    assert stratum_detection(positions, size, draws, bad) == 10_000 * hits // len(ways)


def test_a_stratum_has_as_many_leaves_as_it_has() -> None:
    assert stratum_detection(8, 62, 16, 7) == 2062 and stratum_detection(8, 62, 0, 7) == 0
    for draws, bad in ((5, 1), (1, 5), (-1, 1), (1, -1)):
        with pytest.raises(ZkError, match="too many"):
            stratum_detection(2, 2, draws, bad)


def test_s6_the_bond() -> None:
    assert least_bond(1000, 0.5) == 4000
    assert least_bond(1000, 0.01) == 41
    with pytest.raises(ZkError):
        least_bond(1000, 1)


def test_indices_refuse_the_impossible() -> None:
    for universe, count in ((3, 4), (3, -1)):
        with pytest.raises(ZkError):
            indices(bytes(32), universe, count)
    assert indices(bytes(32), 0, 0) == indices(bytes(32), 3, 0) == ()
    assert indices(bytes(32), 3, 3) == (0, 1, 2)
