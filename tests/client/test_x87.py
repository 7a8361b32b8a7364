"""80-bit arithmetic after code that left the x87 registers in use."""

from __future__ import annotations

import ctypes
import math
import mmap
import platform
import sys

import numpy as np
import pytest
from mai.chain import x87

MOVQ_RET = b"\x0f\x6f\xc0\xc3"
"""Writes an MMX register, so that all x87 registers count as used, and returns."""

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="only x86-64 has x87 registers"
)


def one() -> float:
    with np.errstate(invalid="ignore"):
        return float(np.longdouble(3) / np.longdouble(1) / np.longdouble(3))


def test_registers_in_use_spoil_80_bit_arithmetic_until_they_are_freed() -> None:
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(MOVQ_RET)
    occupy = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    assert one() == 1
    occupy()
    spoilt = one()
    x87.free()
    assert math.isnan(spoilt) and one() == 1
