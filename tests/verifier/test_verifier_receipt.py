"""`verify` and `claim`."""

from __future__ import annotations

import pytest
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from verifier.chain import (
    PROGRAM,
    RECEIPT,
    Chain,
    ix_claim,
    ix_close,
    ix_verify,
    keccak,
    key_address,
    key_header,
    lower_bump,
    receipt_address,
    unused,
)
from verifier.circuit import Circuit
from verifier.keys import R

CONTEXT = bytes(range(100, 132))
FIELDS = ("context", "key_hash", "srs", "input", "params", "output")


class Case:
    """A sealed key, a claimer with a proof account, and the receipt's place."""

    def __init__(self, chain: Chain, circuit: Circuit, blob: bytes | None = None, payload: bytes | None = None) -> None:
        self.chain = chain
        self.blob = blob or circuit.blob
        self.payload = payload or circuit.payload
        self.claimer = chain.funded()
        self.key = chain.sealed_key(self.blob)
        self.proof = chain.put_proof(self.payload, self.claimer.pubkey())
        start = 8 + 32 * circuit.key.n_instances
        self.instances, self.proof_bytes = self.payload[8:start], self.payload[start:]
        self.n_points = sum(circuit.draft.parts[3:])

    def statement(self, n_commitments: int = 0) -> bytes:
        commitments = keccak(self.proof_bytes[: 64 * n_commitments])
        return keccak(b"MAI statement v1" + keccak(self.blob) + keccak(self.instances) + commitments)

    def receipt(self, context: bytes = CONTEXT, n_commitments: int = 0) -> tuple[Pubkey, int]:
        return receipt_address(context, self.claimer.pubkey(), self.statement(n_commitments))

    def verify(self, context: bytes = CONTEXT, n_commitments: int = 0) -> Instruction:
        address, bump = self.receipt(context, n_commitments)
        return ix_verify(self.claimer.pubkey(), self.key, self.proof, address, context, bump)

    def send(self, instruction: Instruction, *signers: Keypair) -> str | None:
        return self.chain.send(instruction, signers=[self.claimer, *signers]).refused

    def verified(self) -> dict[str, object]:
        assert self.send(self.verify()) is None
        return self.chain.receipt(self.receipt()[0])

    def claim(self, **changes: bytes) -> Instruction:
        stored = self.chain.receipt(self.receipt()[0])
        expected = [changes.get(name, stored[name]) for name in FIELDS]
        return ix_claim(self.claimer.pubkey(), self.receipt()[0], *expected)  # type: ignore[arg-type]


@pytest.fixture
def case(chain: Chain, linear4: Circuit) -> Case:
    return Case(chain, linear4)


def with_account(instruction: Instruction, index: int, meta: AccountMeta) -> Instruction:
    accounts = list(instruction.accounts)
    accounts[index] = meta
    return Instruction(PROGRAM, instruction.data, accounts)


# -- verify


def test_the_receipt_says_what_was_proved(case: Case, linear4: Circuit) -> None:
    receipt = case.verified()
    half = 4 * 32
    assert receipt == {
        "discriminator": receipt["discriminator"],
        "context": CONTEXT,
        "claimer": bytes(case.claimer.pubkey()),
        "statement": case.statement(),
        "key_hash": keccak(linear4.blob),
        "srs": keccak(linear4.key.neg_s_g2),
        "instances": keccak(case.instances),
        "commitments": keccak(b""),
        "input": keccak(case.instances[:half]),
        "params": keccak(b""),
        "output": keccak(case.instances[half:]),
        "slot": case.chain.svm.get_clock().slot,
        "consumed": 0,
        "bump": case.receipt()[1],
    }
    account = case.chain.svm.get_account(case.receipt()[0])
    assert account is not None
    assert account.lamports == case.chain.svm.minimum_balance_for_rent_exemption(RECEIPT.size)


def test_the_receipt_agrees_with_the_client(case: Case, linear4: Circuit) -> None:
    receipt = case.verified()
    expected = linear4.key.statement(linear4.instances, linear4.proof)
    assert {name: receipt[name] for name in vars(expected)} == vars(expected)


@pytest.mark.parametrize(
    "parts", [(2, 1, 5, 1, 2, 0), (8, 0, 0, 0, 3, 0), (0, 0, 8, 1, 1, 1), (0, 8, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0)]
)
def test_parts_of_instances_and_commitments(chain: Chain, linear4: Circuit, parts: tuple[int, ...]) -> None:
    blob = linear4.draft.but(parts=parts).blob()
    case = Case(chain, linear4, blob, linear4.pieces.but(blob=blob).settled().body())
    n_commitments = sum(parts[3:])
    assert case.send(case.verify(n_commitments=n_commitments)) is None
    receipt = chain.receipt(case.receipt(n_commitments=n_commitments)[0])
    instance, point = 0, 0
    for name, n_instances, n_points in zip(("input", "params", "output"), parts[:3], parts[3:], strict=True):
        piece = case.instances[32 * instance : 32 * (instance + n_instances)]
        piece += case.proof_bytes[64 * point : 64 * (point + n_points)]
        assert receipt[name] == keccak(piece)
        instance, point = instance + n_instances, point + n_points
    assert receipt["commitments"] == keccak(case.proof_bytes[: 64 * n_commitments])
    assert receipt["instances"] == keccak(case.instances)


def test_one_receipt_per_statement_and_context(case: Case) -> None:
    case.verified()
    assert case.send(case.verify()) == "ReceiptExists"
    assert case.send(case.verify(bytes(32))) is None


def test_other_hints_are_the_same_statement(chain: Chain, linear4: Circuit) -> None:
    case = Case(chain, linear4)
    case.verified()
    shifted = [hint + R if hint + R < 2**256 else hint for hint in linear4.hints]
    case.proof = chain.put_proof(linear4.with_hints(shifted), case.claimer.pubkey())
    assert case.send(case.verify()) == "ReceiptExists"


def test_another_bump_is_no_second_receipt(case: Case) -> None:
    seeds = [b"receipt", CONTEXT, bytes(case.claimer.pubkey()), case.statement()]
    right, bump = case.receipt()
    other, lower = lower_bump(seeds, bump)
    claimer = case.claimer.pubkey()
    assert case.send(ix_verify(claimer, case.key, case.proof, other, CONTEXT, lower)) == "WrongAddress"
    assert case.send(ix_verify(claimer, case.key, case.proof, right, CONTEXT, lower)) == "BumpNotCanonical"
    case.verified()


def test_lamports_at_the_receipts_address_do_not_block_it(case: Case) -> None:
    case.chain.put(case.receipt()[0], b"", SYSTEM_PROGRAM, 5)
    case.verified()


def test_a_false_proof_leaves_nothing(case: Case, linear4: Circuit) -> None:
    wrong = [(linear4.instances[0] + 1) % R, *linear4.instances[1:]]
    case.payload = linear4.with_new_hints(wrong)
    case.instances = case.payload[8 : 8 + len(case.instances)]
    case.proof = case.chain.put_proof(case.payload, case.claimer.pubkey())
    assert case.send(case.verify()) == "ProofInvalid"
    assert case.chain.data(case.receipt()[0]) == b""


def test_only_the_owner_of_the_proof_account(case: Case, linear4: Circuit) -> None:
    """A copied proof needs a proof account of its own, and its receipt is another claimer's."""
    thief = case.chain.funded()
    address, bump = receipt_address(CONTEXT, thief.pubkey(), case.statement())
    stolen = ix_verify(thief.pubkey(), case.key, case.proof, address, CONTEXT, bump)
    assert case.send(stolen, thief) == "WrongAuthority"
    for_victim = ix_verify(thief.pubkey(), case.key, case.proof, *case.receipt()[:1], CONTEXT, case.receipt()[1])
    assert case.send(for_victim, thief) == "WrongAuthority"
    case.verified()


def test_accounts_of_verify(case: Case, linear4: Circuit) -> None:
    good = case.verify()
    fake = case.chain.put(unused(), b"", SYSTEM_PROGRAM)
    me = case.claimer.pubkey()
    cases = {
        "WrongSystemProgram": with_account(good, 4, AccountMeta(fake, False, False)),
        "WrongAddress": with_account(good, 3, AccountMeta(unused(), False, True)),
        "MissingSigner": with_account(good, 0, AccountMeta(me, False, True)),
        "DuplicateAccount": with_account(good, 3, AccountMeta(case.proof, False, True)),
        "AccountCount": Instruction(PROGRAM, good.data, good.accounts[:4]),
    }
    for name, changed in cases.items():
        assert case.send(changed) == name
    assert case.send(with_account(good, 0, AccountMeta(me, True, False))) == "NotWritable"
    assert case.send(with_account(good, 3, AccountMeta(case.receipt()[0], False, False))) == "NotWritable"
    for data in (good.data[:-1], good.data + b"\0", good.data[:-1] + b"\2"):
        assert case.send(Instruction(PROGRAM, data, good.accounts)) == "BadArguments"
    extra = [*good.accounts, AccountMeta(fake, False, True)]
    assert case.send(Instruction(PROGRAM, good.data, extra)) == "ReceiptCount"
    assert case.send(good) is None


def test_the_key_must_be_sealed(case: Case, linear4: Circuit) -> None:
    authority = case.chain.payer.pubkey()
    address, bump = key_address(authority, keccak(linear4.blob))
    sealed = case.chain.data(address)
    case.chain.put(address, key_header(authority, keccak(linear4.blob), len(linear4.blob), bump) + linear4.blob)
    assert case.send(case.verify()) == "KeyNotSealed"
    case.chain.put(address, sealed)
    case.verified()


# -- claim


def test_claim_once(case: Case) -> None:
    before = case.verified()
    assert case.send(case.claim()) is None
    assert case.chain.receipt(case.receipt()[0]) == {**before, "consumed": 1}
    assert case.send(case.claim()) == "ReceiptConsumed"
    assert case.send(case.verify()) == "ReceiptExists"
    assert case.send(ix_close(case.claimer.pubkey(), case.receipt()[0])) == "ReceiptConsumed"


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("context", "ContextMismatch"),
        ("key_hash", "KeyMismatch"),
        ("srs", "SrsMismatch"),
        ("input", "InputMismatch"),
        ("params", "ParamsMismatch"),
        ("output", "OutputMismatch"),
    ],
)
def test_every_field_is_compared(case: Case, name: str, refused: str) -> None:
    stored = case.verified()[name]
    assert isinstance(stored, bytes)
    for byte in (0, 7, 8, 31):
        changed = bytearray(stored)
        changed[byte] ^= 0x80
        assert case.send(case.claim(**{name: bytes(changed)})) == refused
    assert case.send(case.claim()) is None


def test_accounts_of_claim(case: Case) -> None:
    case.verified()
    thief = case.chain.funded()
    good = case.claim()
    receipt = case.receipt()[0]
    assert case.send(with_account(good, 0, AccountMeta(thief.pubkey(), True, False)), thief) == "ClaimerMismatch"
    assert case.send(with_account(good, 0, AccountMeta(case.claimer.pubkey(), False, False))) == "MissingSigner"
    assert case.send(with_account(good, 1, AccountMeta(receipt, False, False))) == "NotWritable"
    assert case.send(with_account(good, 1, AccountMeta(case.claimer.pubkey(), True, True))) == "DuplicateAccount"
    assert case.send(Instruction(PROGRAM, good.data, good.accounts[:1])) == "AccountCount"
    for data in (good.data[:-1], good.data + b"\0"):
        assert case.send(Instruction(PROGRAM, data, good.accounts)) == "BadArguments"
    assert case.send(good) is None


def test_a_forged_receipt_of_another_program(case: Case) -> None:
    case.verified()
    genuine = case.chain.data(case.receipt()[0])
    forged = case.chain.put(unused(), genuine, owner=unused())
    assert case.send(with_account(case.claim(), 1, AccountMeta(forged, False, True))) == "WrongOwner"
    assert case.send(case.claim()) is None


def test_an_unclaimed_receipt_can_be_closed_and_made_again(case: Case) -> None:
    case.verified()
    assert case.send(ix_close(case.claimer.pubkey(), case.receipt()[0])) is None
    assert case.chain.data(case.receipt()[0]) == b""
    case.verified()
    assert case.send(case.claim()) is None
