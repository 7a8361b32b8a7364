"""The simulation's rules are the program's, to the unit, for any numbers that the program takes."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import calibration, difficulty, emission, parameters, registry, rewards
from mai.simulate import rules
from mai.simulate.economy import HOUR_S, hourly_of, left_at

AMOUNT = st.integers(0, 10**18)
BPS = st.integers(0, 10_000)
SMOOTHING = st.integers(100, 300)
CAP = st.integers(10**15, 10**18)


@given(
    st.lists(st.integers(0, 8 * 10**15), min_size=1, max_size=7), st.integers(0, 2_592_000_000), st.integers(0, 2_000),
    st.integers(0, 2_000), st.integers(6_000, 10_000), st.integers(0, 3 * 10**9), BPS, st.integers(0, 100_000),
)  # fmt: skip
@settings(max_examples=200)
def test_rewards_agree_for_one_and_for_many(  # type: ignore[no-untyped-def]
    hourly, active_ms, nft, uptime, trust, multiplier, quality, rate
) -> None:
    def of_program(one: int) -> int | None:
        try:
            return int(rewards.reward(one, active_ms, nft, uptime, trust, multiplier, quality, rate).amount)
        except OverflowError:
            return None

    expected = [of_program(one) for one in hourly]
    mine = rules.reward(np.array(hourly, dtype=object), active_ms, nft, uptime, trust, multiplier, quality, rate)
    assert all(theirs is None or theirs == ours for theirs, ours in zip(expected, mine, strict=True))
    assert mine[0] == rules.reward(hourly[0], active_ms, nft, uptime, trust, multiplier, quality, rate)


@given(
    st.integers(100_000, 3_000_000_000), AMOUNT, st.integers(0, 10**18), st.integers(1, 15_552_000),
    st.integers(3_600, 86_400), SMOOTHING,
)  # fmt: skip
def test_the_multiplier_agrees(
    multiplier: int, minted: int, left: int, remaining: int, elapsed: int, smoothing: int
) -> None:
    theirs = difficulty.next_multiplier(multiplier, minted, left, remaining, elapsed, smoothing)
    assert rules.next_multiplier(multiplier, minted, left, remaining, elapsed, smoothing) == int(theirs)


@pytest.mark.parametrize("hour", [0, 1, 4_318, 4_319, 4_320])
def test_what_the_crank_shares_out_is_the_programs(hour: int) -> None:
    """As crank_difficulty works it out at the hour's end, the first crank of the next epoch included."""
    now, minted, epoch_minted = (hour + 1) * HOUR_S, 10**15, 10**16
    epoch = hour * HOUR_S // rules.EPOCH_S
    now_epoch = int(rewards.epoch_at(0, now))
    seen = epoch_minted if now_epoch == epoch else 0
    left = difficulty.cap_before(rules.cap_of_epoch(now_epoch), seen, minted)
    expected = int(left), int(rewards.epoch_left(0, now)) + HOUR_S
    assert left_at(now, epoch, epoch_minted - minted) == expected


@pytest.mark.parametrize("device_class", range(7))
@given(st.tuples(*[st.floats(0.05, 1.0)] * 5), st.integers(10**5, 10**9))
def test_a_work_pays_the_same_whatever_is_declared(device_class: int, shares: tuple[float, ...], units: int) -> None:
    """But for a millisecond at the declared rate, which rounding takes."""
    hourly = hourly_of(device_class, shares)
    pay = (units + int(registry.OVERHEAD_UNITS)) * int(registry.UNIT_PAY) // int(registry.UNITS_SCALE)
    paid = hourly * rules.verified_ms(hourly, units) / HOUR_S / 1_000
    assert pay - hourly / HOUR_S / 1_000 - 1 <= paid <= pay


@pytest.mark.parametrize("device_class", range(7))
def test_who_can_declare_gpu_memory_is_the_programs(device_class: int) -> None:
    def declares(vram_mb: int) -> None:
        entries = SimpleNamespace(entries=list(rules.CALIBRATION))
        registry.declare(
            SimpleNamespace(), entries, device_class, 0, 0, [0] * 32, vram_mb, 1, 1, 1, 1, 1, 1, 1
        )  # fmt: skip

    declares(0)
    if rules.takes_vram(device_class):
        declares(1)
    else:
        with pytest.raises(AssertionError, match="VramWithoutGpu"):
            declares(1)
    assert rules.takes_vram(device_class) == (device_class != calibration.DEVICE_CPU)


@given(st.integers(500_000_000, 3_000_000_000), BPS, st.integers(1_000, 9_000), BPS, SMOOTHING)
def test_the_difficulty_agrees(value: int, completion: int, target: int, utilisation: int, smoothing: int) -> None:
    theirs = difficulty.next_difficulty(value, completion, target, utilisation, smoothing)
    assert rules.next_difficulty(value, completion, target, utilisation, smoothing) == int(theirs)


@given(st.integers(10**9, 4 * 10**9), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), BPS, SMOOTHING)
def test_the_sampling_ratio_agrees(sampling: int, pending: int, settled: int, target: int, smoothing: int) -> None:
    theirs = difficulty.next_sampling(sampling, pending, settled, target, smoothing)
    assert rules.next_sampling(sampling, pending, settled, target, smoothing) == int(theirs)


@given(AMOUNT, CAP, AMOUNT, st.integers(0, 2**64 - 1))
def test_what_can_be_minted_agrees(amount: int, cap: int, epoch_minted: int, supply: int) -> None:
    assert rules.mintable(amount, cap, epoch_minted, supply) == min(
        amount, int(emission.cap_left(cap, epoch_minted, supply))
    )


def test_defaults_are_the_programs() -> None:
    assert rules.parameter(parameters.EPOCH_CAP) == 500_000_000 * 10**9
    assert rules.class_parameter(2, parameters.SLASH) == int(parameters.default_parameter(24))
    assert [rules.rate_of_epoch(epoch) for epoch in (0, 1, 6)] == [100_000, 90_000, 50_000]
