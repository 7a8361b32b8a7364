"""Weights as one more committed input of a circuit, so that their commitment binds them.

EZKL 23 ties an input's cells to its commitment; a constant that one operation alone reads it lays out as a copy that
nothing ties to the committed column (docs/decisions/0026-shards-of-smollm2.md). So what EZKL compiles is not the model
itself: its weights, one after the other, are a second input of the graph, which slices and reshapes them; everything
else (shapes, paddings, scalars) stays fixed in the key. One compiled circuit and one key serve every weight set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mai_zk.errors import ZkError

INPUT = "mai_weights"


@dataclass(frozen=True)
class Lifted:
    """graph: the ONNX file to compile; values: what its last input takes; size: how many numbers that is."""

    graph: bytes
    values: tuple[float, ...]

    @property
    def size(self) -> int:
        """Weights."""
        return len(self.values)


def lift(data: bytes, name: str, input_scale: int, param_scale: int) -> Lifted:
    """A checked ONNX file with its weights as the last input.

    Weights are the initializers of 32-bit floats with at least one axis, in the file's order, each row by row. A weight
    w becomes the integer round(w * 2^param_scale), as a constant would.

    Raises:
        ZkError: there are no weights, they are not finite, or param_scale is below input_scale.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    if param_scale < input_scale:
        raise ZkError(f"The committed weights of {name} need a param_scale of at least the input_scale, {input_scale}.")
    model = onnx.load_model_from_string(data)
    graph = model.graph
    tensors = [item for item in graph.initializer if item.data_type == TensorProto.FLOAT and len(item.dims) > 0]
    names = {item.name for item in tensors}
    arrays = {item.name: numpy_helper.to_array(item) for item in tensors}
    flat = np.concatenate([np.ravel(array) for array in arrays.values()]).astype(np.float64) if arrays else np.zeros(0)
    if flat.size == 0 or not np.isfinite(flat).all():
        raise ZkError(f"The model of {name} holds no weights to commit to, or some that are not finite.")
    kept = [item for item in graph.initializer if item.name not in names]
    inputs = [item for item in graph.input if item.name not in names]
    nodes, source = [], INPUT

    def constant(label: str, values: np.ndarray) -> str:
        kept.append(numpy_helper.from_array(values, f"{INPUT}_{label}"))
        return f"{INPUT}_{label}"

    if param_scale > input_scale:
        # Inputs have one scale. EZKL reads a product with a power of two below one as another scale of the same number.
        power = constant("scale", np.full((1, 1), 2.0 ** (input_scale - param_scale), dtype=np.float32))
        nodes.append(helper.make_node("Mul", [INPUT, power], [f"{INPUT}_scaled"]))
        source = f"{INPUT}_scaled"
    axis, start = constant("axis", np.array([1])), 0
    for index, (label, array) in enumerate(arrays.items()):
        piece = source
        if array.size < flat.size:
            piece = f"{INPUT}_{index}"
            ends = [
                constant(f"{index}_from", np.array([start])),
                constant(f"{index}_to", np.array([start + array.size])),
            ]
            nodes.append(helper.make_node("Slice", [source, *ends, axis], [piece]))
        shape = constant(f"{index}_shape", np.array(array.shape))
        nodes.append(helper.make_node("Reshape", [piece, shape], [label]))
        start += array.size
    inputs.append(helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, flat.size]))
    made = helper.make_graph([*nodes, *graph.node], graph.name, inputs, list(graph.output), kept)
    lifted = helper.make_model(made, opset_imports=list(model.opset_import), ir_version=8, producer_name="mai")
    try:
        onnx.checker.check_model(lifted)
    except onnx.checker.ValidationError as error:
        raise ZkError(f"The weights of {name} cannot be made an input: a name begins with {INPUT}.") from error
    values = flat * 2.0 ** (param_scale - input_scale)
    return Lifted(lifted.SerializeToString(), tuple(values.tolist()))
