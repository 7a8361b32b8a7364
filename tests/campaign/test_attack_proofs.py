"""Attacks on the payload, class by class, each refused by name next to a control (docs/security/verifier.md)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest
from mai_zk.curve import IDENTITY, Point, add, decode_point, multiply
from mai_zk.field import Q, R
from mai_zk.moduli import candidates, primes, smallest_factor
from mai_zk.payload import batch_coefficient
from mai_zk.srs import TEST_SECRET

from campaign.batches import cancelling
from campaign.bench import ACCEPTED, Bench
from campaign.pieces import WORD, Piece, Pieces, payload_or_zeros
from campaign.receipts import Earned

TOP = 1 << 256


def remade(bench: Bench, pieces: Pieces) -> str:
    """The verdict on the pieces' proofs with honest hints and scalars for them."""
    return bench.check(payload_or_zeros(bench.key, [(p.instances, p.proof(bench.key)) for p in pieces.proofs]))


def redrawn(bench: Bench, pieces: Pieces) -> str:
    """The verdict on the pieces with quotient and divisors drawn for them."""
    pieces.redraw()
    return bench.check(pieces.bytes())


# -- batch cancellation -------------------------------------------------------------------------------------------


def residual(bench: Bench, piece: Piece) -> Point:
    """sum - s W' of one proof, which is the identity if the proof is valid. The test SRS's secret s is public."""
    run = bench.key.run(piece.instances, piece.proof(bench.key))
    return add(run.accumulator, multiply(run.w_prime, R - TEST_SECRET))


def test_errors_that_cancel_under_a_predicted_coefficient(bench: Bench) -> None:
    """The attack is real: under the coefficient that does not cover W', the two wrong proofs would pass."""
    state = bench.draw.getstate()
    payload = cancelling(bench)
    bench.draw.setstate(state)
    honest = bench.key.batch(bench.draw.sample(bench.proofs, 2))
    predicted = batch_coefficient(bench.key, Pieces.of(bench.key, honest).digests, 1)
    first, second = (residual(bench, piece) for piece in Pieces.of(bench.key, payload).proofs)
    assert IDENTITY not in (first, second)
    assert add(first, multiply(second, predicted)) == IDENTITY
    assert bench.check(payload) == "ProofInvalid"
    assert bench.check(honest) == ACCEPTED


FIELDS: dict[str, Callable[[Piece], None]] = {
    "an instance": lambda p: p.instances.__setitem__(0, p.instances[0] + 1),
    "a first phase's point": lambda p: p.points.__setitem__(0, p.points[1]),
    "an evaluation": lambda p: p.evaluations.__setitem__(0, (p.evaluations[0] + 1) % R),
    "W": lambda p: p.points.__setitem__(-2, p.points[0]),
    "W'": lambda p: p.points.__setitem__(-1, p.points[0]),
    "a hint": lambda p: p.hints.__setitem__(0, p.hints[0] + R),
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("index", [0, 1])
def test_batch_coefficients_cover(bench: Bench, field: str, index: int) -> None:
    pieces = Pieces.of(bench.key, bench.key.batch(bench.proofs[:2]))
    before = batch_coefficient(bench.key, pieces.digests, 1)
    assert before == batch_coefficient(bench.key, pieces.digests, 1)
    FIELDS[field](pieces.proofs[index])
    assert batch_coefficient(bench.key, pieces.digests, 1) != before


def test_batch_coefficients_cover_the_key(bench: Bench) -> None:
    digests = Pieces.of(bench.key, bench.batch).digests
    assert batch_coefficient(bench.key, digests, 1) != batch_coefficient(bench.other.key, digests, 1)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_one_bad_proof_spoils_a_batch(bench: Bench, index: int) -> None:
    pieces = Pieces.of(bench.key, bench.batch)
    assert remade(bench, pieces) == ACCEPTED
    pieces.proofs[index].evaluations[0] = (pieces.proofs[index].evaluations[0] + 1) % R
    assert remade(bench, pieces) == "ProofInvalid"


# -- commitments --------------------------------------------------------------------------------------------------


def test_other_weights_are_other_parameters(committed: Bench) -> None:
    """The key accepts any weights of the shape: only the parameters' digest tells a consumer."""
    bench = committed
    other = bench.circuit.other_weights
    payload = bench.key.payload(other.instances, other.proof)
    assert bench.check(payload) == ACCEPTED
    registered = bench.key.statement(*bench.proofs[0]).params
    assert bench.key.statement(*bench.proofs[1]).params == registered
    earned = Earned(bench, (other.instances, other.proof))
    assert earned.claim(params=registered) == "ParamsMismatch"
    assert earned.claim() == ACCEPTED


@pytest.mark.parametrize("part", [0, 1, 2])
def test_negated_commitment(committed: Bench, part: int) -> None:
    bench = committed
    pieces = bench.pieces()
    assert remade(bench, pieces) == ACCEPTED
    before = bench.key.statement(pieces.proofs[0].instances, pieces.proofs[0].proof(bench.key))
    data = pieces.proofs[0].points[part]
    pieces.proofs[0].points[part] = data[:WORD] + (Q - int.from_bytes(data[WORD:], "big")).to_bytes(WORD, "big")
    assert remade(bench, pieces) == "ProofInvalid"
    after = bench.key.statement(pieces.proofs[0].instances, pieces.proofs[0].proof(bench.key))
    names = ("input", "params", "output")
    assert getattr(before, names[part]) != getattr(after, names[part])


def test_swapped_commitments(committed: Bench) -> None:
    bench = committed
    pieces = bench.pieces()
    assert remade(bench, pieces) == ACCEPTED
    points = pieces.proofs[0].points
    points[0], points[1] = points[1], points[0]
    assert remade(bench, pieces) == "ProofInvalid"


# -- points -------------------------------------------------------------------------------------------------------


def _words(x: int, y: int) -> bytes:
    return x.to_bytes(WORD, "big") + y.to_bytes(WORD, "big")


POINTS: dict[str, tuple[Callable[[int, int], bytes], str]] = {
    "x bit 255": (lambda x, y: _words(x | 1 << 255, y), "PointNotCanonical"),
    "x bit 254": (lambda x, y: _words(x | 1 << 254, y), "PointNotCanonical"),
    "y bit 255": (lambda x, y: _words(x, y | 1 << 255), "PointNotCanonical"),
    "y bit 254": (lambda x, y: _words(x, y | 1 << 254), "PointNotCanonical"),
    "x + q": (lambda x, y: _words(x + Q, y), "PointNotCanonical"),
    "y + q": (lambda x, y: _words(x, y + Q), "PointNotCanonical"),
    "identity": (lambda x, y: bytes(64), "PointIsIdentity"),
    "identity, bit 254": (lambda x, y: _words(0, 1 << 254), "PointNotCanonical"),
    "negated": (lambda x, y: _words(x, Q - y), "ProofInvalid"),
    "off the curve": (lambda x, y: _words(x, (y + 1) % Q), "PointNotOnCurve"),
    "doubled": (lambda x, y: add(Point(x, y), Point(x, y)).to_bytes(), "ProofInvalid"),
}


@pytest.mark.parametrize("change", POINTS)
def test_every_point_is_checked(bench: Bench, change: str) -> None:
    function, name = POINTS[change]
    for index in range(bench.key.n_proof_points):
        pieces = bench.pieces()
        point = decode_point(pieces.proofs[0].points[index])
        pieces.proofs[0].points[index] = function(*point)
        assert remade(bench, pieces) == name, index
    assert remade(bench, bench.pieces()) == ACCEPTED


def test_swapped_points(bench: Bench) -> None:
    for index in range(bench.key.n_proof_points):
        pieces = bench.pieces()
        points = pieces.proofs[0].points
        other = (index + 1) % len(points)
        if points[index] == points[other]:
            continue
        points[index], points[other] = points[other], points[index]
        assert remade(bench, pieces) == "ProofInvalid", index
    assert remade(bench, bench.pieces()) == ACCEPTED


# -- scalars, hints and counts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("add_r", [R, 2 * R, TOP - 1])
def test_scalars_not_below_r(bench: Bench, add_r: int) -> None:
    for name, refused in (("instances", "InstanceNotCanonical"), ("evaluations", "EvaluationNotCanonical")):
        for index in (0, -1):
            pieces = bench.pieces()
            values = getattr(pieces.proofs[0], name)
            values[index] = min(values[index] + add_r, TOP - 1)
            assert remade(bench, pieces) == refused
    assert remade(bench, bench.pieces()) == ACCEPTED


@pytest.mark.parametrize("name", ["instances", "evaluations"])
def test_scalars_all_equal(bench: Bench, name: str) -> None:
    pieces = bench.pieces()
    values = getattr(pieces.proofs[0], name)
    values[:] = [5] * len(values)
    assert remade(bench, pieces) == "ProofInvalid"
    assert remade(bench, bench.pieces()) == ACCEPTED


VALUES: dict[str, Callable[[int], int]] = {
    "zero": lambda v: 0,
    "+1": lambda v: v + 1,
    "negated": lambda v: -v % R,
    "all ones": lambda v: TOP - 1,
}


@pytest.mark.parametrize("change", VALUES)
def test_wrong_hints_and_scalars(bench: Bench, change: str) -> None:
    """With weights, quotient and divisors drawn for them: the claims themselves are judged."""
    pieces = bench.pieces()
    for place in ("hints", "scalars"):
        count = len(pieces.proofs[0].hints if place == "hints" else pieces.scalars)
        for index in range(count):
            changed = Pieces.of(bench.key, pieces.bytes())
            values = changed.proofs[0].hints if place == "hints" else changed.scalars
            values[index] = VALUES[change](values[index])
            assert redrawn(bench, changed) == "HintWrong", (place, index)
    assert redrawn(bench, pieces) == ACCEPTED


@pytest.mark.parametrize("multiple", [1, 2, 4])
def test_multiples_of_r_change_nothing(bench: Bench, multiple: int) -> None:
    """A control of all hint tests: what is congruent is accepted."""
    pieces = bench.pieces()
    for values in (pieces.proofs[0].hints, pieces.scalars):
        values[:] = [value + multiple * R for value in values]
    assert redrawn(bench, pieces) == ACCEPTED


def test_hints_and_quotient_that_were_not_drawn_for(bench: Bench) -> None:
    pieces = bench.pieces()
    pieces.proofs[0].hints[0] += R
    assert bench.check(pieces.bytes()) == "ModulusWrong"
    pieces.draw_divisors()
    assert bench.check(pieces.bytes()) == "HintWrong"  # the quotient is that of other weights
    assert redrawn(bench, pieces) == ACCEPTED


def test_quotient_fitted_to_moduli_of_another_draw(bench: Bench) -> None:
    pieces = bench.pieces()
    pieces.scalars[0] += 1
    pieces.redraw()
    product = 1
    for prime in primes(pieces.moduli_seed()):
        product *= prime
    _, total = pieces.total()
    fitted = total * pow(R, -1, product) % product
    assert (total - R * fitted) % product == 0  # under these moduli the false claim would pass
    pieces.set_quotient(fitted)
    assert bench.check(pieces.bytes()) == "HintWrong"
    pieces.scalars[0] -= 1
    assert redrawn(bench, pieces) == ACCEPTED


DIVISORS: dict[str, Callable[[list[int]], list[int]]] = {
    "one": lambda d: [1 if v else v for v in d],
    "a composite as prime": lambda d: [0 if i == _first(d) else v for i, v in enumerate(d)],
    "a prime passed over": lambda d: [3 if i == d.index(0) else v for i, v in enumerate(d)],
    "one less": lambda d: d[:-1],
    "one more": lambda d: [*d, 3],
    "none": lambda d: [],
}


def _first(divisors: list[int]) -> int:
    return next(i for i, value in enumerate(divisors) if value)


@pytest.mark.parametrize("change", DIVISORS)
def test_moduli_cannot_be_chosen(bench: Bench, change: str) -> None:
    pieces = bench.pieces()
    assert bench.check(pieces.bytes()) == ACCEPTED
    pieces.divisors = DIVISORS[change](pieces.divisors)
    pieces.candidates = len(pieces.divisors)
    assert bench.check(pieces.bytes()) == "ModulusWrong"


def test_a_composite_is_no_modulus(bench: Bench) -> None:
    """An honest payload holds modulo anything: only the primality test refuses a composite among the six moduli."""
    pieces = bench.pieces()
    assert bench.check(pieces.bytes()) == ACCEPTED
    for index in [i for i, value in enumerate(pieces.divisors) if value]:
        changed = Pieces.of(bench.key, pieces.bytes())
        changed.divisors[index] = 0
        sixth = [i for i, value in enumerate(changed.divisors) if not value][5]
        del changed.divisors[sixth + 1 :]
        changed.candidates = len(changed.divisors)
        assert bench.check(changed.bytes()) == "ModulusWrong", index


def test_a_prime_is_not_passed_over(bench: Bench) -> None:
    """With a false divisor, and the stream followed up to another sixth prime: only trying the divisor refuses it."""
    pieces = bench.pieces()
    assert bench.check(pieces.bytes()) == ACCEPTED
    seed = pieces.moduli_seed()
    for index in [i for i, value in enumerate(pieces.divisors) if not value]:
        changed = Pieces.of(bench.key, pieces.bytes())
        found = [smallest_factor(candidate) for candidate in islice(candidates(seed), 500)]
        found[index] = 3
        sixth = [i for i, value in enumerate(found) if not value][5]
        changed.divisors = found[: sixth + 1]
        changed.candidates = len(changed.divisors)
        assert bench.check(changed.bytes()) == "ModulusWrong", index


COUNTS: dict[str, tuple[Callable[[Pieces], None], str]] = {
    "no proof": (lambda p: setattr(p, "count", 0), "BadPayloadCounts"),
    "nine proofs": (lambda p: setattr(p, "count", 9), "BadPayloadCounts"),
    "one proof more": (lambda p: setattr(p, "count", 2), "PayloadTooShort"),
    "one candidate more": (lambda p: setattr(p, "candidates", p.candidates + 1), "PayloadTooShort"),
    "one candidate less": (lambda p: setattr(p, "candidates", p.candidates - 1), "PayloadTooLong"),
    "513 candidates": (lambda p: setattr(p, "candidates", 513), "BadPayloadCounts"),
    "reserved": (lambda p: setattr(p, "reserved", 1), "BadPayloadCounts"),
    "longer": (lambda p: setattr(p, "tail", b"\0"), "PayloadTooLong"),
    "a hint cut": (lambda p: p.proofs[0].hints.pop() and None, "PayloadTooShort"),
    "a scalar cut": (lambda p: p.scalars.pop() and None, "PayloadTooShort"),
    "an instance more": (lambda p: p.proofs[0].instances.append(0), "PayloadTooLong"),
    "an evaluation less": (lambda p: p.proofs[0].evaluations.pop() and None, "PayloadTooShort"),
    "a point more": (lambda p: p.proofs[0].points.append(p.proofs[0].points[0]), "PayloadTooLong"),
}


@pytest.mark.parametrize("change", COUNTS)
def test_counts_and_lengths(bench: Bench, change: str) -> None:
    function, name = COUNTS[change]
    pieces = bench.pieces()
    assert bench.check(pieces.bytes()) == ACCEPTED
    function(pieces)
    assert bench.check(pieces.bytes()) == name


def test_boundary_between_instances_and_proof_shifted(bench: Bench) -> None:
    payload = bench.payloads[0]
    shifted = payload[:8] + payload[9:] + payload[8:9]
    assert bench.check(shifted) not in (ACCEPTED, None) and bench.is_named(bench.check(shifted))
    assert bench.check(payload) == ACCEPTED


def test_empty_and_headless_payloads(bench: Bench) -> None:
    for size in (1, 7):
        assert bench.check(bytes(size)) == "PayloadTooShort"
    assert bench.check(bytes(8)) == "BadPayloadCounts"
    assert bench.check(bench.payloads[0]) == ACCEPTED
