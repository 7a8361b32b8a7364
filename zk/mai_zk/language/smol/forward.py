"""The canonical integer path of SmolLM2: from tokens to logits, position by position, the same bits everywhere.

Linear maps: exact sums, divided by 2^7, rounded as EZKL's shard circuits round (halves away from zero). RMSNorm, RoPE,
softmax and SwiGLU: integer square roots, tables and divisions, all to the nearest integer, halves away from zero,
except the arguments of the decay's table, which are cut. docs/reference/smollm2.md has every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from mai_zk.errors import ZkError
from mai_zk.language.integers import (
    DOUBLE,
    Decay,
    ExactMatrix,
    Floats,
    Integers,
    rotations,
    round_divide,
    round_shift,
)
from mai_zk.language.smol import weights as stored
from mai_zk.language.smol.precision import DIVISION, LayerBits, Precision, outputs
from mai_zk.language.smol.weights import HEAD, HEADS, HIDDEN, KV_HEADS, LAYERS, WIDTH, Rows, Weights
from mai_zk.shards import BOUND

ANGLE_BITS = 15
PROBABILITY_BITS = 18
SIGMOID_BITS = 16
ROOT_BITS = 10
TOKEN_CAP = 2048
CHUNK = 64
"""Positions of a prompt that are computed at once."""

RESIDUAL_BOUND = 1 << 26
GROUP = HEADS // KV_HEADS
_Q, _KV = HEADS * HEAD, KV_HEADS * HEAD


@dataclass(frozen=True)
class LayerValues:
    """What the linear maps of one layer read and give, for some positions (rows): integers."""

    normed: Integers
    qkv: Integers
    mixed: Integers
    o: Integers
    normed_again: Integers
    gate_up: Integers
    activated: Integers
    down: Integers


@dataclass(frozen=True)
class Ends:
    """What the logits' map reads and gives, for one position."""

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
        self._epsilon = round(stored.EPSILON * WIDTH * (1 << (2 * self.precision.residual)))
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
        normed = self._norm(residual, self.precision.final + 4)
        scaled = round_shift(normed * self._gain, stored.GAIN_BITS + 4)
        return Ends(scaled, _checked(round_shift(self._logits(scaled), DIVISION)))

    def _chunk(self, cache: Cache, tokens: list[int], watch: Watch | None) -> Integers:
        first, scales = cache.length, self.precision
        residual = scaled(self._embedding[tokens].astype(np.int64), scales.embedding, scales.residual)
        for index, layer in enumerate(self._layers):
            normed = self._norm(residual, scales.normed)
            qkv = _linear(layer.qkv, normed)
            mixed = self._attention(cache, index, qkv)
            o = _linear(layer.o, mixed)
            residual = residual + scaled(o, outputs(layer.bits.mixed, layer.bits.o), scales.residual)
            again = self._norm(residual, scales.normed)
            gate_up = _linear(layer.gate_up, again)
            activated = layer.swiglu(gate_up)
            down = _linear(layer.down, activated)
            residual = residual + scaled(down, outputs(layer.bits.activated, layer.bits.down), scales.residual)
            if watch is not None:
                watch(first, index, LayerValues(normed, qkv, mixed, o, again, gate_up, activated, down))
        cache.length += len(tokens)
        return residual

    def _norm(self, residual: Integers, bits: int) -> Integers:
        """residual / its root mean square, with `bits` fractional bits: h · 24 · 2^(bits + 10) / isqrt(n · 4^10), where
        n = sum of squares + WIDTH · epsilon, and 24² = WIDTH."""
        if np.abs(residual).max() >= RESIDUAL_BOUND:
            raise ZkError("The residual stream leaves its range; this prompt cannot be run in integers.")
        squares = np.einsum("...i,...i->...", residual, residual).reshape(-1) + self._epsilon
        roots = [math.isqrt(int(square) << (2 * ROOT_BITS)) for square in squares]
        divisor = np.array(roots, dtype=np.int64).reshape(*residual.shape[:-1], 1)
        return round_divide(residual * (24 << (bits + ROOT_BITS)), divisor)

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
        scores = np.matmul(queries, keys.transpose(0, 2, 1)).astype(np.int64)
        hidden = None
        if count > 1:
            positions = np.tile(np.arange(first, end), GROUP)
            hidden = np.arange(end)[None, :] > positions[:, None]
            scores[:, hidden] = -(1 << 55)
        decayed = self._layers[layer].softmax(scores.max(axis=-1, keepdims=True) - scores)
        if hidden is not None:
            decayed[:, hidden] = 0
        total = decayed.sum(axis=-1, keepdims=True)
        sums = np.matmul(decayed.astype(np.float64), values).astype(np.int64)
        more = self._layers[layer].mixed_shift
        mixed = round_divide(sums, total << more) if more >= 0 else round_divide(sums << -more, total)
        heads = mixed.reshape(KV_HEADS, GROUP, count, HEAD).transpose(2, 0, 1, 3)
        return np.ascontiguousarray(heads.reshape(count, _Q))

    def _rotate(self, heads: Integers, first: int) -> Integers:
        """RoPE on neighbouring pairs, as the GGUF's rows are ordered; heads: positions × heads × HEAD."""
        count = len(heads)
        cosines = self._cosines[first : first + count, None, :]
        sines = self._sines[first : first + count, None, :]
        even, odd = heads[..., 0::2], heads[..., 1::2]
        turned = np.empty_like(heads)
        turned[..., 0::2] = round_shift(even * cosines - odd * sines, ANGLE_BITS)
        turned[..., 1::2] = round_shift(even * sines + odd * cosines, ANGLE_BITS)
        return turned


class _Layer:
    """One layer's matrices and the scales between them."""

    def __init__(self, scales: Precision, bits: LayerBits, maps: dict[str, Rows], norms: dict[str, Integers]) -> None:
        reach = normed_reach(scales.normed)
        self.bits = bits
        self.qkv, self.gate_up = (ExactMatrix(maps[name], norms[name], reach) for name in ("qkv", "gate_up"))
        self.o, self.down = (ExactMatrix(maps[name], norms[name]) for name in ("o", "down"))
        q, k, v, gate, up = (outputs(scales.normed, of) for of in (bits.q, bits.k, bits.v, bits.gate, bits.up))
        self.softmax = Decay(PROBABILITY_BITS, q + k, divisor_bits=3)  # scores are divided by sqrt(64)
        self.mixed_shift = v - bits.mixed
        self._sigmoid = Decay(30, gate)
        self._activated_shift = gate + 4 + up - bits.activated
        self._check(reach, norms)

    def swiglu(self, gate_up: Integers) -> Integers:
        """gate · sigmoid(gate) · up. sigmoid(|g|) = 2^30 / (2^30 + e), sigmoid(-|g|) = e / (2^30 + e), e = e^-|g|."""
        gate, up = gate_up[..., :HIDDEN], gate_up[..., HIDDEN:]
        decayed, one = self._sigmoid(np.abs(gate)), self._sigmoid.one
        sigmoid = round_divide(np.where(gate < 0, decayed, one) << SIGMOID_BITS, decayed + one)
        silu = round_shift(gate * sigmoid, SIGMOID_BITS - 4)
        return round_shift(silu * up, self._activated_shift)

    def _check(self, reach: int, norms: dict[str, Integers]) -> None:
        """What holds for every input, by the norms alone: attention and SwiGLU stay inside float64 and int64."""
        q, k, v = (int(part.max()) * reach >> DIVISION for part in np.split(norms["qkv"], [_Q, _Q + _KV]))
        gate, up = (int(part.max()) * reach >> DIVISION for part in np.split(norms["gate_up"], 2))
        sums = (2 * v << PROBABILITY_BITS) * TOKEN_CAP << max(0, -self.mixed_shift)
        if HEAD * 4 * q * k >= DOUBLE or sums >= DOUBLE or (gate << 4) * up >= 1 << 62 or self._activated_shift < 1:
            raise ZkError("A layer's weights are too large for exact attention; give them fewer fractional bits.")


def scaled(values: Integers, have: int, want: int) -> Integers:
    """Integers of `have` fractional bits with `want`."""
    return values << (want - have) if want >= have else round_shift(values, have - want)


@cache
def turns() -> tuple[Integers, Integers]:
    """RoPE's cosines and sines, of all positions and pairs."""
    return rotations(TOKEN_CAP, HEAD // 2, stored.THETA, ANGLE_BITS)


def normed_reach(bits: int) -> int:
    """The largest norm of a normalised activation: 24 · 2^bits, and a half for rounding each of WIDTH numbers."""
    return (24 << bits) + 24


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
