"""`create_key` and `create_proof`."""

import pytest
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from verifier.chain import (
    KEY_HEADER,
    PROGRAM,
    PROOF_HEADER,
    Chain,
    ix_create_key,
    ix_create_proof,
    key_address,
    key_header,
    lower_bump,
    proof_address,
    proof_header,
    unused,
)

HASH = bytes(range(32))
LAMPORTS = 123_456


def _key(chain: Chain, size: int = 100) -> tuple[Pubkey, int, Instruction]:
    me = chain.payer.pubkey()
    address, bump = key_address(me, HASH)
    return address, bump, ix_create_key(me, address, HASH, size, bump)


def _proof(chain: Chain, size: int = 100, nonce: int = 7) -> tuple[Pubkey, int, Instruction]:
    me = chain.payer.pubkey()
    address, bump = proof_address(me, nonce)
    return address, bump, ix_create_proof(me, address, nonce, size, bump)


def _with_account(instruction: Instruction, index: int, meta: AccountMeta) -> Instruction:
    accounts = list(instruction.accounts)
    accounts[index] = meta
    return Instruction(PROGRAM, instruction.data, accounts)


def test_a_key_account_is_its_header_and_zeros(chain: Chain) -> None:
    address, bump, instruction = _key(chain)
    chain.run(instruction)
    assert chain.data(address) == key_header(chain.payer.pubkey(), HASH, 100, bump) + bytes(100)
    account = chain.svm.get_account(address)
    assert account is not None
    assert account.owner == PROGRAM
    assert account.lamports == chain.svm.minimum_balance_for_rent_exemption(KEY_HEADER.size + 100)


def test_a_proof_account_is_its_header_and_zeros(chain: Chain) -> None:
    address, bump, instruction = _proof(chain)
    chain.run(instruction)
    assert chain.data(address) == proof_header(chain.payer.pubkey(), 7, 100, bump) + bytes(100)


def test_a_large_account_is_paid_in_full_and_allocated_in_part(chain: Chain) -> None:
    address, _, instruction = _proof(chain, size=30_000)
    chain.run(instruction)
    account = chain.svm.get_account(address)
    assert account is not None
    assert len(account.data) == 10_240
    assert account.lamports == chain.svm.minimum_balance_for_rent_exemption(PROOF_HEADER.size + 30_000)


@pytest.mark.parametrize("lamports", [1, LAMPORTS, 10**10])
def test_lamports_sent_ahead_do_not_block_creation(chain: Chain, lamports: int) -> None:
    address, _, instruction = _key(chain)
    chain.put(address, b"", SYSTEM_PROGRAM, lamports)
    chain.run(instruction)
    account = chain.svm.get_account(address)
    assert account is not None
    assert account.lamports == max(lamports, chain.svm.minimum_balance_for_rent_exemption(KEY_HEADER.size + 100))


@pytest.mark.parametrize("make", [_key, _proof])
def test_twice(chain: Chain, make) -> None:  # type: ignore[no-untyped-def]
    instruction = make(chain)[2]
    chain.run(instruction)
    assert chain.send(instruction).refused == "AccountExists"


@pytest.mark.parametrize("make", [_key, _proof])
@pytest.mark.parametrize(
    ("size", "refused"), [(0, "SizeOutOfRange"), (10 * 1024 * 1024, "SizeOutOfRange"), (2**32 - 1, "SizeOutOfRange")]
)
def test_sizes(chain: Chain, make, size: int, refused: str) -> None:  # type: ignore[no-untyped-def]
    assert chain.send(make(chain, size=size)[2]).refused == refused


@pytest.mark.parametrize("make", [_key, _proof])
def test_accounts(chain: Chain, make) -> None:  # type: ignore[no-untyped-def]
    address, _, instruction = make(chain)
    stranger = chain.funded()
    me = chain.payer.pubkey()

    def refused(changed: Instruction) -> str | None:
        return chain.send(changed, signers=[stranger]).refused

    fake = chain.put(unused(), b"", SYSTEM_PROGRAM)
    assert refused(_with_account(instruction, 2, AccountMeta(fake, False, False))) == "WrongSystemProgram"
    assert refused(_with_account(instruction, 0, AccountMeta(stranger.pubkey(), True, True))) == "WrongAddress"
    assert refused(_with_account(instruction, 1, AccountMeta(unused(), False, True))) == "WrongAddress"
    assert refused(_with_account(instruction, 1, AccountMeta(address, False, False))) == "NotWritable"
    assert refused(_with_account(instruction, 1, AccountMeta(me, True, True))) == "DuplicateAccount"
    unsigned = chain.funded().pubkey()
    assert refused(_with_account(instruction, 0, AccountMeta(unsigned, False, True))) == "MissingSigner"
    read_only = _with_account(instruction, 0, AccountMeta(stranger.pubkey(), True, False))
    assert refused(read_only) == "NotWritable"
    few = Instruction(PROGRAM, instruction.data, instruction.accounts[:2])
    assert refused(few) == "AccountCount"
    many = Instruction(PROGRAM, instruction.data, [*instruction.accounts, AccountMeta(fake, False, False)])
    assert refused(many) == "AccountCount"
    chain.run(instruction)


def test_only_the_canonical_bump(chain: Chain) -> None:
    me = chain.payer.pubkey()
    address, bump = lower_bump([b"key", bytes(me), HASH], key_address(me, HASH)[1])
    assert chain.send(ix_create_key(me, address, HASH, 100, bump)).refused == "WrongAddress"
    right = key_address(me, HASH)[0]
    assert chain.send(ix_create_key(me, right, HASH, 100, bump)).refused == "BumpNotCanonical"


@pytest.mark.parametrize("make", [_key, _proof])
def test_arguments_are_exact(chain: Chain, make) -> None:  # type: ignore[no-untyped-def]
    _, _, instruction = make(chain)
    for data in (instruction.data[:-1], instruction.data + b"\0", instruction.data[:8]):
        assert chain.send(Instruction(PROGRAM, data, instruction.accounts)).refused == "BadArguments"
    for data in (b"", instruction.data[:7], b"\0" * 8 + instruction.data[8:]):
        assert chain.send(Instruction(PROGRAM, data, instruction.accounts)).refused == "UnknownInstruction"
    chain.run(instruction)
