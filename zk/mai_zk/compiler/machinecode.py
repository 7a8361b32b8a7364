"""What one slot holds: a leaf or a sum, and what it costs on chain.

A cell is a leaf (constant, challenge, instance, evaluation, inverse) or a sum of products and values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mai_zk.field import R
from mai_zk.isa import Op


class Space(Enum):
    """Where a leaf lives; the order is the slots' order."""

    CONSTANT = 0
    CHALLENGE = 1
    INSTANCE = 2
    EVALUATION = 3
    HINT = 4
    COMPUTED = 5


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """A machine value; `index` is a constant's value or a leaf's number.

    A COMPUTED cell is the sum of `products` plus `plus` minus `minus`.
    """

    id: int
    space: Space
    index: int = 0
    products: tuple[tuple[Cell, Cell], ...] = ()
    plus: tuple[Cell, ...] = ()
    minus: tuple[Cell, ...] = ()

    @property
    def operands(self) -> tuple[Cell, ...]:
        """Everything that the cell reads."""
        return (*(c for pair in self.products for c in pair), *self.plus, *self.minus)


class Cells:
    """Makes cells; equal ones are the same object."""

    def __init__(self) -> None:
        self._index: dict[tuple[object, ...], Cell] = {}
        self._count = 0

    def _make(self, key: tuple[object, ...], space: Space, index: int = 0, **parts: tuple[object, ...]) -> Cell:
        if key not in self._index:
            self._index[key] = Cell(self._count, space, index, **parts)  # type: ignore[arg-type]
            self._count += 1
        return self._index[key]

    def leaf(self, space: Space, index: int) -> Cell:
        """A challenge, instance, evaluation or inverse."""
        return self._make((space, index), space, index)

    def constant(self, value: int) -> Cell:
        """The value mod r."""
        return self.leaf(Space.CONSTANT, value % R)

    def total(self, products: Sequence[tuple[Cell, Cell]], plus: Sequence[Cell], minus: Sequence[Cell]) -> Cell:
        """A sum; a sum of one value is that value."""
        if len(plus) == 1 and not products and not minus:
            return plus[0]
        ordered = sorted(((a, b) if a.id <= b.id else (b, a) for a, b in products), key=lambda p: (p[0].id, p[1].id))
        key = (
            tuple((a.id, b.id) for a, b in ordered),
            tuple(sorted(c.id for c in plus)),
            tuple(sorted(c.id for c in minus)),
        )
        return self._make(key, Space.COMPUTED, products=tuple(ordered), plus=tuple(plus), minus=tuple(minus))


# Compute units on chain (`python -m bench` measures them): an instruction; an integer that is reduced at the start and
# whose bytes are hashed; a word of the quotient.
INSTRUCTION_COST: Final = {
    Op.MUL: 57,
    Op.MULA: 74,
    Op.DOT2: 92,
    Op.DOT2A: 112,
    Op.DOT3: 144,
    Op.DOT4: 196,
    Op.ADD: 58,
    Op.ADD3: 75,
    Op.SUB: 66,
    Op.RED: 110,
    Op.INV: 160,
    Op.SCAL: 330,
    Op.MARK: 8,
    Op.HALT: 5,
}
LOAD_COST: Final = 150
QUOTIENT_WORD_COST: Final = 45
