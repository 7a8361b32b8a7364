"""Asking for work: records, posting, fees, and tasks that end without a payment."""

from __future__ import annotations

import pytest
from mai.program import tasks
from program.chain import START, refused
from program.market import cancel, expire, fund, purse, redraw, rival, set_parameter
from program.network import (
    CONFIG,
    CRITICAL,
    MINT,
    ROUTINE,
    STANDARD,
    TREASURY,
    VAULT,
    Job,
    Network,
    digest,
    model_address,
    named,
    ready,
    spent_address,
    task_address,
)
from solders.pubkey import Pubkey

INPUT = digest("an input")
OTHER_KEY = digest("another key")
LIFE = 86_400


@pytest.fixture
def network() -> Network:
    return ready()


def balances(network: Network, *accounts: Pubkey) -> list[int]:
    return [network.chain.balance(account) for account in accounts]


def test_a_spent_record_starts_unspent_and_is_opened_once(network: Network) -> None:
    network.open_spent_record(INPUT)
    record = network.chain.read("SpentRecord", spent_address(network.model, INPUT))
    assert (record["model"], bytes(record["input"]), record["spent"]) == (network.model, INPUT, False)
    with refused("AccountInUse"):
        network.open_spent_record(INPUT)


def test_the_record_and_the_task_fit_one_transaction(network: Network) -> None:
    asker, record = network.requester.pubkey(), spent_address(network.model, INPUT)
    accounts = {"payer": asker, "requester": asker, "config": CONFIG, "model": network.model, "spent_record": record}
    arguments = {
        **named("input", INPUT), "position": 0, "nonce": 1, "lifetime_s": 60, "task_class": 0, "region": 0,
        "prompt_tokens": 0, "max_tokens": 1,
    }  # fmt: skip
    accounts["task"] = task_address(asker, 1)
    both = [network.chain.instruction(name, accounts, arguments) for name in ("open_spent_record", "post_task")]
    assert "TaskPosted" in network.chain.send(network.requester, *both).events


@pytest.mark.parametrize(("task_class", "places", "delay"), [(ROUTINE, 1, 1), (STANDARD, 1, 8), (CRITICAL, 3, 32)])
def test_a_task_records_what_is_asked(network: Network, task_class: int, places: int, delay: int) -> None:
    network.open_spent_record(INPUT)
    slot = network.chain.svm.get_clock().slot
    arguments = {"task_class": task_class, "region": 756, "prompt_tokens": 9, "max_tokens": 80}
    event = network.post_task(INPUT, 1, **arguments).events["TaskPosted"]
    task = network.chain.read("Task", task_address(network.requester.pubkey(), 1))
    assert (task["requester"], task["model"]) == (network.requester.pubkey(), network.model)
    assert (task["spent_record"], bytes(task["input"])) == (spent_address(network.model, INPUT), INPUT)
    assert (task["posted_ts"], task["expires_ts"]) == (START, START + LIFE)
    assert {name: task[name] for name in arguments} == arguments
    assert (task["places"], task["target_slot"], task["seeded"]) == (places, slot + delay, False)
    assert [task[name] for name in ("status", "fee", "fee_burned", "taken", "settled", "round")] == [0] * 6
    assert (event["places"], event["target_slot"]) == (places, slot + delay)


def test_nothing_is_asked_before_mining_opens() -> None:
    network = Network()
    network.genesis()
    network.open_accounts()
    network.register_model()
    network.open_spent_record(INPUT)
    with refused("MiningNotOpen"):
        network.post_task(INPUT, 1)
    network.open_mining()
    network.post_task(INPUT, 1)


def test_a_nonce_is_used_once(network: Network) -> None:
    network.open_spent_record(INPUT)
    network.post_task(INPUT, 7)
    with refused("AccountInUse"):
        network.post_task(INPUT, 7)
    network.post_task(INPUT, 8)


@pytest.mark.parametrize(
    ("field", "bad", "good", "name"),
    [
        ("lifetime_s", 9, 10, "TaskTooShort"),
        ("lifetime_s", 2_592_001, 2_592_000, "TaskTooLong"),
        ("task_class", 3, 2, "UnknownTaskClass"),
        ("region", 1_000, 999, "TaskRegionOutOfRange"),
        ("prompt_tokens", 1_000_001, 1_000_000, "PromptTooLong"),
        ("max_tokens", 0, 1, "NoTokensAsked"),
        ("max_tokens", 101, 100, "TooManyTokensAsked"),
    ],
)
def test_what_is_asked_is_bounded(network: Network, field: str, bad: int, good: int, name: str) -> None:
    network.open_spent_record(INPUT)
    with refused(name):
        network.post_task(INPUT, 1, **{field: bad})
    network.post_task(INPUT, 1, **{field: good})


def test_a_task_needs_an_approved_model_and_its_own_record(network: Network) -> None:
    network.open_spent_record(INPUT)
    network.register_model(key=OTHER_KEY)  # mining is open: it waits for the DAO
    other = model_address(OTHER_KEY)
    network.open_spent_record(INPUT, model=other)
    with refused("ModelNotApproved"):
        network.post_task(INPUT, 1, model=other)
    network.chain.write("Model", other, approved=True)
    with refused("WrongSpentRecord"):
        network.post_task(INPUT, 1, model=other, spent_record=spent_address(network.model, INPUT))
    network.post_task(INPUT, 1, model=other)


def test_no_task_for_an_input_that_was_paid(network: Network) -> None:
    job = network.committed()
    network.settle(job)
    with refused("InputAlreadyPaid"):
        network.post(job.input)
    network.post()


def test_a_fee_goes_to_the_treasury_and_waits_in_the_vault(network: Network) -> None:
    job, mine = network.post(), network.requester
    wallet = purse(network, mine, 10_000)
    put, supply = network.chain.put_token_account, network.chain.supply(MINT)
    stranger = network.owner
    with refused("NotRequester"):
        fund(network, job, put(MINT, stranger.pubkey(), 10), 1, stranger)
    with refused("WrongVault"):
        fund(network, job, wallet, 1, vault=TREASURY)
    with refused("WrongFeeTreasury"):
        fund(network, job, wallet, 1, treasury=VAULT)
    with refused("NotMai"):
        fund(network, job, put(Pubkey.new_unique(), mine.pubkey(), 10), 1)
    with refused("NotWalletOwner"):
        fund(network, job, put(MINT, stranger.pubkey(), 10), 1)
    with refused("NothingToPay"):
        fund(network, job, wallet, 0)
    event = fund(network, job, wallet, 1_009).events["TaskFunded"]
    assert (event["fee"], event["treasury"]) == (909, 100)  # a tenth, rounded down
    set_parameter(network, 2, 5_000)
    fund(network, job, wallet, 1_001)
    assert balances(network, wallet, VAULT, TREASURY) == [7_990, 1_410, 600]
    assert (network.chain.read("Task", job.task)["fee"], network.chain.supply(MINT)) == (1_410, supply)


def test_only_an_open_task_is_funded(network: Network) -> None:
    job = network.post()
    wallet = purse(network, network.requester, 10)
    fund(network, job, wallet, 1)
    network.chain.pass_slots(2)
    network.assign(job)
    with refused("TaskNotOpen"):
        fund(network, job, wallet, 1)


def funded(network: Network, amount: int, **changes: int) -> tuple[Job, Pubkey]:
    job = network.post(**changes)
    wallet = purse(network, network.requester, amount)
    fund(network, job, wallet, amount)
    return job, wallet


def test_a_cancelled_task_gives_its_fee_back(network: Network) -> None:
    job, wallet = funded(network, 1_000)
    put = network.chain.put_token_account
    with refused("NotTaskOwner"):
        cancel(network, job, wallet, network.owner)
    with refused("WrongVault"):
        cancel(network, job, wallet, vault=TREASURY)
    with refused("NotMai"):
        cancel(network, job, put(Pubkey.new_unique(), network.requester.pubkey()))
    with refused("NotWalletOwner"):
        cancel(network, job, put(MINT, network.owner.pubkey()))
    event = cancel(network, job, wallet).events["TaskClosed"]
    assert (event["status"], event["refunded"]) == (tasks.TASK_CANCELLED, 900)
    assert balances(network, wallet, VAULT, TREASURY) == [900, 0, 100]
    task = network.chain.read("Task", job.task)
    assert (task["status"], task["fee"]) == (tasks.TASK_CANCELLED, 0)
    network.chain.pass_time(LIFE + 1)
    for close in (cancel, expire):
        with refused("TaskNotFree"):
            close(network, job, wallet)
    with refused("TaskNotOpen"):
        fund(network, job, wallet, 1)
    with refused("TaskAlreadyAssigned"):
        network.assign(job)


def test_an_expired_task_gives_its_fee_back_whoever_closes_it(network: Network) -> None:
    job, wallet = funded(network, 1_000)
    network.chain.pass_time(LIFE)
    with refused("TaskNotExpired"):
        expire(network, job, wallet)
    network.chain.pass_time(1)
    with refused("NotWalletOwner"):
        expire(network, job, network.wallet)
    event = expire(network, job, wallet).events["TaskClosed"]
    assert (event["status"], event["refunded"]) == (tasks.TASK_EXPIRED, 900)
    assert balances(network, wallet, VAULT) == [900, 0]
    with refused("TaskNotFree"):
        expire(network, job, wallet)


def test_one_task_never_gives_back_anothers_fee(network: Network) -> None:
    (first, wallet), (second, other) = funded(network, 1_000), funded(network, 2_000)
    cancel(network, first, wallet)
    assert balances(network, wallet, other, VAULT) == [900, 0, 1_800]
    cancel(network, second, other)
    assert balances(network, wallet, other, VAULT) == [900, 1_800, 0]


def test_a_task_with_miners_is_not_taken_back(network: Network) -> None:
    job, wallet = funded(network, 1_000)
    network.chain.pass_slots(2)
    network.assign(job)
    with refused("TaskNotFree"):
        cancel(network, job, wallet)
    critical, other = funded(network, 1_000, task_class=CRITICAL)
    network.chain.pass_slots(50)
    network.assign(critical)
    with refused("TaskHasMiners"):
        cancel(network, critical, other)
    network.chain.pass_time(61)
    network.release(job)
    network.release(critical)
    cancel(network, job, wallet)
    cancel(network, critical, other)
    assert balances(network, wallet, other) == [900, 900]


def test_a_critical_task_that_was_partly_paid_is_not_taken_back(network: Network) -> None:
    job, wallet = funded(network, 1_000, task_class=CRITICAL)
    owners = [network.owner, rival(network)]
    network.chain.pass_slots(50)
    for owner in owners:
        network.assign(job, owner)
    network.chain.pass_time(30)
    for owner in owners:
        network.commit(job, owner)
    for owner in owners:
        network.settle(job, owner=owner, token_account=network.chain.put_token_account(MINT, owner.pubkey()))
    with refused("TaskBeingPaid"):
        fund(network, job, purse(network, network.requester, 10), 10)
    network.chain.pass_time(LIFE)
    for close in (cancel, expire):
        with refused("TaskPartlyPaid"):
            close(network, job, wallet)
    free, other = funded(network, 1_000, task_class=CRITICAL)
    cancel(network, free, other)


def test_a_round_that_nobody_looked_at_is_drawn_anew(network: Network) -> None:
    job = network.post()
    first = network.chain.read("Task", job.task)["target_slot"]
    with refused("SeedStillKnown"):
        redraw(network, job)
    with refused("SeedTooEarly"):
        network.assign(job)
    network.chain.set_slot(first + 513, network.chain.time() + 300)
    with refused("SeedEvicted"):
        network.assign(job)
    event = redraw(network, job).events["TaskRedrawn"]
    assert (event["round"], event["target_slot"]) == (1, first + 514)
    with refused("SeedTooEarly"):
        network.assign(job)
    network.chain.pass_slots(2)
    network.assign(job)
    with refused("NothingToDraw"):
        redraw(network, job)


def test_a_round_with_a_seed_is_not_drawn_anew(network: Network) -> None:
    job = network.post(task_class=CRITICAL)
    network.chain.pass_slots(50)
    network.assign(job)
    network.chain.set_slot(network.chain.svm.get_clock().slot + 600)
    with refused("AlreadySeeded"):
        redraw(network, job)
    unseen = network.post(task_class=CRITICAL)
    network.chain.set_slot(network.chain.svm.get_clock().slot + 600)
    redraw(network, unseen)


def test_every_position_of_an_input_is_a_task_of_its_own(network: Network) -> None:
    for position in (0, 1):
        network.open_spent_record(INPUT, position)
        network.post_task(INPUT, position, spent_record=spent_address(network.model, INPUT, position))
        assert network.chain.read("Task", task_address(network.requester.pubkey(), position))["position"] == position
