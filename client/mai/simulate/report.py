"""The simulation's results as rows: for tables, JSON, and the documentation. Amounts are MAI."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mai.money import UNITS_PER_MAI
from mai.simulate import rules
from mai.simulate.assumptions import CLASSES, Assumptions
from mai.simulate.economy import Economy
from mai.simulate.horizon import horizons
from mai.simulate.population import DAYS_A_YEAR
from mai.simulate.strategies import strategies


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
        "horizon": totals(run, seed),
    }
