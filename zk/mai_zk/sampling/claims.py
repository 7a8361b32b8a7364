"""What a miner commits to, leaf by leaf, and what opening a drawn leaf finds: the checks are run, not assumed.

A leaf's value is a 64-bit integer in place of a commitment. A join adds modulo 2^64, because sums are what joins are;
every other leaf is a hash, a function that nobody can solve for a wanted output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mai_zk.sampling.graph import SegmentGraph

MODULUS = 1 << 64
VOCABULARY = 49_152


@dataclass(frozen=True)
class Claim:
    """One leaf: the inputs and the output that the miner committed to."""

    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Trace:
    """A committed run: one claim a leaf, and positions + 1 tokens, the prompt's first."""

    graph: SegmentGraph
    claims: tuple[Claim, ...]
    tokens: tuple[int, ...]


def digest(*parts: int | str) -> int:
    """A 64-bit hash of the parts."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def embedding(token: int) -> int:
    """The registered embedding row of a token."""
    return digest("embedding", token)


def argmax(output: int) -> int:
    """The token that the last leaf's output decides."""
    return output % VOCABULARY


def evaluate(graph: SegmentGraph, index: int, inputs: Sequence[int]) -> int:
    """The true output of leaf `index` on these inputs; what a proof shows."""
    leaf = graph.leaves[index]
    if leaf.kind == "join":
        return sum(inputs) % MODULUS
    return digest(leaf.layer, leaf.kind, leaf.half, leaf.shard, *inputs)


Maker = Callable[[int, tuple[int, ...]], Claim]


def commit(graph: SegmentGraph, prompt: Sequence[int], make: Maker) -> Trace:
    """A trace whose claims `make(leaf, inputs its producers claim)` gives in order; tokens follow the claimed outputs.

    So the ends of every such trace hold as long as `make` keeps the embedding of the fed leaves.
    """
    claims: list[Claim] = []
    tokens = list(prompt[: graph.prompt])
    for index, leaf in enumerate(graph.leaves):
        if leaf.position == len(tokens):
            tokens.append(argmax(claims[graph.last[leaf.position - 1]].output))
        fed = (embedding(tokens[leaf.position]),) if index in graph.fed else ()
        claims.append(make(index, (*fed, *(claims[producer].output for producer in graph.producers[index]))))
    tokens.append(argmax(claims[graph.last[-1]].output))
    return Trace(graph, tuple(claims), tuple(tokens))


def run(graph: SegmentGraph, prompt: Sequence[int]) -> Trace:
    """The honest trace."""
    return commit(graph, prompt, lambda index, inputs: Claim(inputs, evaluate(graph, index, inputs)))


@dataclass(frozen=True)
class Findings:
    """Everything that is wrong with a trace.

    Attributes:
        invalid: leaves whose output is not their function of their inputs: no proof exists.
        broken: edges (producer, consumer) whose two claims differ.
        ends: whether the first and last edges hold: prompt and embeddings, argmax and answer, token t feeding t + 1.
    """

    invalid: frozenset[int]
    broken: frozenset[tuple[int, int]]
    ends: bool

    @cached_property
    def detecting(self) -> frozenset[int]:
        """The leaves that convict when drawn, where a drawn leaf is proved and opens all its edges."""
        return self.invalid | {leaf for edge in self.broken for leaf in edge}


def inspect(trace: Trace, prompt: Sequence[int]) -> Findings:
    """Check every leaf, edge and end of a trace that was committed for `prompt`."""
    graph, claims = trace.graph, trace.claims
    invalid, broken = set[int](), set[tuple[int, int]]()
    ends = tuple(prompt[: graph.prompt]) == trace.tokens[: graph.prompt]
    for index, claim in enumerate(claims):
        if evaluate(graph, index, claim.inputs) != claim.output:
            invalid.add(index)
        inputs = claim.inputs
        if index in graph.fed:
            ends &= inputs[0] == embedding(trace.tokens[graph.leaves[index].position])
            inputs = inputs[1:]
        for producer, value in zip(graph.producers[index], inputs, strict=True):
            if claims[producer].output != value:
                broken.add((producer, index))
    for position in range(graph.prompt, graph.positions + 1):
        ends &= trace.tokens[position] == argmax(claims[graph.last[position - 1]].output)
    return Findings(frozenset(invalid), frozenset(broken), ends)
