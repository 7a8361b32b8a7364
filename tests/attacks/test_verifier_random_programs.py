"""Random key programs at the edge of what sealing allows, run on chain against exact integers.

Attack: find a program that sealing takes for safe and that then computes wrongly. The key's SRS point is -G2, so
W' = the expected sum makes the pairing hold exactly if every scalar is right; a session shows every slot's residues.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.bounds import check_bounds
from mai_zk.curve import GENERATOR, IDENTITY, add, decode_point, multiply, negate
from mai_zk.keyprogram import KeyProgram
from verifier.chain import Chain
from verifier.keys import (
    ADD,
    ADD3,
    DOT2,
    DOT2A,
    DOT3,
    DOT4,
    G1,
    G2_NEGATED,
    HALT,
    INV,
    MARK,
    MAX_LENGTH,
    MUL,
    MULA,
    RED,
    SCAL,
    SUB,
    SUMS,
    Draft,
    R,
    S,
)
from verifier.memory import residues_of
from verifier.payloads import Payload, Proof, be, make

N_INSTANCES, N_EVALS, N_HINTS, N_TEMPORARIES = 3, 4, 4, 10
EXTREMES = (0, 1, 2, R - 1, R - 2, R >> 1, (1 << 253) - 1, (1 << 64) - 1, (1 << 31) - 1, 1 << 128)
CARRY = (0, 0, 1, 2, 2)
KINDS = (MUL, MUL, MULA, DOT2, DOT2A, DOT3, DOT4, ADD, ADD3, SUB, SUB)


class Writer:
    """Writes random instructions that the lengths allow, as long as they get."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.constants = [0, *(rng.choice([rng.randrange(R), *EXTREMES]) for _ in range(4))]
        self.code: list[list[int]] = []
        at = len(self.constants)
        self.lengths = dict.fromkeys(range(at), 254) | dict.fromkeys(range(at, at + 4), 256)
        self.instances = at + 4
        self.hints = self.instances + N_INSTANCES + N_EVALS
        self.lengths |= dict.fromkeys(range(self.instances, self.hints), 254)
        self.temporaries = range(self.hints + N_HINTS, self.hints + N_HINTS + N_TEMPORARIES)
        self.longest = 256

    def operand(self) -> int:
        """Mostly what was computed last: lengths grow until the limit says no."""
        made = [slot for slot in self.temporaries if slot in self.lengths]
        if made and self.rng.random() < 0.6:
            return self.rng.choice(made)
        return self.rng.choice(list(self.lengths))

    def step(self) -> None:
        kind = self.rng.choice(KINDS)
        products, addends = SUMS[kind]
        operands = [self.operand() for _ in range(2 * products + addends)]
        lengths = [self.lengths[slot] for slot in operands]
        terms = [lengths[2 * i] + lengths[2 * i + 1] for i in range(products)] + lengths[2 * products :]
        length = max(terms) + CARRY[len(terms)]
        if length <= MAX_LENGTH:
            target = self.rng.choice(self.temporaries)
            self.lengths[target] = length
            self.code.append([kind, target * S, *(slot * S for slot in operands)])

    def bind(self, hint: int) -> None:
        op = self.rng.choice([RED, INV])
        more = 256 if op == INV else 0
        source = self.rng.choice([slot for slot, length in self.lengths.items() if length + more <= MAX_LENGTH])
        self.longest = max(self.longest, self.lengths[source] + more)
        self.code.append([op, hint * S, source * S])
        self.lengths[hint] = 256

    def whole(self, length: int) -> Draft:
        for hint in range(self.hints, self.hints + N_HINTS):
            for _ in range(length):
                self.step()
            self.bind(hint)
        for slot in range(self.instances, self.hints):  # everything is read
            self.code.append([MUL, self.temporaries[0] * S, slot * S, slot * S])
            self.lengths[self.temporaries[0]] = 508
        for _ in range(length):
            self.step()
        scalars = [self.operand() for _ in range(3)]
        self.longest = max(self.longest, *(self.lengths[slot] for slot in scalars))
        self.code += [[MARK], *([SCAL, i, slot * S] for i, slot in enumerate(scalars)), [SCAL, 3, 0], [HALT]]
        return Draft(
            n_instances=N_INSTANCES, n_evals=N_EVALS, n_hints=N_HINTS, n_slots=self.temporaries.stop,
            unit_point=1, quotient_words=-(-(self.longest + 273 + 2 - 253) // 64), phases=[(2, 1)],
            constants=self.constants, code=self.code, srs=G2_NEGATED, points=[G1],
        )  # fmt: skip


def honest(rng: random.Random, blob: bytes) -> Payload:
    """A payload of extreme values of which W' is the exact sum (unless that is the identity); hints may be lifted."""
    instances = [rng.choice([*EXTREMES, rng.randrange(R)]) for _ in range(N_INSTANCES)]
    evaluations = [rng.choice([*EXTREMES, rng.randrange(R)]) for _ in range(N_EVALS)]
    points = [multiply(GENERATOR, n).to_bytes() for n in (5, 7, 11)]
    proof = points[0] + points[1] + b"".join(map(be, evaluations)) + points[2] + G1
    draft = make(blob, [(instances, proof)])
    total = IDENTITY
    for data, scalar in draft.terms()[:-1]:
        total = add(total, multiply(decode_point(data), scalar))
    proof = proof[:-64] + (GENERATOR if total == IDENTITY else total).to_bytes()
    made = make(blob, [(instances, proof)])
    if rng.random() < 0.5:
        hints = [hint + (2**256 - 1 - hint) // R * R for hint in made.proofs[0].hints]
        scalars = [scalar + rng.randrange(5) * R for scalar in made.scalars]
        return made.but(proofs=[Proof(instances, proof, hints)], scalars=scalars).settled()
    assert KeyProgram(blob).payload(instances, proof) == made.body()
    return made


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.sampled_from([2, 6, 12]))
def test_what_is_sealed_computes_exactly(shared: Chain, seed: int, length: int) -> None:
    rng = random.Random(seed)
    blob = Writer(rng).whole(length).blob()
    check_bounds(KeyProgram.from_bytes(blob))
    key = shared.sealed_key(blob)
    payload = honest(rng, blob)
    invertible = all(claim % R == 0 for claim in payload.claims())
    # An inverse of zero was asked for: nothing can be accepted.
    assert shared.check(key, payload.body()).refused == (None if invertible else "HintWrong")
    if invertible:
        # The controls: W' is the sum and nothing else is; a scalar is what it is.
        x, y = decode_point(payload.proofs[0].proof[-64:])
        negated = payload.proofs[0].proof[:-64] + negate(type(GENERATOR)(x, y)).to_bytes()
        assert shared.check(key, payload.with_proof(0, proof=negated).settled().body()).refused == "ProofInvalid"
        wrong = payload.with_scalar(rng.randrange(3), (payload.scalars[0] + 1) % R)
        if wrong.scalars != payload.scalars and sum(wrong.claims()) % R:
            assert shared.check(key, wrong.settled().body()).refused == "HintWrong"


@settings(max_examples=10, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_slot_has_the_residues_of_the_exact_value(shared: Chain, seed: int) -> None:
    rng = random.Random(seed)
    blob = Writer(rng).whole(8).blob()
    payload = honest(rng, blob)
    session = shared.session(shared.sealed_key(blob), shared.put_proof(payload.body()), nonce=next(shared.nonces))
    assert session.advance_to("claims") is None
    found = residues_of(session)
    run = payload.run(0, payload.proofs[0].hints)
    written = {words[1] // S for words in payload.draft.code if words[0] in SUMS}
    slots = [slot for slot in range(len(run.slots)) if slot < payload.draft.first_hint + N_HINTS or slot in written]
    assert [found.slot(slot) for slot in slots] == [found.of(run.slots[slot]) for slot in slots]
    assert [found.scalar(i) for i in range(4)] == [found.of(scalar) for scalar in run.scalars]
