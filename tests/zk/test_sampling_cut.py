"""The cheapest cut by maximum flow, against every possible splice of small graphs; and the sizes that follow."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.errors import ZkError
from mai_zk.sampling import strategies
from mai_zk.sampling.claims import run
from mai_zk.sampling.cut import (
    Cut,
    Network,
    cheapest_cut,
    cheapest_of,
    cut_of,
    fewest_convicting,
    first_layer,
    frontier,
    most_saved,
)
from mai_zk.sampling.detection import missed
from mai_zk.sampling.graph import Leaf, SegmentGraph, transformer
from mai_zk.sampling.sizing import (
    HIGH_VALUE,
    MARGIN,
    bond_for,
    bond_for_cuts,
    boundaries,
    draws_exact,
    draws_for,
)

COMPUTED, COPIED, FALSE = range(3)


@st.composite
def graphs(draw: st.DrawFn, most: int = 7) -> SegmentGraph:
    """A random graph of one position, whose first leaf is fed."""
    size = draw(st.integers(1, most))
    producers = tuple(tuple(sorted(draw(st.sets(st.integers(0, i - 1))))) if i else () for i in range(size))
    fed = frozenset({0, *(draw(st.sets(st.integers(0, size - 1))))})
    leaves = tuple(Leaf(i, "norm", 0, 0, 0) for i in range(size))
    work = tuple(draw(st.lists(st.integers(1, 9), min_size=size, max_size=size)))
    return SegmentGraph(leaves, work, producers, fed, (size - 1,), 1)


def every_splice(graph: SegmentGraph) -> list[tuple[set[int], int]]:
    """(convicting leaves, saved work) of every way to compute, copy or falsify the leaves that the token reaches.

    An edge breaks where a copied leaf wants the cached value and its producer was computed; both ends convict. A false
    leaf takes any inputs, gives the cached output and convicts. A computed leaf works on whatever it is given.
    """
    reached = sorted(graph.reached_from([0]))
    found = []
    for states in itertools.product((COMPUTED, COPIED, FALSE), repeat=len(reached)):
        state = dict(zip(reached, states, strict=True))
        bad = {i for i in reached if state[i] == FALSE}
        if any(state[i] == COPIED and i in graph.fed for i in reached):
            continue  # the first edge is always checked
        for i in reached:
            broken = [p for p in graph.producers[i] if state[i] == COPIED and state.get(p) == COMPUTED]
            bad |= {i, *broken} if broken else set()
        found.append((bad, graph.work_of(i for i in reached if state[i] != COMPUTED)))
    return found


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(0, 20), st.integers(1, 3), st.data())
def test_flow_finds_what_trying_every_splice_finds(
    graph: SegmentGraph, price: int, unit: int, data: st.DataObject
) -> None:
    always = data.draw(st.sets(st.sampled_from(range(len(graph.leaves)))))
    total = graph.work_of(graph.reached_from([0]))
    cut = Network(graph, [0], always).cut(price, unit)
    best = min(price * len(bad) + unit * (total - saved) for bad, saved in every_splice(graph) if not bad & always)
    assert price * len(cut.convicting) + unit * (total - cut.saved) == best
    assert not cut.convicting & always


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_no_splice_lies_beyond_the_frontier(graph: SegmentGraph) -> None:
    corners = frontier(graph, [0])
    found = every_splice(graph)
    assert all(saved <= most_saved(corners, len(bad)) for bad, saved in found)
    share = Fraction(1, 2)
    enough = [len(bad) for bad, saved in found if saved >= share * corners[-1].saved]
    assert fewest_convicting(corners, share) <= min(enough) <= len(cheapest_of(corners, share).convicting)
    assert {(len(cut.convicting), cut.saved) for cut in corners} <= {(len(bad), saved) for bad, saved in found}


@settings(max_examples=60, deadline=None)
@given(graphs(12), st.data())
def test_a_splice_convicts_exactly_where_the_checks_say(graph: SegmentGraph, data: st.DataObject) -> None:
    copied = data.draw(st.sets(st.sampled_from(range(len(graph.leaves)))))
    cut, prompt = cut_of(graph, copied, [0]), (7,)
    attempt = strategies.spliced(graph, prompt, run(graph, strategies.another_prompt(prompt, [0])), cut)
    assert attempt.found.ends
    assert attempt.found.detecting == cut.convicting
    assert attempt.saved == Fraction(cut.saved, graph.total_work)


RUN = transformer(2, 1, 1, prompt=2, positions=4)


@settings(max_examples=50, deadline=None)
@given(
    st.sets(st.sampled_from(range(len(RUN.leaves)))),
    st.sets(st.integers(0, 3)),
    st.sampled_from(((0,), (1,), (0, 1))),
)
def test_a_splice_of_a_run_convicts_exactly_where_the_checks_say(
    leaves: set[int], positions: set[int], changed: tuple[int, ...]
) -> None:
    """Any leaves and any whole positions copied; generated tokens follow what is claimed."""
    copied = leaves | {i for i, leaf in enumerate(RUN.leaves) if leaf.position in positions}
    cut, prompt = cut_of(RUN, copied, changed), (7, 9)
    attempt = strategies.spliced(RUN, prompt, run(RUN, strategies.another_prompt(prompt, changed)), cut)
    assert attempt.found.ends
    assert attempt.found.detecting == cut.convicting


@pytest.mark.parametrize(("prompt", "positions"), [(1, 4), (2, 6), (3, 9)])
def test_the_cut_counts_differing_tokens(prompt: int, positions: int) -> None:
    """Unprotected, one false norm and one false join a differing token are enough, and no computing at all."""
    graph = transformer(4, 2, 3, prompt, positions, shard_work=50)
    for changed in ({0}, set(range(prompt))):
        cut = cheapest_cut(graph, changed)
        assert {graph.leaves[i][:3] for i in cut.convicting} == {(0, "norm", 0), (0, "join", 0)}
        assert len(cut.convicting) == 2 * len(changed)
        assert cut.saved == graph.work_of(graph.reached_from(changed))


def test_a_single_position_is_cut_by_one_leaf() -> None:
    """Without later positions that read its KV cache, one false join stands for everything before it."""
    graph = transformer(4, 2, 3, 1, 1, shard_work=50)
    (join,) = cheapest_cut(graph).convicting
    assert graph.leaves[join][:3] == (0, "join", 0)


def test_checking_the_first_layer_of_the_differing_tokens_makes_the_cut_grow_with_the_run() -> None:
    sizes = {}
    for positions in (4, 8, 16):
        graph = transformer(4, 2, 3, 2, positions, shard_work=50)
        sizes[positions] = len(cheapest_cut(graph, {0}, first_layer(graph, {0})).convicting)
        assert len(cheapest_cut(graph, {0}).convicting) == 2
    assert all(sizes[positions] >= positions - 1 for positions in sizes)


def test_a_join_is_not_protected_without_its_shards() -> None:
    graph = transformer(2, 1, 2, 1, 2)
    join = next(i for i, leaf in enumerate(graph.leaves) if leaf.kind == "join")
    with pytest.raises(ZkError, match="A join"):
        cheapest_cut(graph, {0}, {join})
    assert cheapest_cut(graph, {0}, {join, *graph.producers[join]}).convicting


def test_cuts_are_refused_clearly() -> None:
    graph = transformer(1, 1, 1, 1, 2)
    for changed in ((), (1,)):
        with pytest.raises(ZkError, match="prompt positions"):
            cheapest_cut(graph, changed)
    with pytest.raises(ZkError, match="coarser"):
        Network(transformer(1, 1, 1, 1, 2, shard_work=1 << 30), (0,)).cut(1)


@given(st.integers(1, 10**6), st.fractions(Fraction(1, 2**40), 1))
def test_draws_are_the_rounded_up_bound_and_reach_epsilon(count: int, epsilon: Fraction) -> None:
    draws = draws_for(count, epsilon)
    exact = count * (Decimal(epsilon.denominator).ln() - Decimal(epsilon.numerator).ln())
    assert draws - 1 < exact + Decimal("1e-15") and exact - Decimal("1e-15") <= draws
    assert count == 1 or draws * math.log1p(-1 / count) <= math.log(epsilon) + 1e-9


def test_thirty_boundaries_at_one_percent() -> None:
    assert draws_for(30, Fraction(1, 100)) == 139  # 138.16 rounded up
    assert draws_for(1, Fraction(1)) == 0
    assert draws_for(1, HIGH_VALUE) == 23


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.data(), st.fractions(Fraction(1, 10**6), 1))
def test_exact_draws_are_the_fewest_and_within_the_bound(leaves: int, data: st.DataObject, epsilon: Fraction) -> None:
    convicting = data.draw(st.integers(1, leaves))
    draws = draws_exact(leaves, convicting, epsilon)
    assert missed(leaves, convicting, draws) <= epsilon
    assert draws == 0 or missed(leaves, convicting, draws - 1) > epsilon
    assert draws <= draws_for(boundaries(leaves, convicting), epsilon) or draws == leaves


@given(st.integers(0, 10**12), st.fractions(Fraction(1, 10**6), 1), st.integers(1, 8))
def test_a_bond_makes_cheating_lose_margin_times_over(gain: int, detection: Fraction, margin: int) -> None:
    bond = bond_for(gain, detection, margin)
    assert bond * detection > margin * gain * (1 - detection)
    assert (bond - 1) * detection <= margin * gain * (1 - detection)
    assert bond <= bond_for(gain + 1, detection, margin) <= bond_for(gain + 1, detection, margin + 1)


def test_a_bond_of_a_frontier_covers_each_of_its_cuts() -> None:
    graph = transformer(4, 2, 3, 3, 6, shard_work=50)
    corners = frontier(graph, {0, 1}, first_layer(graph, {0, 1}))
    n, reward, draws = len(graph.leaves), 10**9, 12
    bond = bond_for_cuts(corners, n, draws, reward)
    for cut in corners[1:]:
        p = 1 - missed(n, len(cut.convicting), draws)
        assert bond * p > MARGIN * reward * Fraction(cut.saved, corners[-1].saved) * (1 - p)
    assert bond_for_cuts(corners, n, n, reward) == 1
    assert bond_for_cuts(corners, n, draws + 1, reward) < bond


def test_sizes_are_refused_clearly() -> None:
    corner = Cut(frozenset({1}), frozenset({1}), 1)
    assert most_saved([Cut(frozenset(), frozenset(), 0), corner], 5) == 1
    for bad in (
        lambda: draws_for(0, Fraction(1, 2)),
        lambda: draws_for(3, Fraction(0)),
        lambda: draws_exact(3, 0, HIGH_VALUE),
    ):
        with pytest.raises(ZkError, match="Draws need"):
            bad()
    for bad in (
        lambda: bond_for(-1, HIGH_VALUE),
        lambda: bond_for(1, Fraction(0)),
        lambda: bond_for(1, Fraction(1), 0),
    ):
        with pytest.raises(ZkError, match="bond needs"):
            bad()
    with pytest.raises(ZkError, match="cannot convict"):
        boundaries(3, 4)
