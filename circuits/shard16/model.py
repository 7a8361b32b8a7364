"""Writes model.onnx: y = x·W, 16 numbers in, 16 out, seeded random weights: a shape (mai_zk.shards), not a model.

Its key serves every weight set of the shape.
Run: `python circuits/shard16/model.py`.
"""

from pathlib import Path

import onnx
from mai_zk import shards

SHAPE, SEED = shards.Shape(16, 16), 0


def model() -> onnx.ModelProto:
    """The graph, one row of 16 floats in, 16 out."""
    return onnx.load_model_from_string(shards.model(SHAPE, shards.seeded_weights(SHAPE, SEED)))


if __name__ == "__main__":
    onnx.save(model(), Path(__file__).with_name("model.onnx"))
