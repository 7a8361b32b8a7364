"""Minting twice, without a proof, on somebody else's, or from one's own fee; blocking others. About 5 s."""

from __future__ import annotations

import hashlib

import pytest
from attacks.policy import World, genesis_call
from program.chain import MAI, START, TOKEN_PROGRAM, VERIFIER, Refused, refused
from program.network import CONFIG, MINT, Network, digest, named, ready, work_address
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer

U64 = 2**64 - 1


@pytest.fixture
def network() -> Network:
    return ready()


def verifier_call(name: str, claimer: Pubkey, receipt: Pubkey, data: bytes = b"") -> Instruction:
    metas = [AccountMeta(claimer, True, True), AccountMeta(receipt, False, True)]
    return Instruction(VERIFIER, hashlib.sha256(f"global:{name}".encode()).digest()[:8] + data, metas)


def token_call(tag: int, metas: list[AccountMeta], data: bytes = b"") -> Instruction:
    return Instruction(TOKEN_PROGRAM, bytes([tag]) + data, metas)


def settle_instruction(network: Network, world_accounts: dict[str, Pubkey]) -> Instruction:
    return network.chain.instruction("settle", world_accounts)


# Twice


def test_two_settlements_in_one_transaction_pay_nothing() -> None:
    world = World()
    before, once = world.state(), settle_instruction(world.network, world.settlement())
    with refused("WorkAlreadySettled"):
        world.chain.send(world.sponsor, once, once, cosigners=[world.network.owner])
    assert world.state() == before
    world.chain.send(world.sponsor, once, cosigners=[world.network.owner])


def test_two_tasks_on_one_input_in_one_transaction_pay_nothing(network: Network) -> None:
    first = network.post()
    second = network.post(first.input)
    network.chain.set_time(START + 60)
    network.commit(first)
    network.commit(second)
    world_accounts = []
    for job in (first, second):
        accounts = {"owner": network.owner.pubkey(), "config": CONFIG, "mint": MINT, "miner": network.miner}
        accounts |= {"model": network.model, "task": job.task, "work": job.work, "spent_record": job.spent}
        accounts |= {"token_account": network.wallet, "verifier_program": VERIFIER, "receipt": network.receipt(job)}
        world_accounts.append(accounts)
    both = [settle_instruction(network, accounts) for accounts in world_accounts]
    with refused("InputAlreadySpent"):
        network.chain.send(network.owner, *both)
    assert network.chain.supply(MINT) == 0
    network.chain.send(network.owner, both[1])
    assert network.chain.supply(MINT) > 0


def test_nothing_can_be_initialised_again() -> None:
    world = World()
    for name in ("register_miner", "register_model", "open_spent_record", "post_task", "commit_work"):
        call = world.calls()[name]
        world.run(call, world.metas(call))
        if name == "commit_work":  # a second open task, or the state of the task would be what refuses
            call.accounts["task"] = world.rivals_open.task
        before = world.state()
        with refused("AccountInUse"):
            world.run(call, world.metas(call))
        assert world.state() == before
    for adopt in (False, True):
        call = genesis_call(world.network, adopt=adopt)
        with refused("AccountInUse"):
            world.chain.send(world.network.admin, world.chain.instruction(call.name, call.accounts, call.arguments))


def test_lamports_sent_ahead_do_not_block_an_address() -> None:
    world = World()
    for name in ("register_miner", "register_model", "open_spent_record", "post_task", "commit_work"):
        call = world.calls()[name]
        (new,) = (address for address in call.accounts.values() if world.chain.svm.get_account(address) is None)
        for lamports in (1, 10**9):
            gift = TransferParams(from_pubkey=world.rival.pubkey(), to_pubkey=new, lamports=lamports + 890_880)
            world.chain.send(world.rival, transfer(gift))
        world.run(call, world.metas(call))
        assert world.chain.svm.get_account(new).owner == MAI


def test_genesis_survives_lamports_sent_ahead() -> None:
    network = Network()
    for address in (CONFIG, MINT):
        gift = TransferParams(from_pubkey=network.owner.pubkey(), to_pubkey=address, lamports=890_880)
        network.chain.send(network.owner, transfer(gift))
    network.genesis()


def test_whoever_comes_second_to_genesis_is_refused_and_the_event_names_the_first() -> None:
    network = Network()
    call = genesis_call(network)
    front_runner = network.chain.person()
    accounts = {**call.accounts, "authority": front_runner.pubkey()}
    landed = network.chain.send(front_runner, network.chain.instruction("genesis", accounts, call.arguments))
    assert landed.events["NetworkCreated"]["authority"] == front_runner.pubkey()
    with refused("AccountInUse"):
        network.genesis()


# On somebody else's proof


def test_nobody_can_use_up_or_close_another_ones_receipt() -> None:
    world = World()
    network, receipt = world.network, world.receipts["receipt"]
    fields = bytes(world.chain.svm.get_account(receipt).data)
    claim = fields[8:40] + fields[104:168] + fields[232:328]
    with pytest.raises(Refused, match="ClaimerMismatch"):
        world.chain.send(world.rival, verifier_call("claim", world.rival.pubkey(), receipt, claim))
    with pytest.raises(Refused, match="VerifierError"):
        world.chain.send(world.rival, verifier_call("close", world.rival.pubkey(), receipt))
    network.settle(world.job, receipt)


def test_a_receipt_that_its_claimer_used_up_elsewhere_pays_nothing() -> None:
    world = World()
    network, receipt = world.network, world.receipts["receipt"]
    fields = bytes(world.chain.svm.get_account(receipt).data)
    # context, key hash, SRS, input, params, output
    claim = fields[8:40] + fields[104:168] + fields[232:328]
    world.chain.send(network.owner, verifier_call("claim", network.owner.pubkey(), receipt, claim))
    with refused("ReceiptConsumed"):
        network.settle(world.job, receipt)
    network.settle(world.job)


def test_a_rivals_receipt_in_the_same_context_pays_only_the_rival() -> None:
    world = World()
    network = world.network
    for name in ("rival's receipt", "receipt of the rival for this work"):
        with refused("ClaimerMismatch"):
            network.settle(world.job, world.receipts[name])
    # The rival signs, with the owner's work: the program refuses before the verifier is asked.
    with refused("NotOwner"):
        network.settle(world.job, world.receipts["receipt of the rival for this work"], signer=world.rival)
    purse = world.chain.put_token_account(MINT, world.rival.pubkey())
    network.settle(
        world.stolen, world.receipts["rival's receipt"], world.rival, miner=world.rival_miner, token_account=purse
    )
    assert world.chain.balance(purse) > 0


def test_a_copied_proof_does_not_pay_twice_for_one_input() -> None:
    """The copier has a task of his own on the input and proves the same statement: one of the two is paid, once."""
    world = World()
    network = world.network
    copied = network.post(world.job.input, requester=world.rival)
    copied.output, copied.work = world.job.output, work_address(world.rival_miner, copied.context)
    world.chain.set_time(START + 120)
    network.commit(copied, world.rival, miner=world.rival_miner)
    network.settle(world.job)
    supply = network.chain.supply(MINT)
    receipt = network.receipt(copied, world.rival.pubkey())
    purse = world.chain.put_token_account(MINT, world.rival.pubkey())
    with refused("InputAlreadySpent"):
        network.settle(copied, receipt, world.rival, miner=world.rival_miner, token_account=purse)
    assert (network.chain.supply(MINT), network.chain.balance(purse)) == (supply, 0)


def test_without_a_receipt_there_is_no_mint() -> None:
    world = World()
    before = world.state()
    accounts = world.settlement()
    for address, name in (
        (Pubkey.new_unique(), "WrongOwner"),
        (world.job.work, "WrongOwner"),
        (world.network.owner.pubkey(), "DuplicateAccount"),
    ):
        with refused(name):
            world.chain.send(
                world.sponsor,
                settle_instruction(world.network, accounts | {"receipt": address}),
                cosigners=[world.network.owner],
            )
    assert world.state() == before
    world.network.settle(world.job)


def test_the_mint_obeys_the_program_alone() -> None:
    """The token program refuses everybody else: minting, a new authority, freezing."""
    world = World()
    network, admin = world.network, world.network.admin
    before = world.state()
    someone = AccountMeta(admin.pubkey(), True, False)
    mint, wallet = AccountMeta(MINT, False, True), AccountMeta(network.wallet, False, True)
    to_admin = bytes([0, 1]) + bytes(admin.pubkey())
    for instruction in (
        token_call(7, [mint, wallet, someone], (1).to_bytes(8, "little")),
        token_call(6, [mint, someone], to_admin),
        token_call(10, [wallet, AccountMeta(MINT, False, False), someone]),
    ):
        with pytest.raises(Refused, match=r"owner does not match|cannot freeze"):
            world.chain.send(world.sponsor, instruction, cosigners=[admin])
    assert world.state() == before
    network.settle(world.job)


def test_nobody_can_put_an_interface_on_chain() -> None:
    """Anchor's built-in IDL instructions would let the first comer create an account of the program."""
    world = World()
    data = (0x0A69E9A778BCF440).to_bytes(8, "little") + bytes(9)
    metas = [AccountMeta(world.rival.pubkey(), True, True), AccountMeta(Pubkey.new_unique(), False, True)]
    for payload in (data, bytes(8), b"\1" * 7, b""):
        with pytest.raises(Refused, match=r"Idl|InstructionFallbackNotFound|InstructionMissing"):
            world.chain.send(world.rival, Instruction(MAI, payload, metas))


# Fees


def test_a_fee_cannot_exceed_the_purse_and_burns_what_it_says() -> None:
    world = World()
    call = world.calls()["fund_task"]
    for amount in (1_001, U64):
        call.arguments["amount"] = amount
        with pytest.raises(Refused, match="insufficient funds"):
            world.run(call, world.metas(call))
    assert world.chain.read("Task", world.open.task)["fee_burned"] == 0
    call.arguments["amount"] = 1_000
    world.run(call, world.metas(call))
    assert (world.chain.balance(world.purse), world.chain.supply(MINT)) == (0, 0)
    assert world.chain.read("Task", world.open.task)["fee_burned"] == 1_000


def test_paying_oneself_never_adds_to_the_supply() -> None:
    """Burn for two tasks of one's own, work on both: each mints at most its own fee, and no fee counts for another."""
    world = World()
    network = world.network
    purse = world.chain.put_token_account(MINT, network.owner.pubkey(), 500)
    mine = [network.post(requester=network.owner) for _ in range(2)]
    for job, amount in zip(mine, (499, 1), strict=True):
        accounts = {"requester": network.owner.pubkey(), "config": CONFIG, "mint": MINT}
        accounts |= {"token_account": purse, "task": job.task}
        network.chain.send(network.owner, network.chain.instruction("fund_task", accounts, {"amount": amount}))
    supply = network.chain.supply(MINT)
    network.chain.set_time(START + 200)
    for job, amount in zip(mine, (499, 1), strict=True):
        network.commit(job)
        event = network.settle(job).events["WorkSettled"]
        assert event["minted"] == amount < event["reward"]
    assert network.chain.supply(MINT) == supply + 500


# Griefing


def test_a_garbage_commit_blocks_one_task_and_not_the_input() -> None:
    """It costs the stranger the rent of a work account for good; the requester asks again and is served."""
    world = World()
    network, chain = world.network, world.chain
    junk = digest("junk")
    before = chain.svm.get_account(world.rival.pubkey()).lamports
    changes = {**named("context", junk), "work": work_address(world.rival_miner, junk), "miner": world.rival_miner}
    network.commit(world.open, world.rival, active_ms=1, **changes)
    assert before - chain.svm.get_account(world.rival.pubkey()).lamports > 2_000_000
    with refused("TaskAlreadyAssigned"):
        network.commit(world.open)
    again = network.post(world.open.input)
    chain.set_time(START + 120)
    network.commit(again)
    network.settle(again)


def test_a_rejected_claim_costs_the_claimer_only() -> None:
    world = World()
    network = world.network
    context = digest("greedy")
    changes = {**named("context", context), "work": work_address(world.rival_miner, context)}
    event = network.commit(world.open, world.rival, miner=world.rival_miner, active_ms=2**40, **changes).events
    assert event["WorkRejected"]["violations"] == 1
    assert world.chain.read("Miner", network.miner)["violations"] == 0
    network.commit(world.open)


def test_a_stranger_cannot_open_a_record_that_is_already_spent_or_foreign() -> None:
    world = World()
    stranger: Keypair = world.rival
    record = bytes(world.chain.svm.get_account(world.job.spent).data)
    world.network.settle(world.job)
    with refused("AccountInUse"):
        world.network.open_spent_record(world.job.input)
    with refused("InputAlreadyPaid"):
        world.network.post_task(world.job.input, 4242, stranger, spent_record=world.job.spent)
    assert bytes(world.chain.svm.get_account(world.job.spent).data) != record
