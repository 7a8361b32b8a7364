"""The requester's own key in a file: answers, disclosures and the journal are sealed to it (`mai.engine.sealing`)."""

from __future__ import annotations

from pathlib import Path

from mai.engine.keyfile import secret_in
from mai.engine.sealing import KEY_BYTES, Secret, seal

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
        return cls(Secret(secret_in(path)))

    def open(self, info: bytes, envelope: bytes) -> bytes:
        """What was sealed to it; raises :class:`mai.engine.sealing.SealError`, a MaiError, where it was not."""
        return self._secret.open(info, envelope).reveal()
