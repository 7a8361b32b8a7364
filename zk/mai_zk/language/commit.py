"""Commitments of short vectors of short integers, many times under one SRS: a table of multiples of every row's point.

A digit costs one addition, and all additions of a commitment share their inversions (mai_zk.msm.batch_add). Equal to
`mai_zk.circuits.commit`; nothing here is secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from mai_zk.circuits import part_digest
from mai_zk.curve import IDENTITY, Point, add, multiply, negate
from mai_zk.errors import ZkError
from mai_zk.field import Q
from mai_zk.msm import batch_add
from mai_zk.srs import Srs, lagrange_points
from mai_zk.sums import unusable_point

DIGIT_BITS = 6
DIGITS = 3
_HALF = 1 << (DIGIT_BITS - 1)
MOST = sum(_HALF - 1 << DIGIT_BITS * place for place in range(DIGITS))
"""Integers up to this in size go through the table; larger ones have their digits' sum doubled up, which is slower."""


class Committer:
    """Commits to vectors of up to ``length`` integers."""

    def __init__(self, srs: Srs, unusable_rows: int, length: int) -> None:
        self._unusable = unusable_point(srs, unusable_rows)
        points = lagrange_points(srs, length)
        self._length = length
        self._tables: list[tuple[list[int], list[int]]] = []  # multiples 1 to _HALF of all rows' points, digit by digit
        for _ in range(DIGITS):
            self._tables.append(_multiples(points))
            points = _doubled(points, DIGIT_BITS)
        self._next = points

    def point(self, values: Sequence[int]) -> bytes:
        """The commitment, 64 bytes."""
        if len(values) > self._length:
            raise ZkError(f"{len(values)} values do not fit a table for {self._length}.")
        xs, ys, rest = [], [], []
        for row, value in enumerate(values):
            remaining = int(value)
            for table_x, table_y in self._tables:
                digit = (remaining + _HALF) % (2 * _HALF) - _HALF
                remaining = (remaining - digit) >> DIGIT_BITS
                if digit:
                    at = (abs(digit) - 1) * self._length + row
                    xs.append(table_x[at])
                    ys.append(table_y[at] if digit > 0 else Q - table_y[at])
                if not remaining:
                    break
            if remaining:
                rest.append((row, remaining))
        total = add(_sum(xs, ys), self._unusable)
        for row, factor in rest:
            large = multiply(self._next[row], abs(factor))
            total = add(total, large if factor > 0 else negate(large))
        return total.to_bytes()

    def digest(self, values: Sequence[int]) -> bytes:
        """The digest of a part that is this one vector."""
        return part_digest((), (self.point(values),))


def _doubled(points: Sequence[Point], times: int) -> list[Point]:
    for _ in range(times):
        points = [add(point, point) for point in points]
    return list(points)


def _multiples(points: Sequence[Point]) -> tuple[list[int], list[int]]:
    """1, 2, ... _HALF times every point: all of the first multiples, then all of the second."""
    base_x, base_y = [p.x for p in points], [p.y for p in points]
    twice = _doubled(points, 1)
    xs, ys = [*base_x, *(p.x for p in twice)], [*base_y, *(p.y for p in twice)]
    last_x, last_y = [p.x for p in twice], [p.y for p in twice]
    for _ in range(_HALF - 2):
        last_x, last_y = batch_add(last_x, last_y, base_x, base_y)
        xs += last_x
        ys += last_y
    return xs, ys


def _sum(xs: list[int], ys: list[int]) -> Point:
    """The sum of many points; a pair with one x (a doubling, a cancellation) is added by itself."""
    apart = IDENTITY
    while len(xs) > 1:
        half = len(xs) // 2
        ax, bx, ay, by = xs[:half], xs[half : 2 * half], ys[:half], ys[half : 2 * half]
        odd_x, odd_y = xs[2 * half :], ys[2 * half :]
        meeting = [i for i in range(half) if ax[i] == bx[i]]
        for i in reversed(meeting):
            apart = add(apart, add(Point(ax.pop(i), ay.pop(i)), Point(bx.pop(i), by.pop(i))))
        xs, ys = batch_add(ax, ay, bx, by) if ax else ([], [])
        xs, ys = [*xs, *odd_x], [*ys, *odd_y]
    return add(apart, Point(xs[0], ys[0])) if xs else apart
