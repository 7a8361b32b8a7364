"""Proving one segment of one position: a real EZKL proof on the model's weights and the run's activations.

Weights are an input that is committed: the keys and the compiled circuit of a shape hold none and serve all of its
segments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mai_zk.circuits import part_digest
from mai_zk.errors import ZkError
from mai_zk.language.model import Proved
from mai_zk.linear import LinearShape, shape_keys, shape_program, values
from mai_zk.prover import CpuProver, Proof


@dataclass(frozen=True)
class Job:
    """One leaf to prove; it can be pickled, and is the same in every run.

    shape: the segment's; weights: d_in × d_out 16-bit integers, little-endian bytes; inputs: the integers that the
    segment read; points: the commitments of input and output in the trace; params: the digest of the weights'.
    """

    name: str
    shape: LinearShape
    weights: bytes
    inputs: tuple[int, ...]
    points: tuple[bytes, bytes]
    params: bytes

    def prove(self) -> Proved:
        """See ProofJob.prove."""
        proof, key = self.proof(), shape_program(self.shape)
        return Proved(key, proof.instances, proof.proof, key.payload(proof.instances, proof.proof), proof.seconds)

    def proof(self) -> Proof:
        """Prove it and have EZKL verify it; ZkError where the proof's points are not the trace's."""
        prover, keys = CpuProver(), shape_keys(self.shape)
        weights = np.frombuffer(self.weights, dtype="<i2")
        proof = prover.prove(keys, prover.witness(keys, values(np.array(self.inputs), weights)))
        read, *columns, given = proof.commitments(self.shape.parts)
        if (read, given) != self.points or part_digest((), columns) != self.params:
            raise ZkError(f"The proof of {self.name} is of other values than its trace; run the position again.")
        if not prover.verify(keys, proof):
            raise ZkError(f"EZKL refuses its own proof of {self.name}; make the keys again.")
        return proof


def make_job(
    name: str,
    shape: LinearShape,
    weights: npt.NDArray[np.int16],
    inputs: npt.NDArray[np.int64],
    points: tuple[bytes, bytes],
    params: bytes,
) -> Job:
    """A job from arrays."""
    return Job(name, shape, weights.astype("<i2").tobytes(), tuple(inputs.tolist()), points, params)
