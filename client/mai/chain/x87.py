"""Sets the processor's x87 registers free in this thread.

The virtual machine of `solders` leaves them in use after a transaction. Until they are free, 80-bit arithmetic of the
same thread gives NaN, and a C++ library that sizes its hash tables with it, such as Ray's, ends the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import mmap
import platform
import sys
from collections.abc import Callable, Iterator

EMMS_RET = b"\x0f\x77\xc3"
"""The instruction EMMS, and a return (Intel's manual, volume 2)."""


def free() -> None:
    """Let 80-bit arithmetic work in this thread, whatever ran in it before; nothing on other processors."""
    _routine()()


@contextlib.contextmanager
def freed() -> Iterator[None]:
    """Around what may leave the registers in use."""
    try:
        yield
    finally:
        free()


@functools.cache
def _routine() -> Callable[[], object]:
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return lambda: None
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:  # a kernel that allows no such page
        return lambda: None
    page.write(EMMS_RET)
    call = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    call.page = page  # type: ignore[attr-defined]
    return call
