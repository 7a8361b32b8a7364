"""Where the engine keeps what must outlive it: `$MAI_DATA_DIR`, else the platform's folder for a user's data."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from mai.errors import MaiError

FOLDER_VARIABLE = "MAI_DATA_DIR"


def data_folder() -> Path:
    """The data folder; it may not exist yet."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen).expanduser() if chosen else user_data_path("mai")


def private_folder(path: Path) -> Path:
    """The folder, made where it is missing, that only its owner can enter.

    Raises:
        MaiError: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MaiError(f"the folder {path} cannot be made: {error.strerror}") from error
    return path
