"""Ways to be paid for work that was not done, each as code that commits to a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from mai_zk.errors import ZkError
from mai_zk.sampling.claims import MODULUS, Claim, Findings, Trace, commit, digest, evaluate, inspect
from mai_zk.sampling.cut import Cut
from mai_zk.sampling.graph import SegmentGraph


@dataclass(frozen=True)
class Attempt:
    """A trace committed for `prompt`, and the leaves that were computed for it; the rest of the work was saved."""

    trace: Trace
    prompt: tuple[int, ...]
    computed: frozenset[int]

    @cached_property
    def found(self) -> Findings:
        """What is wrong with it."""
        return inspect(self.trace, self.prompt)

    @property
    def saved(self) -> Fraction:
        """The share of the run's work that was not done."""
        graph = self.trace.graph
        return 1 - Fraction(graph.work_of(self.computed), graph.total_work)


def _attempt(
    graph: SegmentGraph, prompt: Sequence[int], forge: Callable[[int, tuple[int, ...]], Claim | None]
) -> Attempt:
    """Compute every leaf for which `forge` gives no claim."""
    computed = set[int]()

    def make(index: int, inputs: tuple[int, ...]) -> Claim:
        forged = forge(index, inputs)
        if forged is not None:
            return forged
        computed.add(index)
        return Claim(inputs, evaluate(graph, index, inputs))

    return Attempt(commit(graph, prompt, make), tuple(prompt), frozenset(computed))


def honest(graph: SegmentGraph, prompt: Sequence[int]) -> Attempt:
    """The control: everything is computed."""
    return _attempt(graph, prompt, lambda index, inputs: None)


def skipped_leaves(graph: SegmentGraph, prompt: Sequence[int], fraction: Fraction, seed: int) -> Attempt:
    """Leaves chosen at random, the fraction rounded down, get an invented output; later leaves go on from it."""
    count = int(fraction * len(graph.leaves))
    chosen = set(np.random.default_rng(seed).choice(len(graph.leaves), count, replace=False).tolist())
    return _attempt(graph, prompt, lambda i, inputs: Claim(inputs, digest("junk", i, seed)) if i in chosen else None)


def skipped_tokens(graph: SegmentGraph, prompt: Sequence[int], positions: Iterable[int], seed: int = 0) -> Attempt:
    """All leaves of some positions get an invented output."""
    chosen = set(positions)
    return _attempt(
        graph,
        prompt,
        lambda i, inputs: Claim(inputs, digest("junk", i, seed)) if graph.leaves[i].position in chosen else None,
    )


def cached_leaves(graph: SegmentGraph, prompt: Sequence[int], seed: int = 0) -> Attempt:
    """Every shard was proved once on an input of its own, for all positions; fed leaves are computed."""

    def forge(index: int, inputs: tuple[int, ...]) -> Claim | None:
        if index in graph.fed:
            return None
        leaf = graph.leaves[index]
        own = tuple(digest("own", seed, leaf.layer, leaf.kind, leaf.half, leaf.shard, i) for i in range(len(inputs)))
        return Claim(own, evaluate(graph, index, own))

    return _attempt(graph, prompt, forge)


def spliced(graph: SegmentGraph, prompt: Sequence[int], cached: Trace, cut: Cut) -> Attempt:
    """The leaves of `cut` are copied from the cached trace; those that convict claim the inputs they are given."""

    def forge(index: int, inputs: tuple[int, ...]) -> Claim | None:
        if index not in cut.copied:
            return None
        output = cached.claims[index].output
        return Claim(inputs, output) if index in cut.convicting else cached.claims[index]

    return _attempt(graph, prompt, forge)


def bad_boundary(
    graph: SegmentGraph, prompt: Sequence[int], cached: Trace, layer: int, *, in_shard: bool = False
) -> Attempt:
    """Layers up to `layer` are computed, all later ones copied: one bad boundary across all positions.

    The boundary's join claims the cached output; with `in_shard`, the layer's last shard claims what makes the join's
    sum come out as the cached output, so that every join is true.
    """
    if not 0 <= layer < graph.leaves[-1].layer:
        raise ZkError(f"There is no boundary after layer {layer}.")
    shards = max(leaf.shard for leaf in graph.leaves if leaf.kind == "feed_forward")
    outputs: dict[int, int] = {}
    bad = {}  # shard → its join
    for index, leaf in enumerate(graph.leaves):
        if (leaf.layer, leaf.kind, leaf.half) == (layer, "join", 1):
            bad[index if not in_shard else graph.producers[index][1 + shards]] = index

    def forge(index: int, inputs: tuple[int, ...]) -> Claim | None:
        if graph.leaves[index].layer > layer:
            return cached.claims[index]
        if index not in bad:
            outputs[index] = evaluate(graph, index, inputs)
            return None
        output = cached.claims[bad[index]].output
        if in_shard:
            others = sum(outputs[producer] for producer in graph.producers[bad[index]] if producer != index)
            output = (output - others) % MODULUS
        return Claim(inputs, output)

    return _attempt(graph, prompt, forge)


def middle_lie(graph: SegmentGraph, prompt: Sequence[int], index: int) -> Attempt:
    """Everything is computed, but one leaf's output is another; the answer changes and nothing is saved."""
    lied = _attempt(
        graph, prompt, lambda i, inputs: Claim(inputs, evaluate(graph, i, inputs) ^ 1) if i == index else None
    )
    return Attempt(lied.trace, lied.prompt, lied.computed | {index})


def bad_ends(graph: SegmentGraph, prompt: Sequence[int], cached: Trace) -> Attempt:
    """A flawless cached trace of another prompt is committed for this one."""
    return Attempt(cached, tuple(prompt), frozenset())


def another_prompt(prompt: Sequence[int], changed: Iterable[int]) -> tuple[int, ...]:
    """The prompt with other tokens at the positions `changed`: what a cached run was made for."""
    positions = set(changed)
    return tuple(token ^ (1 if place in positions else 0) for place, token in enumerate(prompt))
