"""Writes all files of a folder or none."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mai.errors import MaiError


def check_folder(folder: Path) -> None:
    """Makes the folder, so that a long run does not end with nothing to write to.

    Raises:
        MaiError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MaiError(f"{folder} cannot be written to: {error.strerror}") from error


def write_all(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Writes every file beside its place first and moves them only when all are there.

    Raises:
        MaiError: one cannot be written; then none is.
    """
    waiting: list[Path] = []
    try:
        for name, data in files.items():
            waiting.append(folder / f".{name}.part")
            waiting[-1].write_bytes(data)
        return [path.replace(folder / name) for path, name in zip(waiting, files, strict=True)]
    except OSError as error:
        raise MaiError(f"{folder} cannot be written to: {error.strerror}") from error
    finally:
        for path in waiting:
            path.unlink(missing_ok=True)
