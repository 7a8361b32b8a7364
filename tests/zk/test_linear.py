"""Linear shards with weights as an input: layout, points, and provers who compute with other weights (20 s)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from mai.chain.check import check_proof
from mai_zk import linear, shards
from mai_zk.circuits import commit
from mai_zk.errors import ZkError
from mai_zk.language.integers import round_shift
from mai_zk.linear import LinearShape, shape_keys, shape_program
from mai_zk.prooffile import ProofFile
from mai_zk.prover import CpuProver, Keys, Proof
from mai_zk.segment import Segment, Visibility
from mai_zk.settings import RESERVED_ROWS
from mai_zk.shards import BOUND, SCALE, Shape
from mai_zk.srs import make_test_srs
from mai_zk.sums import UNUSABLE_ROWS
from mai_zk.ties import tied_rows
from onnx import TensorProto, helper, numpy_helper

PROVER = CpuProver()
SIDE = 16
SHAPES = [LinearShape(16, 16), LinearShape(7, 5, 2), LinearShape(9, 4, 3), LinearShape(90, 10, 3), LinearShape(1, 1, 2)]


def name(shape: LinearShape) -> str:
    """For test ids."""
    return shape.name


def integers(shape: LinearShape, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and weights."""
    draw = np.random.default_rng(seed)
    return draw.integers(-3000, 3000, shape.d_in), draw.integers(-(1 << 15), 1 << 15, (shape.d_in, shape.d_out))


@pytest.mark.parametrize("shape", SHAPES, ids=name)
def test_a_proof_shows_input_weights_and_output(shape: LinearShape) -> None:
    inputs, weights = integers(shape, 1)
    witness = PROVER.witness(shape_keys(shape), linear.values(inputs, weights))
    proof, srs = PROVER.prove(shape_keys(shape), witness), make_test_srs(shape.logrows)
    assert PROVER.verify(shape_keys(shape), proof)
    outputs = round_shift(inputs @ weights, SCALE)
    assert list(witness.execution.outputs) == outputs.tolist()
    flat = weights.ravel()
    columns = [flat[start : start + shape.column] for start in range(0, flat.size, shape.column)]
    shown = [commit(part.tolist(), srs, UNUSABLE_ROWS).to_bytes() for part in (inputs, *columns, outputs)]
    assert list(proof.commitments(shape.parts)) == shown and len(columns) == shape.parts.params_points
    assert check_proof(shape_program(shape), ProofFile(proof.instances, proof.proof)).reason is None


def test_weights_fill_as_many_columns_as_they_need() -> None:
    assert LinearShape(90, 10, 3).parts.params_points == 2 and LinearShape(16, 16).parts == shards.PARTS
    for shape in (LinearShape(576, 48, 2), LinearShape(1536, 18, 2)):
        assert (shape.logrows, shape.parts.params_points, shape.size) == (14, 2, 27_648)
        assert shape.rows <= (1 << 14) - RESERVED_ROWS


@pytest.mark.parametrize("shape", SHAPES, ids=name)
def test_the_graph_holds_no_weights_and_the_settings_ask_for_the_rows_in_use(shape: LinearShape) -> None:
    graph = onnx.load_from_string(linear.model(shape)).graph
    assert not graph.initializer and [item.name for item in graph.input] == ["x", "w"]
    found = linear.fixed_settings(shape, PROVER)
    assert (found.rows, found.logrows) == (shape.rows, shape.logrows)
    assert found.run_args["decomp_base"] ** found.run_args["decomp_legs"] == BOUND


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (shards.MAX_SIDE + 1, 1, 1), (4, 4, 0), (4, 4, 4)])
def test_sides_and_columns_are_bounded(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ZkError, match="linear shard"):
        LinearShape(*wrong)
    with pytest.raises(ZkError, match="cut it smaller"):
        _ = LinearShape(1 << 12, 1 << 12).logrows


def test_an_output_beyond_the_bound_is_not_proved() -> None:
    shape = LinearShape(16, 16)
    with pytest.raises(ZkError, match="EZKL refused"):
        PROVER.witness(shape_keys(shape), linear.values(np.full(16, BOUND - 1), np.full((16, 16), 1 << SCALE)))


# -- what the commitments bind


@pytest.mark.parametrize("shape", [*SHAPES, LinearShape(576, 48, 2), LinearShape(1536, 18, 2)], ids=name)
def test_every_committed_value_is_tied_to_the_product(shape: LinearShape) -> None:
    """The last two are SmolLM2's."""
    tied = tied_rows(shape_keys(shape).pk, shape.logrows)
    weights = [min(shape.column, shape.size - start) for start in range(0, shape.size, shape.column)]
    for column, length in enumerate((shape.d_in, *weights, shape.d_out)):
        assert tied[column] == list(range(length))


def constant(shape: Shape, weights: np.ndarray, folder: Path) -> Segment:
    """A shard as EZKL commits to it by itself: weights are constants of the graph."""
    segment = shards.prepare(shape, weights, folder, PROVER)
    arguments = replace(shape.run_args, ignore_range_check_inputs_outputs=False, disable_freivalds=False)
    return replace(segment, visibility=Visibility(), run_args=arguments, settings_path=None)


def test_constants_of_a_graph_are_not_tied(tmp_path: Path) -> None:
    shape = Shape(SIDE, SIDE)
    segment = constant(shape, shards.seeded_weights(shape, 1), tmp_path)
    inputs, weights, outputs, *_ = tied_rows(PROVER.setup(segment, make_test_srs(shape.logrows)).pk, shape.logrows)
    assert inputs == outputs == list(range(SIDE)) and weights == []


# -- a prover with a circuit of its own


def transposed(honest: Keys, weights: np.ndarray | None, numbers: list[float], folder: Path) -> tuple[bool, Proof]:
    """A proof under the honest keys of the product with the transposed weights, and whether EZKL accepts it.

    weights: of the graph, or None where they are an input.
    """
    side = [SIDE, SIDE]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, SIDE])]
    if weights is None:
        given.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, side))
    held = [] if weights is None else [numpy_helper.from_array(weights.astype(np.float32), "w")]
    node = helper.make_node("Einsum", ["x", "w"], ["y"], equation="mk,nk->mn")
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, SIDE])
    graph = helper.make_graph([node], "forged", given, [output], held)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir()
    (folder / "model.onnx").write_bytes(made.SerializeToString())
    segment = replace(honest.segment, onnx_path=folder / "model.onnx", settings_path=None)
    compiled = PROVER.compile(segment, honest.settings)
    shutil.copytree(honest.folder, folder / "keys")
    (folder / "keys" / "circuit").write_bytes((compiled / "circuit").read_bytes())
    mixed = replace(honest, folder=folder / "keys")
    proof = PROVER.prove(mixed, PROVER.witness(mixed, numbers))
    return PROVER.verify(honest, proof), proof


def test_weights_that_are_an_input_are_bound(tmp_path: Path) -> None:
    shape = LinearShape(SIDE, SIDE)
    inputs, weights = integers(shape, 2)
    numbers = linear.values(inputs, weights)
    honest = PROVER.prove(shape_keys(shape), PROVER.witness(shape_keys(shape), numbers))
    holds, forged = transposed(shape_keys(shape), None, numbers, tmp_path / "forged")
    read, shown, given = forged.commitments(shape.parts)
    assert (read, shown) == honest.commitments(shape.parts)[:2] and given != honest.commitments(shape.parts)[2]
    assert PROVER.verify(shape_keys(shape), honest) and not holds


def test_weights_that_are_a_constant_of_the_graph_are_not_bound(tmp_path: Path) -> None:
    """Why weights are an input: EZKL accepts a product with other weights than those of the commitment."""
    shape = Shape(SIDE, SIDE)
    weights, numbers = shards.seeded_weights(shape, 1), [value / 2**SCALE for value in range(SIDE)]
    with shards.cache.scratch() as folder:
        known = PROVER.setup(constant(shape, weights, folder), make_test_srs(shape.logrows))
        honest = PROVER.prove(known, PROVER.witness(known, numbers))
        holds, forged = transposed(known, weights, numbers, tmp_path / "forged")
    read, shown, given = forged.commitments(shards.PARTS)
    assert (read, shown) == honest.commitments(shards.PARTS)[:2] and given != honest.commitments(shards.PARTS)[2]
    assert holds
