# Dynamic difficulty (mining consensus document, 3.5): task difficulty, sampling ratio and reward multiplier follow from
# what the last period did. Anyone may turn the crank once a period; the same figures always give the same answer.
#
# A WTEMA rule needs no history but the last timestamp: with t elapsed, period T, a the output in periods' expected
# outputs,  K <- K (1 + (t / T - a) / N). No crank moves anything by more than an eighth. What is expected is what is left
# of the epoch's cap, spread over what is left of the epoch: a cap that is used up is no shortage.
from seahorse.prelude import *
from emission import Emission
from parameters import FULL_BPS
from rewards import ONE

PERIOD_S = 3_600
# The bounds of the three numbers, in 1/10^9.
LOWEST_MULTIPLIER = 100_000
HIGHEST_MULTIPLIER = 3_000_000_000
LOWEST_DIFFICULTY = 500_000_000
HIGHEST_DIFFICULTY = 3_000_000_000
# Sampling never falls below what the task class asks for.
LOWEST_SAMPLING = 1_000_000_000
HIGHEST_SAMPLING = 4_000_000_000
LARGEST_STEP = 8
# The share of the devices' time that difficulty aims to see at work.
UTILISATION_TARGET_BPS = 3_000


# value * (1 + up - down over scale), in at most an eighth either way and inside the bounds; every division rounds down.
def nudged(value: u64, up: u128, down: u128, scale: u128, lowest: u64, highest: u64) -> u64:
    most = u128(value) // LARGEST_STEP
    if up >= down:
        return min(u64(u128(value) + min(most, u128(value) * (up - down) // scale)), highest)
    return max(u64(u128(value) - min(most, u128(value) * (down - up) // scale)), lowest)


# What was left of the epoch's cap when the period began.
def cap_before(cap: u64, epoch_minted: u64, period_minted: u64) -> u64:
    before = epoch_minted - min(epoch_minted, period_minted)
    return cap - min(cap, before)


# More minted than expected lowers the multiplier. left: of the cap, in base units, for the `remaining_s` from the
# period's beginning to the epoch's end.
def next_multiplier(
    multiplier: u64, minted: u64, left: u64, remaining_s: u64, elapsed_s: u64, smoothing: u64
) -> u64:
    expected = u128(left) * u128(elapsed_s) // u128(max(remaining_s, elapsed_s))
    period = u128(left) * PERIOD_S // u128(max(remaining_s, PERIOD_S))
    if left == 0:
        return multiplier
    return nudged(
        multiplier, expected, u128(minted), max(period, 1) * u128(smoothing), LOWEST_MULTIPLIER, HIGHEST_MULTIPLIER
    )


# Share of the devices' time that was paid work, in basis points, at most 10,000.
def utilisation(active_ms: u64, miners: u32, elapsed_s: u64) -> u64:
    there = u128(miners) * u128(elapsed_s) * 1_000
    return u64(min(u128(active_ms) * FULL_BPS // max(there, 1), FULL_BPS))


# Share of the allowed time that works took, in basis points; the target where nothing was done.
def completion(active_ms: u64, allowed_ms: u64, target_bps: u64) -> u64:
    if allowed_ms == 0:
        return target_bps
    return u64(min(u128(active_ms) * FULL_BPS // u128(allowed_ms), FULL_BPS))


# Fast completions and idle devices make tasks harder to get, slow ones and full devices easier. What is measured weighs
# with the difficulty, so that it comes to rest where both meet the targets.
def next_difficulty(difficulty: u64, completion_bps: u64, target_bps: u64, utilisation_bps: u64, smoothing: u64) -> u64:
    up = (u128(target_bps) + UTILISATION_TARGET_BPS) * ONE
    down = (u128(completion_bps) + u128(utilisation_bps)) * u128(difficulty)
    return nudged(difficulty, up, down, 20_000 * u128(smoothing) * ONE, LOWEST_DIFFICULTY, HIGHEST_DIFFICULTY)


# Proofs that pile up lower the sampling ratio, an empty queue raises it.
def next_sampling(sampling: u64, pending: u32, settled: u32, target_bps: u64, smoothing: u64) -> u64:
    load = min(u64(pending) * FULL_BPS // max(u64(settled), 1), FULL_BPS)
    return nudged(
        sampling, u128(target_bps), u128(load), FULL_BPS * u128(smoothing), LOWEST_SAMPLING, HIGHEST_SAMPLING
    )


# Closes the period and opens the next.
def turn(
    emission: Emission, now: i64, left: u64, remaining_s: u64, elapsed_s: u64, smoothing: u64, completion_bps: u64,
    completion_target_bps: u64, utilisation_bps: u64, load_target_bps: u64
):
    assert now >= emission.period_start_ts + PERIOD_S, 'PeriodNotOver: the period lasts an hour'
    emission.multiplier = next_multiplier(
        emission.multiplier, emission.period_minted, left, remaining_s, elapsed_s, smoothing
    )
    emission.task_difficulty = next_difficulty(
        emission.task_difficulty, completion_bps, completion_target_bps, utilisation_bps, smoothing
    )
    emission.sampling = next_sampling(
        emission.sampling, emission.pending, emission.period_settled, load_target_bps, smoothing
    )
    emission.period_start_ts = now
    emission.period_minted = 0
    emission.period_settled = 0
    emission.period_active_ms = 0
    emission.period_allowed_ms = 0
    emission.cranks += 1
