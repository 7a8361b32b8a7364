"""Spot-checks: challenging a work with another output, and deciding other people's challenges."""

from __future__ import annotations

from typing import Any

from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.program import MODULES
from mai.program.names import family

rules = MODULES["checks"]
STATUSES = family(rules, "CHECK_", "CHECK_ROUNDS", "CHECK_DELAY")


class SpotChecks:
    """The checks of the network."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def of_work(self, work: Pubkey) -> list[tuple[Pubkey, Any]]:
        """Every check of a work, the oldest first."""
        return sorted(self.economy.all("Check", work=work), key=lambda item: item[1].opened_ts)

    def all(self) -> list[tuple[Pubkey, Any]]:
        """Every check, the newest first."""
        return sorted(self.economy.all("Check"), key=lambda item: item[1].opened_ts, reverse=True)

    def open(self, owner: Signer, work: Pubkey, output: bytes) -> Landed:
        """Challenge a work with another output (its digest, 32 bytes)."""
        fields = self.economy.read("Work", work)
        stake = self.economy.stake_address(owner.pubkey())
        accounts = {
            "owner": owner.pubkey(),
            "stake": stake,
            "accused": self.economy.stake_address(fields.owner),
            "model": fields.model,
            "work": work,
            "check": self.economy.check_address(work, stake),
        }
        return self.economy.send("open_check", owner, accounts, {"output": list(output)})

    def draw(self, caller: Signer, check: Pubkey) -> Landed:
        """Fix the seed of a round's draw."""
        return self.economy.send("draw_check", caller, {"caller": caller.pubkey(), "check": check})

    def decide(self, owner: Signer, check: Pubkey, output: bytes) -> Landed:
        """Say as a third what the work's output is; fixes the round's seed first where nobody has."""
        fields = self.economy.read("Check", check)
        before = [] if fields.seeded else [self.economy.call("draw_check", {"caller": owner.pubkey(), "check": check})]
        accounts = {
            "owner": owner.pubkey(),
            "stake": self.economy.stake_address(owner.pubkey()),
            "challenger": self.economy.stake_address(fields.challenger),
            "accused": self.economy.stake_address(fields.accused),
            "miner": fields.miner,
            "task": fields.task,
            "work": fields.work,
            "check": check,
        }
        return self.economy.send("decide_check", owner, accounts, {"output": list(output)}, before=before)

    def void(self, caller: Signer, check: Pubkey) -> Landed:
        """End a check that no third has decided in time."""
        fields = self.economy.read("Check", check)
        accounts = {
            "caller": caller.pubkey(),
            "challenger": self.economy.stake_address(fields.challenger),
            "accused": self.economy.stake_address(fields.accused),
            "work": fields.work,
            "check": check,
        }
        return self.economy.send("void_check", caller, accounts)

    def correct(self, caller: Signer, offence: Pubkey) -> Landed:
        """Turn a check around that a proved appeal has overturned."""
        check = self.economy.read("Offence", offence).evidence
        model = self.economy.read("Check", check).model
        accounts = {"caller": caller.pubkey(), "model": model, "offence": offence, "check": check}
        return self.economy.send("correct_check", caller, accounts)
