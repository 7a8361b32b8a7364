"""What keeps a process's memory off the disk: no core dumps, no swap for keys, and a warning where swap is on.

`guard()` is the first thing that a process does that will hold plain text; a process that it starts has to call it
again, for an exec makes a process dumpable.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import mmap
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mai.engine.scrub import scrub_logs

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_MADV_DONTDUMP = 16
_SEM_NO_FAULT_BOXES = 0x0001 | 0x0002
SWAPS = Path("/proc/swaps")
_IN_MEMORY = ("/dev/zram", "/zram")


@dataclass(frozen=True)
class Guarded:
    """What was reached.

    Attributes:
        core_limit: whether core files are limited to nothing.
        undumpable: whether the kernel makes no dump of this process and lets no other process of this user read it.
        warnings: what is left open, in words.
    """

    core_limit: bool
    undumpable: bool
    warnings: tuple[str, ...]


def guard() -> Guarded:
    """No dumps, scrubbed logs, and what is left open."""
    scrub_logs()
    core_limit, undumpable, warnings = _no_core_files(), _undumpable(), list[str]()
    if not core_limit and not undumpable:
        warnings.append("this system gives no way to forbid crash dumps: a crash may write prompts to the disk")
    if named := swaps():
        warnings.append(f"swap is on ({', '.join(named)}): prompts may be paged out to it; switch it off or encrypt it")
    return Guarded(core_limit, undumpable, tuple(warnings))


def _no_core_files() -> bool:
    try:
        import resource
    except ImportError:
        return False
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return False
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def _undumpable() -> bool:
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(_SEM_NO_FAULT_BOXES)
        return False
    if not sys.platform.startswith("linux"):
        return False
    libc = _libc()
    return bool(libc is not None and libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 and not dumpable())


def dumpable() -> bool:
    """Whether the kernel may dump this process (Linux; elsewhere always)."""
    libc = _libc() if sys.platform.startswith("linux") else None
    return bool(libc is None or libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)


def swaps(path: Path = SWAPS) -> list[str]:
    """Swap devices and files that are on a disk."""
    try:
        lines = path.read_text().splitlines()[1:]
    except OSError:
        return []
    named = [line.split()[0] for line in lines if line.strip()]
    return [name for name in named if not name.startswith(_IN_MEMORY)]


class Locked:
    """Bytes of a key in a page of their own: kept out of swap and dumps where the system lets us, and wiped."""

    def __init__(self, secret: bytes | bytearray) -> None:
        self._length = len(secret)
        # Private: a process that is forked off gets a copy of its own, and cannot wipe this one.
        private = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
        self._page = mmap.mmap(-1, max(len(secret), 1), **private)
        self.locked = self._lock()
        self._page[: self._length] = bytes(secret)
        if isinstance(secret, bytearray):
            secret[:] = bytes(len(secret))

    def view(self) -> memoryview:
        """The bytes, not copied."""
        return memoryview(self._page)[: self._length]

    def wipe(self) -> None:
        """Overwrite them."""
        self._page[:] = bytes(len(self._page))

    def _lock(self) -> bool:
        libc = _libc()
        if libc is None:
            return False
        anchor = ctypes.c_char.from_buffer(self._page)
        try:
            address, length = ctypes.c_void_p(ctypes.addressof(anchor)), ctypes.c_size_t(len(self._page))
            locked = bool(libc.mlock(address, length) == 0)
            if sys.platform.startswith("linux"):
                libc.madvise(address, length, _MADV_DONTDUMP)
        finally:
            del anchor
        return locked

    def __repr__(self) -> str:
        return "<key, not shown>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a key is not pickled or copied")


@functools.cache
def _libc() -> Any:
    if sys.platform == "win32":
        return None
    try:
        return ctypes.CDLL(ctypes.util.find_library("c") or None, use_errno=True)
    except OSError:
        return None
