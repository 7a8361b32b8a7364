"""Proof payloads: one or several proofs under one key, with everything that lets the verifier check instead of compute.

Follows `residue::checks` and `verification` of programs/verifier: each claim of the field code and of the scalars is
multiplied by a random weight; their sum is r times the payload's quotient.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from mai_zk.errors import ZkError
from mai_zk.field import R, encode_words, keccak256
from mai_zk.machine import Run, execute
from mai_zk.moduli import divisors

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram

MAX_PROOFS: Final = 8
BATCH_WORDS: Final = 3  # what batch coefficients add to the quotient
GROUP: Final = 16  # claims that share the outer factor of their weight
_WEIGHTS: Final = b"MAI weights v1"
_MODULI: Final = b"MAI moduli v1"
_BATCH: Final = b"MAI batch v1"


def make_payload(program: KeyProgram, proofs: Sequence[tuple[Sequence[int], bytes]]) -> bytes:
    """The payload of (instances, proof) pairs, at most `MAX_PROOFS`.

    Only counts, lengths and the instances' 32-byte range are checked here: the verifier judges the rest. For a proof
    that it refuses, the payload says so as well as it can.
    """
    if not 1 <= len(proofs) <= MAX_PROOFS:
        raise ZkError(f"A payload holds 1 to {MAX_PROOFS} proofs, but {len(proofs)} were given.")
    runs = [execute(program, instances, proof) for instances, proof in proofs]
    digests = b"".join(keccak256(run.state + run.proof[-64:] + encode_words(run.hints)) for run in runs)
    coefficients = [1, *(batch_coefficient(program, digests, i) for i in range(1, len(runs)))]
    totals = list(_scalars(program, runs, coefficients))
    supplied = [total % R for total in totals]
    claims = [claim for run in runs for claim in run.code.claims]
    claims += [total - scalar for total, scalar in zip(totals, supplied, strict=True)]
    seed = keccak256(_WEIGHTS + program.hash + digests + encode_words(supplied))
    words = program.quotient_words + (BATCH_WORDS if len(runs) > 1 else 0)
    quotient = _encode_quotient(sum(w * c for w, c in zip(weights(seed), claims, strict=False)) // R, words)
    factors = divisors(keccak256(_MODULI + seed + quotient))
    body = b"".join(
        encode_words(instances) + run.proof + encode_words(run.hints)
        for (instances, _), run in zip(proofs, runs, strict=True)
    )
    head = struct.pack("<HHI", len(runs), len(factors), 0)
    return head + body + encode_words(supplied) + quotient + struct.pack(f"<{len(factors)}H", *factors)


def batch_coefficient(program: KeyProgram, digests: bytes, index: int) -> int:
    """The random coefficient of proof `index` (from 1) of a batch: 160 bits, never zero."""
    data = keccak256(_BATCH + program.hash + digests + bytes([index]))
    return int.from_bytes(data[:20], "big") | 1 << 159


def _scalars(program: KeyProgram, runs: Sequence[Run], coefficients: Sequence[int]) -> Iterator[int]:
    """The exact scalars of the whole curve sum: the key's are sums over the proofs."""
    for i in range(program.n_points):
        yield sum(k * run.code.scalars[i] for k, run in zip(coefficients, runs, strict=True))
    for k, run in zip(coefficients, runs, strict=True):
        yield from (k * scalar for scalar in run.code.scalars[program.n_points :])


def weights(seed: bytes) -> Iterator[int]:
    """The claims' weights without end: an inner factor for each place in a group, an outer one for each group."""

    def half(index: int) -> int:
        data = keccak256(seed + (index // 2).to_bytes(4, "little"))
        return int.from_bytes(data[16 * (index % 2) :][:16], "big")

    inner = [half(i) for i in range(GROUP)]
    group = 0
    while True:
        outer = half(GROUP + group)
        yield from (outer * w for w in inner)
        group += 1


def _encode_quotient(quotient: int, words: int) -> bytes:
    """A signed integer in offset binary, big-endian; one that is too long for an honest run is cut."""
    bits = 64 * words
    return ((quotient + (1 << (bits - 1))) % (1 << bits)).to_bytes(bits // 8, "big")
