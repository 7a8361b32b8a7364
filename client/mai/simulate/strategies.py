"""Four ways to cheat, each against an honest device: what it earns as a function of the detection rate.

Values are MAI per unit and count saved compute as income, so honest and cheat differ by what cheating gains. The model
of each, with its formula, is in docs/explanation/economy.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mai.money import UNITS_PER_MAI
from mai.program import parameters
from mai.program.names import TASK_CLASSES
from mai.simulate import rules
from mai.simulate.assumptions import Assumptions
from mai.simulate.machines import Claim, Variant, day_of, truth, variants
from mai.simulate.newcomers import newcomer_cost, split_share, split_value
from mai.simulate.works import Device, flagged_share

LOWEST_RATE = 1e-6
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


def _fake(device: Device) -> list[Strategy]:
    """Hardware and time that are not there; a work that takes longer than the class should need lowers the quality."""
    assumed, (greedy, declares, careful, caps, full, cpu, cpus, phones, *_) = device.assumed, variants(device)
    refused = replace(cpus, name="the same, VRAM needed", claim=replace(cpus.claim, vram=True))

    def daily(name: str, one: Variant, honest: Claim, rate: float | None) -> Strategy:
        base = day_of(device, one.speed, honest).net
        return Strategy(
            FAKE, name, "device-day", base, lambda share: day_of(device, one.speed, one.claim, share).net, rate, base
        )  # fmt: skip

    lesser, typical = truth(device, declares.speed), truth(device, greedy.speed)
    flagged = flagged_share(declares.speed, assumed.limit_slack, assumed.spread)
    best, paid = replace(lesser, greedy=True), day_of(device, careful.speed, careful.claim)
    own = day_of(device, careful.speed, best)
    per_work = own.gross / own.works
    return [
        Strategy(
            FAKE, f"{declares.name}, by the work", "work", per_work, lambda _: paid.gross / paid.works, None, per_work
        ),
        daily(f"{declares.name}, its true time", declares, lesser, flagged),
        daily(f"{declares.name}, all time that counts", careful, best, None),
        daily(f"{greedy.name}, against its true time", greedy, typical, None),
        *(daily(one.name, one, greedy.claim, None) for one in (caps, full, cpu, cpus, refused, phones)),
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

    def split(name: str, identities: int, tickets: float, flagged: float | None) -> Strategy:
        return Strategy(
            SYBILS, name, "device-day", device.works * typical * (1 - assumed.compute),
            lambda rate: split_value(device, identities, tickets, rate), flagged, device.works * typical,
        )  # fmt: skip

    return [
        Strategy(
            SYBILS, "throw-away identities that skip routine work", "work", reward,
            lambda rate: reward + saving - rate * lost, sampling_of(0), saving,
        ),
        *(split(f"one device split into {many}, first year", many, 1, split_share(device, many))
          for many in assumed.sybils),
        *(split(f"one device registered {many} times in full, first year", many, many, None)
          for many in assumed.sybils),
        Strategy(
            SYBILS, "own task done with the same wallet, fee of one reward", "task", 0.0,
            lambda _: min(typical, burned) - fee - assumed.compute * typical, None, typical,
        ),
    ]  # fmt: skip
