"""What work earns: exact fractions of the resource formula, rounded down after every factor, and what may be minted."""

from __future__ import annotations

from fractions import Fraction
from math import floor

# Base units an active hour for one unit as it is declared: MH/s, MHz, MHz, GB, Mbps.
RATES = {
    "gpu_mhs": Fraction(5 * 10**9),
    "cpu_mhz": Fraction(2 * 10**9, 1_000),
    "ram_mhz": Fraction(2 * 10**8, 1_000),
    "storage_gb": Fraction(10**8, 10),
    "network_mbps": Fraction(10**8),
}
RESOURCES = tuple(RATES)
NFT_BPS = (0, 500, 1_000, 1_500, 2_000, 1_000)
EPOCH_S = 180 * 86_400
SUPPLY_LIMIT = 18 * 10**18


def epoch_of(genesis_ts: int, now: int) -> int:
    return (now - genesis_ts) // EPOCH_S


def rate(epoch: int, floor_: int) -> Fraction:
    """What is left of the launch rates: a tenth less every epoch for three years, then the floor."""
    return Fraction(9, 10) ** epoch if epoch < 6 else Fraction(floor_, 100_000)


def cap_of(epoch_cap: int, rate_: Fraction) -> int:
    return floor(epoch_cap * rate_)


def uptime_bps(uptime: int) -> int:
    return 500 if uptime >= 8_000 else 200 if uptime >= 5_000 else 0


def trust_bps(device_class: int, attested: bool) -> int:
    """Full trust: an attestation on a workstation, or on a confidential server."""
    return 10_000 if attested and device_class in (4, 6) else 6_000


def capped(entries: list[int], device_class: int, declared: dict[str, int]) -> dict[str, int]:
    """Declared hardware, as far as the class's calibration lets it count."""
    row = entries[6 * device_class : 6 * device_class + 5]
    return {name: min(declared[name], most) for name, most in zip(RESOURCES, row, strict=True)}


def hourly(quantities: dict[str, int]) -> int:
    """Base units an active hour at launch rates."""
    return floor(sum(RATES[name] * quantities[name] for name in RESOURCES))


def verified_ms(per_hour: int, units: int) -> int:
    """How long a device of this hourly rate is paid for so many work units: 17.6 MAI for 10^9 of them, and for five
    million more around each work.
    """
    pay = floor(Fraction(176, 10) * (units + 5 * 10**6))
    return min(pay * 3_600_000 // max(per_hour, 1), 30 * 86_400_000)


def reward(
    per_hour: int, counted_ms: int, nft: int, uptime: int, trust: int, multiplier: int, quality_bps: int, left: Fraction
) -> int:
    """`quality_bps` is the reputation: it counts from a half to one. `multiplier` is in 1/10^9."""
    amount = floor(Fraction(per_hour * counted_ms, 3_600_000))
    for factor in (
        1 + Fraction(nft, 10_000), 1 + Fraction(uptime, 10_000), Fraction(trust, 10_000), Fraction(multiplier, 10**9),
        Fraction(5_000 + quality_bps // 2, 10_000), left,
    ):  # fmt: skip
        amount = floor(amount * factor)
    return amount


def mintable(wanted: int, cap: int, epoch_minted: int, supply: int) -> int:
    return min(wanted, max(cap - epoch_minted, 0), max(SUPPLY_LIMIT - supply, 0))
