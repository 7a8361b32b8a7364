"""The cut of SmolLM2's linear maps into provable segments: by columns, in two shapes of 27,648 weights under k = 14.

A segment reads the whole input of its map and gives some of its outputs, so the cut changes no value. What lies
between (RMSNorm, RoPE, softmax, SwiGLU, residual sums) has no circuit: the chain executes it (graph.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mai_zk.language.integers import Integers
from mai_zk.language.smol.forward import Ends, LayerValues
from mai_zk.language.smol.weights import HEAD, HEADS, HIDDEN, KV_HEADS, LAYERS, VOCABULARY, WIDTH, Weights
from mai_zk.linear import LinearShape

WIDE, DEEP = LinearShape(WIDTH, 48, columns=2), LinearShape(HIDDEN, 18, columns=2)
LOGROWS = 14

_Q, _KV = HEADS * HEAD, KV_HEADS * HEAD
_CUT = (
    # map, stored matrix, first row, rows, shape, values that it reads
    ("q", "qkv", 0, _Q, WIDE, "normed"),
    ("k", "qkv", _Q, _KV, WIDE, "normed"),
    ("v", "qkv", _Q + _KV, _KV, WIDE, "normed"),
    ("o", "o", 0, WIDTH, WIDE, "mixed"),
    ("gate", "gate_up", 0, HIDDEN, WIDE, "normed_again"),
    ("up", "gate_up", HIDDEN, HIDDEN, WIDE, "normed_again"),
    ("down", "down", 0, WIDTH, DEEP, "activated"),
)
"""A layer's maps in order."""


@dataclass(frozen=True)
class SmolSegment:
    """One shard of one linear map; layer LAYERS is the logits' map.

    part: its number within the map; matrix, row: where its rows begin among the stored ones; reads: the field of
    LayerValues (of Ends, for the logits) that is its input.
    """

    layer: int
    map: str
    part: int
    matrix: str
    row: int
    shape: LinearShape
    reads: str

    @property
    def name(self) -> str:
        """12/gate/5; 30/logits/700."""
        return f"{self.layer}/{self.map}/{self.part}"

    def weights(self, weights: Weights) -> npt.NDArray[np.int16]:
        """d_in × d_out integers, as the circuit takes them."""
        rows = weights.embedding if self.map == "logits" else weights.layers[self.layer][self.matrix]
        return np.ascontiguousarray(rows[self.row : self.row + self.shape.d_out].T)

    def input(self, values: LayerValues | Ends, row: int = 0) -> Integers:
        """What it read; row: of the positions in the values."""
        read: Integers = getattr(values, self.reads)
        return read if read.ndim == 1 else read[row]

    def output(self, values: LayerValues | Ends, row: int = 0) -> Integers:
        """What it gave."""
        given: Integers = getattr(values, self.matrix)
        return (given if given.ndim == 1 else given[row])[self.row : self.row + self.shape.d_out]


@cache
def shards() -> tuple[SmolSegment, ...]:
    """All of one position's: 128 a layer, then 1,024 of the logits. Their order is that of the graph."""
    return tuple(_shards())


def _shards() -> Iterator[SmolSegment]:
    for layer in range(LAYERS):
        for name, matrix, first, rows, shape, reads in _CUT:
            for part in range(rows // shape.d_out):
                yield SmolSegment(layer, name, part, matrix, first + part * shape.d_out, shape, reads)
    for part in range(VOCABULARY // WIDE.d_out):
        yield SmolSegment(LAYERS, "logits", part, "logits", part * WIDE.d_out, WIDE, "normed")
