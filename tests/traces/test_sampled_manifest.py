"""What sealing refuses of a sampled model, rule by rule; a model of SmolLM2's size seals in one transaction."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest
from mai.chain.cluster import MAX_COMPUTE_UNITS
from mai_zk.trace import INPUT, Kind, Manifest, carried, same
from mai_zk.trace.manifest import HEAD, RECORD, TAIL, Class, EndRule
from mai_zk.trace.op import Op
from traces import model as standard
from traces import sampled_graph, sampled_model
from traces.executed_world import Bench
from traces.sampled_model import AGAIN, ATTEND, BEST, BOTH, LEFT, NORM, ONE, OTHER_TOP, RIGHT, SWIGLU, TOP
from traces.world import refused


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def seal(bench: Bench, body: bytes) -> tuple[str | None, int]:
    """The refusal of sealing these bytes, and the compute units where there is none."""
    address, units = bench.constants(body, sealed=0), []
    accounts = {"authority": bench.client.payer.pubkey(), "manifest": address}
    name = refused(lambda: units.append(bench.client._send("seal_manifest", accounts).compute_units))
    return name, sum(units)


_fresh = itertools.count(2)


def fresh(**changes: object) -> Manifest:
    return sampled_model.manifest(work_units=next(_fresh), **changes)


def segment(index: int, **changes: object) -> Manifest:
    """The model with one segment changed."""
    found = list(sampled_model.manifest().segments)
    found[index] = replace(found[index], **changes)  # type: ignore[arg-type]
    return fresh(segments=tuple(found))


def operation(index: int, op: int) -> Manifest:
    """The model with another operation's byte in front of a descriptor."""
    key = sampled_model.manifest().segments[index].key
    return segment(index, key=bytes([op]) + key[1:])


def strata(*draws: int, **changes: object) -> Manifest:
    return fresh(strata=draws, **{"n_leaves": sum(draws), **changes})


def edges(index: int) -> tuple[int, ...]:
    return sampled_model.EDGES[index]


def without_input() -> Manifest:
    """Attention to nothing but its own past, and the end that reads it."""
    found = sampled_model.manifest().segments
    first = replace(found[ATTEND], edges=(carried(0),), stratum=0)
    return strata(1, segments=(first, replace(found[BEST], edges=(same(0),))))


CASES: dict[str, tuple[str, Manifest]] = {
    # the head
    "another end rule": ("ManifestHead", fresh(end_rule=EndRule.ARGMAX)),
    "the end rule of sampled models": (
        "ManifestHead",
        standard.manifest(end_rule=EndRule.INDEX, work_units=next(_fresh)),
    ),
    "seven positions": ("TooFewDraws", fresh(n_positions=7)),
    "no cut": ("ManifestCounts", fresh(cut=0)),
    # strata
    "one leaf more than the strata's": ("ManifestStrata", fresh(n_leaves=11)),
    "one leaf fewer": ("ManifestStrata", fresh(n_leaves=9)),
    "more draws than segments": ("ManifestStrata", strata(4, 4, 1, 2)),
    "no draw of a stratum": ("ManifestStrata", strata(3, 4, 0, 2)),
    "draws of an empty stratum": ("ManifestStrata", strata(3, 4, 1, 2, 1)),
    # segments
    "a sum": ("ManifestSegment", segment(LEFT, kind=Kind.SUM, edges=(same(ATTEND), same(ATTEND)))),
    "an executed sum": ("ManifestSegment", segment(SWIGLU, kind=Kind.EXECUTED | Kind.SUM)),
    "a circuit that hands on": ("ManifestSegment", segment(LEFT, kind=Kind.CARRIED)),
    "a norm that hands on": ("ManifestSegment", segment(AGAIN, kind=Kind.EXECUTED | Kind.CARRIED)),
    "attention without a past": ("ManifestSegment", segment(ATTEND, kind=Kind.EXECUTED, edges=edges(ATTEND)[:-1])),
    "attention at the end": ("ManifestSegment", segment(ATTEND, kind=Kind(14), n_outputs=1)),
    "a circuit at the end": ("ManifestSegment", segment(ONE, kind=Kind.END, n_outputs=4)),
    "an end that gives no token": ("ManifestSegment", segment(SWIGLU, kind=Kind.EXECUTED | Kind.END, n_outputs=1)),
    "an end of two": ("ManifestSegment", segment(BEST, n_outputs=2)),
    "an end of none": ("ManifestSegment", segment(BEST, n_outputs=0)),
    "outputs that are no end's": ("ManifestSegment", segment(TOP, n_outputs=1)),
    "no operation": ("ManifestSegment", operation(SWIGLU, 0)),
    "an unknown operation": ("ManifestSegment", operation(SWIGLU, 6)),
    "other constants": ("ManifestSegment", segment(SWIGLU, params=bytes(32))),
    "the same place twice": ("ManifestSegment", segment(RIGHT, shard=0)),
    "a place before": ("ManifestSegment", segment(RIGHT, layer=1, shard=9)),
    "no edges": ("ManifestSegment", segment(LEFT, edges=())),
    "65 edges": ("ManifestSegment", segment(TOP, edges=(same(BOTH),) * 65)),
    "an eighth stratum": ("ManifestSegment", segment(LEFT, stratum=8)),
    # edges
    "itself": ("ManifestEdge", segment(RIGHT, edges=(same(RIGHT),))),
    "a later one": ("ManifestEdge", segment(LEFT, edges=(same(RIGHT),))),
    "one that is not there": ("ManifestEdge", segment(LEFT, edges=(same(4000),))),
    "the second part of a circuit": ("ManifestEdge", segment(AGAIN, edges=(same(LEFT), same(RIGHT, 1)))),
    "the second part of a SWIGLU": ("ManifestEdge", segment(BOTH, edges=(same(SWIGLU, 1), same(AGAIN, 1)))),
    "the input among others": ("ManifestEdge", segment(AGAIN, edges=(INPUT, same(RIGHT)))),
    "the input of attention": ("ManifestEdge", segment(ATTEND, edges=(INPUT,))),
    "a norm of the position before": ("ManifestEdge", segment(NORM, edges=(carried(ATTEND),))),
    "no input": ("ManifestEdge", without_input()),
    "a carried edge of a circuit": ("ManifestEdge", segment(LEFT, edges=(carried(ATTEND),))),
    "a carried edge of a norm": ("ManifestEdge", segment(AGAIN, edges=(same(LEFT), carried(ATTEND)))),
    "attention without its own past": ("ManifestEdge", segment(ATTEND, edges=edges(ATTEND)[:-1])),
    "attention to another's past": ("ManifestEdge", segment(ATTEND, edges=(*edges(ATTEND)[:-1], carried(ATTEND + 1)))),
    "attention to its past twice": ("ManifestEdge", segment(ATTEND, edges=(carried(ATTEND), *edges(ATTEND)))),
    "its past first": ("ManifestEdge", segment(ATTEND, edges=(carried(ATTEND), *edges(ATTEND)[:-1]))),
    "its past's second part": ("ManifestEdge", segment(ATTEND, edges=(*edges(ATTEND)[:-1], carried(ATTEND) | 0x4000))),
    "no end": ("ManifestEdge", segment(BEST, kind=Kind.EXECUTED, n_outputs=0)),
    "two ends": ("ManifestEdge", segment(OTHER_TOP, kind=Kind.EXECUTED | Kind.END, n_outputs=1)),
    # other classes
    "an executed segment of another class": ("ManifestSegment", standard.manifest(segments=(
        *standard.manifest().segments[:2], replace(standard.manifest().segments[2], kind=Kind.EXECUTED),
        *standard.manifest().segments[3:]), work_units=next(_fresh))),
    "a stratum of another class": ("ManifestSegment", standard.manifest(segments=(
        *standard.manifest().segments[:2], replace(standard.manifest().segments[2], stratum=1),
        *standard.manifest().segments[3:]), work_units=next(_fresh))),
    "a second part in another class": ("ManifestEdge", standard.manifest(segments=(
        *standard.manifest().segments[:2], replace(standard.manifest().segments[2], edges=(same(1, 1),)),
        *standard.manifest().segments[3:]), work_units=next(_fresh))),
}  # fmt: skip


@pytest.mark.parametrize("why", CASES)
def test_refused(bench: Bench, why: str) -> None:
    name, manifest = CASES[why]
    assert seal(bench, manifest.body)[0] == name


def sealed() -> Iterator[tuple[str, Manifest]]:
    yield "as it is", fresh()
    yield "one end token", fresh(other_end=None)
    yield "64 edges", segment(TOP, edges=(same(BOTH),) * 64)
    *before, top = sampled_model.manifest().segments[: TOP + 1]
    last = replace(top, kind=Kind.EXECUTED | Kind.END, n_outputs=1)
    yield "a TOP at the end", strata(2, 4, 1, 1, segments=(*before, last))
    yield "all of every stratum", strata(3, 4, 3, 3)
    yield "the last stratum", fresh(
        segments=tuple(replace(node, stratum=7) for node in sampled_model.manifest().segments),
        strata=(0, 0, 0, 0, 0, 0, 0, 13), n_leaves=13,
    )  # fmt: skip


@pytest.mark.parametrize(("manifest"), [pytest.param(found, id=why) for why, found in sealed()])
def test_sealed(bench: Bench, manifest: Manifest) -> None:
    assert seal(bench, manifest.body)[0] is None


def test_bytes_that_the_class_cannot_express(bench: Bench) -> None:
    body = fresh().body
    at_tail = len(body) - TAIL.size
    for at, name in ((TAIL.size - 1, "ManifestHead"), (TAIL.size - 4, "ManifestHead"), (1, "ManifestStrata")):
        wrong = bytearray(body)
        wrong[at_tail + at] ^= 1
        assert seal(bench, bytes(wrong))[0] == name
    for wrong_length in (body[:-1], body + b"\0", body[: -TAIL.size], body[:119]):
        assert seal(bench, wrong_length)[0] == "ManifestLength"
    flags = bytearray(body)
    flags[HEAD.size + 3 * RECORD.size - 1] |= 0x80
    assert seal(bench, bytes(flags))[0] == "ManifestSegment"
    first = bytearray(body)
    struct.pack_into("<H", first, HEAD.size + 2 * RECORD.size + 72, 1)
    assert seal(bench, bytes(first))[0] == "ManifestEdge"
    for index, value in ((3, 14), (4, 5), (5, 2), (1, 3), (1, 0)):  # without a tail the length is another, too
        head = list(HEAD.unpack_from(body))
        head[index] = value
        assert seal(bench, HEAD.pack(*head) + body[HEAD.size :])[0] == "ManifestLength"


def test_smollm2s_size_fits_one_transaction(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = sampled_graph.manifest(sampled_graph.graph())
    n_edges = sum(len(node.edges) for node in manifest.segments)
    assert (len(manifest.segments), n_edges, len(manifest.carried)) == (5168, 13631, 90)
    name, units = seal(bench, manifest.body)
    assert name is None
    assert units < 0.65 * MAX_COMPUTE_UNITS
    with capsys.disabled():
        print(f"\nsealing {len(manifest.segments):,} segments, {len(manifest.body):,} bytes: {units:,} CU")


def test_more_segments_than_a_sampled_model_has(bench: Bench) -> None:
    """8,192 seal in one transaction, too; one more is refused."""
    base = sampled_graph.graph(1, 32)
    more = 8192 - len(base)
    last = base[-1]
    circuits = tuple(replace(base[1], layer=2, shard=shard) for shard in range(more))
    most = (*base[:-1], *circuits, replace(last, layer=3))
    draws = (4, 4, 1, 2)
    assert seal(bench, sampled_graph.manifest(most, strata=draws, n_leaves=11).body)[0] is None
    # The class refuses to make one more: so many segments without anything in them.
    head = list(HEAD.unpack_from(fresh().body))
    head[3:6] = [8193, 0, 0]
    body = HEAD.pack(*head) + bytes(RECORD.size * 8193 + TAIL.size)
    assert seal(bench, body)[0] == "ManifestCounts"


def test_the_operations_of_the_python_side_are_those_of_the_program() -> None:
    assert {op.name: op.value for op in Op} == {"NORM": 1, "ATTEND": 2, "SWIGLU": 3, "TOP": 4, "BEST": 5}
    assert (Class.SAMPLED, EndRule.INDEX) == (2, 2)
