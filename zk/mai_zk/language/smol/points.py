"""KZG commitments of SmolLM2's vectors and weights, equal to the points in EZKL's proofs.

By the multi-scalar multiplication of the library `zksnake` (arkworks) where it is installed, else by mai_zk.msm: the
same points, some twenty times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mai_zk import cache as disk
from mai_zk.curve import Point, add
from mai_zk.language.integers import Integers
from mai_zk.language.smol.segments import DEEP, LOGROWS, WIDE, SmolSegment, shards
from mai_zk.language.smol.weights import Weights
from mai_zk.msm import weighted_sum
from mai_zk.srs import lagrange_points, make_test_srs
from mai_zk.sums import UNUSABLE_ROWS, unusable_point

VECTOR = 1536
"""The longest vector that crosses a segment's edge."""
COLUMN = WIDE.column
"""Weights in one column, and so in one commitment; the same for both shapes, since they have one k."""


class Committer:
    """Commits to columns of up to `length` integers under the test SRS of k = LOGROWS."""

    def __init__(self, length: int, native: Any = None) -> None:
        """native: the library's curve, which takes a tenth of a millisecond a point to get ready."""
        srs = make_test_srs(LOGROWS)
        self._points = lagrange_points(srs, length)
        self._unusable = unusable_point(srs, UNUSABLE_ROWS)
        self._native = native
        self._oriented = [self._native.PointG1(point.x, point.y) for point in self._points] if self._native else []

    def point(self, values: Sequence[int] | npt.NDArray[np.integer]) -> bytes:
        """The commitment, 64 bytes as in proofs."""
        return add(self._sum(np.asarray(values, dtype=np.int64).ravel()), self._unusable).to_bytes()

    def _sum(self, values: Integers) -> Point:
        if self._native is None:
            return weighted_sum(self._points[: len(values)], values.tolist())
        total = self._native.PointG1.identity()
        for sign in (1, -1):  # scalars of either sign as short positive ones: a residue near r is a long scalar
            rows = np.flatnonzero(values * sign > 0).tolist()
            if rows:
                scalars = np.abs(values[rows]).tolist()
                part = self._native.multiscalar_mul_g1([self._oriented[row] for row in rows], scalars)
                total = total + part if sign > 0 else total + (-part)
        return Point(0, 0) if total.is_zero() else Point(int(total.x), int(total.y))


def library() -> Any:
    """zksnake's BN254, or None where it is not installed."""
    try:
        from zksnake._algebra import ec_bn254
    except ImportError:
        return None
    return ec_bn254


@cache
def committer() -> Committer:
    """For vectors."""
    return Committer(VECTOR, library())


def weights_points(segment: SmolSegment, weights: Weights, made_by: Committer) -> bytes:
    """The commitments of a segment's weights, 64 bytes a column, as its proofs carry them after the first point."""
    values = segment.weights(weights).ravel()
    return b"".join(made_by.point(values[start : start + COLUMN]) for start in range(0, len(values), COLUMN))


def all_weights_points(weights: Weights, progress: Callable[[float], None] = lambda _: None) -> list[bytes]:
    """The commitments of all shards' weights, in order, from the cache or made now (minutes, once a machine)."""

    def make(folder: Path) -> None:
        found = Committer(COLUMN, library())
        with (folder / "points").open("wb") as file:
            for index, segment in enumerate(shards()):
                file.write(weights_points(segment, weights, found))
                progress((index + 1) / len(shards()))

    folder = disk.entry("smollm2-points", f"{weights.digest[:16]}-{WIDE.name}-{DEEP.name}-all", make)
    with (folder / "points").open("rb") as file:
        return [file.read(64 * segment.shape.parts.params_points) for segment in shards()]
