"""Key programs: one circuit's verifying key as data for the on-chain interpreter (docs/reference/key-program.md).

`KeyProgram` wraps the exact bytes. Everything else, including the hints a proof needs, is derived from them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mai_zk.errors import ZkError
from mai_zk.field import encode_words, keccak256
from mai_zk.isa import Instruction, decode_code

if TYPE_CHECKING:
    from mai_zk.machine import Run

MAGIC: Final = 0x324B414D
HEADER_BYTES: Final = 160
SLOT_BYTES: Final = 24
MAX_PHASES: Final = 8
MAX_SLOTS: Final = 8192
MAX_SCALARS: Final = 4096
NO_UNIT_POINT: Final = 0xFFFF
SLOTS_OFFSET: Final = 1224
MIN_HEAP: Final = 32 * 1024
MAX_HEAP: Final = 256 * 1024
LAST_CHALLENGES: Final = 3  # zeta, nu and mu follow the phases' challenges
STATEMENT_DOMAIN: Final = b"MAI statement v1"
_HEADER: Final = struct.Struct("<I8HIB3x6H16H24x32s32s")


@dataclass(frozen=True)
class Parts:
    """How many instances and how many commitment points (the proof's first points) belong to each part."""

    input_instances: int = 0
    params_instances: int = 0
    output_instances: int = 0
    input_points: int = 0
    params_points: int = 0
    output_points: int = 0

    def as_tuple(self) -> tuple[int, ...]:
        """The six counts in the header's order."""
        return tuple(getattr(self, f.name) for f in fields(self))

    @property
    def n_instances(self) -> int:
        """All instances of the three parts."""
        return self.input_instances + self.params_instances + self.output_instances

    @property
    def n_points(self) -> int:
        """All commitment points of the three parts."""
        return self.input_points + self.params_points + self.output_points

    def check(self, n_instances: int, n_points: int) -> None:
        """ZkError unless the counts fit a circuit with so many instances and points in its first phase."""
        counts = self.as_tuple()
        if any(not 0 <= c < 1 << 16 for c in counts):
            raise ZkError("The parts of a key must be counts between 0 and 65,535.")
        if any(counts) and self.n_instances != n_instances:
            raise ZkError(
                f"The parts name {self.n_instances} instances, but the circuit has {n_instances}; name every instance."
            )
        if self.n_points > n_points:
            raise ZkError(f"The parts name {self.n_points} commitment points; the first phase has {n_points}.")


@dataclass(frozen=True)
class Statement:
    """What a proof says: the digests of docs/reference/verifier.md, 32 bytes each."""

    instances: bytes
    commitments: bytes
    input: bytes
    params: bytes
    output: bytes
    statement: bytes


@dataclass(frozen=True)
class KeyProgram:
    """A key program's bytes; `from_bytes` checks them, the properties read them.

    The lengths of values that sealing also checks are in `mai_zk.bounds.check_bounds`.
    """

    blob: bytes

    @classmethod
    def from_bytes(cls, blob: bytes) -> KeyProgram:
        """Check lengths, counts, canonical values and the code's shape; ZkError says what is wrong."""
        from mai_zk.keycheck import check_program

        program = cls(bytes(blob))
        check_program(program)
        return program

    # -- header ---------------------------------------------------------------------------------------------------

    @cached_property
    def _header(self) -> tuple[int | bytes, ...]:
        if len(self.blob) < HEADER_BYTES:
            raise ZkError("This is not a key program: it is shorter than a header.")
        return _HEADER.unpack_from(self.blob)

    def _count(self, index: int) -> int:
        value = self._header[index]
        if not isinstance(value, int):  # pragma: no cover - the format string fixes the types
            raise ZkError("The key program's header is malformed.")
        return value

    @property
    def magic(self) -> int:
        """The magic number."""
        return self._count(0)

    @property
    def n_phases(self) -> int:
        """Transcript phases before the evaluations."""
        return self._count(10)

    @property
    def n_instances(self) -> int:
        """Public instances, 32 bytes each in the payload."""
        return self._count(1)

    @property
    def n_evals(self) -> int:
        """Evaluations in a proof."""
        return self._count(2)

    @property
    def n_constants(self) -> int:
        """Constant slots."""
        return self._count(3)

    @property
    def n_hints(self) -> int:
        """Integers that the client supplies and the field code binds."""
        return self._count(4)

    @property
    def n_slots(self) -> int:
        """All slots."""
        return self._count(5)

    @property
    def n_points(self) -> int:
        """The key's points."""
        return self._count(6)

    @property
    def unit_point(self) -> int:
        """The proof's point whose coefficient in the curve sum is one; `NO_UNIT_POINT` if there is none."""
        return self._count(7)

    @property
    def quotient_words(self) -> int:
        """Words of 64 bits of a payload's quotient."""
        return self._count(8)

    @property
    def code_bytes(self) -> int:
        """Length of the field code, padding included."""
        return self._count(9)

    @property
    def phases(self) -> tuple[tuple[int, int], ...]:
        """(points, challenges) of each transcript phase before the evaluations."""
        flat = [self._count(17 + i) for i in range(2 * MAX_PHASES)]
        return tuple(zip(flat[::2], flat[1::2], strict=True))[: self.n_phases]

    @property
    def parts(self) -> Parts:
        """Counts of instances and commitment points of input, params and output."""
        return Parts(*(self._count(11 + i) for i in range(6)))

    @property
    def digest(self) -> bytes:
        """EZKL's verifying-key digest, 32 bytes, first in the transcript."""
        return self.blob[96:128]

    @property
    def circuit(self) -> bytes:
        """The digest of the circuit that the key was made from, 32 bytes; zeros if it is not known."""
        return self.blob[128:160]

    # -- derived --------------------------------------------------------------------------------------------------

    @cached_property
    def hash(self) -> bytes:
        """keccak256 of the whole key program: its name on chain."""
        return keccak256(self.blob)

    @cached_property
    def srs(self) -> bytes:
        """keccak256 of the 128 bytes of -[s]G2: which trusted setup the key belongs to."""
        return keccak256(self.neg_s_g2)

    @property
    def n_challenges(self) -> int:
        """All challenges: the phases', then zeta, nu and mu."""
        return sum(c for _, c in self.phases) + LAST_CHALLENGES

    @property
    def n_phase_points(self) -> int:
        """The proof's points before the evaluations."""
        return sum(p for p, _ in self.phases)

    @property
    def n_proof_points(self) -> int:
        """All of the proof's points: W and W' are the last two."""
        return self.n_phase_points + 2

    @property
    def n_scalars(self) -> int:
        """Scalars that the field code sets: one for each point of the key and of the proof, but not the unit point."""
        return self.n_points + self.n_proof_points - (self.unit_point != NO_UNIT_POINT)

    @property
    def proof_size(self) -> int:
        """Bytes of a proof: 64 for each point, 32 for each evaluation."""
        return 64 * self.n_proof_points + 32 * self.n_evals

    @property
    def heap_bytes(self) -> int:
        """The heap frame to request for one proof: at least 32 KiB, a multiple of 1 KiB."""
        return self.heap_for(1)

    def heap_for(self, proofs: int) -> int:
        """The heap frame to request for a payload of so many proofs."""
        return max(MIN_HEAP, -(-self.memory_bytes(proofs) // 1024) * 1024)

    def memory_bytes(self, proofs: int) -> int:
        """The verifier's working memory (`memory::Layout` of programs/verifier)."""
        own = self.n_scalars - self.n_points
        scalars = SLOTS_OFFSET + SLOT_BYTES * (self.n_slots + self.n_points + proofs * own)
        return -(-scalars // 8) * 8 + 32 * proofs * (self.n_challenges + 2)

    # -- sections -------------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """The exact length that the header implies, bytes."""
        return self._g2_offset + 128 + 64 * self.n_points

    @property
    def _code_offset(self) -> int:
        return HEADER_BYTES + 32 * self.n_constants

    @property
    def _g2_offset(self) -> int:
        return self._code_offset + self.code_bytes

    @cached_property
    def constants(self) -> tuple[int, ...]:
        """The constants."""
        at = range(HEADER_BYTES, self._code_offset, 32)
        return tuple(int.from_bytes(self.blob[i : i + 32], "big") for i in at)

    @cached_property
    def code(self) -> tuple[Instruction, ...]:
        """The decoded field code, HALT included."""
        return decode_code(self.blob[self._code_offset : self._g2_offset])

    @property
    def neg_s_g2(self) -> bytes:
        """-[s]G2, 128 bytes in EIP-197 order."""
        return self.blob[self._g2_offset : self._g2_offset + 128]

    @property
    def points(self) -> bytes:
        """The key's points, 64 bytes each."""
        return self.blob[self._g2_offset + 128 :]

    # -- proofs ---------------------------------------------------------------------------------------------------

    def run(self, instances: Sequence[int], proof: bytes) -> Run:
        """Run the reference interpreter (see `mai_zk.machine.execute`)."""
        from mai_zk.machine import execute

        return execute(self, instances, proof)

    def payload(self, instances: Sequence[int], proof: bytes) -> bytes:
        """The payload of one proof (see `mai_zk.payload.make_payload`)."""
        return self.batch([(instances, proof)])

    def batch(self, proofs: Sequence[tuple[Sequence[int], bytes]]) -> bytes:
        """The payload of several proofs, verified together (see `mai_zk.payload.make_payload`)."""
        from mai_zk.payload import make_payload

        return make_payload(self, proofs)

    def proof_points(self, proof: bytes) -> list[bytes]:
        """The proof's points, 64 bytes each, W and W' last."""
        cut = 64 * self.n_phase_points
        points = proof[:cut] + proof[-128:]
        return [points[i : i + 64] for i in range(0, len(points), 64)]

    def terms(self, proof: bytes, scalars: Sequence[int]) -> list[tuple[bytes, int]]:
        """The curve sum of one proof: (point, coefficient) of the key's points, then of the proof's."""
        coefficients = list(scalars)
        if self.unit_point != NO_UNIT_POINT:
            coefficients.insert(self.n_points + self.unit_point, 1)
        points = [self.points[i : i + 64] for i in range(0, len(self.points), 64)]
        return list(zip([*points, *self.proof_points(proof)], coefficients, strict=True))

    def statement(self, instances: Sequence[int], proof: bytes) -> Statement:
        """The statement that a receipt for this proof would hold."""
        self.check_proof_shape(instances, proof)
        encoded = encode_words(instances)
        parts = self.parts
        cut_i, cut_p = 0, 0
        digests = []
        for n_i, n_p in (
            (parts.input_instances, parts.input_points),
            (parts.params_instances, parts.params_points),
            (parts.output_instances, parts.output_points),
        ):
            end_i, end_p = cut_i + 32 * n_i, cut_p + 64 * n_p
            digests.append(keccak256(encoded[cut_i:end_i] + proof[cut_p:end_p]))
            cut_i, cut_p = end_i, end_p
        all_instances, commitments = keccak256(encoded), keccak256(proof[:cut_p])
        whole = keccak256(STATEMENT_DOMAIN + self.hash + all_instances + commitments)
        return Statement(all_instances, commitments, digests[0], digests[1], digests[2], whole)

    def check_proof_shape(self, instances: Sequence[int], proof: bytes) -> None:
        """ZkError unless the number of instances and the proof's length are this key's."""
        if len(instances) != self.n_instances:
            raise ZkError(f"This key takes {self.n_instances} public instances, but {len(instances)} were given.")
        if len(proof) != self.proof_size:
            raise ZkError(f"A proof for this key has {self.proof_size} bytes, but {len(proof)} were given.")


def pack_header(
    counts: Sequence[int],
    phases: Sequence[tuple[int, int]],
    parts: Parts,
    code_bytes: int,
    digest: bytes,
    circuit: bytes,
) -> bytes:
    """The 160 header bytes; `counts` are the eight u16 from n_instances to quotient_words."""
    padded = [*phases, *[(0, 0)] * (MAX_PHASES - len(phases))]
    if len(padded) != MAX_PHASES:
        raise ZkError(f"The circuit has {len(phases)} transcript phases; a key program holds at most {MAX_PHASES}.")
    flat = [v for pair in padded for v in pair]
    if any(not 0 <= v < 1 << 16 for v in [*counts, *flat]):
        raise ZkError("The circuit is too large for a key program: a count exceeds 65,535.")
    return _HEADER.pack(MAGIC, *counts, code_bytes, len(phases), *parts.as_tuple(), *flat, digest, circuit)
