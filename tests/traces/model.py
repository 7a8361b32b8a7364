"""A tiny language model in committed segments, with real keys and real proofs, made once and cached.

Vocabulary 4, width 4, integers without scales. Per position: a linear layer over the token's embedding (0), a running
state that adds it to the state of the position before (1: sum, carried), two row shards of a second layer (2, 3), their
sum (4), and a last linear layer whose output, the logits, is public (5).
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx
from mai_zk import cache as files
from mai_zk.circuits import commit, part_digest
from mai_zk.compiler import compile_solidity
from mai_zk.curve import Point
from mai_zk.field import R
from mai_zk.keyprogram import KeyProgram, Parts
from mai_zk.prover import CpuProver, Keys
from mai_zk.segment import COMMITTED, RunArgs, Segment, Visibility
from mai_zk.srs import make_test_srs
from mai_zk.trace import INPUT, Kind, Leaf, Manifest, Position, carried, same
from mai_zk.trace import Segment as Node
from mai_zk.trace.sizing import cheapest_cut
from mai_zk.trace.work import integers_digest
from onnx import TensorProto, helper, numpy_helper

SIZE, LOGROWS = 4, 10
VERSION = b"trace model 2"
ROWS = ((1, 0, 2, -1), (0, 3, -1, 1), (2, 1, 0, 2), (-1, 2, 1, 0))
"""The embedding."""
END_TOKEN = 3
_random = np.random.default_rng(7)
WEIGHTS = {name: _random.integers(-2, 3, (SIZE, SIZE)) for name in ("first", "left", "right", "last")}
CIRCUITS = {0: "first", 2: "left", 3: "right", 5: "last"}
Vector = tuple[int, ...]


def _onnx(weights: np.ndarray) -> bytes:  # type: ignore[type-arg]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, SIZE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, SIZE])],
        [numpy_helper.from_array(weights.astype("f4"), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


@dataclass(frozen=True)
class Circuit:
    """One linear layer's keys and key program."""

    keys: Keys
    key: KeyProgram
    params: bytes


@cache
def srs():  # type: ignore[no-untyped-def]
    return make_test_srs(LOGROWS)


@cache
def _key(solidity: str, parts: Parts) -> KeyProgram:
    return compile_solidity(solidity, parts)


@cache
def circuit(name: str) -> Circuit:
    """The keys of one layer; the three that commit to everything share a key program."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "model.onnx"
    path.write_bytes(_onnx(WEIGHTS[name]))
    last = name == "last"
    arguments = RunArgs(input_scale=0, param_scale=0, logrows=LOGROWS, disable_freivalds=True)
    segment = Segment(
        name, path, (1, SIZE), Visibility(params=COMMITTED, output="public" if last else "polycommit"), arguments
    )
    prover = CpuProver()
    keys = prover.setup(segment, srs())
    parts = Parts(input_points=1, params_points=1, **({"output_instances": SIZE} if last else {"output_points": 1}))
    return Circuit(keys, _key(prover.solidity(keys).read_text(), parts), params_of(name))


@cache
def params_of(name: str) -> bytes:
    """The digest of a layer's weights, from a proof (the second commitment point)."""
    return proved(name, ROWS[0]).params


@dataclass(frozen=True)
class Proved:
    """A proof of one layer's run: the payload's parts, the values, the points."""

    instances: Vector
    proof: bytes
    output: Vector

    @property
    def params(self) -> bytes:
        return part_digest((), (self.proof[64:128],))


def _linear(name: str, values: Vector) -> Vector:
    return tuple(int(v) for v in np.array(values) @ WEIGHTS[name])


@cache
def proved(name: str, values: Vector) -> Proved:
    """Prove a layer on some integers, or read the proof from the cache."""

    def make(folder: Path) -> None:
        prover = CpuProver()
        model = Path(tempfile.mkdtemp()) / "model.onnx"
        model.write_bytes(_onnx(WEIGHTS[name]))
        last = name == "last"
        arguments = RunArgs(input_scale=0, param_scale=0, logrows=LOGROWS, disable_freivalds=True)
        segment = Segment(
            name, model, (1, SIZE), Visibility(params=COMMITTED, output="public" if last else "polycommit"), arguments
        )
        keys = prover.setup(segment, srs())
        witness = prover.witness(keys, [float(v) for v in values])
        proof = prover.prove(keys, witness)
        assert prover.verify(keys, proof)
        assert witness.execution.outputs == _linear(name, values)
        data = {"instances": [hex(v) for v in proof.instances], "proof": proof.proof.hex()}
        (folder / "proof.json").write_text(json.dumps(data))

    key = files.content_hash(VERSION, name.encode(), WEIGHTS[name].tobytes(), repr(values).encode())
    data = json.loads((files.entry("trace-model", key[:32], make) / "proof.json").read_text())
    instances = tuple(int(v, 16) for v in data["instances"])
    return Proved(instances, bytes.fromhex(data["proof"]), _linear(name, values))


@cache
def payload(name: str, values: Vector) -> bytes:
    """The payload of a proof: instances, proof, hints."""
    found = proved(name, values)
    return circuit(name).key.payload(found.instances, found.proof)


@cache
def unusable_rows() -> int:
    """How many last rows of a committed column hold ones."""
    target = proved("first", ROWS[0]).proof[:64]
    return next(count for count in range(64) if commit(ROWS[0], srs(), count).to_bytes() == target)


@cache
def point(values: Vector) -> bytes:
    """The commitment of a vector, 64 bytes."""
    return commit(values, srs(), unusable_rows()).to_bytes()


def digest(values: Vector) -> bytes:
    """The part digest of a committed vector."""
    return part_digest((), (point(values),))


@cache
def manifest(**changes: object) -> Manifest:
    """The model's manifest; ``changes`` replace its fields."""
    u = point((0,) * SIZE)
    keys = {index: circuit(name) for index, name in CIRCUITS.items()}

    def node(index: int, layer: int, shard: int, edges: tuple[int, ...], kind: Kind, **more: object) -> Node:
        if kind & Kind.SUM:
            return Node(layer, shard, u[:32], u[32:], edges, kind, **more)  # type: ignore[arg-type]
        found = keys[index]
        return Node(layer, shard, found.key.hash, found.params, edges, kind, **more)  # type: ignore[arg-type]

    segments = (
        node(0, 0, 0, (INPUT,), Kind.CIRCUIT),
        node(1, 1, 0, (same(0), carried(1)), Kind.SUM | Kind.CARRIED, first=digest((0,) * SIZE)),
        node(2, 2, 0, (same(1),), Kind.CIRCUIT),
        node(3, 2, 1, (same(1),), Kind.CIRCUIT),
        node(4, 3, 0, (same(2), same(3)), Kind.SUM),
        node(5, 4, 0, (same(4),), Kind.END, n_outputs=SIZE),
    )
    fields = {
        "segments": segments, "rows": tuple(digest(row) for row in ROWS), "srs": srs().id, "token_cap": 64,
        "end_token": END_TOKEN, "n_positions": 8, "n_leaves": 30, "cut": cheapest_cut(segments), "reveal_slots": 500,
        "prove_slots": 5000, "least_bond": 10**9,
    }  # fmt: skip
    return Manifest(**{**fields, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Values:
    """The integers of one position: every segment's output, in the manifest's order."""

    token: int
    before: Vector
    outputs: tuple[Vector, ...]

    @property
    def next_token(self) -> int:
        return self.outputs[5].index(max(self.outputs[5]))


def run(token: int, before: Vector) -> Values:
    """One position, from the state of the position before."""

    def plus(a: Vector, b: Vector) -> Vector:
        return tuple(x + y for x, y in zip(a, b, strict=True))

    first = _linear("first", ROWS[token])
    state = plus(before, first)
    left, right = _linear("left", state), _linear("right", state)
    summed = plus(left, right)
    return Values(token, before, (first, state, left, right, summed, _linear("last", summed)))


def generate(prompt: tuple[int, ...], count: int, *, stop: bool = True) -> list[Values]:
    """All positions of a run that generates ``count`` tokens, or fewer if it ends and is to stop there."""
    tokens, state, positions = list(prompt), (0,) * SIZE, []
    while len(positions) < len(prompt) + count - 1:
        values = run(tokens[len(positions)], state)
        positions.append(values)
        state = values.outputs[1]
        if len(positions) >= len(prompt):
            tokens.append(values.next_token)
            if stop and values.next_token == END_TOKEN:
                break
    return positions


def position_of(values: Values) -> Position:
    """What is committed of a position at first."""
    return Position(integers_digest(values.outputs), (digest(values.outputs[1]),))


def leaves_of(values: Values) -> list[Leaf]:
    """The six leaves of a position."""
    first, state, left, right, summed, logits = values.outputs
    params = {index: circuit(name).params for index, name in CIRCUITS.items()}

    def total(parts: tuple[Vector, Vector], output: Vector) -> Leaf:
        points = tuple(point(part) for part in parts)
        return Leaf(part_digest((), points), bytes(32), digest(output), points, (), point(output))

    return [
        Leaf(digest(ROWS[values.token]), params[0], digest(first)),
        total((first, values.before), state),
        Leaf(digest(state), params[2], digest(left)),
        Leaf(digest(state), params[3], digest(right)),
        total((left, right), summed),
        Leaf(digest(summed), params[5], part_digest(logits, ()), (), logits),
    ]


def negated(encoded: bytes) -> bytes:
    """The point with -y."""
    from mai_zk.curve import decode_point, negate

    found: Point = negate(decode_point(encoded))
    return found.to_bytes()


__all__ = ["R", "generate", "leaves_of", "manifest", "position_of", "proved", "run"]
