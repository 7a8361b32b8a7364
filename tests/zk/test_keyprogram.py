"""Key programs as bytes: what `from_bytes` refuses, statements, payloads, and the lengths of values (under a second).

The program here is written by hand: it has one instance, two evaluations, two hints, one point of its own and no unit
point.
"""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai_zk.bounds import MAX_LENGTH, check_bounds, longest_claim, quotient_words, sum_length
from mai_zk.curve import GENERATOR, IDENTITY, Point, add, decode_point, is_on_curve, multiply, negate
from mai_zk.errors import ZkError
from mai_zk.field import Q, R, keccak256
from mai_zk.isa import OPERANDS, SUMS, Instruction, Op, decode_code, encode_code
from mai_zk.keyprogram import MAX_SLOTS, NO_UNIT_POINT, KeyProgram, Parts, pack_header
from mai_zk.machine import run_code

TWO = multiply(GENERATOR, 2)
CONSTANTS = (11, 0)
# Slots: constants, one phase challenge, zeta, nu, mu, then:
CHALLENGE, INSTANCE, EVALS, HINT, INVERSE, TEMPORARY = 2, 6, 7, 9, 10, 11
CODE = (
    Instruction(Op.INV, (INVERSE, EVALS)),
    Instruction(Op.MUL, (TEMPORARY, INSTANCE, EVALS + 1)),
    Instruction(Op.RED, (HINT, TEMPORARY)),
    Instruction(Op.MULA, (TEMPORARY, HINT, INVERSE, 0)),
    Instruction(Op.MARK),
    Instruction(Op.SCAL, (0, TEMPORARY)),
    Instruction(Op.SCAL, (1, INVERSE)),
    Instruction(Op.SCAL, (2, 0)),
    Instruction(Op.SCAL, (3, 1)),
    Instruction(Op.HALT),
)
PARTS = Parts(input_instances=1, output_points=1)
G2_BYTES = b"".join(i.to_bytes(32, "big") for i in (1, 2, 3, 4))
DIGEST, CIRCUIT = bytes(range(32)), bytes(range(32, 64))


def build(
    *,
    code: Sequence[Instruction] = CODE,
    constants: Sequence[int] = CONSTANTS,
    points: Sequence[Point] = (TWO,),
    parts: Parts = PARTS,
    n_slots: int = TEMPORARY + 1,
    unit_point: int = NO_UNIT_POINT,
    words: int = 9,
) -> bytes:
    """The bytes of the hand-written program, with parts replaced."""
    body = encode_code(code)
    counts = [1, 2, len(constants), 2, n_slots, len(points), unit_point, words]
    return b"".join(
        [
            pack_header(counts, [(1, 1)], parts, len(body), DIGEST, CIRCUIT),
            *(c.to_bytes(32, "big") for c in constants),
            body,
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
    assert (key.n_instances, key.n_evals, key.n_hints, key.n_challenges) == (1, 2, 2, 4)
    assert (key.n_points, key.n_phase_points, key.n_proof_points, key.n_scalars) == (1, 1, 3, 4)
    assert key.proof_size == 64 * 3 + 32 * 2
    assert key.size == len(key.blob)
    assert key.hash == keccak256(key.blob)
    assert key.srs == keccak256(G2_BYTES)
    assert (key.digest, key.circuit) == (DIGEST, CIRCUIT)
    assert key.parts == PARTS
    assert (key.points, key.neg_s_g2) == (TWO.to_bytes(), G2_BYTES)
    assert key.constants == CONSTANTS
    assert key.code == CODE
    check_bounds(key)


def test_heap_is_at_least_the_default_and_whole_kibibytes() -> None:
    key = KeyProgram.from_bytes(build())
    assert key.heap_bytes == 32 * 1024
    large = KeyProgram.from_bytes(build(n_slots=2000))
    assert large.memory_bytes(1) == 1224 + 24 * (2000 + 4) + 32 * (4 + 2)
    assert large.heap_bytes == 49 * 1024
    assert large.memory_bytes(3) - large.memory_bytes(1) == 2 * (24 * 3 + 32 * 6)
    assert large.heap_for(8) % 1024 == 0
    assert large.memory_bytes(8) <= large.heap_for(8) < large.memory_bytes(8) + 1024
    KeyProgram.from_bytes(build(n_slots=MAX_SLOTS))
    refused(build(n_slots=MAX_SLOTS + 1), "the verifier holds 8192")


def test_hints_and_scalars_follow_from_the_program() -> None:
    key = KeyProgram.from_bytes(build())
    run = key.run([3], proof())
    assert run.refusal is None
    inverse = pow(5, -1, R)
    assert run.hints == (21, inverse)
    expected = (21 * inverse + 11) % R
    assert run.scalars == (expected, inverse, 11, 0)
    assert run.code.scalars[0] == 21 * inverse + 11
    assert run.code.claims == (5 * inverse - 1, 0)
    left = add(add(multiply(TWO, expected), multiply(GENERATOR, inverse)), multiply(TWO, 11))
    assert run.accumulator == left
    assert run.w_prime == GENERATOR


def test_a_payloads_parts() -> None:
    key = KeyProgram.from_bytes(build())
    payload, run = key.payload([3], proof()), key.run([3], proof())
    count, listed, zero = struct.unpack_from("<HHI", payload)
    words = [(3).to_bytes(32, "big"), proof(), *(v.to_bytes(32, "big") for v in (*run.hints, *run.scalars))]
    body = b"".join(words)
    assert (count, zero) == (1, 0)
    assert payload[8 : 8 + len(body)] == body
    assert len(payload) == 8 + len(body) + 8 * key.quotient_words + 2 * listed
    assert key.batch([([3], proof())]) == payload
    two = key.batch([([3], proof()), ([4], proof(first=6))])
    assert struct.unpack_from("<H", two) == (2,)
    for number in (0, 9):
        with pytest.raises(ZkError, match="holds 1 to 8 proofs"):
            key.batch([([3], proof())] * number)


def test_the_unit_point_has_no_scalar() -> None:
    for unit in (0, 1, 2):
        code = [i for i in CODE if i.args[:1] != (3,) or i.op is not Op.SCAL]
        key = KeyProgram.from_bytes(build(code=code, unit_point=unit))
        run = key.run([3], proof())
        coefficients = [coefficient for _, coefficient in key.terms(proof(), run.scalars)]
        assert len(coefficients) == 4
        assert coefficients[1 + unit] == 1
    refused(build(code=code, unit_point=3), "names point 3 of a proof of 3")
    refused(build(code=code), "leaves a scalar unset")


def test_a_zero_denominator_gives_a_zero_hint_and_a_refusal() -> None:
    key = KeyProgram.from_bytes(build())
    run = key.run([3], proof(first=0))
    assert run.refusal == "HintWrong"
    assert run.hints[1] == 0
    assert run.code.claims[0] == -1
    key.payload([3], proof(first=0))  # it exists, and the verifier refuses it


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
        (95, 1, "reserved header bytes"),
        (24, 0, "transcript phases"),
        (24, 9, "transcript phases"),
        (42, 0, "phase table"),
        (44, 1, "phase table"),
        (20, 1, "code length"),
        (14, 9, "length does not match"),
        (28, 2, "name every instance"),
        (34, 2, "commitment points"),
        (160, 255, "not below r"),
    ],
)
def test_changed_header_and_constants(offset: int, value: int, message: str) -> None:
    blob = bytearray(build())
    blob[offset] = value
    refused(bytes(blob), message)


def test_cut_and_trailing_bytes() -> None:
    blob = build()
    for length in (0, 3, 159, 160, len(blob) - 1):
        refused(blob[:length], "shorter than a header|length does not match")
    refused(blob + b"\0", "length does not match")


def test_constants_are_canonical() -> None:
    KeyProgram.from_bytes(build(constants=[R - 1, 0]))
    for value in (R, R + 1, (1 << 256) - 1):
        refused(build(constants=[value, 0]), "not below r")


def test_invalid_points() -> None:
    refused(build(points=[IDENTITY]), "is the identity")
    refused(build(points=[Point(1, 3)]), "not on the BN254 curve")
    refused(build(points=[Point(1 + Q, 2)]), "not on the BN254 curve")
    refused(build(points=[TWO, TWO]), "leaves a scalar unset")


def without(op: Op) -> list[Instruction]:
    return [i for i in CODE if i.op is not op]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (without(Op.HALT), "no HALT"),
        ([CODE[-1], *CODE], "goes on after HALT"),
        (without(Op.RED), "before it is written or bound"),
        (without(Op.INV), "before it is written or bound"),
        ([CODE[0], *CODE], "not an unbound hint"),
        ([*CODE[:3], CODE[2], *CODE[3:]], "not an unbound hint"),
        ([Instruction(Op.RED, (EVALS, 0)), *CODE], "not an unbound hint"),
        ([Instruction(Op.INV, (TEMPORARY, 0)), *CODE], "not an unbound hint"),
        (without(Op.SCAL), "scalar unset"),
        ([*CODE[:6], CODE[5], *CODE[6:]], "sets scalar 0 twice"),
        ([*CODE[:-1], Instruction(Op.SCAL, (4, 0)), CODE[-1]], "no such scalar"),
        ([CODE[0], Instruction(Op.MUL, (TEMPORARY, INSTANCE, INSTANCE)), *CODE[2:]], "evaluation unread"),
        ([CODE[0], Instruction(Op.MUL, (TEMPORARY, 0, EVALS + 1)), *CODE[2:]], "instance or evaluation unread"),
        ([Instruction(Op.ADD, (TEMPORARY, TEMPORARY, 0)), *CODE], "before it is written"),
        ([Instruction(Op.MUL, (0, 0, 0)), *CODE], "not a temporary"),
        ([Instruction(Op.MUL, (HINT, 0, 0)), *CODE], "not a temporary"),
        ([Instruction(Op.MUL, (TEMPORARY + 1, 0, 0)), *CODE], "not a temporary"),
        (
            [*CODE[:2], Instruction(Op.MULA, (TEMPORARY, TEMPORARY, INVERSE, 0)), *CODE[4:]],
            "leaves a hint unbound",
        ),
    ],
)
def test_malformed_code(code: list[Instruction], message: str) -> None:
    refused(build(code=code), message)


def test_undecodable_code() -> None:
    for words, message in (((14,), "unknown opcode 14"), ((1, 3), "cut off"), ((7, 4, 0, 0), "multiple of 3")):
        with pytest.raises(ZkError, match=message):
            decode_code(struct.pack(f"<{len(words)}H", *words))
    assert decode_code(encode_code(CODE)) == CODE


@given(st.data())
def test_every_instruction_is_encoded_and_decoded(data: st.DataObject) -> None:
    code = [
        Instruction(op, tuple(data.draw(st.integers(0, 21_845)) for _ in range(OPERANDS[op])))
        for op in data.draw(st.lists(st.sampled_from([op for op in Op if op is not Op.HALT]), max_size=8))
    ]
    code.append(Instruction(Op.HALT))
    assert decode_code(encode_code(code)) == tuple(code)
    assert all(len(i.products) * 2 + len(i.addends) + 1 == len(i.args) for i in code if i.op in SUMS)


# -- lengths


def test_the_quotients_length_is_that_of_the_longest_claim() -> None:
    key = KeyProgram.from_bytes(build())
    assert longest_claim(key) == 513  # RED claims 508 bits, INV 254 + 256, the first scalar 512 + 1
    assert key.quotient_words == quotient_words(longest_claim(key))


def grown(length: int) -> list[Instruction]:
    """The temporary at a length: products of hints, then doublings."""
    code, now = [Instruction(Op.MUL, (TEMPORARY, HINT, HINT))], 512
    while now + 256 <= length:
        code.append(Instruction(Op.MUL, (TEMPORARY, TEMPORARY, HINT)))
        now += 256
    return code + [Instruction(Op.ADD, (TEMPORARY, TEMPORARY, TEMPORARY))] * (length - now)


def test_bounds_analysis_refuses_values_that_are_too_long() -> None:
    for length in (MAX_LENGTH, MAX_LENGTH + 1):
        code = [*CODE[:3], *grown(length), *CODE[3:]]
        key = KeyProgram.from_bytes(build(code=code))
        if length == MAX_LENGTH:
            check_bounds(key)
        else:
            with pytest.raises(ZkError, match=r"\(ADD\) of the key program makes a value of 3841 bits; 3840"):
                check_bounds(key)
    inverse = [*CODE[1:3], *grown(MAX_LENGTH - 255), Instruction(Op.INV, (INVERSE, TEMPORARY)), *CODE[3:]]
    reads = Instruction(Op.ADD, (TEMPORARY, EVALS, EVALS))
    with pytest.raises(ZkError, match=r"\(INV\).* 3841 bits"):
        check_bounds(KeyProgram.from_bytes(build(code=[reads, *inverse])))


@pytest.mark.parametrize("words", [0, 8, 10, 65535])
def test_bounds_analysis_refuses_another_quotient(words: int) -> None:
    with pytest.raises(ZkError, match=f"quotient of {words} words; its claims need 9"):
        check_bounds(KeyProgram.from_bytes(build(words=words)))
    check_bounds(KeyProgram.from_bytes(build()))


@given(
    st.sampled_from([op for op in SUMS if op is not Op.SUB]),
    st.lists(st.integers(1, 400), min_size=8, max_size=8),
)
def test_sums_of_the_longest_operands_fit_their_length(op: Op, lengths: list[int]) -> None:
    """The largest operands of either sign stay below 2^length."""
    products, addends = SUMS[op]
    pairs = [(lengths[2 * i], lengths[2 * i + 1]) for i in range(products)]
    rest = lengths[2 * products :][:addends]
    largest = sum(((1 << a) - 1) * ((1 << b) - 1) for a, b in pairs) + sum((1 << c) - 1 for c in rest)
    assert largest < 1 << sum_length(pairs, rest)


@given(st.integers(0, R - 1), st.integers(1, R - 1), st.integers(0, R - 1), st.integers(0, (1 << 256) - 1))
def test_claims_are_multiples_of_r(a: int, b: int, c: int, challenge: int) -> None:
    key = KeyProgram.from_bytes(build())
    result = run_code(key, [challenge] * 4 + [a, b, c])
    assert result.refusal is None
    assert all(claim % R == 0 for claim in result.claims)
    assert all(abs(claim) < 1 << longest_claim(key) for claim in result.claims)


# -- the curve


@given(st.integers(0, R - 1), st.integers(0, R - 1))
def test_curve_arithmetic(a: int, b: int) -> None:
    """Scalar multiplication is additive, whatever the path."""
    left = add(multiply(GENERATOR, a), multiply(GENERATOR, b))
    assert left == multiply(GENERATOR, (a + b) % R)
    assert is_on_curve(left)
    assert add(left, negate(left)) == IDENTITY
    assert decode_point(left.to_bytes()) == left
