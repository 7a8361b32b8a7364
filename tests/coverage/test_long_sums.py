"""Sums as long as hundreds of public values make them: the code generator ends, and computes what it should (2 s)."""

from __future__ import annotations

import pytest
from mai_zk.compiler.codegen import FieldCode, Generator, Place
from mai_zk.compiler.machinecode import Cell, Cells, Space
from mai_zk.field import MONT, R, from_limbs
from mai_zk.isa import Op

# 500 products leave 125 parts of little more than r each: at 128 r the top limb passes 29 bits, which no carry undoes.
SHORT, LONG = 100, 6000


def dot(cells: Cells, count: int, start: int, minus: list[Cell]) -> Cell:
    challenge = cells.leaf(Space.CHALLENGE, 0)
    pairs = [(cells.leaf(Space.EVALUATION, start + i), challenge) for i in range(count)]
    return cells.total(pairs, [], minus)


def run(code: FieldCode, evaluation: int, challenge: int) -> int:
    """The last scalar mod r, every evaluation and every challenge having the same value."""
    values: dict[Place, int] = {Place(Space.CONSTANT, i): from_limbs(c) for i, c in enumerate(code.constants)}
    inverse = pow(MONT, -1, R)

    def value(place: Place | int) -> int:
        assert isinstance(place, Place)
        if place.space in (Space.EVALUATION, Space.CHALLENGE):
            return evaluation if place.space is Space.EVALUATION else challenge
        return values[place]

    scalar = 0
    for op, args in code.code:
        target = args[0] if args else None
        if op in (Op.MUL, Op.DOT2, Op.DOT3, Op.DOT4):
            result = sum(value(a) * value(b) for a, b in zip(args[1::2], args[2::2], strict=True)) * inverse
        elif op is Op.ADD:
            result = value(args[1]) + value(args[2])
        elif op is Op.SUB:
            assert value(args[3]) % R == 0
            result = value(args[1]) - value(args[2])
        else:
            scalar = value(args[1]) if op is Op.SCAL else scalar
            continue
        assert isinstance(target, Place)
        values[target] = result % R
    return scalar


@pytest.mark.parametrize("added", [SHORT, LONG])
@pytest.mark.parametrize("subtracted", [SHORT, LONG])
def test_a_long_sum_is_reduced_in_between(added: int, subtracted: int) -> None:
    cells = Cells()
    total = dot(cells, added, 0, [dot(cells, subtracted, added, [])])
    generator = Generator([])
    generator.plan([total])
    generator.generate(total)
    generator.scalar(0, total)
    code = generator.halt()
    evaluation, challenge = 3**100 % R, 5**90 % R
    expected = (added - subtracted) * evaluation * challenge * pow(MONT, -1, R) % R
    assert run(code, evaluation, challenge) == expected
    assert all(limb < 1 << 32 for constant in code.constants for limb in constant)
