"""The canonical integer path of SmolLM2: from tokens to logits, position by position, the same bits everywhere.

Linear maps: exact sums, divided by 2^7, rounded as EZKL's shard circuits round (halves away from zero). RMSNorm, RoPE,
softmax and SwiGLU: integer square roots, tables and divisions, all to the nearest integer, halves away from zero,
except the arguments of the decay's table, which are cut. docs/reference/smollm2.md has every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from mai_zk.errors import ZkError
from mai_zk.language import steps
from mai_zk.language.integers import DOUBLE, Decay, ExactMatrix, Floats, Integers, rotations, round_shift
from mai_zk.language.smol import weights as stored
from mai_zk.language.smol.precision import DIVISION, LayerBits, Precision, outputs
from mai_zk.language.smol.weights import HEAD, HEADS, HIDDEN, KV_HEADS, LAYERS, WIDTH, Rows, Weights
from mai_zk.language.steps import SILU_BITS, scaled
from mai_zk.shards import BOUND

PROBABILITY_BITS = 18
DECAY_BITS = 30
"""Of e^-|g| in a sigmoid."""
DIVISOR_BITS = 3
"""Scores are divided by sqrt(64)."""
ROOT_OF_WIDTH = 24
LAST_BITS = 4
"""Fractional bits that the last RMSNorm has more before its gain."""
TOKEN_CAP = 2048
CHUNK = 64
"""Positions of a prompt that are computed at once."""

GROUP = HEADS // KV_HEADS
_Q, _KV = HEADS * HEAD, KV_HEADS * HEAD


@dataclass(frozen=True)
class LayerValues:
    """What the linear maps of one layer read and give, for some positions (rows): integers. residual: the stream that
    the layer begins with; residual_again: with the attention's part.
    """

    residual: Integers
    normed: Integers
    qkv: Integers
    mixed: Integers
    o: Integers
    residual_again: Integers
    normed_again: Integers
    gate_up: Integers
    activated: Integers
    down: Integers


@dataclass(frozen=True)
class Ends:
    """What the logits' map reads and gives, for one position, and the residual stream at last."""

    residual: Integers
    normed: Integers
    logits: Integers


Watch = Callable[[int, int, LayerValues], None]
"""Hears (first position, layer, values) of every layer."""


class Cache:
    """Keys and values of the positions so far: integers in float64, because products of them are float64 BLAS."""

    def __init__(self) -> None:
        self.length = 0
        self.keys: Floats = np.empty((LAYERS, KV_HEADS, 0, HEAD))
        self.values: Floats = np.empty((LAYERS, KV_HEADS, 0, HEAD))

    def reserve(self, count: int) -> None:
        """Room for `count` more positions."""
        have, need = self.keys.shape[2], self.length + count
        if need > have:
            size = min(max(need, 2 * have, 4 * CHUNK), TOKEN_CAP)
            more = np.zeros((LAYERS, KV_HEADS, size - have, HEAD))
            self.keys = np.concatenate([self.keys, more], axis=2)
            self.values = np.concatenate([self.values, more], axis=2)


class Forward:
    """The model, ready to run: 0.6 GB of float32 integers."""

    def __init__(self, weights: Weights, progress: Callable[[float], None] = lambda _: None) -> None:
        self.precision = weights.precision
        self._layers = []
        for index, bits in enumerate(self.precision.layers):
            self._layers.append(_Layer(self.precision, bits, weights.layers[index], weights.norms[index]))
            progress((index + 1) / (LAYERS + 6))
        self._embedding = weights.embedding
        self._gain = weights.gain
        self._logits = ExactMatrix(weights.embedding, weights.embedding_norms)
        self._cosines, self._sines = turns()
        self._epsilon = epsilon(self.precision)
        progress(1.0)

    def extend(self, cache: Cache, tokens: list[int], watch: Watch | None = None) -> Integers:
        """Run the next positions; their residual streams after the last layer (positions × WIDTH)."""
        if cache.length + len(tokens) > TOKEN_CAP:
            raise ZkError(f"SmolLM2 takes at most {TOKEN_CAP} tokens here, prompt and answer together.")
        cache.reserve(len(tokens))
        parts = []
        for start in range(0, len(tokens), CHUNK):
            parts.append(self._chunk(cache, tokens[start : start + CHUNK], watch))
        return np.concatenate(parts)

    def ends(self, residual: Integers) -> Ends:
        """The logits of one position."""
        normed = self._norm(residual, self.precision.final + LAST_BITS)
        gained = steps.gained(normed, self._gain, stored.GAIN_BITS + LAST_BITS)
        return Ends(residual, gained, _checked(round_shift(self._logits(gained), DIVISION)))

    def _chunk(self, cache: Cache, tokens: list[int], watch: Watch | None) -> Integers:
        first, scales = cache.length, self.precision
        residual = scaled(self._embedding[tokens].astype(np.int64), scales.embedding, scales.residual)
        for index, layer in enumerate(self._layers):
            normed = self._norm(residual, scales.normed)
            qkv = _linear(layer.qkv, normed)
            mixed = self._attention(cache, index, qkv)
            o = _linear(layer.o, mixed)
            middle = residual + scaled(o, outputs(layer.bits.mixed, layer.bits.o), scales.residual)
            again = self._norm(middle, scales.normed)
            gate_up = _linear(layer.gate_up, again)
            activated = layer.swiglu(gate_up)
            down = _linear(layer.down, activated)
            if watch is not None:
                values = LayerValues(residual, normed, qkv, mixed, o, middle, again, gate_up, activated, down)
                watch(first, index, values)
            residual = middle + scaled(down, outputs(layer.bits.activated, layer.bits.down), scales.residual)
        cache.length += len(tokens)
        return residual

    def _norm(self, residual: Integers, bits: int) -> Integers:
        return steps.norm(residual, ROOT_OF_WIDTH, bits, self._epsilon)

    def _attention(self, cache: Cache, layer: int, qkv: Integers) -> Integers:
        count, first = len(qkv), cache.length
        end = first + count
        turned = self._rotate(qkv[:, : _Q + _KV].reshape(count, HEADS + KV_HEADS, HEAD), first)
        keys, values = cache.keys[layer, :, :end], cache.values[layer, :, :end]
        keys[:, first:] = turned[:, HEADS:].transpose(1, 0, 2)
        values[:, first:] = qkv[:, _Q + _KV :].reshape(count, KV_HEADS, HEAD).transpose(1, 0, 2)
        # Head h reads the keys of h // GROUP; rows are (head of the group, position).
        grouped = turned[:, :HEADS].reshape(count, KV_HEADS, GROUP, HEAD).transpose(1, 2, 0, 3)
        queries = grouped.reshape(KV_HEADS, GROUP * count, HEAD).astype(np.float64)
        hidden = None
        if count > 1:
            hidden = np.arange(end)[None, :] > np.tile(np.arange(first, end), GROUP)[:, None]
        scales = self._layers[layer].scales
        mixed = steps.attend(queries, keys, values, scales.softmax, scales.mixed_shift, hidden)
        heads = mixed.reshape(KV_HEADS, GROUP, count, HEAD).transpose(2, 0, 1, 3)
        return np.ascontiguousarray(heads.reshape(count, _Q))

    def _rotate(self, heads: Integers, first: int) -> Integers:
        """RoPE; heads: positions × heads × HEAD."""
        here = slice(first, first + len(heads))
        return steps.rotated(heads, self._cosines[here, None, :], self._sines[here, None, :])


class Scales:
    """The numbers of one layer's attention and SwiGLU, from the fractional bits of its maps."""

    def __init__(self, precision: Precision, bits: LayerBits) -> None:
        q, k, v, gate, up = (outputs(precision.normed, of) for of in (bits.q, bits.k, bits.v, bits.gate, bits.up))
        self.softmax = Decay(PROBABILITY_BITS, q + k, divisor_bits=DIVISOR_BITS)
        self.mixed_shift = v - bits.mixed
        self.sigmoid = Decay(DECAY_BITS, gate)
        self.activated_shift = gate + SILU_BITS + up - bits.activated


class _Layer:
    """One layer's matrices and the scales between them."""

    def __init__(
        self, precision: Precision, bits: LayerBits, maps: dict[str, Rows], norms: dict[str, Integers]
    ) -> None:
        reach = normed_reach(precision.normed)
        self.bits = bits
        self.qkv, self.gate_up = (ExactMatrix(maps[name], norms[name], reach) for name in ("qkv", "gate_up"))
        self.o, self.down = (ExactMatrix(maps[name], norms[name]) for name in ("o", "down"))
        self.scales = Scales(precision, bits)
        self._check(reach, norms)

    def swiglu(self, gate_up: Integers) -> Integers:
        """SwiGLU of all channels."""
        gate, up = gate_up[..., :HIDDEN], gate_up[..., HIDDEN:]
        return steps.swiglu(gate, up, self.scales.sigmoid, self.scales.activated_shift)

    def _check(self, reach: int, norms: dict[str, Integers]) -> None:
        """What holds for every input, by the norms alone: attention and SwiGLU stay inside float64 and int64."""
        q, k, v = (int(part.max()) * reach >> DIVISION for part in np.split(norms["qkv"], [_Q, _Q + _KV]))
        gate, up = (int(part.max()) * reach >> DIVISION for part in np.split(norms["gate_up"], 2))
        sums = (2 * v << PROBABILITY_BITS) * TOKEN_CAP << max(0, -self.scales.mixed_shift)
        silu = gate << SILU_BITS
        if HEAD * 4 * q * k >= DOUBLE or sums >= DOUBLE or silu * up >= 1 << 62 or self.scales.activated_shift < 1:
            raise ZkError("A layer's weights are too large for exact attention; give them fewer fractional bits.")


def epsilon(precision: Precision) -> int:
    """RMSNorm's: WIDTH times it, in the fractional bits of the residual's squares."""
    return round(stored.EPSILON * WIDTH * (1 << (2 * precision.residual)))


@cache
def turns(positions: int = TOKEN_CAP) -> tuple[Integers, Integers]:
    """RoPE's cosines and sines, of so many positions and all pairs."""
    return rotations(positions, HEAD // 2, stored.THETA, steps.ANGLE_BITS)


def normed_reach(bits: int) -> int:
    """The largest norm of a normalised activation: 24 · 2^bits, and a half for rounding each of WIDTH numbers."""
    return (ROOT_OF_WIDTH << bits) + ROOT_OF_WIDTH


def _linear(matrix: ExactMatrix, inputs: Integers) -> Integers:
    """The map as its shard circuits compute it."""
    inputs = _checked(inputs)
    sums = matrix(inputs[0])[None] if len(inputs) == 1 else matrix(inputs)
    return _checked(round_shift(sums, DIVISION))


def _checked(given: Integers) -> Integers:
    """Integers that a circuit range-checks: inputs and outputs of linear maps."""
    if np.abs(given).max() >= BOUND:
        raise ZkError("A value leaves the range that the circuits check; this prompt cannot be run in integers.")
    return given
