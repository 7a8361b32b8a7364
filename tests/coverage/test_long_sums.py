"""Sums as long as hundreds of public values make them: the code generator ends, and computes what it should (2 s)."""

from __future__ import annotations

import pytest
from mai_zk.bounds import MAX_LENGTH
from mai_zk.compiler.codegen import Generator
from mai_zk.compiler.machinecode import Cell, Cells, Space
from mai_zk.field import R
from mai_zk.isa import SUMS, Instruction, Op

# Every product has a part of its own: thousands of partial sums, each a carry longer, must be shortened in between.
SHORT, LONG = 100, 6000
LIMITS = (768, MAX_LENGTH)


def dot(cells: Cells, count: int, start: int, minus: list[Cell]) -> Cell:
    challenge = cells.leaf(Space.CHALLENGE, 0)
    pairs = [(cells.leaf(Space.EVALUATION, start + i), challenge) for i in range(count)]
    return cells.total(pairs, [], minus)


def run(code: list[Instruction], slots: list[int]) -> tuple[int, int]:
    """(the last scalar, the bits of the longest value), hints being whatever they must be congruent to."""
    scalar = longest = 0
    for instruction in code:
        op, args = instruction.op, instruction.args
        if op is Op.SUB:
            slots[args[0]] = slots[args[1]] - slots[args[2]]
        elif op in SUMS:
            products = sum(slots[a] * slots[b] for a, b in instruction.products)
            slots[args[0]] = products + sum(slots[a] for a in instruction.addends)
        elif op is Op.RED:
            slots[args[0]] = slots[args[1]] % R
        elif op is Op.SCAL:
            scalar = slots[args[1]]
        longest = max(longest, *(abs(slots[a]).bit_length() for a in instruction.writes), 0)
    return scalar, longest


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("added", [SHORT, LONG])
@pytest.mark.parametrize("subtracted", [SHORT, LONG])
def test_a_long_sum_is_shortened_in_between(added: int, subtracted: int, limit: int) -> None:
    cells = Cells()
    total = dot(cells, added, 0, [dot(cells, subtracted, added, [])])
    generator = Generator({}, limit)
    generator.plan([total])
    generator.generate(total)
    generator.scalar(0, total)
    code = generator.halt()
    evaluation, challenge = 3**100 % R, (1 << 256) - 189
    sizes = [0, 1, 0, added + subtracted, code.n_hints, code.n_temporaries]
    slots = [challenge, *[evaluation] * (added + subtracted), *[0] * (code.n_hints + code.n_temporaries)]
    scalar, longest = run(code.instructions(sizes), slots)
    assert (scalar - (added - subtracted) * evaluation * challenge) % R == 0
    assert longest <= limit
    assert code.longest_claim <= limit
    assert code.n_hints > 0 or limit == MAX_LENGTH or max(added, subtracted) == SHORT
