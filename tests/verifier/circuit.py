"""The real circuits of vectors/README.md, whole and in parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mai_zk.keyprogram import KeyProgram
from verifier.keys import VECTORS, Draft, parse
from verifier.payloads import Payload, split


@dataclass(frozen=True)
class Circuit:
    """One vector: the key and honest payloads, whole and in parts. `instances`, `proof` and `hints` are the first's."""

    name: str

    @cached_property
    def blob(self) -> bytes:
        return (VECTORS / f"{self.name}.key").read_bytes()

    @cached_property
    def payload(self) -> bytes:
        return (VECTORS / f"{self.name}.payload").read_bytes()

    @cached_property
    def batch(self) -> bytes:
        return (VECTORS / f"{self.name}.batch").read_bytes()

    @cached_property
    def key(self) -> KeyProgram:
        return KeyProgram.from_bytes(self.blob)

    @property
    def draft(self) -> Draft:
        return parse(self.blob)

    @cached_property
    def pieces(self) -> Payload:
        return split(self.blob, self.payload)

    @cached_property
    def batch_pieces(self) -> Payload:
        return split(self.blob, self.batch)

    @property
    def proofs(self) -> list[tuple[list[int], bytes]]:
        """(instances, proof) of the whole batch."""
        return [(proof.instances, proof.proof) for proof in self.batch_pieces.proofs]

    @cached_property
    def instances(self) -> list[int]:
        return list(self.pieces.proofs[0].instances)

    @cached_property
    def proof(self) -> bytes:
        return self.pieces.proofs[0].proof

    @cached_property
    def hints(self) -> list[int]:
        return list(self.pieces.proofs[0].hints)

    def with_old_hints(self, instances: list[int] | None = None, proof: bytes | None = None) -> bytes:
        """A payload whose hints, scalars and quotient belong to the honest proof; the divisors fit."""
        return self.stale(instances, proof).redrawn().body()

    def stale(self, instances: list[int] | None = None, proof: bytes | None = None) -> Payload:
        """A payload of which everything else belongs to the honest proof, the divisors too."""
        return self.pieces.with_proof(0, instances=instances or self.instances, proof=proof or self.proof)

    def with_new_hints(self, instances: list[int] | None = None, proof: bytes | None = None) -> bytes:
        """A payload with hints for exactly these values, as an attacker would make them."""
        return self.key.payload(instances or self.instances, proof or self.proof)

    def with_hints(self, hints: list[int]) -> bytes:
        """A payload with other hints, and all the rest made to fit them as well as it can be."""
        return self.pieces.with_proof(0, hints=hints).scaled().body()

    @property
    def point_offsets(self) -> list[int]:
        """Offsets of all points in the proof; the last two are W and W'."""
        after = 64 * self.key.n_phase_points + 32 * self.key.n_evals
        return [*range(0, 64 * self.key.n_phase_points, 64), after, after + 64]

    @property
    def evaluation_offsets(self) -> list[int]:
        start = 64 * self.key.n_phase_points
        return list(range(start, start + 32 * self.key.n_evals, 32))
