"""The requester's own key, and sealing: what only one reader can open (HPKE, RFC 9180, from a library)."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mai.errors import MaiError

KEY_BYTES = 32
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def seal(reader: bytes, info: bytes, plain: bytes) -> bytes:
    """What only the holder of ``reader``'s secret can open, and only as what ``info`` says.

    Args:
        reader: an X25519 public key, 32 bytes.

    Raises:
        MaiError: the key is none.
    """
    try:
        sealed: bytes = _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(reader), info)
    except ValueError:
        raise MaiError("the reader's key is no X25519 key") from None
    return sealed


class SealingKey:
    """A secret of this machine's: opens what was sealed to it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._secret.public_key().public_bytes_raw()

    @classmethod
    def at(cls, path: Path) -> SealingKey:
        """The key in a file that only its owner can read; made where it is missing.

        Raises:
            MaiError: the file cannot be read or written, is no key, or others can read it.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                _write(path, X25519PrivateKey.generate().private_bytes_raw())
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
        """The reverse of :func:`seal`.

        Raises:
            MaiError: it was sealed to another key, for another purpose, or changed.
        """
        try:
            plain: bytes = _SUITE.decrypt(sealed, self._secret, info)
        except (InvalidTag, ValueError):
            raise MaiError("this was sealed to another key, or for something else, or it was changed") from None
        return plain


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
