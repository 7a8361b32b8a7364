"""The instruction set of key programs: encoding and decoding of field code and curve operations.

Field code is a sequence of little-endian u16 words; slot operands are slot * 5. Curve operations take 8 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mai_zk.errors import ZkError

N_REGISTERS: Final = 8
MAX_CODE_SLOT: Final = 65535 // 5


class Op(IntEnum):
    """Field opcodes."""

    HALT = 0
    MUL = 1
    ADD = 2
    SUB = 3
    DOT2 = 4
    DOT3 = 5
    DOT4 = 6
    NORM = 7
    CHK = 8
    SCAL = 9
    MARK = 10


# Number of operand words after the opcode.
OPERANDS: Final = {
    Op.HALT: 0,
    Op.MUL: 3,
    Op.ADD: 3,
    Op.SUB: 4,
    Op.DOT2: 5,
    Op.DOT3: 7,
    Op.DOT4: 9,
    Op.NORM: 1,
    Op.CHK: 2,
    Op.SCAL: 2,
    Op.MARK: 0,
}
PRODUCTS: Final = {Op.MUL: 1, Op.DOT2: 2, Op.DOT3: 3, Op.DOT4: 4}
DOTS: Final = {count: op for op, count in PRODUCTS.items()}


class CurveKind(IntEnum):
    """Curve opcodes."""

    LOAD = 0
    MULS = 1
    ADDP = 2
    ADDR = 3


LOAD_OR_ADD: Final = (CurveKind.LOAD, CurveKind.ADDP)


@dataclass(frozen=True)
class Instruction:
    """One field instruction; `args` are slot numbers, except SCAL's first, which is a scalar's index."""

    op: Op
    args: tuple[int, ...] = ()

    @property
    def reads(self) -> tuple[int, ...]:
        """Slots that are read."""
        if self.op in (Op.CHK, Op.NORM):
            return self.args
        return self.args[1:]

    @property
    def writes(self) -> tuple[int, ...]:
        """Slots that are written."""
        return self.args[:1] if self.op in PRODUCTS or self.op in (Op.ADD, Op.SUB, Op.NORM) else ()

    @property
    def checks(self) -> tuple[int, ...]:
        """The hint that becomes readable."""
        return self.args[:1] if self.op is Op.CHK else ()

    @property
    def scalar(self) -> int | None:
        """The scalar that is set."""
        return self.args[0] if self.op is Op.SCAL else None

    @property
    def products(self) -> tuple[tuple[int, int], ...]:
        """Pairs of slots that are multiplied."""
        return tuple((self.args[1 + 2 * i], self.args[2 + 2 * i]) for i in range(PRODUCTS.get(self.op, 0)))

    def encode(self) -> bytes:
        """The instruction's words."""
        skip = 1 if self.op is Op.SCAL else 0
        words = [self.op, *self.args[:skip], *(5 * a for a in self.args[skip:])]
        return struct.pack(f"<{len(words)}H", *words)


@dataclass(frozen=True)
class CurveOp:
    """One curve operation (see the key-program reference)."""

    kind: CurveKind
    register: int
    source: int
    x: int

    def encode(self) -> bytes:
        """The operation's 8 bytes."""
        return struct.pack("<BBHI", self.kind, self.register, self.source, self.x)


def encode_code(code: Sequence[Instruction]) -> bytes:
    """Words of all instructions, zero padded to a multiple of 8 bytes."""
    if any(a > MAX_CODE_SLOT for i in code for a in i.args):
        raise ZkError(f"The circuit needs more than {MAX_CODE_SLOT} slots; split it into smaller segments.")
    data = b"".join(i.encode() for i in code)
    return data + bytes(-len(data) % 8)


def decode_code(data: bytes) -> tuple[Instruction, ...]:
    """Decode up to HALT, which must be last and followed only by padding; ZkError otherwise."""
    words = struct.unpack(f"<{len(data) // 2}H", data)
    code: list[Instruction] = []
    at = 0
    while at < len(words):
        try:
            op = Op(words[at])
        except ValueError:
            raise ZkError(f"The field code has the unknown opcode {words[at]}.") from None
        operands = words[at + 1 : at + 1 + OPERANDS[op]]
        if len(operands) != OPERANDS[op]:
            raise ZkError("The field code's last instruction is cut off.")
        skip = 1 if op is Op.SCAL else 0
        if any(w % 5 for w in operands[skip:]):
            raise ZkError("The field code has a slot operand that is not a multiple of 5.")
        code.append(Instruction(op, (*operands[:skip], *(w // 5 for w in operands[skip:]))))
        at += 1 + len(operands)
        if op is Op.HALT:
            if len(words) - at > 3 or any(words[at:]):
                raise ZkError("The field code goes on after HALT.")
            return tuple(code)
    raise ZkError("The field code has no HALT.")


def decode_curve_ops(data: bytes) -> tuple[CurveOp, ...]:
    """Decode curve operations; ZkError on an unknown one or a source other than 0 and 1."""
    ops = []
    for kind, register, source, x in struct.iter_unpack("<BBHI", data):
        if kind > max(CurveKind) or source > 1:
            raise ZkError(f"The curve schedule has the unknown operation {kind} or source {source}.")
        ops.append(CurveOp(CurveKind(kind), register, source, x))
    return tuple(ops)
