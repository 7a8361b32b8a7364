"""Writes model.onnx: y = relu(x·W + b), 4 numbers in, 4 out, seeded random weights.

The smallest circuit worth verifying: it shows the fixed cost of a proof, and the tests use it.
Run: `python circuits/linear4/model.py`.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE, SEED = 4, 4


def model() -> onnx.ModelProto:
    """The graph, one row of SIZE floats in and out; weights are multiples of 1/128, so quantisation loses nothing."""
    random = np.random.default_rng(SEED)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(np.round(random.normal(size=shape) * 128).astype(np.float32) / 128, name)

    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "b"], ["h"]), helper.make_node("Relu", ["h"], ["y"])],
        "linear4",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, SIZE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, SIZE])],
        [weights("w", SIZE, SIZE), weights("b", SIZE)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="mai")


if __name__ == "__main__":
    onnx.save(model(), Path(__file__).with_name("model.onnx"))
