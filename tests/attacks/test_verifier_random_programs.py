"""Random key programs at the edge of what sealing allows, run on chain against exact integers (10 s).

Attack: find a program that sealing takes for safe and that then computes wrongly (an overflow in a limb, a column or a
scalar). The key's SRS point is -G2, so W' = the expected sum makes the pairing hold exactly if every scalar is exact.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from mai_zk.bounds import CHALLENGE, HINT, INPUT, Bound, BoundError, check_bounds
from mai_zk.bounds import add as bound_add
from mai_zk.bounds import carried as bound_carried
from mai_zk.bounds import exact as bound_exact
from mai_zk.bounds import multiply as bound_multiply
from mai_zk.bounds import subtract as bound_subtract
from mai_zk.curve import GENERATOR, multiply, negate
from mai_zk.keyprogram import KeyProgram
from verifier.chain import Chain
from verifier.keys import (
    ADD,
    ADDP,
    CHK,
    DOT2,
    DOT3,
    DOT4,
    G1,
    HALT,
    KEY,
    LOAD,
    MUL,
    MULS,
    NORM,
    ONE,
    PROOF,
    R_SQUARED,
    RAW_ONE,
    SCAL,
    SUB,
    Draft,
    Limbs,
    Q,
    R,
    limbs,
    spread,
)  # fmt: skip

N_INSTANCES, N_EVALS, N_HINTS, N_TEMPORARIES, N_SCALARS = 3, 4, 3, 12, 3
N_CHALLENGES = 4
EXTREMES = (0, 1, 2, R - 1, R - 2, R >> 1, (1 << 253) - 1, (1 << 232) - 1, (1 << 29) - 1, (1 << 232) * 3171405 + 1)
WIDTHS = {MUL: 1, DOT2: 2, DOT3: 3, DOT4: 4}
S = 5  # slot operands are slot * 5
G2_NEGATED = b"".join(
    value.to_bytes(32, "big")
    for value in (
        0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
        0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
        Q - 0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
        Q - 0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
    )
)


def loose_constant(rng: random.Random) -> Limbs:
    """Some limbs, carried or not: any content that a constant may have."""
    if rng.random() < 0.5:
        return limbs(rng.choice([rng.randrange(R), *EXTREMES]))
    top = rng.choice([0, 3_171_406, 3_171_406 * 100, 3_171_406 * 900])
    return [*(rng.choice([0, (1 << 29) - 1, (1 << 32) - 1, rng.randrange(1 << 31)]) for _ in range(8)), top, 0]


class Writer:
    """Writes random instructions that the bounds allow, as wide as they get."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.multiples = [spread(k) for k in (2, 4, 9, 40, 1000)]
        plain = [loose_constant(rng) for _ in range(4)]
        self.constants = [ONE, R_SQUARED, RAW_ONE, *self.multiples, *plain]
        self.code: list[list[int]] = []
        self.bounds: dict[int, Bound] = {i: bound_exact(tuple(c[:9])) for i, c in enumerate(self.constants)}
        at = len(self.constants)
        self.bounds.update(dict.fromkeys(range(at, at + N_CHALLENGES), CHALLENGE))
        self.instances = at + N_CHALLENGES
        self.hints = self.instances + N_INSTANCES + N_EVALS
        self.bounds.update(dict.fromkeys(range(self.instances, self.hints), INPUT))
        self.temporaries = range(self.hints + N_HINTS, self.hints + N_HINTS + N_TEMPORARIES)

    def operand(self) -> int:
        """Mostly what was computed last: widths grow until the bounds say no."""
        made = [slot for slot in self.temporaries if slot in self.bounds]
        if made and self.rng.random() < 0.7:
            return self.rng.choice(made)
        return self.rng.choice(list(self.bounds))

    def step(self) -> None:
        rng, target = self.rng, self.rng.choice(self.temporaries)
        kind = rng.choice([ADD, ADD, ADD, SUB, SUB, NORM, MUL, DOT2, DOT3, DOT4])
        try:
            if kind in WIDTHS:
                operands = [self.operand() for _ in range(2 * WIDTHS[kind])]
                if rng.random() < 0.2:
                    operands[1] = operands[0]
                b = [self.bounds[slot] for slot in operands]
                bound = bound_multiply(list(zip(b[::2], b[1::2], strict=True)))
            elif kind == ADD:
                operands = [self.operand(), self.operand()]
                bound = bound_add(self.bounds[operands[0]], self.bounds[operands[1]])
            elif kind == SUB:
                operands = [self.operand(), self.operand(), 3 + rng.randrange(len(self.multiples))]
                constant = tuple(self.constants[operands[2]][:9])
                bound = bound_subtract(self.bounds[operands[0]], self.bounds[operands[1]], constant)
            else:
                operands, bound = [], bound_carried(self.bounds[target].value)
        except (BoundError, KeyError):
            return
        self.bounds[target] = bound
        self.code.append([kind, target * S, *(S * slot for slot in operands)])

    def reduced(self, source: int, target: int) -> int:
        """target = source * R^2 / R: whatever `source` is, the result is small enough for CHK."""
        self.bounds[target] = bound_multiply([(self.bounds[source], self.bounds[1])])
        self.code.append([MUL, target * S, source * S, 1 * S])
        return target

    def whole(self, length: int) -> Draft:
        for hint in range(self.hints, self.hints + N_HINTS):
            for _ in range(length):
                self.step()
            source = next((s for s in self.temporaries if s in self.bounds and self.reducible(s)), 1)
            self.code.append([CHK, hint * S, self.reduced(source, self.temporaries[0]) * S])
            self.bounds[hint] = HINT
        for slot in range(self.instances, self.hints):  # everything is read
            self.code.append([MUL, self.temporaries[1] * S, slot * S, 1 * S])
        for _ in range(length):
            self.step()
        made = sorted(s for s in self.temporaries if s in self.bounds)
        widest = sorted(made, key=lambda s: self.bounds[s].value)[-N_SCALARS:]
        self.code += [[SCAL, i, slot * S] for i, slot in enumerate((widest * N_SCALARS)[:N_SCALARS])]
        w = 64 + 32 * N_EVALS
        curve = [(LOAD, 0, PROOF, 0), (MULS, 0, 0, 0), (ADDP, 0, PROOF, w), (MULS, 0, 0, 1), (ADDP, 0, KEY, 0)]
        curve += [(MULS, 0, 0, 2), (ADDP, 0, KEY, 0)]
        return Draft(
            n_instances=N_INSTANCES, n_evals=N_EVALS, n_hints=N_HINTS, n_slots=self.temporaries.stop,
            n_scalars=N_SCALARS, phases=[(1, 1)], constants=self.constants, code=[*self.code, [HALT]], curve=curve,
            srs=G2_NEGATED, points=[G1],
        )  # fmt: skip

    def reducible(self, slot: int) -> bool:
        try:
            bound_multiply([(self.bounds[slot], self.bounds[1])])
        except BoundError:
            return False
        return True


def accepted_payload(key: KeyProgram, instances: Sequence[int], evaluations: Sequence[int], lift: bool) -> bytes | None:
    """A payload that must be accepted: W' is the exact sum. None if a checked value happens to be zero.

    `lift` adds the largest multiple of r to every hint that keeps it below 2^256.
    """
    points = [multiply(GENERATOR, n).to_bytes() for n in (5, 7)]
    proof = points[0] + b"".join(v.to_bytes(32, "big") for v in evaluations) + points[1] + bytes(64)
    run = key.run(instances, proof)
    if run.refusal is not None:
        return None
    proof = proof[:-64] + run.accumulator.to_bytes()
    hints = [h + ((1 << 256) - 1 - h) // R * R if lift else h for h in run.hints]
    head = b"".join(v.to_bytes(32, "big") for v in instances)
    return head + proof + b"".join(h.to_bytes(32, "little") for h in hints)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_sealed_computes_exactly(shared: Chain, seed: int) -> None:
    rng = random.Random(seed)
    draft = Writer(rng).whole(rng.choice([10, 30, 60]))
    key = KeyProgram.from_bytes(draft.blob())
    check_bounds(key)
    address = shared.sealed_key(draft.blob())
    for number in range(4):
        instances = [rng.choice([*EXTREMES, rng.randrange(R)]) for _ in range(N_INSTANCES)]
        evaluations = [rng.choice([*EXTREMES, rng.randrange(R)]) for _ in range(N_EVALS)]
        payload = accepted_payload(key, instances, evaluations, lift=number % 2 == 1)
        if payload is None:
            continue
        assert shared.check(address, payload).refused is None
        # The control: the same with the negated sum is refused, so acceptance means something.
        at = 32 * N_INSTANCES + key.proof_size - 64
        x, y = payload[at : at + 32], int.from_bytes(payload[at + 32 : at + 64], "big")
        wrong = payload[:at] + x + negate_y(y) + payload[at + 64 :]
        assert shared.check(address, wrong).refused == "ProofInvalid"


def negate_y(y: int) -> bytes:
    return negate(type(GENERATOR)(0, y)).y.to_bytes(32, "big")


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()
