"""open_spent_record, post_task, fund_task and commit_work."""

from __future__ import annotations

import pytest
from mai.program import calibration, tasks
from program.chain import START, refused
from program.network import (
    CONFIG,
    MINT,
    Network,
    digest,
    miner_address,
    model_address,
    named,
    ready,
    spent_address,
    task_address,
    work_address,
)
from solders.keypair import Keypair
from solders.pubkey import Pubkey

INPUT = digest("an input")
OTHER_KEY = digest("another key")


@pytest.fixture
def network() -> Network:
    return ready()


def fund(network: Network, task: Pubkey, wallet: Pubkey, amount: int, *, by: Keypair, mint: Pubkey = MINT) -> int:
    accounts = {
        "requester": by.pubkey(),
        "config": CONFIG,
        "mint": mint,
        "token_account": wallet,
        "task": task,
    }
    landed = network.chain.send(by, network.chain.instruction("fund_task", accounts, {"amount": amount}))
    return int(landed.events["TaskFunded"]["fee_burned"])


def test_a_spent_record_starts_unspent_and_is_opened_once(network: Network) -> None:
    network.open_spent_record(INPUT)
    record = network.chain.read("SpentRecord", spent_address(network.model, INPUT))
    assert (record["model"], bytes(record["input"]), record["spent"]) == (network.model, INPUT, False)
    with refused("AccountInUse"):
        network.open_spent_record(INPUT)


def test_the_record_and_the_task_fit_one_transaction(network: Network) -> None:
    asker, record = network.requester.pubkey(), spent_address(network.model, INPUT)
    accounts = {"payer": asker, "requester": asker, "config": CONFIG, "model": network.model, "spent_record": record}
    arguments = {**named("input", INPUT), "position": 0, "nonce": 1, "lifetime_s": 60}
    accounts["task"] = task_address(asker, 1)
    both = [network.chain.instruction(name, accounts, arguments) for name in ("open_spent_record", "post_task")]
    assert "TaskPosted" in network.chain.send(network.requester, *both).events


def test_positions_are_bounded_by_the_model(network: Network) -> None:
    with refused("PositionOutOfRange"):
        network.open_spent_record(INPUT, position=2)
    network.open_spent_record(INPUT, position=1)


def test_a_task_records_what_is_asked(network: Network) -> None:
    job = network.post(INPUT)
    task = network.chain.read("Task", job.task)
    assert (task["requester"], task["model"]) == (network.requester.pubkey(), network.model)
    assert (task["spent_record"], bytes(task["input"])) == (job.spent, INPUT)
    assert (task["posted_ts"], task["expires_ts"]) == (START, START + 86_400)
    assert (task["status"], task["fee_burned"]) == (tasks.TASK_OPEN, 0)


def test_a_nonce_is_used_once(network: Network) -> None:
    network.open_spent_record(INPUT)
    network.post_task(INPUT, 7)
    with refused("AccountInUse"):
        network.post_task(INPUT, 7)
    network.post_task(INPUT, 8)


@pytest.mark.parametrize(("lifetime", "good", "name"), [(9, 10, "TaskTooShort"), (2_592_001, 2_592_000, "TaskTooLong")])
def test_lifetimes_are_bounded(network: Network, lifetime: int, good: int, name: str) -> None:
    network.open_spent_record(INPUT)
    with refused(name):
        network.post_task(INPUT, 1, lifetime_s=lifetime)
    network.post_task(INPUT, 1, lifetime_s=good)


def test_a_task_needs_an_approved_model_and_its_own_record(network: Network) -> None:
    network.open_spent_record(INPUT)
    network.register_model(key=OTHER_KEY)
    with refused("WrongSpentRecord"):
        network.post_task(INPUT, 1, model=model_address(OTHER_KEY))
    network.chain.write("Model", network.model, approved=False)
    with refused("ModelNotApproved"):
        network.post_task(INPUT, 1)
    network.chain.write("Model", network.model, approved=True)
    network.post_task(INPUT, 1)


def test_no_task_for_an_input_that_was_paid(network: Network) -> None:
    job = network.committed()
    network.settle(job)
    with refused("InputAlreadyPaid"):
        network.post(job.input)
    network.post()


def test_a_fee_is_burned(network: Network) -> None:
    job = network.post()
    put, mine = network.chain.put_token_account, network.requester
    wallet = put(MINT, mine.pubkey(), 1_000)
    network.chain.put(MINT, _mint_with_supply(network, 1_000), network.chain.svm.get_account(MINT).owner)
    with refused("NotRequester"):
        fund(network, job.task, put(MINT, network.owner.pubkey(), 1_000), 1, by=network.owner)
    with refused("WrongFeeMint"):
        fund(network, job.task, wallet, 1, by=mine, mint=network.chain.put_mint(CONFIG, None, supply=1_000))
    with refused("WrongFeeAccount"):
        fund(network, job.task, put(Pubkey.new_unique(), mine.pubkey(), 1_000), 1, by=mine)
    with refused("NotFeeOwner"):
        fund(network, job.task, put(MINT, network.owner.pubkey(), 1_000), 1, by=mine)
    with refused("NothingToBurn"):
        fund(network, job.task, wallet, 0, by=mine)
    assert fund(network, job.task, wallet, 300, by=mine) == 300
    assert fund(network, job.task, wallet, 200, by=mine) == 500
    assert (network.chain.balance(wallet), network.chain.supply(MINT)) == (500, 500)
    network.chain.set_time(START + 60)
    network.commit(job)
    with refused("TaskNotOpen"):
        fund(network, job.task, wallet, 1, by=mine)


def _mint_with_supply(network: Network, supply: int) -> bytes:
    data = bytes(network.chain.svm.get_account(MINT).data)
    return data[:36] + supply.to_bytes(8, "little") + data[44:]


def test_a_commit_takes_the_task(network: Network) -> None:
    job = network.post()
    network.chain.set_time(START + 60)
    event = network.commit(job, tokens=3, active_ms=1_500).events["WorkCommitted"]
    work, task = network.chain.read("Work", job.work), network.chain.read("Task", job.task)
    miner = network.chain.read("Miner", network.miner)
    assert (bytes(work["context"]), bytes(work["output"])) == (job.context, job.output)
    assert (work["miner"], work["task"], work["model"]) == (network.miner, job.task, network.model)
    assert (work["tokens"], work["active_ms"], work["committed_ts"]) == (3, 1_500, START + 60)
    assert (work["status"], work["reason"], work["sampling_bps"]) == (tasks.WORK_COMMITTED, 0, 10_000)
    assert (task["status"], task["miner"]) == (tasks.TASK_ASSIGNED, network.miner)
    assert (miner["commits"], miner["violations"]) == (1, 0)
    assert miner["busy_until_ms"] == START * 1_000 + 1_500
    assert event["work"] == job.work


def test_only_the_first_commit_gets_the_task(network: Network) -> None:
    rival = network.chain.person()
    network.register_miner(rival)
    job = network.committed()
    miner = miner_address(rival.pubkey())
    with refused("TaskAlreadyAssigned"):
        network.commit(job, rival, miner=miner, work=work_address(miner, job.context))
    again = digest("a second context")
    with refused("TaskAlreadyAssigned"):
        network.commit(job, work=work_address(network.miner, again), **named("context", again))


def test_a_context_is_consumed_by_its_commit(network: Network) -> None:
    first = network.committed()
    second = network.post()
    network.chain.set_time(START + 120)
    with refused("AccountInUse"):
        network.commit(second, work=first.work, **named("context", first.context))
    network.commit(second)


def test_a_commit_needs_its_owner_its_model_and_its_time(network: Network) -> None:
    network.register_model(key=OTHER_KEY)
    job = network.post()
    network.chain.set_time(START + 60)
    with refused("NotMinerOwner"):
        network.commit(job, network.requester)
    with refused("WrongTaskModel"):
        network.commit(job, model=model_address(OTHER_KEY))
    for tokens, name in ((0, "NoTokens"), (101, "TooManyTokens")):
        with refused(name):
            network.commit(job, tokens=tokens)
    with refused("NoActiveTime"):
        network.commit(job, active_ms=0)
    network.chain.set_time(START + 86_401)
    with refused("TaskExpired"):
        network.commit(job)
    network.chain.set_time(START + 86_400)
    network.commit(job)


@pytest.mark.parametrize(
    ("seconds", "changes", "limits", "reason"),
    [
        (60, {"tokens": 100, "active_ms": 1}, {"work_units": 10**9}, calibration.TOO_FAST),
        (60, {"active_ms": 62_001}, {}, calibration.LONGER_THAN_CHAIN_TIME),
        (60, {"active_ms": 501}, {"max_active_ms": 500}, calibration.LONGER_THAN_MODEL_ALLOWS),
        (60, {"active_ms": 2**64 - 1}, {}, calibration.LONGER_THAN_MODEL_ALLOWS),
    ],
)
def test_an_implausible_claim_is_counted_and_the_task_stays_open(
    seconds: int, changes: dict[str, int], limits: dict[str, int], reason: int
) -> None:
    network = Network()
    network.genesis()
    network.register_model(**limits)
    network.register_miner()
    job = network.post()
    network.chain.set_time(START + seconds)
    event = network.commit(job, **changes).events["WorkRejected"]
    work, miner = network.chain.read("Work", job.work), network.chain.read("Miner", network.miner)
    assert (event["reason"], event["violations"]) == (reason, 1)
    assert (work["status"], work["reason"]) == (tasks.WORK_REJECTED, reason)
    assert (miner["violations"], miner["commits"], miner["busy_until_ms"]) == (1, 1, START * 1_000)
    assert network.chain.read("Task", job.task)["status"] == tasks.TASK_OPEN
    with refused("WorkWasRejected"):
        network.settle(job)


def test_the_clocks_tolerance_is_two_seconds(network: Network) -> None:
    job = network.post()
    network.chain.set_time(START + 60)
    assert "WorkCommitted" in network.commit(job, active_ms=62_000).events


def test_one_miner_is_never_paid_twice_for_the_same_time(network: Network) -> None:
    first, second, third = network.post(), network.post(), network.post()
    network.chain.set_time(START + 100)
    assert "WorkCommitted" in network.commit(first, active_ms=60_000).events
    assert "WorkCommitted" in network.commit(second, active_ms=42_000).events
    assert "WorkRejected" in network.commit(third, active_ms=1_000).events


def test_a_clock_before_1970_is_refused(network: Network) -> None:
    network.chain.set_time(-100)
    job = network.post()
    with refused("NegativeTime"):
        network.commit(job)
