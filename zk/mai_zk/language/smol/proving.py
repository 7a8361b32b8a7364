"""Proving one segment of one position: a real EZKL proof on the model's weights and the run's activations.

Weights are committed, not part of the key: the keys of a shape are made once from zero weights and serve all of its
segments, whose own file is only EZKL's compiled circuit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mai_zk import cache as disk
from mai_zk.circuits import compile_key
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from mai_zk.language.model import Proved
from mai_zk.prover import CpuProver, Keys, Proof
from mai_zk.shards import SCALE, Shape, prepare
from mai_zk.srs import make_test_srs


@dataclass(frozen=True)
class Job:
    """One leaf to prove; it can be pickled, and is the same in every run.

    shape: the segment's; weights: d_in × d_out 16-bit integers, little-endian bytes; inputs: the integers that the
    segment read; points: the commitments of input, weights (64 bytes a column) and output in the trace.
    """

    name: str
    shape: Shape
    weights: bytes
    inputs: tuple[int, ...]
    points: tuple[bytes, bytes, bytes]

    def prove(self) -> Proved:
        """See ProofJob.prove."""
        proof, key = self.proof(), shape_program(self.shape)
        return Proved(key, proof.instances, proof.proof, key.payload(proof.instances, proof.proof), proof.seconds)

    def proof(self) -> Proof:
        """Prove it and have EZKL verify it; ZkError where the proof's points are not the trace's."""
        prover, common = CpuProver(), shape_keys(self.shape)
        with disk.scratch() as folder:
            keys = self._keys(prover, common, folder)
            proof = prover.prove(keys, prover.witness(keys, [value / 2**SCALE for value in self.inputs]))
        if b"".join(proof.commitments(self.shape.parts)) != b"".join(self.points):
            raise ZkError(f"The proof of {self.name} is of other values than its trace; run the position again.")
        if not prover.verify(common, proof):
            raise ZkError(f"EZKL refuses its own proof of {self.name}; make the keys again.")
        return proof

    def _keys(self, prover: CpuProver, common: Keys, folder: Path) -> Keys:
        """The shape's keys beside this segment's own circuit."""
        stored = np.frombuffer(self.weights, dtype="<i2").reshape(self.shape.d_in, self.shape.d_out)
        segment = prepare(self.shape, stored.astype(np.float32) / 2**SCALE, folder / "segment", prover)
        compiled = prover.compile(segment, common.settings)
        own = folder / "keys"
        own.mkdir()
        for path in (common.vk, common.pk, common.settings_path, compiled / "circuit"):
            (own / path.name).symlink_to(path)
        return Keys(segment, common.settings, common.srs, own, common.stage)


def make_job(
    name: str,
    shape: Shape,
    weights: npt.NDArray[np.int16],
    inputs: npt.NDArray[np.int64],
    points: tuple[bytes, bytes, bytes],
) -> Job:
    """A job from arrays."""
    return Job(name, shape, weights.astype("<i2").tobytes(), tuple(inputs.tolist()), points)


@cache
def shape_keys(shape: Shape) -> Keys:
    """EZKL's keys of a shape, made once a machine (half a minute) and cached."""
    prover, srs = CpuProver(), make_test_srs(shape.logrows)
    with disk.scratch() as folder:
        segment = prepare(shape, np.zeros((shape.d_in, shape.d_out), np.float32), folder, prover)
        return prover.setup(segment, srs)


@cache
def shape_program(shape: Shape) -> KeyProgram:
    """The key program that the chain checks a shape's proofs with, compiled once and cached."""
    keys = shape_keys(shape)

    def make(folder: Path) -> None:
        with disk.scratch() as temporary:
            prover = CpuProver()
            segment = prepare(shape, np.zeros((shape.d_in, shape.d_out), np.float32), temporary, prover)
            own = Keys(segment, keys.settings, keys.srs, keys.folder, keys.stage)
            (folder / "key.bin").write_bytes(compile_key(prover, own, shape.parts).blob)

    return KeyProgram.from_bytes((disk.entry("shape-programs", keys.folder.name, make) / "key.bin").read_bytes())
