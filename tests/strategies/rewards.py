"""Hypothesis strategies for everything that a reward depends on."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

QUANTITY_LIMIT = 1_000_000
ACTIVE_MS_LIMIT = 2_592_000_000


def _often(*values: int, upto: int, least: int = 0) -> st.SearchStrategy[int]:
    """Any integer of the range, and the interesting ones often."""
    return st.one_of(st.sampled_from([least, *values, upto]), st.integers(least, upto))


@dataclass(frozen=True)
class Case:
    """One reward's inputs, in the program's units."""

    gpu_mhs: int
    cpu_mhz: int
    ram_mhz: int
    storage_gb: int
    network_mbps: int
    active_ms: int
    nft_tier: int
    uptime_bps: int
    trust_bps: int
    multiplier: int
    quality_bps: int
    epoch: int
    rate_floor: int


quantities = _often(1, 150, 4_000, upto=QUANTITY_LIMIT)

cases = st.builds(
    Case,
    gpu_mhs=quantities,
    cpu_mhz=quantities,
    ram_mhz=quantities,
    storage_gb=quantities,
    network_mbps=quantities,
    active_ms=_often(1, 3_599_999, 3_600_000, 28_800_000, upto=ACTIVE_MS_LIMIT),
    nft_tier=st.integers(0, 5),
    uptime_bps=_often(4_999, 5_000, 7_999, 8_000, upto=10_000),
    trust_bps=_often(6_001, upto=10_000, least=6_000),
    multiplier=_often(1, 10**9 - 1, 10**9, upto=3 * 10**9),
    quality_bps=_often(1, 5_000, 9_999, upto=10_000),
    epoch=_often(1, 4, 5, 6, 7, upto=2**64 - 1),
    rate_floor=_often(50_000, upto=59_049, least=10_000),
)

WORKED_EXAMPLE = Case(150, 4_000, 0, 0, 1_000, 28_800_000, 2, 8_000, 10_000, 10**9, 10_000, 0, 59_049)
