"""Every rule of a key program that sealing checks (key-program.md), by name: one change of a small valid key each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mai_zk.bounds import check_bounds
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from verifier.chain import Chain
from verifier.circuit import Circuit
from verifier.curves import off_curve_g1, off_subgroup_g2
from verifier.keys import (
    ADD,
    ADD3,
    BINDINGS,
    CHALLENGE,
    DOT2,
    DOT2A,
    DOT3,
    DOT4,
    EVALUATION,
    G1,
    HALT,
    HINT,
    INSTANCE,
    INV,
    INVERSE,
    LENGTHS,
    MAGIC,
    MARK,
    MAX_SLOTS,
    MUL,
    MULA,
    N_CONSTANTS,
    N_POINTS,
    NO_UNIT_POINT,
    PLAIN,
    RED,
    SCAL,
    SUB,
    SUMS,
    T0,
    T1,
    ZERO,
    Draft,
    Q,
    R,
    S,
    small,
)  # fmt: skip

Edit = Callable[[Draft], Draft]


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture
def draft(linear4: Circuit) -> Draft:
    return small(linear4.draft.srs)


def client_passes(blob: bytes) -> bool:
    """Whether the client would upload the program: its own implementation of the same rules."""
    try:
        check_bounds(KeyProgram.from_bytes(blob))
    except ZkError:
        return False
    return True


def check(chain: Chain, draft: Draft, expected: str | None) -> None:
    """Chain and client agree, and the chain says why."""
    blob = draft.blob()
    assert chain.seal(blob).refused == expected
    assert client_passes(blob) == (expected is None)


# Points of the twist that are no valid SRS are refused by the chain alone: the client has no arithmetic for them.
CHAIN_ALONE = ("srs off the curve", "srs off the subgroup")


# -- the program as a whole


def with_constant(index: int, value: int) -> Edit:
    def edit(draft: Draft) -> Draft:
        constants = list(draft.constants)
        constants[index] = value
        return draft.but(constants=constants)

    return edit


WHOLE: list[tuple[str, str, Edit]] = [
    ("magic", "BadMagic", lambda d: d.but(magic=MAGIC + 1)),
    ("trailing byte", "KeyTooLong", lambda d: d.but(trailing=b"\0")),
    ("trailing point", "KeyTooLong", lambda d: d.but(trailing=G1)),
    ("one point more than there is", "KeyTooShort", lambda d: d.but(counts={N_POINTS: 2})),
    ("many constants more", "KeyTooShort", lambda d: d.but(counts={N_CONSTANTS: 102})),
    ("huge counts", "KeyTooShort", lambda d: d.but(counts=dict.fromkeys(range(8), 0xFFFF))),
    ("reserved 25", "ReservedNotZero", lambda d: d.but(zero1=b"\0\0\1")),
    ("reserved 72", "ReservedNotZero", lambda d: d.but(zero2=b"\1" + bytes(23))),
    ("reserved 95", "ReservedNotZero", lambda d: d.but(zero2=bytes(23) + b"\1")),
    ("no phases", "BadPhases", lambda d: d.but(n_phases=0)),
    ("nine phases", "BadPhases", lambda d: d.but(n_phases=9)),
    ("255 phases", "BadPhases", lambda d: d.but(n_phases=255)),
    ("a phase without challenge", "BadPhases", lambda d: d.but(phases=[(1, 0)])),
    ("an unused phase that is not zero", "BadPhases", lambda d: d.but(phases=[(1, 1), (1, 0)], n_phases=1)),
    ("fewer slots than loaded", "BadCounts", lambda d: d.but(n_slots=9)),
    ("more slots than the heap", "BadCounts", lambda d: d.but(n_slots=MAX_SLOTS + 1)),
    ("65535 slots", "BadCounts", lambda d: d.but(n_slots=0xFFFF)),
    ("65535 instances", "BadCounts", lambda d: d.but(n_instances=0xFFFF)),
    ("65535 evaluations", "BadCounts", lambda d: d.but(n_evals=0xFFFF)),
    ("65535 hints", "BadCounts", lambda d: d.but(n_hints=0xFFFF)),
    ("65535 challenges", "BadCounts", lambda d: d.but(phases=[(1, 0xFFFF)])),
    ("unit point behind W'", "BadCounts", lambda d: d.but(unit_point=3)),
    ("unit point 65534", "BadCounts", lambda d: d.but(unit_point=0xFFFE)),
    ("code of no multiple of eight", "BadCounts", lambda d: d.but(padding=b"")),
    ("parts without all instances", "BadParts", lambda d: d.but(parts=(0, 0, 0, 1, 0, 0))),
    ("parts with more instances", "BadParts", lambda d: d.but(parts=(1, 0, 1, 0, 0, 0))),
    ("more commitments than points", "BadParts", lambda d: d.but(parts=(1, 0, 0, 1, 0, 1))),
    ("constant r", "BadConstant", with_constant(PLAIN, R)),
    ("constant r + 5", "BadConstant", with_constant(PLAIN, R + 5)),
    ("constant 2^256 - 1", "BadConstant", with_constant(ZERO, 2**256 - 1)),
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
    if case in CHAIN_ALONE:
        assert shared.seal(edit(draft).blob()).refused == refused
    else:
        check(shared, edit(draft), refused)


def test_the_control(shared: Chain, draft: Draft) -> None:
    check(shared, draft, None)


@pytest.mark.parametrize("length", [0, 1, 64, 159, 160, 200, -129, -64, -1])
def test_a_cut_program(shared: Chain, draft: Draft, length: int) -> None:
    cut = draft.blob()[:length] or b"\0"
    assert shared.seal(cut).refused == "KeyTooShort"
    assert not client_passes(cut)


# -- the field code


def before_halt(*instructions: list[int]) -> Edit:
    return lambda d: d.but(code=[*d.code[:-1], *instructions, [HALT]])


def first(*instructions: list[int]) -> Edit:
    return lambda d: d.but(code=[*instructions, *d.code])


def without(index: int) -> Edit:
    return lambda d: d.but(code=d.code[:index] + d.code[index + 1 :])


def grown(length: int) -> list[list[int]]:
    """T0 of exactly `length` bits, by the rules: 254 of an instance, then products with short values and sums."""
    code, now = [[MUL, T0 * S, CHALLENGE * S, CHALLENGE * S]], 512
    while now + 256 <= length:
        code.append([MUL, T0 * S, T0 * S, CHALLENGE * S])
        now += 256
    while now < length:
        code.append([ADD, T0 * S, T0 * S, T0 * S])
        now += 1
    return code


def unaligned(op: int, operand: int, by: int) -> list[int]:
    """An instruction whose operand `operand` is not a multiple of three."""
    words = [op, *[PLAIN * S] * (LENGTHS[op] - 1)]
    if op in SUMS:
        words[1] = T0 * S
    words[operand] += by
    return words


def padded(extra: bytes) -> Edit:
    """The code's own padding, less one byte, and `extra`."""

    def edit(draft: Draft) -> Draft:
        needed = -len(draft.but(padding=b"").code_bytes) % 8
        return draft.but(padding=bytes(needed - 1) + extra)

    return edit


def code(*instructions: list[int], keep: slice) -> Edit:
    """`instructions`, then the part `keep` of the code."""
    return lambda d: d.but(code=[*instructions, *d.code[keep]])


def out_of_range(op: int, operand: int, slot: int) -> list[int]:
    """An instruction whose operand `operand` is no slot of the small key."""
    words = unaligned(op, operand, 0)
    words[operand] = slot
    return words


def replaced(index: int, *instructions: list[int], **changes: object) -> Edit:
    return lambda d: d.but(code=[*d.code[:index], *instructions, *d.code[index + 1 :]], **changes)


OPERANDS = [
    (op, operand)
    for op in range(1, len(LENGTHS))
    for operand in range(1, LENGTHS[op])
    if not (op == SCAL and operand == 1)
]
NAMES = ["HALT", "MUL", "MULA", "DOT2", "DOT2A", "DOT3", "DOT4", "ADD", "ADD3", "SUB", "RED", "INV", "SCAL", "MARK"]

FIELD: list[tuple[str, str, Edit]] = [
    ("operation 14", "UnknownOperation", before_halt([14])),
    ("operation 65535", "UnknownOperation", before_halt([0xFFFF])),
    ("no code", "ScalarUnset", lambda d: d.but(code=[])),
    ("code too short for its scalars", "ScalarUnset", lambda d: d.but(code=[[MARK]] * 8)),
    ("no HALT", "MissingHalt", lambda d: d.but(code=[*d.code[:-1], [MARK] * 3])),
    ("cut instruction", "MissingHalt", lambda d: d.but(code=[*[[MARK]] * 11, [DOT4]])),
    ("early HALT", "CodeAfterHalt", first([HALT])),
    ("padding not zero", "CodeAfterHalt", padded(b"\1")),
    ("eight bytes of padding", "CodeAfterHalt", padded(bytes(9))),
    *(
        (f"{NAMES[op]} operand {n} + {by}", "MisalignedSlot", before_halt(unaligned(op, n, by)))
        for op, n in OPERANDS
        for by in (1, 2)
        if (op, n) not in [(INV, 2), (RED, 2)]
    ),
    *(
        (f"{NAMES[op]} operand {n} is slot {slot // S}", "SlotOutOfRange", before_halt(out_of_range(op, n, slot)))
        for op, n in OPERANDS
        for slot in (12 * S, 0xFFFF)
        if (op, n) not in [(INV, 2), (RED, 2)]
    ),
    *(
        (f"{NAMES[op]}'s source misaligned", "MisalignedSlot", first([op, HINT * S, PLAIN * S + 1]))
        for op in BINDINGS
    ),
    *((f"{NAMES[op]}'s source out of range", "SlotOutOfRange", first([op, HINT * S, 12 * S])) for op in BINDINGS),
    ("read before write", "ReadBeforeWrite", first([MUL, T0 * S, T1 * S, PLAIN * S])),
    ("second factor before write", "ReadBeforeWrite", first([MUL, T0 * S, PLAIN * S, T1 * S])),
    ("addend before write", "ReadBeforeWrite", first([MULA, T0 * S, PLAIN * S, PLAIN * S, T1 * S])),
    ("itself before write", "ReadBeforeWrite", first([ADD, T0 * S, T0 * S, PLAIN * S])),
    ("RED before write", "ReadBeforeWrite", first([RED, HINT * S, T0 * S])),
    ("SCAL before write", "ReadBeforeWrite", first([SCAL, 0, T0 * S])),
    ("hint before RED", "HintUnchecked", first([MUL, T0 * S, HINT * S, PLAIN * S])),
    ("inverse before INV", "HintUnchecked", first([SUB, T0 * S, PLAIN * S, INVERSE * S])),
    ("hint as its own value", "HintUnchecked", first([RED, HINT * S, HINT * S])),
    ("inverse of itself", "HintUnchecked", first([INV, HINT * S, HINT * S])),
    ("hint as a scalar before RED", "HintUnchecked", first([SCAL, 0, HINT * S])),
    *(
        (f"{NAMES[op]} of {name}", "NotAHint", first([op, slot * S, PLAIN * S]))
        for op in BINDINGS
        for name, slot in (("a constant", PLAIN), ("a challenge", CHALLENGE), ("an instance", INSTANCE),
                           ("an evaluation", EVALUATION), ("a temporary", T0))
    ),
    *((f"{NAMES[op]} twice", "NotAHint", before_halt([op, HINT * S, PLAIN * S])) for op in BINDINGS),
    *(
        (f"{NAMES[op]} writes {name}", "WriteProtected", before_halt(out_of_range(op, 1, slot * S)))
        for op in SUMS
        for name, slot in (
            ("constant 0", 0), ("a challenge", CHALLENGE), ("an instance", INSTANCE), ("an evaluation", EVALUATION),
            ("a hint", HINT), ("an inverse", INVERSE),
        )
    ),
    ("a product of 3841 bits", "ValueTooLong",
     before_halt(*grown(3585), [MUL, T0 * S, T0 * S, CHALLENGE * S])),
    ("a sum of 3841 bits", "ValueTooLong", before_halt(*grown(3841))),
    ("a difference of 3841 bits", "ValueTooLong", before_halt(*grown(3840), [SUB, T0 * S, PLAIN * S, T0 * S])),
    ("three terms of 3841 bits", "ValueTooLong",
     before_halt(*grown(3839), [ADD3, T0 * S, T0 * S, PLAIN * S, PLAIN * S])),
    ("MULA of 3841 bits", "ValueTooLong",
     before_halt(*grown(3840), [MULA, T0 * S, PLAIN * S, PLAIN * S, T0 * S])),
    *(
        (f"{NAMES[op]} of 3841 bits", "ValueTooLong",
         before_halt(*grown(3840 - 256 - carry + 1), [op, T0 * S, T0 * S, *[CHALLENGE * S] * (LENGTHS[op] - 3)]))
        for op, carry in ((DOT2, 1), (DOT2A, 2), (DOT3, 2), (DOT4, 2))
    ),
    ("an inverse of 3841 bits", "ValueTooLong", replaced(3, *grown(3585), [INV, INVERSE * S, T0 * S])),
    ("scalar out of range", "ScalarOutOfRange", before_halt([SCAL, 3, T1 * S])),
    ("scalar 65535", "ScalarOutOfRange", before_halt([SCAL, 0xFFFF, T1 * S])),
    *((f"scalar {n} set twice", "ScalarSetTwice", before_halt([SCAL, n, T1 * S])) for n in range(3)),
    *((f"scalar {n} unset", "ScalarUnset", without(5 + n)) for n in range(3)),
    ("a scalar more for want of a unit point", "ScalarUnset", lambda d: d.but(unit_point=NO_UNIT_POINT)),
    ("a scalar more for a point of the key", "ScalarUnset", lambda d: d.but(points=[G1, G1])),
    ("a scalar more for a point of a phase", "ScalarUnset", lambda d: d.but(phases=[(2, 1)])),
    ("a scalar less", "ScalarOutOfRange", lambda d: d.but(points=[])),
    ("instance unread", "InstanceUnread", replaced(0, [MUL, T0 * S, PLAIN * S, CHALLENGE * S])),
    ("evaluation unread", "EvaluationUnread", replaced(2, [ADD, T1 * S, HINT * S, PLAIN * S])),
    ("hint never bound", "HintNeverChecked",
     lambda d: d.but(code=[d.code[0], [MULA, T1 * S, T0 * S, EVALUATION * S, PLAIN * S], *d.code[3:]])),
    ("inverse never bound", "HintNeverChecked",
     lambda d: d.but(code=[*d.code[:3], d.code[4], d.code[5], [SCAL, 1, T1 * S], *d.code[7:]])),
    ("quotient a word short", "BadQuotientLength", lambda d: d.but(quotient_words=12)),
    ("quotient a word long", "BadQuotientLength", lambda d: d.but(quotient_words=14)),
    ("no quotient", "BadQuotientLength", lambda d: d.but(quotient_words=0)),
    ("quotient of 65535 words", "BadQuotientLength", lambda d: d.but(quotient_words=0xFFFF)),
    ("a longer claim", "BadQuotientLength", replaced(3, *grown(560), [INV, INVERSE * S, T0 * S])),
    ("a longer scalar", "BadQuotientLength", replaced(7, *grown(811), [SCAL, 2, T0 * S])),
]  # fmt: skip


@pytest.mark.parametrize(("case", "refused", "edit"), FIELD, ids=[case for case, _, _ in FIELD])
def test_field_code(shared: Chain, draft: Draft, case: str, refused: str, edit: Edit) -> None:
    check(shared, edit(draft), refused)


CONTROLS: list[tuple[str, Edit]] = [
    ("a product of 3840 bits", before_halt(*grown(3584), [MUL, T0 * S, T0 * S, CHALLENGE * S])),
    ("a sum of 3840 bits", before_halt(*grown(3840))),
    *(
        (f"{NAMES[op]} of 3840 bits",
         before_halt(*grown(3840 - 256 - carry), [op, T0 * S, T0 * S, *[CHALLENGE * S] * (LENGTHS[op] - 3)]))
        for op, carry in ((DOT2, 1), (DOT2A, 2), (DOT3, 2), (DOT4, 2))
    ),
    ("an inverse of 3840 bits",
     replaced(3, *grown(3584), [INV, INVERSE * S, T0 * S], quotient_words=61)),
    ("a claim that just fits 13 words", replaced(3, *grown(554), [INV, INVERSE * S, T0 * S])),
    ("a claim that needs 14 words", replaced(3, *grown(555), [INV, INVERSE * S, T0 * S], quotient_words=14)),
    ("a scalar that needs 14 words", replaced(7, *grown(811), [SCAL, 2, T0 * S], quotient_words=14)),
    ("the largest constant", with_constant(PLAIN, R - 1)),
    ("parts", lambda d: d.but(parts=(0, 0, 1, 1, 0, 0))),
    ("W' as the unit point", lambda d: d.but(unit_point=2)),
    ("no unit point", before_halt([SCAL, 3, T1 * S])),
    ("all slots", lambda d: d.but(n_slots=MAX_SLOTS)),
    ("no point of the key", lambda d: d.but(points=[], code=[*d.code[:5], [SCAL, 0, T1 * S], [SCAL, 1, 0], [HALT]])),
    ("a circuit's digest", lambda d: d.but(circuit=bytes(range(32)))),
    ("eight phases", lambda d: d.but(phases=[(1, 1), *[(0, 1)] * 7], code=shifted(d.code, 7), n_slots=19)),
]  # fmt: skip


def shifted(code: list[list[int]], by: int) -> list[list[int]]:
    """The code with so many more challenges after the first."""
    moved = []
    for op, *words in code:
        kept = 1 if op == SCAL else 0
        moved.append([op, *words[:kept], *(w + by * S if w > CHALLENGE * S else w for w in words[kept:])])
    return moved


@pytest.mark.parametrize(("case", "edit"), CONTROLS, ids=[case for case, _ in CONTROLS])
def test_what_the_rules_allow(shared: Chain, draft: Draft, case: str, edit: Edit) -> None:
    changed = edit(draft)
    check(shared, changed.but(unit_point=NO_UNIT_POINT) if case == "no unit point" else changed, None)


def test_every_single_byte(shared: Chain, draft: Draft) -> None:
    """Each byte of the header, the constants and the code changed three ways: chain and client agree on all of them."""
    blob = draft.blob()
    srs_at = len(blob) - 64 - 128
    names = set()
    for offset in range(srs_at):
        for change in (1, 3, 0x80):
            changed = bytearray(blob)
            changed[offset] ^= change
            refused = shared.seal(bytes(changed)).refused
            assert refused is None or refused.isalnum(), (offset, change, refused)
            assert client_passes(bytes(changed)) == (refused is None), (offset, change, refused)
            names.add(refused)
    assert len(names) > 15
