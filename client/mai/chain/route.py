"""Which way a payload is verified: in one transaction, or in several by a session.

The estimates are upper bounds of what the verifier program uses (`docs/reference/verifier.md`); a test holds them to
what real circuits use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mai_zk.isa import Op
from mai_zk.keyprogram import MAX_HEAP, KeyProgram

from mai.chain.cluster import MAX_COMPUTE_UNITS

# Compute units: an instruction and its bytes' hash in a session, a transcript's point and scalar, an integer to load, a
# claim on a scalar, a term of the curve sum, the pairing with one more point.
_ADVANCE: Final = 3_000
_POINT: Final = 110
_SCALAR: Final = 40
_PHASE: Final = 600
_BEGIN: Final = 14_000
_LOAD: Final = 165
_CLAIM: Final = 260
_TERM: Final = 4_330
_PAIRING_COST: Final = 52_000
_OPERATION: Final = {
    Op.MUL: 60,
    Op.MULA: 75,
    Op.DOT2: 100,
    Op.DOT2A: 115,
    Op.DOT3: 160,
    Op.DOT4: 230,
    Op.ADD: 65,
    Op.ADD3: 85,
    Op.SUB: 75,
    Op.RED: 125,
    Op.INV: 180,
    Op.SCAL: 90,
    Op.MARK: 30,
    Op.HALT: 20,
}
_RECEIPT: Final = 25_000
# Stages of a session (`session.rs` of the verifier program).
_TRANSCRIPTS, _MODULI, _CODE, _CLAIMS, _CURVE, _PAIRING, VERIFIED = range(7)
# What a transaction of a session is filled up to.
_FULL: Final = MAX_COMPUTE_UNITS * 9 // 10


class Way(Enum):
    """How a payload is verified."""

    ONE_TRANSACTION = "one transaction"
    SESSION = "a session"


@dataclass(frozen=True)
class Route:
    """The way, an estimate of all compute units, and for a session the steps of each `advance`, by transaction."""

    way: Way
    compute_units: int
    transactions: tuple[tuple[int, ...], ...] = ()

    @property
    def sentence(self) -> str:
        """What to tell people."""
        if self.way is Way.ONE_TRANSACTION:
            return "verified in one transaction"
        return f"too large for one transaction: verified by a session in {len(self.transactions)} transactions"


@dataclass(frozen=True)
class State:
    """Where a session stands: its account's fields."""

    stage: int = 0
    proof: int = 0
    position: int = 0


_START: Final = State()


def choose(key: KeyProgram, proofs: int = 1, *, receipts: bool = True) -> Route:
    """The route of a payload of so many proofs; with `receipts` the one transaction makes those too."""
    total = sum(cost for cost, _ in _slices(key, proofs, _START))
    fits = total + (proofs * _RECEIPT if receipts else 0) <= MAX_COMPUTE_UNITS and key.memory_bytes(proofs) <= MAX_HEAP
    if fits:
        return Route(Way.ONE_TRANSACTION, total)
    return session(key, proofs)


def session(key: KeyProgram, proofs: int = 1, state: State = _START) -> Route:
    """The slices of a session from a state on, packed into transactions in order."""
    overhead = _ADVANCE + _payload_bytes(key, proofs) // 2
    transactions: list[list[int]] = [[]]
    used = total = 0
    for stage_cost, steps in _slices(key, proofs, state):
        cost = stage_cost + overhead
        if used + cost > _FULL and transactions[-1]:
            transactions.append([])
            used = 0
        transactions[-1].append(steps)
        used += cost
        total += cost
    return Route(Way.SESSION, total, tuple(tuple(t) for t in transactions))


def _payload_bytes(key: KeyProgram, proofs: int) -> int:
    own = 32 * (key.n_instances + key.n_hints + key.n_scalars - key.n_points) + key.proof_size
    return proofs * own + 32 * key.n_points + 8 * key.quotient_words + 512


def _slices(key: KeyProgram, proofs: int, state: State) -> Iterator[tuple[int, int]]:
    """(compute units, steps) of every `advance` that a session in this state still needs, in order."""
    points, scalars = key.n_proof_points, key.n_instances + key.n_evals
    if state.stage <= _TRANSCRIPTS:
        yield proofs * (_POINT * points + _SCALAR * scalars + _PHASE * key.n_challenges), 1
    if state.stage <= _MODULI:
        yield _BEGIN + _LOAD * key.n_constants + 40 * key.quotient_words, 1
    if state.stage <= _CODE:
        inputs = _LOAD * (key.n_challenges + scalars + key.n_hints)
        for proof in range(state.proof, proofs):
            start = state.position if state.stage == _CODE and proof == state.proof else 0
            for index, (cost, words) in enumerate(_code_slices(key, start)):
                yield cost + (inputs if index == 0 and start == 0 else 0), words
    if state.stage <= _CLAIMS:
        yield _CLAIM * (key.n_points + proofs * (key.n_scalars - key.n_points)) + 60 * key.quotient_words, 1
    if state.stage <= _CURVE:
        terms = key.n_points + proofs * points
        most = (_FULL - 2 * _ADVANCE) // _TERM // 2
        for start in range(state.position if state.stage == _CURVE else 0, terms, most):
            yield _TERM * min(most, terms - start), most
    if state.stage <= _PAIRING:
        yield _PAIRING_COST + proofs * _TERM, 1


def _code_slices(key: KeyProgram, start: int) -> Iterator[tuple[int, int]]:
    """(compute units, words) of slices of the field code from a word on, each at most a third of a transaction."""
    cost = words = at = 0
    for instruction in key.code:
        size = 1 + len(instruction.args)
        at += size
        if at <= start:
            continue
        cost += _OPERATION[instruction.op]
        words += size
        if cost > _FULL // 3 and instruction.op is not Op.HALT:
            yield cost, words
            cost = words = 0
    yield cost, words
