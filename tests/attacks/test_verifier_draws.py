"""What each draw must cover: omit one thing, and the attack on it succeeds as algebra; the chain refuses it by name.

Rule 1 of the attacker's notebook (two junk proofs that cancel in a batch), and the same for weights and moduli.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from mai_zk.curve import GENERATOR, IDENTITY, Point, add, decode_point, multiply, negate
from solders.pubkey import Pubkey
from verifier.chain import Chain, keccak
from verifier.circuit import Circuit
from verifier.keys import G1, R, small
from verifier.payloads import Payload, be, divisors, encode, make, moduli, weights


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture(scope="module")
def linear4() -> Circuit:
    return Circuit("linear4")


def total(terms: Sequence[tuple[Point, int]]) -> Point:
    result = IDENTITY
    for point, scalar in terms:
        result = add(result, multiply(point, scalar))
    return result


# -- batch coefficients that omit W'


def junk(payload: Payload) -> Payload:
    """Two false statements: other instances and evaluations in both proofs."""
    for index, proof in enumerate(payload.proofs):
        instances = [(value + 1 + index) % R for value in proof.instances]
        payload = payload.with_proof(index, instances=instances)
    return payload


def without_w_prime(payload: Payload) -> list[int]:
    """Coefficients of digests that omit every W'."""
    digests = (
        keccak(payload.transcript(i)[1] + encode(proof.hints)) for i, proof in enumerate(payload.proofs)
    )
    return payload.coefficients(b"".join(digests))


def with_w_primes(payload: Payload, points: Sequence[Point]) -> Payload:
    for index, point in enumerate(points):
        payload = payload.with_proof(index, proof=payload.proofs[index].proof[:-64] + point.to_bytes())
    return payload


def sides(payload: Payload, coefficients: Sequence[int]) -> tuple[Point, Point]:
    """The pairing's two points: the curve sum, and the sum of W'."""
    left = total([(decode_point(data), scalar) for data, scalar in payload.terms(coefficients)])
    last = [decode_point(proof.proof[-64:]) for proof in payload.proofs]
    return left, total(list(zip(last, coefficients, strict=True)))


def test_two_junk_proofs_cancel_where_coefficients_omit_w_prime(shared: Chain, linear4: Circuit) -> None:
    """W'1 = -k W'2 empties the right side, and W'2 = (A1 + k A2) / (k (z1 - z2)) the left one: the pairing is 1."""
    payload = junk(linear4.batch_pieces.but(proofs=linear4.batch_pieces.proofs[:2])).hinted()
    model = without_w_prime(payload)
    k = model[1]
    # Neither hints nor scalars depend on W', and the model's coefficients do not either.
    runs = [payload.run(i, proof.hints).scalars for i, proof in enumerate(payload.proofs)]
    z1, z2 = (scalars[-1] for scalars in runs)
    a1, a2 = (alone(payload, i) for i in (0, 1))
    w2 = multiply(add(a1, multiply(a2, k)), pow(k * (z1 - z2), -1, R))
    w1 = negate(multiply(w2, k))
    forged = with_w_primes(payload, [w1, w2]).scaled(model)
    assert without_w_prime(forged) == model
    assert sides(forged, model) == (IDENTITY, IDENTITY)
    # The chain's coefficients cover W': under them nothing cancels, and the model's are not what it draws.
    key = shared.sealed_key(linear4.blob)
    assert forged.coefficients() != model
    assert IDENTITY not in sides(forged.scaled(), forged.coefficients())
    assert shared.check(key, forged.body()).refused == "HintWrong"
    assert shared.check(key, forged.scaled().body()).refused == "ProofInvalid"
    honest = linear4.batch_pieces.but(proofs=linear4.batch_pieces.proofs[:2]).hinted()
    assert shared.check(key, honest.body()).refused is None


def alone(payload: Payload, index: int) -> Point:
    """A proof's curve sum with coefficient one, without W'."""
    single = payload.but(proofs=[payload.proofs[index]]).scaled()
    return total([(decode_point(data), scalar) for data, scalar in single.terms()[:-1]])


# -- batch coefficients that omit anything else

Omit = Callable[[Payload, int], bytes]


def remade(payload: Payload, index: int, *, instances: bool = False, piece: slice | None = None) -> bytes:
    """The digest of a proof with a part replaced by zeros."""
    proof = payload.proofs[index]
    changed = payload
    if instances:
        changed = changed.with_proof(index, instances=[0] * len(proof.instances))
    if piece is not None:
        start, stop, _ = piece.indices(len(proof.proof))
        blank = proof.proof[:start] + bytes(stop - start) + proof.proof[stop:]
        changed = changed.with_proof(index, proof=blank)
    return changed.digest(index)


def omissions(circuit: Circuit) -> dict[str, Omit]:
    first_evaluation = circuit.evaluation_offsets[0]
    return {
        "instances": lambda p, i: remade(p, i, instances=True),
        "phase points": lambda p, i: remade(p, i, piece=slice(0, first_evaluation)),
        "evaluations": lambda p, i: remade(p, i, piece=slice(first_evaluation, -128)),
        "W": lambda p, i: remade(p, i, piece=slice(-128, -64)),
        "W'": lambda p, i: remade(p, i, piece=slice(-64, None)),
        "hints": lambda p, i: keccak(p.transcript(i)[1] + p.proofs[i].proof[-64:]),
        "the first proof": lambda p, i: p.digest(i) if i else b"",
        "the proof itself": lambda p, i: b"" if i else p.digest(i),
    }


@pytest.mark.parametrize(
    "name", ["instances", "phase points", "evaluations", "W", "W'", "hints", "the first proof", "the proof itself"]
)
def test_coefficients_that_omit_something_are_not_the_chains(shared: Chain, linear4: Circuit, name: str) -> None:
    payload = linear4.batch_pieces.but(proofs=linear4.batch_pieces.proofs[:2]).hinted()
    omit = omissions(linear4)[name]
    model = payload.coefficients(b"".join(omit(payload, i) for i in (0, 1)))
    assert model != payload.coefficients()
    key = shared.sealed_key(linear4.blob)
    assert shared.check(key, payload.scaled(model).body()).refused == "HintWrong"
    assert shared.check(key, payload.scaled(payload.coefficients()).body()).refused is None


def test_coefficients_cover_the_key_and_differ(shared: Chain, linear4: Circuit) -> None:
    payload = linear4.batch_pieces
    other = payload.but(blob=payload.draft.but(circuit=bytes([1]) * 32).blob())
    found, of_other = payload.coefficients(), other.coefficients(payload.digests)
    assert found[0] == 1
    assert len({*found, *of_other}) == 7
    assert all(1 << 159 <= k < 1 << 160 for k in found[1:])
    key = shared.sealed_key(linear4.blob)
    assert shared.check(key, payload.scaled(of_other).body()).refused == "HintWrong"
    assert shared.check(key, payload.scaled(found).body()).refused is None


# -- weights that omit scalars or hints: a small key, under which W' must be the curve sum


@pytest.fixture(scope="module")
def small_key(shared: Chain) -> Pubkey:
    return shared.sealed_key(small().blob())


def proof_of(w_prime: int, instance: int = 3, evaluation: int = 4) -> Payload:
    """A payload of the small key: all points but W' are the generator."""
    proof = G1 + be(evaluation) + G1 + multiply(GENERATOR, w_prime).to_bytes()
    return make(small().blob(), [([instance], proof)])


def true_sum() -> int:
    """The discrete logarithm of the small proof's curve sum: key point, unit point, W."""
    scalars = proof_of(1).scalars
    return (scalars[0] + 1 + scalars[1]) % R


def blind_weights(payload: Payload, scalars: Sequence[int] | None = None, digest: bytes | None = None) -> list[int]:
    """Weights of a seed that omits the scalars (`scalars` = ()) or takes another digest."""
    digest = payload.digests if digest is None else digest
    known = b"MAI weights v1" + keccak(payload.blob) + digest
    drawn = weights(keccak(known + encode(payload.scalars if scalars is None else scalars)))
    return [next(drawn) for _ in payload.claims()]


def weighted(payload: Payload, drawn: Sequence[int]) -> int:
    return sum(w * c for w, c in zip(drawn, payload.claims(), strict=True)) % R


def holds(payload: Payload) -> bool:
    """The small key's pairing."""
    left, right = sides(payload, [1])
    return left == right


def test_false_scalars_cancel_where_weights_omit_them(shared: Chain, small_key: Pubkey) -> None:
    """Two errors with known weights: their weighted sum is zero, and the curve sum is whatever W' is."""
    wanted = 12345
    payload = proof_of(wanted)
    first = len(payload.proofs[0].hints)
    drawn = blind_weights(payload, scalars=())
    gap = wanted - true_sum()
    # x + y = gap; w0 x + w1 y = 0
    w0, w1 = drawn[first], drawn[first + 1]
    y = gap * w0 * pow(w0 - w1, -1, R) % R
    x = (gap - y) % R
    forged = payload.with_scalar(0, (payload.scalars[0] + x) % R).with_scalar(1, (payload.scalars[1] + y) % R)
    assert holds(forged) and not holds(payload)
    assert weighted(forged, blind_weights(forged, scalars=())) == 0
    assert shared.check(small_key, forged.settled().body()).refused == "HintWrong"
    assert shared.check(small_key, payload.body()).refused == "ProofInvalid"
    assert shared.check(small_key, proof_of(true_sum()).body()).refused is None


def test_false_hints_cancel_where_weights_omit_them(shared: Chain, small_key: Pubkey) -> None:
    """A wrong reduction, and an inverse whose error makes up for it."""
    honest = proof_of(true_sum())
    blind = keccak(honest.transcript(0)[1])
    drawn = blind_weights(honest, scalars=(), digest=blind)
    reduced = (honest.proofs[0].hints[0] + 1) % R
    partial = honest.with_hint(0, reduced)
    (error, _), value = partial.run(0, partial.proofs[0].hints).claims, partial.run(0, [reduced, 0]).slots[-1]
    # w0 * error + w1 * (h * value - 1) = 0
    inverse = (1 - drawn[0] * error * pow(drawn[1], -1, R)) * pow(value, -1, R) % R
    forged = partial.with_hint(1, inverse).scaled()
    sum_of = (forged.scalars[0] + 1 + forged.scalars[1]) % R
    assert sum_of != true_sum()
    w_prime = multiply(GENERATOR, sum_of).to_bytes()
    forged = forged.with_proof(0, proof=forged.proofs[0].proof[:-64] + w_prime).scaled()
    assert holds(forged)
    assert any(claim % R for claim in forged.claims())
    assert weighted(forged, blind_weights(forged, scalars=(), digest=keccak(forged.transcript(0)[1]))) == 0
    assert shared.check(small_key, forged.body()).refused == "HintWrong"
    assert shared.check(small_key, honest.body()).refused is None


# -- moduli that omit the quotient


def test_a_false_total_passes_where_moduli_omit_the_quotient(shared: Chain, small_key: Pubkey) -> None:
    """With the primes known first, the Chinese remainder theorem gives a quotient for any total."""
    wanted = 777
    payload = proof_of(wanted)
    forged = payload.with_scalar(0, (payload.scalars[0] + wanted - true_sum()) % R)
    assert holds(forged)
    blind = keccak(b"MAI moduli v1" + forged.weights_seed)
    primes = moduli(blind)
    product = math.prod(primes)
    parts = (
        forged.total() * pow(R, -1, p) * (product // p) * pow(product // p, -1, p) for p in primes
    )
    forged = forged.but(quotient=sum(parts) % product)
    assert all((R * forged.quotient - forged.total()) % p == 0 for p in primes)
    assert forged.total() % R != 0
    assert shared.check(small_key, forged.but(divisors=divisors(blind)).body()).refused == "ModulusWrong"
    assert shared.check(small_key, forged.redrawn().body()).refused == "HintWrong"
    assert shared.check(small_key, proof_of(true_sum()).body()).refused is None
