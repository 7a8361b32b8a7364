"""Vectors of integers as the chain reads and hashes them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mai_zk.errors import ZkError

Integers = npt.NDArray[np.int64]


def encoded(values: Integers) -> bytes:
    """Four bytes each, little-endian, signed; ZkError where one does not fit."""
    if len(values) and not -(1 << 31) <= int(values.min()) <= int(values.max()) < 1 << 31:
        raise ZkError("An integer of an executed operation does not fit 32 bits.")
    return values.astype("<i4").tobytes()
