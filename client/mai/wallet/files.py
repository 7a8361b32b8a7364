"""Keypair files as Solana's tools write them: a JSON list of 64 bytes that only its owner can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from solders.keypair import Keypair

from mai.errors import MaiError

DEFAULT_KEYPAIR = Path.home() / ".config" / "solana" / "id.json"
MAX_BYTES = 4_096
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_keypair(path: Path) -> Keypair:
    """The keypair in a file.

    Raises:
        MaiError: there is none, or others than the file's owner can read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MaiError(f"the keypair file {path} cannot be read: name another with --keypair") from error
    if os.name == "posix" and mode & OTHERS:
        raise MaiError(f"others can read the keypair file {path}: run `chmod 600 {path}`")
    try:
        return Keypair.from_bytes(bytes(json.loads(raw[:MAX_BYTES])))
    except (ValueError, TypeError) as error:
        raise MaiError(f"{path} is not a keypair file") from error


def write_keypair(path: Path, keypair: Keypair) -> None:
    """Write a new keypair file; it is complete and only its owner's, or it is not there.

    Raises:
        MaiError: a file is there already, or it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(json.dumps(list(bytes(keypair))))
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # fails where a file is there: no wallet is ever overwritten
    except FileExistsError as error:
        raise MaiError(f"{path} exists already: no wallet is overwritten") from error
    except OSError as error:
        raise MaiError(f"the keypair file {path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
