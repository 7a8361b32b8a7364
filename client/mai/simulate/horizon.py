"""What honest devices and cheats have in the end, over all the days of a simulated economy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mai.money import UNITS_PER_MAI
from mai.program import parameters
from mai.program.names import TASK_CLASSES
from mai.simulate import rules
from mai.simulate.economy import Economy
from mai.simulate.machines import Variant, day_of, truth, variants
from mai.simulate.newcomers import WEEKS, newcomer_cost, split_share, standings, won_by
from mai.simulate.strategies import (
    COLLUSION,
    FAKE,
    SKIP,
    SYBILS,
    sampling_of,
    saving_of,
    slash_of,
)
from mai.simulate.works import Device

TRIALS = 10_000
MS_A_DAY = 86_400_000


@dataclass(frozen=True)
class Horizon:
    """MAI over the whole time of an honest device, before compute, and of a cheat with the same hardware.

    Compute that the cheat saves counts as its income, compute that it does beyond the honest device's as its cost.
    """

    family: str
    name: str
    honest: float
    cheat: float


@dataclass(frozen=True)
class Ruin:
    """A device that skips every work, in the mean: works until its stake is slashed away, and what it then has."""

    works: float
    days: float
    value: float


def until_ruin(device: Device, task_class: int, seed: int) -> Ruin:
    """Simulated devices skip at a typical reward; their stake backs all works in flight, so bears as many slashes."""
    slashes, rate, reward = rules.parameter(parameters.IN_FLIGHT_LIMIT), sampling_of(task_class), device.reward()
    missed = float(np.random.default_rng([seed, 2]).negative_binomial(slashes, rate, TRIALS).mean())
    value = missed * (reward + saving_of(reward)) + slashes * (saving_of(reward) - slash_of(task_class))
    return Ruin(missed, (missed + slashes) / device.works, value)


def horizons(run: Economy, seed: int) -> list[Horizon]:
    """Each strategy over all days; paid by the economy's daily reward of its class."""
    device = Device(run.assumed)
    paid = np.array([float(day[device.device_class]) / UNITS_PER_MAI for day in run.device_reward])
    honest = float(paid.sum())
    critical = run.assumed.task_mix[2]
    found = _fakes(device, paid)
    for task_class in (parameters.TASK_ROUTINE, parameters.TASK_STANDARD):
        ruin = until_ruin(device, task_class, seed)
        name = TASK_CLASSES[task_class]
        found.append(Horizon(SKIP, f"skips {name} work until its stake is gone", honest, ruin.value))
    works = run.population.load * MS_A_DAY / run.assumed.work_ms
    others = run.population.devices.sum(axis=1) - 1
    both = works * critical * 2 / np.maximum(others, 2)
    reward = paid / np.maximum(works, 1)
    each = 2 * (reward * rules.parameter(parameters.SAVING_BPS) / rules.BPS - sampling_of(2) * (reward + slash_of(2)))
    found.append(
        Horizon(COLLUSION, "both lie whenever both are drawn", 2 * honest, 2 * honest + float((both * each).sum()))
    )
    return found + [_split(device, paid, many, copies) for copies in (False, True) for many in run.assumed.sybils]


def _fakes(device: Device, paid: npt.NDArray[np.float64]) -> list[Horizon]:
    """In the mean they earn the same multiple on every day."""
    total = float(paid.sum())
    typical = day_of(device, device.assumed.hardware[0], truth(device, device.assumed.hardware[0])).gross

    def of(one: Variant) -> Horizon:
        honest, cheat = one.honest(device, False), one.day(device)
        base = total * honest.gross / typical
        return Horizon(FAKE, one.name, base, base + total * (cheat.net - honest.net) / typical)

    return [of(one) for one in variants(device) if not one.claim.copies(device)]


def _split(device: Device, paid: npt.NDArray[np.float64], many: int, copies: bool) -> Horizon:
    flagged, tickets = (0.0, many) if copies else (split_share(device, many), 1)
    weekly = np.array([won_by(device, tickets, standing) for standing in standings(device, flagged)])
    won = weekly[np.minimum(np.arange(len(paid)) // 7, WEEKS - 1)]
    once = many * newcomer_cost(device, device.reward())
    name = f"one device registered {many} times in full" if copies else f"one device split into {many}"
    gain = float((paid * (won - 1)).sum()) * (1 - device.assumed.compute) - once
    return Horizon(SYBILS, name, float(paid.sum()), float(paid.sum()) + gain)
