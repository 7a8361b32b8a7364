"""The checked-in weights: the embedding's table, and the integers in the segments' ONNX files."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx
from onnx import numpy_helper

from mai_zk import circuits
from mai_zk.errors import ZkError
from mai_zk.language.tiny import graphs, shape
from mai_zk.language.tiny.graphs import Integers, Weights

FOLDER = "tiny"
"""In the circuits' folder: what belongs to no single segment."""


@cache
def embedding() -> Integers:
    """The embedding's rows, VOCABULARY x WIDTH."""
    path = circuits.circuits_dir() / FOLDER / "embedding.npy"
    try:
        table = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ZkError(f"{path} cannot be read; restore it, or run circuits/tiny/train.py.") from error
    if table.shape != (shape.VOCABULARY, shape.WIDTH) or not np.issubdtype(table.dtype, np.integer):
        raise ZkError(f"{path} is no table of {shape.VOCABULARY} rows of {shape.WIDTH} integers; restore it.")
    return np.asarray(table, dtype=np.int64)


@cache
def of_segment(segment: int) -> Weights:
    """The integer weights of a segment, by name."""
    path = circuits.circuits_dir() / shape.SEGMENTS[segment] / "model.onnx"
    try:
        tensors = {tensor.name: tensor for tensor in onnx.load(path).graph.initializer}
        return {
            name: np.asarray(numpy_helper.to_array(tensors[name]), dtype=np.int64) for name in graphs.SHAPES[segment]
        }
    except (OSError, KeyError, ValueError) as error:
        raise ZkError(f"{path} cannot be read or misses a weight; restore it or train again.") from error
