"""Rule 3 of the attacker's notebook: every change between every pair of stages of a session is refused by name.

The key exchanged, the payload rewritten, closed and made again with other bytes; and what is undone goes on.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from solders.pubkey import Pubkey
from verifier.chain import (
    CHUNK,
    STAGES,
    Chain,
    Session,
    ix_close,
    ix_create_proof,
    ix_seal_key,
    ix_write,
    keccak,
    key_address,
    key_header,
    proof_address,
    receipt_address,
)
from verifier.circuit import Circuit
from verifier.keys import R

CONTEXT = b"\7" * 32


class World:
    """A session on an uploaded payload, and an otherwise false payload of the same length."""

    def __init__(self) -> None:
        self.chain, self.circuit = Chain(), Circuit("linear4")
        self.me = self.chain.payer.pubkey()
        self.key = self.chain.sealed_key(self.circuit.blob)
        self.payload = self.circuit.payload
        self.proof = self.chain.put_proof(self.payload, nonce=1)
        self.session = self.chain.session(self.key, self.proof)
        statement = self.circuit.key.statement(self.circuit.instances, self.circuit.proof).statement
        self.receipt = receipt_address(CONTEXT, self.me, statement)

    def write(self, payload: bytes) -> None:
        for offset in range(0, len(payload), CHUNK):
            self.chain.run(ix_write(self.me, self.proof, offset, payload[offset : offset + CHUNK]))

    def flip(self, offset: int) -> None:
        """Flip a bit of the payload in place."""
        offset %= len(self.payload)
        byte = self.chain.data(self.proof)[56 + offset] ^ 1
        self.chain.run(ix_write(self.me, self.proof, offset, bytes([byte])))

    def make_again(self, payload: bytes) -> None:
        """The payload closed and made again at the same address."""
        bump = proof_address(self.me, 1)[1]
        self.chain.run(ix_close(self.me, self.proof))
        self.chain.run(ix_create_proof(self.me, self.proof, 1, len(payload), bump))
        self.write(payload)

    def refused(self, session: Session | None = None) -> str | None:
        """The answer to the next step, or to the receipt where all steps are done; nothing has changed."""
        session = session or self.session
        before = self.chain.data(session.address)
        if self.session.stage == "verified":
            found = self.chain.send(session.verify(CONTEXT, self.receipt)).refused
        else:
            found = session.advance()
        if found is not None:
            assert self.chain.data(session.address) == before
        return found


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("stage", STAGES)
def test_another_key_of_the_same_shape(world: World, stage: str) -> None:
    """Another digest, constant, circuit's digest, or only other parts."""
    draft = world.circuit.draft
    others = [
        draft.but(digest=bytes([draft.digest[0] ^ 1]) + draft.digest[1:]),
        draft.but(circuit=bytes([draft.circuit[0] ^ 1]) + draft.circuit[1:]),
        draft.but(constants=[draft.constants[0] - 1, *draft.constants[1:]]),
        draft.but(parts=(0,) * 6),
    ]
    assert world.session.advance_to(stage) is None
    for other in others:
        key = world.chain.sealed_key(other.blob())
        assert world.refused(world.session.with_(key=key)) == "SessionKeyMismatch"
    assert world.refused() is None


@pytest.mark.parametrize("stage", STAGES)
def test_an_unsealed_copy_of_the_key(world: World, stage: str) -> None:
    stranger = world.chain.funded()
    blob, digest = world.circuit.blob, keccak(world.circuit.blob)
    address, bump = key_address(stranger.pubkey(), digest)
    world.chain.put(address, key_header(stranger.pubkey(), digest, len(blob), bump) + blob)
    assert world.session.advance_to(stage) is None
    assert world.refused(world.session.with_(key=address)) == "KeyNotSealed"
    world.chain.run(ix_seal_key(stranger.pubkey(), address), stranger)
    assert world.refused(world.session.with_(key=address)) is None  # the same bytes are the same key


@pytest.mark.parametrize("stage", STAGES)
def test_a_payload_byte_flipped(world: World, stage: str) -> None:
    """In every part: instances, points, evaluations, W, W', hints, scalars, quotient, divisors, counts' zeros."""
    assert world.session.advance_to(stage) is None
    key, start = world.circuit.key, 8 + 32 * world.circuit.key.n_instances
    scalars = start + key.proof_size + 32 * key.n_hints
    quotient = scalars + 32 * key.n_scalars
    places = [8, start, start + 64 * key.n_phase_points, start + key.proof_size - 128, start + key.proof_size - 64]
    places += [start + key.proof_size, scalars, quotient, quotient + 8 * key.quotient_words, -1]
    for offset in places:
        world.flip(offset)
        assert world.refused() == "SessionPayloadMismatch", offset
        world.flip(offset)
    assert world.refused() is None


@pytest.mark.parametrize("stage", STAGES)
def test_a_payload_made_again(world: World, stage: str) -> None:
    """Closed and made again at the same address: zeros, a false statement, more bytes; then as it was."""
    false = world.circuit.with_new_hints([(world.circuit.instances[0] + 1) % R, *world.circuit.instances[1:]])
    assert world.session.advance_to(stage) is None
    world.chain.run(ix_close(world.me, world.proof))
    assert world.refused() == "WrongOwner"
    bump = proof_address(world.me, 1)[1]
    world.chain.run(ix_create_proof(world.me, world.proof, 1, len(world.payload), bump))
    others = {
        "BadPayloadCounts": bytes(len(world.payload)),
        "SessionPayloadMismatch": false,
        "PayloadTooLong": world.payload + b"\0",
        "PayloadTooShort": world.payload[:-1],
    }
    for name, payload in others.items():
        world.make_again(payload)
        # Receipts are counted, and the payload split for that, before the session is asked.
        assert world.refused() == (name if stage == "verified" else "SessionPayloadMismatch")
    world.make_again(world.payload)
    assert world.refused() is None


@pytest.mark.parametrize("stage", STAGES)
def test_another_proof_account(world: World, stage: str) -> None:
    """Another honest proof's, another claimer's, an incomplete one."""
    others = [world.circuit.key.batch([proof]) for proof in world.circuit.proofs[1:]]
    assert world.session.advance_to(stage) is None
    for payload in others:
        other = world.chain.put_proof(payload, nonce=2)
        assert world.refused(world.session.with_(proof=other)) == "SessionPayloadMismatch"
    batch = world.session.with_(proof=world.chain.put_proof(world.circuit.batch, nonce=2))
    assert world.refused(batch) == ("ReceiptCount" if stage == "verified" else "SessionPayloadMismatch")
    cut = world.chain.put_proof(world.payload, nonce=2)
    world.chain.put(cut, world.chain.data(cut)[:-1])
    assert world.refused(world.session.with_(proof=cut)) == "AccountIncomplete"
    copy = world.chain.put_proof(world.payload, nonce=3)
    assert world.refused(world.session.with_(proof=copy)) is None  # the same bytes are the same payload


def everywhere(pairs: Callable[[str, str], None]) -> None:
    for start in STAGES:
        for end in STAGES[STAGES.index(start) + 1 :]:
            pairs(start, end)


def test_a_session_of_a_false_payload_does_not_heal() -> None:
    """Every pair of stages: the true payload up to one, a false one from there on; and the other way round."""
    world = World()
    circuit = world.circuit
    false = circuit.with_new_hints([(circuit.instances[0] + 1) % R, *circuit.instances[1:]])

    def pair(start: str, end: str) -> None:
        for first, second, last in ((world.payload, false, None), (false, world.payload, "ProofInvalid")):
            world.make_again(first)
            nonce = next(world.chain.nonces) + 100
            session = world.chain.session(world.key, world.proof, nonce)
            if session.advance_to(start) is not None:
                continue  # a false payload gets no further than the pairing
            world.make_again(second)
            assert session.advance() == "SessionPayloadMismatch" or start == "verified"
            world.make_again(first)
            assert session.advance_to(end) == (last if end == "verified" else None)

    everywhere(pair)


def test_two_sessions_do_not_lend_each_other_stages(world: World) -> None:
    """A finished session of one payload proves nothing for another payload or key."""
    other_payload = world.circuit.key.batch([world.circuit.proofs[1]])
    other = world.chain.put_proof(other_payload, nonce=2)
    second = world.chain.session(world.key, other, nonce=2)
    assert world.session.advance_to("verified") is None
    statement = world.circuit.key.statement(*world.circuit.proofs[1]).statement
    place: tuple[Pubkey, int] = receipt_address(CONTEXT, world.me, statement)
    mixed = world.session.with_(proof=other).verify(CONTEXT, place)
    assert world.chain.send(mixed).refused == "SessionPayloadMismatch"
    assert world.chain.send(second.verify(CONTEXT, place)).refused == "SessionIncomplete"
    assert second.advance_to("verified") is None
    assert world.chain.send(second.verify(CONTEXT, place)).refused is None
