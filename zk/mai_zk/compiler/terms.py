"""The curve sum as terms: one coefficient for every point of the key and of the proof."""

from __future__ import annotations

from dataclasses import dataclass, field

from mai_zk.compiler.graph import Graph, Node
from mai_zk.compiler.values import Leaf, Origin, PointExpression, Scaled
from mai_zk.curve import IDENTITY, Point


@dataclass
class Terms:
    """Coefficients: of the key's points in order of first use, and of the proof's by offset in bytes.

    Equal or opposite points of the key are one term: a*P + b*P = (a + b)*P, a*P - b*P = (a - b)*P. Points of the proof
    are never merged.
    """

    key: dict[int, tuple[Point, Node]] = field(default_factory=dict)  # by x
    proof: dict[int, Node] = field(default_factory=dict)

    @property
    def points(self) -> list[Point]:
        """The key's points."""
        return [point for point, _ in self.key.values()]


def collect_terms(graph: Graph, expression: PointExpression) -> Terms:
    """Multiply the sum out."""
    terms = Terms()
    stack = [(expression, graph.const(1))]
    while stack:
        part, factor = stack.pop()
        if isinstance(part, Scaled):
            stack.append((part.inner, graph.mul(factor, part.scalar)))
        elif isinstance(part, Leaf):
            _add(graph, terms, part, factor)
        else:
            stack += [(part.right, factor), (part.left, factor)]
    return terms


def _add(graph: Graph, terms: Terms, leaf: Leaf, factor: Node) -> None:
    if leaf.origin is Origin.PROOF:
        known = terms.proof.get(leaf.offset)
        terms.proof[leaf.offset] = factor if known is None else graph.add(known, factor)
    elif leaf.point != IDENTITY:
        first, total = terms.key.get(leaf.point.x, (leaf.point, graph.const(0)))
        signed = factor if leaf.point == first else graph.neg(factor)
        terms.key[leaf.point.x] = (first, graph.add(total, signed))
