"""Values of the symbolic executor, and the trace that it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mai_zk.compiler.graph import Graph, Node
from mai_zk.curve import IDENTITY, Point


class Origin(Enum):
    """Where a point comes from."""

    PROOF = "proof"
    KEY = "key"


@dataclass(frozen=True)
class Leaf:
    """A point of the proof (`offset` in bytes) or of the key (`point`)."""

    origin: Origin
    offset: int = 0
    point: Point = IDENTITY


@dataclass(frozen=True)
class Scaled:
    """scalar * inner."""

    inner: PointExpression
    scalar: Node


@dataclass(frozen=True)
class Plus:
    """left + right."""

    left: PointExpression
    right: PointExpression


PointExpression = Leaf | Scaled | Plus
NOTHING: Final = Leaf(Origin.KEY, point=IDENTITY)


def scale(graph: Graph, point: PointExpression, scalar: Node) -> PointExpression:
    """scalar * point; consecutive factors become one multiplication, the identity needs none."""
    if point == NOTHING or scalar.is_const(1):
        return point
    if isinstance(point, Scaled):
        return Scaled(point.inner, graph.mul(point.scalar, scalar))
    return Scaled(point, scalar)


def plus(left: PointExpression, right: PointExpression) -> PointExpression:
    """left + right, without identities."""
    if left == NOTHING:
        return right
    return left if right == NOTHING else Plus(left, right)


@dataclass(frozen=True)
class Coordinate:
    """x (axis 0) or y (axis 1) of a point that the executor computed."""

    point: PointExpression
    axis: int


@dataclass(frozen=True)
class Hash:
    """The transcript's hash number `index`."""

    index: int


@dataclass(frozen=True)
class Length:
    """`proof.length` or `instances.length`."""

    of: str


@dataclass(frozen=True)
class Facts:
    """A condition: the conjunction of facts that the verifier has to establish."""

    facts: frozenset[tuple[str, int]] = frozenset()

    def also(self, *more: tuple[str, int]) -> Facts:
        """This and more."""
        return Facts(self.facts | frozenset(more))


@dataclass(frozen=True)
class Not:
    """The negation of facts: `iszero(success)`."""

    facts: Facts


Value = int | Node | Coordinate | Hash | Length | Facts | Not


@dataclass(frozen=True)
class Squeeze:
    """One transcript phase: instances and 32-byte proof words that are absorbed, then challenges."""

    instances: tuple[int, ...]
    words: tuple[int, ...]
    challenges: int


@dataclass(frozen=True)
class Trace:
    """What a verifier computes, as the compiler needs it.

    `required` are the facts without which the verifier reverts; `left` and `right` the points of the pairing.
    """

    graph: Graph
    digest: int
    squeezes: tuple[Squeeze, ...]
    required: frozenset[tuple[str, int]]
    left: PointExpression
    right: PointExpression
    neg_s_g2: tuple[int, int, int, int]
