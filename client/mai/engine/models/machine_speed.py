"""How fast this machine moves and multiplies numbers and reads its disk: what is measured without any model."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mai.errors import MaiError

MIB = 2**20
COPY_BYTES = 256 * MIB
DISK_BYTES = 128 * MIB
SIDE = 1_024
ROUNDS = 5


def copy_bandwidth(size: int = COPY_BYTES, rounds: int = ROUNDS) -> float:
    """Bytes read and written a second by one thread that copies memory: the best of some rounds."""
    source = np.ones(size // 8, dtype=np.int64)
    target = np.empty_like(source)
    np.copyto(target, source)  # pages are given at the first touch
    return 2 * source.nbytes / min(_timed(lambda: np.copyto(target, source)) for _ in range(rounds))


def multiplications(side: int = SIDE, rounds: int = ROUNDS) -> float:
    """Multiply-accumulates of 32-bit floats a second, in a product of square matrices on all cores."""
    left = np.random.default_rng(0).random((side, side), dtype=np.float32)
    left @ left
    return side**3 / min(_timed(lambda: left @ left) for _ in range(rounds))


def disk_speed(folder: Path, size: int = DISK_BYTES) -> tuple[float, float]:
    """Bytes a second, written and forced to the disk, and read again; where the system drops a file's cache, from the
    disk itself.

    Raises:
        MaiError: the folder cannot be written.
    """
    path = folder / f".disk-{os.getpid()}-{secrets.token_hex(4)}"
    block = secrets.token_bytes(MIB)
    try:
        with path.open("xb", buffering=0) as file:
            written = _timed(lambda: _write(file.fileno(), block, size))
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with path.open("rb", buffering=0) as file:
            read = _timed(lambda: _read(file.fileno()))
    except OSError as error:
        raise MaiError(f"the disk under {folder} cannot be measured: {error.strerror}") from error
    finally:
        path.unlink(missing_ok=True)
    return size / written, size / read


def _write(file: int, block: bytes, size: int) -> None:
    for _ in range(size // len(block)):
        os.write(file, block)
    os.fsync(file)


def _read(file: int) -> None:
    while os.read(file, MIB):
        pass


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return max(time.perf_counter() - begun, 1e-9)
