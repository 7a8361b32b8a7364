"""Four ways to cheat, each against an honest device: what it earns as a function of the detection rate.

Values are MAI per unit and count saved compute as income, so honest and cheat differ by what cheating gains. The model
of each, with its formula, is in docs/explanation/economy.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mai.money import UNITS_PER_MAI
from mai.program import parameters
from mai.simulate import rules
from mai.simulate.assumptions import Assumptions
from mai.simulate.newcomers import newcomer_cost, split_share, split_value
from mai.simulate.works import Device, flagged_share

TASK_CLASSES = ("routine", "standard", "critical")
LOWEST_RATE = 1e-6
LAST_WEIGHT_EPOCH = 8
FAKE, SKIP, COLLUSION, SYBILS = FAMILIES = ("fake hardware", "skipped work", "collusion of two", "Sybils")


@dataclass(frozen=True)
class Strategy:
    """Attributes:
    family: one of the four.
    name: of this variant.
    unit: what the values are per.
    honest: what honesty earns in it.
    cheat: what the cheat earns, by detection rate.
    rate: the detection rate at default parameters; None if nothing detects it.
    scale: what a plot counts gains in, to compare strategies.
    """

    family: str
    name: str
    unit: str
    honest: float
    cheat: Callable[[float], float]
    rate: float | None
    scale: float

    @property
    def gain(self) -> float:
        """What cheating gains at default parameters; negative: it loses."""
        return self.cheat(self.rate or 0.0) - self.honest

    def break_even(self) -> float | None:
        """Cheating pays below this detection rate: 0 never, None at every rate. The gain falls as the rate grows."""
        if self.cheat(LOWEST_RATE) <= self.honest:
            return 0.0
        if self.cheat(1.0) > self.honest:
            return None
        low, high = LOWEST_RATE, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.cheat(middle) > self.honest else (low, middle)
        return high


def strategies(assumed: Assumptions) -> list[Strategy]:
    """All variants of the four, at the program's default parameters."""
    device = Device(assumed)
    return [*_fake(device), *_skipped(device), *_collusion(device), *_sybils(device)]


def slash_of(task_class: int) -> float:
    """MAI that a hard offence costs."""
    return float(rules.class_parameter(task_class, int(parameters.SLASH)) / UNITS_PER_MAI)


def limit_of(task_class: int) -> float:
    """MAI that one work can earn at most without a full proof."""
    return float(rules.class_parameter(task_class, int(parameters.REWARD_LIMIT)) / UNITS_PER_MAI)


def sampling_of(task_class: int) -> float:
    """The chance that skipped work is caught, at sampling ratio 1.0."""
    return rules.class_parameter(task_class, int(parameters.SAMPLING_BPS)) / rules.BPS


def saving_of(reward: float) -> float:
    """What skipping saves by the program's deterrence rule."""
    return reward * rules.parameter(parameters.SAVING_BPS) / rules.BPS


def overdeclared(device: Device) -> tuple[float, float]:
    """MAI a work of the lesser device: as it is, and as it declares itself."""
    speed = device.assumed.cheat_speed
    return device.reward((speed, *device.assumed.hardware[1:])), device.reward((1.0,) * 5)


def _fake(device: Device) -> list[Strategy]:
    """A slow device that declares all its class's caps; caught when a work takes longer than the class should need."""
    assumed = device.assumed
    speed, slack, spread = assumed.cheat_speed, assumed.limit_slack, assumed.spread

    def naive(when: Device) -> Strategy:
        true, declared = overdeclared(when)
        return Strategy(
            FAKE, f"{speed:.0%} of the class's GPU declares all of it, epoch {when.epoch}", "device-day",
            when.works * true, lambda rate: when.works * declared * when.standing(when.steady_quality(rate)),
            flagged_share(speed, slack, spread), when.works * true,
        )  # fmt: skip

    true, declared = overdeclared(device)
    return [
        naive(device),
        naive(device.at(LAST_WEIGHT_EPOCH)),
        Strategy(
            FAKE, "the same, claims no more time than its class may take", "device-day", device.works * true,
            lambda _: device.works * declared * min(1.0, slack * speed), None, device.works * true,
        ),
        Strategy(
            FAKE, "the same, if paid time were capped by declared speed", "device-day", device.works * true,
            lambda rate: device.works * declared * speed * device.standing(device.steady_quality(rate)),
            flagged_share(speed, 1.0, spread), device.works * true,
        ),
    ]  # fmt: skip


def skip_value(reward: float, slash: float, saving: float, rate: float) -> float:
    """A made-up output: paid unless caught, slashed if caught, compute saved either way."""
    return (1 - rate) * reward - rate * slash + saving


def _skip(name: str, reward: float, task_class: int) -> Strategy:
    slash, saving = slash_of(task_class), saving_of(reward)
    return Strategy(
        SKIP, name, "work", reward, lambda rate: skip_value(reward, slash, saving, rate), sampling_of(task_class),
        saving,
    )  # fmt: skip


def _skipped(device: Device) -> list[Strategy]:
    """Made-up outputs, at the highest reward that may go without a full proof (the worst case) and at a typical one."""
    worst = [_skip(f"{name} work at its reward limit", limit_of(place), place)
             for place, name in enumerate(TASK_CLASSES)]  # fmt: skip
    return [*worst, _skip("routine work at a typical reward", device.reward(), 0)]


def _collusion(device: Device) -> list[Strategy]:
    """Two who agree on a false output, and two who accuse an honest third."""
    reward, slash = limit_of(2), slash_of(2)
    saving = saving_of(reward)
    kept = 1 - rules.parameter(parameters.BURN_BPS) / rules.BPS
    prize, bond = kept * slash_of(1), rules.parameter(parameters.VERIFIER_STAKE) / UNITS_PER_MAI
    return [
        Strategy(
            COLLUSION, "both drawn for a critical task, same false output", "task", 2 * reward,
            lambda rate: 2 * skip_value(reward, slash, saving, rate), sampling_of(2), 2 * saving,
        ),
        Strategy(
            COLLUSION, "challenger and decider accuse an honest standard work", "challenge", 0.0,
            lambda rate: (1 - rate) * prize - rate * 2 * bond, device.assumed.appeal, prize,
        ),
    ]  # fmt: skip


def _sybils(device: Device) -> list[Strategy]:
    """Throw-away identities that skip, one device as many, and a requester who works for itself."""
    assumed = device.assumed
    reward, typical = limit_of(0), device.reward()
    lost = reward + slash_of(0) + newcomer_cost(device, reward)
    saving, fee = saving_of(reward), typical
    burned = fee * (1 - rules.parameter(parameters.FEE_TREASURY_BPS) / rules.BPS)

    def split(name: str, identities: int, tickets: float) -> Strategy:
        return Strategy(
            SYBILS, name, "device-day", device.works * typical * (1 - assumed.compute),
            lambda rate: split_value(device, identities, tickets, rate), split_share(device, identities),
            device.works * typical,
        )  # fmt: skip

    return [
        Strategy(
            SYBILS, "throw-away identities that skip routine work", "work", reward,
            lambda rate: reward + saving - rate * lost, sampling_of(0), saving,
        ),
        *(split(f"one device registered as {many}, first year", many, many) for many in assumed.sybils),
        split(f"as {assumed.sybils[0]}, if chances followed declared power", assumed.sybils[0], 1),
        Strategy(
            SYBILS, "own task done with the same wallet, fee of one reward", "task", 0.0,
            lambda _: min(typical, burned) - fee - assumed.compute * typical, None, typical,
        ),
    ]  # fmt: skip
