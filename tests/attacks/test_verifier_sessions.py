"""Races inside one transaction: close, create, extend, write, seal, verify and claim in every damaging order (5 s).

Each attack is one atomic transaction; a control shows that its harmless part passes.
"""

from __future__ import annotations

import pytest
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from verifier.chain import (
    KEY_HEADER,
    PROGRAM,
    PROOF_HEADER,
    Chain,
    Outcome,
    ix_check,
    ix_claim,
    ix_close,
    ix_create_key,
    ix_create_proof,
    ix_extend,
    ix_seal_key,
    ix_verify,
    ix_write,
    keccak,
    key_address,
    key_header,
    proof_address,
    proof_header,
    receipt_address,
    unused,
)
from verifier.circuit import Circuit
from verifier.keys import R, small
from verifier.payloads import split

CONTEXT, OTHER = b"\1" * 32, b"\2" * 32
FIELDS = ("context", "key_hash", "srs", "input", "params", "output")


class World:
    """A sealed key, a proof account of the payer, and the receipt's address for a context."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.circuit = Circuit("linear4")
        self.me = self.chain.payer.pubkey()
        self.key = self.chain.sealed_key(self.circuit.blob)
        self.proof = self.chain.put_proof(self.circuit.payload, nonce=1)
        key = self.circuit.key
        self.statement = key.statement(self.circuit.instances, self.circuit.proof)

    def send(self, *instructions: Instruction, signers: tuple[Keypair, ...] = ()) -> Outcome:
        return self.chain.send(*instructions, signers=signers)

    def refused(self, *instructions: Instruction) -> str | None:
        return self.send(*instructions).refused

    def receipt(self, context: bytes = CONTEXT, claimer: Pubkey | None = None) -> tuple[Pubkey, int]:
        return receipt_address(context, claimer or self.me, self.statement.statement)

    def verify(self, context: bytes = CONTEXT, proof: Pubkey | None = None) -> Instruction:
        address, bump = self.receipt(context)
        return ix_verify(self.me, self.key, proof or self.proof, address, context, bump)

    def claim(self, context: bytes = CONTEXT) -> Instruction:
        key, s = self.circuit.key, self.statement
        return ix_claim(self.me, self.receipt(context)[0], context, key.hash, key.srs, s.input, s.params, s.output)

    def close(self, account: Pubkey) -> Instruction:
        return ix_close(self.me, account)

    def false_payload(self) -> bytes:
        instances = self.circuit.instances
        return self.circuit.with_new_hints([(instances[0] + 1) % R, *instances[1:]])


@pytest.fixture
def world() -> World:
    return World()


# -- receipts: never two claims of one


def test_claims_in_one_transaction(world: World) -> None:
    receipt = world.receipt()[0]
    verify, claim, close = world.verify(), world.claim(), world.close(receipt)
    assert world.refused(verify, claim, claim) == "ReceiptConsumed"
    assert world.refused(verify, claim, close) == "ReceiptConsumed"
    assert world.refused(verify, claim, verify) == "ReceiptExists"
    assert world.refused(verify, verify) == "ReceiptExists"
    assert world.refused(verify, close, claim) == "WrongOwner"
    assert world.refused(verify, close, close) == "WrongOwner"
    assert world.refused(claim, verify) == "WrongOwner"
    assert world.chain.data(receipt) == b""  # every refusal took the whole transaction back
    assert world.refused(verify, close, verify, claim) is None
    assert world.chain.receipt(receipt)["consumed"] == 1
    for again in (verify, claim, close):
        assert world.refused(again) in ("ReceiptExists", "ReceiptConsumed")


def test_a_revived_receipt_is_not_an_old_one(world: World) -> None:
    """Close, then send lamports to the empty address: what stands there is no receipt, and verifying anew is one."""
    receipt = world.receipt()[0]
    revive = transfer(TransferParams(from_pubkey=world.me, to_pubkey=receipt, lamports=10**9))
    assert world.refused(world.verify(), world.close(receipt), revive, world.claim()) == "WrongOwner"
    assert world.refused(world.verify(), world.close(receipt), revive, world.verify(), world.claim()) is None
    assert world.refused(world.claim()) == "ReceiptConsumed"
    assert world.chain.balance(receipt) >= 10**9


def test_closing_makes_no_lamports(world: World) -> None:
    receipt = world.receipt()[0]
    before = world.chain.balance(world.me)
    outcome = world.send(world.verify(), world.close(receipt), world.verify(), world.close(receipt))
    assert outcome.refused is None
    assert world.chain.balance(world.me) == before - 5000  # one signature's fee


def test_a_receipt_under_another_context_is_another_receipt(world: World) -> None:
    """The claim of one context does not take the other's receipt, even with the same statement."""
    assert world.refused(world.verify(), world.verify(OTHER)) is None
    swapped = Instruction(
        PROGRAM,
        world.claim().data,
        [AccountMeta(world.me, True, False), AccountMeta(world.receipt(OTHER)[0], False, True)],
    )
    assert world.refused(swapped) == "ContextMismatch"
    wrong_place = world.verify()
    accounts = list(wrong_place.accounts)
    accounts[3] = AccountMeta(world.receipt(OTHER)[0], False, True)
    assert world.refused(Instruction(PROGRAM, wrong_place.data, accounts)) == "WrongAddress"
    assert world.refused(world.claim(), world.claim(OTHER)) is None


def test_a_thief_cannot_close_claim_or_verify_for_another(world: World) -> None:
    thief = world.chain.funded()
    world.chain.run(world.verify())
    receipt = world.receipt()[0]
    steal = ix_close(thief.pubkey(), receipt)
    assert world.send(steal, signers=(thief,)).refused == "WrongAuthority"
    accounts = [AccountMeta(thief.pubkey(), True, False), AccountMeta(receipt, False, True)]
    assert world.send(Instruction(PROGRAM, world.claim().data, accounts), signers=(thief,)).refused == "ClaimerMismatch"
    # Two signers in one transaction: the claimer signs, but is not named as the claimer.
    memo = transfer(TransferParams(from_pubkey=world.me, to_pubkey=thief.pubkey(), lamports=1))
    both = world.send(memo, Instruction(PROGRAM, world.claim().data, accounts), signers=(thief,))
    assert both.refused == "ClaimerMismatch"
    assert world.refused(world.claim()) is None


# -- proofs


def test_a_proof_rewritten_between_two_verifications(world: World) -> None:
    """The second receipt is judged by the bytes of that moment."""
    offset = 8 + 31
    spoil = ix_write(world.me, world.proof, offset, bytes([world.circuit.payload[offset] ^ 1]))
    restore = ix_write(world.me, world.proof, offset, world.circuit.payload[offset : offset + 1])
    spoilt = world.refused(world.verify(), spoil, world.verify(OTHER))
    assert spoilt == "ModulusWrong"  # another instance is another seed
    assert world.refused(world.verify(), spoil, ix_check(world.key, world.proof)) == "ModulusWrong"
    w_prime = 8 + 32 * world.circuit.key.n_instances + world.circuit.key.proof_size - 64
    unbound = ix_write(world.me, world.proof, w_prime, (1).to_bytes(32, "big") + (2).to_bytes(32, "big"))
    assert world.refused(world.verify(), unbound, world.verify(OTHER)) == "ModulusWrong"
    assert world.chain.data(world.receipt()[0]) == b""
    assert world.refused(world.verify(), spoil, restore, world.verify(OTHER)) is None


def test_a_proof_account_made_again_in_one_transaction(world: World) -> None:
    size = len(world.circuit.payload)
    bump = proof_address(world.me, 1)[1]
    remake = [world.close(world.proof), ix_create_proof(world.me, world.proof, 1, size, bump)]
    counts = ix_write(world.me, world.proof, 0, world.circuit.payload[:8])
    for use in (world.verify(), ix_check(world.key, world.proof)):
        assert world.refused(*remake, use) == "BadPayloadCounts"
        assert world.refused(*remake, counts, use) == "PointIsIdentity"
    shorter = [remake[0], ix_create_proof(world.me, world.proof, 1, size - 32, bump), counts]
    assert world.refused(*shorter, ix_check(world.key, world.proof)) == "PayloadTooShort"
    longer = [remake[0], ix_create_proof(world.me, world.proof, 1, size + 32, bump), counts]
    assert world.refused(*longer, ix_check(world.key, world.proof)) == "PayloadTooLong"
    assert world.refused(*remake) is None
    assert world.chain.data(world.proof)[PROOF_HEADER.size :] == bytes(size)  # nothing of the old proof is left


@pytest.mark.parametrize("sizes", [(25_000, 5), (5, 25_000), (10_184, 10_185), (25_000, 25_000)])
def test_nothing_survives_a_close(world: World, sizes: tuple[int, int]) -> None:
    first, second = sizes
    address, bump = proof_address(world.me, 9)
    world.chain.run(ix_create_proof(world.me, address, 9, first, bump))
    while len(world.chain.data(address)) < PROOF_HEADER.size + first:
        world.chain.run(ix_extend(world.me, address))
    world.chain.run(ix_write(world.me, address, max(0, first - 900), b"\xff" * min(first, 900)))
    again = [world.close(address), ix_create_proof(world.me, address, 9, second, bump)]
    grow = [ix_extend(world.me, address)] * (-(-(PROOF_HEADER.size + second) // 10_240) - 1)
    assert world.refused(*again, *grow) is None
    assert world.chain.data(address) == proof_header(world.me, 9, second, bump) + bytes(second)
    assert world.refused(ix_extend(world.me, address)) == "AccountComplete"


def test_an_incomplete_proof_is_never_read(world: World) -> None:
    """All bytes of an honest payload, but the account says one more."""
    address, bump = proof_address(world.me, 3)
    header = proof_header(world.me, 3, len(world.circuit.payload) + 1, bump)
    world.chain.put(address, header + world.circuit.payload)
    assert world.refused(world.verify(proof=address)) == "AccountIncomplete"
    assert world.refused(ix_extend(world.me, address), world.verify(proof=address)) == "PayloadTooLong"
    assert world.refused(world.verify()) is None


# -- keys


def unsealed(world: World, blob: bytes, extra: int = 0) -> Pubkey:
    digest = keccak(blob)
    address, bump = key_address(world.me, digest)
    return world.chain.put(address, key_header(world.me, digest, len(blob) + extra, bump) + blob)


def test_a_key_rewritten_around_its_sealing(world: World) -> None:
    blob = small(world.circuit.draft.srs).blob()
    address = unsealed(world, blob)
    seal = ix_seal_key(world.me, address)
    spoil = ix_write(world.me, address, 200, bytes([blob[200] ^ 1]))
    restore = ix_write(world.me, address, 200, blob[200:201])
    assert world.refused(spoil, seal) == "HashMismatch"
    assert world.refused(seal, spoil) == "KeySealed"
    assert world.refused(seal, world.close(address)) == "KeySealed"
    assert world.refused(seal, ix_extend(world.me, address)) == "KeySealed"
    assert world.refused(seal, seal) == "KeySealed"
    assert world.chain.data(address)[108] == 0  # all were taken back
    assert world.refused(spoil, restore, seal) is None
    assert world.chain.data(address)[108] == 1
    assert world.chain.data(address)[KEY_HEADER.size :] == blob


def test_a_sealed_key_cannot_be_made_again(world: World) -> None:
    digest, bump = keccak(world.circuit.blob), key_address(world.me, keccak(world.circuit.blob))[1]
    create = ix_create_key(world.me, world.key, digest, 1, bump)
    assert world.refused(create) == "AccountExists"
    assert world.refused(world.close(world.key), create) == "KeySealed"
    gift = transfer(TransferParams(from_pubkey=world.me, to_pubkey=world.key, lamports=1))
    assert world.refused(gift, create) == "AccountExists"
    assert world.refused(ix_check(world.key, world.proof)) is None


def test_an_unsealed_key_made_again_is_empty(world: World) -> None:
    """Close and create with the same hash: the old, right bytes must not be sealable under the new account."""
    blob = small(world.circuit.draft.srs).blob()
    address = unsealed(world, blob)
    bump = key_address(world.me, keccak(blob))[1]
    for size in (len(blob), len(blob) - 1, len(blob) + 8, 1):
        again = [world.close(address), ix_create_key(world.me, address, keccak(blob), size, bump)]
        assert world.refused(*again, ix_seal_key(world.me, address)) == "HashMismatch"
    assert world.refused(ix_seal_key(world.me, address)) is None


def test_a_key_of_another_size_than_its_bytes(world: World) -> None:
    blob = small(world.circuit.draft.srs).blob()
    address = unsealed(world, blob, extra=1)
    assert world.refused(ix_seal_key(world.me, address)) == "AccountIncomplete"
    assert world.refused(ix_extend(world.me, address), ix_seal_key(world.me, address)) == "HashMismatch"


def test_a_key_is_of_no_use_before_sealing_even_in_its_own_transaction(world: World) -> None:
    address = unsealed(world, small(world.circuit.draft.srs).blob())
    use = ix_check(address, world.proof)
    assert world.refused(use, ix_seal_key(world.me, address)) == "KeyNotSealed"
    assert world.refused(ix_seal_key(world.me, address), use) == "PayloadTooLong"  # sealed, and merely another circuit


def test_a_strangers_copy_of_a_key_seals_to_the_same_hash(world: World) -> None:
    """Nobody can squat a hash: another authority's account with the same bytes issues the same receipt, once."""
    stranger = world.chain.funded()
    digest = keccak(world.circuit.blob)
    address, bump = key_address(stranger.pubkey(), digest)
    blob = world.circuit.blob
    world.chain.put(address, key_header(stranger.pubkey(), digest, len(blob), bump) + blob)
    assert world.send(ix_seal_key(stranger.pubkey(), address), signers=(stranger,)).refused is None
    place, place_bump = world.receipt()
    other_key = ix_verify(world.me, address, world.proof, place, CONTEXT, place_bump)
    assert world.refused(other_key, world.verify()) == "ReceiptExists"
    assert world.refused(other_key, world.claim()) is None


def test_receipts_address_taken_by_lamports_in_the_same_transaction(world: World) -> None:
    receipt = world.receipt()[0]
    for lamports in (10**7, 10**9):
        gift = transfer(TransferParams(from_pubkey=world.me, to_pubkey=receipt, lamports=lamports))
        assert world.refused(gift, world.verify(), world.close(receipt)) is None
    assert world.refused(world.verify()) is None


def test_accounts_of_other_kinds_in_every_place(world: World) -> None:
    """The program itself, the system program and the claimer, where a key, a proof or a receipt belongs."""
    good = world.verify()
    for index in (1, 2):
        for odd in (PROGRAM, world.receipt(OTHER)[0], unused()):
            accounts = list(good.accounts)
            accounts[index] = AccountMeta(odd, False, False)
            assert world.refused(Instruction(PROGRAM, good.data, accounts)) == "WrongOwner"
        accounts[index] = good.accounts[4]
        assert world.refused(Instruction(PROGRAM, good.data, accounts)) == "DuplicateAccount"
    assert world.refused(good) is None


def test_a_false_statement_gets_no_receipt_at_any_place(world: World) -> None:
    """The pairing refuses, under the false statement's own address and under the honest one's."""
    payload = world.false_payload()
    false = world.chain.put_proof(payload, nonce=77)
    instances = split(world.circuit.blob, payload).proofs[0].instances
    statement = world.circuit.key.statement(instances, world.circuit.proof).statement
    address, bump = receipt_address(CONTEXT, world.me, statement)
    assert world.refused(ix_verify(world.me, world.key, false, address, CONTEXT, bump)) == "ProofInvalid"
    assert world.refused(world.verify(proof=false)) == "ProofInvalid"
    honest = ix_verify(world.me, world.key, world.proof, address, CONTEXT, bump)
    assert world.refused(honest) == "WrongAddress"
    assert world.refused(world.verify()) is None
