"""A model's manifest: its segments as a graph, their keys and weights, and how its traces are drawn.

Its hash is the model's name on chain. The wire format is that of docs/reference/trace.md. In the sampled class the
chain executes some segments itself, and draws from each stratum of segments by itself.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from functools import cached_property
from typing import Final

from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.trace import merkle
from mai_zk.trace.op import TWO_PARTS

MAGIC: Final = 0x5449414D
HEAD: Final = struct.Struct("<IBBHHHHHH2xIIIIIQQ32s32s")
RECORD: Final = struct.Struct("<32s32sIHHHBB")
TAIL: Final = struct.Struct("<8H32sI4x")
Edge = int
INPUT: Final[Edge] = 0xFFFF
_PREVIOUS: Final = 0x8000
_SECOND: Final = 0x4000
MAX_SEGMENTS: Final = 8192
MAX_EDGES: Final = 64
STRATA: Final = 8
_STRATUM_SHIFT: Final = 4


class Kind(IntFlag):
    """What a segment is: a circuit, a sum of commitments, or executed by the chain; handed on to the next position; the
    run's end.
    """

    CIRCUIT = 0
    SUM = 1
    CARRIED = 2
    END = 4
    EXECUTED = 8


class EndRule(IntEnum):
    """How a token comes from the end segments' outputs: the index of the largest instance, the only instance itself, or
    the second of an executed segment's two integers.
    """

    ARGMAX = 0
    VALUE = 1
    INDEX = 2


class Class(IntEnum):
    """How sure the draws are, see :mod:`mai_zk.trace.sizing`."""

    STANDARD = 0
    HIGH = 1
    SAMPLED = 2


def same(producer: int, part: int = 0) -> Edge:
    """The edge from segment ``producer`` at the same position; from an executed one's second part if ``part`` is 1."""
    return producer | (_SECOND if part else 0)


def carried(producer: int) -> Edge:
    """The edge from the carried segment ``producer`` at the position before."""
    return producer | _PREVIOUS


def is_carried(edge: Edge) -> bool:
    """Whether the edge comes from the position before."""
    return edge != INPUT and bool(edge & _PREVIOUS)


def producer_of(edge: Edge) -> int:
    """The segment at which an edge begins; not for INPUT."""
    return edge & ~(_PREVIOUS | _SECOND)


def part_of(edge: Edge) -> int:
    """Which part of its producer's output an edge reads; not for INPUT."""
    return int(bool(edge & _SECOND))


@dataclass(frozen=True)
class Segment:
    """One segment: a shard of a layer, under a key, with registered weights.

    key, params: 32 bytes each; of a sum, x and y of U, the commitment of nothing; of an executed segment, its
    operation's descriptor and the constants' hash. edges: the producers of its input's parts, in order. n_outputs: an
    end segment's output instances, else 0. first: a carried segment's value at position -1 (a digest). stratum: 0 to 7,
    in the sampled class.
    """

    layer: int
    shard: int
    key: bytes
    params: bytes
    edges: tuple[Edge, ...]
    kind: Kind = Kind.CIRCUIT
    n_outputs: int = 0
    first: bytes = bytes(32)
    stratum: int = 0

    @property
    def executed(self) -> bool:
        """Whether the chain computes it."""
        return bool(self.kind & Kind.EXECUTED)

    @property
    def parts(self) -> int:
        """Vectors of its output."""
        return 2 if self.executed and self.key[0] in TWO_PARTS else 1


@dataclass(frozen=True)
class Reading:
    """Edges of a segment that are opened together: producers one after another at the same position; or one edge that
    is the model's input or carried.

    first: of the producers; count: how many.
    """

    edge: Edge
    count: int = 1


@dataclass(frozen=True)
class Manifest:
    """A model whose traces can be drawn.

    rows: digests of the embedding's rows, one per token of the vocabulary. cut: leaves of one position's cheapest cut
    (:func:`mai_zk.trace.sizing.cheapest_cut`). Slots are the chain's; least_bond in lamports. Of the sampled class
    only: strata, the draws of each stratum; bases, the hash of the points that integers are bound with; other_end, a
    further token that ends a run.
    """

    segments: tuple[Segment, ...]
    rows: tuple[bytes, ...]
    srs: bytes
    token_cap: int
    end_token: int
    n_positions: int
    n_leaves: int
    cut: int
    reveal_slots: int
    prove_slots: int
    least_bond: int
    work_units: int = 1
    task_class: Class = Class.STANDARD
    end_rule: EndRule = EndRule.ARGMAX
    strata: tuple[int, ...] = ()
    bases: bytes = bytes(32)
    other_end: int | None = None
    rows_tree: merkle.Tree = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """ZkError if there are too many segments or no vocabulary."""
        if not 1 <= len(self.segments) <= MAX_SEGMENTS:
            raise ZkError(f"A manifest has 1 to {MAX_SEGMENTS} segments, not {len(self.segments)}.")
        hashes = [row_hash(token, row) for token, row in enumerate(self.rows)]
        object.__setattr__(self, "rows_tree", merkle.Tree(hashes))

    @cached_property
    def body(self) -> bytes:
        """The manifest as it is uploaded."""
        edges = [edge for segment in self.segments for edge in segment.edges]
        head = HEAD.pack(
            MAGIC, self.task_class, self.end_rule, len(self.segments), len(edges), len(self.carried), self.cut,
            self.n_positions, self.n_leaves, self.token_cap, len(self.rows), self.end_token, self.reveal_slots,
            self.prove_slots, self.work_units, self.least_bond, self.srs, self.rows_tree.root,
        )  # fmt: skip
        records, first = [], 0
        for segment in self.segments:
            records.append(RECORD.pack(
                segment.key, segment.params, segment.n_outputs, segment.layer, segment.shard, first, len(segment.edges),
                segment.kind | segment.stratum << _STRATUM_SHIFT,
            ))  # fmt: skip
            first += len(segment.edges)
        firsts = [self.segments[index].first for index in self.carried]
        return b"".join((head, *records, struct.pack(f"<{len(edges)}H", *edges), *firsts, self._tail()))

    def _tail(self) -> bytes:
        if self.task_class is not Class.SAMPLED:
            return b""
        draws = (*self.strata, *(0 for _ in range(STRATA - len(self.strata))))
        return TAIL.pack(*draws, self.bases, self.end_token if self.other_end is None else self.other_end)

    @cached_property
    def hash(self) -> bytes:
        """keccak256 of the body."""
        return keccak256(self.body)

    @cached_property
    def carried(self) -> tuple[int, ...]:
        """The segments whose outputs the next position may read, in order."""
        return tuple(index for index, segment in enumerate(self.segments) if segment.kind & Kind.CARRIED)

    @property
    def sampled(self) -> bool:
        """Whether leaves hold digests of integers, and are drawn stratum by stratum."""
        return self.task_class is Class.SAMPLED

    def is_end(self, token: int) -> bool:
        """Whether a token ends a run."""
        return token in (self.end_token, self.other_end)

    def of_stratum(self, stratum: int) -> list[int]:
        """The segments of a stratum, in order."""
        return [index for index, segment in enumerate(self.segments) if segment.stratum == stratum]

    def readings(self, index: int) -> list[Reading]:
        """The edges of a segment as an opening shows them, in order."""
        found: list[Reading] = []
        for edge in self.segments[index].edges:
            last = found[-1] if found else None
            if last is not None and _alone(edge) and _alone(last.edge) and edge == last.edge + last.count:
                found[-1] = Reading(last.edge, last.count + 1)
            else:
                found.append(Reading(edge))
        return found

    @cached_property
    def openings(self) -> frozenset[tuple[int, int]]:
        """What openings of its segments have: edges, and readings of them; each pair once."""
        return frozenset((len(segment.edges), len(self.readings(i))) for i, segment in enumerate(self.segments))

    def consumers(self, producer: int) -> list[int]:
        """The segments that read ``producer`` at the same position."""
        return [index for index, segment in enumerate(self.segments) if same(producer) in segment.edges]


def _alone(edge: Edge) -> bool:
    """Whether an edge comes from the same position, so that its neighbours may be opened with it."""
    return edge != INPUT and not is_carried(edge)


@dataclass(frozen=True)
class Stratum:
    """Segments that are drawn among themselves, and how many are."""

    draws: int
    segments: tuple[int, ...]


def read_strata(body: bytes) -> tuple[Stratum, ...]:
    """The strata that a sealed manifest states; none where it is of another class."""
    head = HEAD.unpack_from(body)
    if head[1] != Class.SAMPLED:
        return ()
    flags = [RECORD.unpack_from(body, HEAD.size + RECORD.size * index)[7] for index in range(head[3])]
    draws = TAIL.unpack_from(body, len(body) - TAIL.size)[:STRATA]
    members = [tuple(i for i, flag in enumerate(flags) if flag >> _STRATUM_SHIFT == s) for s in range(STRATA)]
    return tuple(Stratum(*found) for found in zip(draws, members, strict=True))


def row_hash(token: int, row: bytes) -> bytes:
    """The leaf of a token's embedding, given the digest of its row."""
    return merkle.leaf_hash(merkle.ROW, token.to_bytes(4, "little") + row)
