"""The economy hour by hour: rewards by the program's formula, caps, burns, and a turn of the difficulty crank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mai.money import UNITS_PER_MAI
from mai.program import calibration, parameters, quality, rewards
from mai.simulate import rules
from mai.simulate.assumptions import CLASSES, Assumptions
from mai.simulate.population import DAYS_A_YEAR, Population, populate

HOUR_S = 3_600
DAY_S = 86_400
MS_A_HOUR = 3_600_000


def hourly_of(device_class: int, shares: tuple[float, ...]) -> int:
    """What a device earns in an active hour at launch rates, if it has these shares of its class's caps; base units."""
    first = device_class * int(calibration.CALIBRATION_FIELDS)
    caps = rules.CALIBRATION[first : first + 5]
    return int(rewards.hourly_rate(*(int(cap * share) for cap, share in zip(caps, shares, strict=True))))


def trust_of(device_class: int, assumed: Assumptions) -> int:
    """Basis points."""
    return int(calibration.trust(device_class, device_class in assumed.attested))


@dataclass
class Economy:
    """What happened, by day. Amounts are base units as Python integers; ratios are at the day's end, in 1/10^9.

    Attributes:
        days: how many.
        supply: at the day's end.
        cap: of the day's epoch, and minted in the epoch so far.
        device_reward: mean reward of one device of a class that day, base units.
        unpaid_hours: hours of the day in which the epoch's cap cut rewards.
    """

    assumed: Assumptions
    population: Population
    days: int
    supply: list[int] = field(default_factory=list)
    minted: list[int] = field(default_factory=list)
    fees_burned: list[int] = field(default_factory=list)
    slash_burned: list[int] = field(default_factory=list)
    treasury: list[int] = field(default_factory=list)
    cap: list[int] = field(default_factory=list)
    epoch_minted: list[int] = field(default_factory=list)
    multiplier: list[int] = field(default_factory=list)
    difficulty: list[int] = field(default_factory=list)
    sampling: list[int] = field(default_factory=list)
    unpaid_hours: list[int] = field(default_factory=list)
    device_reward: list[npt.NDArray[np.object_]] = field(default_factory=list)

    @property
    def genesis(self) -> int:
        """Supply before the first day."""
        return int(self.assumed.genesis_supply * UNITS_PER_MAI)


def speed_of(device_class: int, assumed: Assumptions) -> float:
    """Work units a millisecond of one stream of typical hardware: its share of its class's GPU, or CPU without one."""
    share = assumed.hardware[0] if rules.takes_vram(device_class) else assumed.hardware[1]
    return rules.peak_units(device_class) * assumed.efficiency[device_class] * share


def units_of(device_class: int, assumed: Assumptions) -> int:
    """The work units that typical hardware of a class does in one work's time."""
    return int(speed_of(device_class, assumed) * assumed.work_ms)


def counted_of(device_class: int, assumed: Assumptions) -> int:
    """The time that counts for one work of typical hardware, in milliseconds."""
    return rules.verified_ms(hourly_of(device_class, assumed.hardware), units_of(device_class, assumed))


def simulate(assumed: Assumptions, years: int, seed: int, on_day: Callable[[], None] | None = None) -> Economy:
    """Run the economy; ``on_day`` is called after each simulated day."""
    days = years * DAYS_A_YEAR
    population = populate(assumed, days, seed)
    draw = np.random.default_rng([seed, 1])
    run = Economy(assumed, population, days)
    hourly = np.array([hourly_of(device, assumed.hardware) for device in range(len(CLASSES))], dtype=object)
    counted = np.array([counted_of(device, assumed) for device in range(len(CLASSES))], dtype=object)
    trust = np.array([trust_of(device, assumed) for device in range(len(CLASSES))], dtype=object)
    factor = int(quality.quality_factor(int(assumed.quality * rules.BPS)))
    uptime = int(rewards.uptime_bonus(int(assumed.uptime * rules.BPS)))
    nft = int(assumed.nft * rules.BPS)
    smoothing = rules.parameter(parameters.SMOOTHING)
    to_treasury = rules.parameter(parameters.FEE_TREASURY_BPS)
    slash = _mean_slash(assumed)
    burned_share = rules.parameter(parameters.BURN_BPS)
    completion_target = rules.parameter(parameters.COMPLETION_TARGET_BPS)
    load_target = rules.parameter(parameters.LOAD_TARGET_BPS)
    completion = int(assumed.allowed * rules.BPS)
    multiplier = difficulty = sampling = rules.ONE
    supply, epoch, epoch_minted, treasury = run.genesis, 0, 0, 0
    for day in range(days):
        devices = population.devices[day].astype(object)
        total = int(devices.sum())
        earned = np.zeros(len(CLASSES), dtype=object)
        minted_today = unpaid = 0
        for hour in range(24):
            now = day * DAY_S + hour * HOUR_S
            if now // rules.EPOCH_S > epoch:
                epoch, epoch_minted = now // rules.EPOCH_S, 0
            rate, cap = rules.rate_of_epoch(epoch), rules.cap_of_epoch(epoch)
            share = min(float(population.load[day] * population.swing[hour]), assumed.online / 24)
            active_ms = int(share * MS_A_HOUR)
            paid_ms = active_ms * counted // assumed.work_ms
            each = rules.reward(hourly, paid_ms, nft, uptime, trust, multiplier, factor, rate)
            wanted = int((devices * each).sum())
            minted = rules.mintable(wanted, cap, epoch_minted, supply)
            unpaid += minted < wanted
            earned += each if minted == wanted else each * minted // max(wanted, 1)
            supply, epoch_minted, minted_today = supply + minted, epoch_minted + minted, minted_today + minted
            settled = total * active_ms // assumed.work_ms
            pending = int(settled * assumed.proof_s * sampling / rules.ONE / HOUR_S)
            left, remaining_s = left_at(now + HOUR_S, epoch, epoch_minted - minted)
            multiplier = rules.next_multiplier(multiplier, minted, left, remaining_s, HOUR_S, smoothing)
            busy = min(active_ms * rules.BPS // MS_A_HOUR, rules.BPS)
            done = completion if settled else completion_target
            difficulty = rules.next_difficulty(difficulty, done, completion_target, busy, smoothing)
            sampling = rules.next_sampling(sampling, pending, settled, load_target, smoothing)
        fee = int(minted_today * assumed.fee)
        kept = fee * to_treasury // rules.BPS
        treasury += kept
        offences = int(draw.poisson(total * assumed.offences / 1_000 / DAYS_A_YEAR))
        slashed = offences * slash * burned_share // rules.BPS
        supply -= fee - kept + slashed
        run.supply.append(supply)
        run.minted.append(minted_today)
        run.fees_burned.append(fee - kept)
        run.slash_burned.append(slashed)
        run.treasury.append(treasury)
        run.cap.append(cap)
        run.epoch_minted.append(epoch_minted)
        run.multiplier.append(multiplier)
        run.difficulty.append(difficulty)
        run.sampling.append(sampling)
        run.unpaid_hours.append(unpaid)
        run.device_reward.append(earned)
        if on_day:
            on_day()
    return run


def left_at(now: int, epoch: int, before: int) -> tuple[int, int]:
    """What the crank shares out at the end of an hour: the cap that was left when it began, and for how many seconds.

    ``before`` is what had been minted of ``epoch`` then; the first crank of the next epoch has all of the next cap.
    """
    now_epoch = now // rules.EPOCH_S
    cap = rules.cap_of_epoch(now_epoch) - (before if now_epoch == epoch else 0)
    return cap, rules.EPOCH_S - now % rules.EPOCH_S + HOUR_S


def _mean_slash(assumed: Assumptions) -> int:
    """The mean hard slash over the task classes, base units."""
    slashes = [rules.class_parameter(task_class, int(parameters.SLASH)) for task_class in range(3)]
    return int(sum(share * slash for share, slash in zip(assumed.task_mix, slashes, strict=True)))
