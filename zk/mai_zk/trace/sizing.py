"""How many draws a model's graph needs, and how large a bond.

Who replaces a run by a made-up one that is consistent everywhere but at one cut between input and output saves nearly
all work; only the leaves at the cut give it away. So draws are sized by the smallest such cut.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from mai_zk.errors import ZkError
from mai_zk.trace.manifest import INPUT, Class, Kind, Segment, is_carried, producer_of

LEAST_POSITIONS: Final = {Class.STANDARD: 8, Class.HIGH: 33}
LEAST_LEAVES: Final = {Class.STANDARD: 5, Class.HIGH: 23}
ESCAPE: Final = {Class.STANDARD: 0.01, Class.HIGH: 2.0**-32}
"""What a trace with one bad cut in every position may escape with, by class."""

BOND_MARGIN: Final = 4


def cheapest_cut(segments: Sequence[Segment]) -> int:
    """The fewest leaves of one position that separate its input from its end segments (a minimum vertex cut).

    Computed as the most paths without a common segment, by augmentation (Menger's theorem).

    Raises:
        ZkError: no path leads from the input to an end.
    """
    count = len(segments)
    source, sink = 2 * count, 2 * count + 1  # segment i is the arc from 2i to 2i + 1, of capacity one
    arcs: list[dict[int, int]] = [{} for _ in range(2 * count + 2)]

    def arc(start: int, end: int, capacity: int) -> None:
        arcs[start][end] = capacity
        arcs[end].setdefault(start, 0)

    for index, segment in enumerate(segments):
        arc(2 * index, 2 * index + 1, 1)
        if segment.kind & Kind.END:
            arc(2 * index + 1, sink, count)
        for edge in segment.edges:
            if edge == INPUT:
                arc(source, 2 * index, count)
            elif not is_carried(edge):
                arc(2 * producer_of(edge) + 1, 2 * index, count)
    flow = 0
    while (way := _way(arcs, source, sink)) is not None:
        for start, end in way:
            arcs[start][end] -= 1
            arcs[end][start] += 1
        flow += 1
    if flow == 0:
        raise ZkError("No path of segments leads from the input to an end.")
    return flow


def _way(arcs: list[dict[int, int]], source: int, sink: int) -> list[tuple[int, int]] | None:
    before = {source: source}
    queue = deque([source])
    while queue and sink not in before:
        node = queue.popleft()
        for end, capacity in arcs[node].items():
            if capacity and end not in before:
                before[end] = node
                queue.append(end)
    if sink not in before:
        return None
    way, node = [], sink
    while node != source:
        way.append((before[node], node))
        node = before[node]
    return way


def least_draws(n_segments: int, cut: int, task_class: Class) -> tuple[int, int]:
    """The fewest positions and leaves that sealing accepts."""
    return LEAST_POSITIONS[task_class], math.ceil(LEAST_LEAVES[task_class] * n_segments / cut)


def escape_probability(
    positions: int, n_segments: int, cut: int, n_positions: int, n_leaves: int, bad_positions: int
) -> float:
    """How likely a run with one bad cut in ``bad_positions`` of its positions is not noticed.

    Exact: draws are without replacement, and the last position, always drawn, is kept honest.

    Args:
        positions, n_segments: the run's shape.
        n_positions, n_leaves: draws.
    """
    if not 0 <= bad_positions <= positions or not 1 <= cut <= n_segments:
        raise ZkError("There are at most as many bad positions as positions, and a cut has 1 leaf to all of them.")
    n_positions = min(n_positions, positions)
    leaves = n_positions * n_segments
    n_leaves = min(n_leaves, leaves)
    last = int(bad_positions == positions)  # nothing honest is left for it
    others, drawn, bad = positions - 1, n_positions - 1, bad_positions - last
    total = Fraction(0)
    for hit in range(max(0, drawn + bad - others), min(drawn, bad) + 1):
        chance = Fraction(math.comb(bad, hit) * math.comb(others - bad, drawn - hit), math.comb(others, drawn))
        marked = (hit + last) * cut
        total += chance * Fraction(math.comb(leaves - marked, n_leaves), math.comb(leaves, n_leaves))
    return float(total)


def stratum_detection(positions: int, size: int, draws: int, bad: int) -> int:
    """The chance, of 10,000 and rounded down, that the draws from a stratum hit one of `bad` false leaves.

    Exact: draws are without replacement out of the leaves of all drawn positions. Who keeps the last position honest,
    which is always drawn, has one false leaf in each position but one.

    Args:
        positions: drawn ones.
        size: segments of the stratum at a position.

    Raises:
        ZkError: more draws or false leaves than leaves.
    """
    leaves = positions * size
    if not 0 <= draws <= leaves or not 0 <= bad <= leaves:
        raise ZkError(f"{draws} draws or {bad} false leaves are too many for {leaves} leaves.")
    missed = Fraction(math.comb(leaves - bad, draws), math.comb(leaves, draws))
    return math.floor(10_000 * (1 - missed))


def least_bond(gain: int, escape: float) -> int:
    """The bond, in the gain's unit, at which a cheat loses four times what it wins: 4 gain · escape / (1 - escape)."""
    if not 0 <= escape < 1:
        raise ZkError("A bond helps only where a cheat can be noticed.")
    return math.ceil(BOND_MARGIN * gain * escape / (1 - escape))
