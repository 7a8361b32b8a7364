"""Renumbers a trace's graph by structure alone.

Two artifacts of one circuit (its Solidity verifier, its VKA) lead the executor through the same expressions in another
order. Everything after this step depends on the expressions only, so both give the same key program.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mai_zk.compiler.graph import COMMUTATIVE, Graph, Kind, Node
from mai_zk.compiler.lower import reachable
from mai_zk.compiler.values import Leaf, Plus, PointExpression, Scaled, Trace
from mai_zk.errors import ZkError
from mai_zk.field import keccak256

MAX_TERMS: Final = 65_535  # what a key program's curve schedule can hold


def canonical(trace: Trace) -> Trace:
    """The same trace over a fresh graph whose numbering and random points follow from the expressions."""
    scalars: list[Node] = []
    _collect(trace.left, scalars)
    digests = _digests(reachable(scalars))
    graph = Graph(keccak256(b"".join(digests[s.id] for s in scalars)))
    made: dict[int, Node] = {}
    for root in scalars:
        _rebuild(root, digests, graph, made)
    return replace(trace, graph=graph, left=_replace(trace.left, made))


def _digests(nodes: list[Node]) -> dict[int, bytes]:
    """A hash of each node's expression; the order of a sum's or product's arguments does not count."""
    digests: dict[int, bytes] = {}
    for node in nodes:
        args = [digests[a.id] for a in node.args]
        if node.kind in COMMUTATIVE:
            args.sort()
        digests[node.id] = keccak256(b"".join([node.kind.value.encode(), node.value.to_bytes(32, "big"), *args]))
    return digests


def _rebuild(root: Node, digests: dict[int, bytes], graph: Graph, made: dict[int, Node]) -> None:
    stack = [root]
    while stack:
        node = stack[-1]
        ordered = sorted(node.args, key=lambda a: digests[a.id]) if node.kind in COMMUTATIVE else list(node.args)
        missing = [a for a in ordered if a.id not in made]
        if node.id in made or not missing:
            stack.pop()
            made.setdefault(node.id, _copy(node, [made[a.id] for a in ordered], graph))
        else:
            stack.extend(reversed(missing))


def _copy(node: Node, args: list[Node], graph: Graph) -> Node:
    match node.kind:
        case Kind.CONST:
            return graph.const(node.value)
        case Kind.ADD:
            return graph.add(*args)
        case Kind.SUB:
            return graph.sub(*args)
        case Kind.MUL:
            return graph.mul(*args)
        case Kind.NEG:
            return graph.neg(*args)
        case Kind.INV:
            return graph.inv(*args)
    return graph.leaf(node.kind, node.value)


def _collect(expression: PointExpression, scalars: list[Node]) -> None:
    """Scalars in a fixed order, from the outermost in."""
    stack = [expression]
    while stack:
        if len(scalars) + len(stack) > MAX_TERMS:
            raise ZkError("The verifier's sum of points has too many terms; the file is damaged.")
        match stack.pop():
            case Scaled(inner, scalar):
                scalars.append(scalar)
                stack.append(inner)
            case Plus(left, right):
                stack += [right, left]


def _replace(expression: PointExpression, made: dict[int, Node]) -> PointExpression:
    """The expression with new scalars; chains are long, so the main side is followed without recursion."""
    chain: list[Scaled | Plus] = []
    while not isinstance(expression, Leaf):
        chain.append(expression)
        expression = expression.inner if isinstance(expression, Scaled) else expression.left
    for step in reversed(chain):
        if isinstance(step, Scaled):
            expression = Scaled(expression, made[step.scalar.id])
        else:
            expression = Plus(expression, _replace(step.right, made))
    return expression
