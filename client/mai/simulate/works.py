"""What one honest device earns by a work, and what reputation does to that: the common ground of all strategies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import erf, log, sqrt

from mai.money import UNITS_PER_MAI
from mai.program import assignment, calibration, parameters, quality, rewards
from mai.simulate import rules
from mai.simulate.assumptions import Assumptions
from mai.simulate.economy import counted_of, hourly_of, trust_of

COUNTED = 1_000


@dataclass(frozen=True)
class Device:
    """An honest device of a class at a time, and the works it does in a day."""

    assumed: Assumptions
    device_class: int = int(calibration.DEVICE_GPU_CONSUMER)
    epoch: int = 0

    def at(self, epoch: int) -> Device:
        """The same device in another epoch."""
        return replace(self, epoch=epoch)

    @property
    def works(self) -> float:
        """Works a day, when demand is full grown."""
        return self.assumed.demand_end * 3_600_000 / self.assumed.work_ms

    @cache  # noqa: B019 - devices are few and live as long as the process
    def reward(self, shares: tuple[float, ...] | None = None, counted_ms: int | None = None) -> float:
        """MAI for one work at multiplier 1.0, for hardware as shares of the class's caps and the time that counts.

        What is left out is that of an honest device of typical hardware.
        """
        counted = counted_of(self.device_class, self.assumed) if counted_ms is None else counted_ms
        amount = rules.reward(
            hourly_of(self.device_class, shares or self.assumed.hardware), counted,
            int(self.assumed.nft * rules.BPS), int(rewards.uptime_bonus(int(self.assumed.uptime * rules.BPS))),
            trust_of(self.device_class, self.assumed), rules.ONE,
            int(quality.quality_factor(int(self.assumed.quality * rules.BPS))), rules.rate_of_epoch(self.epoch),
        )  # fmt: skip
        return float(amount / UNITS_PER_MAI)

    def steady_quality(self, flagged: float) -> int:
        """The reputation that weeks with this share of works slower than the class should be lead to, basis points."""
        return self._score_of_week(round(COUNTED * (1 - flagged)))

    @cache  # noqa: B019
    def _score_of_week(self, consistent: int) -> int:
        allowed, uptime = round(COUNTED * self.assumed.allowed), int(self.assumed.uptime * rules.BPS)
        return int(quality.week_score(self.epoch, COUNTED, 0, 0, consistent, allowed, COUNTED, uptime))

    @cache  # noqa: B019
    def standing(self, reputation: int) -> float:
        """Income with a reputation, as a share of an honest device's: tasks won by the lottery times quality factor.

        Chances are in proportion to reputation. Routine tasks go to trusted devices, of which there are enough.
        """
        if reputation < int(quality.EXCLUDED_QUALITY):
            return 0.0
        honest = self.steady_quality(0.0)
        routine = self.assumed.task_mix[0] if reputation >= rules.parameter(parameters.TRUSTED_QUALITY) else 0.0
        won = (1 - self.assumed.task_mix[0] + routine) * _score(reputation) / _score(honest)
        return won * float(quality.quality_factor(reputation)) / float(quality.quality_factor(honest))


def _score(reputation: int) -> float:
    return float(assignment.score(reputation, 0, False, 0))


def flagged_share(speed: float, slack: float, spread: float) -> float:
    """Share of works that take more than ``slack`` times what the class's peak needs, at a share of the peak speed."""
    return 0.5 * (1 + erf(log(1 / (slack * speed)) / (spread * sqrt(2))))
