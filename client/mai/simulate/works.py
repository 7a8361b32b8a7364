"""What one honest device earns by a work, what it wins, and what reputation does to both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from mai.errors import MaiError
from mai.money import UNITS_PER_MAI
from mai.program import assignment, calibration, parameters, quality, rewards
from mai.simulate import rules
from mai.simulate.assumptions import Assumptions
from mai.simulate.economy import counted_of, hourly_of, trust_of, units_of
from mai.simulate.musters import power_of

COUNTED = 1_000
# More of its places than this a device never fills in the mean.
FULL = 0.95
# The epoch from which on reputation weighs AI results most.
LAST_WEIGHTS = 8


@dataclass(frozen=True)
class Device:
    """An honest device of typical hardware at the opening, when demand is full grown; reputation as in `epoch`."""

    assumed: Assumptions
    device_class: int = int(calibration.DEVICE_GPU_CONSUMER)
    epoch: int = 0

    @property
    def works(self) -> float:
        """Works a day."""
        return self.assumed.demand_end * 3_600_000 / self.assumed.work_ms

    @property
    def room(self) -> float:
        """Works that its time online allows with all its streams, in those that it wins."""
        return self.assumed.online * self.assumed.streams[self.device_class] / self.assumed.demand_end

    @cached_property
    def reward(self) -> float:
        """MAI for one work at multiplier 1.0."""
        return self.reward_as(self.device_class, self.assumed.hardware)

    def reward_as(self, device_class: int, declared: tuple[float, ...]) -> float:
        """MAI for the same work if the device says it is of this class and has these shares of its caps."""
        hourly = hourly_of(device_class, declared)
        amount = rules.reward(
            hourly, rules.verified_ms(hourly, units_of(self.device_class, self.assumed)),
            int(self.assumed.nft * rules.BPS), int(rewards.uptime_bonus(int(self.assumed.uptime * rules.BPS))),
            trust_of(device_class, self.assumed), rules.ONE,
            int(quality.quality_factor(int(self.assumed.quality * rules.BPS))), rules.rate_of_epoch(0),
        )  # fmt: skip
        return float(amount / UNITS_PER_MAI)

    @cached_property
    def rounding(self) -> float:
        """The most that rounding can make of the income, as a share: of a reward a millisecond of its counted time."""
        return 1 / counted_of(self.device_class, self.assumed) / (1 - self.assumed.compute)

    @property
    def income(self) -> float:
        """MAI a day less the cost of compute."""
        return self.works * self.reward * (1 - self.assumed.compute)

    def steady_quality(self, used: float | None = None, consistent: float = 1.0) -> int:
        """The reputation of a device, basis points, that uses this share of the time allowed and of whose works this
        share are as fast as it showed."""
        allowed, uptime = COUNTED * COUNTED, int(self.assumed.uptime * rules.BPS)
        active = round(allowed * (self.assumed.allowed if used is None else used))
        done = int(COUNTED * consistent)
        return int(quality.week_score(self.epoch, COUNTED, 0, 0, done, active, allowed, uptime))

    def is_consistent(self, times: float, lanes: int) -> bool:
        """Is it as fast as it showed, if it showed so many times its power, in so many lanes?"""
        power = int(times * power_of(self.device_class, self.assumed))
        units = units_of(self.device_class, self.assumed)
        return bool(quality.is_consistent(self.assumed.work_ms, units, power, lanes))

    def took(self, claimed: Callable[[int, int], int]) -> float:
        """The share of the time allowed that the chain's clock counts, if each work is assigned while the one before it
        is done. ``claimed``: the claim's milliseconds by when the work could begin and when it is committed.

        Raises:
            MaiError: a claim is implausible.
        """
        each, peak = self.assumed.work_ms, rules.peak_units(self.device_class)
        most = int(each / self.assumed.allowed)
        units, busy, counted = units_of(self.device_class, self.assumed), 0, 0
        for place in range(COUNTED):
            start = int(calibration.earliest_start(max(place - 1, 0) * each, busy))
            now = (place + 1) * each
            claim = claimed(start, now)
            if calibration.plausibility(peak, units, claim, start, now, most) != calibration.PLAUSIBLE:
                raise MaiError(f"a claim of {claim} ms is implausible")
            counted += now - min(start, now)
            busy = max(start, min(start + claim, now))
        return self.assumed.allowed * counted / each / COUNTED

    def chance(self, reputation: int) -> float:
        """Chance in the draws with a reputation, in that of an honest device.

        It is in proportion to reputation; routine tasks go to trusted devices, of which there are enough.
        """
        if reputation < int(quality.EXCLUDED_QUALITY):
            return 0.0
        routine = self.assumed.task_mix[0] if reputation >= rules.parameter(parameters.TRUSTED_QUALITY) else 0.0
        return (1 - self.assumed.task_mix[0] + routine) * _score(reputation) / _score(self.steady_quality())

    def factor(self, reputation: int) -> float:
        """What a work pays with a reputation, in what it pays an honest device."""
        return float(quality.quality_factor(reputation)) / float(quality.quality_factor(self.steady_quality()))

    @cached_property
    def busy(self) -> float:
        """Works in flight in the mean, that is, until they are paid."""
        places = rules.parameter(parameters.IN_FLIGHT_LIMIT)
        each = 1 + 1_000 * self.assumed.proof_s / self.assumed.work_ms
        return min(self.assumed.demand_end / self.assumed.online * each, FULL * places)

    @cached_property
    def pressure(self) -> float:
        """Works that are offered to an honest device while one is in flight."""
        low, high = 0.0, 1e6
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if in_flight(middle) < self.busy else (low, middle)
        return high

    def won(self, chance: Any) -> Any:
        """Works that a name with this chance, or each of these, wins, in those of an honest device under one name."""
        return in_flight(self.pressure * chance) / in_flight(self.pressure)


def in_flight(offered: Any) -> Any:
    """Works in flight in the mean: they come at a constant rate, each leaves after its own time, and there are no more
    than the limit (Erlang's loss system)."""
    last, mean = 1.0, 0.0
    for flying in range(1, rules.parameter(parameters.IN_FLIGHT_LIMIT) + 1):
        up = last * offered / flying
        last = up / (1 + up)
        mean = mean + (flying - mean) * last
    return mean


@cache
def _score(reputation: int) -> float:
    return float(assignment.score(reputation, 0))
