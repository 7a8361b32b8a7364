"""Four small linear layers with real keys and real proofs, everything committed, under one SRS; made once and kept."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from mai_zk import cache as files
from mai_zk.circuits import part_digest
from mai_zk.compiler import compile_solidity
from mai_zk.keyprogram import KeyProgram, Parts
from mai_zk.language.integers import Integers
from mai_zk.prover import CpuProver, Keys
from mai_zk.segment import COMMITTED, RunArgs, Segment, Visibility
from mai_zk.srs import Srs, make_test_srs
from onnx import TensorProto, checker, helper, numpy_helper

LOGROWS = 12
VERSION = b"sampled model 3"
_random = np.random.default_rng(11)
WEIGHTS = {
    "left": _random.integers(-2, 3, (192, 8)),
    "right": _random.integers(-2, 3, (384, 8)),
    "both": _random.integers(-2, 3, (16, 4)),
    "one": _random.integers(-2, 3, (8, 4)),
}


@cache
def srs() -> Srs:
    return make_test_srs(LOGROWS)


def linear(name: str, values: Integers) -> Integers:
    found: Integers = values @ WEIGHTS[name]
    return found


def _segment(name: str) -> Segment:
    weights = WEIGHTS[name]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, len(weights)])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, weights.shape[1]])],
        [numpy_helper.from_array(weights.astype("f4"), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    path = Path(tempfile.mkdtemp()) / "model.onnx"
    path.write_bytes(model.SerializeToString())
    arguments = RunArgs(input_scale=0, param_scale=0, logrows=LOGROWS, disable_freivalds=True)
    return Segment(name, path, (1, len(weights)), Visibility(params=COMMITTED), arguments)


@cache
def keys(name: str) -> Keys:
    return CpuProver().setup(_segment(name), srs())


@cache
def _key(solidity: str) -> KeyProgram:
    return compile_solidity(solidity, Parts(input_points=1, params_points=1, output_points=1))


@cache
def key(name: str) -> KeyProgram:
    """The key program of a layer; layers of one shape share it."""
    return _key(CpuProver().solidity(keys(name)).read_text())


@dataclass(frozen=True)
class Proved:
    """A proof of one layer's run; it begins with the points of input, weights and output."""

    instances: tuple[int, ...]
    proof: bytes

    def point(self, part: int) -> bytes:
        return self.proof[64 * part : 64 * part + 64]


@cache
def _proved(name: str, values: tuple[int, ...]) -> Proved:
    def make(folder: Path) -> None:
        prover, found = CpuProver(), keys(name)
        witness = prover.witness(found, [float(value) for value in values])
        proof = prover.prove(found, witness)
        assert prover.verify(found, proof)
        assert witness.execution.outputs == tuple(linear(name, np.array(values)).tolist())
        data = {"instances": [hex(value) for value in proof.instances], "proof": proof.proof.hex()}
        (folder / "proof.json").write_text(json.dumps(data))

    entry = files.content_hash(VERSION, name.encode(), WEIGHTS[name].tobytes(), repr(values).encode())
    data = json.loads((files.entry("trace-model", entry[:32], make) / "proof.json").read_text())
    return Proved(tuple(int(value, 16) for value in data["instances"]), bytes.fromhex(data["proof"]))


def proved(name: str, values: Integers) -> Proved:
    """Prove a layer on some integers, or read the proof from the cache."""
    return _proved(name, tuple(values.tolist()))


@cache
def params(name: str) -> bytes:
    """The digest of a layer's weights, from a proof."""
    zeros = np.zeros(len(WEIGHTS[name]), dtype=np.int64)
    return part_digest((), (proved(name, zeros).point(1),))
