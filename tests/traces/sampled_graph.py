"""A manifest of SmolLM2's size and shape, with made-up keys: what sealing and drawing cost at full size."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from mai_zk.trace import INPUT, Kind, Manifest, Segment, carried, same
from mai_zk.trace.manifest import Class, Edge, EndRule
from mai_zk.trace.op import Op

LAYERS = 30
DRAWS = (14, 4, 1, 2)
NARROW, CIRCUIT, ATTENTION, OTHER = range(4)
_CONSTANTS = hashlib.sha256(b"constants").digest()
Descriptors = Callable[[Op, int], bytes]
"""An operation's descriptor, by how many of it there are in its layer before it."""


def bare(op: Op, number: int) -> bytes:
    """What sealing reads of a descriptor."""
    return bytes([op]).ljust(32, b"\0")


class Graph:
    """Segments in their order; adding one gives its index."""

    def __init__(self, descriptors: Descriptors, constants: bytes) -> None:
        self.descriptors, self.constants = descriptors, constants
        self.counts: Counter[tuple[int, Op]] = Counter()
        self.segments: list[Segment] = []
        self.layer = self.shard = 0

    def next_layer(self) -> None:
        self.layer, self.shard = self.layer + 1, 0

    def executed(self, op: Op, edges: list[Edge], stratum: int, kind: Kind = Kind.CIRCUIT) -> int:
        number = self.counts[self.layer, op]
        self.counts[self.layer, op] += 1
        return self._add(self.descriptors(op, number), self.constants, edges, Kind.EXECUTED | kind, stratum)

    def circuit(self, edges: list[Edge]) -> int:
        params = hashlib.sha256(b"%d %d" % (self.layer, self.shard)).digest()
        return self._add(hashlib.sha256(b"key").digest(), params, edges, Kind.CIRCUIT, CIRCUIT)

    def circuits(self, count: int, edges: list[Edge]) -> list[int]:
        return [self.circuit(edges) for _ in range(count)]

    def _add(self, key: bytes, params: bytes, edges: list[Edge], kind: Kind, stratum: int) -> int:
        n_outputs = int(bool(kind & Kind.END))
        found = Segment(self.layer, self.shard, key, params, tuple(edges), kind, n_outputs, stratum=stratum)
        self.segments.append(found)
        self.shard += 1
        return len(self.segments) - 1


def graph(
    layers: int = LAYERS, logits: int = 1024, descriptors: Descriptors = bare, constants: bytes = _CONSTANTS
) -> tuple[Segment, ...]:
    """A layer: a norm, 12 + 4 + 4 linear shards, 3 attentions, 12 shards, a norm, 32 + 32 shards, 4 SWIGLUs, 32 shards.

    Then a norm, the logits' shards, a TOP for each 32, and the best.
    """
    made = Graph(descriptors, constants)
    added: list[int] = []
    again = 0
    for _ in range(layers):
        norm = made.executed(Op.NORM, [same(again), *added] if added else [INPUT], NARROW)
        q, k, v = (made.circuits(count, [same(norm, 1)]) for count in (12, 4, 4))
        mixed = []
        for head in range(3):
            own = carried(len(made.segments))
            edges = [*q[4 * head : 4 * head + 4], *k[head : head + 2], *v[head : head + 2], own]
            mixed.append(made.executed(Op.ATTEND, edges, ATTENTION, Kind.CARRIED))
        again = made.executed(Op.NORM, [same(norm), *made.circuits(12, mixed)], NARROW)
        gate, up = made.circuits(32, [same(again, 1)]), made.circuits(32, [same(again, 1)])
        active = [made.executed(Op.SWIGLU, gate[at : at + 8] + up[at : at + 8], OTHER) for at in range(0, 32, 8)]
        added = made.circuits(32, active)
        made.next_layer()
    norm = made.executed(Op.NORM, [same(again), *added], NARROW)
    shards = made.circuits(logits, [same(norm, 1)])
    tops = [made.executed(Op.TOP, shards[at : at + 32], OTHER) for at in range(0, logits, 32)]
    made.executed(Op.BEST, tops, NARROW, Kind.END)
    return tuple(made.segments)


def manifest(segments: tuple[Segment, ...], **changes: object) -> Manifest:
    fields = {
        "segments": segments, "rows": (bytes(32),), "srs": bytes(32), "token_cap": 512, "end_token": 2, "other_end": 0,
        "n_positions": 8, "n_leaves": sum(DRAWS), "cut": 1, "reveal_slots": 1500, "prove_slots": 9000,
        "least_bond": 10**9, "task_class": Class.SAMPLED, "end_rule": EndRule.INDEX, "strata": DRAWS,
        "bases": _CONSTANTS,
    }  # fmt: skip
    return Manifest(**{**fields, **changes})  # type: ignore[arg-type]


def replaced(segment: Segment, descriptor: bytes) -> Segment:
    """The segment with another operation."""
    return replace(segment, key=descriptor)
