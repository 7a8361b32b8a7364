"""What a ledger holds besides accounts: blocks, transactions that landed, and one that is about to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.localnet.cell import Cell


@dataclass(frozen=True)
class Block:
    """A slot that is over.

    Attributes:
        hash: 32 bytes; transactions name it as their recent blockhash.
        height: the number of blocks before it.
        time: seconds since the epoch.
        transactions: how many it holds.
    """

    slot: int
    parent: int
    hash: bytes
    previous: bytes
    height: int
    time: int
    transactions: int


@dataclass(frozen=True)
class Stored:
    """A transaction that landed.

    Attributes:
        err: Solana's error as JSON has it, None after success.
        meta: what `getTransaction` shows as ``meta``, with ``loadedAddresses``.
        wire: the signed transaction.
    """

    id: int
    signature: Signature
    slot: int
    time: int
    err: Any
    memo: str | None
    meta: dict[str, Any]
    wire: bytes


@dataclass(frozen=True)
class Landing:
    """A transaction and all that it changed, to be written together."""

    signature: Signature
    err: Any
    memo: str | None
    meta: dict[str, Any]
    wire: bytes
    addresses: Sequence[Pubkey]
    changes: Sequence[tuple[Pubkey, Cell | None, Cell | None]]
