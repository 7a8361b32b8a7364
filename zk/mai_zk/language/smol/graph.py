"""SmolLM2's graph: the segments of a position in order, what each reads of which, the strata they are drawn from.

Linear shards are proved; what lies between them the chain executes. An edge names its producer by number and, where
that gives two vectors, which of them: of a norm the residual stream and the normed one, of attention the mixed values
and the history's digest, which the next position reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import groupby

from mai_zk.errors import ZkError
from mai_zk.language.smol.segments import SmolSegment, shards
from mai_zk.language.smol.weights import KV_HEADS, LAYERS
from mai_zk.trace import INPUT, Edge, carried, same

SWIGLUS = 4
"""SwiGLUs of a layer, each of 384 channels: 8 gate and 8 up shards."""
TOPS = 32
"""Of 32 shards of logits each."""


class Strata(IntEnum):
    """What is drawn by itself."""

    NARROW = 0
    """Norms, and the best logit: every way from a position's input to its end passes each of them."""
    CIRCUITS = 1
    ATTEND = 2
    OTHERS = 3


@dataclass(frozen=True)
class Node:
    """One segment of a position; layer LAYERS has the last norm, the logits and their largest.

    shard: its number within the layer; map, part: what it is, and its number among those of the layer; linear: the
    shard of a linear map that it is, None where the chain executes it.
    """

    layer: int
    shard: int
    map: str
    part: int
    edges: tuple[Edge, ...]
    stratum: Strata
    linear: SmolSegment | None = None

    @property
    def name(self) -> str:
        """12/gate/5, 12/attend/1, 30/best/0."""
        return f"{self.layer}/{self.map}/{self.part}"


@cache
def nodes() -> tuple[Node, ...]:
    """All of a position's: 137 a layer, then 1,058."""
    return tuple(_Graph().nodes)


def node(index: int) -> Node:
    """The segment of a number; ZkError if there is none."""
    if not 0 <= index < len(nodes()):
        raise ZkError(f"A position of SmolLM2 has segments 0 to {len(nodes()) - 1}, not {index}.")
    return nodes()[index]


def named(name: str) -> int:
    """The number of the segment of a name, such as 12/gate/5."""
    for index, found in enumerate(nodes()):
        if found.name == name:
            return index
    raise ZkError(f"SmolLM2 has no segment {name!r}; names are layer/map/part, such as 12/gate/5.")


@cache
def carried_nodes() -> tuple[int, ...]:
    """The numbers of the segments that hand something on to the next position: layer by layer, one a KV head."""
    return tuple(index for index, found in enumerate(nodes()) if found.map == "attend")


class _Graph:
    """Adds segments in order; what it adds is told by number."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        of_map = groupby(shards(), lambda shard: (shard.layer, shard.map))
        self._shards = {key: list(group) for key, group in of_map}
        stream, addends = INPUT, list[Edge]()
        for layer in range(LAYERS):
            norm = self._executed(layer, "norm", [stream, *addends], Strata.NARROW)
            q, k, v = (self._linear(layer, name, [same(norm, 1)]) for name in ("q", "k", "v"))
            mixed = [self._attend(layer, head, q, k, v) for head in range(KV_HEADS)]
            o = self._linear(layer, "o", mixed)
            again = self._executed(layer, "norm_again", [same(norm, 0), *o], Strata.NARROW)
            gate, up = (self._linear(layer, name, [same(again, 1)]) for name in ("gate", "up"))
            activated = [
                self._executed(layer, "swiglu", [*_share(gate, part, SWIGLUS), *_share(up, part, SWIGLUS)], part=part)
                for part in range(SWIGLUS)
            ]
            stream, addends = same(again, 0), self._linear(layer, "down", activated)
        last = self._executed(LAYERS, "norm", [stream, *addends], Strata.NARROW)
        logits = self._linear(LAYERS, "logits", [same(last, 1)])
        tops = [self._executed(LAYERS, "top", _share(logits, part, TOPS), part=part) for part in range(TOPS)]
        self._executed(LAYERS, "best", tops, Strata.NARROW)

    def _attend(self, layer: int, head: int, q: list[Edge], k: list[Edge], v: list[Edge]) -> Edge:
        """A head of keys lies in two shards of 48, its three heads of queries fill four."""
        own = slice(head, head + 2)
        edges = [*_share(q, head, KV_HEADS), *k[own], *v[own], carried(len(self.nodes))]
        return self._executed(layer, "attend", edges, Strata.ATTEND, head)

    def _linear(self, layer: int, name: str, edges: Iterable[Edge]) -> list[Edge]:
        read = tuple(edges)
        return [
            self._add(layer, name, part, read, Strata.CIRCUITS, shard)
            for part, shard in enumerate(self._shards[layer, name])
        ]

    def _executed(
        self, layer: int, name: str, edges: Iterable[Edge], stratum: Strata = Strata.OTHERS, part: int = 0
    ) -> Edge:
        return self._add(layer, name, part, tuple(edges), stratum, None)

    def _add(
        self, layer: int, name: str, part: int, edges: tuple[Edge, ...], stratum: Strata, linear: SmolSegment | None
    ) -> Edge:
        last = self.nodes[-1] if self.nodes else None
        shard = last.shard + 1 if last and last.layer == layer else 0
        self.nodes.append(Node(layer, shard, name, part, edges, stratum, linear))
        return same(len(self.nodes) - 1)


def _share(edges: list[Edge], part: int, parts: int) -> list[Edge]:
    """One of equal shares of some edges."""
    size = len(edges) // parts
    return edges[part * size : (part + 1) * size]
