"""Critical tasks: three places, and an output is paid once two devices gave it."""

from __future__ import annotations

from typing import Any

import pytest
from mai.program import tasks
from program.chain import refused
from program.market import EMISSION, MINT, fund, purse, rival, work_of
from program.network import CRITICAL, VAULT, Job, Network, digest, miner_address, named, ready, work_address
from solders.keypair import Keypair
from solders.pubkey import Pubkey

OTHER = digest("another output")


@pytest.fixture
def network() -> Network:
    return ready()


def owners_of(network: Network) -> list[Keypair]:
    return [network.owner, rival(network), rival(network)]


def all_taken(network: Network, owners: list[Keypair], **changes: Any) -> Job:
    job = network.post(task_class=CRITICAL, **changes)
    network.chain.pass_slots(50)
    for owner in owners:
        network.assign(job, owner)
    network.chain.pass_time(30)
    return job


def pay(network: Network, job: Job, owner: Keypair, output: bytes | None = None) -> dict[str, Any]:
    receipt = network.receipt(job, owner=owner, output=output or job.output)
    wallet = network.chain.put_token_account(MINT, owner.pubkey())
    return network.settle(job, receipt, owner, token_account=wallet).events["WorkSettled"]


def task_of(network: Network, job: Job) -> dict[str, Any]:
    return network.chain.read("Task", job.task)


def test_two_who_agree_are_paid_and_the_third_is_not(network: Network) -> None:
    owners = owners_of(network)
    job = all_taken(network, owners)
    with refused("TaskAlreadyAssigned"):
        network.assign(job, rival(network))
    network.commit(job, owners[0], **named("output", OTHER))
    assert network.commit(job, owners[1]).events["WorkCommitted"]["votes"] == 1
    for owner, output in ((owners[0], OTHER), (owners[1], None)):
        with refused("NoAgreement"):
            pay(network, job, owner, output)
    assert network.commit(job, owners[2]).events["WorkCommitted"]["votes"] == 2
    for owner in owners[1:]:
        assert pay(network, job, owner)["minted"] > 0
        with refused("WorkAlreadySettled"):
            pay(network, job, owner)
    with refused("NoAgreement"):
        pay(network, job, owners[0], OTHER)
    with refused("OutputMismatch"):  # nor with a receipt for the others' output
        network.chain.write("Task", job.task, second_votes=3, first_votes=3)
        pay(network, job, owners[0])
    task = task_of(network, job)
    assert (task["status"], task["settled"], task["taken"]) == (tasks.TASK_ASSIGNED, 2, 1)


def test_an_owner_has_one_place_in_a_task(network: Network) -> None:
    second = Pubkey.from_bytes(digest("a second device"))
    network.register_miner(device=second)
    accounts = {"miner": miner_address(network.owner.pubkey(), second)}
    job = network.post(task_class=CRITICAL)
    network.chain.pass_slots(50)
    network.assign(job)
    accounts["work"] = work_address(job.task, accounts["miner"])
    with refused("OwnerHasPlace"):
        network.assign(job, **accounts)
    network.assign(job, rival(network))
    network.chain.pass_time(61)
    network.release(job)
    network.chain.pass_slots(50)
    network.assign(job, **accounts)  # the first device's place is free again


def test_three_who_agree_are_paid_once_each(network: Network) -> None:
    owners = owners_of(network)
    job = all_taken(network, owners)
    for votes, owner in enumerate(owners, 1):
        assert network.commit(job, owner).events["WorkCommitted"]["votes"] == votes
    minted = [pay(network, job, owner)["minted"] for owner in owners]
    task = task_of(network, job)
    assert (task["status"], task["settled"], task["taken"], task["committed"]) == (tasks.TASK_SETTLED, 3, 0, 3)
    assert network.chain.supply(MINT) == sum(minted)
    assert network.chain.read("Emission", EMISSION)["pending"] == 0
    assert [work_of(network, job, owner)["paid"] for owner in owners] == minted
    with refused("InputAlreadyPaid"):
        network.post(job.input)


def test_three_who_disagree_are_not_paid(network: Network) -> None:
    owners = owners_of(network)
    job = all_taken(network, owners)
    outputs = [digest(f"opinion {number}") for number in range(3)]
    for owner, output in zip(owners, outputs, strict=True):
        assert network.commit(job, owner, **named("output", output)).events["WorkCommitted"]["votes"] == 1
    for owner, output in zip(owners, outputs, strict=True):
        with refused("NoAgreement"):
            pay(network, job, owner, output)
    agreed = all_taken(network, owners)
    for owner in owners:
        network.commit(agreed, owner)
    pay(network, agreed, owners[0])


def test_the_third_place_can_be_taken_after_two_were_paid(network: Network) -> None:
    owners = owners_of(network)
    job = all_taken(network, owners[:2])
    for owner in owners[:2]:
        network.commit(job, owner)
    for owner in owners[:2]:
        pay(network, job, owner)
    assert task_of(network, job)["status"] == tasks.TASK_OPEN
    network.assign(job, owners[2])
    network.commit(job, owners[2], active_ms=1)
    pay(network, job, owners[2])
    assert task_of(network, job)["status"] == tasks.TASK_SETTLED


def test_another_task_on_the_same_input_is_not_paid_again(network: Network) -> None:
    owners = owners_of(network)
    second = network.post(task_class=CRITICAL)
    first = network.post(second.input, task_class=CRITICAL)
    network.chain.pass_slots(50)
    for job in (first, second):
        for owner in owners:
            network.assign(job, owner)
    network.chain.pass_time(30)
    for job in (first, second):
        for owner in owners:
            network.commit(job, owner)
    for owner in owners:
        pay(network, first, owner)
        with refused("InputAlreadySpent"):
            pay(network, second, owner)


def test_a_released_place_is_drawn_anew_and_the_others_keep_theirs(network: Network) -> None:
    owners = owners_of(network)
    job = all_taken(network, owners)
    network.commit(job, owners[0])
    network.commit(job, owners[1])
    network.chain.pass_time(31)
    network.release(job, owners[2])
    task = task_of(network, job)
    assert (task["taken"], task["round"], task["seeded"], task["committed"]) == (2, 1, False, 2)
    for owner in owners[:2]:
        pay(network, job, owner)
    network.chain.pass_slots(50)
    network.assign(job, rival(network))


def test_of_a_self_chosen_task_only_the_requester_is_bound_by_the_fee(network: Network) -> None:
    owners = owners_of(network)
    job = network.post(requester=network.owner, task_class=CRITICAL)
    fund(network, job, purse(network, network.owner, 1_000), 1_000, network.owner)
    network.chain.pass_slots(50)
    for owner in owners:
        network.assign(job, owner)
    network.chain.pass_time(30)
    for owner in owners:
        network.commit(job, owner)
    first, *others = [pay(network, job, owner) for owner in owners]
    assert (first["minted"], first["fee_burned"]) == (900, 900)
    assert first["reward"] > 900
    for event in others:
        assert (event["minted"], event["fee_burned"]) == (event["reward"], 0)
    task = task_of(network, job)
    assert (task["fee_burned"], task["self_minted"], network.chain.balance(VAULT)) == (900, 900, 0)