"""The program's rules on plain integers and NumPy arrays of them, fast enough for every hour of ten years.

``tests/simulate`` holds each to the program's own function of the same name, to the unit. Every division rounds down.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from mai.program import calibration, difficulty, emission, parameters, registry, rewards

ONE = int(difficulty.ONE)
PERIOD_S = int(difficulty.PERIOD_S)
EPOCH_S = int(rewards.EPOCH_SECONDS)
BPS = int(parameters.FULL_BPS)
_HOUR_MS, _RATE_SCALE = int(rewards.HOUR_MS), int(rewards.RATE_SCALE)
_SUPPLY_LIMIT = int(emission.SUPPLY_LIMIT)
_LARGEST_STEP, _UTILISATION_TARGET = int(difficulty.LARGEST_STEP), int(difficulty.UTILISATION_TARGET_BPS)
_MULTIPLIERS = int(difficulty.LOWEST_MULTIPLIER), int(difficulty.HIGHEST_MULTIPLIER)
_DIFFICULTIES = int(difficulty.LOWEST_DIFFICULTY), int(difficulty.HIGHEST_DIFFICULTY)
_SAMPLINGS = int(difficulty.LOWEST_SAMPLING), int(difficulty.HIGHEST_SAMPLING)
CALIBRATION = tuple(int(calibration.default_calibration(entry)) for entry in range(42))

# A Python integer of any size, or an array of them.
Exact = int | npt.NDArray[np.object_]


@cache
def parameter(index: int) -> int:
    """The default of one of the 32 parameters."""
    return int(parameters.default_parameter(index))


def class_parameter(task_class: int, which: int) -> int:
    """The default of a parameter of a task class."""
    return parameter(int(parameters.CLASS_PARAMETERS) + 3 * task_class + which)


@cache
def rate_of_epoch(epoch: int) -> int:
    """The share of the launch rates that an epoch pays, in 1/100,000."""
    return int(rewards.epoch_rate(epoch, parameter(parameters.RATE_FLOOR)))


@cache
def cap_of_epoch(epoch: int) -> int:
    """The most that an epoch mints, in base units."""
    return int(emission.cap_of_epoch(parameter(parameters.EPOCH_CAP), rate_of_epoch(epoch)))


def reward(
    hourly: Any, active_ms: Exact, nft: int, uptime: int, trust: Any, multiplier: int, quality: int, rate: int
) -> Any:
    """The reward's amount in base units; bonuses, trust and quality in basis points, the multiplier in 1/10^9."""
    amount = hourly * active_ms // _HOUR_MS
    for factor in (BPS + nft, BPS + uptime, trust):
        amount = amount * factor // BPS
    return amount * multiplier // ONE * quality // BPS * rate // _RATE_SCALE


@cache
def verified_ms(hourly: int, units: int) -> int:
    """The time that verified work units are worth to a device of this hourly rate (base units), in milliseconds."""
    return int(registry.verified_ms(hourly, units))


def peak_units(device_class: int) -> int:
    """Work units a millisecond that a class does at most."""
    return int(calibration.peak_units(list(CALIBRATION), device_class))


def takes_vram(device_class: int) -> bool:
    """Can a device of this class declare GPU memory, so be assigned the tasks of models that need some?"""
    return CALIBRATION[device_class * int(calibration.CALIBRATION_FIELDS) + int(calibration.CAP_GPU_MHS)] > 0


def mintable(amount: int, cap: int, epoch_minted: int, supply: int) -> int:
    """How much of a reward can still be minted in this epoch and below the supply's limit."""
    return min(amount, max(cap - epoch_minted, 0), max(_SUPPLY_LIMIT - supply, 0))


def nudged(value: int, up: int, down: int, scale: int, lowest: int, highest: int) -> int:
    """``value`` moved by (up - down) / scale of itself, by an eighth at most, inside the bounds."""
    step = min(value // _LARGEST_STEP, value * abs(up - down) // scale)
    return min(value + step, highest) if up >= down else max(value - step, lowest)


def next_multiplier(multiplier: int, minted: int, left: int, remaining_s: int, elapsed_s: int, smoothing: int) -> int:
    """More minted than an even use of what is left of the cap lowers the multiplier."""
    if left == 0:
        return multiplier
    expected = left * elapsed_s // max(remaining_s, elapsed_s)
    period = max(left * PERIOD_S // max(remaining_s, PERIOD_S), 1)
    return nudged(multiplier, expected, minted, period * smoothing, *_MULTIPLIERS)


def next_difficulty(value: int, completion: int, target: int, utilisation: int, smoothing: int) -> int:
    """Fast completions and idle devices make tasks harder to get, in proportion to it; all shares in basis points."""
    up, down = (target + _UTILISATION_TARGET) * ONE, (completion + utilisation) * value
    return nudged(value, up, down, 20_000 * smoothing * ONE, *_DIFFICULTIES)


def next_sampling(sampling: int, pending: int, settled: int, target: int, smoothing: int) -> int:
    """Proofs that pile up lower the sampling ratio, an empty queue raises it."""
    load = min(pending * BPS // max(settled, 1), BPS)
    return nudged(sampling, target, load, BPS * smoothing, *_SAMPLINGS)
