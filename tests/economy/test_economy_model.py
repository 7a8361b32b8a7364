"""The model on its own: figures of the documents and sums done by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from economy import difficulty
from economy.layout import layouts
from economy.ledger import Blocks, Record
from economy.lottery import CERTAIN, chance, score
from economy.parameters import deterring
from economy.quality import enter_week, sign_of_life, uptime
from economy.quality import score as week_score
from economy.registry import fade
from economy.rewards import cap_of, hourly, mintable, rate, reward, trust_bps, verified_ms
from mai.program import parameters as parameter_table

EXAMPLE = {"gpu_mhs": 150, "cpu_mhz": 4_000, "ram_mhz": 0, "storage_gb": 0, "network_mbps": 1_000}
MAI = 10**9


def record(kind: str, **fields: int) -> Record:
    return Record(kind, {**layouts()[kind].blank(), **fields})


def test_the_architecture_documents_example() -> None:
    """150 MH/s, 4 GHz, 1,000 Mbps, Silver, 80 % uptime, 8 hours, full trust and quality."""

    def amount(nft: int, uptime_: int) -> Fraction:
        return Fraction(reward(hourly(EXAMPLE), 8 * 3_600_000, nft, uptime_, 10_000, 10**9, 10_000, rate(0, 0)), MAI)

    assert [amount(0, 0), amount(1_000, 0), amount(1_000, 500)] == [6_864, Fraction("7550.4"), Fraction("7927.92")]


def test_halving_caps_and_limits() -> None:
    assert [cap_of(10**6, rate(epoch, 50_000)) for epoch in (0, 1, 5, 6, 99)] == [
        10**6, 900_000, 590_490, 500_000, 500_000,
    ]  # fmt: skip
    assert mintable(100, 1_000, 950, 0) == 50
    assert mintable(100, 1_000, 2_000, 0) == 0
    assert mintable(100, 1_000, 0, 18 * 10**18 - 7) == 7
    assert [trust_bps(kind, True) for kind in range(7)] == [6_000] * 4 + [10_000, 6_000, 10_000]


def test_chances() -> None:
    fortieth, half = Fraction(1, 40), Fraction(1, 2)
    assert chance(7_500, fortieth, 4, 4, 0) == CERTAIN
    assert chance(7_500, fortieth, 40, 4, 0) == CERTAIN // 10
    assert chance(7_500, fortieth / 2, 40, 4, 0) == CERTAIN // 20
    assert chance(7_500, fortieth, 40, 4, 3, trusted=True) == CERTAIN * 4 // 10
    assert chance(7_500, fortieth, 40, 4, 8) == CERTAIN * 4 // 10
    assert chance(7_500, half, 40, 4, 0) == chance(7_500, fortieth, 40, 4, 29) == CERTAIN * 95 // 100
    assert chance(1, fortieth, 40, 4, 30) == CERTAIN
    assert score(8_000, 2_000, True, 1) == 5_200


def test_blocks_that_are_not_there_yet_or_no_more() -> None:
    blocks = Blocks([10, 11, 14], {})
    assert [blocks.first(slot) for slot in (9, 10, 12, 14, 15)] == ["SeedEvicted", 10, 14, 14, "SeedTooEarly"]


def test_a_week_and_the_one_after_it() -> None:
    miner = record("Miner", quality_bps=7_500)
    for hour in range(100):
        sign_of_life(miner, 0, hour * 3_600)
        sign_of_life(miner, 0, hour * 3_600 + 3_599)
    miner.missed, miner.completed, miner.failed, miner.consistent = 2, 3, 1, 3
    miner.active_ms_week, miner.allowed_ms_week = 1, 2
    assert uptime(miner, 6) == 88 * 10_000 // 168
    # success 7,500, all verified, half the time used, uptime 5,238: (30,000 + 30,000 + 15,000 + 5,238) / 10
    assert week_score(miner, 0, 5_238) == (8_023 + 10_000) // 2
    # Ten consistent works of which three were paid for by now: all of the hardware's half, not more.
    assert week_score(record("Miner", completed=3, consistent=10), 0, 0) == (9_000 + 10_000) // 2
    enter_week(miner, 1, 0, 6)
    assert (miner.uptime_bps, miner.quality_bps, miner.hours) == (5_238, (3 * 7_500 + 9_011) // 4, 0)
    enter_week(miner, 3, 0, 6)
    assert (miner.uptime_bps, miner.quality_bps) == (0, 7_877)


def test_the_crank_moves_an_eighth_at_most() -> None:
    emission = record("Emission", multiplier=10**9, task_difficulty=10**9, sampling=2 * 10**9, miners=1)
    difficulty.turn(emission, 3_600, 36_000, 100, 100, 5_000, 5_000)
    # A tenth of the epoch, so ten were expected, and none came: one per cent more. Nobody worked: 1.5 per mille harder
    # (3,000 of 20,000 x 100, idle) and half a per cent more sampling (5,000 of 10,000 x 100).
    assert (emission.multiplier, emission.task_difficulty, emission.sampling) == (
        1_010_000_000, 1_001_500_000, 2_010_000_000,
    )  # fmt: skip
    emission.period_minted, emission.epoch_minted, emission.pending = 90, 90, 10
    difficulty.turn(emission, 7_200, 36_000, 100, 100, 5_000, 5_000)
    # Eleven were expected (a ninth, rounded down), 90 came.
    assert emission.multiplier == 1_010_000_000 - 1_010_000_000 * 79 // 1_100
    assert emission.sampling == 2_010_000_000 - 10_050_000
    emission.period_minted = 0
    difficulty.turn(emission, 10_800, 36_000, 90, 100, 5_000, 5_000)
    # Nothing is left of the cap, so nothing was expected.
    assert emission.multiplier == 1_010_000_000 - 1_010_000_000 * 79 // 1_100
    emission.epoch_minted, emission.period_minted = 10**6, 10**6
    difficulty.turn(emission, 14_400, 36_000, 90, 100, 5_000, 5_000)
    assert emission.multiplier == (1_010_000_000 - 1_010_000_000 * 79 // 1_100) * 7 // 8 + 1


def test_what_is_paid_is_the_work() -> None:
    """A thousand million units are 17.6 MAI to whoever does them; five million are added to each work."""
    for per_hour in (MAI, 10 * MAI, 858 * MAI):
        counted = verified_ms(per_hour, 995 * 10**6)
        assert 0 <= 17_600_000_000 - per_hour * counted // 3_600_000 <= per_hour // 3_600_000 + 1
    assert verified_ms(858 * MAI, 0) == 88_000_000 * 3_600_000 // (858 * MAI)
    assert verified_ms(0, 10**12) == 30 * 86_400_000


def test_power_fades_by_half() -> None:
    emission, miner = record("Emission", power=107, muster=3), record("Miner", power=7)
    fade(emission, miner)
    assert (miner.power, miner.muster, emission.power) == (0, 3, 100)
    miner.power, emission.muster = 7, 4
    fade(emission, miner)
    fade(emission, miner)
    assert (miner.power, emission.power) == (3, 96)


def test_the_defaults_deter() -> None:
    parameters = [int(parameter_table.default_parameter(index)) for index in range(32)]
    assert deterring(parameters)
    # A routine cheat is caught 5 times in 100, saves all that 1,000 MAI are for and loses them and the slash.
    parameters[18] = 19_000 * MAI
    assert deterring(parameters)
    parameters[18] -= 1
    assert not deterring(parameters)


def test_a_field_that_the_program_does_not_have_is_a_mistake() -> None:
    with pytest.raises(AttributeError):
        record("Miner").quality = 1
