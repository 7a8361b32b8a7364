"""The simulation's results as rows: for tables, JSON, and the documentation. Amounts are MAI."""

from __future__ import annotations

from math import prod
from typing import Any

from mai.money import UNITS_PER_MAI
from mai.program import assignment, muster, parameters, quality, registry
from mai.simulate import rules
from mai.simulate.assumptions import CLASSES, Assumptions
from mai.simulate.economy import MS_A_HOUR, Economy, counted_of, hourly_of, speed_of, units_of
from mai.simulate.musters import INTERVAL_S, SLOT_MS, at_once, in_turn, one_by_one, power_of, weights
from mai.simulate.names import income
from mai.simulate.population import DAYS_A_YEAR
from mai.simulate.strategies import strategies
from mai.simulate.works import Device

WINDOW_S = int(muster.ANSWER_SLOTS) * SLOT_MS / 1_000
STARTUPS_S = (0, 10, 20, 25)


def years(run: Economy) -> list[dict[str, Any]]:
    """What each year brought; ratios and devices are at its end, rewards are means of a device-day."""
    found = []
    for first in range(0, run.days, DAYS_A_YEAR):
        span = slice(first, first + DAYS_A_YEAR)
        last = min(first + DAYS_A_YEAR, run.days) - 1
        rewards = run.device_reward[span]
        found.append(
            {
                "year": first // DAYS_A_YEAR + 1,
                "devices": int(run.population.devices[last].sum()),
                "supply": run.supply[last] / UNITS_PER_MAI,
                "minted": sum(run.minted[span]) / UNITS_PER_MAI,
                "fees_burned": sum(run.fees_burned[span]) / UNITS_PER_MAI,
                "slash_burned": sum(run.slash_burned[span]) / UNITS_PER_MAI,
                "multiplier": run.multiplier[last] / rules.ONE,
                "sampling": run.sampling[last] / rules.ONE,
                "difficulty": run.difficulty[last] / rules.ONE,
                "cut_hours": sum(run.unpaid_hours[span]),
                "reward": {
                    name: sum(int(day[place]) for day in rewards) / len(rewards) / UNITS_PER_MAI
                    for place, name in enumerate(CLASSES)
                },
            }
        )
    return found


def cheats(assumed: Assumptions) -> list[dict[str, Any]]:
    """Each strategy against honesty at default parameters; pays_below is null if it pays at every detection rate."""
    return [
        {
            "strategy": one.family,
            "variant": one.name,
            "unit": one.unit,
            "honest": one.honest,
            "cheat": one.honest + one.gain,
            "difference": one.gain,
            "pays": one.pays(),
            "detection": one.rate,
            "pays_below": one.break_even(),
        }
        for one in strategies(assumed)
    ]


def classes(assumed: Assumptions) -> list[dict[str, Any]]:
    """Speed, power and pay of a device-hour of typical hardware, at launch rates before bonuses, trust and quality.

    A work may take `limit` times as long as it does before its model's limit counts the device as slow for its class.
    """
    found = []
    for place, name in enumerate(CLASSES):
        units, works = units_of(place, assumed), MS_A_HOUR / assumed.work_ms
        pay = hourly_of(place, assumed.hardware) * counted_of(place, assumed) / MS_A_HOUR / UNITS_PER_MAI * works
        found.append(
            {
                "class": name,
                "efficiency": assumed.efficiency[place],
                "speed": speed_of(place, assumed),
                "power": power_of(place, assumed),
                "pay": pay,
                "overhead": int(registry.OVERHEAD_UNITS) / (int(registry.OVERHEAD_UNITS) + units),
                "limit": rules.peak_units(place) / int(quality.REFERENCE_UNITS),
            }
        )
    return found


def names(assumed: Assumptions) -> list[dict[str, Any]]:
    """What one consumer GPU shows and earns under several names, in what it does under one."""
    device, most, streams = Device(assumed), assumed.sybils[-1], assumed.streams
    own = device.device_class
    plans = [
        *((many, "all at once", weights(own, assumed, at_once, many), 1) for many in (1, *assumed.sybils)),
        (most, "one a muster, in turn", weights(own, assumed, in_turn, most), 1),
        (most, "one after the other in each muster", weights(own, assumed, one_by_one, most), 1),
        (streams, "all in one batch", weights(own, assumed, at_once, streams, streams), streams),
    ]
    return [
        {
            "names": many,
            "answers": answers,
            "power": sum(shares),
            "works": min(sum(device.won(share) for share in shares), room * device.room),
            "income": income(device, shares, room) / device.income,
        }
        for many, answers, shares, room in plans
    ]


def renting(assumed: Assumptions) -> list[dict[str, Any]]:
    """What it takes to have one more machine's power by renting for musters alone, and what it brings; by start-up.

    Hours are those of one such machine in a week; `pay` is in hours of its full work. None: it comes too late.
    """
    musters = 7 * 86_400 / INTERVAL_S
    found = []
    for startup in (*STARTUPS_S, assumed.startup_s):
        left = max(0.0, 1 - startup / WINDOW_S)
        hours = musters * (startup + WINDOW_S) / 3_600 / left if left else None
        found.append(
            {"startup": startup, "left": left, "machines": 1 / left if left else None, "hours": hours,
             "pay": 7 * assumed.demand_end if left else 0.0}
        )  # fmt: skip
    return found


def lottery(run: Economy) -> list[dict[str, Any]]:
    """What the draw of a standard task gives honest devices at each year's end, by the program's rule.

    Odds are 1/10^9 when the round begins, winners the expected number of those who may then take the task; who has no
    chance until all may take it is counted as without odds.
    """
    target, score = rules.parameter(parameters.ELIGIBLE_TARGET), int(run.assumed.quality * rules.BPS)
    powers = [power_of(place, run.assumed) for place in range(len(CLASSES))]
    last_s, certain = int(assignment.OPEN_AFTER_S) - 1, int(assignment.CERTAIN)
    found = []
    for last in range(DAYS_A_YEAR - 1, run.days, DAYS_A_YEAR):
        devices = [int(count) for count in run.population.devices[last]]
        total, count = sum(a * b for a, b in zip(devices, powers, strict=True)), sum(devices)
        first, final = (
            [int(assignment.chance(score, power, total, count, target, waited, False)) for power in powers]
            for waited in (0, last_s)
        )
        nobody = prod((1 - odds / certain) ** number for odds, number in zip(final, devices, strict=True))
        found.append(
            {
                "year": last // DAYS_A_YEAR + 1,
                "devices": count,
                "odds": dict(zip(CLASSES, first, strict=True)),
                "winners": sum(n * odds for n, odds in zip(devices, first, strict=True)) / certain,
                "without_odds": sum(n for n, odds in zip(devices, final, strict=True) if odds == 0) / count,
                "undecided": nobody,
            }
        )
    return found


def everything(run: Economy, scenario: str, seed: int) -> dict[str, Any]:
    """All results, for programs."""
    return {
        "scenario": scenario,
        "seed": seed,
        "assumptions": run.assumed.facts(),
        "years": years(run),
        "strategies": cheats(run.assumed),
        "classes": classes(run.assumed),
        "names": names(run.assumed),
        "renting": renting(run.assumed),
        "lottery": lottery(run),
    }
