"""Field code: order, slots, and limb bounds.

Bounds are tracked exactly (mai_zk.bounds); where an instruction could overflow, its operands are carried (NORM) or
reduced (a multiplication by one) first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mai_zk.bounds import (
    CHALLENGE,
    CHECK_LIMIT,
    HINT,
    INPUT,
    RAW_ONE,
    SCALAR_LIMIT,
    UNIT,
    Bound,
    BoundError,
    add,
    carried,
    exact,
    multiply,
    subtract,
)
from mai_zk.compiler.lower import Hint
from mai_zk.compiler.machinecode import MAX_PRODUCTS, Cell, Space
from mai_zk.errors import ZkError
from mai_zk.field import LIMB_BITS, LIMB_MASK, MONT, N_LIMBS, R, limbs
from mai_zk.isa import DOTS, Instruction, Op

LOOSE: Final = 64 * UNIT  # values above this are reduced before they are multiplied
WIDEST: Final = 5 << LIMB_BITS  # sums keep their limbs below this


@dataclass(frozen=True)
class Place:
    """A slot before numbering."""

    space: Space
    index: int


ONE: Final = Place(Space.CONSTANT, 0)


@dataclass
class FieldCode:
    """Generated code: instructions over places, constants' limbs, and sizes."""

    constants: list[tuple[int, ...]] = field(default_factory=list)
    code: list[tuple[Op, tuple[Place | int, ...]]] = field(default_factory=list)
    n_hints: int = 0
    n_temporaries: int = 0

    def instructions(self, sizes: Sequence[int]) -> list[Instruction]:
        """Numbered instructions; `sizes` are the slots of each space in order."""
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        return [
            Instruction(op, tuple(a if isinstance(a, int) else starts[a.space.value] + a.index for a in args))
            for op, args in self.code
        ]


class Generator:
    """Generates code for cells in a given order."""

    def __init__(self, hints: Iterable[Hint]) -> None:
        self.out = FieldCode([limbs(MONT), limbs(MONT * MONT % R), limbs(1)])
        self._constants = {MONT: 0, MONT * MONT % R: 1, 1: 2}
        self._covers: dict[tuple[int, ...], Place] = {}
        self._arguments = {h.cell.id: h.argument for h in hints}
        self._uses: Counter[int] = Counter()
        self._places: dict[int, Place] = {}
        self._bounds: dict[Place, Bound] = {}
        self._free: list[Place] = []
        self._seen: set[int] = set()

    # -- interface ------------------------------------------------------------------------------------------------

    def plan(self, roots: Iterable[Cell]) -> None:
        """Count how often each cell below the roots will be read."""
        stack = list(roots)
        self._uses.update(c.id for c in stack)
        while stack:
            cell = stack.pop()
            if cell.id in self._seen:
                continue
            self._seen.add(cell.id)
            below = self._below(cell)
            self._uses.update(c.id for c in below)
            stack.extend(below)

    def planned(self, cell: Cell) -> bool:
        """Whether a planned root needs the cell."""
        return cell.id in self._seen

    def generate(self, root: Cell) -> None:
        """Emit everything that the root needs, and the root."""
        stack = [root]
        while stack:
            cell = stack[-1]
            missing = [c for c in self._below(cell) if c.id not in self._places]
            if cell.id in self._places or not missing:
                stack.pop()
                if cell.id not in self._places:
                    self._emit(cell)
            else:
                stack.extend(reversed(missing))

    def scalar(self, index: int, cell: Cell) -> None:
        """Emit SCAL."""
        place = self._places[cell.id]
        if multiply([(self._bounds[place], RAW_ONE)]).value > SCALAR_LIMIT:
            self._reduce(place)
        self.out.code.append((Op.SCAL, (index, place)))
        self._release(cell)

    def mark(self) -> None:
        """End a stage."""
        self.out.code.append((Op.MARK, ()))

    def halt(self) -> FieldCode:
        """Finish."""
        self.out.code.append((Op.HALT, ()))
        return self.out

    # -- cells ----------------------------------------------------------------------------------------------------

    def _below(self, cell: Cell) -> tuple[Cell, ...]:
        return (self._arguments[cell.id],) if cell.space is Space.HINT else cell.operands

    def _emit(self, cell: Cell) -> None:
        match cell.space:
            case Space.CONSTANT:
                self._places[cell.id] = self._constant(cell.index)
            case Space.CHALLENGE | Space.INSTANCE | Space.EVALUATION:
                place = Place(cell.space, cell.index)
                self._places[cell.id] = place
                self._bounds[place] = CHALLENGE if cell.space is Space.CHALLENGE else INPUT
            case Space.HINT:
                self._check_hint(cell)
            case _:
                self._places[cell.id] = self._total(cell)

    def _constant(self, residue: int) -> Place:
        if residue not in self._constants:
            self._constants[residue] = len(self.out.constants)
            self.out.constants.append(limbs(residue))
        place = Place(Space.CONSTANT, self._constants[residue])
        self._bounds[place] = exact(limbs(residue))
        return place

    def _cover(self, bound: Bound) -> tuple[Place, tuple[int, ...]]:
        """A constant multiple of r whose limbs are at least those of the bound (for SUB); BoundError if too large."""
        level = max(1, -(-max(bound.limbs[:-1]) // LIMB_MASK))
        multiple = 2
        while (values := _spread(multiple * R, level))[-1] < bound.limbs[-1]:
            multiple *= 2
        exact(values)
        if values not in self._covers:
            self._covers[values] = Place(Space.CONSTANT, len(self.out.constants))
            self.out.constants.append(values)
        return self._covers[values], values

    def _check_hint(self, cell: Cell) -> None:
        argument = self._arguments[cell.id]
        source = self._places[argument.id]
        if self._product([(HINT, source)]).value > CHECK_LIMIT:
            self._reduce(source)
        place = Place(Space.HINT, self.out.n_hints)
        self.out.n_hints += 1
        self.out.code.append((Op.CHK, (place, source)))
        self._places[cell.id], self._bounds[place] = place, HINT
        self._release(argument)

    def _product(self, pairs: Sequence[tuple[Bound | Place, Place]]) -> Bound:
        """The bound of a sum of products; carries operands until no column can overflow."""
        while True:
            try:
                return multiply([(a if isinstance(a, Bound) else self._bounds[a], self._bounds[b]) for a, b in pairs])
            except BoundError as error:
                if not self._carry_widest(p for pair in pairs for p in pair if isinstance(p, Place)):
                    raise ZkError(f"The compiler cannot bound a product: {error}; please report this.") from None

    # -- sums -----------------------------------------------------------------------------------------------------

    def _total(self, cell: Cell) -> Place:
        """Emit a computed cell: reduced sums of products first, then additions, then subtractions."""
        total: Place | None = None
        borrowed: Cell | None = None  # the cell that `total` belongs to, if it is not ours to overwrite
        for start in range(0, len(cell.products), MAX_PRODUCTS):
            part = self._dot(cell.products[start : start + MAX_PRODUCTS])
            if total is not None:
                self._combine(Op.ADD, total, part, total)
                self._free.append(part)
            total = total or part
        for operand in cell.plus:
            if total is None:
                total, borrowed = self._places[operand.id], operand
            else:
                total, borrowed = self._accumulate(Op.ADD, total, borrowed, operand), None
        for operand in cell.minus:
            total, borrowed = self._accumulate(Op.SUB, total or self._constant(0), borrowed, operand, total), None
        if total is None or borrowed is not None:
            raise ZkError("The compiler met a malformed sum; this is a bug, please report the verifier file.")
        return total

    def _dot(self, pairs: Sequence[tuple[Cell, Cell]]) -> Place:
        """One MUL or DOT instruction."""
        places = [(self._places[a.id], self._places[b.id]) for a, b in pairs]
        operands = [p for pair in places for p in pair]
        for operand in dict.fromkeys(operands):
            if self._bounds[operand].value > LOOSE and operand.space is Space.COMPUTED:
                self._reduce(operand)
        bound = self._product(places)
        for pair in pairs:
            for factor in pair:
                self._release(factor)
        target = self._new()
        self.out.code.append((DOTS[len(pairs)], (target, *operands)))
        self._bounds[target] = bound
        return target

    def _accumulate(
        self, op: Op, total: Place, borrowed: Cell | None, operand: Cell, owned: Place | None = None
    ) -> Place:
        """total + operand or total - operand, in place if `total` is a slot of ours."""
        place = self._places[operand.id]
        in_place = borrowed is None and (op is Op.ADD or owned is not None)
        return self._combine(op, total, place, total if in_place else None, [c for c in (borrowed, operand) if c])

    def _combine(
        self, op: Op, total: Place, place: Place, target: Place | None, released: Iterable[Cell] = ()
    ) -> Place:
        """Emit ADD or SUB, carrying operands that are too wide; `released` are read for this purpose."""
        cover: tuple[Place, ...] = ()
        while True:
            a, b = self._bounds[total], self._bounds[place]
            try:
                if op is Op.SUB:
                    constant, values = self._cover(b)
                    cover, bound = (constant,), subtract(a, b, values)
                else:
                    bound = add(a, b)
                failed = ""
            except BoundError as error:
                failed = str(error)
            if not failed and bound.widest < WIDEST:
                break
            if not self._carry_widest((total, place)):
                if not failed:
                    break
                if not self._reduce_largest((total, place)):
                    raise ZkError(f"The compiler cannot bound a sum: {failed}; please report this.")
        for cell in released:
            self._release(cell)
        target = target or self._new()
        self.out.code.append((op, (target, total, place, *cover)))
        self._bounds[target] = bound
        return target

    # -- slots ----------------------------------------------------------------------------------------------------

    def _carry_widest(self, places: Iterable[Place]) -> bool:
        """Carry the operand with the largest limb; False if all are carried already (the top limb keeps the rest)."""
        wide = [p for p in places if p.space is Space.COMPUTED and max(self._bounds[p].limbs[:-1]) > LIMB_MASK]
        if not wide:
            return False
        widest = max(wide, key=lambda p: self._bounds[p].widest)
        self._bounds[widest] = carried(self._bounds[widest].value)
        self.out.code.append((Op.NORM, (widest,)))
        return True

    def _reduce_largest(self, places: Iterable[Place]) -> bool:
        """Reduce the operand with the largest value (a long sum's); False if none is large."""
        large = [p for p in places if p.space is Space.COMPUTED and self._bounds[p].value > LOOSE]
        if large:
            self._reduce(max(large, key=lambda p: self._bounds[p].value))
        return bool(large)

    def _reduce(self, place: Place) -> None:
        if place.space is not Space.COMPUTED:
            raise ZkError("The compiler cannot reduce a slot that it may not write; please report the verifier file.")
        bound = multiply([(self._bounds[place], exact(limbs(MONT)))])
        self.out.code.append((Op.MUL, (place, place, ONE)))
        self._bounds[place] = bound

    def _new(self) -> Place:
        if self._free:
            return self._free.pop()
        self.out.n_temporaries += 1
        return Place(Space.COMPUTED, self.out.n_temporaries - 1)

    def _release(self, cell: Cell) -> None:
        """Count one read; the slot is free after the last."""
        self._uses[cell.id] -= 1
        place = self._places[cell.id]
        if self._uses[cell.id] == 0 and place.space is Space.COMPUTED:
            self._free.append(place)


def _spread(value: int, level: int) -> tuple[int, ...]:
    """Limbs of `value`, each of the lower eight at least level * (2^29 - 1), borrowed from the limb above."""
    out = list(limbs(value))
    floor = level * LIMB_MASK
    for i in range(N_LIMBS - 1):
        borrow = max(0, -(-(floor - out[i]) // (1 << LIMB_BITS)))
        out[i] += borrow << LIMB_BITS
        out[i + 1] -= borrow
    return tuple(out)
