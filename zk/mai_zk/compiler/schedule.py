"""The curve schedule: operations on accumulator registers, and the scalars that they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mai_zk.compiler.graph import Node
from mai_zk.compiler.values import Leaf, Origin, Plus, PointExpression, Scaled
from mai_zk.curve import Point
from mai_zk.errors import ZkError
from mai_zk.isa import N_REGISTERS, CurveKind, CurveOp

# Compute units of an operation: the syscall's price and what moving its operands takes.
COST: Final = {CurveKind.LOAD: 60, CurveKind.MULS: 3900, CurveKind.ADDP: 400, CurveKind.ADDR: 400}


@dataclass
class Schedule:
    """Curve operations with the scalars' source expressions and the key's points in order of first use."""

    operations: list[CurveOp] = field(default_factory=list)
    scalars: list[Node] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    proof_offsets: set[int] = field(default_factory=set)

    @property
    def cost(self) -> int:
        """Compute units of all operations."""
        return sum(COST[op.kind] for op in self.operations)

    def emit(self, expression: PointExpression, register: int = 0) -> None:
        """Leave the expression's value in a register; higher registers are scratch."""
        if register >= N_REGISTERS:
            raise ZkError("The verifier's curve sums are nested too deeply for a key program.")
        chain: list[Scaled | Plus] = []
        while isinstance(expression, Scaled | Plus):
            chain.append(expression)
            expression = expression.inner if isinstance(expression, Scaled) else _main_side(expression)[0]
        self._point(CurveKind.LOAD, register, expression)
        for step in reversed(chain):
            if isinstance(step, Scaled):
                self.operations.append(CurveOp(CurveKind.MULS, register, 0, self._scalar(step.scalar)))
                continue
            other = _main_side(step)[1]
            if isinstance(other, Leaf):
                self._point(CurveKind.ADDP, register, other)
            else:
                self.emit(other, register + 1)
                self.operations.append(CurveOp(CurveKind.ADDR, register, 0, register + 1))

    def _scalar(self, scalar: Node) -> int:
        if scalar not in self.scalars:
            self.scalars.append(scalar)
        return self.scalars.index(scalar)

    def _point(self, kind: CurveKind, register: int, leaf: Leaf) -> None:
        if leaf.origin is Origin.PROOF:
            self.proof_offsets.add(leaf.offset)
            self.operations.append(CurveOp(kind, register, 0, leaf.offset))
            return
        if leaf.point not in self.points:
            self.points.append(leaf.point)
        self.operations.append(CurveOp(kind, register, 1, 64 * self.points.index(leaf.point)))


def _main_side(step: Plus) -> tuple[PointExpression, PointExpression]:
    """(the side that stays in the register, the side that is added to it): a single point is added."""
    if isinstance(step.left, Leaf) and not isinstance(step.right, Leaf):
        return step.right, step.left
    return step.left, step.right
