"""Payloads taken apart, changed and made to fit again: everything that an attacker's client can do.

An independent model of key-program.md in exact integers; it shares no code with the client.
"""

from __future__ import annotations

import bisect
import itertools
import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from verifier.chain import keccak
from verifier.keys import INV, NO_UNIT_POINT, RED, SCAL, SUB, SUMS, Draft, R, S, parse

N_MODULI = 6
MAX_CANDIDATES = 512
BATCH_WORDS = 3
GROUP = 16


def be(value: int) -> bytes:
    """32 big-endian bytes."""
    return value.to_bytes(32, "big")


def encode(values: Sequence[int]) -> bytes:
    return b"".join(map(be, values))


def decode(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]


# -- the field code


class Run(NamedTuple):
    """What field code leaves: the hints that it went on with, its claims (multiples of r if true), its scalars."""

    hints: list[int]
    claims: list[int]
    scalars: list[int]
    slots: list[int]


def run(draft: Draft, inputs: Sequence[int], supplied: Sequence[int] | None = None) -> Run:
    """Run the code on challenges, instances and evaluations, with the `supplied` hints or honest ones (0 for 1/0)."""
    slots = [*draft.constants, *inputs]
    first = len(slots)
    slots += [0] * (draft.n_slots - first)
    if supplied is not None:
        slots[first : first + len(supplied)] = supplied
    claims: list[int] = []
    scalars = [0] * draft.n_scalars
    for op, *words in draft.code:
        if op in SUMS:
            products, addends = SUMS[op]
            values = [slots[word // S] for word in words[1:]]
            terms = [values[2 * i] * values[2 * i + 1] for i in range(products)] + values[2 * products :]
            assert len(terms) == products + addends
            slots[words[0] // S] = terms[0] - terms[1] if op == SUB else sum(terms)
        elif op in (RED, INV):
            hint, value = words[0] // S, slots[words[1] // S]
            if supplied is None:
                invertible = op == RED or value % R
                slots[hint] = (value % R if op == RED else pow(value, -1, R)) if invertible else 0
            claims.append(value - slots[hint] if op == RED else slots[hint] * value - 1)
        elif op == SCAL:
            scalars[words[0]] = slots[words[1] // S]
    return Run(slots[first : first + draft.n_hints], claims, scalars, slots)


# -- draws


def candidates(seed: bytes) -> Iterator[int]:
    """The odd numbers between 2^30 and 2^31 of a seed, without end."""
    for block in itertools.count():
        for (word,) in struct.iter_unpack("<I", keccak(seed + bytes([block % 256]))):
            yield word % (1 << 30) | 1 << 30 | 1


@cache
def small_primes() -> tuple[int, ...]:
    """All odd primes below 46,341, the square root of 2^31."""
    primes: list[int] = []
    for number in range(3, 46_341, 2):
        if all(number % prime for prime in primes[: bisect.bisect_right(primes, math.isqrt(number))]):
            primes.append(number)
    return tuple(primes)


@cache
def factor(candidate: int) -> int:
    """The smallest prime factor, or 0 of a prime."""
    return next((prime for prime in small_primes() if candidate % prime == 0), 0)


def divisors(seed: bytes) -> list[int]:
    """What the candidates up to the sixth prime need."""
    found: list[int] = []
    for candidate in candidates(seed):
        found.append(factor(candidate))
        if found.count(0) == N_MODULI:
            return found
    raise AssertionError("unreachable")


def moduli(seed: bytes) -> list[int]:
    return [c for c, divisor in zip(candidates(seed), divisors(seed), strict=False) if divisor == 0]


def weights(seed: bytes) -> Iterator[int]:
    """The weight of each claim, without end."""

    def half(index: int) -> int:
        block = keccak(seed + struct.pack("<I", index // 2))
        return int.from_bytes(block[:16] if index % 2 == 0 else block[16:], "big")

    for n in itertools.count():
        yield half(n % GROUP) * half(GROUP + n // GROUP)


# -- payloads


@dataclass(frozen=True)
class Proof:
    """One proof of a payload: instances, EZKL's bytes, hints."""

    instances: list[int]
    proof: bytes
    hints: list[int] = field(default_factory=list)

    def but(self, **changes: object) -> Proof:
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Payload:
    """A payload of one key, in pieces; `count`, `candidates` and `reserved` override what the pieces say."""

    blob: bytes
    proofs: list[Proof]
    scalars: list[int]
    quotient: int
    divisors: list[int]
    count: int | None = None
    candidates: int | None = None
    reserved: int = 0

    @property
    def draft(self) -> Draft:
        return _parsed(self.blob)

    def but(self, **changes: object) -> Payload:
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_proof(self, index: int, **changes: object) -> Payload:
        proofs = list(self.proofs)
        proofs[index] = proofs[index].but(**changes)
        return self.but(proofs=proofs)

    def with_hint(self, index: int, value: int) -> Payload:
        """The first proof's hint replaced."""
        hints = list(self.proofs[0].hints)
        hints[index] = value
        return self.with_proof(0, hints=hints)

    def with_scalar(self, index: int, value: int) -> Payload:
        scalars = list(self.scalars)
        scalars[index] = value
        return self.but(scalars=scalars)

    @property
    def quotient_bytes(self) -> bytes:
        bits = 64 * (self.draft.quotient_words + (BATCH_WORDS if len(self.proofs) > 1 else 0))
        return ((self.quotient + (1 << bits - 1)) % (1 << bits)).to_bytes(bits // 8, "big")

    def body(self) -> bytes:
        """The proof account's body."""
        count = len(self.proofs) if self.count is None else self.count
        listed = len(self.divisors) if self.candidates is None else self.candidates
        proofs = b"".join(encode(p.instances) + p.proof + encode(p.hints) for p in self.proofs)
        tail = encode(self.scalars) + self.quotient_bytes + struct.pack(f"<{len(self.divisors)}H", *self.divisors)
        return struct.pack("<HHI", count, listed, self.reserved) + proofs + tail

    # -- what is drawn

    def transcript(self, index: int) -> tuple[list[int], bytes]:
        """(challenges, the last state) of a proof."""
        draft, proof = self.draft, self.proofs[index]
        state = draft.digest + encode(proof.instances)
        challenges: list[int] = []
        at = 0
        steps = [*((64 * points, count) for points, count in draft.phases), (32 * draft.n_evals, 2), (64, 1)]
        for size, count in steps:
            state, at = keccak(state + proof.proof[at : at + size]), at + size
            challenges.append(int.from_bytes(state, "big"))
            for _ in range(count - 1):
                state = keccak(state + b"\1")
                challenges.append(int.from_bytes(state, "big"))
        return challenges, state

    def digest(self, index: int) -> bytes:
        proof = self.proofs[index]
        return keccak(self.transcript(index)[1] + proof.proof[-64:] + encode(proof.hints))

    @property
    def digests(self) -> bytes:
        return b"".join(self.digest(index) for index in range(len(self.proofs)))

    def coefficients(self, digests: bytes | None = None) -> list[int]:
        """The proofs' coefficients; the first one's is 1."""
        known = b"MAI batch v1" + keccak(self.blob) + (self.digests if digests is None else digests)
        drawn = (int.from_bytes(keccak(known + bytes([i]))[:20], "big") for i in range(1, len(self.proofs)))
        return [1, *(value | 1 << 159 for value in drawn)]

    @property
    def weights_seed(self) -> bytes:
        return keccak(b"MAI weights v1" + keccak(self.blob) + self.digests + encode(self.scalars))

    @property
    def moduli_seed(self) -> bytes:
        return keccak(b"MAI moduli v1" + self.weights_seed + self.quotient_bytes)

    # -- making things fit

    def run(self, index: int, hints: Sequence[int] | None = None) -> Run:
        """A proof's field code, with these hints or honest ones."""
        draft, proof = self.draft, self.proofs[index]
        at = 64 * sum(points for points, _ in draft.phases)
        evaluations = decode(proof.proof[at : at + 32 * draft.n_evals])
        return run(draft, [*self.transcript(index)[0], *proof.instances, *evaluations], hints)

    def exact_scalars(self, coefficients: Sequence[int] | None = None) -> list[int]:
        """The scalars as the field code leaves them under the payload's hints."""
        n_key = len(self.draft.points)
        pairs = list(zip(coefficients or self.coefficients(), self._runs(), strict=True))
        of_key = [sum(k * run.scalars[i] for k, run in pairs) for i in range(n_key)]
        return of_key + [k * scalar for k, run in pairs for scalar in run.scalars[n_key:]]

    def claims(self) -> list[int]:
        """All claims, in the verifier's order."""
        found = [claim for run in self._runs() for claim in run.claims]
        return found + [a - b for a, b in zip(self.exact_scalars(), self.scalars, strict=True)]

    def total(self) -> int:
        """The claims' weighted sum."""
        return sum(w * c for w, c in zip(weights(self.weights_seed), self.claims(), strict=False))

    def _runs(self) -> list[Run]:
        return [self.run(index, proof.hints) for index, proof in enumerate(self.proofs)]

    def hinted(self) -> Payload:
        """With honest hints for every proof, and all that follows from them."""
        proofs = [proof.but(hints=self.run(index).hints) for index, proof in enumerate(self.proofs)]
        return self.but(proofs=proofs).scaled()

    def scaled(self, coefficients: Sequence[int] | None = None) -> Payload:
        """With the scalars of the hints, and quotient and divisors."""
        return self.but(scalars=[scalar % R for scalar in self.exact_scalars(coefficients)]).settled()

    def settled(self) -> Payload:
        """With the quotient that is nearest to the claims, and divisors."""
        return self.but(quotient=self.total() // R).redrawn()

    def redrawn(self) -> Payload:
        """With the divisors that the seed needs: whatever is wrong now is not the divisors."""
        return self.but(divisors=divisors(self.moduli_seed))

    # -- the curve sum

    def terms(self, coefficients: Sequence[int] | None = None) -> list[tuple[bytes, int]]:
        """(point, scalar) of every point, in the verifier's order."""
        draft = self.draft
        n_key, own = len(draft.points), draft.n_scalars - len(draft.points)
        found = list(zip(draft.points, self.scalars, strict=False))
        for index, (proof, k) in enumerate(zip(self.proofs, coefficients or self.coefficients(), strict=True)):
            scalars = self.scalars[n_key + own * index : n_key + own * (index + 1)]
            if draft.unit_point != NO_UNIT_POINT:
                scalars.insert(draft.unit_point, k)
            found += zip(proof_points(draft, proof.proof), scalars, strict=True)
        return found


@cache
def _parsed(blob: bytes) -> Draft:
    return parse(blob)


def proof_points(draft: Draft, proof: bytes) -> list[bytes]:
    """All points of a proof, W and W' last."""
    cut = 64 * sum(points for points, _ in draft.phases)
    return [data[i : i + 64] for data in (proof[:cut], proof[-128:]) for i in range(0, len(data), 64)]


def make(blob: bytes, proofs: Sequence[tuple[Sequence[int], bytes]]) -> Payload:
    """An honest payload of (instances, proof) pairs."""
    return Payload(blob, [Proof(list(instances), proof) for instances, proof in proofs], [], 0, []).hinted()


def split(blob: bytes, body: bytes) -> Payload:
    """The pieces of a payload."""
    draft = _parsed(blob)
    count, listed, reserved = struct.unpack_from("<HHI", body)
    at = 8

    def take(size: int) -> bytes:
        nonlocal at
        at += size
        return body[at - size : at]

    own = draft.n_scalars - len(draft.points)
    size = 64 * (sum(points for points, _ in draft.phases) + 2) + 32 * draft.n_evals
    proofs = [
        Proof(decode(take(32 * draft.n_instances)), take(size), decode(take(32 * draft.n_hints))) for _ in range(count)
    ]
    scalars = decode(take(32 * (len(draft.points) + count * own)))
    words = draft.quotient_words + (BATCH_WORDS if count > 1 else 0)
    quotient = int.from_bytes(take(8 * words), "big") - (1 << 64 * words - 1)
    found = list(struct.unpack(f"<{listed}H", take(2 * listed)))
    assert at == len(body)
    return Payload(blob, proofs, scalars, quotient, found, reserved=reserved)
