"""Weeks: uptime and reputation of a device, in exact fractions that are rounded down where the design says so."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from economy.ledger import Record
from economy.parameters import P
from economy.rewards import epoch_of

WEEK_S = 604_800
HOUR_S = 3_600
COUNTERS = (
    "hours", "missed", "completed", "failed", "rejected", "consistent", "active_ms_week", "allowed_ms_week"
)  # fmt: skip


def week_of(genesis_ts: int, now: int) -> int:
    return (now - genesis_ts) // WEEK_S


def bps(part: int, whole: int) -> int:
    """A share in basis points, rounded down; of nothing: everything."""
    return floor(Fraction(part, whole) * 10_000) if whole else 10_000


def consistent(took_ms: int, units: int, power: int, lanes: int) -> bool:
    """Is it no more than twice as slow as it showed, each lane for itself, and five seconds? Who showed nothing is."""
    return power == 0 or took_ms <= 5_000 + 2 * floor(Fraction(units * 400 * max(lanes, 1), power))


def uptime(miner: Record, missed_hours: int) -> int:
    if miner.completed == 0:
        return 0
    return bps(max(miner.hours - miner.missed * missed_hours, 0), 168)


def score(miner: Record, epoch: int, uptime_bps: int) -> int:
    """Half AI results, half hardware at first; 5 points more AI each epoch, at most 90 %; 10 points off a violation."""
    success = bps(miner.completed, miner.completed + miner.failed)
    passed = bps(miner.completed, miner.completed + miner.rejected)
    used = min(bps(miner.active_ms_week, miner.allowed_ms_week), 10_000) if miner.allowed_ms_week else 0
    latency = 10_000 - used // 2
    ai = floor(Fraction(4 * success + 3 * passed + 2 * latency + uptime_bps, 10))
    weight = min(Fraction(1, 2) + Fraction(epoch, 20), Fraction(9, 10))
    both = floor(weight * ai + (1 - weight) * bps(min(miner.consistent, miner.completed), miner.completed))
    return max(both - 1_000 * miner.rejected, 0)


def enter_week(miner: Record, week: int, epoch: int, missed_hours: int) -> None:
    """Closes the device's week if a later one has begun; uptime counts in the very next week only."""
    if week <= miner.week:
        return
    last = uptime(miner, missed_hours)
    if miner.completed or miner.failed or miner.rejected:
        miner.quality_bps = floor(Fraction(3 * miner.quality_bps + score(miner, epoch, last), 4))
    miner.uptime_bps = last if week == miner.week + 1 else 0
    miner.week = week
    for name in COUNTERS:
        setattr(miner, name, 0)


def touch(miner: Record, config: Record, now: int) -> int:
    """The week and epoch of now, as far as this device is concerned; the epoch."""
    epoch = epoch_of(config.genesis_ts, now)
    enter_week(miner, week_of(config.genesis_ts, now), epoch, config.parameters[P.MISSED_HOURS])
    return epoch


def sign_of_life(miner: Record, genesis_ts: int, now: int) -> None:
    hour = (now - genesis_ts) // HOUR_S + 1
    if hour > miner.last_hour:
        miner.last_hour = hour
        miner.hours += 1
