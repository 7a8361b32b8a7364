"""Chooses the weights of sums: local search over lowerings by their cost on chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mai_zk.compiler.graph import Graph, Node
from mai_zk.compiler.lower import Lowering
from mai_zk.compiler.machinecode import Cell, cost

BUDGET: Final = 400  # lowerings of a small circuit
NODE_BUDGET: Final = 150_000  # nodes lowered in all: larger circuits get fewer tries


def best_lowering(
    graph: Graph, roots: Sequence[Node], evaluations: Mapping[int, int], *, search: bool = True
) -> tuple[Lowering, list[Cell], int]:
    """(lowering, the roots' cells at weight 1, compute units); without `search` the first greedy choice."""

    def attempt(choices: Mapping[int, int]) -> tuple[Lowering, list[Cell], int]:
        lowering = Lowering(graph, roots, evaluations, choices)
        cells = [lowering.value(r, 1) for r in roots]
        return lowering, cells, total_cost(lowering, cells)

    best = attempt({})
    choices: dict[int, int] = {}
    tries = min(BUDGET, NODE_BUDGET // (len(best[0].order) + 1)) if search else 0
    tried: set[tuple[tuple[int, int], ...]] = set()
    improved = True
    while improved and tries > 0:
        improved = False
        for node, weights in sorted(best[0].alternatives.items()):
            for weight in sorted(weights):
                changed = choices | {node: weight}
                key = tuple(sorted(changed.items()))
                if tries <= 0 or key in tried:
                    continue
                tries -= 1
                tried.add(key)
                result = attempt(changed)
                if result[2] < best[2]:
                    best, choices, improved = result, changed, True
    return best


def total_cost(lowering: Lowering, cells: Sequence[Cell]) -> int:
    """Compute units of everything below the cells."""
    arguments = {h.cell.id: h.argument for h in lowering.hints}
    seen: set[int] = set()
    stack = list(cells)
    total = 0
    while stack:
        cell = stack.pop()
        if cell.id not in seen:
            seen.add(cell.id)
            total += cost(cell)
            stack.extend((arguments[cell.id],) if cell.id in arguments else cell.operands)
    return total
