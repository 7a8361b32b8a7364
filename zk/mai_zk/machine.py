"""The reference interpreter: runs a key program in exact integers, off chain.

It follows docs/reference/key-program.md and yields what a client needs (hints, scalars, claims) and what tests compare
with (challenges, the final point). `mai_zk.payload` makes a payload of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mai_zk.curve import IDENTITY, Point, add, decode_point, multiply
from mai_zk.field import R, encode_words, keccak256
from mai_zk.isa import SUMS, Op

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram


@dataclass(frozen=True)
class CodeResult:
    """What the field code leaves, as exact integers.

    `hints` are reduced mod r (0 where no inverse exists), `scalars` are as long as the code makes them; `claims` are
    the differences that must be multiples of r, in the code's order.
    """

    hints: tuple[int, ...]
    scalars: tuple[int, ...]
    claims: tuple[int, ...]
    refusal: str | None


@dataclass(frozen=True)
class Run:
    """The result of running a key program on instances and a proof.

    `challenges` are whole hashes, congruent to the challenges; `state` is the transcript's last hash; `refusal` is the
    first reason why the verifier refuses, or None.
    """

    program: KeyProgram
    proof: bytes
    challenges: tuple[int, ...]
    state: bytes
    code: CodeResult
    refusal: str | None

    @property
    def hints(self) -> tuple[int, ...]:
        """The hints, integers below r."""
        return self.code.hints

    @property
    def scalars(self) -> tuple[int, ...]:
        """The scalars mod r: one for each point of the key, then for each point of the proof but the unit point."""
        return tuple(s % R for s in self.code.scalars)

    @cached_property
    def accumulator(self) -> Point:
        """The curve sum: the left point of the pairing; ZkError if a point is invalid."""
        total = IDENTITY
        for data, coefficient in self.program.terms(self.proof, self.scalars):
            total = add(total, multiply(decode_point(data), coefficient))
        return total

    @property
    def w_prime(self) -> Point:
        """W', the right point of the pairing."""
        return decode_point(self.proof[-64:])


def transcript(program: KeyProgram, instances: Sequence[int], proof: bytes) -> tuple[tuple[int, ...], bytes]:
    """(all challenges as whole hashes: the phases', then zeta, nu and mu; the last hash)."""
    buffer = program.digest + encode_words(instances)
    challenges: list[int] = []
    at = 0
    evals = (32 * program.n_evals, 2)
    for size, count in [*((64 * p, c) for p, c in program.phases), evals, (64, 1)]:
        buffer += proof[at : at + size]
        at += size
        for i in range(count):
            buffer = keccak256(buffer + (b"\x01" if i else b""))
            challenges.append(int.from_bytes(buffer, "big"))
    return tuple(challenges), buffer


def execute(program: KeyProgram, instances: Sequence[int], proof: bytes) -> Run:
    """Run the field code; ZkError only for wrong counts or a malformed program, never for a wrong proof."""
    program.check_proof_shape(instances, proof)
    challenges, state = transcript(program, instances, proof)
    evals_at = 64 * program.n_phase_points
    evals = [int.from_bytes(proof[evals_at + 32 * i :][:32], "big") for i in range(program.n_evals)]
    refusal = "NonCanonical" if any(v >= R for v in [*instances, *evals]) else None
    code = run_code(program, [*challenges, *instances, *evals])
    return Run(program, proof, challenges, state, code, refusal or code.refusal)


def run_code(program: KeyProgram, inputs: Sequence[int]) -> CodeResult:
    """Run the field code on the slots after the constants: challenges, instances, evaluations."""
    slots = [*program.constants, *inputs]
    first_hint = len(slots)
    slots += [0] * (program.n_slots - first_hint)
    scalars = [0] * program.n_scalars
    claims: list[int] = []
    refusal = None
    for ins in program.code:
        op, args = ins.op, ins.args
        if op is Op.SUB:
            slots[args[0]] = slots[args[1]] - slots[args[2]]
        elif op in SUMS:
            slots[args[0]] = sum(slots[a] * slots[b] for a, b in ins.products) + sum(slots[a] for a in ins.addends)
        elif op is Op.RED:
            slots[args[0]] = slots[args[1]] % R
            claims.append(slots[args[1]] - slots[args[0]])
        elif op is Op.INV:
            value = slots[args[1]]
            invertible = value % R != 0
            refusal = refusal or (None if invertible else "HintWrong")
            slots[args[0]] = pow(value, -1, R) if invertible else 0
            claims.append(slots[args[0]] * value - 1)
        elif op is Op.SCAL:
            scalars[args[0]] = slots[args[1]]
    return CodeResult(tuple(slots[first_hint : first_hint + program.n_hints]), tuple(scalars), tuple(claims), refusal)
