"""Openings: what a miner uploads so that the chain can check one draw."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mai_zk.field import R, encode_words
from mai_zk.trace import merkle
from mai_zk.trace.manifest import INPUT, EndRule, Kind, Manifest, Segment, is_carried, part_of, producer_of
from mai_zk.trace.op import HEAD
from mai_zk.trace.vectors import Integers, encoded
from mai_zk.trace.work import Work

INTEGERS_BYTES = 16_384
"""More than a segment reads and gives in the models that there are; their longest vector has 1,536 integers."""


@dataclass(frozen=True)
class Opened:
    """The integers of one segment at one position, in the sampled class.

    reads: of its edges, one after another. gives: what it gives, in parts; of an attention, its own row and the mixed
    values. past: of an attention, the rows of the positions before.
    """

    reads: Integers
    gives: tuple[Integers, ...]
    past: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def encoded(self, segment: Segment) -> bytes:
        """As an opening begins, 32 bits each, little-endian, signed: without what the chain computes. ZkError where one
        does not fit.
        """
        shown = self.gives[: int(bool(segment.kind & Kind.CARRIED))] if segment.executed else self.gives
        return encoded(np.concatenate([self.reads, self.past, *shown]))


def _path(work: Work, place: int, segment: int) -> bytes:
    return work.leaves_tree.path(place * len(work.manifest.segments) + segment)


def _leaf(work: Work, place: int, segment: int) -> bytes:
    return work.leaves[work.drawn[place]][segment].digests + _path(work, place, segment)


def _points(work: Work, place: int, segment: int) -> bytes:
    return b"".join(work.leaves[work.drawn[place]][segment].points)


def _position(work: Work, position: int) -> bytes:
    content = work.positions[position]
    return content.integers + b"".join(content.carried) + work.positions_tree.path(position)


def _token(work: Work, index: int) -> bytes:
    if index < len(work.prompt):
        return work.prompt[index].content() + work.prompt_tree.path(index)
    index -= len(work.prompt)
    return work.generated[index].content() + work.generated_tree.path(index)


def of_leaf(work: Work, leaf: int) -> bytes:
    """The opening for `attest` or `join` of drawn leaf number ``leaf`` (place of its position · segments + segment)."""
    manifest = work.manifest
    place, index = divmod(leaf, len(manifest.segments))
    segment, position = manifest.segments[index], work.drawn[place]
    own = work.leaves[position][index]
    opening = own.input + own.point if segment.kind & Kind.SUM else b""
    opening += _path(work, place, index) + _points(work, place, index)
    if position and any(is_carried(edge) for edge in segment.edges):
        opening += _position(work, position - 1)
    for edge in segment.edges:
        if edge != INPUT and not is_carried(edge):
            opening += _leaf(work, place, producer_of(edge))
    if segment.kind & Kind.CARRIED:
        opening += _position(work, position)
    for consumer in manifest.consumers(index):
        opening += _leaf(work, place, consumer) + _points(work, place, consumer)
    return opening


def most_bytes(manifest: Manifest, positions: int) -> int:
    """No opening of a run of so many positions is larger: a bound, for whoever lends its rent."""
    depth = merkle.depth(min(positions, manifest.n_positions) * len(manifest.segments))
    handed_on = 2 * 32 * (3 + merkle.depth(positions) + merkle.depth(max(len(manifest.carried), 1)))
    history = 4 * 2 * HEAD * positions if manifest.sampled else 0
    largest = max(96 * edges + 64 * depth * readings for edges, readings in manifest.openings)
    return INTEGERS_BYTES + history + handed_on + 32 * depth + largest


def of_integers(work: Work, leaf: int, opened: Opened) -> bytes:
    """The opening for `execute` or `attest_bound` of a drawn leaf, in the sampled class."""
    manifest = work.manifest
    place, index = divmod(leaf, len(manifest.segments))
    segment, position = manifest.segments[index], work.drawn[place]
    opening = opened.encoded(segment) + _path(work, place, index)
    for reading in manifest.readings(index):
        if reading.edge == INPUT:
            continue
        producer = producer_of(reading.edge)
        if is_carried(reading.edge):
            opening += _handed_on(work, position - 1, producer) if position else b""
            continue
        for at in range(producer, producer + reading.count):
            leaf_at = work.leaves[position][at]
            opening += leaf_at.input + leaf_at.output
            opening += leaf_at.parts[1 - part_of(reading.edge)] if leaf_at.parts else b""
        opening += work.leaves_tree.span(place * len(manifest.segments) + producer, reading.count)
    if segment.kind & Kind.CARRIED:
        opening += _handed_on(work, position, index)
    return opening


def _handed_on(work: Work, position: int, producer: int) -> bytes:
    """What a segment hands on at a position: integers' digest, root, path; its digest, path."""
    content, tree = work.positions[position], work.carried_tree(position)
    order = work.manifest.carried.index(producer)
    head = content.integers + tree.root + work.positions_tree.path(position)
    return head + content.carried[order] + tree.path(order)


def of_ends(work: Work, place: int) -> bytes:
    """The opening for `attest_ends` of drawn position number ``place``."""
    manifest, position = work.manifest, work.drawn[place]
    tokens = (*work.prompt, *work.generated)
    token = tokens[position].value
    opening = _token(work, position) + manifest.rows[token] + manifest.rows_tree.path(token)
    for index, segment in enumerate(manifest.segments):
        if segment.edges[0] == INPUT:
            opening += _leaf(work, place, index)
    if position + 1 < len(work.prompt):
        return opening
    opening += _token(work, position + 1)
    for index, segment in enumerate(manifest.segments):
        if segment.kind & Kind.END:
            opening += _leaf(work, place, index) + _outputs(work, work.leaves[position][index].outputs)
    return opening


def _outputs(work: Work, outputs: tuple[int, ...]) -> bytes:
    if work.manifest.end_rule is EndRule.INDEX:
        return b"".join(value.to_bytes(4, "little", signed=True) for value in outputs)
    return encode_words([value % R for value in outputs])
