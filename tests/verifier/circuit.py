"""The real circuits of vectors/README.md, whole and in parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mai_zk.keyprogram import KeyProgram
from verifier.keys import VECTORS, Draft, parse


@dataclass(frozen=True)
class Circuit:
    """One vector: the key and an honest payload, whole and in parts."""

    name: str

    @cached_property
    def blob(self) -> bytes:
        return (VECTORS / f"{self.name}.key").read_bytes()

    @cached_property
    def payload(self) -> bytes:
        return (VECTORS / f"{self.name}.payload").read_bytes()

    @cached_property
    def key(self) -> KeyProgram:
        return KeyProgram.from_bytes(self.blob)

    @property
    def draft(self) -> Draft:
        return parse(self.blob)

    @cached_property
    def instances(self) -> list[int]:
        return [int.from_bytes(self.payload[32 * i : 32 * i + 32], "big") for i in range(self.key.n_instances)]

    @cached_property
    def proof(self) -> bytes:
        start = 32 * self.key.n_instances
        return self.payload[start : start + self.key.proof_size]

    @cached_property
    def hints(self) -> list[int]:
        start = 32 * self.key.n_instances + self.key.proof_size
        return [int.from_bytes(self.payload[i : i + 32], "little") for i in range(start, len(self.payload), 32)]

    def with_old_hints(self, instances: list[int] | None = None, proof: bytes | None = None) -> bytes:
        """A payload whose hints belong to the honest proof."""
        encoded = b"".join(v.to_bytes(32, "big") for v in (self.instances if instances is None else instances))
        hints = b"".join(h.to_bytes(32, "little") for h in self.hints)
        return encoded + (self.proof if proof is None else proof) + hints

    def with_new_hints(self, instances: list[int] | None = None, proof: bytes | None = None) -> bytes:
        """A payload with hints for exactly these values, as an attacker would make them."""
        return self.key.payload(
            self.instances if instances is None else instances, self.proof if proof is None else proof
        )

    def with_hints(self, hints: list[int]) -> bytes:
        return self.payload[: -32 * len(self.hints)] + b"".join(h.to_bytes(32, "little") for h in hints)

    @property
    def point_offsets(self) -> list[int]:
        """Offsets of all points in the proof; the last two are W and W'."""
        after = 64 * self.key.n_proof_points + 32 * self.key.n_evals
        return [*range(0, 64 * self.key.n_proof_points, 64), after, after + 64]

    @property
    def evaluation_offsets(self) -> list[int]:
        start = 64 * self.key.n_proof_points
        return list(range(start, start + 32 * self.key.n_evals, 32))
