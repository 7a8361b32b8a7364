"""The integer arithmetic: rounding, tables against high precision, products that are exact whatever the bound says."""

from __future__ import annotations

import hashlib
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai_zk.errors import ZkError
from mai_zk.language.integers import (
    SINGLE,
    TABLE_BITS,
    Decay,
    ExactMatrix,
    Integers,
    norm_above,
    powers_of_two,
    rotations,
    round_divide,
    round_shift,
)


def half_away(value: Fraction) -> int:
    """The rule, in exact fractions."""
    size = (2 * abs(value) + 1) // 2
    return int(size) if value > 0 else -int(size)


@given(st.integers(-(1 << 60), 1 << 60), st.integers(0, 40))
def test_shifts_round_halves_away_from_zero(value: int, bits: int) -> None:
    assert round_shift(np.array([value]), bits)[0] == half_away(Fraction(value, 1 << bits))


@given(st.integers(-(1 << 60), 1 << 60), st.integers(1, 1 << 60))
def test_divisions_round_halves_away_from_zero(value: int, divisor: int) -> None:
    assert round_divide(np.array([value]), divisor)[0] == half_away(Fraction(value, divisor))


def test_halves() -> None:
    values = np.array([-192, -65, -64, -63, 0, 63, 64, 65, 192])
    assert round_shift(values, 7).tolist() == [-2, -1, -1, 0, 0, 0, 1, 1, 2]
    assert round_divide(values, 128).tolist() == [-2, -1, -1, 0, 0, 0, 1, 1, 2]


def test_powers_of_two_are_the_nearest_integers() -> None:
    getcontext().prec = 60
    table = powers_of_two(18)
    assert len(table) == 1 << TABLE_BITS and table[0] == 1 << 18
    for index in range(0, 1 << TABLE_BITS, 37):
        exact = Decimal(2) ** (18 - Decimal(index) / (1 << TABLE_BITS))
        assert abs(Decimal(int(table[index])) - exact) <= Decimal("0.5")


def test_decay_is_the_exponential_function() -> None:
    decay = Decay(30, 11)
    arguments = np.arange(0, 30 << 11, 97)
    expected = np.exp(-arguments / 2.0**11) * 2.0**30
    assert np.all(np.abs(decay(arguments) - expected) <= expected * 2.0**-TABLE_BITS + 1)
    assert decay(np.array([64 << 11, 1 << 61])).tolist() == [0, 0]  # so far out nothing is left, and nothing overflows


def test_rotations_are_the_nearest_integers() -> None:
    cosines, sines = rotations(300, 32, 100000, 15)
    angles = np.arange(300)[:, None] * 100000.0 ** (-np.arange(32) / 32)
    for table, function in ((cosines, np.cos), (sines, np.sin)):
        assert np.abs(table - function(angles) * 2**15).max() < 0.5 + 1e-6


def test_the_tables_are_those_of_every_machine() -> None:
    cosines, sines = rotations(64, 32, 100000, 15)
    data = b"".join(table.astype("<i8").tobytes() for table in (powers_of_two(18), powers_of_two(30), cosines, sines))
    assert hashlib.sha256(data).hexdigest() == TABLES


TABLES = "3a98d33c6b594a7494b860b1115181951dfc4c95ac2621c4c9f6d711fe674461"


def matrix(seed: int, rows: int, columns: int, size: int) -> tuple[Integers, Integers]:
    """Random weights and their rows' norms."""
    weights = np.random.default_rng(seed).integers(-size, size + 1, (rows, columns))
    return weights, np.array([norm_above(row) for row in weights])


@given(st.integers(0, 1000), st.sampled_from([50, 1 << 10, 1 << 15, 1 << 21]), st.booleans())
def test_products_are_exact_at_every_size(seed: int, size: int, hot: bool) -> None:
    """In float32 within the reach, in limbs beyond it, rows of large norm in float64: as Python's integers."""
    weights, norms = matrix(seed, 24, 40, 800)
    if hot:
        weights[3] = 32000
        norms[3] = norm_above(weights[3])
    made = ExactMatrix(weights.astype(np.int16), norms, reach=2000)
    assert (3 in made.hot) == hot
    inputs = np.random.default_rng(seed + 1).integers(-size, size + 1, (3, 40))
    inputs[1] = np.sign(weights[0]) * size  # nothing cancels
    expected = [[sum(int(x) * int(w) for x, w in zip(row, line, strict=True)) for line in weights] for row in inputs]
    assert made(inputs).tolist() == expected
    assert made(inputs[1]).tolist() == expected[1]


def test_the_bound_matters() -> None:
    """One above 2^24, float32 loses a unit: what the limbs are for."""
    weights = np.array([[1, 4096]], dtype=np.int16)
    inputs = np.array([1, 4096])
    assert int((weights.astype(np.float32) @ inputs.astype(np.float32))[0]) == SINGLE  # wrong
    assert ExactMatrix(weights, np.array([4097]), reach=16)(inputs).tolist() == [SINGLE + 1]


def test_what_is_too_large_is_refused() -> None:
    weights, norms = matrix(1, 4, 40, 30000)
    with pytest.raises(ZkError, match="too large for exact products"):
        ExactMatrix(weights.astype(np.int16), norms, reach=2000)(np.full(40, 1 << 40))
