"""The simulation's results as rows: for tables, JSON, and the documentation. Amounts are MAI."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import prod
from typing import Any

from mai.money import UNITS_PER_MAI
from mai.program import assignment, calibration, parameters, registry
from mai.simulate import rules
from mai.simulate.assumptions import CLASSES, Assumptions
from mai.simulate.economy import Economy, hourly_of
from mai.simulate.horizon import horizons
from mai.simulate.machines import MS_AN_HOUR, variants
from mai.simulate.population import DAYS_A_YEAR
from mai.simulate.strategies import strategies
from mai.simulate.works import Device

EFFICIENCIES = (0.02, 0.05, 0.1, 0.2, 0.5)
GIGA = 10**9


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
            "detection": one.rate,
            "pays_below": one.break_even(),
        }
        for one in strategies(assumed)
    ]


def by_efficiency(assumed: Assumptions, efficiencies: tuple[float, ...]) -> list[dict[str, Any]]:
    """What untrue hardware and time earn, in incomes of an honest device: its true time, and all time that counts.

    Pay of a work and number of works: at the assumed efficiency, in those of who claims all time that counts.
    """
    devices = [Device(replace(assumed, efficiency=value)) for value in efficiencies]
    device = Device(assumed)
    parts = []
    for one in variants(device):
        cheat, honest = one.day(device), one.honest(device, True)
        parts.append((cheat.gross / cheat.works / (honest.gross / honest.works), cheat.works / honest.works))
    return [
        {
            "variant": of[0].name,
            "pay_of_a_work": pay,
            "works": works,
            "incomes": {
                f"{value:g}": [one.against(device, greedy) for greedy in (False, True)]
                for value, device, one in zip(efficiencies, devices, of, strict=True)
            },
        }
        for (pay, works), of in zip(parts, zip(*map(variants, devices), strict=True), strict=True)
    ]


def classes() -> list[dict[str, Any]]:
    """What work units pay in a class before bonuses and trust, if all the time that counts is claimed."""
    found = []
    for place, name in enumerate(CLASSES):
        full, peak = hourly_of(place, (1.0,) * 5), int(calibration.peak_units(list(rules.CALIBRATION), place))
        each = int(registry.EFFICIENCY) * GIGA * full / (peak * MS_AN_HOUR * UNITS_PER_MAI)
        found.append(
            {"class": name, "hourly": full / UNITS_PER_MAI, "peak": peak, "giga_units": each,
             "vram": rules.takes_vram(place)}
        )  # fmt: skip
    return found


def lottery(run: Economy) -> list[dict[str, Any]]:
    """What the draw of a standard task gives honest devices at each year's end, by the program's rule.

    Odds are 1/10^9 when the round begins, winners the expected number of those who may then take the task; who has no
    chance until all may take it is counted as without odds.
    """
    target, score = rules.parameter(parameters.ELIGIBLE_TARGET), int(run.assumed.quality * rules.BPS)
    powers = [hourly_of(place, run.assumed.hardware) for place in range(len(CLASSES))]
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


def totals(run: Economy, seed: int) -> list[dict[str, Any]]:
    """Each strategy over the whole time."""
    return [asdict(one) for one in horizons(run, seed)]


def everything(run: Economy, scenario: str, seed: int) -> dict[str, Any]:
    """All results, for programs."""
    return {
        "scenario": scenario,
        "seed": seed,
        "assumptions": run.assumed.facts(),
        "years": years(run),
        "strategies": cheats(run.assumed),
        "efficiency": by_efficiency(run.assumed, EFFICIENCIES),
        "lottery": lottery(run),
        "horizon": totals(run, seed),
    }
