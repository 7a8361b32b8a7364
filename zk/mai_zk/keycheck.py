"""The checks of `KeyProgram.from_bytes`: what sealing demands, but for the bounds (mai_zk.bounds)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mai_zk.curve import IDENTITY, decode_point
from mai_zk.errors import ZkError
from mai_zk.field import MONT, Q, R, limbs
from mai_zk.isa import LOAD_OR_ADD, N_REGISTERS, CurveKind, CurveOp
from mai_zk.keyprogram import HEADER_BYTES, MAGIC, MAX_HEAP, MAX_PHASES, SLOT_BYTES

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram

MAX_SCALARS: Final = 64


def check_program(program: KeyProgram) -> None:
    """Check lengths, counts, canonical values, and the shape of code and schedule; ZkError says what is wrong."""
    blob = program.blob
    if program.magic != MAGIC:
        raise ZkError("This is not a key program: the magic number MAK1 is missing.")
    if any(blob[25:28]) or any(blob[72:96]):
        raise ZkError("The key program's reserved header bytes are not zero.")
    if not 1 <= program.n_phases <= MAX_PHASES:
        raise ZkError(f"The key program has {program.n_phases} transcript phases; 1 to {MAX_PHASES} are allowed.")
    if any(c == 0 for _, c in program.phases) or any(blob[40 + 4 * program.n_phases : 72]):
        raise ZkError("The key program's phase table is malformed.")
    if program.n_constants < 3 or program.code_bytes % 8:
        raise ZkError("The key program's constants or code length are malformed.")
    if len(blob) != program.size:
        raise ZkError("The key program's length does not match its header; the file is truncated or has trailing data.")
    if program.heap_bytes > MAX_HEAP:
        raise ZkError(f"The key program needs {program.heap_bytes} bytes of heap; Solana allows {MAX_HEAP}.")
    if program.n_scalars > MAX_SCALARS:
        raise ZkError(f"The key program has {program.n_scalars} scalars; the verifier holds {MAX_SCALARS}.")
    program.parts.check(program.n_instances, program.phases[0][0])
    _check_constants(program)
    _check_points(program)
    _check_code(program)
    _check_curve_ops(program)


def _check_constants(program: KeyProgram) -> None:
    lanes = [program.blob[HEADER_BYTES + SLOT_BYTES * i + 36 :][:4] for i in range(program.n_constants)]
    if any(lane != bytes(4) for lane in lanes):
        raise ZkError("A constant's tenth lane is not zero.")
    expected = (limbs(MONT), limbs(MONT * MONT % R), limbs(1))
    if program.constants[:3] != expected:
        raise ZkError("The key program's first three constants are not R, R² and 1.")


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
            if slot not in written and slot not in ins.checks:
                raise ZkError(f"The key program reads slot {slot} before it is written or checked.")
        read.update(ins.reads)
        for slot in ins.checks:
            if slot not in hints or slot in written:
                raise ZkError(f"The key program checks slot {slot}, which is not an unchecked hint.")
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
        raise ZkError("The key program leaves a hint unchecked.")


def _check_curve_ops(program: KeyProgram) -> None:
    evals_at = 64 * program.n_proof_points
    w_at = evals_at + 32 * program.n_evals
    proof_points = {*range(0, evals_at, 64), w_at, w_at + 64}
    used: tuple[set[int], set[int]] = (set(), set())
    live: set[int] = set()
    for op in program.curve_ops:
        if op.kind in LOAD_OR_ADD:
            if op.source == 0 and op.x not in proof_points:
                raise ZkError(f"The curve schedule reads the proof at {op.x}, where there is no point.")
            if op.source == 1 and (op.x % 64 or op.x >= 64 * program.n_points):
                raise ZkError(f"The curve schedule reads the key's points at {op.x}, where there is no point.")
            used[op.source].add(op.x)
        _check_registers(op, live, program.n_scalars)
    if not used[0].issuperset(proof_points - {w_at + 64}):
        raise ZkError("The curve schedule leaves a point of the proof out.")
    if len(used[1]) != program.n_points:
        raise ZkError("The curve schedule leaves a point of the key out.")
    if live != {0}:
        raise ZkError("The curve schedule does not end with register 0 alone in use.")


def _check_registers(op: CurveOp, live: set[int], n_scalars: int) -> None:
    """Registers and scalars are in range, set before use and not overwritten; `live` is updated."""
    if op.register >= N_REGISTERS:
        raise ZkError(f"The curve schedule uses register {op.register}; there are {N_REGISTERS}.")
    if op.source != 0 and op.kind not in LOAD_OR_ADD:
        raise ZkError("The curve schedule gives a source where none belongs.")
    if op.kind is CurveKind.LOAD:
        if op.register in live:
            raise ZkError("The curve schedule overwrites a register in use.")
        live.add(op.register)
        return
    if op.register not in live or (op.kind is CurveKind.ADDR and (op.x not in live or op.x == op.register)):
        raise ZkError("The curve schedule reads a register before it is set.")
    if op.kind is CurveKind.MULS and op.x >= n_scalars:
        raise ZkError(f"The curve schedule uses scalar {op.x}, but there are only {n_scalars}.")
    if op.kind is CurveKind.ADDR:
        live.remove(op.x)
