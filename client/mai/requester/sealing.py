"""The key that a requester or a verifier keeps on this machine: answers and disclosures are sealed to it."""

from __future__ import annotations

import os
from pathlib import Path

from mai.engine.sealing import KEY_BYTES, Secret
from mai.errors import MaiError


class SealingKey:
    """A secret of this machine's: opens what was sealed to it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = Secret(secret)
        self.public = self._secret.public

    @classmethod
    def at(cls, path: Path) -> SealingKey:
        """The key in a file that only its owner can read; made where it is missing.

        Raises:
            MaiError: the file cannot be read or written, is no key, or others can read it.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                _write(path, Secret.new().raw())
            if path.stat().st_mode & 0o077:
                raise MaiError(f"others can read the key {path}: run `chmod 600 {path}`")
            with path.open("rb") as file:
                secret = file.read(KEY_BYTES + 1)
        except OSError as error:
            raise MaiError(f"the key {path} cannot be read or made: {error.strerror}") from error
        if len(secret) != KEY_BYTES:
            raise MaiError(f"{path} is not a key: {len(secret)} bytes, not {KEY_BYTES}")
        return cls(secret)

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """The reverse of :func:`mai.engine.sealing.seal`.

        Raises:
            MaiError: it was sealed to another key, for another purpose, or changed.
        """
        return self._secret.open(info, sealed).reveal()


def _write(path: Path, secret: bytes) -> None:
    """A new file that is complete or not there; whoever comes second keeps the first one's."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
