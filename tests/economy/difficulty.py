"""The crank: multiplier, task difficulty and sampling of the next period from the figures of the last."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from economy.ledger import Record
from economy.rewards import EPOCH_S

PERIOD_S = 3_600
ONE = 10**9


def nudge(value: int, step: Fraction, lowest: int, highest: int) -> int:
    """`value` (1 + step), a step of an eighth at most; what is added or taken is rounded down."""
    change = min(value // 8, floor(value * abs(step)))
    return min(value + change, highest) if step >= 0 else max(value - change, lowest)


def turn(
    emission: Record, now: int, cap: int, smoothing: int, completion_target_bps: int, load_target_bps: int
) -> None:
    elapsed = min(now - emission.period_start_ts, 86_400)
    expected, period = cap * elapsed // EPOCH_S, cap * PERIOD_S // EPOCH_S
    emission.multiplier = nudge(
        emission.multiplier,
        Fraction(expected - emission.period_minted, max(period, 1) * smoothing),
        10**7,
        3 * ONE,
    )
    completion = completion_target_bps
    if emission.period_allowed_ms:
        completion = min(emission.period_active_ms * 10_000 // emission.period_allowed_ms, 10_000)
    there_ms = emission.miners * (now - emission.period_start_ts) * 1_000
    used = min(emission.period_active_ms * 10_000 // max(there_ms, 1), 10_000)
    emission.task_difficulty = nudge(
        emission.task_difficulty,
        Fraction(completion_target_bps + 5_000 - completion - used, 20_000 * smoothing),
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
