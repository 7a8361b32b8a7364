"""What a miner keeps is sealed at rest: prompts, answers and proofs, under a key file that only its owner can read."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from mai_zk.trace.work import SALT_BYTES

from mai.errors import MaiError

KEY_BYTES, NONCE_BYTES = 32, 12


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
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(path)
            with path.open("rb") as file:
                shared = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
                secret = file.read(KEY_BYTES + 1)
        except OSError as error:
            raise MaiError(f"the key file {path} cannot be read or made: {error.strerror}") from error
        if shared:
            raise MaiError(f"others can read the key file {path}: run `chmod 600 {path}`")
        if len(secret) != KEY_BYTES:
            raise MaiError(f"{path} is not a key file of this miner: it has {KEY_BYTES} bytes")
        return cls(secret)

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


def _make(path: Path) -> None:
    """A new key file, complete or not there at all; an existing one is left alone."""
    if path.exists():
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        pass  # another process made it meanwhile
    finally:
        part.unlink(missing_ok=True)
