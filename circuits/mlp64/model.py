"""Writes model.onnx: y = W2·relu(W1·x + b1) + b2, 64 → 64 → 10, seeded random weights; for measuring.

Run: `python circuits/mlp64/model.py`.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTHS, SEED = (64, 64, 10), 65


def model() -> onnx.ModelProto:
    """The graph, one row of 64 floats in, 10 out."""
    random = np.random.default_rng(SEED)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        values = random.normal(scale=1 / np.sqrt(shape[0]), size=shape)
        return numpy_helper.from_array(np.round(values * 128).astype(np.float32) / 128, name)

    inner, hidden, outer = WIDTHS
    initializers = [weights("w1", inner, hidden), weights("b1", hidden), weights("w2", hidden, outer)]
    initializers.append(weights("b2", outer))
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mlp64",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, inner])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, outer])],
        initializers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="mai")


if __name__ == "__main__":
    onnx.save(model(), Path(__file__).with_name("model.onnx"))
