"""The reward formula: the program's Python, an independent oracle, and the compiled program must agree to the unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import floor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from mai.program import rewards
from program import oracle
from program.chain import Chain, refused
from program.market import EPOCH, WEEK, give_nft, long_model, stand_in
from program.market import settings as settings_of
from program.network import EMISSION, HIGH_END, RATE_FLOOR, ready
from strategies.rewards import WORKED_EXAMPLE, Case, cases

TERMS = ("hourly", "base", "after_nft", "after_uptime", "after_trust", "after_difficulty", "after_quality")
MAI_UNIT = 10**9


def in_python(case: Case) -> list[int]:
    hourly = rewards.hourly_rate(case.gpu_mhs, case.cpu_mhz, case.ram_mhz, case.storage_gb, case.network_mbps)
    found = rewards.reward(
        hourly,
        case.active_ms,
        rewards.nft_bonus(case.nft_tier),
        rewards.uptime_bonus(case.uptime_bps),
        case.trust_bps,
        case.multiplier,
        case.quality_bps,
        rewards.epoch_rate(case.epoch, case.rate_floor),
    )
    return [int(getattr(found, name)) for name in (*TERMS, "amount")]


class Quotes:
    """The program's `quote` on LiteSVM."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.payer = self.chain.person()

    def __call__(self, case: Case, **changes: Any) -> list[int]:
        instruction = self.chain.instruction("quote", {"payer": self.payer.pubkey()}, {**vars(case), **changes})
        event = self.chain.send(self.payer, instruction).events["RewardQuoted"]
        return [event[name] for name in (*TERMS, "reward")]


@pytest.fixture(scope="module")
def quotes() -> Iterator[Quotes]:
    yield Quotes()


def test_the_documents_worked_example_comes_out_to_the_unit(quotes: Quotes) -> None:
    # 150 MH/s, 4 GHz, 1,000 Mbps, Silver, 80-100 % uptime, 8 h: 6,864 -> 7,550.4 -> 7,927.92 MAI.
    expected = [858 * MAI_UNIT, 6_864 * MAI_UNIT, 75_504 * MAI_UNIT // 10, *[792_792 * MAI_UNIT // 100] * 5]
    assert in_python(WORKED_EXAMPLE) == oracle.terms(WORKED_EXAMPLE) == quotes(WORKED_EXAMPLE) == expected


@settings(deadline=None)
@given(case=cases)
def test_python_agrees_with_the_oracle(case: Case) -> None:
    found = in_python(case)
    assert found == oracle.terms(case)
    # Eight roundings of less than a unit each, none grown more than 1.2 x 1.05 x 3 times afterwards.
    assert 0 <= oracle.exact(case) - found[-1] < 16


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases)
def test_the_compiled_program_agrees_with_the_oracle(quotes: Quotes, case: Case) -> None:
    assert quotes(case) == oracle.terms(case)


@pytest.mark.parametrize(
    ("epoch", "gpu", "cpu"),
    [(0, "5", "2"), (1, "4.5", "1.8"), (2, "4.05", "1.62"), (3, "3.645", "1.458"), (4, "3.2805", "1.3122")],
)
def test_the_documents_rates_per_period(epoch: int, gpu: str, cpu: str) -> None:
    rate = rewards.epoch_rate(epoch, 50_000)
    assert rewards.GPU_RATE * int(rate) * 10**4 == int(float(gpu) * 10**4) * MAI_UNIT * rewards.RATE_SCALE
    assert rewards.CPU_RATE * 1_000 * int(rate) * 10**4 == int(float(cpu) * 10**4) * MAI_UNIT * rewards.RATE_SCALE


def test_the_third_year_ends_on_the_floor() -> None:
    day = 86_400
    assert rewards.epoch_at(0, 1_080 * day - 1) == 5
    assert rewards.epoch_at(0, 1_080 * day) == 6
    assert rewards.epoch_rate(5, 12_345) == 59_049
    assert rewards.epoch_rate(6, 12_345) == rewards.epoch_rate(2**64 - 1, 12_345) == 12_345


@pytest.mark.parametrize(
    ("bps", "bonus"), [(0, 0), (4_999, 0), (5_000, 200), (7_999, 200), (8_000, 500), (10_000, 500), (65_535, 500)]
)
def test_uptime_bonus(bps: int, bonus: int) -> None:
    assert rewards.uptime_bonus(bps) == bonus


def test_the_largest_reward_fits_64_bits() -> None:
    top = rewards.QUANTITY_LIMIT
    largest = Case(top, top, top, top, top, rewards.ACTIVE_MS_LIMIT, 4, 10_000, 10_000, 3 * 10**9, 10_000, 0, 59_049)
    assert 2**63 < in_python(largest)[-2] < 2**64


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"gpu_mhs": 1_000_001}, "GpuOutOfRange"),
        ({"cpu_mhz": 1_000_001}, "CpuOutOfRange"),
        ({"ram_mhz": 1_000_001}, "RamOutOfRange"),
        ({"storage_gb": 1_000_001}, "StorageOutOfRange"),
        ({"network_mbps": 2**32 - 1}, "NetworkOutOfRange"),
        ({"active_ms": 2_592_000_001}, "ActiveTimeOutOfRange"),
        ({"nft_tier": 6}, "UnknownNftTier"),
        ({"trust_bps": 5_999}, "TrustTooLow"),
        ({"trust_bps": 10_001}, "TrustTooHigh"),
        ({"multiplier": 3 * 10**9 + 1}, "MultiplierOutOfRange"),
        ({"quality_bps": 10_001}, "QualityOutOfRange"),
        ({"rate_floor": 9_999}, "ParameterTooLow"),
        ({"rate_floor": 59_050}, "ParameterTooHigh"),
    ],
)
def test_inputs_out_of_range_are_refused_by_name(quotes: Quotes, changes: dict[str, int], name: str) -> None:
    quotes(WORKED_EXAMPLE)
    with refused(name):
        quotes(WORKED_EXAMPLE, **changes)


@pytest.mark.parametrize(
    ("position", "value", "name"),
    [(2, 2_001, "NftBonusOutOfRange"), (3, 2_001, "UptimeBonusOutOfRange"), (7, 100_001, "RateOutOfRange")],
)
def test_factors_that_no_instruction_can_produce_are_refused_too(position: int, value: int, name: str) -> None:
    arguments = [10**9, 1_000, 0, 0, 6_000, 10**9, 10_000, 100_000]
    rewards.reward(*arguments)
    arguments[position] = value
    with pytest.raises(AssertionError, match=f"^{name}: "):
        rewards.reward(*arguments)


def test_a_clock_before_genesis_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"^ClockBeforeGenesis: "):
        rewards.epoch_at(10, 9)


@pytest.mark.parametrize("periods", [0, 1, 4, 5, 6, 20])
@pytest.mark.parametrize(
    ("tier", "uptime", "attested", "quality"),
    [(0, 0, False, 2_500), (2, 8_500, False, 7_777), (4, 5_000, True, 10_000)],
)
def test_what_settle_mints_is_the_oracles_amount(
    periods: int, tier: int, uptime: int, attested: bool, quality: int
) -> None:
    network = ready()
    network.chain.set_time(network.chain.time() + periods * EPOCH)
    holder = give_nft(network, tier)
    week = periods * EPOCH // WEEK
    stand_in(network, week=week, uptime_bps=uptime, attested=attested, device_class=6, quality_bps=quality)
    network.chain.write("Emission", EMISSION, multiplier=1_234_567_890)
    long_model(network, 3_599_999)
    job = network.committed(3_600, tokens=100, active_ms=3_599_999)
    event = network.settle(job, nft_account=holder).events["WorkSettled"]
    trust = 10_000 if attested else 6_000
    factor = floor(oracle.quality_factor(quality) * 10_000)
    case = Case(*HIGH_END.values(), 3_599_999, tier, uptime, trust, 1_234_567_890, factor, periods, RATE_FLOOR)
    assert [event[name] for name in (*TERMS, "reward")] == oracle.terms(case) == in_python(case)
    names = ("nft_bps", "trust_bps", "multiplier", "quality_bps", "epoch", "counted_ms")
    assert [event[name] for name in names] == [100 * oracle.NFT[tier], trust, 1_234_567_890, factor, periods, 3_599_999]
    assert event["cap_left"] == oracle.cap(periods, RATE_FLOOR, settings_of(network)[0])
    paid = oracle.minted(event["reward"], event["cap_left"])
    assert network.chain.balance(network.wallet) == event["minted"] == paid


def test_scaling_is_monotone_in_time_and_hardware() -> None:
    base = in_python(WORKED_EXAMPLE)[-1]
    assert in_python(replace(WORKED_EXAMPLE, active_ms=WORKED_EXAMPLE.active_ms + 1))[-1] > base
    assert in_python(replace(WORKED_EXAMPLE, cpu_mhz=WORKED_EXAMPLE.cpu_mhz + 1))[-1] > base
