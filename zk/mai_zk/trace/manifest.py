"""A model's manifest: its segments as a graph, their keys and weights, and how its traces are drawn.

Its hash is the model's name on chain. The wire format is that of docs/reference/trace.md.
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

MAGIC: Final = 0x5449414D
HEAD: Final = struct.Struct("<IBBHHHHHH2xIIIIIQQ32s32s")
RECORD: Final = struct.Struct("<32s32sIHHHBB")
Edge = int
INPUT: Final[Edge] = 0xFFFF
_PREVIOUS: Final = 0x8000
MAX_SEGMENTS: Final = 4096


class Kind(IntFlag):
    """What a segment is, beside a circuit: a sum of commitments; handed on to the next position; the run's end."""

    CIRCUIT = 0
    SUM = 1
    CARRIED = 2
    END = 4


class EndRule(IntEnum):
    """How a token comes from the end segments' instances: the index of the largest, or the only one itself."""

    ARGMAX = 0
    VALUE = 1


class Class(IntEnum):
    """How sure the draws are, see :mod:`mai_zk.trace.sizing`."""

    STANDARD = 0
    HIGH = 1


def same(producer: int) -> Edge:
    """The edge from segment ``producer`` at the same position."""
    return producer


def carried(producer: int) -> Edge:
    """The edge from the carried segment ``producer`` at the position before."""
    return producer | _PREVIOUS


def is_carried(edge: Edge) -> bool:
    """Whether the edge comes from the position before."""
    return edge != INPUT and bool(edge & _PREVIOUS)


def producer_of(edge: Edge) -> int:
    """The segment at which an edge begins; not for INPUT."""
    return edge & ~_PREVIOUS


@dataclass(frozen=True)
class Segment:
    """One segment: a shard of a layer, under a key, with registered weights.

    key, params: 32 bytes each; of a sum, x and y of U, the commitment of nothing. edges: the producers of its input's
    parts, in order. n_outputs: an end segment's output instances, else 0. first: a carried segment's value at position
    -1 (a digest).
    """

    layer: int
    shard: int
    key: bytes
    params: bytes
    edges: tuple[Edge, ...]
    kind: Kind = Kind.CIRCUIT
    n_outputs: int = 0
    first: bytes = bytes(32)


@dataclass(frozen=True)
class Manifest:
    """A model whose traces can be drawn.

    rows: digests of the embedding's rows, one per token of the vocabulary. cut: leaves of one position's cheapest cut
    (:func:`mai_zk.trace.sizing.cheapest_cut`). Slots are the chain's; least_bond in lamports.
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
        records, first = b"", 0
        for segment in self.segments:
            records += RECORD.pack(
                segment.key, segment.params, segment.n_outputs, segment.layer, segment.shard, first, len(segment.edges),
                segment.kind,
            )  # fmt: skip
            first += len(segment.edges)
        firsts = b"".join(self.segments[index].first for index in self.carried)
        return head + records + struct.pack(f"<{len(edges)}H", *edges) + firsts

    @cached_property
    def hash(self) -> bytes:
        """keccak256 of the body."""
        return keccak256(self.body)

    @cached_property
    def carried(self) -> tuple[int, ...]:
        """The segments whose outputs the next position may read, in order."""
        return tuple(index for index, segment in enumerate(self.segments) if segment.kind & Kind.CARRIED)

    def consumers(self, producer: int) -> list[int]:
        """The segments that read ``producer`` at the same position."""
        return [index for index, segment in enumerate(self.segments) if same(producer) in segment.edges]


def row_hash(token: int, row: bytes) -> bytes:
    """The leaf of a token's embedding, given the digest of its row."""
    return merkle.leaf_hash(merkle.ROW, token.to_bytes(4, "little") + row)
