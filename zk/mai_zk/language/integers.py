"""Integer arithmetic that gives the same bits on every machine: rounding, tables, products that are exact by bound.

Values are fixed point: an integer v with b fractional bits stands for v / 2^b. Matrix products run as float32 or
float64 BLAS on integers. Every partial sum of x·w is an integer of at most |x|·|w| in size (Cauchy and Schwarz: the
norms are Euclidean and cover every subset of the terms), and floats hold every integer up to 2^24 or 2^53. Below that
bound nothing is ever rounded, so order, threads, fused multiplications and kernels change nothing; above it, inputs
are split into limbs that are below it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from mai_zk.errors import ZkError

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]

SINGLE, DOUBLE = 1 << 24, 1 << 53
"""Every integer up to these in size is a float32, a float64."""

LARGEST = 1 << 26
"""Inputs of products are smaller than this in size, so that the squares of 2^11 of them add up in int64."""

TABLE_BITS = 12
"""The table of powers of two has 2^12 steps."""


def round_shift(values: Integers, bits: int) -> Integers:
    """values / 2^bits to the nearest integer, halves away from zero; bits >= 0."""
    if bits == 0:
        return values
    return (values + (1 << (bits - 1)) + (values >> 63)) >> bits


def round_divide(values: Integers, divisor: Integers | int) -> Integers:
    """values / divisor to the nearest integer, halves away from zero; divisor > 0, |2 values| + divisor < 2^63."""
    return cast(Integers, (2 * values + divisor + (values >> 63)) // (2 * divisor))


def norm_above(values: Integers) -> int:
    """An integer that is at least the Euclidean norm of a vector (of integers below 2^26, at most 2^11 of them)."""
    return math.isqrt(int(np.dot(values, values))) + 1


@cache
def powers_of_two(bits: int) -> Integers:
    """round(2^bits / 2^(i / 2^TABLE_BITS)) for i < 2^TABLE_BITS, from integer square roots alone."""
    precision = 256
    root = 1 << (precision - 1)  # 1/2; every square root halves its exponent
    for _ in range(TABLE_BITS):
        root = math.isqrt(root << precision)
    values, power = [], 1 << precision
    for _ in range(1 << TABLE_BITS):
        values.append((power + (1 << (precision - bits - 1))) >> (precision - bits))
        power = power * root >> precision
    return np.array(values, dtype=np.int64)


class Decay:
    """e^-d for d >= 0: an integer of `bits` fractional bits, from an argument of `scale` fractional bits.

    y = floor(d · round(log2(e) · 2^20) / 2^(scale + 8)) has 12 fractional bits; e^-d is the table's entry for those,
    shifted right by y's integer part (by 40 at most, which leaves nothing).
    """

    _LOG2E = 1512775  # round(log2(e) · 2^20)
    CLIP_BITS = 40

    def __init__(self, bits: int, scale: int, divisor_bits: int = 0) -> None:
        """divisor_bits: the argument is d / 2^divisor_bits. `shift` is y's: scale + divisor_bits + 8."""
        self.one = 1 << bits
        self._table = powers_of_two(bits)
        self.shift = scale + divisor_bits + 20 - TABLE_BITS
        self.clip = 1 << (scale + divisor_bits + 6)  # e^-64 < 2^-40; d · LOG2E stays below 2^63

    def __call__(self, argument: Integers) -> Integers:
        """The integers for arguments >= 0, of any shape."""
        steps = (np.minimum(argument, self.clip) * self._LOG2E) >> self.shift
        shifts = np.minimum(steps >> TABLE_BITS, self.CLIP_BITS)
        decayed: Integers = self._table[steps & ((1 << TABLE_BITS) - 1)] >> shifts
        return decayed


def rotations(count: int, pairs: int, base: int, bits: int) -> tuple[Integers, Integers]:
    """round(2^bits cos) and round(2^bits sin) of p · base^(-i/pairs), for positions p < count, i < pairs.

    pairs is a power of two. Angles by integer square roots, cos and sin of the first position by Taylor's series, the
    others by turning on, all in integers of 256 fractional bits, whose errors stay far below one unit of the result.
    """
    precision = 256
    one, half = 1 << precision, 1 << (precision - bits - 1)
    root = base << precision
    for _ in range(pairs.bit_length() - 1):
        root = math.isqrt(root << precision)
    cosines, sines = np.empty((count, pairs), dtype=np.int64), np.empty((count, pairs), dtype=np.int64)
    angle = one
    for pair in range(pairs):
        step_cos, step_sin = _turn(angle, precision)
        cos, sin = one, 0
        for position in range(count):
            cosines[position, pair] = (cos + half) >> (precision - bits)
            sines[position, pair] = (sin + half) >> (precision - bits)
            cos, sin = (
                (cos * step_cos - sin * step_sin) >> precision,
                (cos * step_sin + sin * step_cos) >> precision,
            )
        angle = (angle << precision) // root
    return cosines, sines


def _turn(angle: int, precision: int) -> tuple[int, int]:
    """cos and sin of an angle of at most 1, with `precision` fractional bits."""
    sums, term, order = [0, 0], 1 << precision, 0
    while term:
        sums[order % 2] += term if order % 4 < 2 else -term
        order += 1
        term = (term * angle >> precision) // order
    return sums[0], sums[1]


class ExactMatrix:
    """y = W·x for integers, by float BLAS that is exact by bound; W has n rows (outputs) and k columns (inputs).

    reach: the input norm up to which float32 is exact for the ordinary rows. Rows whose norm is too large for it (few:
    `hot`) are computed in float64. Inputs beyond the reach are split into limbs within it.
    """

    def __init__(self, rows: npt.NDArray[np.int16], norms: Integers, reach: int | None = None) -> None:
        """norms: at least the Euclidean norm of every row. Without a reach, the one that leaves a row in 64 hot."""
        if reach is None:
            reach = (SINGLE - 1) // int(np.partition(norms, -(len(norms) // 64) - 1)[-(len(norms) // 64) - 1])
        self.weights = rows
        self.norms = norms
        self.hot = np.flatnonzero(norms * reach >= SINGLE)
        ordinary = int(np.delete(norms, self.hot).max(initial=1))
        self._reach = (SINGLE - 1) // ordinary
        self._single = rows.astype(np.float32)
        self._double = rows[self.hot].astype(np.float64)
        self._largest = int(norms.max())
        # A limb is in [-2^(t-1), 2^(t-1)), so its norm is at most 2^(t-1) · ceil(sqrt(k)).
        self._limb_bits = (self._reach // (math.isqrt(rows.shape[1]) + 1)).bit_length()
        if self._limb_bits < 2:
            raise ZkError("A matrix's weights are too large for exact products; give them fewer fractional bits.")

    def __call__(self, inputs: Integers) -> Integers:
        """W·x for one vector (k) or for several (m × k): exact int64 sums, (n) or (m × n)."""
        if np.abs(inputs).max(initial=0) >= LARGEST:
            raise ZkError("An activation is too large for exact products; this input cannot be run.")
        if inputs.ndim == 1:
            return self._one(inputs)
        outputs = np.empty((len(inputs), len(self.norms)), dtype=np.int64)
        within = np.array([norm_above(row) <= self._reach for row in inputs])
        if within.any():
            outputs[within] = self._within(inputs[within])
        for index in np.flatnonzero(~within):
            outputs[index] = self._one(inputs[index])
        return outputs

    def _one(self, inputs: Integers) -> Integers:
        norm = norm_above(inputs)
        if norm * self._largest >= DOUBLE:
            raise ZkError("An activation is too large for exact products; this input cannot be run.")
        if norm <= self._reach:
            return self._within(inputs)
        total = np.zeros(len(self.norms), dtype=np.int64)
        bits, half, rest, place = self._limb_bits, 1 << (self._limb_bits - 1), inputs, 0
        while norm_above(rest) > self._reach:
            limb = ((rest + half) & ((1 << bits) - 1)) - half
            total += (self._single @ limb.astype(np.float32)).astype(np.int64) << place
            rest, place = (rest - limb) >> bits, place + bits
        total += (self._single @ rest.astype(np.float32)).astype(np.int64) << place
        return self._with_hot(total, inputs)

    def _within(self, inputs: Integers) -> Integers:
        single = inputs.astype(np.float32)
        product = self._single @ single if inputs.ndim == 1 else single @ self._single.T
        return self._with_hot(product.astype(np.int64), inputs)

    def _with_hot(self, outputs: Integers, inputs: Integers) -> Integers:
        if len(self.hot):
            double = inputs.astype(np.float64)
            outputs[..., self.hot] = self._double @ double if inputs.ndim == 1 else double @ self._double.T
        return outputs
