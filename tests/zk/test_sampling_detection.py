"""Detection probabilities: exact against enumeration and simulation, and monotone."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.errors import ZkError
from mai_zk.sampling import strategies
from mai_zk.sampling.claims import Findings
from mai_zk.sampling.detection import OnePhase, Profile, TwoPhase, detection, missed, profile, simulate
from mai_zk.sampling.graph import transformer
from scipy.stats import binomtest

TRIALS = 400
CHANCE = 1e-9  # a right simulation is refused with at most this probability an example (two-sided binomial test)
GRAPH = transformer(2, 1, 2, prompt=2, positions=4)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    width = draw(st.integers(1, 4))
    return Profile(width, tuple(draw(st.lists(st.integers(0, width), min_size=1, max_size=3))))


def sets(where: Profile) -> set[int]:
    """A set of convicting leaves with this profile."""
    return {t * where.width + leaf for t, count in enumerate(where.counts) for leaf in range(count)}


@settings(max_examples=50, deadline=None)
@given(profiles(), st.data())
def test_one_phase_is_the_share_of_draws_that_hold_a_convicting_leaf(where: Profile, data: st.DataObject) -> None:
    draws, bad = data.draw(st.integers(0, where.leaves)), sets(where)
    hits = [bool(bad & set(drawn)) for drawn in itertools.combinations(range(where.leaves), draws)]
    assert detection(OnePhase(draws), where) == Fraction(sum(hits), len(hits))


@settings(max_examples=50, deadline=None)
@given(profiles(), st.data())
def test_two_phase_is_the_share_of_draws_that_hold_a_convicting_leaf(where: Profile, data: st.DataObject) -> None:
    tokens = data.draw(st.integers(0, len(where.counts)))
    each, bad = data.draw(st.integers(0, where.width)), sets(where)
    hits = []
    for chosen in itertools.combinations(range(len(where.counts)), tokens):
        inside = [itertools.combinations(range(t * where.width, (t + 1) * where.width), each) for t in chosen]
        hits += [bool(bad & set(itertools.chain(*drawn))) for drawn in itertools.product(*inside)]
    assert detection(TwoPhase(tokens, each), where) == Fraction(sum(hits), len(hits))


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, len(GRAPH.leaves) - 1)), st.integers(0, 2**32), st.data())
def test_simulation_agrees_with_the_exact_probability(bad: set[int], seed: int, data: st.DataObject) -> None:
    plan = data.draw(
        st.one_of(
            st.builds(OnePhase, st.integers(1, 12)),
            st.builds(TwoPhase, st.integers(1, GRAPH.positions), st.integers(1, 6)),
        )
    )
    hits = simulate(plan, GRAPH, Findings(frozenset(bad), frozenset(), True), TRIALS, seed)
    assert binomtest(hits, TRIALS, float(detection(plan, profile(GRAPH, bad)))).pvalue > CHANCE


def test_simulation_would_show_a_wrong_probability() -> None:
    bad = frozenset(range(4))
    hits = simulate(OnePhase(4), GRAPH, Findings(bad, frozenset(), True), TRIALS, 1)
    right, wrong = (detection(OnePhase(draws), profile(GRAPH, bad)) for draws in (4, 8))
    assert binomtest(hits, TRIALS, float(right)).pvalue > CHANCE > binomtest(hits, TRIALS, float(wrong)).pvalue


@given(st.integers(1, 200), st.data())
def test_more_draws_and_more_lies_are_found_more_often(leaves: int, data: st.DataObject) -> None:
    convicting = data.draw(st.integers(0, leaves - 1))
    draws = data.draw(st.integers(0, leaves - 1))
    assert missed(leaves, convicting, draws + 1) <= missed(leaves, convicting, draws)
    assert missed(leaves, convicting + 1, draws) <= missed(leaves, convicting, draws)


@settings(max_examples=50, deadline=None)
@given(profiles(), st.data())
def test_more_tokens_are_found_more_often(where: Profile, data: st.DataObject) -> None:
    tokens, each = data.draw(st.integers(0, len(where.counts) - 1)), data.draw(st.integers(0, where.width))
    assert TwoPhase(tokens + 1, each).miss(where) <= TwoPhase(tokens, each).miss(where)


@settings(max_examples=50, deadline=None)
@given(profiles(), st.data())
def test_a_further_convicting_leaf_in_any_token_is_no_gain_to_a_cheat(where: Profile, data: st.DataObject) -> None:
    """So skipping a token whole never beats one false leaf in it, whatever the plan."""
    more = tuple(data.draw(st.integers(count, where.width)) for count in where.counts)
    tokens, each = data.draw(st.integers(0, len(more))), data.draw(st.integers(0, where.width))
    for plan in (TwoPhase(tokens, each), OnePhase(tokens * each)):
        assert plan.miss(Profile(where.width, more)) <= plan.miss(where)


def test_two_phases_never_find_one_token_more_often_than_they_draw_it() -> None:
    where = Profile(30, (0, 30, 0, 0, 0, 0, 0, 0))
    assert detection(TwoPhase(2, 30), where) == Fraction(1, 4)
    assert detection(OnePhase(60), where) > Fraction(999, 1000)


def test_impossible_draws_are_refused() -> None:
    assert missed(5, 1, 5) == 0
    for leaves, convicting, draws in ((5, 1, 6), (5, 6, 1), (5, -1, 1), (5, 1, -1)):
        with pytest.raises(ZkError, match="Cannot draw"):
            missed(leaves, convicting, draws)
    with pytest.raises(ZkError, match="profile"):
        Profile(2, (3,))


def test_draws_are_uniform_over_leaves() -> None:
    counts = np.zeros(len(GRAPH.leaves), dtype=int)
    random, where = np.random.default_rng(5), profile(GRAPH, ())
    for plan in (OnePhase(7), TwoPhase(2, 3)):
        counts[:] = 0
        for _ in range(1500):
            drawn = plan.sample(where, random)
            assert len(set(drawn.tolist())) == plan.draws
            counts[drawn] += 1
        chance = plan.draws / len(counts)
        assert all(binomtest(int(count), 1500, chance).pvalue > CHANCE for count in counts)


def test_comparing_only_edges_whose_ends_are_drawn_misses_cached_leaves() -> None:
    """On a chain of n leaves, no two of q drawn ones are neighbours with probability C(n − q + 1, q)/C(n, q)."""
    graph = transformer(6, 1, 1, prompt=1, positions=1)
    n, draws = len(graph.leaves), 6
    chain = Findings(frozenset(), frozenset((i, i + 1) for i in range(n - 1)), True)
    meets = 1 - Fraction(math.comb(n - draws + 1, draws), math.comb(n, draws))
    hits = simulate(OnePhase(draws), graph, chain, TRIALS, 3, all_edges=False)
    assert binomtest(hits, TRIALS, float(meets)).pvalue > CHANCE
    assert simulate(OnePhase(draws), graph, chain, TRIALS, 3) == TRIALS
    cached = strategies.cached_leaves(GRAPH, (1, 2)).found
    few = simulate(OnePhase(3), GRAPH, cached, TRIALS, 3, all_edges=False)
    assert few < simulate(OnePhase(3), GRAPH, cached, TRIALS, 3)
