"""More time than there was, clocks that lie, rounding, and the largest and smallest numbers. About 4 s."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.program import calibration, rewards
from program.chain import START, Refused, refused
from program.network import (
    MINT,
    Job,
    Network,
    digest,
    miner_address,
    named,
    ready,
    spent_address,
    task_address,
    work_address,
)

HOURLY = 858 * 10**9  # HIGH_END at launch rates, in base units
TRUST = 6_000
U64, U32 = 2**64 - 1, 2**32 - 1


@pytest.fixture
def network() -> Network:
    return ready()


# More than the time there was


def test_time_before_the_registration_is_never_paid(network: Network) -> None:
    """A device registered today cannot take a month-old task and be paid for the month."""
    network.open_spent_record(digest("old"))
    network.post_task(digest("old"), 77, lifetime_s=2_592_000)
    network.chain.set_time(START + 2_000_000)
    late = network.chain.person()
    network.register_miner(late)
    miner, old = miner_address(late.pubkey()), _job(network, 77, digest("old"))
    early = digest("early context")
    claims = (
        (early, 2_001, "WorkRejected"),
        (digest("second"), 28_800_000, "WorkRejected"),
        (digest("third"), 2_000, "WorkCommitted"),
    )
    for context, active_ms, event in claims:
        changes = {**named("context", context), "work": work_address(miner, context), "miner": miner}
        assert event in network.commit(old, late, active_ms=active_ms, **changes).events


def _job(network: Network, nonce: int, data: bytes) -> Job:
    task = task_address(network.requester.pubkey(), nonce)
    return Job(task, network.miner, spent_address(network.model, data), data, digest("output"), digest("context"))


def test_many_tasks_at_once_are_paid_for_the_time_that_passed(network: Network) -> None:
    jobs = [network.post() for _ in range(8)]
    network.chain.set_time(START + 60)
    counted = 0
    for job in jobs:
        counted += 20_000 if "WorkCommitted" in network.commit(job, active_ms=20_000).events else 0
    assert counted == 60_000
    for job in jobs[:3]:
        network.settle(job)
    with refused("WorkWasRejected"):
        network.settle(jobs[3])
    assert network.chain.supply(MINT) == 3 * (HOURLY * 20_000 // 3_600_000 * TRUST // 10_000)
    assert network.chain.read("Miner", network.miner)["active_ms"] == 60_000


def test_a_clock_that_steps_back_does_not_pay_time_again(network: Network) -> None:
    first, second = network.post(), network.post()
    network.chain.set_time(START + 100)
    network.commit(first, active_ms=100_000)
    network.chain.set_time(START + 50)
    assert "WorkRejected" in network.commit(second, active_ms=1_000).events
    again = digest("again")
    network.chain.set_time(START + 101)
    changes = {**named("context", again), "work": work_address(network.miner, again)}
    assert "WorkCommitted" in network.commit(second, active_ms=1_000, **changes).events


@pytest.mark.parametrize(
    ("time", "settles"),
    [(START - 1, "ClockBeforeGenesis"), (-(2**63), "ClockBeforeGenesis"), (2**63 - 1, "SettleTooLate")],
)
def test_no_clock_makes_a_settlement_pay_more(network: Network, time: int, settles: str) -> None:
    job = network.committed()
    network.chain.set_time(time)
    with refused(settles):
        network.settle(job)
    network.chain.set_time(START + 60)
    assert network.settle(job).events["WorkSettled"]["epoch"] == 0


@pytest.mark.parametrize("time", [2**63 - 1, 2**62])
def test_a_clock_at_the_end_of_time_is_refused_and_not_wrapped(network: Network, time: int) -> None:
    network.open_spent_record(digest("late"))
    network.chain.set_time(time)
    with pytest.raises(Refused, match="with overflow"):
        network.post_task(digest("late"), 5, lifetime_s=2_592_000)
        network.commit(_job(network, 5, digest("late")), work=work_address(network.miner, digest("context")))
    network.chain.set_time(START)
    network.post_task(digest("late"), 6)


def test_a_thousand_years_later_the_rate_is_the_floor(network: Network) -> None:
    network.chain.set_time(START + 1_000 * 365 * 86_400)
    event = network.settle(network.committed(active_ms=30_000)).events["WorkSettled"]
    assert (event["rate"], event["minted"]) == (50_000, 4_290_000_000 // 2)


@given(st.lists(st.integers(1, 10**8), min_size=2, max_size=6), st.integers(0, 10**16), st.integers(6_000, 10_000))
def test_splitting_work_never_pays_more(parts: list[int], hourly: int, trust: int) -> None:
    def amount(active_ms: int) -> int:
        return int(rewards.reward(hourly // 10**4, active_ms, 500, 200, trust, 9_999, 65_610).amount)

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
    job = network.post()
    network.chain.set_time(START + 60)
    with refused(name):
        network.commit(job, **changes)
    network.commit(job)


def test_the_largest_model_and_claim_stay_in_range() -> None:
    network = Network()
    network.genesis()
    network.register_model(
        segments=10_000, work_units=10**9, max_active_ms=86_400_000, max_tokens=10**6, positions=10**6
    )
    network.register_miner(device_class=6, **dict.fromkeys(("gpu_mhs", "ram_mhz", "storage_gb"), 10**6))
    job = network.post()
    network.chain.set_time(START + 60)
    for count, active_ms in enumerate((U64, calibration.CLOCK_TOLERANCE_MS + 60_001, 62_000)):
        context = digest(f"extreme {count}")
        changes = {**named("context", context), "work": work_address(network.miner, context)}
        event = network.commit(job, tokens=10**6, active_ms=active_ms, **changes).events["WorkRejected"]
        assert event["reason"] == (3, 2, 1)[count]
    with refused("PositionOutOfRange"):
        network.open_spent_record(job.input, position=U32)
    network.open_spent_record(job.input, position=10**6 - 1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        *[({field: 0}, "No") for field in ("segments", "work_units", "max_active_ms", "max_tokens", "positions")],
        *[({field: U32}, "TooM") for field in ("segments", "max_tokens", "positions")],
        *[({field: U64}, "TooM") for field in ("work_units", "max_active_ms")],
    ],
)
def test_extreme_models_are_refused(network: Network, changes: dict[str, int], name: str) -> None:
    with pytest.raises(Refused) as caught:
        network.register_model(key=digest("extreme"), **changes)
    assert caught.value.name.startswith(name)
    network.register_model(key=digest("extreme"))


@pytest.mark.parametrize("field", ["device_class", "region", "client_version", "gpu_mhs", "cpu_mhz", "network_mbps"])
def test_extreme_devices_are_refused(network: Network, field: str) -> None:
    largest = {"device_class": 255, "region": 65_535}.get(field, U32)
    with pytest.raises(Refused) as caught:
        network.register_miner(network.requester, **{field: largest})
    assert caught.value.name.startswith("Unknown") or caught.value.name.endswith("OutOfRange")
    network.register_miner(network.requester)
