"""The checked-in assembly: as generated, and right on extreme limbs, by emulation in exact integers."""

from __future__ import annotations

import importlib.util
import operator
import random
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from verifier.keys import MASK, R

VERIFIER = Path(__file__).resolve().parents[2] / "programs" / "verifier"
WORD = (1 << 64) - 1
R_INVERSE = pow(1 << 261, -1, R)
SLOTS, OUT, INSTRUCTION = 1 << 20, 5000, 1000
TOP = (60 * R) >> 232
Element = list[int]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, VERIFIER / "asm" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def functions() -> dict[str, list[str]]:
    text = (VERIFIER / "src" / "field" / "fr.s").read_text()
    found = re.findall(r"^(\w+):\n(.*?)^\.size", text, re.DOTALL | re.MULTILINE)
    return {name: body.split("\n")[:-1] for name, body in found}


def test_the_assembly_is_what_the_generator_writes() -> None:
    generate = load("generate")
    assert (VERIFIER / "src" / "field" / "fr.s").read_text() == generate.generate()
    vectors = load("vectors")
    assert (VERIFIER / "src" / "field" / "vectors.txt").read_text() == "\n".join(vectors.lines()) + "\n"


OPERATIONS = {
    "=": lambda _old, operand: operand,
    "+=": operator.add,
    "*=": operator.mul,
    "&=": operator.and_,
    ">>=": operator.rshift,
    "<<=": operator.lshift,
}


class Machine:
    """BPF registers and byte memory; every overflow but the intended one is noted."""

    LOAD = re.compile(r"r(\d+) = \*\(u(\d+) \*\)\(r(\d+) ([+-]) (\d+)\)$")
    STORE = re.compile(r"\*\(u(\d+) \*\)\(r(\d+) ([+-]) (\d+)\) = r(\d+)$")
    ARITHMETIC = re.compile(r"r(\d+) (=|\+=|\*=|&=|>>=|<<=) (r?)(\d+)$")

    def __init__(self) -> None:
        self.memory: dict[int, int] = {}
        self.overflow = False
        self.lowest_frame = 0

    def write(self, address: int, width: int, value: int) -> None:
        for i in range(width // 8):
            self.memory[address + i] = value >> (8 * i) & 255

    def read(self, address: int, width: int) -> int:
        return sum(self.memory.get(address + i, 0) << (8 * i) for i in range(width // 8))

    def put(self, address: int, limbs: Element) -> None:
        for i, limb in enumerate(limbs):
            self.write(address + 4 * i, 32, limb)

    def get(self, address: int) -> Element:
        return [self.read(address + 4 * i, 32) for i in range(10)]

    def run(self, lines: list[str], *arguments: int) -> None:
        registers = [0, *arguments, *[0xDEAD] * (9 - len(arguments)), 1 << 40]
        for line in lines:
            if line == "exit":
                return
            self._step(line, registers)
        raise AssertionError("no exit")

    def _step(self, line: str, registers: list[int]) -> None:
        def address(base: str, sign: str, offset: str) -> int:
            distance = int(offset) if sign == "+" else -int(offset)
            if base == "10":
                self.lowest_frame = min(self.lowest_frame, distance)
                assert distance < 0
            return registers[int(base)] + distance

        if found := self.LOAD.match(line):
            target, width, base, sign, offset = found.groups()
            registers[int(target)] = self.read(address(base, sign, offset), int(width))
        elif found := self.STORE.match(line):
            width, base, sign, offset, source = found.groups()
            self.write(address(base, sign, offset), int(width), registers[int(source)])
        else:
            found = self.ARITHMETIC.match(line)
            assert found, line
            operand = registers[int(found[4])] if found[3] else int(found[4])
            self._arithmetic(registers, int(found[1]), found[2], operand)

    def _arithmetic(self, registers: list[int], target: int, operation: str, operand: int) -> None:
        old = registers[target]
        value = OPERATIONS[operation](old, operand)
        if value > WORD and not (operation == "*=" and operand == (1 << 28) - 1):  # only the low 29 bits matter there
            self.overflow = True
        registers[target] = value & WORD


def value(limbs: Element) -> int:
    return sum(limb << (29 * i) for i, limb in enumerate(limbs))


def extreme(source: random.Random, level: int, worst: bool) -> Element:
    most = level * MASK
    low = [most if worst else source.choice([most, most - 1, 0, source.randrange(most + 1)]) for _ in range(8)]
    return [*low, TOP if worst else source.choice([TOP, 0, source.randrange(TOP + 1)]), 0]


def check(machine: Machine, expected: int) -> None:
    result = machine.get(OUT)
    assert not machine.overflow
    assert value(result[:9]) % R == expected * R_INVERSE % R
    assert max(result[:8]) <= MASK
    assert value(result[:9]) < 200 * R
    assert result[9] == 0
    assert machine.lowest_frame >= -512


@pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 2), (2, 3), (3, 2), (1, 6), (6, 1)])
def test_multiply(functions: dict[str, list[str]], left: int, right: int) -> None:
    source = random.Random(left * 10 + right)
    for round_number in range(40):
        a, b = (extreme(source, level, round_number == 0) for level in (left, right))
        machine = Machine()
        machine.put(6000, a)
        machine.put(7000, b)
        machine.run(functions["fr_multiply"], OUT, 6000, 7000)
        check(machine, value(a) * value(b))


@pytest.mark.parametrize("level", [1, 2])
def test_square(functions: dict[str, list[str]], level: int) -> None:
    source = random.Random(level)
    for round_number in range(40):
        a = extreme(source, level, round_number == 0)
        machine = Machine()
        machine.put(6000, a)
        machine.run(functions["fr_square"], OUT, 6000)
        check(machine, value(a) ** 2)
        product = Machine()
        product.put(6000, a)
        product.run(functions["fr_multiply"], OUT, 6000, 6000)
        assert product.get(OUT) == machine.get(OUT)


@pytest.mark.parametrize(
    ("count", "levels"), [(2, [(1, 3), (3, 1)]), (3, [(1, 2), (2, 1), (1, 2)]), (4, [(1, 1), (1, 1), (1, 2), (2, 1)])]
)
def test_sums(functions: dict[str, list[str]], count: int, levels: list[tuple[int, int]]) -> None:
    source = random.Random(count)
    for round_number in range(20):
        machine, expected = Machine(), 0
        for term, pair in enumerate(levels):
            elements = [extreme(source, level, round_number == 0) for level in pair]
            expected += value(elements[0]) * value(elements[1])
            for side, element in enumerate(elements):
                slot = 7 * term + 3 * side + 1
                machine.put(SLOTS + 40 * slot, element)
                machine.write(INSTRUCTION + 4 + 4 * term + 2 * side, 16, 5 * slot)
        machine.run(functions[f"fr_sum{count}"], OUT, INSTRUCTION, SLOTS)
        check(machine, expected)


def test_a_product_may_overwrite_its_operand(functions: dict[str, list[str]]) -> None:
    a, b = extreme(random.Random(1), 1, False), extreme(random.Random(2), 1, False)
    machine = Machine()
    machine.put(OUT, a)
    machine.put(7000, b)
    machine.run(functions["fr_multiply"], OUT, OUT, 7000)
    check(machine, value(a) * value(b))


def test_beyond_the_bounds_a_column_does_overflow(functions: dict[str, list[str]]) -> None:
    """The bound that sealing checks is needed: eight levels are too many."""
    machine = Machine()
    machine.put(6000, extreme(random.Random(1), 8, True))
    machine.put(7000, extreme(random.Random(1), 1, True))
    machine.run(functions["fr_multiply"], OUT, 6000, 7000)
    assert machine.overflow
