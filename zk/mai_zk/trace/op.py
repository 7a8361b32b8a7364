"""The operations that the chain executes itself (docs/reference/executed.md)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

HEAD: Final = 64
"""Integers of a query, a key or a value."""


class Op(IntEnum):
    """A descriptor's first byte."""

    NORM = 1
    ATTEND = 2
    SWIGLU = 3
    TOP = 4
    BEST = 5


TWO_PARTS = frozenset({Op.NORM, Op.ATTEND})
"""What they give has two parts: the residual and the normed vector, the mixed values and the history's digest."""
