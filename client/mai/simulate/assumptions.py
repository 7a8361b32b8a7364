"""Everything that the simulation assumes and the program does not say, in one place, with the three scenarios."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from mai.errors import MaiError

CLASSES = ("mobile", "CPU", "GPU consumer", "GPU high-end", "GPU workstation", "GPU server", "GPU confidential")
YEARS_LIMIT = 30


@dataclass(frozen=True)
class Assumptions:
    """Shares are fractions of one; amounts are MAI; growth is a logistic curve from start to end.

    Attributes:
        genesis_supply: what the presale sold.
        mix: each class's share of the devices.
        hardware: typical GPU, CPU, RAM, storage and network as shares of the class's calibrated caps.
        devices_start: devices at the opening; devices_end: in the end.
        growth_middle: when half of the growth is done, in years; growth_width: how many years it is spread over.
        churn: devices that leave in a year and are replaced.
        demand_start: hours of one stream that are asked for, a device and day, at the opening; demand_end: in the end.
        online: hours a day that a device is there.
        noise: day-to-day spread of demand (lognormal, carried over to the next day with weight `memory`).
        daily_swing: how far demand goes up and down within a day.
        work_ms: active time of one work.
        allowed: time that a work takes, as a share of the time allowed.
        proof_s: from commit to settlement at sampling 1.0; grows with the sampling ratio.
        quality, uptime, nft: reputation and uptime of an honest device, average NFT bonus.
        fee: what requesters pay for a task, as a share of what it mints.
        offences: hard offences in a year, of 1,000 devices.
        task_mix: routine, standard and critical tasks.
        compute: what the compute of a work costs, as a share of its reward. Where cheats save it, the program's
            SAVING_BPS is taken instead, which is the worst case.
        efficiency: by class, speed of a real device as a share of what its class's peak and its GPU (or CPU) promise.
            Decoding one stream reads every weight once a token, so memory bounds it: half of the bandwidth of a
            class's better devices (50, 60, 600, 1,200, 1,200, 3,400, 6,000 GB/s) over 0.6 bytes a weight; a phone,
            which must keep cool, half of that. Measured for a CPU alone: 9.4 units/ms on one thread, and typical
            hardware is taken for 35.
        streams: by class, how many streams a device decodes at once, each nearly as fast as one alone.
        muster_units: work units a token of the model that musters are answered with (SmolLM2-135M).
        muster_lag: slots from a muster's mark until a device has begun to answer.
        trace_bond: what a lost trace's bond is worth, in days of an honest device's pay.
        full_proof: cost of a newcomer's full proof, as a share of the reward.
        appeal: chance that an honest miner proves its appeal.
        sybils: as how many identities one device is registered.
        attested: classes whose devices are attested; the program has no instruction that attests one.
    """

    genesis_supply: int = 1_000_000_000
    mix: tuple[float, ...] = (0.30, 0.20, 0.35, 0.10, 0.03, 0.015, 0.005)
    hardware: tuple[float, ...] = (0.6, 0.7, 0.7, 0.3, 0.2)
    devices_start: int = 500
    devices_end: int = 100_000
    growth_middle: float = 3.0
    growth_width: float = 0.8
    churn: float = 0.4
    demand_start: float = 2.0
    demand_end: float = 8.0
    online: float = 20.0
    noise: float = 0.15
    memory: float = 0.8
    daily_swing: float = 0.3
    work_ms: int = 60_000
    allowed: float = 0.4
    proof_s: float = 300.0
    quality: float = 0.97
    uptime: float = 0.85
    nft: float = 0.02
    fee: float = 0.2
    offences: float = 5.0
    task_mix: tuple[float, float, float] = (0.70, 0.25, 0.05)
    compute: float = 0.5
    efficiency: tuple[float, ...] = (0.2, 0.1, 0.005, 0.0025, 0.001, 0.003, 0.001)
    streams: tuple[int, ...] = (1, 1, 8, 8, 8, 8, 8)
    muster_units: int = 135
    muster_lag: int = 3
    trace_bond: float = 1.0
    full_proof: float = 1.0
    appeal: float = 0.9
    sybils: tuple[int, ...] = (2, 3, 20)
    attested: tuple[int, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Every assumption by name."""
        return asdict(self)


BASE = Assumptions()
SCENARIOS = {
    "slow": replace(BASE, devices_start=100, devices_end=5_000, growth_middle=4.0, growth_width=1.2, demand_end=4.0),
    "base": BASE,
    "boom": replace(BASE, devices_start=5_000, devices_end=2_000_000, growth_middle=2.0, growth_width=0.4,
                    demand_end=12.0),
}  # fmt: skip


def scenario(name: str) -> Assumptions:
    """The assumptions of a scenario.

    Raises:
        MaiError: there is no such scenario.
    """
    if name not in SCENARIOS:
        raise MaiError(f"there is no scenario {name}: choose one of {', '.join(SCENARIOS)}")
    return SCENARIOS[name]


def check_seed(seed: int) -> int:
    """The seed, if it is one.

    Raises:
        MaiError: it is negative.
    """
    if seed < 0:
        raise MaiError("the seed must be 0 or more")
    return seed


def check_years(years: int) -> int:
    """The number of years, if it can be simulated.

    Raises:
        MaiError: it cannot.
    """
    if not 1 <= years <= YEARS_LIMIT:
        raise MaiError(f"{years} years cannot be simulated: choose 1 to {YEARS_LIMIT}")
    return years
