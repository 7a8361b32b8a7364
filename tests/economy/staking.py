"""Stake: in, out after the cooldown, and the part that backs challenges."""

from __future__ import annotations

from economy.ledger import Record, Transaction
from economy.parameters import P
from economy.world import pda, vault_pays, vault_takes

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


def take(stake: Record, amount: int, *pots: str) -> int:
    """Takes up to `amount` out of the pots in turn; what it found."""
    left = amount
    for pot in pots:
        taken = min(left, getattr(stake, pot))
        setattr(stake, pot, getattr(stake, pot) - taken)
        left -= taken
    return amount - left


def open_stake(tx: Transaction) -> None:
    owner = tx.key("owner")
    stake = tx.create("stake", "Stake", pda(b"stake", bytes(owner)))
    stake.owner = owner


def _own(tx: Transaction) -> Record:
    stake = tx.load("stake", "Stake")
    tx.need(stake.owner == tx.key("owner"), "NotStakeOwner")
    return stake


def deposit_stake(tx: Transaction) -> None:
    stake, governance, amount = _own(tx), tx.load("governance", "Governance"), tx["amount"]
    tx.need(amount > 0, "NothingToStake")
    vault_takes(tx, amount)
    warm_up(stake, tx.now)
    stake.pending += amount
    stake.pending_ts = tx.now
    governance.staked += amount


def unstake(tx: Transaction) -> None:
    stake, governance, amount = _own(tx), tx.load("governance", "Governance"), tx["amount"]
    tx.need(amount > 0, "NothingToUnstake")
    tx.need(stake.disputes == 0, "StakeDisputed")
    tx.need(tx.now >= stake.locked_until_ts, "StakeLocked")
    tx.must(stake.matured + stake.pending >= amount, "StakeTooSmall")
    tx.need(stake.matured + stake.pending - amount >= stake.at_risk, "StakeAtRisk")
    take(stake, amount, "pending", "matured")
    stake.unstaking += amount
    stake.unlock_ts = tx.now + COOLDOWN_S
    governance.staked -= amount


def withdraw_stake(tx: Transaction) -> None:
    stake = _own(tx)
    tx.need(stake.disputes == 0, "StakeDisputed")
    tx.need(stake.unstaking > 0, "NothingToWithdraw")
    tx.need(tx.now >= stake.unlock_ts, "StakeCoolingDown")
    vault_pays(tx, stake.unstaking, tx.key("owner"))
    stake.unstaking = 0


def designate_verifier(tx: Transaction) -> None:
    stake, governance, amount = _own(tx), tx.load("governance", "Governance"), tx["amount"]
    tx.need(amount > 0, "NothingToDesignate")
    tx.must(stake.matured + stake.pending >= amount, "StakeTooSmall")
    tx.need(stake.matured + stake.pending - amount >= stake.at_risk, "StakeAtRisk")
    before = is_verifier(tx, stake)
    take(stake, amount, "matured", "pending")
    stake.verifier += amount
    governance.staked -= amount
    recount(tx, governance, before, stake)


def undesignate_verifier(tx: Transaction) -> None:
    stake, governance, amount = _own(tx), tx.load("governance", "Governance"), tx["amount"]
    tx.need(amount > 0, "NothingToDesignate")
    tx.need(stake.disputes == 0, "StakeDisputed")
    tx.must(stake.verifier >= amount, "StakeTooSmall")
    before = is_verifier(tx, stake)
    stake.verifier -= amount
    stake.unstaking += amount
    stake.unlock_ts = tx.now + COOLDOWN_S
    recount(tx, governance, before, stake)


def is_verifier(tx: Transaction, stake: Record) -> bool:
    config = tx.load("config", "Config")
    return bool(stake.verifier >= config.parameters[P.VERIFIER_STAKE])


def recount(tx: Transaction, governance: Record, before: bool, stake: Record) -> None:
    """The number of stakes large enough to check others' work."""
    governance.verifiers += is_verifier(tx, stake) - before
