"""The segment graph of a transformer run: one leaf a segment and position, with the edges that a drawn leaf opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mai_zk.errors import ZkError

MAX_LEAVES = 1 << 20


class Leaf(NamedTuple):
    """One segment at one position; `kind` is norm, attention, feed_forward or join."""

    layer: int
    kind: str
    half: int
    shard: int
    position: int


@dataclass(frozen=True)
class SegmentGraph:
    """Leaves in an order in which they can be computed, position by position, every position with equally many.

    Attributes:
        leaves: index i is the leaf's place in the trace.
        work: what computing leaf i costs, in one integer unit for all.
        producers: the leaves whose outputs are leaf i's inputs, in order (same position, residual, join and KV edges).
        fed: the leaves that take their position's token embedding, before all other inputs.
        last: for every position the leaf whose output gives the next token.
        prompt: how many positions hold given tokens; the later ones hold the run's own.
    """

    leaves: tuple[Leaf, ...]
    work: tuple[int, ...]
    producers: tuple[tuple[int, ...], ...]
    fed: frozenset[int]
    last: tuple[int, ...]
    prompt: int

    @property
    def positions(self) -> int:
        """How many tokens were run."""
        return len(self.last)

    @property
    def leaves_per_position(self) -> int:
        """Leaves of one token."""
        return len(self.leaves) // self.positions

    @cached_property
    def total_work(self) -> int:
        """The work of an honest run."""
        return sum(self.work)

    @cached_property
    def consumers(self) -> tuple[tuple[int, ...], ...]:
        """The leaves that take leaf i's output."""
        found: list[list[int]] = [[] for _ in self.leaves]
        for consumer, producers in enumerate(self.producers):
            for producer in producers:
                found[producer].append(consumer)
        return tuple(map(tuple, found))

    def token_source(self, index: int) -> int | None:
        """The leaf that decides the token which leaf `index` is fed; None if it is fed none or the prompt's."""
        position = self.leaves[index].position
        return self.last[position - 1] if index in self.fed and position >= self.prompt else None

    def opened(self, index: int) -> int:
        """How many leaves are opened beside leaf `index` when it is drawn."""
        return len(set(self.producers[index]) | set(self.consumers[index]))

    def work_of(self, indices: Iterable[int]) -> int:
        """The work of some leaves."""
        return sum(self.work[index] for index in indices)

    def reached_from(self, changed: Iterable[int]) -> frozenset[int]:
        """The leaves whose values depend on the prompt's tokens at the positions `changed`."""
        positions, reached = set(changed), set[int]()
        for index, leaf in enumerate(self.leaves):
            source = self.token_source(index)
            if (
                (index in self.fed and leaf.position < self.prompt and leaf.position in positions)
                or source in reached
                or any(producer in reached for producer in self.producers[index])
            ):
                reached.add(index)
        return frozenset(reached)


def transformer(
    layers: int,
    attention_shards: int,
    feed_forward_shards: int,
    prompt: int,
    positions: int,
    shard_work: int = 1,
    width_work: int = 1,
) -> SegmentGraph:
    """A decoder of equal layers, sharded as tensor-parallel inference does it.

    A layer at a position is norm → attention shards → join → norm → feed-forward shards → join. A shard reads its norm;
    an attention shard also reads its own output at every earlier position (the KV cache); a join adds its shards and
    the residual, which is the join before it. The first norm and the first join are fed the token's embedding.

    Args:
        layers: transformer layers.
        attention_shards: shards of a layer's attention, one a group of KV heads.
        feed_forward_shards: shards of a layer's feed-forward part.
        prompt: positions whose tokens are given.
        positions: all positions, the generated ones included.
        shard_work: the work of one shard.
        width_work: the work of a norm or a join.

    Raises:
        ZkError: a size is not positive, the prompt is longer than the run, or there are too many leaves.
    """
    if min(layers, attention_shards, feed_forward_shards, prompt, shard_work, width_work) < 1:
        raise ZkError("A segment graph needs at least one layer, shard, prompt position and unit of work.")
    if prompt > positions:
        raise ZkError(f"A run of {positions} positions cannot hold a prompt of {prompt}.")
    per_position = layers * (attention_shards + feed_forward_shards + 4)
    if per_position * positions > MAX_LEAVES:
        raise ZkError(f"A segment graph of {per_position * positions} leaves is larger than the limit of {MAX_LEAVES}.")
    leaves: list[Leaf] = []
    work: list[int] = []
    producers: list[tuple[int, ...]] = []
    fed, last = set[int](), list[int]()

    def add(leaf: Leaf, cost: int, inputs: tuple[int, ...]) -> int:
        leaves.append(leaf)
        work.append(cost)
        producers.append(inputs)
        return len(leaves) - 1

    halves = (("attention", attention_shards), ("feed_forward", feed_forward_shards))
    for position in range(positions):
        stream: tuple[int, ...] = ()  # the residual stream; empty: the embedding
        for layer in range(layers):
            for half, (kind, shards) in enumerate(halves):
                norm = add(Leaf(layer, "norm", half, 0, position), width_work, stream)
                outputs = []
                for shard in range(shards):
                    here = len(leaves)
                    cache = [here - per_position * back for back in range(position, 0, -1)] if half == 0 else []
                    outputs.append(add(Leaf(layer, kind, half, shard, position), shard_work, (norm, *cache)))
                join = add(Leaf(layer, "join", half, 0, position), width_work, (*stream, *outputs))
                if not stream:
                    fed |= {norm, join}
                stream = (join,)
        last.append(stream[0])
    return SegmentGraph(tuple(leaves), tuple(work), tuple(producers), frozenset(fed), tuple(last), prompt)
