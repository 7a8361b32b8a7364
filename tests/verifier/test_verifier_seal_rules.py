"""Every rule of a key program that sealing checks (key-program.md), by name: one change of a small valid key each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from verifier.chain import Chain
from verifier.circuit import Circuit
from verifier.curves import off_curve_g1, off_subgroup_g2
from verifier.keys import (
    ADD,
    ADDP,
    ADDR,
    CHALLENGE,
    CHK,
    DOT4,
    EVALUATION,
    FOUR_R,
    G1,
    HALT,
    HINT,
    INSTANCE,
    KEY,
    LOAD,
    MAGIC,
    MARK,
    MUL,
    MULS,
    NORM,
    PLAIN,
    PROOF,
    SCAL,
    SUB,
    T0,
    T1,
    Draft,
    Q,
    R,
    limbs,
    small,
    spread,
)  # fmt: skip

Edit = Callable[[Draft], Draft]
S = 5  # slot operands are slot * 5


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture
def draft(linear4: Circuit) -> Draft:
    return small(linear4.draft.srs)


# -- the program as a whole


def with_header_constant(index: int, value: list[int]) -> Edit:
    def edit(draft: Draft) -> Draft:
        constants = list(draft.constants)
        constants[index] = value
        return draft.but(constants=constants)

    return edit


WHOLE: list[tuple[str, str, Edit]] = [
    ("magic", "BadMagic", lambda d: d.but(magic=MAGIC + 1)),
    ("trailing byte", "KeyTooLong", lambda d: d.but(trailing=b"\0")),
    ("trailing point", "KeyTooLong", lambda d: d.but(trailing=G1)),
    ("one point more than there is", "KeyTooShort", lambda d: d.but(counts={6: 2})),
    ("one constant more", "KeyTooShort", lambda d: d.but(counts={2: 6 + 100})),
    ("huge counts", "KeyTooShort", lambda d: d.but(counts=dict.fromkeys(range(8), 0xFFFF))),
    ("reserved 25", "ReservedNotZero", lambda d: d.but(zero1=b"\0\0\1")),
    ("reserved 72", "ReservedNotZero", lambda d: d.but(zero2=b"\1" + bytes(23))),
    ("reserved 95", "ReservedNotZero", lambda d: d.but(zero2=bytes(23) + b"\1")),
    ("no phases", "BadPhases", lambda d: d.but(n_phases=0)),
    ("nine phases", "BadPhases", lambda d: d.but(n_phases=9)),
    ("255 phases", "BadPhases", lambda d: d.but(n_phases=255)),
    ("a phase without challenge", "BadPhases", lambda d: d.but(phases=[(1, 0)])),
    ("an unused phase that is not zero", "BadPhases", lambda d: d.but(phases=[(1, 1), (1, 0)], n_phases=1)),
    ("fewer slots than loaded", "BadCounts", lambda d: d.but(n_slots=11)),
    ("more slots than the heap", "BadCounts", lambda d: d.but(n_slots=6452)),
    ("65535 instances", "BadCounts", lambda d: d.but(n_instances=0xFFFF)),
    ("65535 evaluations", "BadCounts", lambda d: d.but(n_evals=0xFFFF)),
    ("65535 hints", "BadCounts", lambda d: d.but(n_hints=0xFFFF)),
    ("65 scalars", "BadCounts", lambda d: d.but(n_scalars=65)),
    ("code of no multiple of eight", "BadCounts", lambda d: d.but(padding=b"")),
    ("parts without all instances", "BadParts", lambda d: d.but(parts=(0, 0, 0, 1, 0, 0))),
    ("parts with more instances", "BadParts", lambda d: d.but(parts=(1, 0, 1, 0, 0, 0))),
    ("more commitments than points", "BadParts", lambda d: d.but(parts=(1, 0, 0, 1, 0, 1))),
    ("constant 0", "BadConstant", with_header_constant(0, limbs(5))),
    ("constant 1", "BadConstant", with_header_constant(1, limbs(5))),
    ("constant 2", "BadConstant", with_header_constant(2, limbs(2))),
    ("tenth lane", "BadConstant", with_header_constant(PLAIN, [*limbs(7)[:9], 1])),
    ("srs not canonical", "SrsPointInvalid", lambda d: d.but(srs=Q.to_bytes(32, "big") + d.srs[32:])),
    ("srs bit 255", "SrsPointInvalid", lambda d: d.but(srs=d.srs[:96] + bytes([d.srs[96] | 128]) + d.srs[97:])),
    ("srs identity", "SrsPointInvalid", lambda d: d.but(srs=bytes(128))),
    ("srs off the curve", "SrsPointInvalid", lambda d: d.but(srs=d.srs[:127] + bytes([d.srs[127] ^ 1]))),
    ("srs off the subgroup", "SrsPointInvalid", lambda d: d.but(srs=off_subgroup_g2())),
    ("point not canonical", "KeyPointInvalid", lambda d: d.but(points=[(Q + 1).to_bytes(32, "big") + G1[32:]])),
    ("point bit 255", "KeyPointInvalid", lambda d: d.but(points=[G1[:32] + bytes([128]) + G1[33:]])),
    ("point identity flag", "KeyPointInvalid", lambda d: d.but(points=[bytes(32) + bytes([64]) + bytes(31)])),
    ("point identity", "KeyPointInvalid", lambda d: d.but(points=[bytes(64)])),
    ("point off the curve", "KeyPointInvalid", lambda d: d.but(points=[off_curve_g1()])),
]


@pytest.mark.parametrize(("case", "refused", "edit"), WHOLE, ids=[case for case, _, _ in WHOLE])
def test_the_program_as_a_whole(shared: Chain, draft: Draft, case: str, refused: str, edit: Edit) -> None:
    assert shared.seal(edit(draft).blob()).refused == refused


@pytest.mark.parametrize("length", [0, 1, 64, 127, 128, 200, -129, -64, -1])
def test_a_cut_program(shared: Chain, draft: Draft, length: int) -> None:
    cut = draft.blob()[:length] or b"\0"
    assert shared.seal(cut).refused == "KeyTooShort"


# -- the field code


def before_halt(*instructions: list[int]) -> Edit:
    return lambda d: d.but(code=[*d.code[:-1], *instructions, [HALT]])


def first(*instructions: list[int]) -> Edit:
    return lambda d: d.but(code=[*instructions, *d.code])


def without(index: int) -> Edit:
    return lambda d: d.but(code=d.code[:index] + d.code[index + 1 :])


def wide(times: int) -> list[list[int]]:
    """T0 = instance, doubled `times` times without carrying: limbs below 2^(29 + times)."""
    return [
        [ADD, T0 * S, INSTANCE * S, EVALUATION * S],
        *([ADD, T0 * S, T0 * S, T0 * S] for _ in range(times - 1)),
    ]


def unaligned(operand: int) -> list[int]:
    """A MUL whose operand `operand` is not a multiple of five."""
    instruction = [MUL, T0 * S, PLAIN * S, PLAIN * S]
    instruction[operand] += 1
    return instruction


def padded(extra: bytes) -> Edit:
    """The code's own padding, less one byte, and `extra`."""

    def edit(draft: Draft) -> Draft:
        needed = -len(draft.but(padding=b"").code_bytes) % 8
        return draft.but(padding=bytes(needed - 1) + extra)

    return edit


def code(*instructions: list[int], keep: slice) -> Edit:
    """`instructions`, then the part `keep` of the code."""
    return lambda d: d.but(code=[*instructions, *d.code[keep]])


DOUBLE = [ADD, T1 * S, T1 * S, T1 * S]

FIELD: list[tuple[str, str, Edit]] = [
    ("operation 11", "UnknownOperation", before_halt([11])),
    ("operation 65535", "UnknownOperation", before_halt([0xFFFF])),
    ("no code", "MissingHalt", lambda d: d.but(code=[])),
    ("no HALT", "MissingHalt", lambda d: d.but(code=[*d.code[:-1], [MARK] * 4])),
    ("cut instruction", "MissingHalt", lambda d: d.but(code=[[MARK], [MARK], [MARK], [DOT4]])),
    ("early HALT", "CodeAfterHalt", first([HALT])),
    ("padding not zero", "CodeAfterHalt", padded(b"\1")),
    ("eight bytes of padding", "CodeAfterHalt", padded(bytes(9))),
    *((f"unaligned operand {n}", "MisalignedSlot", before_halt(unaligned(n))) for n in (1, 2, 3)),
    ("slot out of range, read", "SlotOutOfRange", before_halt([MUL, T0 * S, 14 * S, PLAIN * S])),
    ("slot out of range, written", "SlotOutOfRange", before_halt([MUL, 14 * S, PLAIN * S, PLAIN * S])),
    ("slot 65535", "SlotOutOfRange", before_halt([MUL, 0xFFFF, PLAIN * S, PLAIN * S])),
    ("NORM out of range", "SlotOutOfRange", before_halt([NORM, 14 * S])),
    ("CHK out of range", "SlotOutOfRange", before_halt([CHK, 0xFFFF, T0 * S])),
    ("SCAL's slot out of range", "SlotOutOfRange", before_halt([SCAL, 0, 14 * S])),
    ("read before write", "ReadBeforeWrite", first([MUL, T0 * S, T1 * S, PLAIN * S])),
    ("NORM before write", "ReadBeforeWrite", first([NORM, T0 * S])),
    ("hint before CHK", "HintUnchecked", first([MUL, T0 * S, HINT * S, PLAIN * S])),
    ("hint as its own check", "HintUnchecked", first([CHK, HINT * S, HINT * S])),
    ("hint in a sum before CHK", "HintUnchecked", first([ADD, T0 * S, PLAIN * S, HINT * S])),
    ("CHK of an evaluation", "NotAHint", first([CHK, EVALUATION * S, PLAIN * S])),
    ("CHK of a temporary", "NotAHint", before_halt([CHK, T0 * S, PLAIN * S])),
    ("CHK twice", "NotAHint", before_halt([CHK, HINT * S, T0 * S])),
    *(
        (f"write {name}", "WriteProtected", before_halt([MUL, slot * S, PLAIN * S, PLAIN * S]))
        for name, slot in (
            ("constant 0", 0), ("constant", PLAIN), ("challenge", CHALLENGE), ("instance", INSTANCE),
            ("evaluation", EVALUATION), ("hint", HINT),
        )
    ),
    ("NORM of an instance", "WriteProtected", before_halt([NORM, INSTANCE * S])),
    ("SUB into a constant", "WriteProtected", before_halt([SUB, PLAIN * S, PLAIN * S, PLAIN * S, FOUR_R * S])),
    ("limb overflow", "LimbOverflow", before_halt(*wide(4))),
    ("column overflow", "ColumnOverflow", before_halt(*wide(2), [MUL, T1 * S, T0 * S, T0 * S])),
    ("column overflow in DOT4", "ColumnOverflow", before_halt(*wide(1), [DOT4, T1 * S, *[T0 * S, T0 * S] * 4])),
    ("value overflow", "ValueOverflow", before_halt(*[DOUBLE, [NORM, T1 * S]] * 11)),
    ("limb underflow", "LimbUnderflow", before_halt(*wide(1), [SUB, T1 * S, PLAIN * S, T0 * S, FOUR_R * S])),
    ("underflow in the ninth limb", "LimbUnderflow",
     before_halt(*wide(3), [NORM, T0 * S], [SUB, T1 * S, PLAIN * S, T0 * S, FOUR_R * S])),
    ("SUB with a plain constant", "NotAModulusMultiple",
     before_halt([SUB, T1 * S, PLAIN * S, EVALUATION * S, PLAIN * S])),
    ("SUB with a temporary", "NotAModulusMultiple", before_halt([SUB, T1 * S, PLAIN * S, EVALUATION * S, T0 * S])),
    ("ambiguous CHK", "AmbiguousCheck",
     code([MUL, T0 * S, INSTANCE * S, S], *[[ADD, T0 * S, T0 * S, T0 * S], [NORM, T0 * S]] * 4, keep=slice(1, None))),
    ("scalar out of range", "ScalarOutOfRange", before_halt([SCAL, 1, T1 * S])),
    ("scalar 65535", "ScalarOutOfRange", before_halt([SCAL, 0xFFFF, T1 * S])),
    ("scalar set twice", "ScalarSetTwice", before_halt([SCAL, 0, T1 * S])),
    ("scalar unset", "ScalarUnset", without(4)),
    ("instance unread", "InstanceUnread", code([MUL, T0 * S, PLAIN * S, S], keep=slice(1, None))),
    ("evaluation unread", "EvaluationUnread",
     lambda d: d.but(code=[*d.code[:2], [MUL, T1 * S, HINT * S, S], *d.code[3:]])),
    ("hint never checked", "HintNeverChecked",
     lambda d: d.but(code=[d.code[0], [SUB, T1 * S, T0 * S, EVALUATION * S, FOUR_R * S], *d.code[3:]])),
]  # fmt: skip


@pytest.mark.parametrize(("case", "refused", "edit"), FIELD, ids=[case for case, _, _ in FIELD])
def test_field_code(shared: Chain, draft: Draft, case: str, refused: str, edit: Edit) -> None:
    assert shared.seal(edit(draft).blob()).refused == refused


CONTROLS: list[tuple[str, Edit]] = [
    ("three doublings", before_halt(*wide(2))),
    ("largest product", before_halt(*wide(1), [MUL, T1 * S, T0 * S, T0 * S])),
    ("DOT4 of carried", before_halt([DOT4, T1 * S, *[INSTANCE * S, EVALUATION * S] * 4])),
    ("carry after a sum", before_halt(*wide(2), [NORM, T0 * S], [MUL, T1 * S, T0 * S, T0 * S])),
    ("other multiple of r", with_header_constant(FOUR_R, spread(7))),
    ("parts", lambda d: d.but(parts=(0, 0, 1, 1, 0, 0))),
]


@pytest.mark.parametrize(("case", "edit"), CONTROLS, ids=[case for case, _ in CONTROLS])
def test_what_the_bounds_allow(shared: Chain, draft: Draft, case: str, edit: Edit) -> None:
    assert shared.seal(edit(draft).blob()).refused is None


@pytest.mark.parametrize("off_by", [-1, 1, 1 << 29, -(1 << 29)])
def test_a_multiple_of_r_is_exact(shared: Chain, draft: Draft, off_by: int) -> None:
    constant = spread(4)
    constant[2] += off_by
    assert shared.seal(with_header_constant(FOUR_R, constant)(draft).blob()).refused == "NotAModulusMultiple"


def test_a_constant_too_large(shared: Chain, draft: Draft) -> None:
    huge = [*limbs(R)[:8], 0xFFFFFFFF, 0]
    assert shared.seal(with_header_constant(PLAIN, huge)(draft).blob()).refused == "ValueOverflow"


# -- the curve schedule

Operations = list[tuple[int, int, int, int]]
W = 64 + 32


def with_curve(change: Callable[[Operations], Operations]) -> Edit:
    return lambda d: d.but(curve=change(d.curve))


CURVE: list[tuple[str, str, Edit]] = [
    (name, refused, with_curve(operations))
    for name, refused, operations in (
        ("operation 4", "UnknownCurveOperation", lambda c: [*c, (4, 0, 0, 0)]),
        ("MULS with a source", "UnknownCurveOperation", lambda c: [*c, (MULS, 0, 1, 0)]),
        ("register 8", "RegisterOutOfRange", lambda c: [(LOAD, 8, PROOF, 0), *c]),
        ("register 255", "RegisterOutOfRange", lambda c: [*c, (MULS, 255, 0, 0)]),
        ("ADDR register 8", "RegisterOutOfRange", lambda c: [*c, (ADDR, 0, 0, 8)]),
        ("ADDR register 2^32 - 1", "RegisterOutOfRange", lambda c: [*c, (ADDR, 0, 0, 0xFFFFFFFF)]),
        ("ADDR to itself", "RegisterOutOfRange", lambda c: [*c, (ADDR, 0, 0, 0)]),
        ("MULS of an empty register", "RegisterUnset", lambda c: [(MULS, 0, 0, 0), *c]),
        ("ADDP to an empty register", "RegisterUnset", lambda c: [(ADDP, 2, KEY, 0), *c]),
        ("ADDR from an empty register", "RegisterUnset", lambda c: [*c, (ADDR, 0, 0, 1)]),
        ("LOAD over a point", "RegisterOverwritten", lambda c: [c[0], (LOAD, 0, KEY, 0), *c[1:]]),
        ("scalar 1", "ScalarOutOfRange", lambda c: [*c, (MULS, 0, 0, 1)]),
        ("scalar 2^32 - 1", "ScalarOutOfRange", lambda c: [*c, (MULS, 0, 0, 0xFFFFFFFF)]),
        ("source 2", "PointOutOfRange", lambda c: [*c, (ADDP, 0, 2, 0)]),
        ("key point 1", "PointOutOfRange", lambda c: [*c, (ADDP, 0, KEY, 64)]),
        ("key point between", "PointOutOfRange", lambda c: [*c, (ADDP, 0, KEY, 1)]),
        ("proof point between", "PointOutOfRange", lambda c: [*c, (ADDP, 0, PROOF, 32)]),
        ("an evaluation", "PointOutOfRange", lambda c: [*c, (ADDP, 0, PROOF, 64)]),
        ("behind W'", "PointOutOfRange", lambda c: [*c, (ADDP, 0, PROOF, W + 128)]),
        ("proof at 2^32 - 1", "PointOutOfRange", lambda c: [*c, (ADDP, 0, PROOF, 0xFFFFFFFF)]),
        ("phase point unused", "ProofPointUnused", lambda c: [(*c[1][:1], 0, *c[1][2:]), *c[3:]]),
        ("W unused", "ProofPointUnused", lambda c: [c[0], *c[3:]]),
        ("key point unused", "KeyPointUnused", lambda c: c[:-1]),
        ("nothing", "BadResult", lambda c: []),
        ("result in register 1", "BadResult",
         lambda c: [(op, 1 - r, s, 1 - x if op == ADDR else x) for op, r, s, x in c]),
        ("a point left over", "BadResult", lambda c: [*c, (LOAD, 3, KEY, 0)]),
    )
]  # fmt: skip


@pytest.mark.parametrize(("case", "refused", "edit"), CURVE, ids=[case for case, _, _ in CURVE])
def test_curve_schedule(shared: Chain, draft: Draft, case: str, refused: str, edit: Edit) -> None:
    assert shared.seal(edit(draft).blob()).refused == refused


def test_the_second_opening_may_appear(shared: Chain, draft: Draft) -> None:
    longer = draft.but(curve=[*draft.curve, (ADDP, 0, PROOF, W + 64), (LOAD, 7, KEY, 0), (ADDR, 0, 0, 7)])
    assert shared.seal(longer.blob()).refused is None
