"""Limb and value bounds of key programs: the analysis that sealing performs (`seal::field` in programs/verifier).

A slot's bound is the largest content of each of its nine limbs, and the largest whole value in units of r / 2^20.
The compiler uses the same functions to decide where to carry and reduce, so that what it emits can be sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mai_zk.errors import ZkError
from mai_zk.field import LIMB_BITS, LIMB_MASK, MONT, MONT_BITS, N_LIMBS, R, from_limbs, limbs
from mai_zk.isa import Op

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram

UNIT: Final = 1 << 20  # one r
MAX_VALUE: Final = UNIT << 10
_R_LIMBS: Final = limbs(R)
_TOP_PER_R: Final = R >> (LIMB_BITS * (N_LIMBS - 1))
_SHRINK: Final = -(-(R << 30) >> MONT_BITS)  # what a reduction leaves of a product's value, in 2^-30
ANY_256_BITS: Final = -(-(UNIT << 256) // R)
SCALAR_LIMIT: Final = (UNIT << 256) // R
CHECK_LIMIT: Final = UNIT + UNIT * MONT // R  # up to it, only R mod r itself is congruent to constant 0

_LANE: Final = 1 << 32
_N_COLUMNS: Final = 2 * N_LIMBS - 1
_COLUMN_UNIT: Final = 6  # columns are counted in units of 2^6, products rounded up
_COLUMN_LIMIT: Final = 1 << (64 - _COLUMN_UNIT)
# What a reduction adds to each column at most: m * r's limbs (the lowest cancels), the carry from below, m.
_REDUCTION: Final = tuple(
    ((1 << 35) + (1 << 31) + sum(LIMB_MASK * _R_LIMBS[k - i] for i in range(N_LIMBS) if 0 < k - i < N_LIMBS))
    // (1 << _COLUMN_UNIT)
    + 1
    for k in range(_N_COLUMNS)
)
_MOST_REDUCTION: Final = max(_REDUCTION)


class BoundError(Exception):
    """An operation could overflow or underflow."""


@dataclass(frozen=True)
class Bound:
    """Largest limbs, and largest value in units of r / 2^20."""

    limbs: tuple[int, ...]
    value: int

    @cached_property
    def widest(self) -> int:
        """The largest limb."""
        return max(self.limbs)


def carried(value: int) -> Bound:
    """Limbs after carrying, of a value of at most `value` units."""
    if value > MAX_VALUE:
        raise BoundError("a value exceeds 1024 r")
    top = ((value * (_TOP_PER_R + 1)) >> 20) + 1
    return Bound((LIMB_MASK,) * (N_LIMBS - 1) + (top,), value)


def exact(values: tuple[int, ...]) -> Bound:
    """The bound of a constant."""
    top = values[-1] + -(-max(values[:-1]) // LIMB_MASK)
    value = top * UNIT // _TOP_PER_R + 1
    if value > MAX_VALUE:
        raise BoundError("a value exceeds 1024 r")
    return Bound(values, value)


def multiply(pairs: Sequence[tuple[Bound, Bound]]) -> Bound:
    """The bound of a sum of products with one reduction; BoundError if a 64-bit column could overflow."""
    column = _MOST_REDUCTION + sum(N_LIMBS * _units(a.widest * b.widest) for a, b in pairs)
    if column >= _COLUMN_LIMIT:
        _check_columns(pairs)
    value = sum(a.value * b.value for a, b in pairs)
    return carried(((((value >> 30) + 1) * _SHRINK) >> 20) + 1 + UNIT)


def _units(product: int) -> int:
    return (product >> _COLUMN_UNIT) + 1


def _check_columns(pairs: Sequence[tuple[Bound, Bound]]) -> None:
    columns = list(_REDUCTION)
    for a, b in pairs:
        for i, x in enumerate(a.limbs):
            for j, y in enumerate(b.limbs):
                columns[i + j] += _units(x * y)
    if max(columns) >= _COLUMN_LIMIT:
        raise BoundError("a column of products does not fit 64 bits")


def add(a: Bound, b: Bound) -> Bound:
    """a + b, limb by limb; BoundError if a limb could exceed 32 bits."""
    total = Bound(tuple(x + y for x, y in zip(a.limbs, b.limbs, strict=True)), a.value + b.value)
    if total.widest >= _LANE:
        raise BoundError("a limb does not fit 32 bits")
    if total.value > MAX_VALUE:
        raise BoundError("a value exceeds 1024 r")
    return total


def subtract(a: Bound, b: Bound, c: tuple[int, ...]) -> Bound:
    """a + c - b with the constant c; BoundError if a limb could go below zero or exceed 32 bits."""
    times, rest = divmod(from_limbs(c), R)
    if rest or any(x < y for x, y in zip(c, b.limbs, strict=True)):
        raise BoundError("the constant is not a multiple of r that covers the subtrahend")
    return add(a, Bound(c, times * UNIT))


INPUT: Final = carried(UNIT)
HINT: Final = carried(ANY_256_BITS)
CHALLENGE: Final = multiply([(HINT, INPUT)])
RAW_ONE: Final = Bound(limbs(1), 1)


def check_bounds(program: KeyProgram) -> None:
    """Abstract interpretation of the whole field code; ZkError names the first instruction that is out of bounds."""
    slots = [exact(c) for c in program.constants]
    slots += [CHALLENGE] * program.n_challenges
    slots += [INPUT] * (program.n_instances + program.n_evals)
    slots += [HINT] * program.n_hints
    slots += [carried(0)] * (program.n_slots - len(slots))
    for number, ins in enumerate(program.code):
        args = ins.args
        try:
            if ins.products:
                slots[args[0]] = multiply([(slots[a], slots[b]) for a, b in ins.products])
            elif ins.op is Op.ADD:
                slots[args[0]] = add(slots[args[1]], slots[args[2]])
            elif ins.op is Op.SUB:
                if args[3] >= program.n_constants:
                    raise BoundError("SUB's last operand is not a constant")
                slots[args[0]] = subtract(slots[args[1]], slots[args[2]], program.constants[args[3]])
            elif ins.op is Op.NORM:
                slots[args[0]] = carried(slots[args[0]].value)
            elif ins.op is Op.CHK:
                if multiply([(HINT, slots[args[1]])]).value > CHECK_LIMIT:
                    raise BoundError("the product could be a second representation of one")
            elif ins.op is Op.SCAL and multiply([(slots[args[1]], RAW_ONE)]).value > SCALAR_LIMIT:
                raise BoundError("the scalar does not fit 32 bytes")
        except BoundError as error:
            raise ZkError(f"Instruction {number} ({ins.op.name}) of the key program is unsafe: {error}.") from None
