"""Shards on chain: one sealed key takes proofs of any weights; `claim` refuses every commitment but the right one."""

from __future__ import annotations

import pytest
from mai_zk import circuits
from mai_zk.circuits import part_digest
from mai_zk.curve import Point, negate
from mai_zk.shards import weights_point
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from verifier.chain import Chain, ix_claim, ix_verify, receipt_address
from zk.shard_proofs import WHOLE, Shown, integers, prove, srs, weights

CONTEXT = bytes(range(32))
X = integers(1)


@pytest.fixture(scope="module")
def shown() -> tuple[Shown, Shown]:
    """Two shards of one layer on one input: same shape, other weights."""
    return prove(WHOLE, weights(1), X), prove(WHOLE, weights(2), X)


class Receipt:
    """A verified shard under the checked-in key."""

    def __init__(self, chain: Chain, key: Pubkey, shown: Shown) -> None:
        self.program = circuits.load("shard16").key_program
        self.chain, self.claimer = chain, chain.funded()
        self.statement = self.program.statement((), shown.proof.proof)
        self.address, bump = receipt_address(CONTEXT, self.claimer.pubkey(), self.statement.statement)
        account = chain.put_proof(self.program.payload((), shown.proof.proof), self.claimer.pubkey())
        chain.run(ix_verify(self.claimer.pubkey(), key, account, self.address, CONTEXT, bump), self.claimer)

    def claim(self, points: dict[str, Point], by: Keypair | None = None) -> str | None:
        """Claim with the digests of whole points; the name of the refusal."""
        digests = [part_digest((), (points[name].to_bytes(),)) for name in ("input", "params", "output")]
        signer = by or self.claimer
        expected = [CONTEXT, self.program.hash, srs().id, *digests]
        return self.chain.send(ix_claim(signer.pubkey(), self.address, *expected), signers=[signer]).refused


def points_of(shown: Shown) -> dict[str, Point]:
    return {"input": shown.input, "params": shown.params, "output": shown.output}


def test_one_key_takes_both_weight_sets_and_tells_them_apart(chain: Chain, shown: tuple[Shown, Shown]) -> None:
    one, other = shown
    key = chain.sealed_key(circuits.load("shard16").key_program.blob)
    receipts = [Receipt(chain, key, item) for item in shown]
    honest = points_of(one)
    registered = weights_point(weights(1), srs())  # what a model's registry holds: no proof is needed for it
    for changed, refused in (
        ({"params": other.params}, "ParamsMismatch"),
        ({"params": negate(registered)}, "ParamsMismatch"),
        ({"output": other.output}, "OutputMismatch"),
        ({"output": negate(one.output)}, "OutputMismatch"),
        ({"input": negate(one.input)}, "InputMismatch"),
        ({"input": one.output, "output": one.input}, "InputMismatch"),
        ({"params": other.params, "output": other.output}, "ParamsMismatch"),
    ):
        assert receipts[0].claim(honest | changed) == refused
    assert receipts[1].claim(honest) == "ParamsMismatch"
    assert receipts[0].claim(honest | {"params": registered}) is None
    assert receipts[1].claim(points_of(other)) is None


def test_a_proof_with_a_point_exchanged_is_refused(chain: Chain, shown: tuple[Shown, Shown]) -> None:
    """The commitments are the proof's own points: other weights, a negated or a swapped point are no proof."""
    program, proof = circuits.load("shard16").key_program, shown[0].proof.proof
    key, payer = chain.sealed_key(program.blob), chain.payer.pubkey()

    def verify(data: bytes) -> str | None:
        account = chain.put_proof(program.payload((), data), payer)
        address, bump = receipt_address(CONTEXT, payer, program.statement((), data).statement)
        return chain.send(ix_verify(payer, key, account, address, CONTEXT, bump)).refused

    first, second, third, rest = proof[:64], proof[64:128], proof[128:192], proof[192:]
    for changed in (
        first + shown[1].params.to_bytes() + third + rest,
        first + negate(shown[0].params).to_bytes() + third + rest,
        third + second + first + rest,
        first + second + negate(shown[0].output).to_bytes() + rest,
    ):
        assert verify(changed) == "ProofInvalid"
    assert verify(proof) is None
