"""Who is there and what is asked for, day by day: logistic growth with random arrivals, departures and demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mai.simulate.assumptions import Assumptions

DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Population:
    """Attributes:
    devices: registered devices, day by class.
    load: share of the devices' time that is asked for, by day; below one.
    swing: what an hour's demand is of its day's mean, for each hour of a day.
    """

    devices: npt.NDArray[np.int64]
    load: npt.NDArray[np.float64]
    swing: npt.NDArray[np.float64]


def logistic(start: float, end: float, days: int, assumed: Assumptions, delay: float = 0.0) -> npt.NDArray[np.float64]:
    """Growth from ``start`` on the first day towards ``end``, by day; ``delay`` in years."""
    years = np.arange(days) / DAYS_A_YEAR
    curve = 1 / (1 + np.exp(-(years - assumed.growth_middle - delay) / assumed.growth_width))
    first = 1 / (1 + np.exp((assumed.growth_middle + delay) / assumed.growth_width))
    return np.asarray(start + (end - start) * (curve - first) / (1 - first))


def populate(assumed: Assumptions, days: int, seed: int) -> Population:
    """The same for the same seed."""
    draw = np.random.default_rng(seed)
    mix = np.array(assumed.mix)
    expected = logistic(assumed.devices_start, assumed.devices_end, days, assumed)
    leaving = assumed.churn / DAYS_A_YEAR
    now = np.maximum(np.round(mix * assumed.devices_start), 1).astype(np.int64)
    devices = np.empty((days, len(mix)), dtype=np.int64)
    for day in range(days):
        devices[day] = now
        gone = draw.binomial(now, leaving)
        wanted = mix * expected[min(day + 1, days - 1)] - now + gone
        # Arrivals make up for departures and growth in a week; a class never dies out.
        now = np.maximum(now - gone + draw.poisson(gone + np.maximum(wanted - gone, 0) / 7), 1)
    total = devices.sum(axis=1)
    hours = logistic(
        assumed.devices_start * assumed.demand_start, assumed.devices_end * assumed.demand_end, days, assumed, 0.25
    )
    drift, noise = 0.0, np.empty(days)
    for day, shock in enumerate(draw.normal(0.0, assumed.noise, days)):
        drift = assumed.memory * drift + shock * (1 - assumed.memory**2) ** 0.5
        noise[day] = np.exp(drift - assumed.noise**2 / 2)
    load = np.minimum(hours * noise / (24 * total), assumed.online / 24)
    swing = 1 + assumed.daily_swing * np.sin(2 * np.pi * np.arange(24) / 24)
    return Population(devices, load, swing)
