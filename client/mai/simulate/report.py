"""The simulation's results as rows: for tables, JSON, and the documentation. Amounts are MAI."""

from __future__ import annotations

from math import prod
from typing import Any

from mai.money import UNITS_PER_MAI
from mai.program import assignment, parameters, registry
from mai.simulate import rules
from mai.simulate.assumptions import CLASSES, Assumptions
from mai.simulate.economy import MS_A_HOUR, Economy, counted_of, hourly_of, speed_of, units_of
from mai.simulate.musters import LANES, at_once, in_turn, one_by_one, power_of, weights
from mai.simulate.names import income
from mai.simulate.population import DAYS_A_YEAR
from mai.simulate.strategies import strategies
from mai.simulate.works import LAST_WEIGHTS, Device, in_flight

# Power that is rented, in the machine's own; and streams in use in the mean.
RENTED = (1.0, 2.0, 3.0, 8.0, 20.0)
IN_USE = (4.0, 8.0, 10.0, 16.0)


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
    """Speed, power, and pay of an hour of one stream, of typical hardware, before bonuses, trust and quality."""
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
                "streams": assumed.streams[place],
            }
        )
    return found


def names(assumed: Assumptions) -> list[dict[str, Any]]:
    """What one consumer GPU shows and earns under several names, in what it does under one."""
    device, most = Device(assumed), assumed.sybils[-1]
    own = device.device_class
    plans = [
        *((many, "all at once", at_once) for many in (1, *assumed.sybils)),
        (assumed.streams[own], "all at once, one stream each", at_once),
        (most, "one a muster, in turn", in_turn),
        (most, "one after the other in each muster", one_by_one),
    ]
    found = []
    for many, answers, plan in plans:
        shares = weights(own, assumed, plan, many)
        works = min(sum(device.won(share) for share in shares), device.room)
        earned = income(device, shares) / device.income
        found.append({"names": many, "answers": answers, "power": sum(shares), "works": works, "income": earned})
    return found


def renting(assumed: Assumptions) -> list[dict[str, Any]]:
    """What a device has whose power is so many times its own, by machines that answer musters for it and nothing else.

    ``own``: in its own lanes; ``all``: in all lanes; ``together``: in its own, and it commits a work of each stream at
    once. Income with the first and the last weights of reputation, in that of an honest device.
    """
    first, last = (Device(assumed, epoch=epoch) for epoch in (0, LAST_WEIGHTS))
    streams = assumed.streams[first.device_class]

    def earned(device: Device, times: float, share: float) -> float:
        reputation = device.steady_quality(consistent=share)
        won = min(float(device.won(times * device.chance(reputation))), device.room)
        return won * (device.factor(reputation) - assumed.compute) / (1 - assumed.compute)

    found = []
    for times in RENTED:
        row: dict[str, Any] = {"times": times}
        # Works that are committed together count the time once: one of them took all of it, the others none.
        for name, lanes, unseen in (("own", streams, 0.0), ("all", LANES, 0.0), ("together", streams, 1 - 1 / streams)):
            share = 1.0 if first.is_consistent(times, lanes) else unseen
            row[name] = {"consistent": share, "first": earned(first, times, share), "last": earned(last, times, share)}
        found.append(row)
    return found


def crowding(assumed: Assumptions) -> list[dict[str, Any]]:
    """What two names win more than one does, by the streams that are in use in the mean."""
    found = []
    for streams in IN_USE:
        offered = streams * (1 + 1_000 * assumed.proof_s / assumed.work_ms)
        gain = 2 * in_flight(offered / 2) / in_flight(offered) - 1
        found.append({"streams": streams, "flying": offered, "gain": gain})
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
        "crowding": crowding(run.assumed),
        "lottery": lottery(run),
    }
