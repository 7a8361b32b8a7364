"""What lies on disk is sealed with a key file that only the engine's user can read (ChaCha20-Poly1305)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from mai.engine.errors import EngineError
from mai.errors import MaiError

FILE = "vault.key"
KEY_BYTES, NONCE_BYTES = 32, 12
DOMAIN = b"MAI engine vault v1"


class KeyFileVault:
    """Seals by a key in a file; random nonces, so 2^32 seals at most are meant for one key."""

    def __init__(self, folder: Path) -> None:
        """Read the folder's key, or make one.

        Raises:
            MaiError: it cannot be read or made.
        """
        path = folder / FILE
        try:
            key = path.read_bytes() if path.exists() else _make(path)
            self._cipher = ChaCha20Poly1305(key)
        except (OSError, ValueError) as error:
            raise MaiError(f"the engine's key {path} cannot be used: move it away") from error

    def seal(self, plain: bytes) -> bytes:
        """Nonce and ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, DOMAIN)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            EngineError: it was sealed by another key, or changed.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], DOMAIN)
        except (InvalidTag, ValueError) as error:
            raise EngineError("envelope_unreadable", "a kept task was sealed by another key") from error


def _make(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    return key
