"""Writes model.onnx: y = x·W, 576 numbers in, 48 out, seeded random weights: a shape (mai_zk.shards), not a model.

Its key serves every weight set of the shape.
Run: `python circuits/shard/model.py`.
"""

from pathlib import Path

import onnx
from mai_zk import shards

SHAPE, SEED = shards.Shape(576, 48), 0


def model() -> onnx.ModelProto:
    """The graph, one row of 576 floats in, 48 out."""
    return onnx.load_model_from_string(shards.model(SHAPE, shards.seeded_weights(SHAPE, SEED)))


if __name__ == "__main__":
    onnx.save(model(), Path(__file__).with_name("model.onnx"))
