"""How many fractional bits the integers of SmolLM2's canonical path have.

A shard circuit only knows integers and a division by 2^7, so one key serves any number of fractional bits: a map whose
inputs have a and whose weights have b gives outputs with a + b - 7. `python -m bench.language_bits` proposed those
below: as many as float32 holds exactly for nine positions in ten of a few texts, shared so that inputs and weights lose
about the same, and few enough that the largest output seen stays a third below the circuits' range.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

DIVISION = 7
"""Every linear map's sums are divided by 2^7, as EZKL's shard circuits do (mai_zk.shards.SCALE)."""


@dataclass(frozen=True)
class LayerBits:
    """Fractional bits of one layer: of the weights of q, k, v, o, gate, up and down; of what o and down read."""

    q: int
    k: int
    v: int
    mixed: int
    o: int
    gate: int
    up: int
    activated: int
    down: int


_TABLE = (
    # q, k, v, mixed, o, gate, up, activated, down
    (12, 12, 15, 12, 10, 12, 13, 9, 8),
    (11, 11, 13, 9, 10, 12, 12, 10, 8),
    (11, 11, 12, 10, 9, 12, 12, 10, 8),
    (10, 11, 12, 10, 9, 12, 12, 9, 9),
    (11, 11, 12, 10, 9, 11, 12, 9, 9),
    (11, 11, 12, 10, 9, 11, 12, 9, 9),
    (11, 11, 12, 10, 9, 12, 12, 9, 8),
    (11, 11, 11, 10, 9, 12, 12, 9, 8),
    (11, 11, 12, 10, 9, 12, 11, 9, 8),
    (11, 11, 12, 9, 10, 11, 11, 9, 8),
    (11, 11, 12, 9, 9, 11, 11, 9, 8),
    (11, 11, 12, 9, 9, 11, 11, 8, 7),
    (11, 11, 11, 9, 9, 11, 11, 9, 8),
    (10, 11, 12, 9, 9, 11, 11, 9, 8),
    (10, 11, 11, 9, 9, 11, 11, 9, 8),
    (10, 10, 11, 9, 9, 11, 11, 9, 8),
    (10, 10, 11, 9, 9, 11, 11, 9, 8),
    (10, 10, 11, 9, 9, 11, 11, 8, 9),
    (10, 10, 11, 9, 9, 11, 11, 8, 9),
    (11, 11, 11, 8, 9, 11, 11, 8, 9),
    (10, 10, 11, 9, 9, 11, 11, 8, 8),
    (10, 11, 11, 8, 9, 11, 11, 8, 8),
    (10, 11, 11, 8, 9, 11, 11, 7, 9),
    (11, 11, 10, 8, 9, 11, 11, 7, 8),
    (11, 11, 10, 8, 9, 11, 11, 7, 8),
    (11, 11, 11, 8, 9, 11, 11, 7, 8),
    (11, 11, 10, 8, 9, 11, 11, 7, 8),
    (11, 11, 11, 7, 9, 11, 11, 6, 9),
    (11, 11, 10, 8, 9, 11, 11, 6, 8),
    (11, 11, 10, 7, 9, 11, 11, 5, 8),
)


@dataclass(frozen=True)
class Precision:
    """Fractional bits of the whole path.

    normed: of normalised activations, which q, k, v, gate and up read. final: of those that the logits' map reads;
    embedding: of the embedding's rows, which are the logits' weights as well. residual: of the residual stream.
    """

    layers: tuple[LayerBits, ...] = tuple(LayerBits(*row) for row in _TABLE)
    normed: int = 7
    final: int = 6
    embedding: int = 10
    residual: int = 10

    @property
    def logits(self) -> int:
        """Of the logits."""
        return self.final + self.embedding - DIVISION

    @property
    def name(self) -> str:
        """A short name of these numbers."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]


def outputs(inputs: int, weights: int) -> int:
    """Of a map's outputs."""
    return inputs + weights - DIVISION


def uniform(bits: int) -> Precision:
    """The same number everywhere, for comparisons."""
    return Precision(tuple(LayerBits(*[bits] * 9) for _ in _TABLE), bits, bits, bits, bits)
