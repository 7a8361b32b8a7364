"""Sums of KZG commitments: what one vector is to others that add up to it (shard joins, residual additions).

EZKL's commitment of a column is C(v) = sum of v_i L_i + U, where L_i is the SRS's Lagrange point of row i and U the sum
of the last, unusable rows' points: EZKL puts ones there. So C(a + b) = C(a) + C(b) - U in one layout. Soundness, and
what a sum does not show, are in docs/decisions/0007-sums-of-commitments.md.

`python -m mai_zk.sums LOGROWS` prints U under the test SRS.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mai_zk.curve import IDENTITY, Point, add, is_on_curve, multiply, negate
from mai_zk.errors import ZkError
from mai_zk.field import R
from mai_zk.msm import weighted_sum
from mai_zk.srs import Srs, lagrange_points, load_srs, make_test_srs

MAX_TERMS = 256
"""Points in one sum."""

MAX_BOUND = (R - 1) // 2 + 1
"""Integers smaller than this in size are told apart by their residues mod r."""

UNUSABLE_ROWS = 6
"""EZKL's for one inner column and one rotation a side, as in every shard; a circuit's key.json states its own."""


class SumRefused(ZkError):
    """A sum that cannot be taken; `name` says why in one word."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.name = name


@dataclass(frozen=True)
class Layout:
    """What two commitments must share to be added: the SRS, 2^logrows rows, unusable rows, length and scale."""

    srs: bytes
    logrows: int
    unusable_rows: int
    width: int
    scale: int


@dataclass(frozen=True)
class Committed:
    """A commitment in its layout; every integer in it is smaller than `bound` in size (the circuit's range check)."""

    point: Point
    layout: Layout
    bound: int


def unusable_point(srs: Srs, unusable_rows: int = UNUSABLE_ROWS) -> Point:
    """U: the commitment of no values, the sum of the last rows' Lagrange points."""
    tail = lagrange_points(srs, unusable_rows, start=(1 << srs.logrows) - unusable_rows)
    return weighted_sum(tail, [1] * unusable_rows)


def join(points: Sequence[Point], unusable: Point) -> Point:
    """P_1 + ... + P_n - (n - 1) U: the commitment of the sum of what the points commit to.

    Raises SumRefused: NothingToJoin, TooManyTerms, PointInvalid (not canonical, not on the curve), PointIsIdentity
    (a given point or U), JoinIsIdentity (no proof can hold that point).
    """
    if not points:
        raise SumRefused("NothingToJoin", "A sum of commitments has at least one point.")
    if len(points) > MAX_TERMS:
        raise SumRefused("TooManyTerms", f"A sum of commitments has at most {MAX_TERMS} points, not {len(points)}.")
    for point in (*points, unusable):
        if not is_on_curve(point):
            raise SumRefused("PointInvalid", "A point of the sum has a coordinate >= q or is not on the curve.")
        if point == IDENTITY:
            raise SumRefused("PointIsIdentity", "The identity is no commitment; a proof cannot hold it.")
    total = multiply(negate(unusable), len(points) - 1)
    for point in points:
        total = add(total, point)
    if total == IDENTITY:
        raise SumRefused("JoinIsIdentity", "The sum is the identity, which is no commitment.")
    return total


def join_committed(terms: Sequence[Committed], unusable: Point) -> Committed:
    """`join` of terms of one layout, with the sum's bound.

    Raises SumRefused: as `join`; LayoutsDiffer; IntegersTooLarge where the sum might wrap around mod r.
    """
    layouts = {term.layout for term in terms}
    if len(layouts) > 1:
        names = [name for name in Layout.__dataclass_fields__ if len({getattr(item, name) for item in layouts}) > 1]
        raise SumRefused("LayoutsDiffer", f"Commitments that differ in {' and '.join(names)} cannot be added.")
    bound = sum(term.bound - 1 for term in terms) + 1
    if any(term.bound < 1 for term in terms) or bound > MAX_BOUND:
        raise SumRefused("IntegersTooLarge", "The sum's integers may wrap around mod r; their bound is too large.")
    return Committed(join([term.point for term in terms], unusable), terms[0].layout, bound)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m mai_zk.sums LOGROWS [--srs FILE] [--unusable-rows N]`."""
    parser = argparse.ArgumentParser(prog="python -m mai_zk.sums", description="Print the point U of an SRS.")
    parser.add_argument("logrows", type=int)
    parser.add_argument("--srs", type=Path, help="an SRS file; by default the test SRS")
    parser.add_argument("--unusable-rows", type=int, default=UNUSABLE_ROWS)
    chosen = parser.parse_args(arguments)
    try:
        srs = load_srs(chosen.srs) if chosen.srs else make_test_srs(chosen.logrows)
        if srs.logrows != chosen.logrows:
            raise ZkError(f"{srs.path} has k = {srs.logrows}, not {chosen.logrows}.")
        point = unusable_point(srs, chosen.unusable_rows)
    except ZkError as error:
        print(error, file=sys.stderr)
        return 1
    facts = {"srs": srs.id.hex(), "logrows": srs.logrows, "unusable_rows": chosen.unusable_rows}
    print(json.dumps({**facts, "point": point.to_bytes().hex()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
