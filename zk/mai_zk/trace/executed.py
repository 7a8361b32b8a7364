"""Operations that the chain executes itself on opened integers, as programs/traces does: descriptors, digests, results.

An operation reads vectors of integers, one an edge, and gives one or two. Its descriptor is 32 bytes; tables, rotations
and gains are constants, uploaded once and named by their hash. The arithmetic is mai_zk.language.steps'. Vectors are
int64 arrays of one dimension whose integers fit 32 bits; what an operation reads is one array, edge after edge.
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
from mai_zk.trace.op import HEAD, Op
from mai_zk.trace.vectors import encoded

DESCRIPTOR_BYTES: Final = 32
MAX_ROWS: Final = 768
"""Positions that one execution of attention goes through."""
_NO_GAIN: Final = 255


class Operation(Protocol):
    """What the chain can execute."""

    @property
    def descriptor(self) -> bytes:
        """32 bytes; ZkError where a number does not fit."""
        ...

    def run(self, position: int, reads: Integers, past: Integers) -> tuple[Integers, ...]:
        """What an opening holds as results, in its order.

        Args:
            position: of the token, from 0.
            reads: the vectors of all edges but a carried one, one after the other.
            past: of attention the rows of the positions before, 2 · HEAD integers each; of others nothing.

        Raises:
            ZkError: another number of integers, or one beyond its range.
        """
        ...


NOTHING: Final[Integers] = np.array([], dtype=np.int64)
"""The past of an operation that has none, and of the first position."""


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

    def run(self, position: int, reads: Integers, past: Integers) -> tuple[Integers, ...]:
        """The new residual stream, the normed one; from the residual stream and what is added, if anything is."""
        _expect(self, reads, self.width * (1 + (self.addend is not None)), past, 0)
        total = steps.scaled(reads[: self.width], 0, self.residual)
        if self.addend is not None:
            total = total + steps.scaled(reads[self.width :], 0, self.addend)
        normed = steps.norm(total, self.root_of_width, self.bits, self.epsilon)
        return total, normed if self.gain is None else steps.gained(normed, self.gain.factors, self.gain.shift)


@dataclass(frozen=True)
class Attend:
    """Attention of `group` query heads on one head of keys and values, at one position; RoPE first.

    shift: of the result, see steps.attend. cosines, sines: positions × HEAD / 2. table, rotations: their offsets.
    shard: integers of an edge. group · HEAD / shard edges give the queries, `kv_shards` the keys, as many the values;
    offset: where the head's HEAD integers begin in the keys and in the values.
    A row is a position's turned key and its value.
    """

    group: int
    softmax: Decay
    shift: int
    cosines: Integers
    sines: Integers
    table: int
    rotations: int
    offset: int
    shard: int
    kv_shards: int

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        return _packed(
            "<BBBBBIIIHB", Op.ATTEND, self.group, self.softmax.shift, self.shift, self.offset, len(self.cosines),
            self.table, self.rotations, self.shard, self.kv_shards,
        )  # fmt: skip

    def run(self, position: int, reads: Integers, past: Integers) -> tuple[Integers, ...]:
        """The position's row, and the mixed values of all heads."""
        if position >= min(len(self.cosines), MAX_ROWS):
            raise ZkError(f"Attention at position {position} cannot be executed.")
        n_queries, n_keys = self.group * HEAD, self.kv_shards * self.shard
        _expect(self, reads, n_queries + 2 * n_keys, past, position * 2 * HEAD)
        if n_queries % self.shard or self.offset + HEAD > n_keys:
            raise ZkError("The shards that attention reads do not hold whole heads.")
        queries, keys, values = np.split(reads, [n_queries, n_queries + n_keys])
        own = slice(self.offset, self.offset + HEAD)
        heads = np.concatenate([queries, keys[own]]).reshape(self.group + 1, HEAD)
        turned = steps.rotated(heads, self.cosines[position], self.sines[position])
        row = np.concatenate([turned[-1], values[own]])
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

    def run(self, position: int, reads: Integers, past: Integers) -> tuple[Integers, ...]:
        """The channels' results, from all gates and then all ups."""
        _expect(self, reads, 2 * self.count, past, 0)
        return (steps.swiglu(reads[: self.count], reads[self.count :], self.sigmoid, self.shift),)


@dataclass(frozen=True)
class Top:
    """The largest of `count` logits, of which the first is that of token `base`."""

    count: int
    base: int = 0

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        return _packed("<BHI", Op.TOP, self.count, self.base)

    def run(self, position: int, reads: Integers, past: Integers) -> tuple[Integers, ...]:
        """The largest logit and its token, the first of equals."""
        _expect(self, reads, self.count, past, 0)
        index = int(np.argmax(reads))
        return (np.array([reads[index], self.base + index], dtype=np.int64),)


@dataclass(frozen=True)
class Best:
    """The best of `count` pairs of a logit and its token."""

    count: int

    @property
    def descriptor(self) -> bytes:
        """See Operation."""
        return _packed("<BH", Op.BEST, self.count)

    def run(self, position: int, reads: Integers, past: Integers) -> tuple[Integers, ...]:
        """The pair with the largest logit, the first of equals."""
        _expect(self, reads, 2 * self.count, past, 0)
        index = int(np.argmax(reads[::2]))
        return (reads[2 * index : 2 * index + 2],)


def _expect(operation: Operation, reads: Integers, n_reads: int, past: Integers, n_past: int) -> None:
    if (len(reads), len(past)) != (n_reads, n_past):
        name = type(operation).__name__
        raise ZkError(f"{name} reads {n_reads} and {n_past} integers, not {len(reads)} and {len(past)}.")


def values_digest(values: Integers) -> bytes:
    """V(x), the digest of a vector in a leaf: keccak256 of its integers."""
    return keccak256(encoded(values))


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
