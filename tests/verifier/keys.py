"""Key programs to take apart, change and put together again: the evil ones of the sealing tests."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583
MAGIC = 0x324B414D
HEADER = struct.Struct("<I8HIB3s6H16H24s32s32s")
HEADER_BYTES = 160
NO_UNIT_POINT = 0xFFFF
MAX_SLOTS = 8192
MAX_LENGTH = 3840
S = 3  # slot operands are slot * 3

HALT, MUL, MULA, DOT2, DOT2A, DOT3, DOT4, ADD, ADD3, SUB, RED, INV, SCAL, MARK = range(14)
LENGTHS = (1, 4, 5, 6, 7, 8, 10, 4, 5, 4, 3, 3, 3, 1)
BINDINGS = (RED, INV)
# Products and addends of the sums.
SUMS = {
    MUL: (1, 0), MULA: (1, 1), DOT2: (2, 0), DOT2A: (2, 1), DOT3: (3, 0), DOT4: (4, 0),
    ADD: (0, 2), ADD3: (0, 3), SUB: (0, 2),
}  # fmt: skip
# Indices of the counts in a Draft's `counts`.
N_INSTANCES, N_EVALS, N_CONSTANTS, N_HINTS, N_SLOTS, N_POINTS, UNIT_POINT, QUOTIENT_WORDS = range(8)


@dataclass
class Draft:
    """A key program in pieces; `counts` overrides what the pieces say."""

    n_instances: int
    n_evals: int
    n_hints: int
    n_slots: int
    unit_point: int
    quotient_words: int
    phases: list[tuple[int, int]]
    constants: list[int]
    code: list[list[int]]
    srs: bytes
    points: list[bytes]
    parts: tuple[int, ...] = (0,) * 6
    digest: bytes = bytes(32)
    circuit: bytes = bytes(32)
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

    @property
    def n_challenges(self) -> int:
        return sum(challenges for _, challenges in self.phases) + 3

    @property
    def first_hint(self) -> int:
        """The slot of the first hint."""
        return len(self.constants) + self.n_challenges + self.n_instances + self.n_evals

    @property
    def n_scalars(self) -> int:
        """Scalars of the key's points and of one proof's."""
        own = sum(points for points, _ in self.phases) + 2
        return len(self.points) + own - (self.unit_point != NO_UNIT_POINT)

    def blob(self) -> bytes:
        counts = [self.n_instances, self.n_evals, len(self.constants), self.n_hints, self.n_slots, len(self.points)]
        counts += [self.unit_point, self.quotient_words]
        for index, value in self.counts.items():
            counts[index] = value
        phases = [value for phase in (self.phases + [(0, 0)] * 8)[:8] for value in phase]
        n_phases = len(self.phases) if self.n_phases is None else self.n_phases
        header = HEADER.pack(
            *(self.magic, *counts, len(self.code_bytes), n_phases, self.zero1),
            *(*self.parts, *phases, self.zero2, self.digest, self.circuit),
        )
        constants = b"".join(constant.to_bytes(32, "big") for constant in self.constants)
        return header + constants + self.code_bytes + self.srs + b"".join(self.points) + self.trailing

    def but(self, **changes: object) -> Draft:
        """A copy with other fields."""
        return replace(self, **changes)  # type: ignore[arg-type]


def parse(blob: bytes) -> Draft:
    """The pieces of a key program."""
    values = HEADER.unpack_from(blob)
    n_constants, n_points, code_len = values[3], values[6], values[9]
    at = HEADER_BYTES
    constants = [int.from_bytes(blob[at + 32 * i : at + 32 * i + 32], "big") for i in range(n_constants)]
    at += 32 * n_constants
    words = struct.unpack_from(f"<{code_len // 2}H", blob, at)
    code: list[list[int]] = []
    cursor = 0
    while not code or code[-1][0] != HALT:
        length = LENGTHS[words[cursor]]
        code.append(list(words[cursor : cursor + length]))
        cursor += length
    at += code_len
    srs, at = blob[at : at + 128], at + 128
    phases = [(values[18 + 2 * i], values[19 + 2 * i]) for i in range(values[10])]
    return Draft(
        n_instances=values[1], n_evals=values[2], n_hints=values[4], n_slots=values[5], unit_point=values[7],
        quotient_words=values[8], phases=phases, constants=constants, code=code, srs=srs,
        points=[blob[at + 64 * i : at + 64 * i + 64] for i in range(n_points)],
        parts=values[12:18], digest=values[-2], circuit=values[-1],
    )  # fmt: skip


G1 = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
# -G2, EIP-197 order: [s]G2 with s = 1, under which the pairing says that the curve sum is W'.
G2_NEGATED = b"".join(
    value.to_bytes(32, "big")
    for value in (
        0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
        0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
        Q - 0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
        Q - 0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
    )
)
# Slots of the small key.
PLAIN, ZERO, CHALLENGE, ZETA, NU, MU, INSTANCE, EVALUATION, HINT, INVERSE, T0, T1 = range(12)


def small(srs: bytes = G2_NEGATED) -> Draft:
    """The smallest key that uses everything: one phase of one point, one instance, one evaluation, a reduced value, an
    inverse, one key point, a unit point.

    Under the default SRS point a proof of it holds exactly if W' is the curve sum, in which W' itself has the scalar 0.
    """
    code = [
        [MUL, T0 * S, INSTANCE * S, CHALLENGE * S],
        [RED, HINT * S, T0 * S],
        [MULA, T1 * S, HINT * S, EVALUATION * S, PLAIN * S],
        [INV, INVERSE * S, T1 * S],
        [MARK],
        [SCAL, 0, T1 * S],
        [SCAL, 1, INVERSE * S],
        [SCAL, 2, ZERO * S],
        [HALT],
    ]
    return Draft(
        n_instances=1, n_evals=1, n_hints=2, n_slots=12, unit_point=0, quotient_words=13, phases=[(1, 1)],
        constants=[5, 0], code=code, srs=srs, points=[G1],
    )  # fmt: skip
