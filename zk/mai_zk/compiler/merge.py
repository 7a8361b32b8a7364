"""Merges equal key commitments: a*P + b*P = (a + b)*P. Only points of the key, never of the proof."""

from __future__ import annotations

from collections import defaultdict

from mai_zk.compiler.graph import Graph, Node
from mai_zk.compiler.values import Leaf, Origin, Plus, PointExpression, Scaled, plus, scale
from mai_zk.curve import IDENTITY, Point


def merge_equal_points(graph: Graph, expression: PointExpression) -> PointExpression | None:
    """The same sum with equal (or opposite) key points merged; None if there are none.

    A merged point costs one multiplication with a scalar of its own, instead of one Horner step at each of its places.
    """
    places: dict[int, list[tuple[Point, Node]]] = defaultdict(list)
    _collect(graph, expression, graph.const(1), places)
    merged = {x: found for x, found in places.items() if len(found) > 1}
    if not merged:
        return None
    result = _without(graph, expression, set(merged))
    for found in merged.values():
        first = found[0][0]
        total = graph.const(0)
        for point, coefficient in found:
            total = graph.add(total, coefficient if point == first else graph.neg(coefficient))
        result = plus(result, scale(graph, Leaf(Origin.KEY, point=first), total))
    return result


def _collect(
    graph: Graph, expression: PointExpression, factor: Node, places: dict[int, list[tuple[Point, Node]]]
) -> None:
    """Every key point with its coefficient, by x coordinate."""
    while not isinstance(expression, Leaf):
        if isinstance(expression, Scaled):
            factor = graph.mul(factor, expression.scalar)
            expression = expression.inner
        else:
            _collect(graph, expression.right, factor, places)
            expression = expression.left
    if expression.origin is Origin.KEY:
        places[expression.point.x].append((expression.point, factor))


def _without(graph: Graph, expression: PointExpression, x_coordinates: set[int]) -> PointExpression:
    """The sum without the key points that have these x coordinates."""
    chain: list[Scaled | Plus] = []
    while not isinstance(expression, Leaf):
        chain.append(expression)
        expression = expression.inner if isinstance(expression, Scaled) else expression.left
    if expression.origin is Origin.KEY and expression.point.x in x_coordinates:
        expression = Leaf(Origin.KEY, point=IDENTITY)
    for step in reversed(chain):
        if isinstance(step, Scaled):
            expression = scale(graph, expression, step.scalar)
        else:
            expression = plus(expression, _without(graph, step.right, x_coordinates))
    return expression
