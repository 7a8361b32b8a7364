"""One instruction of a history, and what calls of the token program do to the supply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solders.pubkey import Pubkey

from mai.audit.machine import Outcome
from mai.chain.events import Told
from mai.chain.history import Invocation, Transaction

_MINT_TO, _BURN, _MINT_TO_CHECKED, _BURN_CHECKED = 7, 8, 14, 15
_BATCH = bytes([255])


@dataclass(frozen=True)
class Step:
    """One instruction of the program: as it landed, as the rules have it, and what was told of it.

    Attributes:
        told: the events that it emitted by the chain's logs.
    """

    transaction: Transaction
    call: Invocation
    outcome: Outcome
    told: list[Told]

    @property
    def name(self) -> str:
        """The instruction's."""
        return self.outcome.name


def moved(call: Invocation, mint: Pubkey) -> int | None:
    """What a call of the token program does to the supply of a mint, in base units; None if nothing."""
    if call.data[:1] == _BATCH:
        parts = [found for part in _parts(call) if (found := moved(part, mint)) is not None]
        return sum(parts) if parts else None
    if len(call.data) < 9 or len(call.accounts) < 2:
        return None
    tag, amount = call.data[0], int.from_bytes(call.data[1:9], "little")
    if tag in (_MINT_TO, _MINT_TO_CHECKED) and call.accounts[0] == mint:
        return amount
    if tag in (_BURN, _BURN_CHECKED) and call.accounts[1] == mint:
        return -amount
    return None


def _parts(call: Invocation) -> Iterator[Invocation]:
    """The instructions of the token program's batch: of each the number of accounts, the data's length, the data."""
    at, account = 1, 0
    while at + 2 <= len(call.data):
        accounts, size = call.data[at], call.data[at + 1]
        data = call.data[at + 2 : at + 2 + size]
        if data[:1] != _BATCH:
            yield Invocation(call.program, call.accounts[account : account + accounts], data, call.depth)
        at, account = at + 2 + size, account + accounts
