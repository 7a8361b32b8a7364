"""SmolLM2's operations between its linear maps, as the chain executes them, over one set of constants.

Offsets and shifts follow from the precision alone, so all machines make the same descriptors.
"""

from __future__ import annotations

import numpy as np

from mai_zk.errors import ZkError
from mai_zk.language.integers import powers_of_two
from mai_zk.language.smol.forward import (
    DECAY_BITS,
    GROUP,
    LAST_BITS,
    PROBABILITY_BITS,
    ROOT_OF_WIDTH,
    Scales,
    epsilon,
    turns,
)
from mai_zk.language.smol.graph import SWIGLUS, TOPS, Node
from mai_zk.language.smol.precision import Precision, outputs
from mai_zk.language.smol.segments import WIDE
from mai_zk.language.smol.weights import GAIN_BITS, HEAD, HIDDEN, LAYERS, VOCABULARY, WIDTH, Weights
from mai_zk.trace.executed import Attend, Best, Constants, Gain, Norm, Operation, Swiglu, Top

TRACED_CAP = 512
"""Positions that can be settled by a trace: the constants have rotations for so many."""
CHANNELS = HIDDEN // SWIGLUS
LOGITS = VOCABULARY // TOPS


class Operations:
    """Every operation of one position."""

    def __init__(self, weights: Weights) -> None:
        self.precision: Precision = weights.precision
        self.constants = Constants()
        """Two tables, the last gain, TRACED_CAP rotations."""
        self._probabilities = self.constants.add(powers_of_two(PROBABILITY_BITS))
        self._decays = self.constants.add(powers_of_two(DECAY_BITS))
        self._gain = Gain(weights.gain, GAIN_BITS + LAST_BITS, self.constants.add(weights.gain))
        self._cosines, self._sines = turns(TRACED_CAP)
        angles = np.concatenate([self._cosines, self._sines], axis=1)
        self._rotations = self.constants.add(angles.ravel())
        self._scales = [Scales(self.precision, bits) for bits in self.precision.layers]

    def of(self, node: Node) -> Operation:
        """What the chain executes at a segment; ZkError where that is a linear shard."""
        match node.map:
            case "norm":
                return self._norm(node.layer)
            case "attend":
                return self._attend(node.layer, node.part)
            case "norm_again":
                return self._norm_again(node.layer)
            case "swiglu":
                return self._swiglu(node.layer)
            case "top":
                return Top(LOGITS, node.part * LOGITS)
            case "best":
                return Best(TOPS)
        raise ZkError(f"{node.name} is proved, not executed.")

    def _norm(self, layer: int) -> Norm:
        """Before the layer's attention, with the down maps of the layer before; of layer LAYERS the last one."""
        found = self.precision
        if layer == 0:
            return self._of_width(found.normed, residual=found.residual - found.embedding)
        bits = found.layers[layer - 1]
        addend = found.residual - outputs(bits.activated, bits.down)
        if layer == LAYERS:
            return self._of_width(found.final + LAST_BITS, addend=addend, gain=self._gain)
        return self._of_width(found.normed, addend=addend)

    def _norm_again(self, layer: int) -> Norm:
        """Before the layer's gate and up maps, with its o maps."""
        bits = self.precision.layers[layer]
        return self._of_width(self.precision.normed, addend=self.precision.residual - outputs(bits.mixed, bits.o))

    def _of_width(self, bits: int, residual: int = 0, addend: int | None = None, gain: Gain | None = None) -> Norm:
        return Norm(WIDTH, ROOT_OF_WIDTH, bits, epsilon(self.precision), residual, addend, gain)

    def _attend(self, layer: int, head: int) -> Attend:
        """One head of keys and values and its queries, from the shards that they lie in."""
        scales = self._scales[layer]
        shard = WIDE.d_out
        return Attend(
            GROUP, scales.softmax, scales.mixed_shift, self._cosines, self._sines, self._probabilities,
            self._rotations, offset=head * (HEAD - shard), shard=shard, kv_shards=2,
        )  # fmt: skip

    def _swiglu(self, layer: int) -> Swiglu:
        scales = self._scales[layer]
        return Swiglu(CHANNELS, scales.sigmoid, scales.activated_shift, self._decays)
