"""The requester's own key in a file: answers, disclosures and the journal are sealed to it (`mai.engine.sealing`)."""

from __future__ import annotations

import os
from pathlib import Path

from mai.engine.sealing import KEY_BYTES, Secret, seal
from mai.errors import MaiError

__all__ = ["KEY_BYTES", "SealingKey", "seal"]


class SealingKey:
    """A secret of this machine's: opens what was sealed to it."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self.public = secret.public

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
            with path.open("rb") as file:
                shared = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
                secret = file.read(KEY_BYTES + 1)
        except OSError as error:
            raise MaiError(f"the key {path} cannot be read or made: {error.strerror}") from error
        if shared:
            raise MaiError(f"others can read the key {path}: run `chmod 600 {path}`")
        if len(secret) != KEY_BYTES:
            raise MaiError(f"{path} is not a key: {len(secret)} bytes, not {KEY_BYTES}")
        return cls(Secret(secret))

    def open(self, info: bytes, envelope: bytes) -> bytes:
        """What was sealed to it; raises :class:`mai.engine.sealing.SealError`, a MaiError, where it was not."""
        return self._secret.open(info, envelope).reveal()


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
