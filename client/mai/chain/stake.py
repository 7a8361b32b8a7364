"""A wallet's stake: in, out after a cooldown, and aside as a verifier's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.program import MODULES
from mai.program.names import STAKE_TIERS

rules = MODULES["staking"]


@dataclass(frozen=True)
class StakeView:
    """A stake and what follows from it now.

    Attributes:
        weight: what it weighs in votes.
        free: what can leave or back another work.
        matures_ts: when what is pending begins to count in votes; None if nothing is pending.
        blocked: why nothing can be unstaked now, in one phrase; None if something can.
    """

    address: Pubkey
    fields: Any
    weight: int
    tier: str
    free: int
    matures_ts: int | None
    blocked: str | None


class Staking:
    """One wallet's stake."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def view(self, owner: Pubkey) -> StakeView | None:
        """The owner's stake; None if it was never opened."""
        address = self.economy.stake_address(owner)
        fields = self.economy.find("Stake", address)
        if fields is None:
            return None
        now = self.economy.cluster.unix_time()
        weight = int(rules.voting_weight(fields, now))
        blocked = None
        if fields.disputes:
            blocked = "a challenge of this stake is open"
        elif now < fields.locked_until_ts:
            blocked = "it was voted with"
        waiting = fields.pending > 0 and not rules.is_warm(fields, now)
        return StakeView(
            address,
            fields,
            weight,
            STAKE_TIERS[int(rules.tier_of(weight))],
            int(rules.free_of(fields)),
            int(fields.pending_ts + rules.WARM_UP_S) if waiting else None,
            blocked,
        )

    def deposit(self, owner: Signer, amount: int) -> Landed:
        """Put base units into the vault; opens the stake first where it is missing."""
        accounts = {**self._accounts(owner), "token_account": self.economy.token_address(owner.pubkey())}
        before = self.economy.opening_stake(owner.pubkey())
        return self.economy.send("deposit_stake", owner, accounts, {"amount": amount}, before=before)

    def unstake(self, owner: Signer, amount: int) -> Landed:
        """Start the cooldown of base units; of what is leaving already it starts anew."""
        return self.economy.send("unstake", owner, self._accounts(owner), {"amount": amount})

    def withdraw(self, owner: Signer) -> Landed:
        """Pay out everything that has cooled down."""
        accounts = {**self._accounts(owner), "token_account": self.economy.token_address(owner.pubkey())}
        before = [self.economy.open_token_account(owner.pubkey(), owner.pubkey())]
        return self.economy.send("withdraw_stake", owner, accounts, before=before)

    def designate(self, owner: Signer, amount: int) -> Landed:
        """Set base units aside to back challenges and decisions."""
        return self.economy.send("designate_verifier", owner, self._accounts(owner), {"amount": amount})

    def undesignate(self, owner: Signer, amount: int) -> Landed:
        """Let verifier stake leave, through the cooldown."""
        return self.economy.send("undesignate_verifier", owner, self._accounts(owner), {"amount": amount})

    def _accounts(self, owner: Signer) -> dict[str, Pubkey]:
        return {"owner": owner.pubkey(), "stake": self.economy.stake_address(owner.pubkey())}
