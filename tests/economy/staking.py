"""Stake: in, out after the cooldown, and the part that backs challenges."""

from __future__ import annotations

from economy.ledger import Record, Transaction
from economy.parameters import P
from economy.world import config_of, pda, vault_pays, vault_takes

DAY = 86_400
COOLDOWN_S = WARM_UP_S = 14 * DAY
TIERS = (100_000 * 10**9, 500_000 * 10**9, 2_000_000 * 10**9)


def tier(amount: int) -> int:
    """0 none, 1 Basic, 2 Standard, 3 Advanced."""
    return sum(amount >= least for least in TIERS)


def weight(stake: Record, now: int) -> int:
    """What votes: matured stake, and pending once it has warmed up; never verifier stake."""
    return int(stake.matured) + (int(stake.pending) if now >= stake.pending_ts + WARM_UP_S else 0)


def warm_up(stake: Record, now: int) -> None:
    if now >= stake.pending_ts + WARM_UP_S:
        stake.matured += stake.pending
        stake.pending = 0


def free(stake: Record) -> int:
    """What no work has at risk."""
    return max(int(stake.matured + stake.pending - stake.at_risk), 0)


def count(governance: Record, config: Record, stake: Record) -> None:
    """The network counts the stakes that are large enough to check others' work."""
    enough = stake.verifier >= config.parameters[P.VERIFIER_STAKE]
    governance.verifiers += enough - stake.is_verifier
    stake.is_verifier = enough


def _own(tx: Transaction, refusal: str) -> Record:
    stake = tx.load("stake", "Stake")
    tx.need(stake.owner == tx.key("owner"), refusal)
    return stake


def _remove(tx: Transaction, stake: Record, amount: int) -> None:
    """From what waits, then from what votes; not from what is at risk."""
    tx.need(amount >= 1, "NothingToMove")
    tx.must(amount <= free(stake), "StakeTooLow")
    warm_up(stake, tx.now)
    waiting = min(amount, stake.pending)
    stake.pending -= waiting
    stake.matured -= amount - waiting


def _leave(tx: Transaction, stake: Record, amount: int) -> None:
    stake.unstaking += amount
    stake.unlock_ts = tx.now + COOLDOWN_S


def open_stake(tx: Transaction) -> None:
    owner = tx.key("owner")
    stake = tx.create("stake", "Stake", pda(b"stake", bytes(owner)))
    stake.owner = owner


def deposit_stake(tx: Transaction) -> None:
    governance, stake, amount = tx.load("governance", "Governance"), _own(tx, "NotDepositor"), tx["amount"]
    tx.need(amount >= 1, "NothingToStake")
    vault_takes(tx, amount)
    warm_up(stake, tx.now)
    stake.pending += amount
    stake.pending_ts = tx.now
    governance.staked += amount


def unstake(tx: Transaction) -> None:
    governance, stake, amount = tx.load("governance", "Governance"), _own(tx, "NotUnstaker"), tx["amount"]
    tx.need(stake.disputes == 0, "StakeInDispute")
    tx.need(tx.now >= stake.locked_until_ts, "StakeVoted")
    _remove(tx, stake, amount)
    _leave(tx, stake, amount)
    governance.staked -= amount


def withdraw_stake(tx: Transaction) -> None:
    tx.load("governance", "Governance")
    stake = _own(tx, "NotWithdrawer")
    tx.need(stake.disputes == 0, "StakeInDispute")
    tx.need(stake.unstaking >= 1, "NothingToWithdraw")
    tx.need(tx.now >= stake.unlock_ts, "StakeCoolingDown")
    vault_pays(tx, stake.unstaking, "token_account", tx.key("owner"))
    stake.unstaking = 0


def designate_verifier(tx: Transaction) -> None:
    config, governance = config_of(tx), tx.load("governance", "Governance")
    stake, amount = _own(tx, "NotDesignator"), tx["amount"]
    _remove(tx, stake, amount)
    stake.verifier += amount
    stake.verifier_ts = tx.now
    governance.staked -= amount
    count(governance, config, stake)


def undesignate_verifier(tx: Transaction) -> None:
    config, governance = config_of(tx), tx.load("governance", "Governance")
    stake, amount = _own(tx, "NotUndesignator"), tx["amount"]
    tx.need(stake.disputes == 0, "StakeInDispute")
    tx.need(amount >= 1, "NothingToUndesignate")
    tx.must(amount <= stake.verifier, "VerifierTooLow")
    stake.verifier -= amount
    _leave(tx, stake, amount)
    count(governance, config, stake)
