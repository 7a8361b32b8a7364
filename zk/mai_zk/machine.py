"""The reference interpreter: runs a key program in exact integers mod r, off chain.

It follows docs/reference/key-program.md word by word and yields what a client needs (hints) and what tests compare
with (challenges, scalars, the final point). Limb bounds are not modelled here; see `mai_zk.bounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mai_zk.curve import Point, add, decode_point, multiply
from mai_zk.errors import ZkError
from mai_zk.field import MONT, MONT_INV, R, encode_words, from_limbs, keccak256
from mai_zk.isa import CurveKind, Op

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram


@dataclass(frozen=True)
class Run:
    """The result of running a key program on instances and a proof.

    `challenges` are plain integers mod r, `hints` Montgomery form (0 where no inverse exists), `scalars` plain
    integers mod r, `refusal` the first reason why the field code refuses, or None.
    """

    program: KeyProgram
    proof: bytes
    challenges: tuple[int, ...]
    hints: tuple[int, ...]
    scalars: tuple[int, ...]
    refusal: str | None

    @cached_property
    def accumulator(self) -> Point:
        """Register 0 after the curve schedule: the left point of the pairing; ZkError if a point is invalid."""
        registers: dict[int, Point] = {}
        sources = (self.proof, self.program.points)
        for op in self.program.curve_ops:
            r = op.register
            if op.kind is CurveKind.MULS:
                registers[r] = multiply(registers[r], self.scalars[op.x])
            elif op.kind is CurveKind.ADDR:
                registers[r] = add(registers[r], registers[op.x])
            else:
                point = decode_point(sources[op.source][op.x : op.x + 64])
                registers[r] = point if op.kind is CurveKind.LOAD else add(registers[r], point)
        return registers[0]

    @property
    def w_prime(self) -> Point:
        """W', the right point of the pairing."""
        return decode_point(self.proof[-64:])


def transcript(program: KeyProgram, instances: Sequence[int], proof: bytes) -> tuple[int, ...]:
    """All challenges mod r: the phases', then zeta, nu and mu."""
    buffer = program.digest + encode_words(instances)
    challenges: list[int] = []
    at = 0
    evals = (32 * program.n_evals, 2)
    for size, count in [*((64 * p, c) for p, c in program.phases), evals, (64, 1)]:
        buffer += proof[at : at + size]
        at += size
        for i in range(count):
            buffer = keccak256(buffer + (b"\x01" if i else b""))
            challenges.append(int.from_bytes(buffer, "big") % R)
    return tuple(challenges)


@dataclass(frozen=True)
class CodeResult:
    """What the field code leaves: hints (Montgomery form, 0 where no inverse exists), scalars, first refusal."""

    hints: tuple[int, ...]
    scalars: tuple[int, ...]
    refusal: str | None


def execute(program: KeyProgram, instances: Sequence[int], proof: bytes) -> Run:
    """Run the field code; ZkError only for wrong counts or a malformed program, never for a wrong proof."""
    program.check_proof_shape(instances, proof)
    challenges = transcript(program, instances, proof)
    evals_at = 64 * program.n_proof_points
    evals = [int.from_bytes(proof[evals_at + 32 * i :][:32], "big") for i in range(program.n_evals)]
    refusal = "NonCanonical" if any(v >= R for v in [*instances, *evals]) else None
    result = run_code(program, [*(c * MONT for c in challenges), *instances, *evals])
    return Run(program, proof, challenges, result.hints, result.scalars, refusal or result.refusal)


def run_code(program: KeyProgram, inputs: Sequence[int]) -> CodeResult:
    """Run the field code on the slots after the constants: challenges (Montgomery form), instances, evaluations."""
    slots = dict(enumerate(from_limbs(c) % R for c in program.constants))
    for value in inputs:
        slots[len(slots)] = value % R
    first_hint = len(slots)
    scalars = [0] * program.n_scalars
    hints: dict[int, int] = {}
    refusal = None
    for ins in program.code:
        op, args = ins.op, ins.args
        if ins.products:
            slots[args[0]] = sum(slots[a] * slots[b] for a, b in ins.products) * MONT_INV % R
        elif op is Op.ADD:
            slots[args[0]] = (slots[args[1]] + slots[args[2]]) % R
        elif op is Op.SUB:
            slots[args[0]] = (slots[args[1]] + slots[args[3]] - slots[args[2]]) % R
        elif op is Op.CHK:
            value = slots[args[1]]
            if value == 0:
                refusal = refusal or "HintWrong"
            hints[args[0]] = slots[args[0]] = MONT * MONT * pow(value, -1, R) % R if value else 0
        elif op is Op.SCAL:
            scalars[args[0]] = slots[args[1]] * MONT_INV % R
    wanted = range(first_hint, first_hint + program.n_hints)
    if set(hints) != set(wanted):
        raise ZkError("The key program does not check each of its hints.")
    return CodeResult(tuple(hints[i] for i in wanted), tuple(scalars), refusal)
