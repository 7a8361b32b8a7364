"""Writes model.onnx: y = x + W2·gelu(W1·layernorm(x) + b1) + b2 with d = 64, hidden 64, seeded random weights.

A transformer's feed-forward block in miniature, for measuring; it is trained for nothing.
Run: `python circuits/ffn64/model.py`.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

D, HIDDEN, SEED = 64, 64, 64


def model() -> onnx.ModelProto:
    """The graph, one row of D floats in and out."""
    random = np.random.default_rng(SEED)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        values = random.normal(scale=1 / np.sqrt(shape[0]), size=shape)
        return numpy_helper.from_array(np.round(values * 128).astype(np.float32) / 128, name)

    initializers = [
        numpy_helper.from_array(np.ones(D, dtype=np.float32), "gain"),
        numpy_helper.from_array(np.zeros(D, dtype=np.float32), "bias"),
        weights("w1", D, HIDDEN),
        weights("b1", HIDDEN),
        weights("w2", HIDDEN, D),
        weights("b2", D),
        numpy_helper.from_array(np.ones(1, dtype=np.float32), "one"),
    ]
    nodes = [
        helper.make_node("LayerNormalization", ["x", "gain", "bias"], ["n"], axis=-1, epsilon=1e-5),
        helper.make_node("Gemm", ["n", "w1", "b1"], ["h"]),
        # With h for the usual h/sqrt 2 (a factor of W1), gelu is h·(1 + erf h) up to a factor of W2: two products less.
        helper.make_node("Erf", ["h"], ["e"]),
        helper.make_node("Add", ["e", "one"], ["e1"]),
        helper.make_node("Mul", ["h", "e1"], ["g"]),
        helper.make_node("Gemm", ["g", "w2", "b2"], ["f"]),
        helper.make_node("Add", ["x", "f"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "ffn64",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, D])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, D])],
        initializers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="mai")


if __name__ == "__main__":
    onnx.save(model(), Path(__file__).with_name("model.onnx"))
