"""Operations that the chain executes itself on opened integers, as programs/traces does: descriptors, digests, results.

An operation reads vectors of integers and gives others. Its descriptor is 32 bytes; tables, rotations and gains are
constants, uploaded once and named by their hash. The arithmetic is mai_zk.language.steps'. An operation's result is a
pair or a tuple of vectors; vectors are int64 arrays of one dimension whose integers fit 32 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language import steps
from mai_zk.language.integers import Decay, Integers
from mai_zk.srs import Srs, lagrange_points
from mai_zk.sums import unusable_point
from mai_zk.trace.op import Op

DESCRIPTOR_BYTES: Final = 32
HEAD: Final = 64
"""Integers of a query, a key or a value."""
MAX_ROWS: Final = 768
"""Positions that one execution of attention goes through."""
_NO_GAIN: Final = 255


class Operation(Protocol):
    """What the chain can execute."""

    @property
    def descriptor(self) -> bytes:
        """32 bytes; ZkError where a number does not fit."""
        ...


class Constants:
    """Words of 32 bits that operations find by their offset in bytes."""

    def __init__(self) -> None:
        self.body = b""

    def add(self, words: Integers) -> int:
        """Append words, row by row; where they begin."""
        offset = len(self.body)
        self.body += encoded(words)
        return offset

    @property
    def hash(self) -> bytes:
        """keccak256 of the body."""
        return keccak256(self.body)


@dataclass(frozen=True)
class Gain:
    """Factors of a norm's results, which are divided by 2^shift, and where they are among the constants."""

    factors: Integers
    shift: int
    offset: int


@dataclass(frozen=True)
class Norm:
    """The residual stream with what is added to it, and the same over its root mean square, with `bits` fraction bits.

    residual, addend: bits that they are shifted to the left (negative: to the right, rounding); no addend: None.
    epsilon: see steps.norm.
    """

    width: int
    root_of_width: int
    bits: int
    epsilon: int
    residual: int = 0
    addend: int | None = None
    gain: Gain | None = None

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        shift, offset = (self.gain.shift, self.gain.offset) if self.gain else (_NO_GAIN, 0)
        return _packed(
            "<BHBbbBBBQI", Op.NORM, self.width, self.addend is not None, self.residual, self.addend or 0,
            self.root_of_width, self.bits, shift, self.epsilon, offset,
        )  # fmt: skip

    def run(self, residual: Integers, addend: Integers | None = None) -> tuple[Integers, Integers]:
        """The new residual stream, the normed one. ZkError beyond its range, or without the addend."""
        if (addend is None) != (self.addend is None):
            raise ZkError("A norm takes as many addends as its descriptor says.")
        total = steps.scaled(residual, 0, self.residual)
        if addend is not None and self.addend is not None:
            total = total + steps.scaled(addend, 0, self.addend)
        normed = steps.norm(total, self.root_of_width, self.bits, self.epsilon)
        return total, normed if self.gain is None else steps.gained(normed, self.gain.factors, self.gain.shift)


@dataclass(frozen=True)
class Attend:
    """Attention of `group` query heads on one head of keys and values, at one position; RoPE first.

    shift: of the result, see steps.attend. cosines, sines: positions × HEAD / 2. table, rotations: their offsets.
    A row is a position's turned key and its value.
    """

    group: int
    softmax: Decay
    shift: int
    cosines: Integers
    sines: Integers
    table: int
    rotations: int

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        positions = len(self.cosines)
        return _packed(
            "<BBBBBIII", Op.ATTEND, self.group, self.softmax.shift, self.shift, 0, positions, self.table, self.rotations
        )

    def run(
        self, position: int, queries: Integers, key: Integers, value: Integers, past: Integers
    ) -> tuple[Integers, Integers]:
        """The position's row, and the mixed values of all heads, from the rows of the positions before."""
        if position >= min(len(self.cosines), MAX_ROWS) or len(past) != position * 2 * HEAD:
            raise ZkError(f"Attention at position {position} cannot be executed over {len(past) // (2 * HEAD)} rows.")
        heads = np.concatenate([queries, key]).reshape(self.group + 1, HEAD)
        turned = steps.rotated(heads, self.cosines[position], self.sines[position])
        row = np.concatenate([turned[-1], value])
        history = np.concatenate([past, row]).reshape(position + 1, 2, HEAD).astype(np.float64)
        found = turned[:-1].astype(np.float64)
        return row, steps.attend(found, history[:, 0], history[:, 1], self.softmax, self.shift).ravel()


@dataclass(frozen=True)
class Swiglu:
    """gate · sigmoid(gate) · up of `count` channels; shift: of the result, see steps.swiglu. table: its offset."""

    count: int
    sigmoid: Decay
    shift: int
    table: int

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        return _packed("<BHBBI", Op.SWIGLU, self.count, self.sigmoid.shift, self.shift, self.table)

    def run(self, gate: Integers, up: Integers) -> tuple[Integers]:
        """The channels' results."""
        return (steps.swiglu(gate, up, self.sigmoid, self.shift),)


@dataclass(frozen=True)
class Top:
    """The largest of `count` logits."""

    count: int

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        return _packed("<BH", Op.TOP, self.count)

    def run(self, logits: Integers) -> tuple[Integers]:
        """The largest logit and its index, the first of equals."""
        index = int(np.argmax(logits))
        return (np.array([logits[index], index], dtype=np.int64),)


def encoded(values: Integers) -> bytes:
    """Four bytes each, little-endian, signed; ZkError where one does not fit."""
    if len(values) and not -(1 << 31) <= int(values.min()) <= int(values.max()) < 1 << 31:
        raise ZkError("An integer of an executed operation does not fit 32 bits.")
    return values.astype("<i4").tobytes()


def values_digest(values: Integers) -> bytes:
    """Of a part that passes between two executed segments: its integers'."""
    return keccak256(encoded(values))


def point_digest(point: bytes) -> bytes:
    """Of a part that a proof reads or gives: its commitment's, 64 bytes."""
    return keccak256(point)


def output_digest(parts: Sequence[bytes]) -> bytes:
    """Of an executed segment's output: its part's digest, or keccak256 of its parts' digests."""
    return parts[0] if len(parts) == 1 else keccak256(b"".join(parts))


def chained(before: bytes, row: Integers) -> bytes:
    """The cache's digest at a position, from the one before (zero at first) and the position's row."""
    return keccak256(before + encoded(row))


def bases(srs: Srs, count: int) -> bytes:
    """Constants that integers are bound with: U, then `count` of the SRS's Lagrange points, 64 bytes each."""
    return b"".join(point.to_bytes() for point in (unusable_point(srs), *lagrange_points(srs, count)))


def digit_bits(values: Integers) -> int:
    """The bits of a digit with which the chain binds integers by the fewest additions; see programs/traces' buckets."""
    return min(range(2, 9), key=lambda bits: _additions(values, bits))


def _additions(values: Integers, bits: int) -> int:
    """A digit each, a running sum for each bucket up to the largest, and doublings between windows."""
    half, rest, additions = 1 << (bits - 1), values, -bits
    while rest.any():
        digits = ((rest + half) & (2 * half - 1)) - half
        additions += int(np.count_nonzero(digits) + np.abs(digits).max()) + bits + len(values) // 32  # to read them
        rest = (rest - digits) >> bits
    return additions


def opening(operation: Operation, position: int, reads: Sequence[Integers], gives: Sequence[Integers]) -> bytes:
    """What `check_operation` reads: descriptor, position, four zero bytes, vectors."""
    vectors = b"".join(encoded(vector) for vector in (*reads, *gives))
    return operation.descriptor + struct.pack("<II", position, 0) + vectors


def _packed(form: str, *numbers: int) -> bytes:
    try:
        return struct.pack(form, *numbers).ljust(DESCRIPTOR_BYTES, b"\0")
    except struct.error as error:
        raise ZkError(f"A number does not fit the descriptor of {Op(numbers[0]).name}.") from error
