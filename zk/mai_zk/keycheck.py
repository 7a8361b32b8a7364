"""The checks of `KeyProgram.from_bytes`: what sealing demands, but for the values' lengths (mai_zk.bounds)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mai_zk.curve import IDENTITY, decode_point
from mai_zk.errors import ZkError
from mai_zk.field import Q, R
from mai_zk.keyprogram import MAGIC, MAX_HEAP, MAX_PHASES, MAX_SCALARS, MAX_SLOTS, NO_UNIT_POINT

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram


def check_program(program: KeyProgram) -> None:
    """Check lengths, counts, canonical values, and the shape of the code; ZkError says what is wrong."""
    blob = program.blob
    if program.magic != MAGIC:
        raise ZkError("This is not a key program: the magic number MAK2 is missing.")
    if any(blob[25:28]) or any(blob[72:96]):
        raise ZkError("The key program's reserved header bytes are not zero.")
    if not 1 <= program.n_phases <= MAX_PHASES:
        raise ZkError(f"The key program has {program.n_phases} transcript phases; 1 to {MAX_PHASES} are allowed.")
    if any(c == 0 for _, c in program.phases) or any(blob[40 + 4 * program.n_phases : 72]):
        raise ZkError("The key program's phase table is malformed.")
    if program.code_bytes % 8:
        raise ZkError("The key program's code length is malformed.")
    if len(blob) != program.size:
        raise ZkError("The key program's length does not match its header; the file is truncated or has trailing data.")
    if program.n_slots > MAX_SLOTS or program.heap_bytes > MAX_HEAP:
        raise ZkError(f"The key program has {program.n_slots} slots; the verifier holds {MAX_SLOTS}.")
    if program.unit_point != NO_UNIT_POINT and program.unit_point >= program.n_proof_points:
        raise ZkError(f"The key program names point {program.unit_point} of a proof of {program.n_proof_points}.")
    if program.n_scalars > MAX_SCALARS:
        raise ZkError(f"The key program has {program.n_scalars} scalars; the verifier holds {MAX_SCALARS}.")
    if any(c >= R for c in program.constants):
        raise ZkError("A constant of the key program is not below r.")
    program.parts.check(program.n_instances, program.phases[0][0])
    _check_points(program)
    _check_code(program)


def _check_points(program: KeyProgram) -> None:
    words = [program.neg_s_g2[i : i + 32] for i in range(0, 128, 32)]
    if any(int.from_bytes(w, "big") >= Q for w in words) or not any(program.neg_s_g2):
        raise ZkError("The key program's -[s]G2 is not canonical.")
    for i in range(program.n_points):
        if decode_point(program.points[64 * i : 64 * i + 64]) == IDENTITY:
            raise ZkError("One of the key program's points is the identity.")


def _check_code(program: KeyProgram) -> None:
    read_only = program.n_constants + program.n_challenges + program.n_instances + program.n_evals
    hints = range(read_only, read_only + program.n_hints)
    if program.n_slots < hints.stop:
        raise ZkError("The key program has fewer slots than inputs.")
    written = set(range(read_only))
    read: set[int] = set()
    scalars: set[int] = set()
    for ins in program.code:
        for slot in ins.reads:
            if slot not in written and slot not in ins.binds:
                raise ZkError(f"The key program reads slot {slot} before it is written or bound.")
        read.update(ins.reads)
        for slot in ins.binds:
            if slot not in hints or slot in written:
                raise ZkError(f"The key program binds slot {slot}, which is not an unbound hint.")
            written.add(slot)
        for slot in ins.writes:
            if not hints.stop <= slot < program.n_slots:
                raise ZkError(f"The key program writes slot {slot}, which is not a temporary.")
            written.add(slot)
        if ins.scalar is not None:
            if ins.scalar >= program.n_scalars or ins.scalar in scalars:
                raise ZkError(f"The key program sets scalar {ins.scalar} twice, or has no such scalar.")
            scalars.add(ins.scalar)
    inputs = range(program.n_constants + program.n_challenges, read_only)
    if not read.issuperset(inputs):
        raise ZkError("The key program leaves an instance or evaluation unread.")
    if len(scalars) != program.n_scalars:
        raise ZkError("The key program leaves a scalar unset.")
    if not written.issuperset(hints):
        raise ZkError("The key program leaves a hint unbound.")
