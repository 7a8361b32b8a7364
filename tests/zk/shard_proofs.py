"""Real proofs of small shards, for the tests: made once for each shape, weights and input."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from mai_zk import shards
from mai_zk.circuits import commit, compile_key
from mai_zk.curve import Point, decode_point
from mai_zk.keyprogram import KeyProgram
from mai_zk.prover import CpuProver, Execution, Keys, Proof
from mai_zk.shards import SCALE, Shape, Weights
from mai_zk.srs import Srs, make_test_srs
from mai_zk.sums import UNUSABLE_ROWS

PROVER = CpuProver()
SIDE, LOGROWS = 16, 11
WHOLE = Shape(SIDE, SIDE)


@dataclass(frozen=True)
class Shown:
    """A proved shard: its keys, run, proof and the three commitments."""

    keys: Keys
    run: Execution
    proof: Proof
    input: Point
    params: Point
    output: Point

    @cached_property
    def key(self) -> KeyProgram:
        """The key program, compiled when it is asked for."""
        return compile_key(PROVER, self.keys, shards.PARTS)


def srs() -> Srs:
    """The test SRS of all the tests' shards."""
    return make_test_srs(LOGROWS)


def point(values: tuple[int, ...] | list[int]) -> Point:
    """The commitment of integers."""
    return commit(values, srs(), UNUSABLE_ROWS)


def weights(seed: int, d_in: int = SIDE, d_out: int = SIDE) -> Weights:
    """Seeded weights, multiples of 2^-SCALE."""
    return shards.seeded_weights(Shape(d_in, d_out), seed)


def integers(seed: int, count: int = SIDE) -> tuple[int, ...]:
    """Seeded input integers."""
    return tuple(np.random.default_rng(seed).integers(-500, 500, count).tolist())


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="mai-shards-"))


def keys(shape: Shape, matrix: Weights) -> Keys:
    """Keys from the cache or made now."""
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    return PROVER.setup(shards.prepare(shape, matrix, folder, PROVER), srs())


def prove(shape: Shape, matrix: Weights, inputs: tuple[int, ...]) -> Shown:
    """Prove one run on input integers, and check the proof with EZKL."""
    found = keys(shape, matrix)
    witness = PROVER.witness(found, [value / 2**SCALE for value in inputs])
    proof = PROVER.prove(found, witness)
    assert PROVER.verify(found, proof)
    points = [decode_point(data) for data in proof.commitments(shards.PARTS)]
    return Shown(found, witness.execution, proof, *points)
