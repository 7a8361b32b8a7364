"""Where made things are kept: whole folders or files that appear by one rename, checked by SHA-256 when read.

The cache is `$MAI_CACHE`, else `$XDG_CACHE_HOME/mai`, else `~/.cache/mai`. A run that is killed leaves at most a
temporary folder, which the next run removes; an entry whose bytes changed is noticed and made again. Of several
processes that need the same entry one makes it and the others wait for it.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mai_zk.errors import ZkError

MANIFEST = "manifest.json"
_TEMPORARY = ".making-"
_STALE_SECONDS = 6 * 3600


def cache_dir() -> Path:
    """The cache's folder, made if it is not there."""
    chosen = os.environ.get("MAI_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        path = Path(chosen) if chosen else (Path(base) if base else Path.home() / ".cache") / "mai"
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise ZkError(f"The cache folder cannot be made ({error}); set MAI_CACHE to a writable folder.") from error
    return path


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ZkError(f"{path} cannot be read ({error.strerror}).") from error


def content_hash(*parts: bytes) -> str:
    """Hex SHA-256 of byte strings, each preceded by its length, so that no two lists of parts collide."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@contextlib.contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A temporary folder inside the cache (so that a rename out of it is atomic), removed on the way out."""
    root = parent or cache_dir() / "tmp"
    path = root / f"{_TEMPORARY}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        path.mkdir()
    except OSError as error:
        raise ZkError(f"The cache at {root} cannot be written ({error.strerror}); set MAI_CACHE.") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove temporary folders that a killed run left: their process is gone, or they are hours old."""
    for path in root.glob(_TEMPORARY + "*"):
        pid = path.name.removeprefix(_TEMPORARY).split("-")[0]
        with contextlib.suppress(OSError):
            old = time.time() - path.stat().st_mtime > _STALE_SECONDS
            if old or not (pid.isdigit() and _alive(int(pid))):
                shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is either the old one or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise ZkError(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def entry(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The cached folder `kind/key`, made by `make(folder)` if it is missing or damaged.

    `make` fills a temporary folder; its files' hashes are recorded in a manifest and the folder is renamed into place.
    It may ask for other entries, as long as they do not ask for this one.
    """
    final = cache_dir() / kind / key
    if _intact(final):
        return final
    with _only_one(kind, key), scratch(cache_dir() / kind) as folder:
        if _intact(final):  # made by another process meanwhile
            return final
        made = folder / "entry"
        made.mkdir()
        make(made)
        files = {path.name: sha256_file(path) for path in sorted(made.iterdir())}
        (made / MANIFEST).write_text(json.dumps(files, indent=1) + "\n")
        if final.exists():
            with contextlib.suppress(OSError):
                final.replace(folder / "damaged")
        try:
            made.rename(final)
        except OSError as error:
            raced = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
            if not (raced and _intact(final)):  # where nothing can be locked, another process may have been faster
                raise ZkError(f"The cache entry {final} cannot be written ({error.strerror}).") from error
    return final


@contextlib.contextmanager
def _only_one(kind: str, key: str) -> Iterator[None]:
    """Nobody else makes this entry meanwhile, thread or process; the lock ends with its holder, however that ends."""
    folder = cache_dir() / "locks"
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / f"{kind}-{key}").open("wb")
    except OSError as error:
        raise ZkError(f"The cache at {folder} cannot be written ({error.strerror}); set MAI_CACHE.") from error
    with lock:
        with contextlib.suppress(OSError):  # some network file systems have no locks: then the work is done twice
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _intact(folder: Path) -> bool:
    """Whether the folder holds exactly the files of its manifest, byte for byte."""
    try:
        files = json.loads((folder / MANIFEST).read_text())
        present = {path.name for path in folder.iterdir()} - {MANIFEST}
    except (OSError, ValueError):
        return False
    if not isinstance(files, dict) or present != set(files):
        return False
    return all(sha256_file(folder / name) == digest for name, digest in files.items())
