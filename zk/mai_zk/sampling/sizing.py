"""How many leaves to draw and how large a bond to ask; integers, always rounded to the safe side."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

from mai_zk.errors import ZkError
from mai_zk.sampling.cut import Cut, most_saved
from mai_zk.sampling.detection import missed

MARGIN = 4  # a bond is this many times what makes cheating break even
HIGH_VALUE = Fraction(1, 1 << 32)


def boundaries(leaves: int, convicting: int) -> int:
    """B, one over the share of leaves that convict, rounded up."""
    if not 1 <= convicting <= leaves:
        raise ZkError(f"{convicting} of {leaves} leaves cannot convict.")
    return -(-leaves // convicting)


def draws_for(boundaries: int, epsilon: Fraction) -> int:
    """The smallest integer q ≥ B·ln(1/ε): then (1 − 1/B)^q ≤ ε, drawing with or without replacement.

    It may exceed the number of leaves; then all are drawn.
    """
    if boundaries < 1 or not 0 < epsilon <= 1:
        raise ZkError("Draws need at least one boundary and a miss probability above 0, at most 1.")
    with localcontext() as context:
        context.prec = 60  # ln of a rational other than 1 is irrational: the ceiling is never a tie
        ratio = Decimal(epsilon.denominator) / Decimal(epsilon.numerator)
        return math.ceil(boundaries * ratio.ln())


def draws_exact(leaves: int, convicting: int, epsilon: Fraction) -> int:
    """The smallest number of different leaves to draw so that the miss probability is at most ε."""
    if not 0 < epsilon <= 1 or not 1 <= convicting <= leaves:
        raise ZkError("Draws need a convicting leaf and a miss probability above 0, at most 1.")
    low, high = 0, leaves - convicting + 1  # the last of these cannot miss
    while low < high:
        middle = (low + high) // 2
        if missed(leaves, convicting, middle) <= epsilon:
            high = middle
        else:
            low = middle + 1
    return low


def bond_for(gain: int | Fraction, detection: Fraction, margin: int = MARGIN) -> int:
    """The smallest integer bond strictly above margin·gain·(1 − p)/p.

    Args:
        gain: what an undetected cheat is worth, in the bond's unit.
        detection: p, the probability that a cheat is convicted and loses the bond.
        margin: how many times the break-even bond.
    """
    if gain < 0 or margin < 1 or not 0 < detection <= 1:
        raise ZkError("A bond needs a gain of at least 0, a margin of at least 1 and a detection above 0, at most 1.")
    return math.floor(margin * gain * (1 - detection) / detection) + 1


def bond_for_cuts(corners: list[Cut], leaves: int, draws: int, reward: int, margin: int = MARGIN) -> int:
    """The bond that no cut of the frontier beats: the largest `bond_for` over every number of convicting leaves.

    A cut gains the share of `reward` that it saves of the work; beside the corners the hull bounds it.
    """
    total = corners[-1].saved
    worst = 1
    for convicting in range(1, len(corners[-1].convicting) + 1):
        gain = reward * most_saved(corners, convicting) / total
        worst = max(worst, bond_for(gain, 1 - missed(leaves, convicting, draws), margin))
    return worst
