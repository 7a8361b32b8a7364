"""The epoch's cap and the halving: whatever comes in, never more is minted than is left."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import emission, rewards
from program import oracle
from program.chain import START, refused
from program.market import (
    DAY,
    EMISSION,
    EPOCH,
    MINT,
    crank,
    long_model,
    miner_of,
    paid,
    set_parameter,
    stand_in,
)
from program.market import settings as parameters_of
from program.network import RATE_FLOOR, Network, ready

LIMIT = 18 * 10**18
EPOCH_CAP = 0
_SHARED: list[Network] = []


def shared() -> Network:
    """One network for all examples: each sets what it depends on."""
    if not _SHARED:
        _SHARED.append(ready())
    return _SHARED[0]


def set_supply(network: Network, supply: int) -> None:
    account = network.chain.svm.get_account(MINT)
    data = bytes(account.data)
    network.chain.put(MINT, data[:36] + supply.to_bytes(8, "little") + data[44:], account.owner, account.lamports)


def near(value: int) -> st.SearchStrategy[int]:
    return st.integers(value - 10**12, value + 10**12)


@settings(max_examples=40, deadline=None)
@given(
    cap=st.one_of(st.just(10**15), st.integers(10**15, 10**18)),
    share=st.one_of(st.just(10_000), st.integers(9_990, 10_001), st.integers(0, 20_000)),
    more=st.integers(-(10**9), 10**9),
    supply=st.one_of(st.just(LIMIT), near(LIMIT), st.integers(0, LIMIT)),
    active_ms=st.integers(1, 3_600_000),
    multiplier=st.integers(10**5, 3 * 10**9),
)
def test_minted_is_never_above_what_is_left(
    cap: int, share: int, more: int, supply: int, active_ms: int, multiplier: int
) -> None:
    network = shared()
    set_parameter(network, EPOCH_CAP, cap)
    already = max(cap * share // 10_000 + more, 0)
    stand_in(network, quality_bps=10_000)
    network.chain.write("Emission", EMISSION, epoch_minted=already, multiplier=multiplier)
    set_supply(network, supply)
    long_model(network, active_ms)
    job = network.committed(3_600, tokens=100, active_ms=active_ms)
    event = network.settle(job, token_account=network.chain.put_token_account(MINT, network.owner.pubkey())).events[
        "WorkSettled"
    ]
    left = min(max(cap - already, 0), max(LIMIT - supply, 0))
    assert event["cap_left"] == left
    assert event["minted"] == oracle.minted(event["reward"], left) <= left
    assert network.chain.supply(MINT) == supply + event["minted"] <= max(LIMIT, supply)
    state = network.chain.read("Emission", EMISSION)
    assert state["epoch_minted"] == already + event["minted"] <= max(cap, already)


@settings(deadline=None)
@given(cap=st.integers(0, 10**18), epoch=st.integers(0, 100), floor=st.integers(10_000, 59_049))
def test_an_epochs_cap_shrinks_as_its_rates_do(cap: int, epoch: int, floor: int) -> None:
    rate = rewards.epoch_rate(epoch, floor)
    assert emission.cap_of_epoch(cap, rate) == oracle.cap(epoch, floor, cap)


@settings(deadline=None)
@given(cap=st.integers(0, 2**64 - 1), minted=st.integers(0, 2**64 - 1), supply=st.integers(0, 2**64 - 1))
def test_what_is_left_is_below_both_limits(cap: int, minted: int, supply: int) -> None:
    left = emission.cap_left(cap, minted, supply)
    assert left == min(max(cap - minted, 0), max(LIMIT - supply, 0))


@settings(deadline=None)
@given(passed=st.integers(0, 100 * EPOCH))
def test_an_epoch_is_180_days(passed: int) -> None:
    epoch, into = divmod(passed, 180 * DAY)
    assert rewards.epoch_at(START, START + passed) == epoch
    assert rewards.epoch_left(START, START + passed) == 180 * DAY - into > 0


def test_ten_years_of_payments_halve_and_then_stay_on_the_floor() -> None:
    network = ready()
    long_model(network, 60_000)
    amounts, total = [], 0
    for epoch in range(21):
        network.chain.set_time(START + epoch * EPOCH + DAY)
        stand_in(network, quality_bps=10_000, in_flight=0, uptime_bps=0, week=(epoch * EPOCH + DAY) // (7 * DAY))
        minted = 0
        for _ in range(2):
            event = paid(network, 60, tokens=100, active_ms=60_000)
            assert event["epoch"] == epoch
            assert event["cap_left"] == oracle.cap(epoch, RATE_FLOOR, parameters_of(network)[EPOCH_CAP]) - minted
            minted += event["minted"]
        total += minted
        state = network.chain.read("Emission", EMISSION)
        assert (state["epoch"], state["epoch_minted"], state["minted"]) == (epoch, minted, total)
        amounts.append(event["reward"])
    assert amounts[:6] == [amounts[0] * 9**epoch // 10**epoch for epoch in range(6)]
    assert set(amounts[6:]) == {amounts[0] * RATE_FLOOR // 100_000}
    assert network.chain.supply(MINT) == total == miner_of(network)["earned"]


def test_an_epoch_that_is_used_up_pays_nothing_until_the_next_begins() -> None:
    network = ready()
    cap = oracle.cap(0, RATE_FLOOR, parameters_of(network)[EPOCH_CAP])
    network.chain.write("Emission", EMISSION, epoch_minted=cap - 1)
    assert paid(network)["minted"] == 1
    event = paid(network)
    assert (event["minted"], event["cap_left"], event["reward"] > 0) == (0, 0, True)
    network.chain.set_time(START + EPOCH)
    event = paid(network)
    assert event["minted"] == event["reward"] > 0


def test_an_epoch_does_not_come_back() -> None:
    network = ready()
    network.chain.write("Emission", EMISSION, epoch=1)
    job = network.committed()
    with refused("EpochPassed"):
        network.settle(job)
    network.chain.pass_time(3_600)
    with refused("EpochPassed"):
        crank(network)
    network.chain.write("Emission", EMISSION, epoch=0)
    network.settle(job)


@pytest.mark.parametrize("seconds", [0, -1])
def test_the_last_second_of_an_epoch_still_belongs_to_it(seconds: int) -> None:
    network = ready()
    network.chain.set_time(START + EPOCH - 60 + seconds)
    assert paid(network)["epoch"] == (1 if seconds == 0 else 0)
