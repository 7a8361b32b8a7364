"""Who may take a task: the lottery recomputed from the blocks, and everything that is asked of a device."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from program.chain import Refused, refused
from program.market import (
    CONFIG,
    DAY,
    EMISSION,
    ONE,
    chance_of,
    crowd,
    hashed,
    own,
    post_drawn,
    rival,
    seed_of,
    set_parameter,
    set_stake,
    stake_of,
    stand_in,
    ticket_of,
    trace_model,
    trusted,
    wait,
    work_of,
)
from program.network import CHAIN_ID, CRITICAL, ROUTINE, STANDARD, Network, digest, model_address, ready, stake_address

SLASHES = {ROUTINE: 25_000 * ONE, STANDARD: 50_000 * ONE, CRITICAL: 100_000 * ONE}


@pytest.fixture
def network() -> Network:
    return ready()


def try_to(network: Network, job: Any) -> bool:
    """Was the device let in, or did its ticket not win yet?"""
    try:
        network.assign(job)
    except Refused as refusal:
        assert refusal.name == "NotDrawn"
        return False
    return True


def test_anybody_can_recompute_who_may_take_a_task(network: Network) -> None:
    crowd(network, 16)
    chance = chance_of(7_500, 16)
    assert chance == ONE // 4
    let_in = 0
    for _ in range(24):
        job = network.post(task_class=STANDARD)
        target = network.chain.read("Task", job.task)["target_slot"]
        wait(network, job, 0)
        drawn = ticket_of(seed_of(job.task, 0, target), network.miner)
        assert try_to(network, job) == (drawn < chance)
        let_in += drawn < chance
        stand_in(network, in_flight=0)
    assert 0 < let_in < 24


def test_the_draw_is_in_the_event_and_the_seed_in_the_task(network: Network) -> None:
    crowd(network, 16)
    job = post_drawn(network, 0, ONE // 4)
    target = network.chain.read("Task", job.task)["target_slot"]
    wait(network, job, 0)
    event, seed = network.assign(job).events["WorkAssigned"], seed_of(job.task, 0, target)
    assert (event["ticket"], event["chance"]) == (ticket_of(seed, network.miner), ONE // 4)
    task, now = network.chain.read("Task", job.task), network.chain.time()
    assert (bytes(task["seed"]), task["seeded"], task["taken"], task["status"]) == (seed, True, 1, 1)
    work = work_of(network, job)
    where = (bytes(job.task), bytes(network.model), job.input, bytes(network.miner))
    bound = (struct.pack("<I", CHAIN_ID), *where, seed, struct.pack("<I", 0), struct.pack("<q", now))
    assert bytes(work["context"]) == hashed(*bound)
    assert (work["assigned_ts"], work["deadline_ts"], work["round"]) == (now, now + 60, 0)
    assert (work["sampling_bps"], work["at_risk"]) == (event["sampling_bps"], event["at_risk"]) == (10_000, 0)


def test_a_critical_task_is_seeded_by_the_blocks_of_four_leaders(network: Network) -> None:
    job = network.post(task_class=CRITICAL)
    target = network.chain.read("Task", job.task)["target_slot"]
    network.chain.set_slot(target + 12)  # the last block is not there yet
    with refused("SeedTooEarly"):
        network.assign(job)
    network.chain.set_slot(target + 13)
    network.assign(job)
    assert bytes(network.chain.read("Task", job.task)["seed"]) == seed_of(job.task, 0, target, 4)


def test_the_chance_doubles_every_four_seconds(network: Network) -> None:
    crowd(network, 160)
    for doublings in range(1, 6):
        least, most = (chance_of(7_500, 160, 4 * seconds) for seconds in (doublings - 1, doublings))
        job = post_drawn(network, least, most)
        wait(network, job, 4 * doublings - 1)
        with refused("NotDrawn"):
            network.assign(job)
        wait(network, job, 4 * doublings)
        assert network.assign(job).events["WorkAssigned"]["chance"] == most == ONE // 40 * 2**doublings
        stand_in(network, in_flight=0)


def test_everybody_may_take_a_task_after_half_a_minute(network: Network) -> None:
    crowd(network, 10**6)
    job = post_drawn(network, ONE * 95 // 100, ONE)
    wait(network, job, 29)
    with refused("NotDrawn"):
        network.assign(job)
    wait(network, job, 30)
    assert network.assign(job).events["WorkAssigned"]["chance"] == ONE


def test_nobody_is_certain_while_there_are_more_miners_than_places(network: Network) -> None:
    job = post_drawn(network, ONE * 95 // 100, ONE)
    crowd(network, 5)
    wait(network, job, 8)
    with refused("NotDrawn"):
        network.assign(job)
    crowd(network, 4)
    assert network.assign(job).events["WorkAssigned"]["chance"] == ONE


@pytest.mark.parametrize(
    ("region", "tier", "quality", "expected"),
    [(0, 0, 7_500, 250), (756, 0, 7_500, 250), (40, 0, 7_500, 250), (0, 4, 7_500, 300), (756, 2, 9_000, 330)],
)
def test_nfts_and_reputation_raise_the_chance_and_where_a_device_says_it_is_does_not(
    network: Network, region: int, tier: int, quality: int, expected: int
) -> None:
    crowd(network, 16)
    stand_in(network, nft_tier=tier, quality_bps=quality)
    nft = {0: 0, 2: 1_000, 4: 2_000}[tier]
    expected *= ONE // 1_000
    assert chance_of(quality, 16, nft=nft) == expected
    job = post_drawn(network, 0, expected, region=region)
    wait(network, job, 0)
    assert network.assign(job).events["WorkAssigned"]["chance"] == expected


def test_works_in_flight_leave_the_chance_alone_up_to_a_limit(network: Network) -> None:
    """Another name of the same machine would have none in flight."""
    crowd(network, 16)
    set_parameter(network, 30, 4)
    for _ in range(4):
        job = post_drawn(network, 0, ONE // 4)
        wait(network, job, 0)
        assert network.assign(job).events["WorkAssigned"]["chance"] == ONE // 4
    crowd(network, 1)
    job = post_drawn(network, 0, ONE)
    wait(network, job, 0)
    with refused("TooManyInFlight"):
        network.assign(job)
    set_parameter(network, 30, 5)
    network.assign(job)


def test_routine_tasks_go_to_trusted_devices_for_five_seconds(network: Network) -> None:
    crowd(network, 16)
    job = post_drawn(network, 0, ONE // 4, task_class=ROUTINE)
    wait(network, job, 4)
    with refused("TrustedFirst"):
        network.assign(job)
    wait(network, job, 5)
    network.assign(job)
    stand_in(network, in_flight=0)
    trusted(network, quality=8_999)
    other = post_drawn(network, 0, ONE // 4, task_class=ROUTINE)
    wait(network, other, 0)
    with refused("TrustedFirst"):
        network.assign(other)
    trusted(network, quality=9_000)
    expected = chance_of(9_000, 16, factor=4)
    assert network.assign(other).events["WorkAssigned"]["chance"] == expected == ONE * 95 // 100  # 1.2 is too certain


def test_other_tasks_do_not_wait_for_trusted_devices(network: Network) -> None:
    crowd(network, 16)
    trusted(network)
    job = post_drawn(network, 0, ONE * 3 // 10)
    wait(network, job, 0)
    assert network.assign(job).events["WorkAssigned"]["chance"] == chance_of(9_000, 16) == ONE * 3 // 10


def test_a_small_network_makes_nobody_wait(network: Network) -> None:
    job = network.post(task_class=ROUTINE)
    wait(network, job, 0)
    network.assign(job)


def test_difficulty_asks_for_quality_while_a_round_is_young(network: Network) -> None:
    network.chain.write("Emission", EMISSION, task_difficulty=3 * ONE)
    stand_in(network, quality_bps=7_499)
    job = network.post(task_class=STANDARD)
    wait(network, job, 29)
    with refused("QualityTooLow"):
        network.assign(job)
    wait(network, job, 30)
    network.assign(job)
    stand_in(network, quality_bps=7_500)
    other = network.post(task_class=STANDARD)
    wait(network, other, 0)
    network.assign(other)


def test_a_device_of_no_reputation_gets_nothing(network: Network) -> None:
    stand_in(network, quality_bps=1_999)
    job = network.post()
    wait(network, job, 60)
    with refused("MinerExcluded"):
        network.assign(job)
    stand_in(network, quality_bps=2_000)
    network.assign(job)


def test_the_model_must_fit_the_device(network: Network) -> None:
    network.chain.write("Model", network.model, vram_mb=24_577)
    job = network.post()
    wait(network, job, 0)
    with refused("NotEnoughVram"):
        network.assign(job)
    network.chain.write("Model", network.model, vram_mb=24_576)
    network.assign(job)


@pytest.mark.parametrize(("tier", "months"), [(0, 3), (1, 2), (2, 1), (3, 0), (4, 0), (5, 1)])
def test_holders_mine_earlier(tier: int, months: int) -> None:
    network = ready()
    network.chain.write("Config", CONFIG, month_s=30 * DAY)
    stand_in(network, nft_tier=tier)
    if months:
        network.chain.pass_time(months * 30 * DAY - 1)
        early = network.post()
        wait(network, early, 0)
        with refused("MiningStillEarly"):
            network.assign(early)
        network.chain.pass_time(1)
    job = network.post()
    wait(network, job, 0)
    network.assign(job)


def test_newcomers_need_a_proof_that_misses_nothing(network: Network) -> None:
    set_stake(network, 10**18)
    trace_model(network, 9_899)
    weak = network.post()
    wait(network, weak, 0)
    with refused("ProofTooWeak"):
        network.assign(weak)
    stand_in(network, settled=9)
    with refused("ProofTooWeak"):
        network.assign(weak)
    stand_in(network, settled=10)
    network.assign(weak)
    stand_in(network, settled=0)
    trace_model(network, 9_900)
    strong = network.post()
    wait(network, strong, 0)
    network.assign(strong)


@pytest.mark.parametrize(
    ("task_class", "sampling", "needed"),
    [
        (ROUTINE, ONE, 500),
        (STANDARD, ONE, 2_000),
        (CRITICAL, ONE, 9_900),
        (ROUTINE, 4 * ONE, 2_000),
        (STANDARD, 2_500_000_000, 5_000),
    ],
)
def test_the_class_and_the_networks_load_decide_how_much_is_sampled(
    network: Network, task_class: int, sampling: int, needed: int
) -> None:
    set_stake(network, 10**18)
    trusted(network)
    network.chain.write("Emission", EMISSION, sampling=sampling)
    for detection in (needed - 1, needed):
        trace_model(network, detection)
        job = network.post(task_class=task_class)
        network.chain.pass_slots(50)
        if detection < needed:
            with refused("ProofTooWeak"):
                network.assign(job)
        else:
            event = network.assign(job).events["WorkAssigned"]
            assert (event["sampling_bps"], event["at_risk"]) == (needed, SLASHES[task_class])
    network.chain.write("Emission", EMISSION, sampling=4 * ONE)
    assert work_of(network, job)["sampling_bps"] == needed  # fixed at the assignment


def test_sampled_work_needs_stake_for_each_of_its_places(network: Network) -> None:
    trusted(network)
    trace_model(network, 5_000)
    first, second = network.post(), network.post()
    network.chain.pass_slots(2)
    set_stake(network, SLASHES[ROUTINE] - 1)
    with refused("StakeTooSmall"):
        network.assign(first)
    set_stake(network, SLASHES[ROUTINE])
    network.assign(first)
    assert stake_of(network)["at_risk"] == SLASHES[ROUTINE]
    with refused("StakeTooSmall"):
        network.assign(second)
    set_stake(network, 2 * SLASHES[ROUTINE])
    network.assign(second)
    assert stake_of(network)["at_risk"] == 2 * SLASHES[ROUTINE]


def test_a_whole_proof_needs_no_stake(network: Network) -> None:
    job = network.taken()
    assert (work_of(network, job)["at_risk"], stake_of(network)["at_risk"]) == (0, 0)


def test_only_the_owner_takes_a_place_in_an_open_task_of_this_model(network: Network) -> None:
    other, key = rival(network), digest("another key")
    network.register_model(key=key)
    job = network.post()
    network.chain.pass_slots(2)
    for name, accounts in (
        ("NotMinerOwner", {"owner": other}),
        ("NotMinersStake", {"stake": stake_address(other.pubkey())}),
        ("WrongTaskModel", {"model": model_address(key)}),
    ):
        with refused(name):
            if name == "NotMinerOwner":
                network.assign(job, other, miner=network.miner, work=job.work)
            else:
                network.assign(job, **accounts)
    network.chain.write("Model", network.model, approved=False)
    with refused("ModelNotOffered"):
        network.assign(job)
    network.chain.write("Model", network.model, approved=True)
    with refused("NotSlotHashes"):
        network.assign(job, slot_hashes=CONFIG)
    network.assign(job)
    with refused("TaskAlreadyAssigned"):
        network.assign(job, other)
    with refused("AccountInUse"):
        network.assign(job)


def test_a_retired_device_and_an_expired_task_are_refused(network: Network) -> None:
    job = network.post(lifetime_s=10)
    network.chain.pass_time(11)
    with refused("TaskExpired"):
        network.assign(job)
    fresh = network.post(lifetime_s=10)
    network.chain.pass_time(10)
    own(network, "retire_miner")
    with refused("MinerNotActive"):
        network.assign(fresh)
    stand_in(network, status=1)
    network.assign(fresh)
