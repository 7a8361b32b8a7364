"""Key programs to take apart, change and put together again: the evil ones of the sealing tests."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583
MASK = (1 << 29) - 1
MAGIC = 0x314B414D
HEADER = struct.Struct("<I8HIB3s6H16H24s32s")

HALT, MUL, ADD, SUB, DOT2, DOT3, DOT4, NORM, CHK, SCAL, MARK = range(11)
LENGTHS = (1, 4, 4, 5, 6, 8, 10, 2, 3, 3, 1)
LOAD, MULS, ADDP, ADDR = range(4)
PROOF, KEY = 0, 1

Limbs = list[int]


def limbs(value: int) -> Limbs:
    """Nine 29-bit limbs (the ninth holds the rest) and the zero lane."""
    return [*((value >> (29 * i)) & MASK for i in range(8)), value >> 232, 0]


def spread(times: int) -> Limbs:
    """times * r with every lower limb at least 2^29 - 1."""
    out = limbs(times * R)
    for i in range(8):
        out[i] += 1 << 29
        out[i + 1] -= 1
    return out


def montgomery(value: int) -> Limbs:
    return limbs((value << 261) % R)


ONE, R_SQUARED, RAW_ONE = limbs((1 << 261) % R), limbs((1 << 522) % R), limbs(1)


@dataclass
class Draft:
    """A key program in pieces; `counts` overrides what the pieces say."""

    n_instances: int
    n_evals: int
    n_hints: int
    n_slots: int
    n_scalars: int
    phases: list[tuple[int, int]]
    constants: list[Limbs]
    code: list[list[int]]
    curve: list[tuple[int, int, int, int]]
    srs: bytes
    points: list[bytes]
    parts: tuple[int, ...] = (0,) * 6
    digest: bytes = bytes(32)
    magic: int = MAGIC
    n_phases: int | None = None
    zero1: bytes = bytes(3)
    zero2: bytes = bytes(24)
    padding: bytes | None = None
    trailing: bytes = b""
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def code_bytes(self) -> bytes:
        data = b"".join(struct.pack(f"<{len(words)}H", *words) for words in self.code)
        return data + (bytes(-len(data) % 8) if self.padding is None else self.padding)

    def blob(self) -> bytes:
        counts = [self.n_instances, self.n_evals, len(self.constants), self.n_hints, self.n_slots, self.n_scalars]
        counts += [len(self.points), len(self.curve)]
        for index, value in self.counts.items():
            counts[index] = value
        phases = [value for phase in (self.phases + [(0, 0)] * 8)[:8] for value in phase]
        n_phases = len(self.phases) if self.n_phases is None else self.n_phases
        header = HEADER.pack(
            *(self.magic, *counts, len(self.code_bytes), n_phases, self.zero1),
            *(*self.parts, *phases, self.zero2, self.digest),
        )
        constants = b"".join(struct.pack("<10I", *constant) for constant in self.constants)
        curve = b"".join(struct.pack("<BBHI", *operation) for operation in self.curve)
        return header + constants + self.code_bytes + curve + self.srs + b"".join(self.points) + self.trailing

    def but(self, **changes: object) -> Draft:
        """A copy with other fields."""
        return replace(self, **changes)  # type: ignore[arg-type]


def parse(blob: bytes) -> Draft:
    """The pieces of a key program."""
    values = HEADER.unpack_from(blob)
    n_constants, n_points, n_curve, code_len = values[3], values[7], values[8], values[9]
    at = 128
    constants = [list(struct.unpack_from("<10I", blob, at + 40 * i)) for i in range(n_constants)]
    at += 40 * n_constants
    words = struct.unpack_from(f"<{code_len // 2}H", blob, at)
    code: list[list[int]] = []
    cursor = 0
    while not code or code[-1][0] != HALT:
        length = LENGTHS[words[cursor]]
        code.append(list(words[cursor : cursor + length]))
        cursor += length
    at += code_len
    curve = [struct.unpack_from("<BBHI", blob, at + 8 * i) for i in range(n_curve)]
    at += 8 * n_curve
    srs, at = blob[at : at + 128], at + 128
    phases = [(values[18 + 2 * i], values[19 + 2 * i]) for i in range(values[10])]
    return Draft(
        n_instances=values[1], n_evals=values[2], n_hints=values[4], n_slots=values[5], n_scalars=values[6],
        phases=phases, constants=constants, code=code, curve=curve, srs=srs,
        points=[blob[at + 64 * i : at + 64 * i + 64] for i in range(n_points)],
        parts=values[12:18], digest=values[-1],
    )  # fmt: skip


G1 = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
# Slots of the small key.
FOUR_R, PLAIN, CHALLENGE, INSTANCE, EVALUATION, HINT, T0, T1 = 3, 4, 5, 9, 10, 11, 12, 13


def small(srs: bytes) -> Draft:
    """The smallest key that uses everything: one phase of one point, one instance, evaluation, hint, scalar, key point.

    It proves nothing; it is there to be changed in one place.
    """
    s = 5
    code = [
        [MUL, T0 * s, INSTANCE * s, 1 * s],
        [CHK, HINT * s, T0 * s],
        [SUB, T1 * s, HINT * s, EVALUATION * s, FOUR_R * s],
        [MARK],
        [SCAL, 0, T1 * s],
        [HALT],
    ]
    curve = [(LOAD, 0, PROOF, 0), (LOAD, 1, PROOF, 64 + 32), (ADDR, 0, 0, 1), (MULS, 0, 0, 0), (ADDP, 0, KEY, 0)]
    return Draft(
        n_instances=1, n_evals=1, n_hints=1, n_slots=14, n_scalars=1, phases=[(1, 1)],
        constants=[ONE, R_SQUARED, RAW_ONE, spread(4), montgomery(5)], code=code, curve=curve, srs=srs, points=[G1],
    )  # fmt: skip
