"""A payload taken apart, changed, and put together again, with the quotient and the divisors of what it now says.

The interpreter here runs on the payload's own hints, honest or not: `mai_zk.machine` only ever makes honest ones.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from mai_zk.errors import ZkError
from mai_zk.field import R, keccak256
from mai_zk.isa import SUMS, Op
from mai_zk.keyprogram import NO_UNIT_POINT, KeyProgram
from mai_zk.machine import transcript
from mai_zk.moduli import divisors
from mai_zk.payload import BATCH_WORDS, batch_coefficient, weights

WORD = 32
POINT = 64


@dataclass
class Piece:
    """One proof of a payload; every integer is written as 32 bytes."""

    instances: list[int]
    points: list[bytes]
    evaluations: list[int]
    hints: list[int]

    def proof(self, key: KeyProgram) -> bytes:
        """EZKL's proof bytes: the phases' points, the evaluations, W and W'."""
        cut = key.n_phase_points
        return b"".join([*self.points[:cut], words(self.evaluations), *self.points[cut:]])


@dataclass
class Pieces:
    """A payload's parts; `bytes()` writes them whatever they are."""

    key: KeyProgram
    proofs: list[Piece]
    scalars: list[int]
    quotient: bytes
    divisors: list[int]
    count: int
    candidates: int
    reserved: int = 0
    tail: bytes = field(default=b"")

    @classmethod
    def of(cls, key: KeyProgram, payload: bytes) -> Pieces:
        """Take a well-formed payload apart."""
        count, candidates = struct.unpack_from("<HH", payload)
        at = 8

        def take(size: int) -> bytes:
            nonlocal at
            at += size
            return payload[at - size : at]

        def numbers(count: int) -> list[int]:
            data = take(WORD * count)
            return [int.from_bytes(data[i : i + WORD], "big") for i in range(0, len(data), WORD)]

        def points(count: int) -> list[bytes]:
            return [take(POINT) for _ in range(count)]

        proofs = []
        for _ in range(count):
            instances, first, evaluations = numbers(key.n_instances), points(key.n_phase_points), numbers(key.n_evals)
            proofs.append(Piece(instances, first + points(2), evaluations, numbers(key.n_hints)))
        scalars = numbers(key.n_points + count * (key.n_scalars - key.n_points))
        quotient = take(8 * (key.quotient_words + (BATCH_WORDS if count > 1 else 0)))
        found = list(struct.unpack(f"<{candidates}H", take(2 * candidates)))
        return cls(key, proofs, scalars, quotient, found, count, candidates)

    def bytes(self) -> bytes:
        """The payload."""
        head = struct.pack("<HHI", self.count & 0xFFFF, self.candidates & 0xFFFF, self.reserved)
        body = b"".join(words(p.instances) + p.proof(self.key) + words(p.hints) for p in self.proofs)
        tail = struct.pack(f"<{len(self.divisors)}H", *self.divisors) + self.tail
        return head + body + words(self.scalars) + self.quotient + tail

    # -- drawing again ----------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw weights for what the pieces now say, set the quotient that fits best, and name the divisors.

        A payload whose claims all hold becomes acceptable again.
        """
        seed, total = self.total()
        self.set_quotient(total // R, seed)

    def resupply(self) -> None:
        """Supply the scalars that the field code finds with the hints as they are."""
        self.scalars = [value % R for value in self._found()[1]]

    def set_quotient(self, value: int, seed: bytes | None = None) -> None:
        """Write a quotient and the divisors of the moduli that it leads to."""
        bits = 8 * len(self.quotient)
        self.quotient = ((value + (1 << (bits - 1))) % (1 << bits)).to_bytes(bits // 8, "big")
        self.draw_divisors(seed)

    def draw_divisors(self, seed: bytes | None = None) -> None:
        """Name the divisors for the payload as it is."""
        self.divisors = list(divisors(self.moduli_seed(seed)))
        self.candidates = len(self.divisors)

    @property
    def digests(self) -> bytes:
        """What batch coefficients are drawn from."""
        return self._seed()[1]

    def moduli_seed(self, seed: bytes | None = None) -> bytes:
        """What the moduli are drawn from."""
        return keccak256(b"MAI moduli v1" + (seed or self._seed()[0]) + self.quotient)

    def _seed(self) -> tuple[bytes, bytes, list[tuple[int, ...]]]:
        """(the weights' seed, all digests, all challenges)."""
        found, challenges = [], []
        for piece in self.proofs:
            drawn, state = transcript(self.key, piece.instances, piece.proof(self.key))
            found.append(keccak256(state + piece.points[-1] + words(piece.hints)))
            challenges.append(drawn)
        digests = b"".join(found)
        return keccak256(b"MAI weights v1" + self.key.hash + digests + words(self.scalars)), digests, challenges

    def total(self) -> tuple[bytes, int]:
        """(the weights' seed, the weighted sum of all claims)."""
        claims, found = self._found()
        claims += [value - supplied for value, supplied in zip(found, self.scalars, strict=True)]
        seed = self._seed()[0]
        return seed, sum(w * c for w, c in zip(weights(seed), claims, strict=False))

    def _found(self) -> tuple[list[int], list[int]]:
        """(the field code's claims, the scalars of the whole curve sum), exact."""
        _, digests, challenges = self._seed()
        key = self.key
        claims: list[int] = []
        found = [0] * key.n_points
        for index, (piece, drawn) in enumerate(zip(self.proofs, challenges, strict=True)):
            made, scalars = run_code(key, [*drawn, *piece.instances, *piece.evaluations], piece.hints)
            claims += made
            coefficient = batch_coefficient(key, digests, index) if index else 1
            for i in range(key.n_points):
                found[i] += coefficient * scalars[i]
            found += [coefficient * scalar for scalar in scalars[key.n_points :]]
        return claims, found


def run_code(key: KeyProgram, inputs: Sequence[int], hints: Sequence[int]) -> tuple[list[int], list[int]]:
    """(claims, scalars) of the field code in exact integers, with these hints."""
    slots = [*key.constants, *inputs, *hints]
    slots += [0] * (key.n_slots - len(slots))
    scalars = [0] * key.n_scalars
    claims = []
    for ins in key.code:
        op, args = ins.op, ins.args
        if op is Op.SUB:
            slots[args[0]] = slots[args[1]] - slots[args[2]]
        elif op in SUMS:
            slots[args[0]] = sum(slots[a] * slots[b] for a, b in ins.products) + sum(slots[a] for a in ins.addends)
        elif op is Op.RED:
            claims.append(slots[args[1]] - slots[args[0]])
        elif op is Op.INV:
            claims.append(slots[args[0]] * slots[args[1]] - 1)
        elif op is Op.SCAL:
            scalars[args[0]] = slots[args[1]]
    return claims, scalars


def words(values: Sequence[int]) -> bytes:
    """32 big-endian bytes each."""
    return b"".join(value.to_bytes(WORD, "big") for value in values)


def payload_or_zeros(key: KeyProgram, proofs: Sequence[tuple[Sequence[int], bytes]]) -> bytes:
    """The honest payload for these proofs; where none can be made, one with zeros, so that the chain is who refuses."""
    try:
        return key.batch(proofs)
    except ZkError:
        body = b"".join(words(list(i)) + proof + bytes(WORD * key.n_hints) for i, proof in proofs)
        scalars = key.n_points + len(proofs) * (key.n_scalars - key.n_points)
        quotient = 8 * (key.quotient_words + (BATCH_WORDS if len(proofs) > 1 else 0))
        return struct.pack("<HHI", len(proofs), 0, 0) + body + bytes(WORD * scalars + quotient)


def scalar_of(key: KeyProgram, point: int) -> int | None:
    """The index among the scalars of a proof's point; None for the unit point."""
    unit = key.unit_point
    if point == unit:
        return None
    return key.n_points + point - (unit != NO_UNIT_POINT and point > unit)
