"""The cheapest cut: which leaves to leave out so that the fewest leaves convict, by maximum flow.

A miner has the trace of another prompt in a cache. He splices it in: the leaves of a set X are copied, the rest is
computed. A copied leaf whose inputs differ from the cached ones only fits by a false output, so it convicts
when drawn; a computed leaf behind X works on what it is given and is sound. The convicting leaves are X's inner border.
Breaking an edge instead convicts at both its ends and is never cheaper.
For a price of one convicting leaf in units of work, the best X is a minimum cut (a leaf is an arc of capacity `price`
from "its inputs differ" to "it is computed", and computing drains its work). All prices together give the convex hull
of (convicting leaves, saved work): no attack of this kind lies beyond it. Leaves that are checked in every run have no
price: a cut goes around them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count as count_from
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from mai_zk.errors import ZkError
from mai_zk.sampling.graph import SegmentGraph

MAX_CAPACITY = (1 << 31) - 1  # of scipy's maximum flow


@dataclass(frozen=True)
class Cut:
    """A splice.

    Attributes:
        copied: the leaves that are not computed, of those that the changed tokens reach.
        convicting: those of them that convict when drawn.
        saved: the work of `copied`.
    """

    copied: frozenset[int]
    convicting: frozenset[int]
    saved: int


def cut_of(graph: SegmentGraph, copied: Iterable[int], changed: Iterable[int]) -> Cut:
    """The splice that copies these leaves when the cached prompt differs at the positions `changed`."""
    reached, positions = graph.reached_from(changed), set(changed)
    inside = frozenset(copied) & reached
    border, real = set[int](), set[int]()  # real: leaves that give this run's value, not the cached one
    for index in sorted(reached):
        source, position = graph.token_source(index), graph.leaves[index].position
        fed_real = index in graph.fed and (position in positions if source is None else source in real)
        if fed_real or any(producer in real for producer in graph.producers[index]):
            (border if index in inside else real).add(index)
    return Cut(inside, frozenset(border), graph.work_of(inside))


class Network:
    """The flow network of a graph; only its capacities depend on the price.

    Args:
        graph: the run.
        changed: the prompt positions at which the cached run's tokens differ.
        always: leaves that are checked in every run and so must not convict; with a join all its producing shards.

    Raises:
        ZkError: `changed` is empty or no part of the prompt, or `always` holds a join without its shards.
    """

    def __init__(self, graph: SegmentGraph, changed: Iterable[int], always: Iterable[int] = ()) -> None:
        self.graph, self.changed, always = graph, frozenset(changed), frozenset(always)
        if not self.changed or not self.changed <= set(range(graph.prompt)):
            raise ZkError("A cut needs the prompt positions at which the cached run differs.")
        for index in always:
            shards = {p for p in graph.producers[index] if graph.leaves[p].kind != "join"}
            if graph.leaves[index].kind == "join" and not shards <= always:
                # one false shard makes a true sum come out as wanted
                raise ZkError("A join that is always checked protects nothing unless its shards are too.")
        self.reached = sorted(graph.reached_from(self.changed))
        self.work = graph.work_of(self.reached)
        place = {index: number for number, index in enumerate(self.reached)}
        self.source, self.sink = 2 * len(place), 2 * len(place) + 1
        arcs = []  # leaf number i: 2i "its inputs differ", 2i + 1 "it is computed"
        for index, number in place.items():
            arcs.append((2 * number, 2 * number + 1, 2 if index in always else 0, 0))
            arcs.append((2 * number + 1, self.sink, 1, graph.work[index]))
            token = graph.token_source(index)
            producers = graph.producers[index] if token is None else (*graph.producers[index], token)
            arcs += [(2 * place[producer] + 1, 2 * number, 2, 0) for producer in producers if producer in place]
            if index in graph.fed and token is None and graph.leaves[index].position in self.changed:
                arcs.append((self.source, 2 * number, 2, 0))
        # role 0: convicts, for the price; 1: costs its work; 2: cannot be cut
        self.tails, self.heads, self.role, self.costs = np.array(arcs, dtype=np.int64).T

    def cut(self, price: int, unit: int = 1) -> Cut:
        """The cut that minimises price·(convicting leaves) + unit·(work left), and of those the one that saves most.

        Raises:
            ZkError: the work times `unit` does not fit 31 bits.
        """
        limit = self.work * unit + 1
        if limit > MAX_CAPACITY:
            raise ZkError("The work of this graph is too large for a cut; give work in a coarser unit.")
        capacities = np.choose(self.role, [min(price, limit), self.costs * unit, limit]).astype(np.int32)
        network = csr_array((capacities, (self.tails, self.heads)), shape=(self.sink + 1, self.sink + 1))
        residual = csr_array(network - maximum_flow(network, self.source, self.sink).flow)
        seen = _reachable(residual, self.source)
        copied = [index for number, index in enumerate(self.reached) if 2 * number + 1 not in seen]
        return cut_of(self.graph, copied, self.changed)


def _reachable(residual: csr_array, start: int) -> set[int]:
    """The nodes that arcs with capacity left lead to."""
    heads, left, bounds = residual.indices.tolist(), residual.data.tolist(), residual.indptr.tolist()
    seen, queue = {start}, deque([start])
    while queue:
        node = queue.popleft()
        for arc in range(bounds[node], bounds[node + 1]):
            if left[arc] > 0 and heads[arc] not in seen:
                seen.add(heads[arc])
                queue.append(heads[arc])
    return seen


def frontier(graph: SegmentGraph, changed: Iterable[int], always: Iterable[int] = ()) -> list[Cut]:
    """The corners of the hull, from nothing copied to as much as can be; saved work per convicting leaf falls.

    Arguments and errors as for `Network`.
    """
    network = Network(graph, changed, always)
    finest = (MAX_CAPACITY - 1) // max(1, network.work)  # work first, convicting leaves second
    most = network.cut(1, max(1, min(finest, len(graph.leaves))))

    def between(low: Cut, high: Cut) -> list[Cut]:
        price, unit = high.saved - low.saved, len(high.convicting) - len(low.convicting)
        if unit <= 1:
            return []
        middle = network.cut(price, unit)
        if price * len(middle.convicting) - unit * middle.saved >= price * len(low.convicting) - unit * low.saved:
            return []
        return [*between(low, middle), middle, *between(middle, high)]

    nothing = Cut(frozenset(), frozenset(), 0)
    return [nothing, *between(nothing, most), most]


def cheapest_cut(
    graph: SegmentGraph,
    changed: Iterable[int] | None = None,
    always: Iterable[int] = (),
    share: Fraction = Fraction(1, 2),
) -> Cut:
    """The corner with the fewest convicting leaves that saves at least `share` of what the last corner saves.

    A splice between two corners may do with fewer; `fewest_convicting` bounds those.

    Args:
        graph: the run.
        changed: the prompt positions at which the cached run's tokens differ; None: all of them.
        always: leaves that are checked in every run.
        share: of the most that a cut can save.
    """
    return cheapest_of(frontier(graph, range(graph.prompt) if changed is None else changed, always), share)


def cheapest_of(corners: list[Cut], share: Fraction = Fraction(1, 2)) -> Cut:
    """The cheapest cut of a frontier, see `cheapest_cut`."""
    return next(cut for cut in corners if cut.saved >= share * corners[-1].saved)


def first_layer(graph: SegmentGraph, positions: Iterable[int]) -> frozenset[int]:
    """The leaves of layer 0 at some positions: where the differing tokens enter."""
    chosen = set(positions)
    return frozenset(i for i, leaf in enumerate(graph.leaves) if leaf.layer == 0 and leaf.position in chosen)


def most_saved(corners: list[Cut], convicting: int) -> Fraction:
    """An upper bound of the work that any cut with this many convicting leaves saves: the hull at that point."""
    for low, high in pairwise(corners):
        if convicting <= len(high.convicting):
            step = Fraction(convicting - len(low.convicting), len(high.convicting) - len(low.convicting))
            return low.saved + step * (high.saved - low.saved)
    return Fraction(corners[-1].saved)


def fewest_convicting(corners: list[Cut], share: Fraction = Fraction(1, 2)) -> int:
    """A lower bound of the convicting leaves of any cut that saves at least `share` of what the last corner saves."""
    enough = share * corners[-1].saved
    return next(count for count in count_from(0) if most_saved(corners, count) >= enough)
