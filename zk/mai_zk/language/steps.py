"""What a transformer computes between its linear maps, on integers: norm, rotation, attention, SwiGLU.

All results are to the nearest integer, halves away from zero, except the arguments of the decay's table, which are cut.
Models' forward passes call these, and so does what the chain executes (mai_zk.trace.executed); programs/traces computes
the same bits.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mai_zk.errors import ZkError
from mai_zk.language.integers import Decay, Floats, Integers, round_divide, round_shift

ANGLE_BITS = 15
SIGMOID_BITS = 16
SILU_BITS = 4
"""Fractional bits that silu has more than the gate."""
ROOT_BITS = 10
RESIDUAL_BOUND = 1 << 26

HIDDEN_SCORE = -(1 << 55)
"""Below every score: of a position that comes later."""


def scaled(values: Integers, have: int, want: int) -> Integers:
    """Integers of `have` fractional bits with `want`."""
    return values << (want - have) if want >= have else round_shift(values, have - want)


def norm(residual: Integers, root_of_width: int, bits: int, epsilon: int) -> Integers:
    """residual / its root mean square, with `bits` fractional bits: h · w · 2^(bits + 10) / isqrt(n · 4^10), where
    w² = width <= 2^11 and n = sum of squares + epsilon (width · epsilon, in the squares' fractional bits; below 2^37).
    ZkError from 2^26 on.
    """
    if np.abs(residual).max() >= RESIDUAL_BOUND:
        raise ZkError("The residual stream leaves its range; this prompt cannot be run in integers.")
    squares = np.einsum("...i,...i->...", residual, residual).reshape(-1) + epsilon
    roots = [math.isqrt(int(square) << (2 * ROOT_BITS)) for square in squares]
    divisor = np.array(roots, dtype=np.int64).reshape(*residual.shape[:-1], 1)
    return round_divide(residual * (root_of_width << (bits + ROOT_BITS)), divisor)


def gained(normed: Integers, gain: Integers, shift: int) -> Integers:
    """normed · gain / 2^shift."""
    return round_shift(normed * gain, shift)


def rotated(heads: Integers, cosines: Integers, sines: Integers) -> Integers:
    """RoPE on neighbouring pairs, as a GGUF's rows are ordered; heads: … × head, angles: the same × head / 2."""
    even, odd = heads[..., 0::2], heads[..., 1::2]
    turned = np.empty_like(heads)
    turned[..., 0::2] = round_shift(even * cosines - odd * sines, ANGLE_BITS)
    turned[..., 1::2] = round_shift(even * sines + odd * cosines, ANGLE_BITS)
    return turned


def attend(
    queries: Floats,
    keys: Floats,
    values: Floats,
    softmax: Decay,
    shift: int,
    hidden: npt.NDArray[np.bool_] | None = None,
) -> Integers:
    """Σ p·v / (Σ p · 2^shift) with p = e^-(max − q·k): … × queries × head, from turned queries and keys.

    All three are integers in float64 whose products' sums stay below 2^53. hidden: queries × positions, where a query
    does not see a position.
    """
    scores = np.matmul(queries, keys.swapaxes(-1, -2)).astype(np.int64)
    if hidden is not None:
        scores[..., hidden] = HIDDEN_SCORE
    decayed = softmax(scores.max(axis=-1, keepdims=True) - scores)
    if hidden is not None:
        decayed[..., hidden] = 0
    total = decayed.sum(axis=-1, keepdims=True)
    sums = np.matmul(decayed.astype(np.float64), values).astype(np.int64)
    return round_divide(sums, total << shift) if shift >= 0 else round_divide(sums << -shift, total)


def swiglu(gate: Integers, up: Integers, sigmoid: Decay, shift: int) -> Integers:
    """gate · σ(gate) · up / 2^shift. σ(|g|) = 1 / (1 + e), σ(-|g|) = e / (1 + e), e = e^-|g| of `sigmoid`."""
    decayed, one = sigmoid(np.abs(gate)), sigmoid.one
    weight = round_divide(np.where(gate < 0, decayed, one) << SIGMOID_BITS, decayed + one)
    silu = round_shift(gate * weight, SIGMOID_BITS - SILU_BITS)
    return round_shift(silu * up, shift)
