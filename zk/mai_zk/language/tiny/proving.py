"""Proving one segment at one position: a job that another process can do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mai_zk.errors import ZkError
from mai_zk.language.model import Proved
from mai_zk.language.tiny import shape
from mai_zk.language.tiny.committed import circuit, srs
from mai_zk.prover import Keys, make_prover


@cache
def keys(segment: int) -> Keys:
    """A segment's proving keys, from the cache or made now (seconds); both attention segments share one folder."""
    return make_prover().setup(circuit(segment).segment, srs())


@dataclass(frozen=True)
class Job:
    """What proves one leaf. inputs: all of the segment's, one after the other; outputs: what must come out."""

    position: int
    segment: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def name(self) -> str:
        """Model, segment and position."""
        return f"tiny {shape.SEGMENTS[self.segment].removeprefix('tiny-')} at {self.position}"

    def prove(self) -> Proved:
        """Prove it; ZkError if the circuit computes something else than the canonical path."""
        prover, used = make_prover(), keys(self.segment)
        witness = prover.witness(used, self.inputs)
        if witness.execution.outputs != self.outputs:
            raise ZkError(f"The circuit computes other integers than the canonical path for {self.name}.")
        proof = prover.prove(used, witness)
        key = circuit(self.segment).key_program
        payload = key.payload(proof.instances, proof.proof)
        return Proved(key, proof.instances, proof.proof, payload, proof.seconds)
