"""The difficulty of the next period: reading it and turning its crank."""

from __future__ import annotations

from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.program import MODULES

rules = MODULES["difficulty"]
ONE = int(rules.ONE)


def due_ts(economy: Economy) -> int:
    """From when on the running period can be closed."""
    return int(economy.state("emission").period_start_ts) + int(rules.PERIOD_S)


def turn(economy: Economy, caller: Signer) -> Landed:
    """Close the period; anyone may."""
    return economy.send("crank_difficulty", caller, {"caller": caller.pubkey()})
