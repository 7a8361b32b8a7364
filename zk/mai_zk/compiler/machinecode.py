"""Machine expressions: what one slot holds, as residues mod r, with Montgomery factors made explicit.

A machine value is a leaf (constant, challenge, instance, evaluation, hint) or a sum of products and values:
products are reduced (a*b/R), the rest is added and subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mai_zk.field import MONT, R


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
    """A machine value; `index` is a constant's residue or a leaf's number.

    A COMPUTED cell is the sum of `products` (each divided by R) plus `plus` minus `minus`.
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
        self.all: list[Cell] = []

    def _make(self, space: Space, index: int, *parts: tuple[tuple[Cell, ...], ...]) -> Cell:
        key = (space, index, tuple(tuple(tuple(c.id for c in p) for p in part) for part in parts))
        cell = self._index.get(key)
        if cell is None:
            products: tuple[tuple[Cell, Cell], ...] = ()
            plus: tuple[Cell, ...] = ()
            minus: tuple[Cell, ...] = ()
            if parts:
                products = tuple((p[0], p[1]) for p in parts[0])
                plus, minus = parts[1][0], parts[2][0]
            cell = Cell(len(self.all), space, index, products, plus, minus)
            self._index[key] = cell
            self.all.append(cell)
        return cell

    def leaf(self, space: Space, index: int) -> Cell:
        """A challenge, instance, evaluation or hint."""
        return self._make(space, index)

    def constant(self, value: int, weight: int) -> Cell:
        """The residue value * R^weight."""
        return self._make(Space.CONSTANT, value * pow(MONT, weight, R) % R)

    def total(self, products: list[tuple[Cell, Cell]], plus: list[Cell], minus: list[Cell]) -> Cell:
        """A sum; a sum of one value is that value."""
        if len(plus) == 1 and not products and not minus:
            return plus[0]
        ordered = [(a, b) if a.id <= b.id else (b, a) for a, b in products]
        ordered.sort(key=lambda pair: (pair[0].id, pair[1].id))
        parts = (tuple(ordered), (tuple(plus),), (tuple(minus),))
        return self._make(Space.COMPUTED, 0, *parts)


# Compute units on chain: a reduced sum of so many products, an addition, a subtraction, a hint's check.
PRODUCT_COST: Final = (0, 583, 917, 1208, 1491)
ADD_COST: Final = 39
SUBTRACT_COST: Final = 61
CHECK_COST: Final = 619
SCALAR_COST: Final = 650
MAX_PRODUCTS: Final = len(PRODUCT_COST) - 1


def cost(cell: Cell) -> int:
    """Compute units to make one cell from its operands."""
    if cell.space is Space.HINT:
        return CHECK_COST
    groups, rest = divmod(len(cell.products), MAX_PRODUCTS)
    parts = groups + bool(rest) + len(cell.plus)
    products = groups * PRODUCT_COST[MAX_PRODUCTS] + PRODUCT_COST[rest]
    return products + ADD_COST * max(0, parts - 1) + SUBTRACT_COST * len(cell.minus)
