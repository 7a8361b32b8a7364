"""The escrow of examples/verify_in_your_program: one way to be paid, and a name for every other."""

from __future__ import annotations

import pytest
from examples.world import AN_HOUR, FEE, PRICE, World, example, proved, proved_under_another_key
from solders.keypair import Keypair
from solders.pubkey import Pubkey

OTHER = bytes(range(32))


@pytest.fixture
def world() -> World:
    return World()


def paid(world: World, number: int, receipt: Pubkey) -> None:
    """The control: the honest answer is paid to the lamport."""
    worker, locked = world.balance(world.worker), world.chain.balance(world.escrow.address(number))
    world.answer(number, receipt)
    assert world.balance(world.worker) == worker + PRICE - FEE
    assert world.chain.balance(world.escrow.address(number)) == locked - PRICE


def test_a_proof_is_paid_and_its_output_recorded(world: World) -> None:
    asker = world.balance(world.asker)
    number = world.ask()
    escrow = world.escrow.address(number)
    rent = world.chain.rent(len(world.chain.account(escrow).data))
    assert world.balance(world.asker) == asker - rent - PRICE - FEE
    paid(world, number, world.receipt(number))
    account = world.escrow.program.fetch(world.chain, escrow)
    assert bytes(account.answer) == proved().statement.output
    assert account.closed and world.chain.balance(escrow) == rent


def test_an_escrow_pays_once(world: World) -> None:
    number = world.ask()
    receipt = world.receipt(number)
    paid(world, number, receipt)
    with world.refused("EscrowClosed", number):
        world.answer(number, receipt)
    world.chain.warp(seconds=AN_HOUR + 1)
    with world.refused("NothingLeft", number):
        world.escrow.refund(world.asker, number)


def test_without_a_receipt_nothing_is_paid(world: World) -> None:
    number = world.ask()
    with world.refused("WrongOwner", number):
        world.answer(number, Keypair().pubkey())
    paid(world, number, world.receipt(number))


def test_a_proof_account_is_no_receipt(world: World) -> None:
    number = world.ask()
    receipt = world.receipt(number)
    seeds = (b"proof", bytes(world.worker.pubkey()), number.to_bytes(8, "little"))
    with world.refused("WrongAccountType", number):
        world.answer(number, world.verifier_program.pda(*seeds)[0])
    paid(world, number, receipt)


def test_somebody_elses_receipt_is_refused(world: World) -> None:
    number, thief = world.ask(), world.funded()
    receipt, stolen = world.receipt(number), world.receipt(number, claimer=thief)
    with world.refused("ClaimerMismatch", number):
        world.answer(number, stolen)
    with world.refused("NotWorker", number):
        world.answer(number, stolen, worker=thief)
    paid(world, number, receipt)


def test_a_consumed_receipt_is_refused(world: World) -> None:
    number, done = world.ask(), proved()
    receipt = world.receipt(number)
    names = ("context", "key_hash", "srs", "input", "params", "output")
    said = done.statement
    values = (example().context(number), done.key.hash, done.key.srs, said.input, said.params, said.output)
    arguments = {name: list(value) for name, value in zip(names, values, strict=True)}
    accounts = {"claimer": world.worker.pubkey(), "receipt": receipt}
    world.chain.send([world.verifier_program.instruction("claim", accounts, arguments)], [world.worker])
    with world.refused("ReceiptConsumed", number):
        world.answer(number, receipt)


def test_a_receipt_of_another_escrow_is_refused(world: World) -> None:
    number, second = world.ask(), world.ask()
    receipt = world.receipt(number)
    with world.refused("ContextMismatch", second):
        world.answer(second, receipt)
    paid(world, number, receipt)


def test_a_true_proof_under_another_key_is_refused(world: World) -> None:
    number, other = world.ask(), proved_under_another_key()
    with world.refused("KeyMismatch", number):
        world.answer(number, world.receipt(number, done=other), output=other.statement.output)
    honest = world.ask()
    paid(world, honest, world.receipt(honest))


@pytest.mark.parametrize(
    ("term", "name"),
    [("key_hash", "KeyMismatch"), ("srs", "SrsMismatch"), ("input", "InputMismatch"), ("params", "ParamsMismatch")],
)
def test_a_proof_of_something_else_than_was_asked_is_refused(world: World, term: str, name: str) -> None:
    number = world.ask(**{term: OTHER})
    with world.refused(name, number):
        world.answer(number, world.receipt(number))
    honest = world.ask()
    paid(world, honest, world.receipt(honest))


def test_another_output_than_the_proven_one_is_refused(world: World) -> None:
    number = world.ask()
    receipt = world.receipt(number)
    with world.refused("OutputMismatch", number):
        world.answer(number, receipt, output=OTHER)
    paid(world, number, receipt)


def test_a_forged_receipt_is_refused(world: World) -> None:
    number = world.ask()
    receipt = world.receipt(number)
    with world.refused("WrongOwner", number):
        world.answer(number, world.copy(receipt, owner=Keypair().pubkey()))
    with world.refused("WrongOwner", number):
        world.answer(number, world.copy(receipt, owner=world.escrow.program.address))
    paid(world, number, receipt)


def test_another_verifier_program_is_refused(world: World) -> None:
    number, other = world.ask(), world.another_verifier()
    false = world.receipt(number, program=other)
    with world.refused("WrongVerifier", number):
        world.answer(number, false, verifier=other.address)
    with world.refused("WrongOwner", number):
        world.answer(number, false)
    chosen = world.ask(verifier=other.address)  # the control: the very same program, where the asker chose it
    world.answer(chosen, world.receipt(chosen, program=other), verifier=other.address)
    paid(world, number, world.receipt(number))


def test_a_forged_escrow_is_refused(world: World) -> None:
    number = world.ask()
    receipt = world.receipt(number)
    accounts = {"worker": world.worker.pubkey(), "receipt": receipt, "verifier_program": world.escrow.verifier}
    accounts["escrow"] = world.copy(world.escrow.address(number), owner=Keypair().pubkey())
    output = {"output": list(proved().statement.output)}
    with world.refused("AccountOwnedByWrongProgram", number):
        world.chain.send([world.escrow.program.instruction("answer", accounts, output)], [world.worker])
    paid(world, number, receipt)


def test_a_number_is_taken_once(world: World) -> None:
    number = world.ask()
    world.numbers = iter([number])
    with world.refused("AccountInUse", number):
        world.ask()


def test_only_the_asker_is_refunded_and_only_in_time(world: World) -> None:
    number = world.ask()
    receipt = world.receipt(number)
    with world.refused("TooEarly", number):
        world.escrow.refund(world.asker, number)
    world.chain.warp(seconds=AN_HOUR + 1)
    with world.refused("NotAsker", number):
        world.escrow.refund(world.worker, number)
    asker = world.balance(world.asker)
    world.escrow.refund(world.asker, number)
    assert world.balance(world.asker) == asker + PRICE - FEE
    with world.refused("EscrowClosed", number):
        world.answer(number, receipt)
