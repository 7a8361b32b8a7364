"""SmolLM2's operations between its linear maps, as the chain executes them: one set of constants, one operation a kind.

Offsets and shifts follow from the precision alone, so all machines make the same descriptors.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

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
from mai_zk.language.smol.precision import Precision, outputs
from mai_zk.language.smol.weights import GAIN_BITS, HEAD, LAYERS, WIDTH, Weights
from mai_zk.trace.executed import MAX_ROWS, Attend, Constants, Gain, Norm, Swiglu, Top

PART = 64
"""Channels of a SwiGLU, logits of a TOP: what a shard gives."""


class Operations:
    """Every operation of one position, over one set of constants: two tables, the last gain, MAX_ROWS rotations."""

    def __init__(self, weights: Weights) -> None:
        self.precision: Precision = weights.precision
        self.constants = Constants()
        self._probabilities = self.constants.add(powers_of_two(PROBABILITY_BITS))
        self._decays = self.constants.add(powers_of_two(DECAY_BITS))
        self._gain = Gain(weights.gain, GAIN_BITS + LAST_BITS, self.constants.add(weights.gain))
        self._cosines, self._sines = (part[:MAX_ROWS] for part in turns())
        angles = np.concatenate([self._cosines, self._sines], axis=1)
        self._rotations = self.constants.add(angles.ravel())
        self._scales = [Scales(self.precision, bits) for bits in self.precision.layers]

    def norm(self, layer: int) -> Norm:
        """Before the layer's attention, with the down maps of the layer before; of layer LAYERS the last one."""
        found = self.precision
        if layer == 0:
            return self._norm(found.normed, residual=found.residual - found.embedding)
        bits = found.layers[layer - 1]
        addend = found.residual - outputs(bits.activated, bits.down)
        if layer == LAYERS:
            return self._norm(found.final + LAST_BITS, addend=addend, gain=self._gain)
        return self._norm(found.normed, addend=addend)

    def norm_again(self, layer: int) -> Norm:
        """Before the layer's gate and up maps, with its o maps."""
        bits = self.precision.layers[layer]
        return self._norm(self.precision.normed, addend=self.precision.residual - outputs(bits.mixed, bits.o))

    def _norm(self, bits: int, residual: int = 0, addend: int | None = None, gain: Gain | None = None) -> Norm:
        return Norm(WIDTH, ROOT_OF_WIDTH, bits, epsilon(self.precision), residual, addend, gain)

    def attend(self, layer: int) -> Attend:
        """One head of keys and values and its queries."""
        scales = self._scales[layer]
        return Attend(
            GROUP, scales.softmax, scales.mixed_shift, self._cosines, self._sines, self._probabilities, self._rotations
        )

    def swiglu(self, layer: int) -> Swiglu:
        """PART channels."""
        scales = self._scales[layer]
        return Swiglu(PART, scales.sigmoid, scales.activated_shift, self._decays)

    @cached_property
    def top(self) -> Top:
        """PART logits."""
        return Top(PART)


assert HEAD == PART  # a shard of q, k or v is a head
