"""What the program draws and computes, read from a session's memory, against the model's exact integers."""

from __future__ import annotations

import pytest
from mai_zk.curve import GENERATOR, multiply
from verifier.chain import Chain, Session
from verifier.circuit import Circuit
from verifier.keys import (
    CHALLENGE,
    EVALUATION,
    G1,
    HALT,
    HINT,
    INSTANCE,
    MUL,
    RED,
    SCAL,
    SUMS,
    T0,
    ZERO,
    R,
    S,
    small,
)  # fmt: skip
from verifier.memory import Memory, residues_of
from verifier.payloads import Payload, be, make, moduli


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture(params=["linear4", "lookup4", "batch"])
def payload(request: pytest.FixtureRequest) -> Payload:
    if request.param == "batch":
        batch: Circuit = request.getfixturevalue("linear4")
        return batch.batch_pieces
    circuit: Circuit = request.getfixturevalue(request.param)
    return circuit.pieces


def session_at(chain: Chain, payload: Payload, stage: str) -> Session:
    key = chain.sealed_key(payload.blob)
    session = chain.session(key, chain.put_proof(payload.body()), nonce=next(chain.nonces))
    assert session.advance_to(stage) is None
    return session


def test_seeds_and_moduli_are_those_of_the_model(shared: Chain, payload: Payload) -> None:
    memory = residues_of(session_at(shared, payload, "code"))
    assert memory.weights_seed == payload.weights_seed
    assert memory.moduli_seed == payload.moduli_seed
    assert memory.moduli == moduli(payload.moduli_seed)
    for index, prime in enumerate(memory.moduli):
        assert memory.powers(index) == tuple(pow(2, 64 * n, prime) for n in (1, 2, 3))


def test_slots_and_scalars_are_residues_of_the_exact_values(shared: Chain, payload: Payload) -> None:
    memory = residues_of(session_at(shared, payload, "claims"))
    last = len(payload.proofs) - 1
    run = payload.run(last, payload.proofs[last].hints)
    draft = payload.draft
    written = {words[1] // S for words in draft.code if words[0] in SUMS}
    for slot, value in enumerate(run.slots):
        if slot < draft.first_hint + draft.n_hints or slot in written:
            assert memory.slot(slot) == memory.of(value), slot
    for index, scalar in enumerate(payload.exact_scalars()):
        assert memory.scalar(index) == memory.of(scalar), index


def plain_scalars() -> bytes:
    """A key whose scalars are the instance, the evaluation and zero, and that has no hints."""
    code = [[SCAL, 0, INSTANCE * S], [SCAL, 1, EVALUATION * S], [SCAL, 2, ZERO * S], [HALT]]
    return small().but(code=code, n_hints=0, n_slots=EVALUATION + 1, quotient_words=5).blob()


def test_a_quotient_below_zero(shared: Chain) -> None:
    """Scalars supplied larger than they are: every claim is negative, and so is the quotient."""
    blob = plain_scalars()
    key = shared.sealed_key(blob)
    # The instance times G1, the unit point G1, the evaluation times W = G1: the sum is (3 + 1 + 4) G1.
    made = make(blob, [([3], G1 + be(4) + G1 + multiply(GENERATOR, 8).to_bytes())])
    assert made.quotient == 0
    assert shared.check(key, made.body()).refused is None
    lifted = made.but(scalars=[scalar + 5 * R for scalar in made.scalars]).settled()
    assert lifted.quotient < 0
    assert shared.check(key, lifted.body()).refused is None
    for quotient in (-lifted.quotient, lifted.quotient + 1, lifted.quotient - 1, 0):
        assert shared.check(key, lifted.but(quotient=quotient).redrawn().body()).refused == "HintWrong"


def test_the_longest_values(shared: Chain) -> None:
    """A value of 3,840 bits as a claim: the quotient has 61 words, and all of them count."""
    grow = [[MUL, T0 * S, CHALLENGE * S, CHALLENGE * S], *[[MUL, T0 * S, T0 * S, CHALLENGE * S]] * 13]
    product, _, *rest = small().code
    blob = small().but(code=[*grow, [RED, HINT * S, T0 * S], product, *rest], quotient_words=61).blob()
    key = shared.sealed_key(blob)
    scalars = make(blob, [([3], G1 + be(4) + G1 + G1)]).scalars
    w_prime = multiply(GENERATOR, scalars[0] + 1 + scalars[1])  # the key's point, the unit point, W
    made = make(blob, [([3], G1 + be(4) + G1 + w_prime.to_bytes())])
    assert max(made.claims()).bit_length() > 3_800
    assert shared.check(key, made.body()).refused is None
    for shift in (0, 64, 1900, 3800):
        changed = made.but(quotient=made.quotient + (1 << shift)).redrawn()
        assert shared.check(key, changed.body()).refused == "HintWrong"


def test_memory_reads_what_the_reference_says() -> None:
    memory = Memory(bytes(512) + b"".join(n.to_bytes(4, "little") for n in range(24)) + bytes(1000), 3)
    assert memory.moduli == [0, 4, 8, 12, 16, 20]
    assert memory.powers(1) == (5, 6, 7)
