"""What it costs to be new: full proofs of the first tasks, and weeks until reputation is that of an honest device."""

from __future__ import annotations

from mai.program import parameters, quality
from mai.simulate import rules
from mai.simulate.works import Device, flagged_share

WEEKS = 52


def newcomer_cost(device: Device, reward: float) -> float:
    """What an identity's first tasks cost against an established one's: full proofs and the lower quality factor."""
    honest = float(quality.quality_factor(device.steady_quality(0.0)))
    lower = 1 - float(quality.quality_factor(int(quality.NEWCOMER_QUALITY))) / honest
    return rules.parameter(parameters.NEWCOMER_TASKS) * reward * (lower + device.assumed.full_proof)


def standings(device: Device, flagged: float) -> list[float]:
    """A new identity's income as a share of an established one's, week by week of its first year."""
    reputation, score, found = int(quality.NEWCOMER_QUALITY), device.steady_quality(flagged), []
    for _ in range(WEEKS):
        found.append(device.standing(reputation))
        reputation = (3 * reputation + score) // 4
    return found


def split_share(device: Device, identities: int) -> float:
    """Share of the works that are flagged as too slow, when each identity has its share of the device's speed."""
    assumed = device.assumed
    return flagged_share(assumed.hardware[0] / identities, assumed.limit_slack, assumed.spread)


def won_by(device: Device, tickets: float, standing: float) -> float:
    """Tasks that one device with so many tickets wins, in those of one honest device, as far as its time allows.

    Tickets are declared power: one in all for shares of the device, one each for copies of it. A task pays the same
    whatever is declared.
    """
    return min(tickets * standing, device.assumed.online / device.assumed.demand_end)


def split_value(device: Device, identities: int, tickets: float, flagged: float) -> float:
    """MAI a day, less compute, of one device split into ``identities``, in the mean of the first year."""
    won = sum(won_by(device, tickets, standing) for standing in standings(device, flagged)) / WEEKS
    once = identities * newcomer_cost(device, device.reward())
    return device.works * device.reward() * won * (1 - device.assumed.compute) - once / (7 * WEEKS)
