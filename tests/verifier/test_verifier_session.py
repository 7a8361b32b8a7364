"""Sessions: a payload verified in slices, in order, to the same end as in one go."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.curve import GENERATOR, multiply
from verifier.chain import (
    PROGRAM,
    SESSION_HEADER,
    STAGES,
    Chain,
    Session,
    discriminator,
    ix_extend,
    keccak,
    receipt_address,
    session_address,
)
from verifier.circuit import Circuit
from verifier.keys import G1, R, small
from verifier.payloads import Payload, be, make
from verifier.sessions import CONTEXT, finished, opened, receipt_of

ALL = 2**32 - 1


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


# -- the whole way


def test_a_session_is_its_header_and_zeros(chain: Chain, linear4: Circuit) -> None:
    key, proof = chain.sealed_key(linear4.blob), chain.put_proof(linear4.payload)
    session = Session(chain, key, proof, 7, chain.payer)
    chain.run(session.create())
    address, bump = session_address(chain.payer.pubkey(), 7)
    size = 1224 + 24 * (linear4.draft.n_slots + linear4.draft.n_scalars)
    size = -(-size // 8) * 8 + 32 * (linear4.draft.n_challenges + 2)
    assert chain.data(address) == SESSION_HEADER.pack(
        *(discriminator("account", "Session"), bytes(chain.payer.pubkey()), keccak(linear4.blob)),
        *(keccak(linear4.payload), 7, 0, 0, size, 0, bump, b""),
    ) + bytes(size)
    account = chain.svm.get_account(address)
    assert account is not None
    assert account.owner == PROGRAM
    assert account.lamports == chain.svm.minimum_balance_for_rent_exemption(SESSION_HEADER.size + size)


def test_stages_in_order_one_transaction_each(chain: Chain, linear4: Circuit) -> None:
    session = opened(chain, linear4)
    seen = [session.stage]
    while session.stage != "verified":
        assert session.advance() is None
        seen.append(session.stage)
    assert tuple(seen) == STAGES


@settings(max_examples=25, derandomize=True, deadline=None)
@given(sizes=st.lists(st.sampled_from([1, 2, 3, 5, 17, 64, 200, 1000, ALL]), min_size=1, max_size=8))
def test_slices_of_any_size_end_as_check_does(shared: Chain, linear4: Circuit, sizes: list[int]) -> None:
    """Step sizes in turn, the smallest ones not for ever: verdict and memory are those of a session in one go."""
    false = linear4.with_new_hints([(linear4.instances[0] + 1) % R, *linear4.instances[1:]])
    for payload in (linear4.payload, false):
        whole, sliced = opened(shared, linear4, payload), opened(shared, linear4, payload)
        expected = shared.check(whole.key, payload).refused
        assert whole.advance_to("verified") == expected
        refused, turn = None, 0
        while sliced.stage != "verified" and refused is None:
            refused = sliced.advance(sizes[turn % len(sizes)] if turn < 40 else 500)
            turn += 1
        assert refused == expected
        ends = [shared.data(session.address) for session in (whole, sliced)]
        assert ends[0][SESSION_HEADER.size :] == ends[1][SESSION_HEADER.size :]
        assert sliced.stage == ("verified" if expected is None else "pairing")


def test_single_steps(chain: Chain) -> None:
    """One word, one term at a time: every place of the code and of the sum is a place to stop."""
    blob = small().blob()
    payload = small_payload()
    session = chain.session(chain.sealed_key(blob), chain.put_proof(payload.body()))
    positions = []
    while session.stage != "verified":
        positions.append((session.stage, session.header["position"]))
        assert session.advance(1) is None
    words = [0]
    for instruction in payload.draft.code[:-1]:
        words.append(words[-1] + len(instruction))
    assert positions == [
        ("transcripts", 0), ("moduli", 0), *(("code", word) for word in words), ("claims", 0),
        *(("curve", term) for term in range(4)), ("pairing", 4),
    ]  # fmt: skip


def small_payload(w_prime: int | None = None) -> Payload:
    """An honest payload of the small key, or one whose W' is another point."""
    blob = small().blob()
    if w_prime is None:
        scalars = make(blob, [([3], G1 + be(4) + G1 + G1)]).scalars
        w_prime = scalars[0] + 1 + scalars[1]
    return make(blob, [([3], G1 + be(4) + G1 + multiply(GENERATOR, w_prime).to_bytes())])


def test_a_batch_in_a_session(chain: Chain, linear4: Circuit) -> None:
    session = opened(chain, linear4, linear4.batch)
    proofs = []
    while session.stage != "verified":
        assert session.advance(300) is None
        proofs.append(session.header["proof"])
    assert sorted(set(proofs)) == [0, 1, 2, 3, 4]
    statements = [linear4.key.statement(*proof).statement for proof in linear4.proofs]
    receipts = [receipt_address(CONTEXT, session.owner.pubkey(), statement) for statement in statements]
    assert chain.send(session.verify(CONTEXT, *receipts[:3])).refused == "ReceiptCount"
    assert chain.send(session.verify(CONTEXT, *reversed(receipts))).refused == "WrongAddress"
    assert chain.send(session.verify(CONTEXT, *receipts)).refused is None
    assert [chain.receipt(address)["statement"] for address, _ in receipts] == statements


def test_a_key_of_all_slots_needs_no_heap(chain: Chain) -> None:
    """8,192 slots do not fit the default heap; a session's account holds them, grown step by step."""
    draft = small().but(n_slots=8192)
    payload = small_payload().but(blob=draft.blob()).hinted()
    session = Session(chain, chain.sealed_key(draft.blob()), chain.put_proof(payload.body()), 1, chain.payer)
    chain.run(session.create())
    assert len(chain.data(session.address)) == 10_240
    assert session.advance() == "AccountIncomplete"
    session.grow()
    assert len(chain.data(session.address)) == SESSION_HEADER.size + session.header["size"] > 190_000
    assert chain.send(ix_extend(chain.payer.pubkey(), session.address)).refused == "AccountComplete"
    assert session.advance_to("verified") is None


def test_the_receipt_is_that_of_verify(chain: Chain, linear4: Circuit) -> None:
    session = finished(opened(chain, linear4))
    receipt = receipt_of(session, linear4)
    before = chain.data(session.address)
    chain.run(session.verify(CONTEXT, receipt))
    assert chain.data(session.address) == before
    found = chain.receipt(receipt[0])
    expected = linear4.key.statement(linear4.instances, linear4.proof)
    assert {name: found[name] for name in vars(expected)} == vars(expected)
    assert (found["context"], found["claimer"], found["key_hash"], found["srs"], found["consumed"]) == (
        CONTEXT, bytes(chain.payer.pubkey()), linear4.key.hash, linear4.key.srs, 0,
    )  # fmt: skip


# -- order


def test_no_receipt_before_the_end(chain: Chain, linear4: Circuit) -> None:
    session = opened(chain, linear4)
    verify = session.verify(CONTEXT, receipt_of(session, linear4))
    while session.stage != "verified":
        assert chain.send(verify).refused == "SessionIncomplete", session.stage
        assert session.advance(2000) is None
    chain.run(verify)


def test_nothing_after_the_end(chain: Chain, linear4: Circuit) -> None:
    session = finished(opened(chain, linear4))
    before = chain.data(session.address)
    for steps in (1, ALL):
        assert session.advance(steps) == "SessionComplete"
    assert chain.data(session.address) == before


def test_no_steps(chain: Chain, linear4: Circuit) -> None:
    session = opened(chain, linear4)
    for stage in STAGES[:-1]:
        assert session.advance_to(stage) is None
        before = chain.data(session.address)
        assert session.advance(0) == "NoSteps"
        assert chain.data(session.address) == before
    assert session.advance() is None


def test_a_session_proves_each_context_once(chain: Chain, linear4: Circuit) -> None:
    session = finished(opened(chain, linear4))
    chain.run(session.verify(CONTEXT, receipt_of(session, linear4)))
    assert chain.send(session.verify(CONTEXT, receipt_of(session, linear4))).refused == "ReceiptExists"
    other = bytes(32)
    assert chain.send(session.verify(other, receipt_of(session, linear4))).refused == "WrongAddress"
    assert chain.send(session.verify(other, receipt_of(session, linear4, other))).refused is None


# -- what is false ends at its stage


@pytest.mark.parametrize("steps", [ALL, 100])
def test_false_payloads_end_where_they_are_false(chain: Chain, linear4: Circuit, steps: int) -> None:
    instances = [(linear4.instances[0] + 1) % R, *linear4.instances[1:]]
    proof, first = linear4.proof, linear4.evaluation_offsets[0]
    off_curve = proof[:-1] + bytes([proof[-1] ^ 1])
    pieces = linear4.pieces
    cases = {
        ("transcripts", "InstanceNotCanonical"): linear4.stale([R, *instances[1:]]).body(),
        ("transcripts", "EvaluationNotCanonical"): linear4.stale(
            proof=proof[:first] + be(R) + proof[first + 32 :]
        ).body(),
        ("transcripts", "PointNotCanonical"): linear4.stale(proof=proof[:-32] + b"\xff" * 32).body(),
        ("transcripts", "PointIsIdentity"): linear4.stale(proof=proof[:-64] + bytes(64)).body(),
        ("moduli", "ModulusWrong"): linear4.stale(instances).body(),
        ("claims", "HintWrong"): linear4.with_old_hints(instances),
        ("curve", "PointNotOnCurve"): linear4.with_new_hints(proof=off_curve),
        ("pairing", "ProofInvalid"): linear4.with_new_hints(instances),
        ("verified", None): pieces.body(),
    }
    for (stage, refused), payload in cases.items():
        session = opened(chain, linear4, payload)
        assert session.advance_to("verified", steps) == refused, stage
        assert session.stage == stage
        if refused is not None:  # again and again
            before = chain.data(session.address)
            assert session.advance(steps) == refused
            assert chain.data(session.address) == before
            verify = session.verify(CONTEXT, receipt_of(session, linear4))
            assert chain.send(verify).refused == "SessionIncomplete"


def test_out_of_compute_units_changes_nothing(chain: Chain, linear4: Circuit) -> None:
    session = opened(chain, linear4)
    for stage in STAGES[:-1]:
        assert session.advance_to(stage) is None
        before = chain.data(session.address)
        outcome = chain.send(session.step(), units=2_500)
        assert outcome.refused is not None and outcome.refused.startswith("unnamed"), (stage, outcome)
        assert chain.data(session.address) == before
    assert session.advance() is None
