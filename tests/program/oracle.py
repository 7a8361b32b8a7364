"""The reward, once more and independently: exact fractions of MAI, written from the documents and not from the program.

Rates and bonuses: the architecture document, section 6. Order of the factors, 180-day periods and "after year 3 a
floor": the specification, decision 2. Limits, the epoch's cap and difficulty: the economy's design.

Amounts are base units (10⁻⁹ MAI); after every factor a fraction of a unit is
dropped, which is what "rounded down" means here.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from strategies.rewards import Case

UNITS_PER_MAI = 10**9
LAUNCH_RATES = {  # MAI per active hour and unit of the resource
    "gpu": (Fraction(5), 1),  # per MH/s
    "cpu": (Fraction(2), 1_000),  # per GHz, declared in MHz
    "ram": (Fraction("0.2"), 1_000),  # per 1,000 MHz
    "storage": (Fraction("0.1"), 10),  # per 10 GB
    "network": (Fraction("0.1"), 1),  # per Mbps
}
NFT = {0: 0, 1: 5, 2: 10, 3: 15, 4: 20, 5: 10}  # percent: none, Bronze, Silver, Gold, Platinum, Airdrop
PERIODS_OF_THREE_YEARS = 6


def rate_factor(epoch: int, rate_floor: int) -> Fraction:
    """What is left of the launch rates: 10 % less every period for three years, then the floor."""
    if epoch < PERIODS_OF_THREE_YEARS:
        return Fraction(9, 10) ** epoch
    return Fraction(rate_floor, 100_000)


def uptime_factor(uptime_bps: int) -> Fraction:
    percent = Fraction(uptime_bps, 100)
    if percent >= 80:
        return Fraction(105, 100)
    return Fraction(102, 100) if percent >= 50 else Fraction(1)


def exact(case: Case) -> Fraction:
    """The reward in base units without any rounding."""
    return _hourly(case) * _hours(case) * _product(case)


def _hourly(case: Case) -> Fraction:
    amounts = {
        "gpu": case.gpu_mhs,
        "cpu": case.cpu_mhz,
        "ram": case.ram_mhz,
        "storage": case.storage_gb,
        "network": case.network_mbps,
    }
    mai = sum((rate * Fraction(amounts[name], unit) for name, (rate, unit) in LAUNCH_RATES.items()), Fraction(0))
    return mai * UNITS_PER_MAI


def _hours(case: Case) -> Fraction:
    return Fraction(case.active_ms, 60 * 60 * 1_000)


def _factors(case: Case) -> list[Fraction]:
    return [
        1 + Fraction(NFT[case.nft_tier], 100),
        uptime_factor(case.uptime_bps),
        Fraction(case.trust_bps, 10_000),
        Fraction(case.multiplier, 10**9),
        Fraction(case.quality_bps, 10_000),
        rate_factor(case.epoch, case.rate_floor),
    ]


def _product(case: Case) -> Fraction:
    product = Fraction(1)
    for factor in _factors(case):
        product *= factor
    return product


def terms(case: Case) -> list[int]:
    """Hourly rate, base, then the amount after each of the six factors: eight integers, each rounded down."""
    hourly = _hourly(case)
    found = [floor(hourly), floor(hourly * _hours(case))]
    for factor in _factors(case):
        found.append(floor(found[-1] * factor))
    return found


def quality_factor(quality_bps: int) -> Fraction:
    """A half for a device of no reputation, one for a perfect one."""
    return Fraction(1, 2) + Fraction(quality_bps, 20_000)


def verified(hourly: int, units: int) -> int:
    """Milliseconds that a device of this hourly rate is paid for so many work units: 17.6 MAI for 10^9 of them and five
    million more."""
    pay = floor((units + 5 * 10**6) * Fraction("17.6") * UNITS_PER_MAI / 10**9)
    return min(floor(Fraction(pay, hourly) * 3_600_000), 30 * 86_400_000)


def cap(epoch: int, rate_floor: int, launch_cap: int) -> int:
    """What an epoch may mint."""
    return floor(launch_cap * rate_factor(epoch, rate_floor))


def minted(amount: int, left: int, limit: int | None = None, burned: int | None = None) -> int:
    """What of a reward is paid: at most ``limit`` if the proof was sampled, ``burned`` if the task is self-chosen."""
    return min(amount, left, *(bound for bound in (limit, burned) if bound is not None))


def moved(value: int, change: Fraction, lowest: int, highest: int) -> int:
    """A difficulty's next value: at most an eighth of it away, rounded towards where it was, within its bounds."""
    step = min(floor(value * abs(change)), value // 8)
    return min(value + step, highest) if change >= 0 else max(value - step, lowest)
