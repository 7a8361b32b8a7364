"""Shards: one key for all weights of a shape, joins of real proofs, ranges, and provers who run another circuit."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from mai_zk import circuits, settings, shards
from mai_zk.circuits import part_digest
from mai_zk.curve import negate
from mai_zk.errors import ZkError
from mai_zk.prover import Keys, Proof
from mai_zk.segment import Segment
from mai_zk.settings import RESERVED_ROWS
from mai_zk.shards import BOUND, SCALE, Shape, Weights, parse_gemm, weights_point
from mai_zk.srs import make_test_srs
from mai_zk.sums import Committed, join, join_committed, unusable_point
from mai_zk.ties import tied_rows
from onnx import TensorProto, helper, numpy_helper
from zk.shard_proofs import LOGROWS, PROVER, SIDE, WHOLE, Shown, integers, keys, point, prove, srs, weights

HALF = SIDE // 2
X = integers(1)
NO_SHAPE = "sides from 1|do not fit|no padding"


@pytest.fixture(scope="module")
def whole() -> Shown:
    """The 16×16 shard with the first weights on X."""
    return prove(WHOLE, weights(1), X)


# -- one key


@pytest.mark.parametrize(
    "matrix",
    [
        weights(2),
        np.zeros((SIDE, SIDE), np.float32),
        np.eye(SIDE, dtype=np.float32),
        np.round(weights(3) * 8),
        np.where(np.arange(SIDE) % 3, weights(4), 0),
    ],
    ids=["others", "zeros", "identity", "integers", "sparse"],
)
def test_one_key_serves_every_weight_set(whole: Shown, matrix: Weights) -> None:
    other = prove(WHOLE, matrix, X)
    assert other.key.blob == whole.key.blob == circuits.load("shard16").key_program.blob
    assert other.keys.settings.text == whole.keys.settings.text
    assert PROVER.verify(whole.keys, other.proof) and PROVER.verify(other.keys, whole.proof)
    assert other.input == whole.input
    assert other.params == weights_point(matrix, srs()) != whole.params == weights_point(weights(1), srs())


@pytest.mark.skipif(os.environ.get("MAI_COVERAGE") != "all", reason="minutes; MAI_COVERAGE=all runs it")
def test_one_key_serves_every_weight_set_of_576x48(tmp_path: Path) -> None:
    circuit, shape = circuits.load("shard"), Shape(576, 48)
    matrix = shards.seeded_weights(shape, 7)
    made = PROVER.setup(shards.prepare(shape, matrix, tmp_path, PROVER), circuit.test_srs())
    assert circuits.compile_key(PROVER, made, circuit.parts).blob == circuit.key_program.blob
    proof = PROVER.prove(made, PROVER.witness(made, circuits.example_input(made.segment)))
    assert PROVER.verify(PROVER.setup(circuit.segment, circuit.test_srs()), proof)
    assert proof.commitments(circuit.parts)[1] == weights_point(matrix, circuit.test_srs()).to_bytes()


def test_the_statement_names_the_weights(whole: Shown) -> None:
    """What `claim` compares: digests of whole points."""
    other = prove(WHOLE, weights(2), X)
    statement = whole.key.statement((), whole.proof.proof)
    assert statement.params == part_digest((), (weights_point(weights(1), srs()).to_bytes(),))
    changed = [other.params, negate(whole.params), whole.output, whole.input]
    assert all(part_digest((), (item.to_bytes(),)) != statement.params for item in changed)


@pytest.mark.parametrize("name", ["shard", "shard16"])
def test_the_circuits_are_their_shapes(name: str) -> None:
    circuit = circuits.load(name)
    array = numpy_helper.to_array(onnx.load(circuit.segment.onnx_path).graph.initializer[0])
    shape = Shape(*array.shape)
    assert circuit.segment.run_args == shape.run_args and circuit.parts == shards.PARTS
    assert circuit.settings.text == shards.fixed_settings(shape, PROVER).text
    assert np.array_equal(array, shards.seeded_weights(shape, 0))
    point = weights_point(array, circuit.test_srs())
    assert circuit.params_digest == part_digest((), (point.to_bytes(),))


# -- shapes


@pytest.mark.parametrize(
    "shape",
    [Shape(1, 1), Shape(16, 1), Shape(4, 33), Shape(64, 8), Shape(9, 7, 30, 11), Shape(8, 8, 16, 8), Shape(576, 2)],
    ids=lambda shape: shape.name,
)
def test_rows_follow_the_rule_and_every_committed_value_is_tied(shape: Shape, tmp_path: Path) -> None:
    """The last tied cell of the columns after the committed ones is in the last row that the layout uses."""
    segment = shards.prepare(shape, shards.seeded_weights(shape, 1), tmp_path, PROVER)
    found = PROVER.setup(segment, make_test_srs(shape.logrows))
    tied = tied_rows(found.pk, shape.logrows)
    lengths = shape.d_in, shape.d_in * shape.d_out, shape.full_width
    assert [set(rows) for rows in tied[:3]] == [set(range(length)) for length in lengths]
    assert max(max(rows, default=0) for rows in tied[3:]) + 1 == shape.rows
    room = (1 << shape.logrows) - RESERVED_ROWS
    assert shape.rows <= found.settings.rows <= room and found.settings.logrows == shape.logrows
    assert found.settings.input_scale == found.settings.output_scale == SCALE


def keys_at(shape: Shape, logrows: int, folder: Path) -> Keys:
    """Keys at a given k, whether the shape fits or not."""
    path = folder / f"{shape.name}.onnx"
    path.write_bytes(shards.model(shape, np.zeros((shape.d_in, shape.d_out))))
    arguments = replace(shape.run_args, logrows=logrows)
    return PROVER.setup(Segment("edge", path, (1, shape.d_in), shards.VISIBILITY, arguments), make_test_srs(logrows))


def test_the_least_k_is_the_least_with_one_set_of_columns(tmp_path: Path) -> None:
    fits, spills = Shape(200, 8), Shape(102, 13)
    assert (fits.rows, spills.rows) == ((1 << 11) - RESERVED_ROWS, (1 << 11) - RESERVED_ROWS + 1)
    assert (fits.logrows, spills.logrows) == (11, 12)
    made = keys_at(fits, 11, tmp_path)
    proof = PROVER.prove(made, PROVER.witness(made, [0.0] * fits.d_in))
    assert len(proof.proof) == circuits.load("shard16").figures["proof_bytes"]
    with pytest.raises(ZkError, match="EZKL"):
        keys_at(Shape(102, 14), 11, tmp_path)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Shape(0, 4),
        lambda: Shape(4, 0),
        lambda: Shape(4, 5, 4),
        lambda: Shape(4, 4, 4),
        lambda: Shape(4, 4, 8, 5),
        lambda: Shape(4, 4, 8, -1),
        lambda: Shape(4, 4, 0, 1),
        lambda: Shape(1 << 18, 1),
    ],
)
def test_other_shapes_are_refused(build: Callable[[], Shape]) -> None:
    with pytest.raises(ZkError, match=NO_SHAPE):
        build()
    assert Shape(4, 4, 8, 4).name == "4x4-at-4-of-8"


def test_maps_are_read_or_refused() -> None:
    assert parse_gemm("576x1536") == parse_gemm("576×1536") == (576, 1536)
    for text in ("", "576", "0x4", "4x0", "4x4x4", "-4x4", "4 x 4", "999999x4", "99999999x4", "ax4"):
        with pytest.raises(ZkError, match="linear map"):
            parse_gemm(text)


def test_weights_must_fit() -> None:
    good = weights(1)
    shards.model(WHOLE, good)
    for bad in (good[:, :8], good * np.nan, good.ravel()):
        with pytest.raises(ZkError, match="finite weights"):
            shards.model(WHOLE, bad)
    weights_point(np.array([(BOUND - 1) / 2**SCALE]), srs())
    with pytest.raises(ZkError, match="scale the layer down"):
        weights_point(np.array([BOUND / 2**SCALE]), srs())
    with pytest.raises(ZkError, match="cut it smaller"):
        _ = Shape(4096, 4096).logrows


# -- joins


def test_one_output_is_the_next_input(whole: Shown) -> None:
    after = prove(WHOLE, weights(5), whole.run.outputs)
    assert after.input == whole.output == point(whole.run.outputs)


def test_columns_join(whole: Shown) -> None:
    left = prove(Shape(SIDE, HALF, SIDE, 0, LOGROWS), weights(1)[:, :HALF], X)
    right = prove(Shape(SIDE, HALF, SIDE, HALF, LOGROWS), weights(1)[:, HALF:], X)
    assert left.run.outputs[HALF:] == right.run.outputs[:HALF] == (0,) * HALF
    # Columns are rounded one by one, so the cut changes no value.
    assert join([left.output, right.output], unusable_point(srs())) == whole.output
    assert left.input == right.input == whole.input
    assert left.key.hash != right.key.hash  # the place is part of the circuit
    assert not PROVER.verify(right.keys, left.proof)


def test_columns_before_rows_need_no_join_between() -> None:
    first, second = weights(1), weights(7)
    narrow, wide = Shape(SIDE, HALF, least_logrows=LOGROWS), Shape(HALF, SIDE, least_logrows=LOGROWS)
    outputs = []
    for part in (slice(None, HALF), slice(HALF, None)):
        block = prove(narrow, first[:, part], X)
        partial = prove(wide, second[part], block.run.outputs)
        assert partial.input == block.output
        outputs.append(partial)
    total = [a + b for a, b in zip(*(item.run.outputs for item in outputs), strict=True)]
    assert join([item.output for item in outputs], unusable_point(srs())) == point(total)


def test_rows_join_and_a_residual_is_added(whole: Shown) -> None:
    shape = Shape(HALF, SIDE, least_logrows=LOGROWS)
    top = prove(shape, weights(1)[:HALF], X[:HALF])
    bottom = prove(shape, weights(1)[HALF:], X[HALF:])
    assert top.key.blob == bottom.key.blob
    total = [a + b for a, b in zip(top.run.outputs, bottom.run.outputs, strict=True)]
    # Each partial sum is rounded by itself.
    assert max(abs(a - b) for a, b in zip(total, whole.run.outputs, strict=True)) <= 1
    layout, residual = shape.output_layout(srs()), Committed(whole.input, WHOLE.input_layout(srs()), BOUND)
    parts = [Committed(item.output, layout, BOUND) for item in (top, bottom)]
    joined = join_committed([*parts, residual], unusable_point(srs()))
    stream = tuple(x + y for x, y in zip(X, total, strict=True))
    assert joined.point == point(stream)
    assert joined.bound == 3 * (BOUND - 1) + 1
    assert prove(WHOLE, weights(6), stream).input == joined.point


# -- ranges


@pytest.mark.parametrize("value", [BOUND - 1, 1 - BOUND])
def test_integers_within_the_bound_are_proved(value: int) -> None:
    shown = prove(WHOLE, np.eye(SIDE, dtype=np.float32), (value, *[0] * (SIDE - 1)))
    assert shown.run.inputs[0] == shown.run.outputs[0] == value


@pytest.mark.parametrize(("factor", "value"), [(1, BOUND), (1, -BOUND), (2, BOUND // 2), (-2, BOUND // 2)])
def test_integers_beyond_the_bound_are_not(factor: int, value: int) -> None:
    """Inputs (factor 1) and outputs (factor 2) alike; EZKL itself finds no witness."""
    with pytest.raises(ZkError, match="EZKL refused"):
        prove(WHOLE, np.eye(SIDE, dtype=np.float32) * factor, (value, *[0] * (SIDE - 1)))
    prove(WHOLE, np.eye(SIDE, dtype=np.float32) * factor, (value // 2 - 1, *[0] * (SIDE - 1)))


# -- a prover with a circuit of its own


def forged(honest: Keys, tail: list[object], extra: list[float], folder: Path) -> tuple[bool, Proof]:
    """A proof under the honest keys from another circuit, and whether EZKL accepts it.

    The circuit appends the numbers `extra`, as weights, to the product and goes on with the nodes of `tail`.
    """
    constants = {"w": weights(1)[:, :HALF], "c": np.array([extra], np.float32)}
    constants |= {"first": np.arange(HALF), "pads": np.array([0, 0, 0, HALF])}
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["b"]), helper.make_node("Concat", ["b", "c"], ["d"], axis=1), *tail],
        "forged",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, SIDE])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    segment = replace(honest.segment, onnx_path=folder / "model.onnx", settings_path=None)
    compiled = PROVER.compile(segment, PROVER.settings(segment))
    shutil.copytree(honest.folder, folder / "keys")
    (folder / "keys" / "circuit").write_bytes((compiled / "circuit").read_bytes())
    mixed = replace(honest, segment=segment, folder=folder / "keys")
    proof = PROVER.prove(mixed, PROVER.witness(mixed, [0.5] * SIDE))
    return PROVER.verify(honest, proof), proof


@pytest.fixture(scope="module")
def padded() -> Keys:
    """Keys of an honest padded shard."""
    return keys(Shape(SIDE, HALF, SIDE, 0, LOGROWS), weights(1)[:, :HALF])


def test_padding_is_constrained_to_zeros(padded: Keys, tmp_path: Path) -> None:
    keep = [helper.make_node("Identity", ["d"], ["y"])]
    assert forged(padded, keep, [0.0] * HALF, tmp_path / "zeros")[0]
    assert not forged(padded, keep, [0.0] * (HALF - 1) + [1.0], tmp_path / "one")[0]


def test_rows_past_the_values_are_free(padded: Keys, tmp_path: Path) -> None:
    """Equal points are equal values; but a prover can give the same values another point, so registered ones count."""
    drop = [helper.make_node("Gather", ["d", "first"], ["f"], axis=1), helper.make_node("Pad", ["f", "pads"], ["y"])]
    holds, proof = forged(padded, drop, [3.0] * HALF, tmp_path / "junk")
    plain = PROVER.prove(padded, PROVER.witness(padded, [0.5] * SIDE))
    assert holds and PROVER.verify(padded, plain)
    (_, params, output), honest = proof.commitments(shards.PARTS), plain.commitments(shards.PARTS)
    assert output == honest[2] and params != honest[1] == weights_point(weights(1)[:, :HALF], srs()).to_bytes()
    junk = np.concatenate([weights(1)[:, :HALF].ravel(), np.full(HALF, 3.0)])
    assert params == weights_point(junk, srs()).to_bytes()


def test_settings_that_are_not_the_shapes_are_refused(tmp_path: Path) -> None:
    segment = shards.prepare(WHOLE, weights(1), tmp_path, PROVER)
    assert PROVER.settings(segment).text == settings.load(tmp_path / "settings.json").text
    other = replace(segment, run_args=replace(segment.run_args, logrows=LOGROWS + 1))
    with pytest.raises(ZkError, match="logrows"):
        PROVER.settings(other)
