"""Which wallets `mai wallet` made: their URIs and addresses, nothing secret. A keychain cannot list its entries."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mai_zk.cache import write_atomic
from platformdirs import user_config_path
from solders.pubkey import Pubkey

from mai.errors import MaiError

FOLDER_VARIABLE = "MAI_CONFIG_DIR"
MAX_WALLETS = 1_000
MAX_BYTES = 1024 * 1024


def index_file() -> Path:
    """Where the list is kept."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return (Path(folder) if folder else user_config_path("mai")) / "wallets.json"


def wallets() -> dict[str, Pubkey]:
    """Addresses by URI, in the order in which the wallets were made.

    Raises:
        MaiError: the list is unreadable.
    """
    path = index_file()
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            listed = json.loads(file.read(MAX_BYTES))
        return {str(uri): Pubkey.from_string(address) for uri, address in listed.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise MaiError(f"the list of wallets {path} is unreadable: move it away; the wallets are not in it") from error


def note(uri: str, address: Pubkey) -> None:
    """Remember a wallet.

    Raises:
        MaiError: there are too many.
    """
    found = {**wallets(), uri: address}
    if len(found) > MAX_WALLETS:
        raise MaiError(f"the list of wallets is full: {MAX_WALLETS:,} are listed")
    _write(found)


def forget(uri: str) -> None:
    """Forget a wallet; nothing happens where it is not listed."""
    found = wallets()
    if found.pop(uri, None) is not None:
        _write(found)


def _write(found: dict[str, Pubkey]) -> None:
    path = index_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(path, json.dumps({uri: str(address) for uri, address in found.items()}, indent=1).encode())
