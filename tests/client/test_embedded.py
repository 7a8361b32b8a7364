"""The embedded chain behaves as a cluster."""

from pathlib import Path

import pytest
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.embedded import Embedded
from mai.errors import MaiError, ProgramError
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer


@pytest.fixture
def payer() -> Keypair:
    return Keypair()


@pytest.fixture
def chain(payer: Keypair) -> Embedded:
    chain = Embedded()
    chain.airdrop(payer.pubkey(), LAMPORTS_PER_SOL)
    return chain


def pay(payer: Keypair, to: Pubkey, lamports: int) -> Instruction:
    return transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to, lamports=lamports))


def test_a_transfer_lands_and_an_equal_one_lands_again(chain: Embedded, payer: Keypair) -> None:
    to = Pubkey.new_unique()
    first = chain.send([pay(payer, to, 1_000_000)], [payer])
    second = chain.send([pay(payer, to, 1_000_000)], [payer])
    assert first.signature != second.signature
    assert chain.balance(to) == 2_000_000
    assert first.compute_units > 0


def test_a_simulation_changes_nothing(chain: Embedded, payer: Keypair) -> None:
    to = Pubkey.new_unique()
    assert chain.simulate([pay(payer, to, 1_000_000)], [payer]).compute_units > 0
    assert chain.account(to) is None


def test_a_refusal_has_a_name_and_changes_nothing(chain: Embedded, payer: Keypair) -> None:
    to = Pubkey.new_unique()
    with pytest.raises(ProgramError) as refused:
        chain.send([pay(payer, to, 2 * LAMPORTS_PER_SOL)], [payer])
    assert refused.value.name == "InsufficientFunds"
    assert chain.account(to) is None


def test_the_clock_moves_when_told(chain: Embedded) -> None:
    before = chain.unix_time()
    slot = chain.slot()
    chain.warp(seconds=3600)
    assert chain.unix_time() == before + 3600
    assert chain.slot() == slot + 9000


def test_a_transaction_larger_than_a_packet_is_refused_before_it_is_sent(chain: Embedded, payer: Keypair) -> None:
    with pytest.raises(MaiError, match="larger than a packet"):
        chain.send([Instruction(Pubkey.new_unique(), bytes(1300), [])], [payer])


@pytest.mark.parametrize("content", [b"", b"not a program", b"\x7fELF" + bytes(100)])
def test_a_corrupt_program_is_one_sentence(
    chain: Embedded, tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "program.so"
    path.write_bytes(content)
    with pytest.raises(MaiError, match="mai program build"):
        chain.add_program(Pubkey.new_unique(), path)
    assert capfd.readouterr().err == ""


def test_a_missing_program_is_one_sentence(chain: Embedded, tmp_path: Path) -> None:
    with pytest.raises(MaiError, match="is missing: run `mai program build`"):
        chain.add_program(Pubkey.new_unique(), tmp_path / "program.so")
