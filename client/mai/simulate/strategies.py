"""Four ways to cheat, each against an honest device: what it earns as a function of the detection rate.

Values are MAI per unit and count saved compute as income, so honest and cheat differ by what cheating gains. The model
of each, with its formula, is in docs/explanation/economy.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mai.money import UNITS_PER_MAI
from mai.program import assignment, calibration, muster, parameters
from mai.program.names import TASK_CLASSES
from mai.simulate import rules
from mai.simulate.assumptions import Assumptions
from mai.simulate.economy import speed_of, units_of
from mai.simulate.musters import SLOT_MS, at_once, in_turn, one_by_one, weights
from mai.simulate.names import income, lying, newcomer_cost, skipping, starting
from mai.simulate.works import Device

LOWEST_RATE = 1e-6
ALL = (1.0,) * 5
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
    rounding: of the honest value, as a share; a gain within it is none.
    """

    family: str
    name: str
    unit: str
    honest: float
    cheat: Callable[[float], float]
    rate: float | None
    scale: float
    rounding: float = 0.0

    @property
    def gain(self) -> float:
        """What cheating gains at default parameters; negative: it loses."""
        return self.cheat(self.rate or 0.0) - self.honest

    def pays(self, rate: float | None = None) -> bool:
        """Does cheating gain more than rounding at this detection rate, or at the default?"""
        return self.cheat((self.rate or 0.0) if rate is None else rate) > self.honest + self.rounding * abs(self.honest)

    def break_even(self) -> float | None:
        """Cheating pays below this detection rate: 0 never, None at every rate. The gain falls as the rate grows."""
        if not self.pays(LOWEST_RATE):
            return 0.0
        if self.pays(1.0):
            return None
        low, high = LOWEST_RATE, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.pays(middle) else (low, middle)
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


def _fake(device: Device) -> list[Strategy]:
    """Hardware, class and time that are not there, and answers to musters that were not computed."""
    assumed, own, most = device.assumed, device.device_class, device.assumed.sybils[-1]
    gpu, *others = assumed.hardware
    cpu, phone = int(calibration.DEVICE_CPU), int(calibration.DEVICE_MOBILE)
    peak = rules.peak_units(own)
    detected = int(assignment.NEWCOMER_SAMPLING) / rules.BPS

    def daily(name: str, cheat: Callable[[float], float], rate: float | None = None) -> Strategy:
        return Strategy(FAKE, name, "device-day", device.income, cheat, rate, device.income, device.rounding)

    def declares(name: str, *shares: float) -> Strategy:
        value = income(device, (1.0,), reward=device.reward_as(own, shares))
        return daily(f"declares {name}", lambda _: value)

    def registered(name: str, other: int, names: int) -> Strategy:
        """The other class's peak bounds how fast a work may be; each name's time is its own."""
        room = min(1.0, names * rules.peak_units(other) / speed_of(own, assumed) / assumed.streams[own])
        value = income(device, weights(own, assumed, at_once, names), room, device.reward_as(other, ALL))
        return daily(f"registered as {name}", lambda _: value)

    def claims(name: str, claimed: Callable[[int, int], int]) -> Strategy:
        """A claim changes when the next work could begin, and so how long that took."""
        reputation = device.steady_quality(device.took(claimed))
        value = device.won(device.chance(reputation)) * device.factor(reputation) * device.income
        return daily(f"claims {name}", lambda _: value)

    def answers(name: str, lie: int, honest: bool, beside: bool = False) -> Strategy:
        return daily(f"musters: {name}", lambda rate: lying(device, rate, lie, honest, beside), detected)

    least, limit = -(-units_of(own, assumed) // peak), int(muster.POWER_LIMIT)
    return [
        declares("twice the GPU", min(2 * gpu, 1.0), *others), declares("everything at the caps", *ALL),
        claims("two seconds more than passed", lambda start, now: now - start + int(calibration.CLOCK_TOLERANCE_MS)),
        claims("as little as the class's peak allows", lambda start, now: least),
        registered("a CPU, no VRAM needed", cpu, 1), registered(f"{most} CPUs, no VRAM needed", cpu, most),
        daily("registered as a CPU, VRAM needed", lambda _: 0.0), registered(f"{most} phones", phone, most),
        answers("made-up tokens at the class's peak", peak * SLOT_MS, False),
        answers("as many as the limit, beside an honest name", limit, False, True),
        answers("as many as the limit, in one more lane", limit, True),
        daily("musters: half of the answer computed", lambda rate: skipping(device, rate, 0.5), detected),
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
             for place, name in TASK_CLASSES.items()]  # fmt: skip
    return [*worst, _skip("routine work at a typical reward", device.reward, 0)]


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
    assumed, own, most = device.assumed, device.device_class, device.assumed.sybils[-1]
    streams, reward, typical = assumed.streams[own], limit_of(0), device.reward
    lost = reward + slash_of(0) + newcomer_cost(device, reward)
    saving, fee = saving_of(reward), typical
    burned = fee * (1 - rules.parameter(parameters.FEE_TREASURY_BPS) / rules.BPS)

    def names(name: str, value: float, honest: float | None = None) -> Strategy:
        base = device.income if honest is None else honest
        return Strategy(SYBILS, name, "device-day", base, lambda _: value, None, base, device.rounding)

    def begins(name: str, opening: bool) -> Strategy:
        return names(name, starting(device, most, opening), starting(device, 1, opening))

    return [
        Strategy(
            SYBILS, "throw-away identities that skip routine work", "work", reward,
            lambda rate: reward + saving - rate * lost, sampling_of(0), saving,
        ),
        *(names(f"{many} names, all answer at once", income(device, weights(own, assumed, at_once, many)))
          for many in assumed.sybils),
        names(f"{most} names, answer in turn", income(device, weights(own, assumed, in_turn, most))),
        names(f"{most} names, one after the other in a muster",
              income(device, weights(own, assumed, one_by_one, most))),
        names(f"{streams} names, one stream each", income(device, weights(own, assumed, at_once, streams))),
        begins(f"{most} names when mining opens, first year", True),
        begins(f"{most} names of a new machine, first year", False),
        Strategy(
            SYBILS, "own task done with the same wallet, fee of one reward", "task", 0.0,
            lambda _: min(typical, burned) - fee - assumed.compute * typical, None, typical,
        ),
    ]  # fmt: skip
