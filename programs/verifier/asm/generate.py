#!/usr/bin/env python3
"""Write the hand-allocated BPF assembly of the scalar field's products: ``generate.py > src/field/fr.s``.

An element is nine 29-bit limbs (u32, little-endian; a tenth lane is zero), in Montgomery form with R = 2^261. A product
is row by row: add the row's products to eight live column accumulators, clear the lowest column with a multiple of the
modulus r, carry. Because r = 1 mod 2^28, that multiple's own lowest product needs no multiplication. The ten registers
hold eight columns, one factor and one product; nothing else is spilled.

Each function leaves limbs below 2^29 (the ninth holds the rest). No column may pass 2^64: `src/seal/field.rs` proves
that for a key before the key can be used. Register r10 is the frame's end; SBF saves r6 to r9 for the caller.
"""

from __future__ import annotations

import sys

MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617
LIMBS = 9
LIMB_BITS = 29
LIMB_MASK = (1 << LIMB_BITS) - 1
ELEMENT_BYTES = 40
WORDS = ELEMENT_BYTES // 8
MODULUS_LIMBS = [(MODULUS >> (LIMB_BITS * i)) & LIMB_MASK for i in range(LIMBS)]
# r = 1 + 2^28 mod 2^29, so -1/r = 2^28 - 1 mod 2^29.
NEGATED_INVERSE = (1 << 28) - 1


class Function:
    """One function's text, its free registers and its column accumulators (column number to register)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.free = list(range(10))
        self.columns: dict[int, int] = {}

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def take(self) -> int:
        return self.free.pop(0)

    def give(self, register: int) -> None:
        self.free.insert(0, register)

    def copy_operand(self, pointer: str, frame: int) -> None:
        """Copy the element at `pointer` to the frame, so that limbs are read without a pointer register (uses r0)."""
        for word in range(WORDS):
            self.emit(f"r0 = *(u64 *)({pointer} + {8 * word})")
            self.emit(f"*(u64 *)(r10 - {frame - 8 * word}) = r0")

    def load_limb(self, frame: int, limb: int) -> int:
        register = self.take()
        self.emit(f"r{register} = *(u32 *)(r10 - {frame - 4 * limb})")
        return register

    def add_to_column(self, column: int, register: int) -> None:
        """Add `register` to the column and free it, or make it the column."""
        if column in self.columns:
            self.emit(f"r{self.columns[column]} += r{register}")
            self.give(register)
        else:
            self.columns[column] = register

    def add_product(self, column: int, frame: int, limb: int, factor: int) -> None:
        product = self.load_limb(frame, limb)
        self.emit(f"r{product} *= r{factor}")
        self.add_to_column(column, product)

    def clear_column(self, column: int) -> int:
        """Make the column zero mod 2^29 by a multiple m of r, carry it into the next one; the register of m."""
        low = self.columns.pop(column)
        multiple = self.take()
        self.emit(f"r{multiple} = r{low}")
        self.emit(f"r{multiple} *= {NEGATED_INVERSE}")
        self.emit(f"r{multiple} &= {LIMB_MASK}")
        # carry = (low + m + m * 2^28) / 2^29
        self.emit(f"r{low} += r{multiple}")
        self.emit(f"r{low} >>= 28")
        self.emit(f"r{low} += r{multiple}")
        self.emit(f"r{low} >>= 1")
        self.add_to_column(column + 1, low)
        return multiple

    def add_modulus(self, row: int, multiple: int) -> None:
        """Add multiple * r's limbs 1 to 8; the last product reuses the register of `multiple`."""
        for limb in range(1, LIMBS - 1):
            product = self.take()
            self.emit(f"r{product} = r{multiple}")
            self.emit(f"r{product} *= {MODULUS_LIMBS[limb]}")
            self.add_to_column(row + limb, product)
        self.emit(f"r{multiple} *= {MODULUS_LIMBS[LIMBS - 1]}")
        self.add_to_column(row + LIMBS - 1, multiple)

    def store_result(self, out_frame: int) -> None:
        out = self.take()
        self.emit(f"r{out} = *(u64 *)(r10 - {out_frame})")
        for limb in range(LIMBS - 1):
            column = self.columns.pop(LIMBS + limb)
            low = self.take()
            self.emit(f"r{low} = r{column}")
            self.emit(f"r{low} &= {LIMB_MASK}")
            self.emit(f"*(u32 *)(r{out} + {4 * limb}) = r{low}")
            self.give(low)
            self.emit(f"r{column} >>= {LIMB_BITS}")
            if limb < LIMBS - 2:
                self.add_to_column(LIMBS + limb + 1, column)
            else:
                self.emit(f"*(u32 *)(r{out} + {4 * (LIMBS - 1)}) = r{column}")
        self.emit("exit")

    def text(self) -> str:
        head = f".globl {self.name}\n.type {self.name},@function\n{self.name}:\n"
        return head + "\n".join(self.lines) + f"\n.size {self.name}, .-{self.name}\n"


def multiply() -> Function:
    """fr_multiply(out r1, a r2, b r3): out = a * b / R."""
    function = Function("fr_multiply")
    a, b, out = ELEMENT_BYTES, 2 * ELEMENT_BYTES, 2 * ELEMENT_BYTES + 8
    function.emit(f"*(u64 *)(r10 - {out}) = r1")
    function.copy_operand("r2", a)
    function.copy_operand("r3", b)
    for row in range(LIMBS):
        factor = function.load_limb(b, row)
        function.add_product(row, a, 0, factor)
        multiple = function.clear_column(row)
        for limb in range(1, LIMBS - 1):
            function.add_product(row + limb, a, limb, factor)
        last = function.load_limb(a, LIMBS - 1)
        function.emit(f"r{factor} *= r{last}")
        function.give(last)
        function.add_to_column(row + LIMBS - 1, factor)
        function.add_modulus(row, multiple)
    function.store_result(out)
    return function


def square() -> Function:
    """fr_square(out r1, a r2): out = a * a / R; each mixed product once, times two."""
    function = Function("fr_square")
    a, out = ELEMENT_BYTES, ELEMENT_BYTES + 8
    function.emit(f"*(u64 *)(r10 - {out}) = r1")
    function.copy_operand("r2", a)
    for row in range(LIMBS):
        if row == 0:
            first = function.load_limb(a, 0)
            function.emit(f"r{first} *= r{first}")
            function.add_to_column(0, first)
        multiple = function.clear_column(row)
        factor = function.load_limb(a, row)
        if row == LIMBS - 1:
            function.emit(f"r{factor} *= r{factor}")
        else:
            if row > 0:
                product = function.take()
                function.emit(f"r{product} = r{factor}")
                function.emit(f"r{product} *= r{product}")
                function.add_to_column(2 * row, product)
            function.emit(f"r{factor} += r{factor}")
            for limb in range(row + 1, LIMBS - 1):
                function.add_product(row + limb, a, limb, factor)
            last = function.load_limb(a, LIMBS - 1)
            function.emit(f"r{factor} *= r{last}")
            function.give(last)
        function.add_to_column(row + LIMBS - 1, factor)
        function.add_modulus(row, multiple)
    function.store_result(out)
    return function


def sum_of_products(count: int) -> Function:
    """fr_sum{count}(out r1, instruction r2, slots r3): out = (a0 * b0 + a1 * b1 + ...) / R, one reduction.

    The operands are the instruction's u16 words from the third on, in units of eight bytes from `slots`.
    """
    function = Function(f"fr_sum{count}")
    a = [ELEMENT_BYTES * (2 * term + 1) for term in range(count)]
    b = [ELEMENT_BYTES * (2 * term + 2) for term in range(count)]
    out = 2 * ELEMENT_BYTES * count + 8
    function.emit(f"*(u64 *)(r10 - {out}) = r1")
    for term in range(count):
        for operand, frame in ((0, a[term]), (1, b[term])):
            function.emit(f"r4 = *(u16 *)(r2 + {4 + 4 * term + 2 * operand})")
            function.emit("r4 <<= 3")
            function.emit("r4 += r3")
            function.copy_operand("r4", frame)
    for row in range(LIMBS):
        for term in range(count):
            factor = function.load_limb(b[term], row)
            for limb in range(LIMBS - 1):
                function.add_product(row + limb, a[term], limb, factor)
            function.give(factor)
        multiple = function.clear_column(row)
        function.add_modulus(row, multiple)
        for term in range(count):  # the ninth limb last: only now is the register of the row's column free
            factor = function.load_limb(b[term], row)
            last = function.load_limb(a[term], LIMBS - 1)
            function.emit(f"r{factor} *= r{last}")
            function.give(last)
            function.add_to_column(row + LIMBS - 1, factor)
    function.store_result(out)
    return function


def functions() -> list[Function]:
    """Every function of the file, in order."""
    return [multiply(), square(), *(sum_of_products(count) for count in (2, 3, 4))]


def generate() -> str:
    """The text of `src/field/fr.s`."""
    return ".text\n.p2align 3\n" + "".join(function.text() for function in functions())


if __name__ == "__main__":
    sys.stdout.write(generate())
    for each in functions():
        print(each.name, len(each.lines), "instructions", file=sys.stderr)
