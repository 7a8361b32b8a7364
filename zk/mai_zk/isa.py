"""The instruction set of key programs: encoding and decoding of field code.

Field code is a sequence of little-endian u16 words; slot operands are slot * 3 (units of eight bytes, a slot has 24).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mai_zk.errors import ZkError

SLOT_UNITS: Final = 3
MAX_CODE_SLOT: Final = 65535 // SLOT_UNITS


class Op(IntEnum):
    """Field opcodes."""

    HALT = 0
    MUL = 1
    MULA = 2
    DOT2 = 3
    DOT2A = 4
    DOT3 = 5
    DOT4 = 6
    ADD = 7
    ADD3 = 8
    SUB = 9
    RED = 10
    INV = 11
    SCAL = 12
    MARK = 13


# Sums: (products, addends) that follow the destination; SUB's second addend is subtracted.
SUMS: Final = {
    Op.MUL: (1, 0),
    Op.MULA: (1, 1),
    Op.DOT2: (2, 0),
    Op.DOT2A: (2, 1),
    Op.DOT3: (3, 0),
    Op.DOT4: (4, 0),
    Op.ADD: (0, 2),
    Op.ADD3: (0, 3),
    Op.SUB: (0, 2),
}
BINDINGS: Final = (Op.RED, Op.INV)
# Number of operand words after the opcode.
OPERANDS: Final = {
    **{op: 1 + 2 * products + addends for op, (products, addends) in SUMS.items()},
    Op.HALT: 0,
    Op.RED: 2,
    Op.INV: 2,
    Op.SCAL: 2,
    Op.MARK: 0,
}


@dataclass(frozen=True)
class Instruction:
    """One field instruction; `args` are slot numbers, except SCAL's first, which is a scalar's index."""

    op: Op
    args: tuple[int, ...] = ()

    @property
    def reads(self) -> tuple[int, ...]:
        """Slots that are read."""
        return self.args[1:]

    @property
    def writes(self) -> tuple[int, ...]:
        """Slots that are written."""
        return self.args[:1] if self.op in SUMS else ()

    @property
    def binds(self) -> tuple[int, ...]:
        """The hint that becomes readable."""
        return self.args[:1] if self.op in BINDINGS else ()

    @property
    def scalar(self) -> int | None:
        """The scalar that is set."""
        return self.args[0] if self.op is Op.SCAL else None

    @property
    def products(self) -> tuple[tuple[int, int], ...]:
        """Pairs of slots that are multiplied."""
        count, _ = SUMS.get(self.op, (0, 0))
        return tuple((self.args[1 + 2 * i], self.args[2 + 2 * i]) for i in range(count))

    @property
    def addends(self) -> tuple[int, ...]:
        """Slots that are added (by SUB, the second one subtracted)."""
        count, addends = SUMS.get(self.op, (0, 0))
        return self.args[1 + 2 * count : 1 + 2 * count + addends]

    def encode(self) -> bytes:
        """The instruction's words."""
        skip = 1 if self.op is Op.SCAL else 0
        words = [self.op, *self.args[:skip], *(SLOT_UNITS * a for a in self.args[skip:])]
        return struct.pack(f"<{len(words)}H", *words)


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
        if any(w % SLOT_UNITS for w in operands[skip:]):
            raise ZkError(f"The field code has a slot operand that is not a multiple of {SLOT_UNITS}.")
        code.append(Instruction(op, (*operands[:skip], *(w // SLOT_UNITS for w in operands[skip:]))))
        at += 1 + len(operands)
        if op is Op.HALT:
            if len(words) - at > 3 or any(words[at:]):
                raise ZkError("The field code goes on after HALT.")
            return tuple(code)
    raise ZkError("The field code has no HALT.")
