"""The segment graph, and what the checks find in the trace of every cheating strategy."""

from dataclasses import replace
from fractions import Fraction

import pytest
from mai_zk.errors import ZkError
from mai_zk.sampling import strategies
from mai_zk.sampling.claims import inspect, run
from mai_zk.sampling.graph import SegmentGraph, transformer

PROMPT = (11, 12, 13)
ALL = range(3)


@pytest.fixture(scope="module")
def graph() -> SegmentGraph:
    """Three layers, three given and two generated tokens."""
    return transformer(3, 2, 3, prompt=3, positions=5, shard_work=20)


def test_the_graph_has_the_edges_of_a_transformer(graph: SegmentGraph) -> None:
    assert len(graph.leaves) == 5 * 3 * (2 + 3 + 4)
    index = {leaf: i for i, leaf in enumerate(graph.leaves)}
    named = {leaf: {graph.leaves[p] for p in graph.producers[i]} for leaf, i in index.items()}
    make = type(graph.leaves[0])
    assert named[make(1, "attention", 0, 1, 2)] == {  # its norm and the KV cache
        make(1, "norm", 0, 0, 2),
        make(1, "attention", 0, 1, 0),
        make(1, "attention", 0, 1, 1),
    }
    assert named[make(1, "feed_forward", 1, 2, 4)] == {make(1, "norm", 1, 0, 4)}
    assert named[make(1, "join", 1, 0, 4)] == {  # the residual and all shards
        make(1, "join", 0, 0, 4),
        *(make(1, "feed_forward", 1, shard, 4) for shard in range(3)),
    }
    assert named[make(1, "norm", 0, 0, 4)] == {make(0, "join", 1, 0, 4)}
    assert {graph.leaves[i][:3] for i in graph.fed} == {(0, "norm", 0), (0, "join", 0)}
    assert graph.token_source(index[make(0, "norm", 0, 0, 2)]) is None
    assert graph.token_source(index[make(0, "norm", 0, 0, 3)]) == graph.last[2]
    assert all(producer < i for i, producers in enumerate(graph.producers) for producer in producers)
    assert sum(map(len, graph.producers)) == sum(map(len, graph.consumers))
    assert graph.opened(index[make(1, "attention", 0, 1, 2)]) == 3 + 1 + 2


@pytest.mark.parametrize(
    "sizes", [(0, 1, 1, 1, 1), (1, 0, 1, 1, 1), (1, 1, 1, 0, 1), (1, 1, 1, 2, 1), (100, 100, 100, 1, 1000)]
)
def test_impossible_graphs_are_refused(sizes: tuple[int, int, int, int, int]) -> None:
    assert transformer(1, 1, 1, 1, 1).leaves
    with pytest.raises(ZkError, match=r"segment graph|positions cannot"):
        transformer(*sizes)


def test_an_honest_trace_is_clean_and_depends_on_the_prompt(graph: SegmentGraph) -> None:
    attempt = strategies.honest(graph, PROMPT)
    assert attempt.found.ends and not attempt.found.detecting and attempt.saved == 0
    assert attempt.trace == run(graph, PROMPT)
    assert attempt.trace.tokens != run(graph, strategies.another_prompt(PROMPT, [0])).tokens


def test_random_skips_convict_where_they_are(graph: SegmentGraph) -> None:
    found = strategies.skipped_leaves(graph, PROMPT, Fraction(1, 10), 4).found
    assert found.ends and len(found.invalid) == len(graph.leaves) // 10 and not found.broken
    skipped = strategies.skipped_tokens(graph, PROMPT, [1, 4])
    assert {graph.leaves[i].position for i in skipped.found.detecting} == {1, 4}
    assert len(skipped.found.detecting) == 2 * graph.leaves_per_position and skipped.saved == Fraction(2, 5)


def test_cached_leaves_all_have_proofs_and_no_edge_fits(graph: SegmentGraph) -> None:
    attempt = strategies.cached_leaves(graph, PROMPT)
    assert attempt.found.ends and not attempt.found.invalid
    assert attempt.found.detecting == frozenset(range(len(graph.leaves)))
    assert attempt.saved > Fraction(9, 10)


@pytest.mark.parametrize("in_shard", [False, True])
def test_one_bad_boundary_convicts_once_a_position(graph: SegmentGraph, in_shard: bool) -> None:
    cached = run(graph, strategies.another_prompt(PROMPT, ALL))
    attempt = strategies.bad_boundary(graph, PROMPT, cached, 0, in_shard=in_shard)
    found = attempt.found
    assert found.ends and not found.broken and len(found.detecting) == graph.positions
    assert {graph.leaves[i].kind for i in found.detecting} == {"feed_forward" if in_shard else "join"}
    assert attempt.saved >= Fraction(2, 3)
    with pytest.raises(ZkError, match="boundary"):
        strategies.bad_boundary(graph, PROMPT, cached, 2)


def test_a_middle_lie_changes_the_answer_and_convicts_in_one_leaf(graph: SegmentGraph) -> None:
    honest = strategies.honest(graph, PROMPT)
    attempt = strategies.middle_lie(graph, PROMPT, 60)
    assert attempt.found.detecting == {60} and attempt.found.ends and attempt.saved == 0
    assert attempt.trace.tokens[-1] != honest.trace.tokens[-1]


def test_bad_ends_are_found_by_the_ends_alone(graph: SegmentGraph) -> None:
    cached = run(graph, strategies.another_prompt(PROMPT, [2]))
    found = strategies.bad_ends(graph, PROMPT, cached).found
    assert not found.ends and not found.detecting
    assert inspect(cached, strategies.another_prompt(PROMPT, [2])).ends  # the control: it is right for its own prompt


@pytest.mark.parametrize("position", [0, 3, 5])
def test_a_token_that_is_not_the_runs_is_a_bad_end(graph: SegmentGraph, position: int) -> None:
    """A given token, a generated one, and the last one of the answer."""
    trace = run(graph, PROMPT)
    tokens = tuple(token ^ (place == position) for place, token in enumerate(trace.tokens))
    found = inspect(replace(trace, tokens=tokens), PROMPT)
    assert not found.ends and not found.detecting
    assert inspect(trace, PROMPT).ends
