"""A secret of 32 bytes in a file that only its owner can read: made once, whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from mai.errors import MaiError

SECRET_BYTES = 32


def secret_in(path: Path) -> bytes:
    """The secret of a key file, which is made where there is none; of two makers at once the first counts.

    Raises:
        MaiError: the file cannot be read or made, others can read it, or it holds no such secret.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            shared = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
            secret = file.read(SECRET_BYTES + 1)
    except OSError as error:
        raise MaiError(f"the key file {path} cannot be read or made: {error.strerror}") from error
    if shared:
        raise MaiError(f"others can read the key file {path}: run `chmod 600 {path}`")
    if len(secret) != SECRET_BYTES:
        raise MaiError(f"{path} is not a key file: it has not {SECRET_BYTES} bytes")
    return secret


def _make(path: Path) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        pass  # another process made it meanwhile
    finally:
        part.unlink(missing_ok=True)
