"""Runs of neighbouring producers: shown by one proof of a range, wherever they are; no other proof passes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.trace import INPUT, Kind, Leaf, Manifest, Position, Segment, Token, Work, merkle, opening, same
from mai_zk.trace.executed import Top, output_digest, values_digest
from mai_zk.trace.manifest import Class, EndRule
from mai_zk.trace.opening import Opened
from traces.sampled_direct import CHALLENGED, Direct
from traces.world import refused

CONSTANTS = bytes(64)


def model(before: int, runs: tuple[int, ...]) -> Manifest:
    """So many circuits, then runs of circuits with one between each two, then a TOP of all in the runs."""
    segments = [Segment(0, 0, bytes(32), bytes(32), (INPUT,))]
    edges: list[int] = []

    def circuit() -> int:
        segments.append(Segment(0, len(segments), bytes(32), bytes([len(segments)]) * 32, (same(0),)))
        return len(segments) - 1

    for _ in range(before):
        circuit()
    for run in runs:
        edges += [circuit() for _ in range(run)]
        circuit()
    kind = Kind.EXECUTED | Kind.END
    top = Top(len(edges)).descriptor
    segments.append(Segment(1, 0, top, keccak256(CONSTANTS), tuple(map(same, edges)), kind, 1, stratum=1))
    return Manifest(
        tuple(segments), (bytes(32),), bytes(32), 512, 1, 8, 2, 1, 500, 5000, 10**9, task_class=Class.SAMPLED,
        end_rule=EndRule.INDEX, strata=(1, 1),
    )  # fmt: skip


def work_of(manifest: Manifest, positions: int) -> Work:
    """Circuits give their index and their position; all leaves are as they must be."""
    tokens = [Token(0, bytes(16))] * (positions + 1)
    work = Work(manifest, tokens[:1], tokens[1:], [Position(bytes(32), ())] * positions)
    last = len(manifest.segments) - 1

    def leaf(position: int, index: int) -> Leaf:
        if index < last:
            given = values_digest(np.array([index * position], dtype=np.int64))
            return Leaf(bytes(32), manifest.segments[index].params, given)
        reads = reads_of(manifest, position)
        digests = [values_digest(reads[at : at + 1]) for at in range(len(reads))]
        (best,) = Top(len(reads)).run(position, reads, reads[:0])
        return Leaf(output_digest(digests), manifest.segments[index].params, values_digest(best))

    work.set_leaves({p: [leaf(p, index) for index in range(last + 1)] for p in range(positions)})
    return work


def reads_of(manifest: Manifest, position: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([edge * position for edge in manifest.segments[-1].edges], dtype=np.int64)


class Shown:
    """A TOP over runs at one place, drawn in a challenged trace."""

    def __init__(self, direct: Direct, before: int, runs: tuple[int, ...], positions: int, place: int) -> None:
        self.direct, self.bench = direct, direct.bench
        self.manifest = model(before, runs)
        work = work_of(self.manifest, positions)
        leaf = place * len(self.manifest.segments) + len(self.manifest.segments) - 1
        self.trace = direct.trace(self.manifest, positions, work.leaves_tree.root, step=CHALLENGED, leaf=leaf)
        self.sealed = direct.sealed(self.manifest)
        self.constants = self.bench.constants(CONSTANTS)
        reads = reads_of(self.manifest, place)
        gives = Top(len(reads)).run(place, reads, reads[:0])
        self.data = opening.of_integers(work, leaf, Opened(reads, gives))
        self.integers = 4 * (len(reads) + 2)

    def execute(self, data: bytes) -> str | None:
        accounts = {
            "miner": self.bench.client.payer.pubkey(), "trace": self.trace, "manifest": self.sealed,
            "opening": self.bench.opening(data), "constants": self.constants,
        }  # fmt: skip
        return refused(lambda: self.bench.client._send("execute", accounts, {"draw": 0}))


@pytest.fixture(scope="module")
def direct() -> Iterator[Direct]:
    yield Direct()


RUNS = st.one_of(
    st.lists(st.integers(1, 21), min_size=1, max_size=3).map(tuple), st.integers(1, 64).map(lambda n: (n,))
)


@given(st.integers(0, 20), RUNS, st.integers(1, 8), st.data())
@settings(max_examples=120, deadline=None)
def test_every_range_is_taken_and_no_other(
    direct: Direct, before: int, runs: tuple[int, ...], positions: int, drawing: st.DataObject
) -> None:
    shown = Shown(direct, before, runs, positions, drawing.draw(st.integers(0, positions - 1)))
    at = drawing.draw(st.integers(shown.integers, len(shown.data) - 1))
    wrong = bytearray(shown.data)
    wrong[at] ^= drawing.draw(st.integers(1, 255))
    assert shown.execute(bytes(wrong)) in {"LeafMismatch", "EdgeMismatch"}
    for length in (shown.data[:-32], shown.data + bytes(32)):
        assert shown.execute(length) in {"OpeningLength", "LeafMismatch"}
    assert shown.execute(shown.data) is None


def test_a_sibling_too_few_or_too_many(direct: Direct) -> None:
    """Five leaves from an odd index on: as many siblings as there are levels at which an end stands alone."""
    shown = Shown(direct, 2, (5,), 8, 3)
    assert shown.execute(shown.data[:-32]) == "OpeningLength"
    assert shown.execute(shown.data + shown.data[-32:]) == "OpeningLength"
    assert shown.execute(shown.data) is None


@given(st.integers(1, 70), st.data())
def test_a_span_in_python_leads_to_the_root(count: int, drawing: st.DataObject) -> None:
    """Climbed here by the definition, level by level: the same root, with every sibling used."""
    leaves = [bytes([index + 1]) * 32 for index in range(count)]
    tree = merkle.Tree(leaves)
    first = drawing.draw(st.integers(0, count - 1))
    size = drawing.draw(st.integers(1, count - first))
    siblings, found = tree.span(first, size), leaves[first : first + size]
    start = first
    for _ in range(merkle.depth(count)):
        if start % 2:
            found, siblings = [siblings[:32], *found], siblings[32:]
        if len(found) % 2:
            found, siblings = [*found, siblings[:32]], siblings[32:]
        found = [merkle.node_hash(*found[at : at + 2]) for at in range(0, len(found), 2)]
        start //= 2
    assert (found, siblings) == ([tree.root], b"")
    assert tree.span(first, 1) == tree.path(first)


@pytest.mark.parametrize(("first", "size"), [(0, 0), (-1, 1), (4, 2), (5, 1)])
def test_a_span_is_within_the_tree(first: int, size: int) -> None:
    with pytest.raises(ZkError):
        merkle.Tree([bytes(32)] * 5).span(first, size)
