"""Field code: order, slots, and lengths.

A product's length is the sum of its factors'. Where a value would grow beyond the limit, an operand is replaced by a
hint that is congruent to it (RED) and has one word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mai_zk.bounds import CANONICAL, CARRY, WORD, quotient_words, sum_length
from mai_zk.compiler.machinecode import INSTRUCTION_COST, LOAD_COST, QUOTIENT_WORD_COST, Cell, Space
from mai_zk.errors import ZkError
from mai_zk.isa import SUMS, Instruction, Op

_OF_SHAPE: Final = {shape: op for op, shape in SUMS.items() if shape[0]}  # by products and addends
_MOST_CARRY: Final = max(CARRY)


@dataclass(frozen=True)
class Place:
    """A slot before numbering."""

    space: Space
    index: int


@dataclass
class FieldCode:
    """Generated code: instructions over places, constants, sizes."""

    constants: list[int] = field(default_factory=list)
    code: list[tuple[Op, tuple[Place | int, ...]]] = field(default_factory=list)
    n_hints: int = 0
    n_temporaries: int = 0
    longest_claim: int = WORD

    def instructions(self, sizes: Sequence[int]) -> list[Instruction]:
        """Numbered instructions; `sizes` are the slots of each space in order."""
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        return [
            Instruction(op, tuple(a if isinstance(a, int) else starts[a.space.value] + a.index for a in args))
            for op, args in self.code
        ]

    @property
    def quotient_words(self) -> int:
        """Words of the payload's quotient."""
        return quotient_words(self.longest_claim)

    @property
    def cost(self) -> int:
        """Compute units of everything that depends on the code."""
        loads = len(self.constants) + self.n_hints
        words = LOAD_COST * loads + QUOTIENT_WORD_COST * self.quotient_words
        return sum(INSTRUCTION_COST[op] for op, _ in self.code) + words


class Generator:
    """Generates code for cells in a given order; no value gets longer than `limit` bits."""

    def __init__(self, inverses: Mapping[int, Cell], limit: int) -> None:
        self.out = FieldCode()
        self.limit = limit
        self._constants: dict[int, int] = {}
        self._inverses = inverses
        self._uses: Counter[int] = Counter()
        self._places: dict[int, Place] = {}
        self._lengths: dict[Place, int] = {}
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
        self.out.longest_claim = max(self.out.longest_claim, self._lengths[place])
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
        return (self._inverses[cell.id],) if cell.space is Space.HINT else cell.operands

    def _emit(self, cell: Cell) -> None:
        match cell.space:
            case Space.CONSTANT:
                index = self._constants.setdefault(cell.index, len(self._constants))
                if index == len(self.out.constants):
                    self.out.constants.append(cell.index)
                place, length = Place(Space.CONSTANT, index), CANONICAL
            case Space.CHALLENGE:
                place, length = Place(cell.space, cell.index), WORD
            case Space.INSTANCE | Space.EVALUATION:
                place, length = Place(cell.space, cell.index), CANONICAL
            case Space.HINT:
                argument = self._inverses[cell.id]
                if self._length(argument) + WORD > self.limit:
                    self._shorten(argument)
                place, length = self._bind(Op.INV, self._places[argument.id]), WORD
                self._release(argument)
            case _:
                place = self._total(cell)
                length = self._lengths[place]
        self._places[cell.id], self._lengths[place] = place, length

    def _length(self, cell: Cell) -> int:
        return self._lengths[self._places[cell.id]]

    def _bind(self, op: Op, source: Place) -> Place:
        """Emit RED or INV for a new hint."""
        place = Place(Space.HINT, self.out.n_hints)
        self.out.n_hints += 1
        self.out.code.append((op, (place, source)))
        claim = self._lengths[source] + (WORD if op is Op.INV else 0)
        self.out.longest_claim = max(self.out.longest_claim, claim)
        self._lengths[place] = WORD
        return place

    def _shorten(self, cell: Cell) -> None:
        """From here on the cell is a hint that is congruent to it."""
        long = self._places[cell.id]
        self._places[cell.id] = self._bind(Op.RED, long)
        self._free.append(long)

    # -- sums -----------------------------------------------------------------------------------------------------

    def _total(self, cell: Cell) -> Place:
        """Emit a sum: products two by two, then single values, then at most one that is subtracted."""
        room = self.limit - _MOST_CARRY - 1
        for pair in cell.products:
            while self._length(pair[0]) + self._length(pair[1]) > room:
                self._shorten(max(pair, key=self._length))
        for operand in (*cell.plus, *cell.minus):
            if self._length(operand) > room:
                self._shorten(operand)
        total: Place | None = None
        products, plus, minus = list(cell.products), list(cell.plus), list(cell.minus)
        while products:
            count = min(len(products), 2 if total or plus or len(products) != 3 else 3)
            taken, products = products[:count], products[count:]
            addends = [self._fitting(total)] if total else [self._places[plus[0].id]] if plus else []
            used = [] if total else plus[: len(addends)]
            plus = plus[len(used) :]
            operands = [self._places[c.id] for pair in taken for c in pair] + addends
            total = self._sum(_OF_SHAPE[count, len(addends)], operands, total, [c for p in taken for c in p] + used)
        while plus:
            count = 2 if total is None else 1
            count = min(len(plus), count + (len(plus) > count))
            taken_plus, plus = plus[:count], plus[count:]
            operands = ([self._fitting(total)] if total else []) + [self._places[c.id] for c in taken_plus]
            if len(operands) == 1:  # a difference of two values
                first, minus = minus[0], minus[1:]
                total = self._sum(Op.SUB, [*operands, self._places[first.id]], None, [*taken_plus, first])
            else:
                total = self._sum(Op.ADD if len(operands) == 2 else Op.ADD3, operands, total, taken_plus)
        if total is None:
            raise ZkError("The compiler met a malformed sum; this is a bug, please report the verifier file.")
        for operand in minus:
            total = self._sum(Op.SUB, [self._fitting(total), self._places[operand.id]], total, [operand])
        return total

    def _fitting(self, total: Place) -> Place:
        """A partial sum that leaves room for more terms."""
        if self._lengths[total] <= self.limit - _MOST_CARRY:
            return total
        place = self._bind(Op.RED, total)
        self._free.append(total)
        return place

    def _sum(self, op: Op, operands: Sequence[Place], total: Place | None, released: Iterable[Cell]) -> Place:
        """Emit one instruction; a partial sum of ours is overwritten."""
        n_products, _ = SUMS[op]
        lengths = [self._lengths[o] for o in operands]
        pairs = [(lengths[2 * i], lengths[2 * i + 1]) for i in range(n_products)]
        length = sum_length(pairs, lengths[2 * n_products :])
        for cell in released:
            self._release(cell)
        ours = total is not None and total in operands
        target = total if ours and total is not None else self._new()
        self.out.code.append((op, (target, *operands)))
        self._lengths[target] = length
        return target

    # -- slots ----------------------------------------------------------------------------------------------------

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
