"""Openings: what a miner uploads so that `attest`, `join` and `attest_ends` can check one draw."""

from __future__ import annotations

from mai_zk.field import R, encode_words
from mai_zk.trace.manifest import INPUT, Kind, is_carried, producer_of
from mai_zk.trace.work import Work


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
            outputs = work.leaves[position][index].outputs
            opening += _leaf(work, place, index) + encode_words([value % R for value in outputs])
    return opening
