"""What one machine earns under several names: what they win in its time, what being new costs, and false answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mai.program import parameters, quality
from mai.simulate import rules
from mai.simulate.musters import INTERVAL_S, halved
from mai.simulate.works import Device

WEEKS = 52
DAY_S = 86_400
DRAWS = 2_000


def newcomer_cost(device: Device, reward: float) -> float:
    """What an identity's first tasks cost against an established one's: full proofs and the lower quality factor."""
    lower = 1 - device.factor(int(quality.NEWCOMER_QUALITY))
    return rules.parameter(parameters.NEWCOMER_TASKS) * reward * (lower + device.assumed.full_proof)


def reputations(device: Device) -> list[int]:
    """A new identity's reputation, week by week of its first year."""
    found = [int(quality.NEWCOMER_QUALITY)]
    while len(found) < WEEKS:
        found.append((3 * found[-1] + device.steady_quality()) // 4)
    return found


def income(device: Device, weights: Sequence[float], room: float = 1.0, reward: float | None = None) -> float:
    """MAI a day, less compute, in the mean of a year in which all names but the last, best one are new.

    ``weights`` are the names' power in that of the machine under one name, ``room`` the works that it can do in
    those that its time allows under one name, ``reward`` is of one work. The weeks until the powers are there are
    not counted, and bonds and rent cost nothing: the best case for names.
    """
    *new, old = sorted(weights)
    paid, assumed = device.reward if reward is None else reward, device.assumed
    found = 0.0
    for reputation in reputations(device):
        chance, factor = device.chance(reputation), device.factor(reputation)
        newer, older = sum(device.won(chance * weight) for weight in new), device.won(old)
        works = device.works * min(1, room * device.room / (newer + older))
        found += works * ((factor * newer + older) * paid - (newer + older) * assumed.compute * device.reward)
    return found / WEEKS - len(new) * newcomer_cost(device, paid) / (7 * WEEKS)


def first_days(device: Device, names: int) -> float:
    """MAI a day, less compute, from the opening until the first muster: every name has one unit and is new."""
    won = min(names * float(device.won(1.0)), device.room)
    return won * device.income - (names - 1) * newcomer_cost(device, device.reward) * DAY_S / INTERVAL_S


def lying(device: Device, rate: float, lie: float, beside: bool) -> float:
    """MAI a day, less compute, of made-up answers that are caught at this rate; a trace's bond is lost each time.

    ``lie`` is what is claimed, in what the machine can show; ``beside``: under a second name, the first one is honest.
    """
    power = halved([lie * (draw >= rate) for draw in np.random.default_rng(3).random(DRAWS)])
    won = float(np.minimum(device.won(power) + beside, device.room).mean())
    bond = device.assumed.trace_bond * device.works * device.reward
    return won * device.income - rate * bond * DAY_S / INTERVAL_S


def skipping(device: Device, rate: float, computed: float) -> float:
    """MAI a day, less compute, of answers of which only a share is computed, so that there are more of them.

    What is left out is caught as by a draw of leaves that finds all of it at this rate; power is its mean.
    """
    missed: float = (1 - rate) ** (1 - computed)
    bond = device.assumed.trace_bond * device.works * device.reward
    won: float = min(device.won(missed / computed), device.room)
    return won * device.income - (1 - missed) * bond * DAY_S / INTERVAL_S
