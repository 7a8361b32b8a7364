"""Who signs and which cluster: what every command that sends a transaction takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from solders.keypair import Keypair

from mai.errors import MaiError

DEFAULT_KEYPAIR = Path.home() / ".config" / "solana" / "id.json"

UrlOption = Annotated[str, typer.Option(help="the cluster: localhost, devnet, …, or an RPC address")]
KeypairOption = Annotated[Path, typer.Option(help="the keypair file that signs and pays", show_default=False)]


def read_keypair(path: Path) -> Keypair:
    """The keypair in a file as Solana's tools write it: a JSON list of 64 bytes.

    Raises:
        MaiError: there is none.
    """
    try:
        return Keypair.from_bytes(bytes(json.loads(path.read_text())))
    except OSError as error:
        raise MaiError(f"the keypair file {path} cannot be read: name another with --keypair") from error
    except (ValueError, TypeError) as error:
        raise MaiError(f"{path} is not a keypair file") from error
