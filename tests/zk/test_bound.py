"""What the checked-in circuits bind, read from their keys, provers with other weights, and builds that are refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from mai_zk import circuits
from mai_zk.circuits import Circuit, build_circuit, example_input, weights_points
from mai_zk.errors import ZkError
from mai_zk.prover import CpuProver, Keys, Proof
from mai_zk.segment import COMMITTED, Segment, Visibility
from mai_zk.ties import check_tied, tied_rows
from mai_zk.weights import INPUT, lift
from onnx import TensorProto, helper, numpy_helper

PROVER = CpuProver()
NAMES = [name for name in circuits.names() if not name.startswith("tiny-")]
"""tests/language reads the keys of the tiny transformer's circuits."""
BOUND = [name for name in NAMES if circuits.load(name).segment.visibility.params == COMMITTED]


def keys_of(circuit: Circuit) -> Keys:
    """A checked-in circuit's keys, from the user's cache or made now."""
    return PROVER.setup(circuit.segment, circuit.test_srs())


def weights_of(circuit: Circuit) -> np.ndarray:
    """The model's weights as integers, in the file's order."""
    held = [numpy_helper.to_array(item).ravel() for item in onnx.load(circuit.segment.onnx_path).graph.initializer]
    return np.round(np.concatenate(held).astype(np.float64) * 2**circuit.segment.run_args.param_scale).astype(int)


# -- what the keys bind


@pytest.mark.parametrize("name", NAMES)
def test_every_committed_value_is_tied_and_weights_are_bound(name: str) -> None:
    """Weights are fixed in the key, or an input each cell of which is tied; no other way is checked in."""
    circuit = circuits.load(name)
    seen = circuit.segment.visibility
    assert seen.params in ("fixed", COMMITTED) and (name in BOUND) == (name in ("digits", "shard", "shard16"))
    if seen.params == COMMITTED:
        outputs = onnx.load(circuit.segment.onnx_path).graph.output[0].type.tensor_type.shape.dim[-1].dim_value
        lengths = [circuit.segment.input_size, weights_of(circuit).size, outputs]
        tied = tied_rows(keys_of(circuit).pk, circuit.settings.logrows)
        assert [set(rows) for rows in tied[:3]] == [set(range(length)) for length in lengths]
    else:
        assert "polycommit" not in (seen.input, seen.output)
        assert circuit.params_digest == circuits.part_digest((), ())


@pytest.mark.parametrize("name", BOUND)
def test_the_params_digest_is_that_of_the_weights_point(name: str) -> None:
    circuit = circuits.load(name)
    unusable = circuit.facts["unusable_rows"]
    point = circuits.commit(weights_of(circuit).tolist(), circuit.test_srs(), unusable).to_bytes()
    assert weights_points(circuit.segment, circuit.test_srs(), unusable) == [point]
    assert circuit.params_digest == circuits.part_digest((), (point,))


# -- a prover with a circuit of its own


def forged(honest: Keys, edit: Callable[[onnx.ModelProto], None], folder: Path) -> tuple[Proof, Proof]:
    """Under the honest keys, an honest proof and one from an edited graph that takes the same inputs and weights."""
    segment = honest.segment
    model = onnx.load_model_from_string(segment.circuit_bytes())
    edit(model)
    onnx.save(model, folder / "forged.onnx")
    more = ((1, len(segment.weights)),) if segment.weights else ()
    seen = replace(segment.visibility, params="fixed")
    graph = replace(segment, onnx_path=folder / "forged.onnx", visibility=seen, more_inputs=more, settings_path=None)
    shutil.copytree(honest.folder, folder / "keys")
    compiled = PROVER.compile(graph, honest.settings)
    (folder / "keys" / "circuit").write_bytes((compiled / "circuit").read_bytes())
    mixed = replace(honest, segment=graph, folder=folder / "keys")
    values = example_input(segment)
    proof = PROVER.prove(honest, PROVER.witness(honest, values))
    return proof, PROVER.prove(mixed, PROVER.witness(mixed, [*values, *segment.weights]))


def transpose(model: onnx.ModelProto) -> None:
    """The product with the transposed weights."""
    node = model.graph.node[-1]
    assert node.op_type == "MatMul"
    node.CopyFrom(helper.make_node("Einsum", list(node.input), list(node.output), equation="mk,nk->mn"))


def move(model: onnx.ModelProto) -> None:
    """The second layer with weights that begin one row of the matrix earlier."""
    held = {item.name: item for item in model.graph.initializer}
    for label in (f"{INPUT}_2_from", f"{INPUT}_2_to"):
        held[label].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(held[label]) - 10, label))


def double(model: onnx.ModelProto) -> None:
    """Twice the weights of the first tensor, which the key fixes."""
    tensor = model.graph.initializer[0]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 2, tensor.name))


@pytest.mark.parametrize(("name", "edit"), [("shard16", transpose), ("digits", move)])
def test_a_product_with_other_weights_is_no_proof_of_the_committed_ones(
    name: str, edit: Callable[[onnx.ModelProto], None], tmp_path: Path
) -> None:
    circuit = circuits.load(name)
    honest, other = forged(keys_of(circuit), edit, tmp_path)
    shown, claimed = honest.commitments(circuit.parts), other.commitments(circuit.parts)
    assert claimed[:2] == shown[:2] and claimed[2] != shown[2]  # the same input, the registered weights, a wrong output
    assert PROVER.verify(keys_of(circuit), honest) and not PROVER.verify(keys_of(circuit), other)


def test_other_weights_than_those_fixed_in_the_key_are_no_proof(tmp_path: Path) -> None:
    circuit = circuits.load("linear4")
    honest, other = forged(keys_of(circuit), double, tmp_path)
    assert honest.instances[:4] == other.instances[:4] and honest.instances != other.instances
    assert PROVER.verify(keys_of(circuit), honest) and not PROVER.verify(keys_of(circuit), other)


# -- builds


def model(nodes: list[onnx.NodeProto], held: dict[str, np.ndarray]) -> bytes:
    """A model of four numbers to four."""
    sides = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("x", "y"))
    x, y = sides
    tensors = [numpy_helper.from_array(array, name) for name, array in held.items()]
    made = helper.make_graph(nodes, "small", [x], [y], tensors)
    data: bytes = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    return data


MATRIX = np.arange(16, dtype=np.float32).reshape(4, 4) / 64
PRODUCT = helper.make_node("MatMul", ["x", "w"], ["y"])


def folder_with(folder: Path, data: bytes, **changes: str) -> Path:
    """shard16's folder with another model and other values in circuit.toml."""
    folder.mkdir()
    text = (circuits.circuits_dir() / "shard16" / "circuit.toml").read_text().replace("[1, 16]", "[1, 4]")
    for name, value in changes.items():
        lines = [f"{name} = {value}" if line.startswith(f"{name} =") else line for line in text.splitlines()]
        text = "\n".join(lines)
    (folder / "circuit.toml").write_text(text)
    (folder / "model.onnx").write_bytes(data)
    return folder


def test_a_circuit_of_several_tensors_and_scales_is_built_and_bound(tmp_path: Path) -> None:
    """A bias, a scalar that stays fixed, and weights finer than the input."""
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"]),
        helper.make_node("Clip", ["h", "low"], ["y"]),
    ]
    held = {"w": MATRIX, "low": np.array(0, np.float32), "b": np.array([1, -1, 0.5, -0.25], np.float32)}
    circuit = build_circuit(
        folder_with(
            tmp_path / "built", model(nodes, held), input_scale="4", param_scale="6", scale_rebase_multiplier="10"
        )
    )
    run = PROVER.execute(circuit.segment, [1.0, 0.5, -1.0, 0.25])
    x = np.array([1.0, 0.5, -1.0, 0.25])
    assert np.allclose(run.values, np.maximum(x @ MATRIX + held["b"], 0)) and run.inputs == (16, 8, -16, 4)
    integers = np.concatenate([MATRIX.ravel(), held["b"]]) * 64
    point = circuits.commit(integers.astype(int).tolist(), circuit.test_srs(), circuit.facts["unusable_rows"])
    assert circuit.params_digest == circuits.part_digest((), (point.to_bytes(),))


@pytest.mark.parametrize("params", ["polycommit", "hashed"])
def test_weights_that_ezkl_would_not_tie_are_refused(params: str, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "loose", model([PRODUCT], {"w": MATRIX}), params=f'"{params}"')
    with pytest.raises(ZkError, match=f"does not tie weights that are {params}"):
        build_circuit(folder)
    with pytest.raises(ZkError, match="does not tie"):
        circuits.rekey_circuit(folder)
    command = [Path(sys.executable).parent / "mai", "verifier", "key", "build", folder, "--to", tmp_path / "made.bin"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1 and "does not tie" in done.stderr
    assert not (folder / "key.bin").exists() and not (tmp_path / "made.bin").exists()


def test_weights_that_nothing_reads_are_refused(tmp_path: Path) -> None:
    """One matrix of two is used: the commitment would show both."""
    nodes = [PRODUCT, helper.make_node("Add", ["x", "unused"], ["z"])]
    folder = folder_with(tmp_path / "unused", model(nodes, {"w": MATRIX, "unused": np.ones(4, np.float32)}))
    with pytest.raises(ZkError, match="leaves 4 of 20 values of commitment 2 free"):
        build_circuit(folder)
    assert not (folder / "key.bin").exists()


def test_other_builds_are_refused(tmp_path: Path) -> None:
    good = model([PRODUCT], {"w": MATRIX})
    for index, (data, changes, words) in enumerate(
        (
            (good, {"params_points": "0"}, "not its weights' commitments"),
            (good, {"params_points": "2"}, "not its weights' commitments"),
            (good, {"disable_freivalds": "false"}, "disable_freivalds = true"),
            (good, {"input": '"public"'}, "so the input is polycommit too"),
            (good, {"param_scale": "3"}, "at least the input_scale, 7"),
            (model([helper.make_node("Relu", ["x"], ["y"])], {}), {}, "no weights to commit to"),
            (model([PRODUCT], {"w": np.full((4, 4), np.inf, np.float32)}), {}, "no weights to commit to, or some"),
        )
    ):
        with pytest.raises(ZkError, match=words):
            build_circuit(folder_with(tmp_path / str(index), data, **changes))
        assert not (tmp_path / str(index) / "key.bin").exists()


def test_calibration_is_not_for_committed_weights() -> None:
    segment = circuits.load("digits").segment
    with pytest.raises(ZkError, match="cannot choose their scale"):
        PROVER.calibrate(segment, [example_input(segment)])


def test_a_name_that_is_taken_is_refused() -> None:
    nodes = [helper.make_node("MatMul", ["x", INPUT], ["y"])]
    with pytest.raises(ZkError, match="a name begins with"):
        lift(model(nodes, {INPUT: MATRIX}), "small", 7, 7)


def test_the_compiled_graph_holds_no_weights() -> None:
    """So one circuit and one key serve all of them; what stays are shapes, places and scales."""
    for name in BOUND:
        segment = circuits.load(name).segment
        graph = onnx.load_model_from_string(segment.circuit_bytes()).graph
        sizes = {item.name: int(np.prod(item.dims)) for item in graph.initializer}
        assert all(label.startswith(INPUT) and size <= 2 for label, size in sizes.items())
        assert [item.name for item in graph.input][1:] == [INPUT]


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pk").write_bytes(bytes(1 << 16))
    with pytest.raises(ZkError, match="is it a proving key"):
        check_tied(tmp_path / "pk", 9, [1], "nothing")


def test_ezkl_is_told_that_what_is_left_is_fixed() -> None:
    assert Visibility(params=COMMITTED).ezkl_params == "fixed" and Visibility(params="hashed").ezkl_params == "hashed"
    with pytest.raises(ZkError, match="disable_freivalds"):
        Segment("small", Path("model.onnx"), (1, 4), Visibility(params=COMMITTED))
