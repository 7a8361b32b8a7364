"""SmolLM2's graph: its segments in order, what each reads, the strata; and that it is wired as the forward pass is."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from language.smol_world import model, needs_weights, short_run
from mai_zk.errors import ZkError
from mai_zk.language.smol.executed import TRACED_CAP, Operations
from mai_zk.language.smol.graph import Node, Strata, carried_nodes, named, node, nodes
from mai_zk.language.smol.segments import shards
from mai_zk.language.smol.weights import KV_HEADS, LAYERS
from mai_zk.trace import INPUT, Edge
from mai_zk.trace.manifest import MAX_EDGES, MAX_SEGMENTS, is_carried, part_of, producer_of
from mai_zk.trace.op import Op

A_LAYER = {"norm": 1, "q": 12, "k": 4, "v": 4, "attend": 3, "o": 12, "norm_again": 1, "gate": 32, "up": 32}
A_LAYER |= {"swiglu": 4, "down": 32}
THE_END = {"norm": 1, "logits": 1024, "top": 32, "best": 1}


def test_the_segments_in_their_order() -> None:
    found = nodes()
    assert len(found) == 5168 <= MAX_SEGMENTS
    for layer in range(LAYERS + 1):
        own = [item for item in found if item.layer == layer]
        assert [item.shard for item in own] == list(range(len(own)))
        counted = A_LAYER if layer < LAYERS else THE_END
        assert [(item.map, item.part) for item in own] == [(m, part) for m in counted for part in range(counted[m])]
    assert all((item.layer, item.shard) < (after.layer, after.shard) for item, after in pairwise(found))
    assert tuple(item.linear for item in found if item.linear) == shards()
    assert all(item.name == item.linear.name for item in found if item.linear)


def test_names_and_numbers() -> None:
    for name in ("0/norm/0", "12/gate/5", "12/attend/1", "12/norm_again/0", "12/swiglu/2", "30/top/5", "30/best/0"):
        assert node(named(name)).name == name
    assert [item.name for item in map(node, carried_nodes()[:4])] == [
        "0/attend/0",
        "0/attend/1",
        "0/attend/2",
        "1/attend/0",
    ]
    assert len(carried_nodes()) == LAYERS * KV_HEADS
    for wrong in (lambda: node(5168), lambda: node(-1), lambda: named("12/gate/32"), lambda: named("12/top/0")):
        with pytest.raises(ZkError, match="SmolLM2 has"):
            wrong()


def read_by(name: str) -> list[str]:
    """What a segment reads, by names; `'` marks a second part, `<` the position before."""

    def shown(edge: Edge) -> str:
        if edge == INPUT:
            return "input"
        return f"{'<' * is_carried(edge)}{node(producer_of(edge)).name}{chr(39) * part_of(edge)}"

    return [shown(edge) for edge in node(named(name)).edges]


def test_who_reads_whom() -> None:
    assert read_by("0/norm/0") == ["input"]
    assert read_by("7/norm/0") == ["6/norm_again/0", *(f"6/down/{part}" for part in range(32))]
    for name in ("7/q/11", "7/k/0", "7/v/3"):
        assert read_by(name) == ["7/norm/0'"]
    assert read_by("7/attend/1") == [
        "7/q/4", "7/q/5", "7/q/6", "7/q/7", "7/k/1", "7/k/2", "7/v/1", "7/v/2", "<7/attend/1",
    ]  # fmt: skip
    assert read_by("7/o/3") == ["7/attend/0", "7/attend/1", "7/attend/2"]
    assert read_by("7/norm_again/0") == ["7/norm/0", *(f"7/o/{part}" for part in range(12))]
    assert read_by("7/gate/0") == read_by("7/up/31") == ["7/norm_again/0'"]
    own = range(16, 24)
    assert read_by("7/swiglu/2") == [*(f"7/gate/{part}" for part in own), *(f"7/up/{part}" for part in own)]
    assert read_by("7/down/5") == [f"7/swiglu/{part}" for part in range(4)]
    assert read_by("30/norm/0") == ["29/norm_again/0", *(f"29/down/{part}" for part in range(32))]
    assert read_by("30/logits/1023") == ["30/norm/0'"]
    assert read_by("30/top/31") == [f"30/logits/{part}" for part in range(992, 1024)]
    assert read_by("30/best/0") == [f"30/top/{part}" for part in range(32)]


def test_edges_are_as_a_manifest_wants_them() -> None:
    assert sum(len(item.edges) for item in nodes()) < 1 << 16
    for index, item in enumerate(nodes()):
        assert 1 <= len(item.edges) <= MAX_EDGES
        for edge in item.edges:
            if edge == INPUT:
                continue
            producer = node(producer_of(edge))
            assert producer_of(edge) == index if is_carried(edge) else producer_of(edge) < index
            assert part_of(edge) == 0 or producer.map in ("norm", "norm_again")


def test_the_strata() -> None:
    counted = Counter(item.stratum for item in nodes())
    assert counted == {Strata.NARROW: 62, Strata.CIRCUITS: 4864, Strata.ATTEND: 90, Strata.OTHERS: 152}
    maps = {stratum: {item.map for item in nodes() if item.stratum is stratum} for stratum in Strata}
    assert maps[Strata.NARROW] == {"norm", "norm_again", "best"}
    assert (maps[Strata.ATTEND], maps[Strata.OTHERS]) == ({"attend"}, {"swiglu", "top"})


def test_every_way_to_the_end_passes_every_narrow_segment_of_the_stream() -> None:
    """Without any one of them, nothing leads from the input to the end."""
    narrow = [index for index, item in enumerate(nodes()) if item.stratum is Strata.NARROW]
    for without in narrow:
        reached: set[int] = set()
        for index, item in enumerate(nodes()):
            sources = [edge for edge in item.edges if edge == INPUT or not is_carried(edge)]
            if index != without and any(edge == INPUT or producer_of(edge) in reached for edge in sources):
                reached.add(index)
        assert len(nodes()) - 1 not in reached


@needs_weights
def test_the_graph_is_wired_as_the_forward_pass_is() -> None:
    """What the edges bring to a linear shard is the vector that the forward pass multiplied."""
    values = short_run().values(5)
    for item in nodes():
        if item.linear is not None:
            assert np.array_equal(values.reads(item), item.linear.input(values.of(item))), item.name


@needs_weights
def test_every_executed_segment_has_its_operation() -> None:
    operations = Operations(model().weights)
    kinds = {"norm": Op.NORM, "norm_again": Op.NORM, "attend": Op.ATTEND, "swiglu": Op.SWIGLU}
    kinds |= {"top": Op.TOP, "best": Op.BEST}
    descriptors: dict[bytes, Node] = {}
    for item in nodes():
        if item.linear is None:
            descriptor = operations.of(item).descriptor
            assert descriptor[0] == kinds[item.map] and len(descriptor) == 32
            descriptors[descriptor] = item
    assert len(operations.constants.body) == 4 * (2 * 4096 + 576 + TRACED_CAP * 64)
    with pytest.raises(ZkError, match="proved, not executed"):
        operations.of(node(named("3/q/0")))
