"""Mutations of a payload: points, scalars, hints, counts, batches, commitments.

A change is sent stale (nothing else fits it any more), redrawn (quotient and divisors drawn for it, so that the claims
themselves are judged) or remade (honest hints and scalars for the changed proof, so that the pairing judges).
"""

from __future__ import annotations

import struct

from mai_zk.field import Q, R
from mai_zk.moduli import candidates, primes

from campaign.bench import Bench
from campaign.changes import changed_list, changed_point
from campaign.pieces import POINT, WORD, Pieces, payload_or_zeros
from campaign.registry import Result, mutation

STALE, REDRAWN, REMADE = "stale", "redrawn", "remade"


def judge(bench: Bench, pieces: Pieces, original: bytes, what: str, same: bool = False) -> Result:
    """Ask the chain; an unchanged payload, and one that means the same, must be accepted."""
    payload = pieces.bytes()
    return Result(bench.check(payload), what, control=same or payload == original)


def judge_remade(bench: Bench, pieces: Pieces, original: bytes, what: str) -> Result:
    """Ask with honest hints for the pieces' proofs."""
    payload = payload_or_zeros(bench.key, [(p.instances, p.proof(bench.key)) for p in pieces.proofs])
    return Result(bench.check(payload), f"{what}, {REMADE}", control=payload == original)


def judge_changed(bench: Bench, pieces: Pieces, original: bytes, what: str) -> Result:
    """A changed statement or proof: stale, redrawn or remade."""
    mode = bench.draw.choice((STALE, REDRAWN, REMADE, REMADE))
    if mode == REMADE:
        return judge_remade(bench, pieces, original, what)
    if mode == REDRAWN and pieces.bytes() != original:
        pieces.redraw()
    return judge(bench, pieces, original, f"{what}, {mode}")


@mutation("honest")
def honest(bench: Bench) -> Result:
    """Nothing changed: one proof or a batch, in any order, some of them twice."""
    chosen = bench.draw.choices(bench.proofs, k=bench.draw.randrange(1, 5))
    return Result(bench.check(bench.key.batch(chosen)), f"{len(chosen)} honest proofs", control=True)


@mutation("points")
def points(bench: Bench) -> Result:
    """One point of one proof."""
    pieces = bench.pieces()
    original = pieces.bytes()
    return judge_changed(bench, pieces, original, changed_point(bench, pieces.proofs[0]))


@mutation("scalars")
def evaluations(bench: Bench) -> Result:
    """The proof's evaluations."""
    pieces = bench.pieces()
    original = pieces.bytes()
    what = changed_list(bench, pieces.proofs[0].evaluations)
    return judge_changed(bench, pieces, original, f"evaluation {what}")


@mutation("scalars")
def instances(bench: Bench) -> Result:
    """The public instances; a key without any has its evaluations changed."""
    pieces = bench.pieces()
    original = pieces.bytes()
    if not pieces.proofs[0].instances:
        return evaluations(bench)
    what = changed_list(bench, pieces.proofs[0].instances)
    return judge_changed(bench, pieces, original, f"instance {what}")


@mutation("scalars")
def shifted_boundary(bench: Bench) -> Result:
    """Bytes move over a boundary: the whole length stays."""
    pieces = bench.pieces()
    original = pieces.bytes()
    amount = bench.draw.choice((1, 2, 8, 31, 32, 64))
    start = bench.draw.randrange(8, len(original) - 2 * amount)
    payload = original[:start] + original[start + amount :] + original[start : start + amount]
    if bench.draw.random() < 0.5:
        payload = original[:start] + bytes(amount) + original[start:-amount]
    return Result(bench.check(payload), "bytes shifted", control=payload == original)


@mutation("scalars")
def flipped_bit(bench: Bench) -> Result:
    """Any bit of the payload."""
    original = bench.draw.choice(bench.payloads)
    bit = bench.draw.randrange(8 * len(original))
    payload = bytearray(original)
    payload[bit // 8] ^= 1 << bit % 8
    # Another true divisor is as good.
    in_divisors = bit // 8 >= len(original) - 2 * len(Pieces.of(bench.key, original).divisors)
    same = in_divisors and true_divisors(Pieces.of(bench.key, original), Pieces.of(bench.key, bytes(payload)).divisors)
    return Result(bench.check(bytes(payload)), "any bit flipped", control=same)


def true_divisors(pieces: Pieces, listed: list[int]) -> bool:
    """Whether other divisors single out the same moduli as the pieces' own."""
    stream = zip(candidates(pieces.moduli_seed()), pieces.divisors, listed, strict=False)
    return len(listed) == len(pieces.divisors) and all(
        new == 0 if old == 0 else new > 1 and candidate % new == 0 for candidate, old, new in stream
    )


@mutation("hints", 2)
def hints(bench: Bench) -> Result:
    """The hints: what the field code binds."""
    pieces = bench.pieces(batch=bench.draw.random() < 0.2)
    original = pieces.bytes()
    return _claimed(bench, pieces, original, bench.draw.choice(pieces.proofs).hints, "hint")


@mutation("hints")
def supplied_scalars(bench: Bench) -> Result:
    """The scalars of the curve sum."""
    pieces = bench.pieces(batch=bench.draw.random() < 0.2)
    original = pieces.bytes()
    return _claimed(bench, pieces, original, pieces.scalars, "scalar")


def _claimed(bench: Bench, pieces: Pieces, original: bytes, values: list[int], name: str) -> Result:
    before = list(values)
    what = changed_list(bench, values)
    same = all((a - b) % R == 0 for a, b in zip(before, values, strict=True))
    if bench.draw.random() < 0.7 and pieces.bytes() != original:
        if values is not pieces.scalars:
            pieces.resupply()  # a batch's coefficients depend on its hints
        pieces.redraw()
        return judge(bench, pieces, original, f"{name} {what}, {REDRAWN}", same=same)
    return judge(bench, pieces, original, f"{name} {what}, {STALE}")


@mutation("hints")
def two_hints_that_cancel(bench: Bench) -> Result:
    """Two claims made false by opposite amounts: their weights differ."""
    pieces = bench.pieces()
    original = pieces.bytes()
    values = bench.draw.choice((pieces.proofs[0].hints, pieces.scalars))
    first, second = bench.draw.sample(range(len(values)), 2)
    amount = bench.draw.choice((1, 2, 1 << 64, R // 2, bench.draw.randrange(1, R)))
    values[first] = (values[first] + amount) % R
    values[second] = (values[second] - amount) % R
    pieces.redraw()
    return judge(bench, pieces, original, f"two opposite errors, {REDRAWN}")


@mutation("hints")
def quotient(bench: Bench) -> Result:
    """The quotient, also by a multiple of the old moduli's product; its divisors fit or not."""
    pieces = bench.pieces(batch=bench.draw.random() < 0.2)
    original = pieces.bytes()
    bits = 8 * len(pieces.quotient)
    value = int.from_bytes(pieces.quotient, "big") - (1 << (bits - 1))
    product = 1
    for prime in primes(pieces.moduli_seed()):
        product *= prime
    draw = bench.draw
    options = {
        "+1": value + 1,
        "-1": value - 1,
        "negated": -value,
        "zero": 0,
        "lowest": -(1 << (bits - 1)),
        "highest": (1 << (bits - 1)) - 1,
        "+ product of the moduli": value + product * draw.randrange(1, 1 << 20),
        "bit flipped": value ^ 1 << draw.randrange(bits - 1),
        "random": draw.randrange(1 << (bits - 1)),
        "+ r": value + R,
    }
    what = draw.choice(sorted(options))
    if draw.random() < 0.6:
        pieces.set_quotient(options[what])
        mode = REDRAWN
    else:
        kept = pieces.divisors, pieces.candidates
        pieces.set_quotient(options[what])
        pieces.divisors, pieces.candidates = kept
        mode = STALE
    return judge(bench, pieces, original, f"quotient {what}, {mode}")


@mutation("hints")
def old_quotient_for_a_false_claim(bench: Bench) -> Result:
    """A false claim, with the quotient solved for the moduli of another draw."""
    pieces = bench.pieces()
    original = pieces.bytes()
    pieces.scalars[bench.draw.randrange(len(pieces.scalars))] += 1
    pieces.redraw()
    product = 1
    for prime in primes(pieces.moduli_seed()):
        product *= prime
    _, total = pieces.total()
    # total = r * quotient holds modulo the primes that the quotient before led to.
    pieces.set_quotient(total * pow(R, -1, product) % product)
    return judge(bench, pieces, original, f"quotient fitted to other moduli, {REDRAWN}")


@mutation("hints")
def divisors(bench: Bench) -> Result:
    """The divisors that single out the moduli."""
    pieces = bench.pieces()
    original = pieces.bytes()
    draw, listed = bench.draw, list(pieces.divisors)
    index = draw.randrange(len(listed))
    stream = list(zip(candidates(pieces.moduli_seed()), listed, strict=False))
    kind = draw.choice(("value", "one", "zero", "prime passed over", "another factor", "dropped", "added", "swapped"))
    if kind == "value":
        listed[index] = draw.randrange(1 << 16)
    elif kind == "one":
        listed[index] = 1
    elif kind == "zero":
        listed[draw.choice([i for i, value in enumerate(listed) if value])] = 0
    elif kind == "prime passed over":
        chosen = draw.choice([i for i, value in enumerate(listed) if not value])
        listed[chosen] = draw.choice((1, 3, stream[chosen][0] & 0xFFFF or 3))
    elif kind == "another factor":
        for at, (candidate, known) in enumerate(stream):
            cofactor = candidate // known if known else 0
            choices = [d for d in (known * 3, known * 5, known * 7, cofactor) if 1 < d < 1 << 16 and candidate % d == 0]
            if known and choices:
                listed[at] = draw.choice(choices)
    elif kind == "dropped":
        del listed[index]
    elif kind == "added":
        listed.insert(index, draw.choice((0, 3, 1)))
    else:
        other = draw.randrange(len(listed))
        listed[index], listed[other] = listed[other], listed[index]
    same = true_divisors(pieces, listed)
    pieces.divisors, pieces.candidates = listed, len(listed)
    return judge(bench, pieces, original, f"divisor {kind}", same=same)


@mutation("counts")
def counts(bench: Bench) -> Result:
    """The counts in front, the whole length, and parts left out or doubled."""
    pieces = bench.pieces(batch=bench.draw.random() < 0.3)
    original = pieces.bytes()
    draw = bench.draw
    kind = draw.choice(
        (
            "count",
            "candidates",
            "reserved",
            "cut",
            "longer",
            "scalar less",
            "scalar more",
            "hint less",
            "hint more",
            "instance more",
            "evaluation less",
            "point more",
            "quotient less",
            "quotient more",
            "proof twice",
            "proof less",
        )
    )
    proof = draw.choice(pieces.proofs)
    payload = None
    if kind == "count":
        pieces.count += draw.choice((-1, 1, 2, 7, 8, 255, 256, -pieces.count))
    elif kind == "candidates":
        pieces.candidates += draw.choice((-1, 1, 8, -pieces.candidates, 512, 513 - pieces.candidates, 65535))
    elif kind == "reserved":
        pieces.reserved = 1 << draw.randrange(32)
    elif kind == "cut":
        payload = original[: draw.randrange(1, len(original))]
    elif kind == "longer":
        pieces.tail = draw.choice((bytes(1), bytes(2), bytes(8), bytes(32), draw.randbytes(draw.randrange(1, 99))))
    elif kind == "scalar less":
        del pieces.scalars[draw.randrange(len(pieces.scalars))]
    elif kind == "scalar more":
        pieces.scalars.insert(draw.randrange(len(pieces.scalars)), draw.randrange(R))
    elif kind == "hint less":
        del proof.hints[draw.randrange(len(proof.hints))]
    elif kind == "hint more":
        proof.hints.append(draw.randrange(R))
    elif kind == "instance more":
        proof.instances.append(draw.choice((0, draw.randrange(R))))
    elif kind == "evaluation less":
        del proof.evaluations[draw.randrange(len(proof.evaluations))]
    elif kind == "point more":
        proof.points.insert(draw.randrange(len(proof.points)), draw.choice(proof.points))
    elif kind == "quotient less":
        pieces.quotient = pieces.quotient[8:]
    elif kind == "quotient more":
        pieces.quotient = bytes(8) + pieces.quotient
    elif kind == "proof twice":
        pieces.proofs.append(proof)
        pieces.count += draw.randrange(2)
    else:
        pieces.proofs.pop()
        pieces.count -= draw.randrange(2)
    payload = pieces.bytes() if payload is None else payload
    return Result(bench.check(payload), f"counts: {kind}", control=payload == original)


@mutation("counts")
def noise(bench: Bench) -> Result:
    """Random bytes, with and without a sensible head."""
    draw = bench.draw
    size = draw.choice((1, 7, 8, 9, 100, len(bench.payloads[0]), draw.randrange(1, 9000)))
    payload = draw.randbytes(size)
    if draw.random() < 0.7:
        payload = (struct.pack("<HHI", draw.randrange(10), draw.randrange(600), 0) + payload)[: max(size, 8)]
    return Result(bench.check(payload), "noise")


@mutation("commitments")
def commitments(bench: Bench) -> Result:
    """The proof's first points: negated, swapped, or another proof's."""
    pieces = bench.pieces()
    original = pieces.bytes()
    piece, draw = pieces.proofs[0], bench.draw
    count = max(bench.key.parts.n_points, 1)
    index = draw.randrange(count)
    kind = draw.choice(("negated", "swapped", "another proof's", "all another proof's"))
    data = piece.points[index]
    if kind == "negated":
        y = Q - int.from_bytes(data[WORD:], "big")
        piece.points[index] = data[:WORD] + y.to_bytes(WORD, "big")
    elif kind == "swapped":
        other = draw.randrange(bench.key.phases[0][0])
        piece.points[index], piece.points[other] = piece.points[other], data
    else:
        donor = draw.choice(bench.proofs)[1]
        for at in [index] if kind == "another proof's" else range(count):
            piece.points[at] = donor[POINT * at : POINT * (at + 1)]
    return judge_changed(bench, pieces, original, f"commitment {kind}")


@mutation("commitments")
def proof_of_another_circuit(bench: Bench) -> Result:
    """Another circuit's honest proof, cut or filled to this one's shape, or as it is."""
    other = bench.other
    proof = bench.draw.choice(other.proofs)
    if bench.draw.random() < 0.5:
        return Result(bench.check(other.key.payload(proof.instances, proof.proof)), "another circuit's payload")
    key = bench.key
    made = list(proof.instances)[: key.n_instances] + [0] * max(0, key.n_instances - len(proof.instances))
    data = proof.proof[: key.proof_size].ljust(key.proof_size, b"\0")
    return Result(bench.check(payload_or_zeros(key, [(made, data)])), "another circuit's proof in this one's shape")
