"""An account's content."""

from __future__ import annotations

from typing import NamedTuple

from solders.pubkey import Pubkey


class Cell(NamedTuple):
    """An account's content. Unlike the binding's own class it does not copy the data at every look."""

    lamports: int
    data: bytes
    owner: Pubkey
    executable: bool = False
