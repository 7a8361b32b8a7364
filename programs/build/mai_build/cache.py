"""Parts of the build that are made once and kept, each with a key: the hash of everything it was made from."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

KEY_FILE = ".key"


def digest(*parts: bytes | str | Path) -> str:
    """SHA-256 over texts and over files' or whole folders' names and contents, each with its length."""
    state = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            state.update(len(piece).to_bytes(8, "little"))
            state.update(piece)
    return state.hexdigest()


def _pieces(part: bytes | str | Path) -> Iterable[bytes]:
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, str):
        yield part.encode()
    elif part.is_dir():
        for path in sorted(p for p in part.rglob("*") if p.is_file() and "target" not in p.relative_to(part).parts):
            yield path.relative_to(part).as_posix().encode()
            yield path.read_bytes()
    else:
        yield part.read_bytes()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`'s lock, so that two builds at once take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def kept(folder: Path, key: str, make: Callable[[Path], None]) -> Path:
    """`folder` as `make` fills it, made anew only when its key is not `key`.

    `make` works in a temporary folder beside it that is renamed when complete: an interrupt leaves the old one or none.
    """
    mark = folder / KEY_FILE
    if mark.is_file() and mark.read_text() == key:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        make(fresh)
        (fresh / KEY_FILE).write_text(key)
        fresh.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def shared(folder: Path, name: str, key: str, make: Callable[[Path], None]) -> Path:
    """Like `kept`, for a folder that several checkouts use: each key has a place of its own, and builds take turns."""
    with locked(folder):
        return kept(folder / f"{name}-{key[:16]}", key, make)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write `content` unless `path` holds it already; says whether it wrote."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write_atomically(path, content)
    return True
