"""Operations on chain and in Python give the same bits at every input; a result that is off by one is refused."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.errors import ZkError
from mai_zk.language.integers import Decay, Integers, powers_of_two, rotations
from mai_zk.trace import executed
from mai_zk.trace.executed import (
    HEAD,
    MAX_ROWS,
    NOTHING,
    Attend,
    Best,
    Constants,
    Gain,
    Norm,
    Operation,
    Swiglu,
    Top,
)
from solders.pubkey import Pubkey
from traces.executed_world import Bench, integers
from traces.world import refused

SCALES = (8, 17, 25)
"""Fractional bits of decays' arguments: SmolLM2's gates have 11 or 12, its scores 20 to 24."""
BOUND, RESIDUAL_BOUND = 1 << 24, 1 << 26
POSITIONS = 40


@cache
def constants() -> Constants:
    found = Constants()
    found.add(powers_of_two(18))
    found.add(powers_of_two(30))
    found.add(angles())
    found.add(GAINS)
    return found


TABLE_18, TABLE_30, ROTATIONS = 0, 4 * 4096, 8 * 4096
GAINS = np.random.default_rng(3).integers(-(1 << 14), 1 << 14, 64)
GAIN_OFFSET = ROTATIONS + POSITIONS * HEAD * 4
COSINES, SINES = rotations(POSITIONS, HEAD // 2, 100_000, 15)


def angles() -> Integers:
    return np.concatenate([COSINES, SINES], axis=1).ravel()


def norm(**changes: object) -> Norm:
    return replace(Norm(64, 8, 7, 577, addend=-3), **changes)  # type: ignore[arg-type]


def attend(scale: int = 22, shift: int = 3, *, offset: int = 0, shard: int = HEAD, kv_shards: int = 1) -> Attend:
    decay = Decay(18, scale, divisor_bits=3)
    return Attend(3, decay, shift, COSINES, SINES, TABLE_18, ROTATIONS, offset, shard, kv_shards)


def swiglu(count: int = 8, scale: int = 12, shift: int = 19) -> Swiglu:
    return Swiglu(count, Decay(30, scale), shift, TABLE_30)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def sealed(bench: Bench) -> Pubkey:
    return bench.constants(constants().body)


def check(bench: Bench, data: bytes) -> str | None:
    """The refusal of an opening, or None."""
    address = bench.constants(constants().body)
    return refused(lambda: bench.client.check(address, bench.opening(data)))


Run = tuple[Operation, int, Sequence[Integers], Integers]
"""An operation at a position, the vectors that it reads, and the past."""


def gives(operation: Operation, position: int, reads: Sequence[Integers], past: Integers) -> tuple[Integers, ...]:
    return operation.run(position, np.concatenate(reads), past)


def agrees(bench: Bench, run: Run, lie: int) -> None:
    """The chain takes the reference's result, and no other: number `lie` of the results is one more or less."""
    operation, position, reads, past = run
    honest = gives(*run)
    reads = (*reads, past)
    assert check(bench, executed.opening(operation, position, reads, honest)) is None
    wrong = [vector.copy() for vector in honest]
    places = [(vector, index) for vector, found in enumerate(honest) for index in range(len(found))]
    vector, index = places[(lie >> 1) % len(places)]
    wrong[vector][index] += 1 if lie & 1 else -1
    assert check(bench, executed.opening(operation, position, reads, wrong)) in {"ResultMismatch", "ValueOutOfRange"}


def vectors(length: int, bound: int) -> st.SearchStrategy[Integers]:
    """Integers below a bound in size: any, small ones, and the largest."""
    numbers = st.one_of(
        st.integers(1 - bound, bound - 1), st.integers(-64, 64), st.sampled_from([bound - 1, 1 - bound, 0])
    )
    return st.lists(numbers, min_size=length, max_size=length).map(lambda found: np.array(found, dtype=np.int64))


LIES = st.integers(0, 1 << 12)
EXAMPLES = settings(max_examples=60, deadline=None)


@given(vectors(64, 1 << 25), vectors(64, BOUND), st.integers(-12, 3), st.integers(-9, 1), st.booleans(), LIES)
@EXAMPLES
def test_norm(
    bench: Bench, residual: Integers, addend: Integers, added: int, kept: int, gained: bool, lie: int
) -> None:
    gain = Gain(GAINS, 14, GAIN_OFFSET) if gained else None
    operation = norm(addend=added, residual=kept, gain=gain)
    try:
        operation.run(0, np.concatenate([residual, addend]), NOTHING)
    except ZkError:
        data = executed.opening(operation, 0, (residual, addend), (residual, residual))
        assert check(bench, data) in {"ValueOutOfRange", "ResultMismatch"}
        return
    agrees(bench, (operation, 0, (residual, addend), NOTHING), lie)


@given(vectors(64, RESIDUAL_BOUND), LIES)
@EXAMPLES
def test_norm_of_the_first_layer(bench: Bench, residual: Integers, lie: int) -> None:
    operation = norm(addend=None)
    agrees(bench, (operation, 0, (residual,), NOTHING), lie)


@pytest.mark.parametrize("epsilon", [1, 6040, (1 << 37) - 1])
@pytest.mark.parametrize("number", [0, 1, -1, RESIDUAL_BOUND - 1, 1 - RESIDUAL_BOUND])
def test_norm_of_equal_numbers(bench: Bench, number: int, epsilon: int) -> None:
    """Zeros, and squares that fill 63 bits: 2^11 of the largest residuals."""
    operation = norm(width=2048, root_of_width=45, epsilon=epsilon, addend=None)
    residual = np.full(2048, number, dtype=np.int64)
    agrees(bench, (operation, 0, (residual,), NOTHING), 5)


def test_the_residual_has_a_range(bench: Bench) -> None:
    operation = norm(addend=0)
    zeros, most = np.zeros(64, dtype=np.int64), integers(*[RESIDUAL_BOUND - 1] * 64)
    for added in (1, BOUND):
        data = executed.opening(operation, 0, (most, zeros + added), (most + added, zeros))
        assert check(bench, data) == "ValueOutOfRange"
    data = executed.opening(operation, 0, (-most, zeros - 1), (-most - 1, zeros))
    assert check(bench, data) == "ValueOutOfRange"


@given(vectors(8, BOUND), vectors(8, BOUND), st.integers(5, 30), st.integers(1, 40), LIES)
@EXAMPLES
def test_swiglu(bench: Bench, gate: Integers, up: Integers, scale: int, shift: int, lie: int) -> None:
    operation = swiglu(8, scale, shift)
    (result,) = gives(operation, 0, (gate, up), NOTHING)
    if np.abs(result).max() < BOUND:
        agrees(bench, (operation, 0, (gate, up), NOTHING), lie)
    else:
        fits = (np.clip(result, 1 - BOUND, BOUND - 1),)
        assert check(bench, executed.opening(operation, 0, (gate, up), fits)) == "ValueOutOfRange"


def test_swiglu_around_the_decays_steps(bench: Bench) -> None:
    """Every gate where the table's index or its shift changes, and where e^-g vanishes."""
    scale, shift = 12, 11
    steps = [(k << (scale + 8)) // 1512775 for k in (1, 2, 4095, 4096, 4097, 40 << 12, (40 << 12) - 1)]
    near = [step + more for step in steps for more in (-1, 0, 1, 2)]
    gate = integers(*(sign * number for number in [*near, 64 << scale, (64 << scale) + 1] for sign in (1, -1)))
    up = np.full(len(gate), 4097, dtype=np.int64)
    operation = swiglu(len(gate), scale, shift)
    agrees(bench, (operation, 0, (gate, up), NOTHING), 7)


@st.composite
def attentions(draw: st.DrawFn) -> Run:
    position, scale, shift = draw(st.integers(0, 12)), draw(st.integers(10, 33)), draw(st.integers(0, 5))
    bound = 1 << draw(st.sampled_from([2, 12, 22]))
    seed = np.random.default_rng(draw(st.integers(0, 1 << 30)))

    def numbers(count: int, size: int) -> Integers:
        return seed.integers(1 - size, size, count)

    shard, kv_shards = draw(st.sampled_from([(HEAD, 1), (48, 2), (32, 3), (192, 1), (1, 70)]))
    offset = draw(st.integers(0, shard * kv_shards - HEAD))
    length = shard * kv_shards
    queries, keys, values = draw(vectors(3 * HEAD, bound)), numbers(length, bound), draw(vectors(length, BOUND))
    past = np.stack([numbers(position * HEAD, bound), numbers(position * HEAD, BOUND)], axis=1)
    rows = past.reshape(position, HEAD, 2).transpose(0, 2, 1).ravel()
    operation = attend(scale, shift, offset=offset, shard=shard, kv_shards=kv_shards)
    return operation, position, (queries, keys, values), rows


@given(attentions(), LIES)
@EXAMPLES
def test_attend(bench: Bench, run: Run, lie: int) -> None:
    agrees(bench, run, lie)


def test_attention_to_equal_keys_is_the_mean(bench: Bench) -> None:
    """Ties everywhere: equal scores, and sums that lie halfway between two integers."""
    operation, position = attend(22, 0), 7
    key = np.full(HEAD, 100, dtype=np.int64)
    zeros = np.zeros(3 * HEAD, dtype=np.int64)
    row, _ = gives(operation, 0, (zeros, key, zeros[:HEAD]), NOTHING)
    rows = np.concatenate([np.concatenate([row[:HEAD], np.full(HEAD, n % 2 - 1)]) for n in range(position)])
    reads = (zeros, key, np.full(HEAD, -1, dtype=np.int64))
    assert set(gives(operation, position, reads, rows)[1].tolist()) == {-1}  # -5/8
    agrees(bench, (operation, position, reads, rows), 11)


def test_the_history_has_as_many_rows_as_positions(bench: Bench) -> None:
    operation, zeros = attend(), np.zeros(3 * HEAD, dtype=np.int64)
    reads, past = (zeros, zeros[:HEAD], zeros[:HEAD]), zeros[: 2 * HEAD]
    found = gives(operation, 1, reads, past)
    reads = (*reads, past)
    assert check(bench, executed.opening(operation, 1, reads, found)) is None
    for position, error in ((0, "OpeningLength"), (2, "OpeningLength"), (POSITIONS, "PositionOutOfRange")):
        assert check(bench, executed.opening(operation, position, reads, found)) == error
    longer = replace(operation, cosines=np.zeros((4096, 32), dtype=np.int64))
    assert check(bench, executed.opening(longer, MAX_ROWS, reads, found)) == "PositionOutOfRange"
    assert check(bench, executed.opening(longer, 600, reads, found)) == "ConstantsTooShort"


@pytest.mark.parametrize("place", range(3))
def test_queries_keys_and_values_have_a_range(bench: Bench, place: int) -> None:
    operation, reads = attend(), [np.zeros(count * HEAD, dtype=np.int64) for count in (3, 1, 1)]
    reads[place][3] = BOUND
    found = gives(operation, 0, reads, NOTHING)
    assert check(bench, executed.opening(operation, 0, reads, found)) == "ValueOutOfRange"


def test_a_head_is_within_its_shards() -> None:
    zeros = np.zeros(3 * HEAD + 2 * 96, dtype=np.int64)
    for wrong in (attend(offset=33, shard=48, kv_shards=2), attend(shard=95, kv_shards=1)):
        with pytest.raises(ZkError):
            wrong.run(0, zeros[: 3 * HEAD + 2 * wrong.shard * wrong.kv_shards], NOTHING)


@given(vectors(16, (1 << 31) - 1), LIES)
@EXAMPLES
def test_top(bench: Bench, logits: Integers, lie: int) -> None:
    agrees(bench, (Top(16, lie), 0, (logits,), NOTHING), lie)


@given(vectors(16, (1 << 31) - 1), LIES)
@EXAMPLES
def test_best(bench: Bench, pairs: Integers, lie: int) -> None:
    agrees(bench, (Best(8), 0, (pairs,), NOTHING), lie)


def test_the_first_of_equals_is_the_top(bench: Bench) -> None:
    logits = integers(3, 9, -1, 9)
    assert check(bench, executed.opening(Top(4), 0, (logits,), (integers(9, 1),))) is None
    assert check(bench, executed.opening(Top(4), 0, (logits,), (integers(9, 3),))) == "ResultMismatch"
    assert check(bench, executed.opening(Top(4, 64), 0, (logits,), (integers(9, 65),))) is None
    pairs = integers(3, 7, 9, 70, -1, 2, 9, 5)
    assert check(bench, executed.opening(Best(4), 0, (pairs,), (integers(9, 70),))) is None
    for wrong in (integers(9, 5), integers(9, 7), integers(3, 7)):
        assert check(bench, executed.opening(Best(4), 0, (pairs,), (wrong,))) == "ResultMismatch"


def test_a_token_beyond_what_an_integer_holds(bench: Bench) -> None:
    top = Top(2, (1 << 32) - 1)
    assert check(bench, executed.opening(top, 0, (integers(1, 2),), (integers(2, 0),))) == "ValueOutOfRange"


def descriptors() -> Iterator[tuple[str, bytes]]:
    """Descriptors with a number out of its range, and why."""
    yield "no operation", bytes(32)
    yield "an unknown operation", bytes([6]) + bytes(31)
    good = {"norm": norm(), "attend": attend(), "swiglu": swiglu(), "top": Top(8), "best": Best(8)}
    for name, operation in good.items():
        yield f"{name}, more bytes", operation.descriptor[:-1] + b"\1"
    changes = {
        "norm": {"no width": (1, "<H", 0), "a great width": (1, "<H", 2049), "two addends": (3, "<B", 2),
                 "a left shift of 17": (4, "<b", 17), "a right shift of 31": (5, "<b", -31), "no factor": (6, "<B", 0),
                 "a great factor": (7, "<B", 23), "a gain's shift of 33": (8, "<B", 33), "no epsilon": (9, "<Q", 0),
                 "a great epsilon": (9, "<Q", 1 << 37), "a gain's place without a gain": (17, "<I", 4)},
        "attend": {"two heads": (1, "<B", 2), "a decay's shift of 7": (2, "<B", 7), "one of 45": (2, "<B", 45),
                   "a shift of 17": (3, "<B", 17), "an offset beyond the keys": (4, "<B", 1), "no shard": (17, "<H", 0),
                   "shards that hold no whole group": (17, "<H", 65), "no keys": (19, "<B", 0),
                   "a table between words": (9, "<I", 2),
                   "a table that begins with 2^30": (9, "<I", TABLE_30)},
        "swiglu": {"no channels": (1, "<H", 0), "a decay's shift of 7": (3, "<B", 7), "one of 45": (3, "<B", 45),
                   "no shift": (4, "<B", 0), "a shift of 49": (4, "<B", 49)},
        "top": {"no logits": (1, "<H", 0)},
        "best": {"no pairs": (1, "<H", 0), "a byte": (3, "<B", 1)},
    }  # fmt: skip
    for name, cases in changes.items():
        for why, (at, form, number) in cases.items():
            whole = bytearray(good[name].descriptor)  # type: ignore[attr-defined]
            struct.pack_into(form, whole, at, number)
            yield f"{name}, {why}", bytes(whole)


@pytest.mark.parametrize(("descriptor"), [pytest.param(data, id=why) for why, data in descriptors()])
def test_bad_descriptors(bench: Bench, descriptor: bytes) -> None:
    assert check(bench, descriptor + bytes(4096)) == "BadDescriptor"


@pytest.mark.parametrize("at", ["table", "rotations"])
def test_constants_end_before_what_is_named(bench: Bench, at: str) -> None:
    place = {at: len(constants().body) - 252}
    changed = replace(attend(), **place)  # type: ignore[arg-type]
    assert check(bench, changed.descriptor + bytes(4096)) == "ConstantsTooShort"
    beyond = replace(attend(), **{at: (1 << 32) - 4})  # type: ignore[arg-type]
    assert check(bench, beyond.descriptor + bytes(4096)) == "ConstantsTooShort"


def test_a_table_that_is_none(bench: Bench) -> None:
    """Entries above the first one could make sums wrap: refused, even if sealed."""
    table = np.full(4096, (1 << 31) - 1, dtype=np.int64)
    table[0] = 1 << 18
    body = Constants()
    body.add(table)
    body.add(angles())
    base = bench.constants(body.body)
    operation = replace(attend(10), table=0, rotations=4 * 4096)
    queries, key, rows = (np.zeros(count * HEAD, dtype=np.int64) for count in (3, 1, 2))
    queries[0], key[0] = 10, 100  # scores 1,000 and 0: some steps of the table apart
    found = gives(operation, 1, (queries, key, key), rows)
    data = executed.opening(operation, 1, (queries, key, key, rows), found)
    assert refused(lambda: bench.client.check(base, bench.opening(data))) == "BadDescriptor"


def test_every_byte_of_an_opening_is_used(bench: Bench) -> None:
    logits = integers(1, 2, 3)
    data = executed.opening(Top(3), 0, (logits,), Top(3).run(0, logits, NOTHING))
    assert check(bench, data) is None
    for wrong in (data + bytes(4), data[:-4], data + b"\0", data[:31], data[:35], data[:39]):
        assert check(bench, wrong) == "OpeningLength"
    assert check(bench, data[:36] + b"\1" + data[37:]) == "OpeningLength"


def test_accounts_are_checked(bench: Bench, sealed: Pubkey) -> None:
    data = executed.opening(Top(1), 0, (integers(1),), (integers(1, 0),))
    opening = bench.opening(data)
    assert refused(lambda: bench.client.check(sealed, bench.opening(data, missing=4))) == "AccountIncomplete"
    assert refused(lambda: bench.client.check(sealed, sealed)) == "DuplicateAccount"
    assert refused(lambda: bench.client.check(opening, sealed)) == "WrongAccountType"
    assert refused(lambda: bench.client.check(bench.constants(b"12345678", sealed=0), opening)) == "ConstantsNotSealed"
    assert refused(lambda: bench.client.check(bench.constants(b"87654321", sealed=1), opening)) == "ConstantsNotSealed"


def test_numbers_that_no_descriptor_holds() -> None:
    with pytest.raises(ZkError):
        _ = Top(1 << 16).descriptor
    with pytest.raises(ZkError):
        executed.encoded(integers(1 << 31))
    with pytest.raises(ZkError):
        norm().run(0, GAINS, NOTHING)
    with pytest.raises(ZkError):
        Top(64).run(0, GAINS, GAINS)
