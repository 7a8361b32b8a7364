"""What one machine earns under several names: what they win in its time, what being new costs, and false answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mai.program import muster, parameters, quality
from mai.simulate import rules
from mai.simulate.musters import INTERVAL_S, MARK_S, at_once, escaped, power_of, ramp_of
from mai.simulate.works import Device

WEEKS = 52
WEEK_S, DAY_S = 604_800, 86_400


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


def starting(device: Device, names: int, opening: bool) -> float:
    """MAI a day, less compute, in the mean of the first year of a machine all of whose names are new.

    ``opening``: it is there when mining opens, as all others are, which have one name each and are as new as it is;
    if not, the others have their power and reputation. Between a muster and its proof no time passes.
    """
    own, assumed = device.device_class, device.assumed
    path, alone = ([0, *(int(power[0]) for power in ramp_of(own, assumed, at_once, many))] for many in (names, 1))
    full, reputation = power_of(own, assumed), reputations(device)
    found, now, musters = 0.0, 0.0, 0
    while now < WEEKS * WEEK_S:
        at = min(musters, len(path) - 1)
        of = reputation[int(now // WEEK_S)]
        lasts = int(muster.odds(musters)) * MARK_S if opening else INTERVAL_S
        lasts = min(lasts, WEEK_S - now % WEEK_S) if at == len(path) - 1 else min(lasts, WEEKS * WEEK_S - now)
        weight = (path[at] + 1) / ((alone[at] if opening else full) + 1)
        works = min(names * float(device.won(weight * (1.0 if opening else device.chance(of)))), device.room)
        found += lasts * works * device.works * device.reward * (device.factor(of) - assumed.compute)
        now, musters = now + lasts, musters + 1
    proofs = names * rules.parameter(parameters.NEWCOMER_TASKS) * device.reward * assumed.full_proof
    return found / (WEEKS * WEEK_S) - proofs / (7 * WEEKS)


def lying(device: Device, rate: float, lie: int, honest: bool, beside: bool = False) -> float:
    """MAI a day, less compute, of made-up answers in every muster, of which two in a row must not be caught to count;
    each is caught at this rate, and then a trace's bond is lost.

    ``lie``: units a slot that are claimed; ``honest``: in one lane more than the true ones of the same name;
    ``beside``: under a second name, and the first one is honest.
    """
    own = power_of(device.device_class, device.assumed)
    chances = escaped(rate, lie.bit_length() + 1)
    # All older ones together are less than the last one: so it counts twice, the best case for the cheat.
    power = own * honest + np.append(lie >> np.arange(len(chances)), 0)
    won = np.minimum(device.won((power + 1) / (own + 1)) + beside, device.room)
    return float(won @ np.append(chances, 1 - chances.sum())) * device.income - rate * bonds(device)


def skipping(device: Device, rate: float, computed: float) -> float:
    """MAI a day, less compute, of answers of which only a share is computed, so that there are more of them.

    What is left out is caught as by a draw of leaves that finds all of it at this rate, and counts if two in a row are
    not; power is its mean, and of all lanes one bond is lost.
    """
    missed: float = (1 - rate) ** (1 - computed)
    won: float = min(device.won(missed**2 / computed), device.room)
    return won * device.income - (1 - missed) * bonds(device)


def bonds(device: Device) -> float:
    """MAI a day of a trace's bond that is lost in every muster."""
    return device.assumed.trace_bond * device.works * device.reward * DAY_S / INTERVAL_S
