"""settle: pays once, to the right owner, for exactly what the receipt says."""

from __future__ import annotations

import hashlib

import pytest
from mai.program import SOURCE, tasks
from program.chain import START, VERIFIER, Refused, refused
from program.network import CONFIG, MINT, Network, digest, miner_address, model_address, ready
from solders.pubkey import Pubkey


@pytest.fixture
def network() -> Network:
    return ready()


def test_settling_pays_and_records(network: Network) -> None:
    job = network.committed(active_ms=30_000)
    event = network.settle(job).events["WorkSettled"]
    # 858 MAI an hour for 30 s, trust 0.60.
    assert event["minted"] == event["reward"] == 4_290_000_000
    assert network.chain.balance(network.wallet) == network.chain.supply(MINT) == event["minted"]
    record, miner = network.chain.read("SpentRecord", job.spent), network.chain.read("Miner", network.miner)
    assert (record["spent"], record["work"]) == (True, job.work)
    assert (miner["settled"], miner["active_ms"], miner["earned"]) == (1, 30_000, event["minted"])
    work, task = network.chain.read("Work", job.work), network.chain.read("Task", job.task)
    assert (work["status"], work["paid"]) == (tasks.WORK_SETTLED, event["minted"])
    assert task["status"] == tasks.TASK_SETTLED
    named = {"work": job.work, "task": job.task, "model": network.model, "miner": network.miner}
    assert {key: event[key] for key in named} == named
    assert event["owner"] == network.owner.pubkey()


def test_settling_costs_at_most_40000_compute_units(network: Network) -> None:
    assert network.settle(network.committed()).units <= 40_000


def test_work_is_paid_once(network: Network) -> None:
    job = network.committed()
    minted = network.settle(job).events["WorkSettled"]["minted"]
    with refused("WorkAlreadySettled"):
        network.settle(job)
    assert network.chain.supply(MINT) == minted


def test_a_new_nonce_does_not_make_old_work_new(network: Network) -> None:
    first = network.post()
    second = network.post(first.input)
    network.chain.set_time(START + 60)
    network.commit(first)
    network.commit(second)
    network.settle(first)
    with refused("InputAlreadySpent"):
        network.settle(second)


def test_every_account_is_checked(network: Network) -> None:
    job, other = network.committed(), network.committed()
    rival = network.chain.person()
    network.register_miner(rival)
    network.register_model(key=digest("another key"))
    put, owner = network.chain.put_token_account, network.owner.pubkey()
    attempts = [
        ("NotOwner", {"signer": rival}, {}),
        ("WrongMiner", {"signer": rival}, {"miner": miner_address(rival.pubkey())}),
        ("WrongTask", {}, {"task": other.task}),
        ("WrongModel", {}, {"model": model_address(digest("another key"))}),
        ("WrongMiner", {"signer": rival}, {"miner": miner_address(rival.pubkey()), "work": other.work}),
        ("WrongRecord", {}, {"spent_record": other.spent}),
        ("WrongMint", {}, {"mint": network.chain.put_mint(CONFIG, None)}),
        ("WrongTokenMint", {}, {"token_account": put(Pubkey.new_unique(), owner)}),
        ("WrongTokenOwner", {}, {"token_account": put(MINT, rival.pubkey())}),
        ("WrongVerifier", {}, {"verifier_program": Pubkey.new_unique()}),
        ("AccountDiscriminatorMismatch", {}, {"config": network.miner}),
        ("AccountOwnedByWrongProgram", {}, {"config": _copied_config(network)}),
        ("InvalidProgramId", {}, {"token_program": VERIFIER}),
    ]
    for name, who, accounts in attempts:
        with refused(name):
            network.settle(job, **who, **accounts)  # type: ignore[arg-type]
    assert network.chain.supply(MINT) == 0
    network.settle(job)
    assert network.chain.supply(MINT) > 0


def _copied_config(network: Network) -> Pubkey:
    """The real configuration's bytes under a stranger's program."""
    address = Pubkey.new_unique()
    network.chain.put(address, bytes(network.chain.svm.get_account(CONFIG).data), Pubkey.new_unique())
    return address


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("context", "ContextMismatch"),
        ("key_hash", "KeyMismatch"),
        ("srs", "SrsMismatch"),
        ("input", "InputMismatch"),
        ("params", "ParamsMismatch"),
        ("output", "OutputMismatch"),
    ],
)
def test_a_receipt_for_anything_else_is_refused(network: Network, field: str, name: str) -> None:
    job = network.committed()
    with refused(name):
        network.settle(job, network.receipt(job, **{field: digest("something else")}))
    assert network.chain.supply(MINT) == 0
    network.settle(job)


def test_a_receipt_serves_its_claimer_once(network: Network) -> None:
    job, other = network.committed(), network.committed()
    with refused("ClaimerMismatch"):
        network.settle(job, network.receipt(job, network.requester.pubkey()))
    receipt = network.receipt(job)
    network.settle(job, receipt)
    with refused("ReceiptConsumed"):
        network.settle(other, receipt)


def test_a_receipt_of_another_program_is_nothing(network: Network) -> None:
    job = network.committed()
    genuine = network.receipt(job)
    forged = Pubkey.new_unique()
    network.chain.put(forged, bytes(network.chain.svm.get_account(genuine).data), Pubkey.new_unique())
    with pytest.raises(Refused, match="VerifierError"):
        network.settle(job, forged)
    network.settle(job, genuine)


def test_states_that_no_instruction_makes_are_refused_all_the_same(network: Network) -> None:
    job = network.committed()
    for kind, address, changes, name in (
        ("Task", job.task, {"status": tasks.TASK_SETTLED}, "TaskNotAssigned"),
        ("Task", job.task, {"miner": Pubkey.new_unique()}, "NotAssigned"),
        ("Model", network.model, {"approved": False}, "ModelWithdrawn"),
    ):
        before = network.chain.read(kind, address)
        network.chain.write(kind, address, **changes)
        with refused(name):
            network.settle(job)
        network.chain.write(kind, address, **{field: before[field] for field in changes})
    network.settle(job)


def test_settlement_ends_a_day_after_the_task(network: Network) -> None:
    job = network.committed()
    expires = network.chain.read("Task", job.task)["expires_ts"]
    network.chain.set_time(expires + 86_401)
    with refused("SettleTooLate"):
        network.settle(job)
    network.chain.set_time(expires + 86_400)
    network.settle(job)


def test_hardware_is_capped_again_at_settlement(network: Network) -> None:
    network.chain.write("Miner", network.miner, gpu_mhs=4_000_000_000, device_class=1)
    event = network.settle(network.committed()).events["WorkSettled"]
    assert event["hourly"] == 4 * 2_000_000_000 + 1_000 * 100_000_000  # a CPU class has no MH/s


def test_a_self_chosen_task_mints_at_most_the_fee_burned(network: Network) -> None:
    free = network.post(requester=network.owner)
    paid = network.post(requester=network.owner)
    network.chain.write("Task", paid.task, fee_burned=12_345)
    network.chain.set_time(START + 60)
    network.commit(free)
    network.commit(paid)
    assert network.settle(free).events["WorkSettled"]["minted"] == 0
    event = network.settle(paid).events["WorkSettled"]
    assert event["minted"] == 12_345 < event["reward"]
    assert network.chain.supply(MINT) == 12_345


def test_hot_instructions_do_not_lock_the_configuration(network: Network) -> None:
    job = network.committed()
    accounts = {
        **dict.fromkeys(("task", "work", "spent_record", "token_account", "receipt"), job.task),
        "owner": network.owner.pubkey(),
        "config": CONFIG,
        "mint": MINT,
        "miner": network.miner,
        "model": network.model,
        "verifier_program": VERIFIER,
    }
    metas = {meta.pubkey: meta.is_writable for meta in network.chain.instruction("settle", accounts).accounts}
    assert [metas[key] for key in (CONFIG, network.model, VERIFIER, MINT)] == [False, False, False, True]


def test_claims_discriminator_is_the_one_in_the_source() -> None:
    discriminator = list(hashlib.sha256(b"global:claim").digest()[:8])
    assert str(discriminator) in (SOURCE / "instructions" / "settlement.py").read_text()
