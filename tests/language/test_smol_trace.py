"""Leaves of SmolLM2's positions: every digest follows from integers, every edge's from its producer's leaf, every
executed segment's integers from its operation; the histories chain from position to position.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from language.smol_world import LENGTH, PROMPT, model, needs_weights, short_run
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language.integers import Integers, round_shift
from mai_zk.language.model import SampledRun, work_of
from mai_zk.language.smol.executed import TRACED_CAP, Operations
from mai_zk.language.smol.graph import carried_nodes, named, node, nodes
from mai_zk.language.smol.precision import DIVISION
from mai_zk.trace import INPUT, Leaf, Manifest
from mai_zk.trace.manifest import Kind, is_carried, part_of, producer_of
from mai_zk.trace.opening import Opened, most_bytes, of_ends, of_integers

pytestmark = needs_weights
SHOWN = (0, 2, 7)
"""The first position, one of the prompt, one of the answer."""


@cache
def manifest() -> Manifest:
    found = model().manifest
    assert found is not None
    return found


@cache
def leaves(position: int) -> tuple[Leaf, ...]:
    return short_run().leaves(position)


@cache
def opened(position: int) -> tuple[Opened, ...]:
    return tuple(short_run().opened(position, index) for index in range(len(nodes())))


def digest(values: Integers) -> bytes:
    """V, by its definition."""
    return keccak256(b"".join(int(value).to_bytes(4, "little", signed=True) for value in values))


def parts(position: int, index: int) -> tuple[bytes, ...]:
    """The digests of what a segment gives, from its integers; a history's from that of the position before."""
    gives = opened(position)[index].gives
    if node(index).map != "attend":
        return tuple(map(digest, gives))
    order = carried_nodes().index(index)
    before = short_run().positions[position - 1].carried[order] if position else bytes(32)
    row = b"".join(int(value).to_bytes(4, "little", signed=True) for value in gives[0])
    return digest(gives[1]), keccak256(before + row)


@pytest.mark.parametrize("position", SHOWN)
def test_leaves_are_digests_of_the_integers(position: int) -> None:
    carried = iter(short_run().positions[position].carried)
    for index, leaf in enumerate(leaves(position)):
        own = parts(position, index)
        assert leaf.output == (own[0] if len(own) == 1 else keccak256(own[0] + own[1]))
        assert leaf.parts == (own if len(own) == 2 else ()) and manifest().segments[index].parts == len(own)
        assert leaf.params == manifest().segments[index].params
        if index in carried_nodes():
            assert own[1] == next(carried)
    assert next(carried, None) is None


@pytest.mark.parametrize("position", SHOWN)
def test_every_edge_reads_what_its_producer_gave(position: int) -> None:
    run = short_run()
    for index, (leaf, segment) in enumerate(zip(leaves(position), manifest().segments, strict=True)):
        digests, rest = [], opened(position)[index].reads
        for edge in segment.edges:
            if edge != INPUT and is_carried(edge):
                order = manifest().carried.index(producer_of(edge))
                digests.append(run.positions[position - 1].carried[order] if position else segment.first)
                continue
            if edge == INPUT:
                length = 576
                digests.append(manifest().rows[(*run.prompt, *run.generated)[position]])
            else:
                producer = leaves(position)[producer_of(edge)]
                digests.append(producer.parts[part_of(edge)] if producer.parts else producer.output)
                given = opened(position)[producer_of(edge)].gives
                length = len(given[1 if node(producer_of(edge)).map == "attend" else part_of(edge)])
            piece, rest = rest[:length], rest[length:]
            assert digest(piece) == digests[-1], node(index).name
        assert len(rest) == 0
        assert leaf.input == (digests[0] if len(digests) == 1 else keccak256(b"".join(digests)))


@pytest.mark.parametrize("position", SHOWN)
def test_operations_give_what_the_forward_pass_computed(position: int) -> None:
    operations = Operations(model().weights)
    for index, segment in enumerate(manifest().segments):
        if segment.executed:
            operation, shown = operations.of(node(index)), opened(position)[index]
            assert operation.descriptor == segment.key
            made = operation.run(position, shown.reads, shown.past)
            assert len(made) == len(shown.gives)
            assert all(np.array_equal(*pair) for pair in zip(made, shown.gives, strict=True)), node(index).name
        else:
            assert len(opened(position)[index].past) == 0


@pytest.mark.parametrize("name", ["0/v/1", "11/down/3", "24/o/11", "29/up/31", "30/logits/0"])
def test_a_linear_shard_is_its_part_of_the_map(name: str) -> None:
    """Input and weights as integers give the output, by Python's integers and the rounding that is stated."""
    found, shown = node(named(name)).linear, opened(SHOWN[-1])[named(name)]
    assert found is not None
    sums = shown.reads.astype(object) @ found.weights(model().weights).astype(object)
    assert np.array_equal(round_shift(sums.astype(np.int64), DIVISION), shown.gives[0])


def test_the_end_gives_the_token() -> None:
    """At positions of the prompt too the logits are computed, though nothing reads their largest."""
    run, last = short_run(), len(nodes()) - 1
    assert manifest().segments[last].kind == Kind.EXECUTED | Kind.END
    for position in range(len(run.positions)):
        leaf = run.leaves(position)[last]
        largest, token = leaf.outputs
        logits = run.values(position).ends.logits
        assert (largest, token) == (int(logits.max()), int(logits.argmax()))
        assert digest(np.array([largest, token])) == leaf.output
        if position + 1 >= len(run.prompt):
            assert token == run.generated[position + 1 - len(run.prompt)]


def test_histories_are_digests_of_all_rows_before() -> None:
    last = len(short_run().positions) - 1
    for order in (0, 44, 89):
        shown = short_run().opened(last, carried_nodes()[order])
        chain = bytes(32)
        for row in (*shown.past.reshape(last, 128), shown.gives[0]):
            chain = keccak256(chain + row.astype("<i4").tobytes())
        assert chain == short_run().positions[last].carried[order]


def test_a_prompt_at_once_and_tokens_one_by_one_hand_on_the_same() -> None:
    """The same tokens as a prompt in one piece, and as they were generated: what is restored by running again."""
    run = short_run()
    again = model().run((*run.prompt, *run.generated[:-1]), 1)
    assert [position.carried for position in again.positions] == [position.carried for position in run.positions]
    assert again.generated == run.generated[-1:] and again.leaves(7) == leaves(7)
    assert model().run(model().encode(PROMPT), LENGTH).positions == run.positions


def test_a_changed_token_changes_the_histories_from_there_on() -> None:
    run = short_run()
    other = model().run([*run.prompt[:2], 1234, *run.prompt[3:]], 1)
    for position, (one, two) in enumerate(zip(run.positions, other.positions, strict=False)):
        same = [a == b for a, b in zip(one.carried, two.carried, strict=True)]
        assert all(same) if position < 2 else not any(same)


def test_work_and_openings() -> None:
    """The trees under the manifest; an opening begins with the integers, and has every byte that its paths need."""
    run = short_run()
    assert isinstance(run, SampledRun)
    work = work_of(model(), run, [bytes([index]) * 16 for index in range(len(run.prompt) + LENGTH)])
    work.set_leaves({position: leaves(position) for position in SHOWN})
    depth = len(work.leaves_tree.levels) - 1
    index = named("12/gate/5")
    shown = run.opened(2, index)
    data = of_integers(work, len(nodes()) + index, shown)
    integers = shown.encoded(manifest().segments[index])
    assert data.startswith(integers) and len(integers) == 4 * (576 + 48)
    assert len(data) == 4 * (576 + 48) + 32 * depth + 96 + 32 * depth  # own path; the norm's leaf with its other part
    assert of_ends(work, 2)
    sizes = []
    for place, position in enumerate(SHOWN):
        for name in ("0/norm/0", "9/attend/2", "9/norm_again/0", "9/swiglu/0", "30/top/31", "30/best/0"):
            shown, segment = run.opened(position, named(name)), manifest().segments[named(name)]
            data = of_integers(work, place * len(nodes()) + named(name), shown)
            assert data.startswith(shown.encoded(segment)) and len(data) <= most_bytes(manifest(), len(run.positions))
            sizes.append(len(data))
    assert max(sizes) > most_bytes(manifest(), len(run.positions)) // 4


def test_executed_segments_have_no_job_and_wrong_ones_are_refused() -> None:
    run = short_run()
    assert run.job(2, named("3/attend/1")) is None and run.job(2, named("3/q/1")) is not None
    for wrong in (lambda: run.opened(2, 5168), lambda: run.job(99, 0), lambda: run.leaves(-1)):
        with pytest.raises(ZkError, match=r"has (positions|segments)"):
            wrong()
    assert manifest().token_cap == TRACED_CAP < model().token_cap
