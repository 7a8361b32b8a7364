"""Committing to a result, coming late, and losing the place."""

from __future__ import annotations

from typing import Any

import pytest
from mai.program import calibration, tasks
from program.chain import START, refused
from program.market import (
    CONFIG,
    EMISSION,
    HOUR,
    MINT,
    ONE,
    WEEK,
    cancel,
    crank,
    miner_of,
    own,
    purse,
    rival,
    set_parameter,
    set_stake,
    stake_of,
    stand_in,
    trace_model,
    trusted,
    work_of,
)
from program.network import (
    CRITICAL,
    DEVICE,
    STANDARD,
    Network,
    digest,
    miner_address,
    model_address,
    ready,
    stake_address,
)
from solders.pubkey import Pubkey

OTHER_KEY = digest("another key")
RISK = 25_000 * ONE


@pytest.fixture
def network() -> Network:
    return ready()


def task_of(network: Network, job: Any) -> dict[str, Any]:
    return network.chain.read("Task", job.task)


def retake(network: Network, job: Any, owner: Any = None) -> None:
    """Takes a place of the round that began when the last one was lost."""
    network.chain.pass_slots(50)
    network.assign(job, owner)


def test_a_commit_is_recorded(network: Network) -> None:
    job = network.taken()
    network.chain.pass_time(60)
    event = network.commit(job, tokens=3, active_ms=1_500).events["WorkCommitted"]
    work, miner = work_of(network, job), miner_of(network)
    assert (bytes(work["output"]), work["tokens"], work["active_ms"]) == (job.output, 3, 1_500)
    assert (work["miner"], work["task"], work["model"]) == (network.miner, job.task, network.model)
    assert (work["committed_ts"], work["committed_slot"]) == (START + 60, network.chain.svm.get_clock().slot)
    assert (work["status"], work["reason"], work["disputed"]) == (tasks.WORK_COMMITTED, 0, False)
    assert work["prove_until_ts"] == task_of(network, job)["expires_ts"] + 86_400
    assert (miner["commits"], miner["violations"], miner["in_flight"]) == (1, 0, 1)
    assert miner["busy_until_ms"] == START * 1_000 + 1_500
    assert network.chain.read("Emission", EMISSION)["pending"] == 1
    assert (event["work"], event["votes"]) == (job.work, 1)
    with refused("AlreadyCommitted"):
        network.commit(job)


def test_a_commit_is_the_assigned_devices_own(network: Network) -> None:
    other, second = rival(network), Pubkey.from_bytes(digest("second device"))
    network.register_miner(device=second)
    network.register_model(key=OTHER_KEY)
    job, another = network.taken(), network.taken()
    network.chain.pass_time(30)
    with refused("NotMinerOwner"):
        network.commit(job, other, miner=network.miner, work=job.work)
    for name, accounts in (
        ("NotCommittersStake", {"stake": stake_address(other.pubkey())}),
        ("NotAssignedMiner", {"miner": miner_address(network.owner.pubkey(), second)}),
        ("NotAssignedTask", {"task": another.task}),
        ("NotAssignedModel", {"model": model_address(OTHER_KEY)}),
    ):
        with refused(name):
            network.commit(job, **accounts)
    for name, changes in (
        ("NoTokens", {"tokens": 0}),
        ("TooManyTokens", {"tokens": 101}),
        ("NoActiveTime", {"active_ms": 0}),
    ):
        with refused(name):
            network.commit(job, **changes)
    network.commit(job)


@pytest.mark.parametrize(("units", "seconds"), [(9_999, 60), (10_000, 300)])
def test_small_models_have_a_minute_and_large_ones_five(network: Network, units: int, seconds: int) -> None:
    network.chain.write("Model", network.model, work_units=units)
    job = network.taken()
    assert work_of(network, job)["deadline_ts"] == START + seconds
    network.chain.pass_time(seconds)
    with refused("StillInTime"):
        network.release(job)
    network.chain.pass_time(1)
    network.release(job)


def test_a_place_that_was_not_used_is_free_for_another(network: Network) -> None:
    other, second = rival(network), Pubkey.from_bytes(digest("second device"))
    network.register_miner(device=second)
    job, another = network.taken(task_class=STANDARD), network.taken()
    network.chain.pass_time(61)
    for name, accounts in (
        ("NotReleasedMiner", {"miner": miner_address(network.owner.pubkey(), second)}),
        ("NotReleasedTask", {"task": another.task}),
        ("NotReleasedStake", {"stake": stake_address(other.pubkey())}),
    ):
        with refused(name):
            network.release(job, **accounts)
    event = network.release(job).events["WorkMissed"]
    task, miner = task_of(network, job), miner_of(network)
    assert (event["failures"], event["work"]) == (1, job.work)
    assert (task["status"], task["taken"], task["round"], task["seeded"]) == (tasks.TASK_OPEN, 0, 1, False)
    assert task["target_slot"] == network.chain.svm.get_clock().slot + 8
    names = ("in_flight", "failed", "missed", "failures", "assigned", "commits")
    assert [miner[name] for name in names] == [1, 1, 1, 1, 2, 0]
    assert work_of(network, job)["status"] == tasks.WORK_MISSED
    with refused("NotWaiting"):
        network.release(job)
    with refused("SeedTooEarly"):
        network.assign(job, other)
    retake(network, job, other)
    with refused("PlaceTaken"):
        network.commit(job)
    network.commit(job, other)
    network.settle(job, owner=other, token_account=network.chain.put_token_account(MINT, other.pubkey()))


def test_committed_work_is_not_released(network: Network) -> None:
    job = network.committed()
    network.chain.pass_time(61)
    with refused("NotWaiting"):
        network.release(job)


@pytest.mark.parametrize("released", [False, True])
def test_a_late_commit_counts_while_the_place_is_free(network: Network, released: bool) -> None:
    job = network.taken()
    network.chain.pass_time(61)
    if released:
        network.release(job)
    network.chain.pass_time(HOUR - 1)
    assert "WorkCommitted" in network.commit(job).events
    task, miner = task_of(network, job), miner_of(network)
    assert (task["status"], task["taken"], miner["in_flight"]) == (tasks.TASK_ASSIGNED, 1, 1)
    assert miner["failures"] == released  # it was late all the same
    network.settle(job)
    assert miner_of(network)["in_flight"] == 0


@pytest.mark.parametrize("released", [False, True])
def test_an_hour_after_the_deadline_it_is_too_late(network: Network, released: bool) -> None:
    job = network.taken()
    network.chain.pass_time(61)
    if released:
        network.release(job)
    network.chain.pass_time(HOUR)
    with refused("GraceOver"):
        network.commit(job)
    set_parameter(network, 7, 2 * HOUR)
    network.commit(job)


def test_a_task_that_was_closed_takes_no_late_commit(network: Network) -> None:
    job = network.taken()
    network.chain.pass_time(61)
    network.release(job)
    cancel(network, job, purse(network, network.requester, 0))
    with refused("PlaceTaken"):
        network.commit(job)


def test_a_late_commit_puts_the_stake_at_risk_again(network: Network) -> None:
    trusted(network)
    trace_model(network, 5_000)
    set_stake(network, RISK)
    job, other = network.taken(), network.post()
    assert stake_of(network)["at_risk"] == RISK
    network.chain.pass_time(61)
    network.release(job)
    assert stake_of(network)["at_risk"] == 0
    network.assign(other)
    with refused("StakeGone"):
        network.commit(job)
    set_stake(network, 2 * RISK)
    network.commit(job)
    assert stake_of(network)["at_risk"] == 2 * RISK


@pytest.mark.parametrize(
    ("seconds", "changes", "limits", "reason"),
    [
        (60, {"tokens": 100, "active_ms": 1}, {"work_units": 10**9}, calibration.TOO_FAST),
        (60, {"active_ms": 62_001}, {}, calibration.LONGER_THAN_CHAIN_TIME),
        (60, {"active_ms": 501}, {"max_active_ms": 500}, calibration.LONGER_THAN_MODEL_ALLOWS),
        (60, {"active_ms": 2**64 - 1}, {}, calibration.LONGER_THAN_MODEL_ALLOWS),
    ],
)
def test_an_implausible_claim_is_counted_and_frees_the_place(
    network: Network, seconds: int, changes: dict[str, int], limits: dict[str, int], reason: int
) -> None:
    other = rival(network)
    network.chain.write("Model", network.model, **limits)
    job = network.taken()
    network.chain.pass_time(seconds)
    event = network.commit(job, **changes).events["WorkRejected"]
    work, miner, task = work_of(network, job), miner_of(network), task_of(network, job)
    assert (event["reason"], event["violations"]) == (reason, 1)
    assert (work["status"], work["reason"]) == (tasks.WORK_REJECTED, reason)
    names = ("violations", "rejected", "commits", "in_flight", "busy_until_ms")
    assert [miner[name] for name in names] == [1, 1, 1, 0, START * 1_000]
    assert (task["status"], task["taken"], task["committed"], task["round"]) == (tasks.TASK_OPEN, 0, 0, 1)
    assert network.chain.read("Emission", EMISSION)["pending"] == 0
    with refused("WorkWasRejected"):
        network.settle(job)
    with refused("AlreadyCommitted"):
        network.commit(job)
    retake(network, job, other)


def test_an_implausible_claim_gives_the_stake_back(network: Network) -> None:
    trusted(network)
    trace_model(network, 5_000)
    set_stake(network, RISK)
    job = network.taken()
    network.commit(job, active_ms=10**6)
    assert (stake_of(network)["at_risk"], work_of(network, job)["status"]) == (0, tasks.WORK_REJECTED)


def test_the_clocks_tolerance_is_two_seconds(network: Network) -> None:
    job = network.taken()
    network.chain.pass_time(60)
    assert "WorkCommitted" in network.commit(job, active_ms=62_000).events


def test_one_device_is_never_paid_twice_for_the_same_time(network: Network) -> None:
    first, second, third = network.taken(), network.taken(), network.taken()
    network.chain.pass_time(60)
    assert "WorkCommitted" in network.commit(first, active_ms=30_000).events
    assert "WorkCommitted" in network.commit(second, active_ms=32_000).events
    # All the time that passed is used up; the clock may be two seconds wrong.
    assert miner_of(network)["busy_until_ms"] == network.chain.time() * 1_000
    assert "WorkRejected" in network.commit(third, active_ms=2_001).events


def test_no_time_before_the_assignment_counts(network: Network) -> None:
    network.chain.pass_time(HOUR)
    job = network.taken()
    network.chain.pass_time(10)
    assert "WorkRejected" in network.commit(job, active_ms=12_001).events


def test_missed_and_rejected_works_lower_the_weeks_reputation(network: Network) -> None:
    job = network.taken()
    network.chain.pass_time(61)
    network.release(job)
    network.chain.set_time(START + WEEK)
    event = network.heartbeat().events["Heartbeat"]
    # Nothing completed of one: no success, no failed checks, no time used, no uptime; hardware counts in full.
    assert event["quality_bps"] == (3 * 7_500 + (5_000 * (3_000 + 2_000) + 5_000 * 10_000) // 10_000) // 4


def test_two_places_of_one_critical_task_are_two_devices(network: Network) -> None:
    job = network.taken(task_class=CRITICAL)
    with refused("AccountInUse"):
        network.assign(job)
    network.assign(job, rival(network))
    assert task_of(network, job)["taken"] == 2


def test_a_clock_that_runs_backwards_is_refused(network: Network) -> None:
    newcomer = network.chain.person()
    network.open_stake(newcomer)
    slot = network.chain.svm.get_clock().slot
    network.chain.set_slot(slot, START - 1)
    with refused("BeforeOpening"):
        network.heartbeat()
    with refused("ClockBeforeGenesis"):
        crank(network)
    network.chain.set_slot(slot, -100)
    with refused("NegativeTime"):
        network.register_miner(newcomer)
    network.chain.set_slot(slot, START + 3_600)
    network.heartbeat()
    network.register_miner(newcomer)
    crank(network)


def test_a_retired_device_commits_nothing_late(network: Network) -> None:
    job = network.taken()
    network.chain.pass_time(61)
    network.release(job)
    own(network, "retire_miner")
    with refused("MinerNotActive"):
        network.commit(job)
    stand_in(network, status=1)
    network.commit(job)


def test_the_configuration_and_the_device_are_what_they_say(network: Network) -> None:
    job = network.taken()
    with refused("AccountDiscriminatorMismatch"):
        network.commit(job, config=network.miner)
    with refused("AccountDiscriminatorMismatch"):
        network.release(job, work=CONFIG)
    assert miner_of(network)["device"] == DEVICE
    network.commit(job, active_ms=1)
