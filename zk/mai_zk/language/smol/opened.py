"""The integers of one position by segment: what each of the graph's segments reads and gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mai_zk.language.integers import Integers
from mai_zk.language.smol.executed import CHANNELS, LOGITS
from mai_zk.language.smol.forward import GROUP, Cache, Ends, LayerValues
from mai_zk.language.smol.graph import Node, node
from mai_zk.language.smol.weights import HEAD, LAYERS
from mai_zk.trace import INPUT, Edge
from mai_zk.trace.manifest import is_carried, part_of, producer_of
from mai_zk.trace.opening import Opened

MIXED = GROUP * HEAD
"""What one head of keys and values gives: the mixed values of its queries' heads."""


@dataclass(frozen=True)
class Values:
    """All integers of one position.

    row: the embedding's, of its token. cache: the run's keys and values, of this position and those before at least.
    """

    position: int
    row: Integers
    layers: tuple[LayerValues, ...]
    ends: Ends
    cache: Cache

    def of(self, found: Node) -> LayerValues | Ends:
        """The values of a segment's layer, or those after the last layer."""
        return self.ends if found.layer == LAYERS else self.layers[found.layer]

    def gives(self, found: Node) -> tuple[Integers, ...]:
        """What a segment gives to its readers at this position: two vectors of a norm, else one."""
        if found.linear is not None:
            return (found.linear.output(self.of(found)),)
        if found.layer == LAYERS:
            return self._at_the_end(found)
        layer = self.layers[found.layer]
        if found.map == "norm":
            return layer.residual[0], layer.normed[0]
        if found.map == "norm_again":
            return layer.residual_again[0], layer.normed_again[0]
        whole, size = (layer.mixed, MIXED) if found.map == "attend" else (layer.activated, CHANNELS)
        return (whole[0, found.part * size : (found.part + 1) * size],)

    def _at_the_end(self, found: Node) -> tuple[Integers, ...]:
        if found.map == "norm":
            return self.ends.residual, self.ends.normed
        first, count = (found.part * LOGITS, LOGITS) if found.map == "top" else (0, len(self.ends.logits))
        logits = self.ends.logits[first : first + count]
        index = int(np.argmax(logits))
        return (np.array([logits[index], first + index], dtype=np.int64),)

    def reads(self, found: Node) -> Integers:
        """What a segment reads, edge after edge; of attention without the history."""
        return np.concatenate([self._along(edge) for edge in found.edges if edge == INPUT or not is_carried(edge)])

    def _along(self, edge: Edge) -> Integers:
        return self.row if edge == INPUT else self.gives(node(producer_of(edge)))[part_of(edge)]

    def opened(self, index: int) -> Opened:
        """A segment's integers; ZkError if there is none of this number."""
        found = node(index)
        if found.map != "attend":
            return Opened(self.reads(found), self.gives(found))
        rows = self.rows(found.layer, found.part)
        return Opened(self.reads(found), (rows[-1], *self.gives(found)), rows[:-1].ravel())

    def rows(self, layer: int, head: int) -> Integers:
        """The history up to this position: of each position its turned key and its value."""
        keys, values = (kept[layer, head, : self.position + 1] for kept in (self.cache.keys, self.cache.values))
        return np.concatenate([keys, values], axis=1).astype(np.int64)
