"""Mutations of batches: one bad proof among good ones, parts exchanged, errors that cancel."""

from __future__ import annotations

from mai_zk.curve import GENERATOR, add, decode_point, multiply
from mai_zk.field import R
from mai_zk.payload import batch_coefficient
from mai_zk.srs import TEST_SECRET

from campaign.bench import Bench
from campaign.changes import changed_list, changed_point
from campaign.payloads import REDRAWN, STALE, judge, judge_changed
from campaign.pieces import Pieces, payload_or_zeros, scalar_of
from campaign.registry import Result, mutation


@mutation("batch")
def batch_with_a_bad_proof(bench: Bench) -> Result:
    """Two or three proofs, one of them changed."""
    chosen = bench.draw.sample(bench.proofs, bench.draw.randrange(2, len(bench.proofs) + 1))
    original = bench.key.batch(chosen)
    pieces = Pieces.of(bench.key, original)
    piece = bench.draw.choice(pieces.proofs)
    kind = bench.draw.choice(("point", "point", "evaluation", "instance"))
    if kind == "point":
        what = changed_point(bench, piece)
    else:
        what = changed_list(bench, (piece.instances if kind == "instance" else []) or piece.evaluations)
    return judge_changed(bench, pieces, original, f"batch, {kind} {what}")


@mutation("batch")
def batch_mixed(bench: Bench) -> Result:
    """Parts of one proof exchanged with those of another proof of the same payload."""
    chosen = bench.draw.sample(bench.proofs, 2)
    original = bench.key.batch(chosen)
    pieces = Pieces.of(bench.key, original)
    first, second = pieces.proofs
    draw = bench.draw
    part = draw.choice(("instances", "points", "evaluations", "hints", "openings", "last opening", "both whole"))
    if part == "both whole":
        pieces.proofs.reverse()
        if draw.random() < 0.5:
            return judge_remade_control(bench, pieces)
        return judge(bench, pieces, original, f"batch order, {STALE}")
    if part in ("openings", "last opening"):
        count = 2 if part == "openings" else 1
        first.points[-count:], second.points[-count:] = second.points[-count:], first.points[-count:]
    else:
        a, b = getattr(first, part), getattr(second, part)
        setattr(first, part, b)
        setattr(second, part, a)
    if part == "hints":
        pieces.resupply()
        pieces.redraw()
        return judge(bench, pieces, original, f"batch, {part} exchanged, {REDRAWN}")
    return judge_changed(bench, pieces, original, f"batch, {part} exchanged")


def judge_remade_control(bench: Bench, pieces: Pieces) -> Result:
    """A reordered batch with fresh hints is honest."""
    payload = payload_or_zeros(bench.key, [(p.instances, p.proof(bench.key)) for p in pieces.proofs])
    return Result(bench.check(payload), "batch order, remade", control=True)


@mutation("batch")
def batch_cancellation(bench: Bench) -> Result:
    """Two wrong proofs whose errors cancel under the coefficient that they would have had."""
    payload = cancelling(bench)
    return Result(bench.check(payload), "errors that cancel under a predicted coefficient")


def cancelling(bench: Bench) -> bytes:
    """W' of two proofs shifted so that Σ rho (sum - s W') stays zero for the rho of the proofs before the shift.

    Uses the test SRS's secret s; an attacker without it would use [s]G1 of the SRS.
    """
    chosen = bench.draw.sample(bench.proofs, 2)
    pieces = Pieces.of(bench.key, bench.key.batch(chosen))
    rho = batch_coefficient(bench.key, pieces.digests, 1)
    last = scalar_of(bench.key, bench.key.n_proof_points - 1)
    assert last is not None
    first, second = (bench.key.run(*proof).scalars[last] - TEST_SECRET for proof in chosen)
    base = multiply(GENERATOR, bench.draw.randrange(1, R))
    shifts = (multiply(base, rho * second % R), multiply(base, -first % R))
    for piece, shift in zip(pieces.proofs, shifts, strict=True):
        piece.points[-1] = add(decode_point(piece.points[-1]), shift).to_bytes()
    return payload_or_zeros(bench.key, [(p.instances, p.proof(bench.key)) for p in pieces.proofs])
