"""More time than there was, clocks that lie, rounding, and the largest and smallest numbers. About 4 s."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.program import calibration, rewards
from program.chain import START, Refused, refused
from program.market import crank, rival, set_parameter
from program.network import MINT, Network, digest, ready

U64, U32 = 2**64 - 1, 2**32 - 1
YEAR = 365 * 86_400


@pytest.fixture
def network() -> Network:
    return ready()


# More than the time there was


def test_time_before_the_registration_is_never_paid(network: Network) -> None:
    """A device registered today cannot take a task of last week and be paid for the week."""
    job = network.post(lifetime_s=2_592_000)
    network.chain.pass_time(604_800)
    network.call("redraw_task", network.requester, {"caller": network.requester.pubkey(), "task": job.task})
    late = rival(network)
    network.chain.pass_slots(100)
    network.assign(job, late)
    network.chain.pass_time(10)
    assert "WorkRejected" in network.commit(job, late, active_ms=12_001).events
    network.chain.pass_slots(100)
    network.assign(job)
    network.chain.pass_time(10)
    assert "WorkCommitted" in network.commit(job, active_ms=12_000).events


def test_as_many_works_as_fit_are_paid_for_the_time_that_passed(network: Network) -> None:
    set_parameter(network, 30, 4)
    jobs = [network.taken() for _ in range(4)]
    fifth = network.post()
    network.chain.pass_slots(50)
    with refused("TooManyInFlight"):
        network.assign(fifth)
    network.chain.pass_time(60)
    kept = [job for job in jobs if "WorkCommitted" in network.commit(job, active_ms=20_000).events]
    minted = [network.settle(job).events["WorkSettled"] for job in kept]
    assert sum(event["active_ms"] for event in minted) == 60_000
    assert network.chain.supply(MINT) == sum(event["minted"] for event in minted)
    with refused("WorkWasRejected"):
        network.settle(jobs[3])


def test_what_is_paid_follows_the_work_and_not_the_hand(network: Network) -> None:
    """Ten times as long over the same work units pays no more than the slack allows."""
    paid = []
    for active_ms in (500, 50_000):
        paid.append(network.settle(network.committed(55, active_ms=active_ms)).events["WorkSettled"])
    assert [event["active_ms"] for event in paid] == [500, 50_000]
    assert paid[1]["counted_ms"] <= 501


def test_a_clock_that_steps_back_does_not_pay_time_again(network: Network) -> None:
    first, second = network.taken(), network.taken()
    slot = network.chain.svm.get_clock().slot
    network.chain.set_slot(slot, START + 100)
    assert "WorkCommitted" in network.commit(first, active_ms=100_000).events
    network.chain.set_slot(slot, START + 50)
    assert "WorkRejected" in network.commit(second, active_ms=1_000).events


@pytest.mark.parametrize(
    ("time", "settles"),
    [(START - 1, "ClockBeforeGenesis"), (-(2**63), "ClockBeforeGenesis"), (2**63 - 1, "SettleTooLate")],
)
def test_no_clock_makes_a_settlement_pay_more(network: Network, time: int, settles: str) -> None:
    job = network.committed()
    slot, now = network.chain.svm.get_clock().slot, network.chain.time()
    network.chain.set_slot(slot, time)
    with refused(settles):
        network.settle(job)
    network.chain.set_slot(slot, now)
    assert network.settle(job).events["WorkSettled"]["epoch"] == 0


@pytest.mark.parametrize("time", [2**63 - 1, 2**63 - 10**6])
def test_a_clock_at_the_end_of_time_is_refused_and_not_wrapped(network: Network, time: int) -> None:
    slot = network.chain.svm.get_clock().slot
    network.open_spent_record(digest("late"))
    network.chain.set_slot(slot, time)
    with pytest.raises(Refused, match="with overflow"):
        network.post_task(digest("late"), 5, lifetime_s=2_592_000)
    network.chain.set_slot(slot, START)
    network.post_task(digest("late"), 6)


def test_an_epoch_that_is_over_does_not_come_back(network: Network) -> None:
    """What the next epoch has minted cannot be counted to the last one's cap."""
    job = network.committed()
    slot, now = network.chain.svm.get_clock().slot, network.chain.time()
    network.chain.set_slot(slot, START + 15_552_000)
    crank(network)
    network.chain.set_slot(slot, now)
    with refused("EpochPassed"):
        network.settle(job)


def test_a_thousand_years_later_the_rate_is_the_floor(network: Network) -> None:
    network.chain.set_slot(10**9, START + 1_000 * YEAR)
    event = network.settle(network.committed()).events["WorkSettled"]
    assert (event["rate"], event["minted"]) == (50_000, event["after_quality"] // 2)


@given(st.lists(st.integers(1, 10**8), min_size=2, max_size=6), st.integers(0, 10**16), st.integers(6_000, 10_000))
def test_splitting_work_never_pays_more(parts: list[int], hourly: int, trust: int) -> None:
    def amount(active_ms: int) -> int:
        return int(rewards.reward(hourly // 10**4, active_ms, 500, 200, trust, 999_999_999, 8_750, 65_610).amount)

    assert sum(map(amount, parts)) <= amount(sum(parts))


# Extremes


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"tokens": 0}, "NoTokens"),
        ({"tokens": U32}, "TooManyTokens"),
        ({"active_ms": 0}, "NoActiveTime"),
    ],
)
def test_extreme_commits_are_refused(network: Network, changes: dict[str, int], name: str) -> None:
    job = network.taken()
    network.chain.pass_time(30)
    with refused(name):
        network.commit(job, **changes)
    network.commit(job)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"lifetime_s": 9}, "TaskTooShort"),
        ({"lifetime_s": U32}, "TaskTooLong"),
        ({"task_class": 255}, "UnknownTaskClass"),
        ({"region": 65_535}, "TaskRegionOutOfRange"),
        ({"prompt_tokens": U32}, "PromptTooLong"),
        ({"max_tokens": 0}, "NoTokensAsked"),
        ({"max_tokens": U32}, "TooManyTokensAsked"),
    ],
)
def test_extreme_tasks_are_refused(network: Network, changes: dict[str, int], name: str) -> None:
    network.open_spent_record(digest("asked"))
    with refused(name):
        network.post_task(digest("asked"), U64, **changes)
    network.post_task(digest("asked"), U64)


def test_the_largest_model_and_claim_stay_in_range() -> None:
    network = Network()
    network.genesis()
    network.open_accounts()
    network.register_model(
        segments=10_000, work_units=10**9, max_active_ms=86_400_000, max_tokens=10**6, positions=10**6
    )
    network.open_mining()
    network.register_miner(device_class=6, **dict.fromkeys(("gpu_mhs", "ram_mhz", "storage_gb"), 10**6))
    for active_ms, reason in ((U64, 3), (calibration.CLOCK_TOLERANCE_MS + 60_001, 2), (60_000, 1)):
        job = network.post(max_tokens=10**6)
        network.chain.pass_slots(50)
        network.assign(job)
        network.chain.pass_time(60)
        event = network.commit(job, tokens=10**6, active_ms=active_ms).events["WorkRejected"]
        assert event["reason"] == reason
    with refused("PositionOutOfRange"):
        network.open_spent_record(job.input, position=U32)
    network.open_spent_record(job.input, position=10**6 - 1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        *[({field: 0}, "No") for field in ("segments", "work_units", "max_active_ms", "max_tokens", "positions")],
        *[({field: U32}, "TooM") for field in ("segments", "max_tokens", "positions", "vram_mb")],
        *[({field: U64}, "TooM") for field in ("work_units", "max_active_ms")],
        ({"proof": 255}, "UnknownProof"),
        ({"detection_bps": 65_535}, "DetectionTooHigh"),
        ({"proof": 1, "detection_bps": 0}, "DetectionTooLow"),
    ],
)
def test_extreme_models_are_refused(network: Network, changes: dict[str, int], name: str) -> None:
    with pytest.raises(Refused) as caught:
        network.register_model(key=digest("extreme"), **changes)
    assert caught.value.name.startswith(name)
    network.register_model(key=digest("extreme"))


@pytest.mark.parametrize("field", ["device_class", "region", "client_version", "gpu_mhs", "cpu_mhz", "network_mbps"])
def test_extreme_devices_are_refused(network: Network, field: str) -> None:
    largest: Any = {"device_class": 255, "region": 65_535}.get(field, U32)
    with pytest.raises(Refused) as caught:
        network.register_miner(network.requester, **{field: largest})
    assert caught.value.name.startswith("Unknown") or caught.value.name.endswith("OutOfRange")
    network.register_miner(network.requester)


