"""Key programs as bytes: what `from_bytes` refuses, statements, payloads, and the bounds analysis (under a second).

The program here is written by hand: it has one instance, two evaluations, one hint and a two-point curve sum.
"""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai_zk import bounds
from mai_zk.bounds import BoundError, check_bounds
from mai_zk.curve import GENERATOR, IDENTITY, Point, add, decode_point, is_on_curve, multiply, negate
from mai_zk.errors import ZkError
from mai_zk.field import MONT, R, from_limbs, keccak256, limbs
from mai_zk.isa import CurveKind, CurveOp, Instruction, Op, decode_code, encode_code
from mai_zk.keyprogram import KeyProgram, Parts, pack_header

TWO = multiply(GENERATOR, 2)
CONSTANTS = (limbs(MONT), limbs(MONT * MONT % R), limbs(1))
CHALLENGES, INSTANCE, EVALS, HINT, TEMPORARY = 3, 7, 8, 10, 11  # slots; one phase challenge, then zeta, nu, mu
CODE = (
    Instruction(Op.MUL, (TEMPORARY, EVALS, 1)),
    Instruction(Op.CHK, (HINT, TEMPORARY)),
    Instruction(Op.MUL, (TEMPORARY, INSTANCE, EVALS + 1)),
    Instruction(Op.ADD, (TEMPORARY, TEMPORARY, HINT)),
    Instruction(Op.SCAL, (0, TEMPORARY)),
    Instruction(Op.MARK),
    Instruction(Op.HALT),
)
SCHEDULE = (
    CurveOp(CurveKind.LOAD, 0, 0, 0),
    CurveOp(CurveKind.MULS, 0, 0, 0),
    CurveOp(CurveKind.ADDP, 0, 1, 0),
    CurveOp(CurveKind.ADDP, 0, 0, 128),
)
PARTS = Parts(input_instances=1, output_points=1)
G2_BYTES = b"".join(i.to_bytes(32, "big") for i in (1, 2, 3, 4))


def build(
    *,
    code: Sequence[Instruction] = CODE,
    schedule: Sequence[CurveOp] = SCHEDULE,
    constants: Sequence[tuple[int, ...]] = CONSTANTS,
    points: Sequence[Point] = (TWO,),
    parts: Parts = PARTS,
    n_slots: int = TEMPORARY + 1,
    n_scalars: int = 1,
) -> bytes:
    """The bytes of the hand-written program, with parts replaced."""
    body = encode_code(code)
    counts = [1, 2, len(constants), 1, n_slots, n_scalars, len(points), len(schedule)]
    return b"".join(
        [
            pack_header(counts, [(1, 1)], parts, len(body), bytes(range(32))),
            *(struct.pack("<10I", *c, 0) for c in constants),
            body,
            *(op.encode() for op in schedule),
            G2_BYTES,
            *(p.to_bytes() for p in points),
        ]
    )


def proof(first: int = 5, second: int = 7) -> bytes:
    """A proof of the right shape."""
    evals = first.to_bytes(32, "big") + second.to_bytes(32, "big")
    return GENERATOR.to_bytes() + evals + TWO.to_bytes() + GENERATOR.to_bytes()


def refused(blob: bytes, message: str) -> None:
    KeyProgram.from_bytes(build())  # the control
    with pytest.raises(ZkError, match=message):
        KeyProgram.from_bytes(blob)


def test_sizes_and_digests() -> None:
    key = KeyProgram.from_bytes(build())
    assert (key.n_instances, key.n_evals, key.n_hints, key.n_challenges) == (1, 2, 1, 4)
    assert key.proof_size == 64 * 3 + 32 * 2
    assert key.payload_size == 32 + key.proof_size + 32
    assert key.hash == keccak256(key.blob)
    assert key.srs == keccak256(G2_BYTES)
    assert key.digest == bytes(range(32))
    assert key.parts == PARTS
    assert (key.points, key.neg_s_g2) == (TWO.to_bytes(), G2_BYTES)
    check_bounds(key)


def test_heap_is_at_least_the_default_and_whole_kibibytes() -> None:
    assert KeyProgram.from_bytes(build()).heap_bytes == 32 * 1024
    assert KeyProgram.from_bytes(build(n_slots=1000)).heap_bytes == 43 * 1024 + 1024
    refused(build(n_slots=6452), "heap; Solana allows")


def test_hints_and_scalars_follow_from_the_program() -> None:
    key = KeyProgram.from_bytes(build())
    run = key.run([3], proof())
    assert run.refusal is None
    assert run.hints == (pow(5, -1, R) * MONT % R,)
    # MUL of two raw values divides by R; the scalar is divided by R again.
    expected = (3 * 7 * pow(MONT, -2, R) + pow(5, -1, R)) % R
    assert run.scalars == (expected,)
    assert run.accumulator == add(add(multiply(GENERATOR, expected), TWO), TWO)
    payload = key.payload([3], proof())
    assert payload == (3).to_bytes(32, "big") + proof() + run.hints[0].to_bytes(32, "little")


def test_a_zero_denominator_gives_a_zero_hint_and_a_refusal() -> None:
    key = KeyProgram.from_bytes(build())
    assert key.run([3], proof(first=0)).refusal == "HintWrong"
    assert key.payload([3], proof(first=0)).endswith(bytes(32))


def test_statement_binds_parts() -> None:
    key = KeyProgram.from_bytes(build())
    statement = key.statement([3], proof())
    instances, point = (3).to_bytes(32, "big"), GENERATOR.to_bytes()
    assert statement.input == statement.instances == keccak256(instances)
    assert statement.params == keccak256(b"")
    assert statement.output == statement.commitments == keccak256(point)
    whole = b"MAI statement v1" + key.hash + statement.instances + statement.commitments
    assert statement.statement == keccak256(whole)
    assert key.statement([4], proof()).statement != statement.statement


def test_wrong_shapes_of_proofs() -> None:
    key = KeyProgram.from_bytes(build())
    for instances, data, message in (
        ([], proof(), "takes 1 public instances"),
        ([3], proof()[:-1], "has 256 bytes"),
        ([3], proof() + b"\0", "has 256 bytes"),
        ([-1], proof(), "does not fit 32 bytes"),
        ([1 << 256], proof(), "does not fit 32 bytes"),
    ):
        with pytest.raises(ZkError, match=message):
            key.payload(instances, data)


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (0, 0, "magic number"),
        (25, 1, "reserved header bytes"),
        (72, 1, "reserved header bytes"),
        (24, 0, "transcript phases"),
        (24, 9, "transcript phases"),
        (42, 0, "phase table"),
        (44, 1, "phase table"),
        (20, 1, "code length"),
        (16, 9, "length does not match"),
        (28, 2, "name every instance"),
        (34, 2, "commitment points"),
        (128, 0, "first three constants"),
        (128 + 36, 1, "tenth lane"),
    ],
)
def test_changed_header_and_constants(offset: int, value: int, message: str) -> None:
    blob = bytearray(build())
    blob[offset] = value
    refused(bytes(blob), message)


def test_cut_and_trailing_bytes() -> None:
    blob = build()
    for length in (0, 3, 127, 128, len(blob) - 1):
        refused(blob[:length], "shorter than a header|length does not match")
    refused(blob + b"\0", "length does not match")


def test_invalid_points() -> None:
    refused(build(points=[IDENTITY]), "is the identity")
    refused(build(points=[Point(1, 3)]), "not on the BN254 curve")
    refused(build(points=[TWO, TWO]), "leaves a point of the key out")


def without(op: Op) -> list[Instruction]:
    return [i for i in CODE if i.op is not op]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([*without(Op.HALT), Instruction(Op.MARK)], "no HALT"),
        ([CODE[-1], *CODE], "goes on after HALT"),
        (without(Op.CHK), "before it is written or checked"),
        ([CODE[0], CODE[1], *CODE[1:]], "not an unchecked hint"),
        (without(Op.SCAL), "scalar unset"),
        ([*CODE[:5], CODE[4], *CODE[5:]], "sets scalar 0 twice"),
        ([*CODE[:2], *CODE[3:]], "evaluation unread"),
        ([Instruction(Op.ADD, (TEMPORARY, TEMPORARY, 0)), *CODE], "before it is written"),
        ([Instruction(Op.MUL, (0, 0, 0)), *CODE], "not a temporary"),
        ([Instruction(Op.MUL, (HINT, 0, 0)), *CODE], "not a temporary"),
        ([Instruction(Op.MUL, (TEMPORARY + 1, 0, 0)), *CODE], "not a temporary"),
        ([*CODE[:4], Instruction(Op.SCAL, (1, TEMPORARY)), *CODE[5:]], "no such scalar"),
    ],
)
def test_malformed_code(code: list[Instruction], message: str) -> None:
    refused(build(code=code), message)


def test_undecodable_code() -> None:
    for words, message in (((11,), "unknown opcode 11"), ((1, 5), "cut off"), ((7, 4, 0), "multiple of 5")):
        with pytest.raises(ZkError, match=message):
            decode_code(struct.pack(f"<{len(words)}H", *words))
    assert decode_code(encode_code(CODE)) == CODE


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (SCHEDULE[:-1], "point of the proof out"),
        ([*SCHEDULE[:2], SCHEDULE[3]], "point of the key out"),
        ([*SCHEDULE, CurveOp(CurveKind.LOAD, 1, 0, 0)], "register 0 alone"),
        ([*SCHEDULE, CurveOp(CurveKind.LOAD, 0, 0, 0)], "overwrites a register"),
        (SCHEDULE[1:], "before it is set"),
        ([*SCHEDULE, CurveOp(CurveKind.ADDR, 0, 0, 0)], "before it is set"),
        ([*SCHEDULE, CurveOp(CurveKind.MULS, 0, 0, 1)], "uses scalar 1"),
        ([*SCHEDULE, CurveOp(CurveKind.MULS, 0, 1, 0)], "source where none belongs"),
        ([*SCHEDULE, CurveOp(CurveKind.ADDP, 0, 0, 64)], "where there is no point"),
        ([*SCHEDULE, CurveOp(CurveKind.ADDP, 0, 1, 64)], "where there is no point"),
        ([*SCHEDULE, CurveOp(CurveKind.LOAD, 8, 0, 0)], "uses register 8"),
    ],
)
def test_malformed_schedule(schedule: list[CurveOp], message: str) -> None:
    refused(build(schedule=schedule), message)


def test_unknown_curve_operation() -> None:
    blob = bytearray(build())
    at = blob.index(SCHEDULE[0].encode() + SCHEDULE[1].encode())
    blob[at] = 4
    refused(bytes(blob), "unknown operation 4")


def test_bounds_analysis_refuses_overflow() -> None:
    double = Instruction(Op.ADD, (TEMPORARY, TEMPORARY, TEMPORARY))
    for doublings, message in ((1, "column of products"), (3, "limb does not fit 32 bits")):
        square = Instruction(Op.MUL, (TEMPORARY, TEMPORARY, TEMPORARY))
        key = KeyProgram.from_bytes(build(code=[*CODE[:4], *[double] * doublings, square, *CODE[4:]]))
        with pytest.raises(ZkError, match=message):
            check_bounds(key)
    check_bounds(KeyProgram.from_bytes(build(code=[*CODE[:4], double, *CODE[4:]])))


def test_bounds_analysis_refuses_a_bad_subtraction() -> None:
    for constant in (limbs(R), limbs(8 * R + 1)):
        code = [*CODE[:4], Instruction(Op.SUB, (TEMPORARY + 1, TEMPORARY + 1, TEMPORARY, 3)), *CODE[4:]]
        shifted = [shift(i) for i in code]
        blob = build(code=shifted, constants=[*CONSTANTS, constant], n_slots=TEMPORARY + 2)
        with pytest.raises(ZkError, match="covers the subtrahend"):
            check_bounds(KeyProgram.from_bytes(blob))


def shift(ins: Instruction) -> Instruction:
    """The instruction after one more constant."""
    if ins.op is Op.SUB:
        return Instruction(ins.op, (TEMPORARY + 1, 0, TEMPORARY + 1, 3))
    skip = 1 if ins.op is Op.SCAL else 0
    moved = tuple(a + 1 if a >= CHALLENGES else a for a in ins.args[skip:])
    return Instruction(ins.op, (*ins.args[:skip], *moved))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=4))
def test_product_bounds_hold_for_the_largest_operands(shapes: list[tuple[int, int]]) -> None:
    """The bound of a sum of products is not below the exact worst case of column-wise reduction."""
    pairs = []
    for level, value in shapes:
        a = bounds.carried((value + 1) * bounds.UNIT)
        for _ in range(level):
            a = bounds.add(a, bounds.INPUT)
        pairs.append((a, bounds.INPUT))
    try:
        bound = bounds.multiply(pairs)
    except BoundError:
        return
    worst = sum(from_limbs(a.limbs) * from_limbs(b.limbs) for a, b in pairs)
    columns = max(
        sum(a.limbs[i] * b.limbs[k - i] for a, b in pairs for i in range(9) if 0 <= k - i < 9) for k in range(17)
    )
    assert columns < 1 << 64
    by_value = sum(a.value * b.value for a, b in pairs) * R * R // bounds.UNIT**2
    assert bound.value * R // bounds.UNIT >= min(worst, by_value) // 2**261 + R


@given(st.integers(0, R - 1), st.integers(0, R - 1))
def test_curve_arithmetic(a: int, b: int) -> None:
    """Scalar multiplication is additive, whatever the path."""
    left = add(multiply(GENERATOR, a), multiply(GENERATOR, b))
    assert left == multiply(GENERATOR, (a + b) % R)
    assert is_on_curve(left)
    assert add(left, negate(left)) == IDENTITY
    assert decode_point(left.to_bytes()) == left
