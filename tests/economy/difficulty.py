"""The crank: multiplier, task difficulty and sampling of the next period from the figures of the last."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from economy.ledger import Record

PERIOD_S = 3_600
ONE = 10**9


def nudge(value: int, step: Fraction, lowest: int, highest: int) -> int:
    """`value` (1 + step), a step of an eighth at most; what is added or taken is rounded down."""
    change = min(value // 8, floor(value * abs(step)))
    return min(value + change, highest) if step >= 0 else max(value - change, lowest)


def turn(
    emission: Record, now: int, epoch_ends: int, cap: int, smoothing: int, completion_target_bps: int,
    load_target_bps: int,
) -> None:  # fmt: skip
    """What was left of the epoch's cap when the period began is expected evenly over what was left of the epoch."""
    elapsed = now - emission.period_start_ts
    remaining = epoch_ends - now + elapsed
    left = max(cap - max(emission.epoch_minted - emission.period_minted, 0), 0)
    if left:
        expected, period = left * elapsed // remaining, left * PERIOD_S // max(remaining, PERIOD_S)
        step = Fraction(expected - emission.period_minted, max(period, 1) * smoothing)
        emission.multiplier = nudge(emission.multiplier, step, 10**5, 3 * ONE)
    completion = completion_target_bps
    if emission.period_allowed_ms:
        completion = min(emission.period_active_ms * 10_000 // emission.period_allowed_ms, 10_000)
    there_ms = emission.miners * elapsed * 1_000
    used = min(emission.period_active_ms * 10_000 // max(there_ms, 1), 10_000)
    # What was measured weighs with the difficulty.
    measured = Fraction((completion + used) * emission.task_difficulty, ONE)
    emission.task_difficulty = nudge(
        emission.task_difficulty,
        (completion_target_bps + 3_000 - measured) / (20_000 * smoothing),
        ONE // 2,
        3 * ONE,
    )
    load = min(emission.pending * 10_000 // max(emission.period_settled, 1), 10_000)
    emission.sampling = nudge(
        emission.sampling, Fraction(load_target_bps - load, 10_000 * smoothing), ONE, 4 * ONE
    )
    emission.period_start_ts = now
    for name in ("period_minted", "period_settled", "period_active_ms", "period_allowed_ms"):
        setattr(emission, name, 0)
    emission.cranks += 1
