"""Limb and value bounds of key programs, in exact integers: the analysis that sealing performs on chain.

A slot's bound is the largest value of each of its nine limbs and of the whole integer. Multiplication is column-wise
with 64-bit columns and Montgomery reduction by 29 bits a row (programs/verifier); nothing may overflow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mai_zk.errors import ZkError
from mai_zk.field import LIMB_BITS, LIMB_MASK, MONT, MONT_BITS, N_LIMBS, R, from_limbs, limbs
from mai_zk.isa import Op

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram

_R_LIMBS: Final = limbs(R)
_TOP_SHIFT: Final = LIMB_BITS * (N_LIMBS - 1)
_COLUMN: Final = 1 << 64
_LANE: Final = 1 << 32
# The largest sum that reduction adds to column k: m * r's limbs, without the lowest (it cancels with the column).
_REDUCTION: Final = tuple(
    sum(LIMB_MASK * _R_LIMBS[k - i] for i in range(max(0, k - N_LIMBS + 1), min(N_LIMBS, k + 1)) if k > i)
    for k in range(2 * N_LIMBS - 1)
)
CHECK_LIMIT: Final = R + MONT  # below it, only R mod r itself equals constant 0 modulo r


class BoundError(Exception):
    """An operation could overflow or underflow."""


@dataclass(frozen=True)
class Bound:
    """Largest limbs and largest value."""

    limbs: tuple[int, ...]
    value: int

    @property
    def widest(self) -> int:
        """The largest limb."""
        return max(self.limbs)


def normal(value: int) -> Bound:
    """The bound of carried limbs that hold at most `value`."""
    top = value >> _TOP_SHIFT
    if top >= _LANE:
        raise BoundError("the top limb does not fit 32 bits")
    return Bound((LIMB_MASK,) * (N_LIMBS - 1) + (top,), value)


def exact(values: tuple[int, ...]) -> Bound:
    """The bound of a constant."""
    return Bound(values, from_limbs(values))


INPUT: Final = normal(R - 1)
HINT: Final = normal((1 << 256) - 1)
CHALLENGE: Final = normal(((1 << 256) - 1) * (R - 1) // (1 << MONT_BITS) + R)


def multiply(pairs: Iterable[tuple[Bound, Bound]]) -> Bound:
    """The bound of a sum of products with one reduction; BoundError if a 64-bit column could overflow."""
    columns = [0] * (2 * N_LIMBS - 1)
    value = 0
    for a, b in pairs:
        value += a.value * b.value
        for i, x in enumerate(a.limbs):
            for j, y in enumerate(b.limbs):
                columns[i + j] += x * y
    carry = 0
    for k, column in enumerate(columns):
        total = column + carry + _REDUCTION[k] + LIMB_MASK
        if total >= _COLUMN:
            raise BoundError("a column of products does not fit 64 bits")
        carry = total // (1 << (LIMB_BITS - 1)) // 2 + LIMB_MASK + 1 if k < N_LIMBS else total >> LIMB_BITS
    return normal((value + ((1 << MONT_BITS) - 1) * R) >> MONT_BITS)


def add(a: Bound, b: Bound) -> Bound:
    """a + b, limb by limb; BoundError if a limb could exceed 32 bits."""
    total = Bound(tuple(x + y for x, y in zip(a.limbs, b.limbs, strict=True)), a.value + b.value)
    if total.widest >= _LANE:
        raise BoundError("a limb does not fit 32 bits")
    return total


def subtract(a: Bound, b: Bound, c: tuple[int, ...]) -> Bound:
    """a + c - b with the constant c; BoundError if a limb could go below zero or exceed 32 bits."""
    if from_limbs(c) % R or any(x < y for x, y in zip(c, b.limbs, strict=True)):
        raise BoundError("the constant is not a multiple of r that covers the subtrahend")
    return add(a, exact(c))


def check_bounds(program: KeyProgram) -> None:
    """Abstract interpretation of the whole field code; ZkError names the first instruction that is out of bounds."""
    slots = [exact(c) for c in program.constants]
    slots += [CHALLENGE] * program.n_challenges
    slots += [INPUT] * (program.n_instances + program.n_evals)
    slots += [HINT] * program.n_hints
    slots += [normal(0)] * (program.n_slots - len(slots))
    for number, ins in enumerate(program.code):
        args = ins.args
        try:
            if ins.products:
                slots[args[0]] = multiply((slots[a], slots[b]) for a, b in ins.products)
            elif ins.op is Op.ADD:
                slots[args[0]] = add(slots[args[1]], slots[args[2]])
            elif ins.op is Op.SUB:
                if args[3] >= program.n_constants:
                    raise BoundError("SUB's last operand is not a constant")
                slots[args[0]] = subtract(slots[args[1]], slots[args[2]], program.constants[args[3]])
            elif ins.op is Op.NORM:
                slots[args[0]] = normal(slots[args[0]].value)
            elif ins.op is Op.CHK:
                if multiply([(slots[args[0]], slots[args[1]])]).value >= CHECK_LIMIT:
                    raise BoundError("the product could be a second representation of one")
            elif ins.op is Op.SCAL and multiply([(slots[args[1]], slots[2])]).value >= 1 << 256:
                raise BoundError("the scalar does not fit 32 bytes")
        except BoundError as error:
            raise ZkError(f"Instruction {number} ({ins.op.name}) of the key program is unsafe: {error}.") from None
