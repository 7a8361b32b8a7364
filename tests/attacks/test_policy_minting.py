"""Minting twice, without a proof, on somebody else's, or from one's own fee; blocking others. About 10 s."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from attacks.calls import CALLS
from attacks.founding_calls import FOUNDING
from attacks.generate import Call, Range, named, prepared, type_of
from attacks.world import World
from mai.program import SOURCE
from program.chain import MAI, TOKEN_PROGRAM, VERIFIER, Refused, refused
from program.market import fund, purse
from program.network import CONFIG, MINT, SINGLES, Job, Network, ready
from solders.account import Account
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

U64 = 2**64 - 1


@pytest.fixture
def network() -> Network:
    return ready()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@contextmanager
def settling(world: World) -> Iterator[Call]:
    with prepared("settle", world) as sides:
        yield sides[0]


def verifier_call(name: str, claimer: Pubkey, receipt: Pubkey, data: bytes = b"") -> Instruction:
    metas = [AccountMeta(claimer, True, True), AccountMeta(receipt, False, True)]
    return Instruction(VERIFIER, hashlib.sha256(f"global:{name}".encode()).digest()[:8] + data, metas)


def claim_of(world: World, receipt: Pubkey) -> bytes:
    """Context, key hash, SRS, input, params and output, as the receipt has them."""
    fields = bytes(world.chain.svm.get_account(receipt).data)
    return fields[8:40] + fields[104:168] + fields[232:328]


def token_call(tag: int, metas: list[AccountMeta], data: bytes = b"") -> Instruction:
    return Instruction(TOKEN_PROGRAM, bytes([tag]) + data, metas)


def settlement(network: Network, job: Job) -> Instruction:
    more = {"token_account": network.wallet, "nft_account": CONFIG, "receipt": network.receipt(job)}
    accounts = {**SINGLES, **network.job_accounts(job), **more, "verifier_program": VERIFIER}
    return network.chain.instruction("settle", accounts)


# Twice


def test_two_settlements_in_one_transaction_pay_nothing(network: Network) -> None:
    once = settlement(network, network.committed())
    with refused("WorkAlreadySettled"):
        network.chain.send(network.owner, once, once)
    assert network.chain.supply(MINT) == 0
    network.chain.send(network.owner, once)
    assert network.chain.supply(MINT) > 0


def test_two_tasks_on_one_input_in_one_transaction_pay_nothing(network: Network) -> None:
    first = network.post()
    second = network.post(first.input)
    network.chain.pass_slots(2)
    for job in (first, second):
        network.assign(job)
    network.chain.pass_time(30)
    for job in (first, second):
        network.commit(job)
    both = [settlement(network, job) for job in (first, second)]
    with refused("InputAlreadySpent"):
        network.chain.send(network.owner, *both)
    assert network.chain.supply(MINT) == 0
    network.chain.send(network.owner, both[1])
    assert network.chain.supply(MINT) > 0


def made_by(call: Call) -> list[Pubkey]:
    """The accounts that the call creates."""
    changed = Range(call).control().changed
    nothing = [address for address in changed if type_of(call.chain, address) == "nothing"]
    return [address for address in nothing if changed[address].owner in (MAI, TOKEN_PROGRAM)]


@pytest.mark.parametrize("name", sorted({*CALLS, *FOUNDING}))
def test_nothing_is_initialised_twice_and_lamports_sent_ahead_block_nothing(world: World, name: str) -> None:
    with prepared(name, world) as sides:
        call, chain = sides[0], sides[0].chain
        new = made_by(call)
        for lamports in (1, 10**9) if new else ():
            for address in new:
                chain.svm.set_account(address, Account(lamports, b"", Pubkey.default()))
            landed = Range(call).control()
            assert landed.refused is None
            assert {landed.changed[address].owner for address in new} <= {MAI, TOKEN_PROGRAM}
        if new:
            after = Range(call).control().changed
            for address in new:
                chain.svm.set_account(address, after[address])
            assert Range(call).control().refused == "AccountInUse"


def test_the_accounts_that_are_created_are_those_of_the_source(world: World) -> None:
    """Or the test above would try nothing."""
    trees = [ast.parse(path.read_text()) for path in (SOURCE / "instructions").glob("*.py")]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    for function in functions:
        with prepared(function.name, world) as sides:
            assert len(made_by(sides[0])) == ast.unparse(function).count(".init("), function.name


# On somebody else's proof


def test_nobody_can_use_up_or_close_another_ones_receipt(world: World) -> None:
    with settling(world) as call:
        receipt, rival = call.metas["receipt"].pubkey, world.sides[2].owner
        with refused("ClaimerMismatch"):
            world.chain.send(rival.keypair, verifier_call("claim", rival.key, receipt, claim_of(world, receipt)))
        with pytest.raises(Refused, match="VerifierError"):
            world.chain.send(rival.keypair, verifier_call("close", rival.key, receipt))
        assert Range(call).control().refused is None


def test_a_receipt_that_its_claimer_used_up_elsewhere_pays_nothing(world: World) -> None:
    with settling(world) as call:
        receipt, owner = call.metas["receipt"].pubkey, world.sides[0].owner
        world.chain.send(owner.keypair, verifier_call("claim", owner.key, receipt, claim_of(world, receipt)))
        assert Range(call).control().refused == "ReceiptConsumed"


def test_without_a_receipt_there_is_no_mint(world: World) -> None:
    with settling(world) as call:
        supply, metas = world.chain.supply(MINT), call.metas
        for parameter, name in (("work", "WrongOwner"), ("owner", "DuplicateAccount"), (None, "WrongOwner")):
            address = metas[parameter].pubkey if parameter else Pubkey.new_unique()
            changed = {**metas, "receipt": AccountMeta(address, False, True)}
            assert Range(call).send(list(changed.values())).refused == name
        assert world.chain.supply(MINT) == supply


def test_the_mint_obeys_the_program_alone(network: Network) -> None:
    """The token program refuses everybody else: minting, a new authority, freezing."""
    admin = network.admin
    someone = AccountMeta(admin.pubkey(), True, False)
    mint, wallet = AccountMeta(MINT, False, True), AccountMeta(network.wallet, False, True)
    for instruction in (
        token_call(7, [mint, wallet, someone], (1).to_bytes(8, "little")),
        token_call(6, [mint, someone], bytes([0, 1]) + bytes(admin.pubkey())),
        token_call(10, [wallet, AccountMeta(MINT, False, False), someone]),
    ):
        with pytest.raises(Refused, match=r"owner does not match|cannot freeze"):
            network.chain.send(admin, instruction)
    network.settle(network.committed())


def test_the_vault_and_the_treasury_obey_the_program_alone(world: World) -> None:
    """Transfer, approve, a new authority, burn and close, by everybody who has a say anywhere."""
    amount = (1).to_bytes(8, "little")
    for holder in (SINGLES["vault"], SINGLES["treasury"]):
        for keypair in (world.network.admin, world.sides[0].owner.keypair):
            who = AccountMeta(keypair.pubkey(), True, False)
            source, wallet = AccountMeta(holder, False, True), AccountMeta(world.sides[0].owner.wallet, False, True)
            for instruction in (
                token_call(3, [source, wallet, who], amount),
                token_call(4, [source, AccountMeta(keypair.pubkey(), False, False), who], amount),
                token_call(6, [source, who], bytes([2, 1]) + bytes(keypair.pubkey())),
                token_call(8, [source, AccountMeta(MINT, False, True), who], amount),
                token_call(9, [source, wallet, who]),
            ):
                with pytest.raises(Refused, match=r"owner does not match|non-zero|Non-native"):
                    world.chain.send(keypair, instruction)


def test_nobody_can_put_an_interface_on_chain(network: Network) -> None:
    """Anchor's built-in IDL instructions would let the first comer create an account of the program."""
    data = (0x0A69E9A778BCF440).to_bytes(8, "little") + bytes(9)
    metas = [AccountMeta(network.owner.pubkey(), True, True), AccountMeta(Pubkey.new_unique(), False, True)]
    for payload in (data, bytes(8), b"\1" * 7, b""):
        with pytest.raises(Refused, match=r"Idl|InstructionFallbackNotFound|InstructionMissing"):
            network.chain.send(network.owner, Instruction(MAI, payload, metas))


# Fees


def test_a_fee_cannot_exceed_the_purse(network: Network) -> None:
    job = network.post()
    wallet = purse(network, network.requester, 1_000)
    for amount in (1_001, U64):
        with pytest.raises(Refused) as caught:
            fund(network, job, wallet, amount)
        assert named("", str(caught.value).split("\n")) in ("InsufficientTokens", "ArithmeticOverflow")
    assert network.chain.read("Task", job.task)["fee"] == 0
    fund(network, job, wallet, 1_000)
    assert (network.chain.balance(wallet), network.chain.read("Task", job.task)["fee"]) == (0, 900)


def test_paying_oneself_never_adds_to_the_supply(network: Network) -> None:
    """Burn for two tasks of one's own, work on both: each mints at most its own fee, and no fee counts for another."""
    wallet = purse(network, network.owner, 500)
    mine = [network.post(requester=network.owner) for _ in range(2)]
    for job, amount in zip(mine, (490, 10), strict=True):
        fund(network, job, wallet, amount, network.owner)
    supply = network.chain.supply(MINT)
    network.chain.pass_slots(50)
    for job, burned in zip(mine, (441, 9), strict=True):
        network.assign(job)
        network.chain.pass_time(30)
        network.commit(job)
        event = network.settle(job).events["WorkSettled"]
        assert event["minted"] == event["fee_burned"] == burned < event["reward"]
    assert network.chain.supply(MINT) == supply


# Griefing


def test_a_garbage_commit_holds_up_one_place_and_not_the_input(network: Network) -> None:
    """What a stranger commits he must prove, or pay for it; the requester asks again and is served at once."""
    stranger: Keypair = network.chain.person()
    network.register_miner(stranger)
    job = network.post()
    network.chain.pass_slots(50)
    network.assign(job, stranger)
    network.chain.pass_time(30)
    network.commit(job, stranger, active_ms=1)
    with refused("TaskAlreadyAssigned"):
        network.assign(job)
    again = network.post(job.input)
    network.chain.pass_slots(50)
    network.assign(again)
    network.chain.pass_time(30)
    network.commit(again)
    network.settle(again)


def test_a_rejected_claim_costs_the_claimer_only(network: Network) -> None:
    stranger: Keypair = network.chain.person()
    network.register_miner(stranger)
    job = network.post()
    network.chain.pass_slots(50)
    network.assign(job, stranger)
    network.chain.pass_time(30)
    event = network.commit(job, stranger, active_ms=2**40).events
    assert event["WorkRejected"]["violations"] == 1
    assert network.chain.read("Miner", network.miner)["violations"] == 0
    network.chain.pass_slots(50)
    network.assign(job)
    network.chain.pass_time(30)
    network.commit(job)
    network.settle(job)


def test_a_spent_record_stays_spent(network: Network) -> None:
    job = network.committed()
    network.settle(job)
    with refused("AccountInUse"):
        network.open_spent_record(job.input)
    with refused("InputAlreadyPaid"):
        network.post_task(job.input, 4242, network.owner, spent_record=job.spent)
