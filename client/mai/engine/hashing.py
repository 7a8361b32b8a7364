"""SHA-256 of a model's files, read piece by piece."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mai.chain.progress import Progress, silent
from mai.errors import MaiError

CHUNK = 2**20


def hash_file(path: Path, progress: Progress = silent) -> str:
    """The SHA-256 of a file in hexadecimal.

    Raises:
        MaiError: it cannot be read.
    """
    found, done = hashlib.sha256(), 0
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while block := file.read(CHUNK):
                found.update(block)
                done += len(block)
                progress(done, size)
    except OSError as error:
        raise MaiError(f"{path} cannot be read: {error.strerror}") from error
    return found.hexdigest()


def hash_files(files: Mapping[str, Path], progress: Progress = silent) -> str:
    """The SHA-256, in hexadecimal, of what ``sha256sum`` prints for these files, in the order of their names.

    Raises:
        MaiError: one cannot be read.
    """
    hashes, before = dict[str, str](), 0
    whole = sum(path.stat().st_size for path in files.values())
    for name, path in files.items():
        hashes[name] = hash_file(path, _further(progress, before, whole))
        before += path.stat().st_size
    return hash_lines(hashes)


def hash_lines(hashes: Mapping[str, str]) -> str:
    """As :func:`hash_files`, of files whose hashes are known."""
    lines = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()


def _further(progress: Progress, before: int, whole: int) -> Progress:
    return lambda done, _: progress(before + done, whole)
