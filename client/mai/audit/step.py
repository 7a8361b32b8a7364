"""One instruction of a history, and what calls of the token program do to the supply."""

from __future__ import annotations

from dataclasses import dataclass

from solders.pubkey import Pubkey

from mai.audit.machine import Outcome
from mai.chain.events import Told
from mai.chain.history import Invocation, Transaction

_MINT_TO, _BURN, _MINT_TO_CHECKED, _BURN_CHECKED = 7, 8, 14, 15


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
    if len(call.data) < 9 or len(call.accounts) < 2:
        return None
    tag, amount = call.data[0], int.from_bytes(call.data[1:9], "little")
    if tag in (_MINT_TO, _MINT_TO_CHECKED) and call.accounts[0] == mint:
        return amount
    if tag in (_BURN, _BURN_CHECKED) and call.accounts[1] == mint:
        return -amount
    return None
