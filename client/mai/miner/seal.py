"""What a miner keeps is sealed at rest: prompts, answers and proofs, under a key file that only its owner can read."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from mai_zk.trace.work import SALT_BYTES

from mai.engine.keyfile import secret_in
from mai.errors import MaiError

NONCE_BYTES = 12


class Seal:
    """Seals and opens bytes, and derives the salts of a device's answers."""

    def __init__(self, secret: bytes) -> None:
        """``secret``: 32 random bytes."""
        self._salting = hmac.digest(secret, b"MAI salts v1", hashlib.sha256)
        self._cipher = ChaCha20Poly1305(hmac.digest(secret, b"MAI seal v1", hashlib.sha256))

    @classmethod
    def of(cls, path: Path) -> Seal:
        """The seal of a key file, which is made where there is none.

        Raises:
            MaiError: the file cannot be read or made, others can read it, or it holds no key.
        """
        return cls(secret_in(path))

    def close(self, plain: bytes, name: str) -> bytes:
        """Seal bytes under a name: they open under no other."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """What :meth:`close` sealed under this name.

        Raises:
            MaiError: the bytes were changed, or sealed with another key or under another name.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise MaiError(f"{name} does not open: it was changed, or sealed with another key") from error

    def salts(self, context: bytes, count: int) -> tuple[bytes, ...]:
        """The salts of an answer of so many tokens in a context: the same after every restart, and no one else's."""
        return tuple(
            hmac.digest(self._salting, context + index.to_bytes(4, "little"), hashlib.sha256)[:SALT_BYTES]
            for index in range(count)
        )

    def number(self, context: bytes) -> int:
        """A number of eight bytes that follows from a context: names an upload, so that a restart goes on with it."""
        return int.from_bytes(hmac.digest(self._salting, b"upload" + context, hashlib.sha256)[:8], "little")
