"""An unfinished download: its bytes so far, and what they are of, so that the next run goes on where this one ended."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mai_zk.cache import write_atomic

from mai.chain.progress import Progress
from mai.errors import MaiError

MAX_STATE_BYTES = 16 * 1024
CHUNK = 1024 * 1024
CHECKPOINT = 16 * 1024 * 1024
"""After so many new bytes they are forced to the disk, and the state file says so."""


@dataclass(frozen=True)
class State:
    """What a part is of.

    Attributes:
        source: as it was named, with the hub's commit where that is known.
        etag: the server's strong ETag; empty where it gave none.
        size: of the whole file in bytes; -1 where nobody said.
        safe: bytes that are on the disk whatever happens.
    """

    source: str
    etag: str = ""
    size: int = -1
    safe: int = 0


class Part:
    """A file that grows, with the SHA-256 of what is in it.

    Attributes:
        length: bytes so far.
        resumed: whether an earlier run's bytes are among them.
        state: what it is of.
    """

    def __init__(self, path: Path, room: Callable[[int], None]) -> None:
        """Open or make the file.

        Args:
            room: refuses (MaiError) to let the file grow to so many bytes.
        """
        self.path, self._room = path, room
        self._state_path = path.with_suffix(".json")
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self.length = self._forced = 0
        self.resumed = False
        self.state = _read(self._state_path)

    def __enter__(self) -> Part:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            self._file = os.fdopen(descriptor, "r+b")
        except OSError as error:
            raise MaiError(f"the unfinished download {self.path} cannot be opened: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def sha256(self) -> str:
        """Of all that is in it, in hexadecimal."""
        return self._hash.hexdigest()

    def resume(self, source: str, progress: Progress, *, most: int | None = None) -> int:
        """Keep what is there if it is of this source, and hash it; else begin anew. The length that was kept.

        Args:
            most: keep no more than so many bytes.
        """
        file = self._opened()
        if self.state is None or self.state.source != source:
            self.restart(State(source))
            return 0
        length = os.fstat(file.fileno()).st_size
        length = min(length, most) if most is not None else length
        file.truncate(length)
        file.seek(0)
        self._hash, self.length, self._forced = hashlib.sha256(), 0, length
        while self.length < length and (block := file.read(min(CHUNK, length - self.length))):
            self._hash.update(block)
            self.length += len(block)
            progress(self.length, max(self.state.size, length))
        self.resumed = self.length > 0
        return self.length

    def restart(self, state: State) -> None:
        """Empty it: from now on it is of this."""
        file = self._opened()
        file.seek(0)
        file.truncate(0)
        self._hash, self.length, self._forced = hashlib.sha256(), 0, 0
        self.resumed = False
        self._write(state)

    def expect(self, size: int) -> None:
        """Refuse (MaiError) a file that will not fit, before its bytes are fetched."""
        self._room(size)

    def append(self, data: bytes) -> None:
        """Put bytes at the end.

        Raises:
            MaiError: there is no room for them; what is there stays.
        """
        file = self._opened()
        self._room(self.length + len(data))
        try:
            file.write(data)
        except OSError as error:
            file.truncate(self.length)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise MaiError(f"the download stopped: {'the disk is full' if full else error.strerror}") from error
        self._hash.update(data)
        self.length += len(data)
        if self.length - self._forced >= CHECKPOINT:
            self.force()

    def force(self) -> None:
        """Bring it all to the disk, and say so in the state file."""
        file = self._opened()
        file.flush()
        os.fsync(file.fileno())
        self._forced = self.length
        if self.state is not None:
            self._write(State(self.state.source, self.state.etag, self.state.size, self.length))

    def finish(self, final: Path) -> None:
        """Put the whole file in its place by one rename, which outlives a power cut; :meth:`forget` comes last."""
        self.force()
        self._close()
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.replace(final)
        for folder in (final.parent, final.parent.parent):
            force_folder(folder)

    def forget(self) -> None:
        """Remove the state file: the whole file is listed."""
        self._state_path.unlink(missing_ok=True)

    def discard_bytes(self) -> None:
        """Throw away what is there; it stays a part of the same source."""
        if self.state is not None:
            self.restart(State(self.state.source))

    def discard(self) -> None:
        """Throw it away."""
        self._close()
        self.path.unlink(missing_ok=True)
        self._state_path.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise MaiError("the unfinished download is not open")
        return self._file

    def _write(self, state: State) -> None:
        write_atomic(self._state_path, json.dumps(asdict(state)).encode())
        self.state = state


def _read(path: Path) -> State | None:
    """A state file's content; None where there is none that can be used."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_STATE_BYTES))
        state = State(str(found["source"]), str(found["etag"]), int(found["size"]), int(found["safe"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return state


def force_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
