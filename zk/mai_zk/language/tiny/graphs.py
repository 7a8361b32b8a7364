"""The five segments as ONNX graphs whose every constant is an integer (but for powers of two that only shift).

Arrays are weights, which mai_zk.weights makes a committed input of the circuit; scalars are the model's structure,
which the key fixes. EZKL runs the graphs with scale 0, so integers stay as they are. A product with 2^-n costs nothing:
it moves the point, and the next sum divides by 2^n. EZKL's division may round either way; `_Graph.shifted` takes that
freedom away.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from mai_zk.errors import ZkError
from mai_zk.language.tiny import shape

Integers = npt.NDArray[np.int64]
Weights = Mapping[str, Integers]
"""By name; the names and shapes are in `SHAPES`."""

Shapes = dict[str, tuple[int, ...]]
_HEADS, _WIDTH = shape.HEADS * shape.HEAD_WIDTH, shape.WIDTH
_PROJECTION: Shapes = {"projection": (_WIDTH, shape.PROJECTED - _WIDTH)}
_ATTENTION: Shapes = {"slots": (shape.HEADS, shape.WINDOW), "output": (_HEADS, _WIDTH)}


def _feed(hidden: int) -> Shapes:
    return {"in": (_WIDTH, hidden), "in_bias": (hidden,), "out": (hidden, _WIDTH), "out_bias": (_WIDTH,)}


SHAPES: tuple[Shapes, ...] = (
    _PROJECTION,
    _ATTENTION,
    _feed(shape.HIDDEN[0]) | _PROJECTION,
    _ATTENTION,
    _feed(shape.HIDDEN[1]) | {"logits": (_WIDTH, shape.LOGITS), "logits_bias": (shape.LOGITS,)},
)
"""Each segment's weights."""

INPUTS: tuple[tuple[int, ...], ...] = (
    (shape.WIDTH,),
    (shape.PROJECTED, shape.ATTENDED),
    (shape.ATTENDED,),
    (shape.PROJECTED, shape.ATTENDED),
    (shape.ATTENDED,),
)
"""Each segment's inputs' lengths."""


class _Graph:
    """Nodes and constants, added one by one; methods return the name of what they compute."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        result = name or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [result], **attributes))
        return result

    def integers(self, name: str, values: Integers | int) -> str:
        array = np.asarray(values, dtype=np.int64)
        floats = array.astype(np.float32)
        if not np.array_equal(floats.astype(np.int64), array):
            raise ZkError(f"The weights {name} do not fit float32 exactly; use fewer bits.")
        self.constants[name] = numpy_helper.from_array(floats, name)
        return name

    def indices(self, name: str, values: list[int]) -> str:
        self.constants[name] = numpy_helper.from_array(np.array(values, dtype=np.int64), name)
        return name

    def piece(self, vector: str, start: int, end: int) -> str:
        """Elements of a row vector."""
        bounds = [self.indices(f"at{at}", [at]) for at in (start, end)]
        return self.op("Slice", vector, *bounds, self.indices("axis", [1]))

    def shaped(self, tensor: str, *sides: int) -> str:
        return self.op("Reshape", tensor, self.indices("as" + "x".join(map(str, sides)), list(sides)))

    def clipped(self, tensor: str, most: str) -> str:
        """Between 0 and a constant."""
        positive = self.op("Relu", tensor)
        return self.op("Sub", positive, self.op("Relu", self.op("Sub", positive, most)))

    def shifted(self, x: str, change: str, bits: int) -> str:
        """x + change / 2^bits, rounded to the nearest, halves up, and nothing else.

        EZKL's division, of half a unit more, gives the floor or one more; the rest is negative only in the second case,
        and then one is taken off. Both are compared in the circuit, so a prover has no choice.
        """
        change = self.op("Add", change, self.integers("half", 1 << (bits - 1)))
        self.constants["shift"] = numpy_helper.from_array(np.float32(2.0**-bits), "shift")
        rounded = self.op("Add", x, self.op("Mul", change, "shift"))
        whole = self.op("Mul", self.op("Sub", rounded, x), self.integers("unit", 1 << bits))
        rest = self.op("Sub", change, whole)
        negative = self.op("Less", rest, self.integers("zero", 0))
        return self.op("Sub", rounded, self.op("Cast", negative, to=TensorProto.FLOAT))

    def bytes(self, name: str, inputs: tuple[int, ...], output: str, length: int) -> bytes:
        model = helper.make_model(
            helper.make_graph(
                self.nodes,
                name,
                [
                    helper.make_tensor_value_info(f"input{i}", TensorProto.FLOAT, [1, size])
                    for i, size in enumerate(inputs)
                ],
                [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, length])],
                list(self.constants.values()),
            ),
            opset_imports=[helper.make_opsetid("", 13)],
            ir_version=8,
            producer_name="mai",
        )
        onnx.checker.check_model(model)
        data: bytes = model.SerializeToString()
        return data


def model(segment: int, weights: Weights) -> bytes:
    """The ONNX file of a segment (`shape.PROJECT` ... `shape.ANSWER`); ZkError if weights are missing or misshapen."""
    for name, sides in SHAPES[segment].items():
        if name not in weights or weights[name].shape != sides:
            raise ZkError(f"The weights {name} of {shape.SEGMENTS[segment]} are missing or not of shape {sides}.")
    graph = _Graph()
    build = (_project, _attend, _transform, _attend, _answer)[segment]
    output = build(graph, weights)
    name = build.__name__.strip("_")  # segments of one shape have one name, and so one compiled circuit and one key
    return graph.bytes(name, INPUTS[segment], output, shape.WIDTHS[segment])


def _project(graph: _Graph, weights: Weights) -> str:
    return _projected(graph, "input0", weights)


def _projected(graph: _Graph, x: str, weights: Weights) -> str:
    """x, then its queries, key and value."""
    product = graph.op("MatMul", x, graph.integers("projection", weights["projection"]))
    return graph.op("Concat", x, product, axis=1)


def _attend(graph: _Graph, weights: Weights) -> str:
    """The window moves on by one position, and every head reads it."""
    after_queries = _WIDTH + _HEADS
    x = graph.piece("input0", 0, _WIDTH)
    queries = graph.shaped(graph.piece("input0", _WIDTH, after_queries), shape.HEADS, shape.HEAD_WIDTH)
    windows = []
    for index in range(2):  # keys, values
        start = _WIDTH + index * shape.KEYS
        kept = graph.piece("input1", start + shape.HEAD_WIDTH, start + shape.KEYS)
        first = after_queries + index * shape.HEAD_WIDTH
        new = graph.piece("input0", first, first + shape.HEAD_WIDTH)
        windows.append(graph.op("Concat", kept, new, axis=1))
    keys, values = (graph.shaped(window, shape.WINDOW, shape.HEAD_WIDTH) for window in windows)
    products = graph.op("MatMul", queries, graph.op("Transpose", keys, perm=[1, 0]))
    scores = graph.op("Add", products, graph.integers("slots", weights["slots"]))
    attention = graph.clipped(scores, graph.integers("most", shape.SCORE_MOST))
    read = graph.shaped(graph.op("MatMul", attention, values), 1, _HEADS)
    change = graph.op("MatMul", read, graph.integers("output", weights["output"]))
    return graph.op("Concat", graph.shifted(x, change, shape.ATTENTION_SHIFT), *windows, axis=1)


def _fed(graph: _Graph, x: str, weights: Weights) -> str:
    """What a feed-forward block adds to x, at FED_BITS."""
    hidden = graph.op("MatMul", x, graph.integers("in", weights["in"]))
    hidden = graph.op("Relu", graph.op("Add", hidden, graph.integers("in_bias", weights["in_bias"])))
    change = graph.op("MatMul", hidden, graph.integers("out", weights["out"]))
    return graph.op("Add", change, graph.integers("out_bias", weights["out_bias"]))


def _transform(graph: _Graph, weights: Weights) -> str:
    x = graph.piece("input0", 0, _WIDTH)
    y = graph.shifted(x, _fed(graph, x, weights), shape.FEED_SHIFT)
    bound = graph.integers("bound", shape.X_BOUND)
    raised = graph.clipped(graph.op("Add", y, bound), graph.integers("twice", 2 * shape.X_BOUND))
    return _projected(graph, graph.op("Sub", raised, bound), weights)


def _answer(graph: _Graph, weights: Weights) -> str:
    x = graph.piece("input0", 0, _WIDTH)
    wide = graph.op("Mul", x, graph.integers("unit", 1 << shape.FEED_SHIFT))
    total = graph.op("Add", wide, _fed(graph, x, weights))
    product = graph.op("MatMul", total, graph.integers("logits", weights["logits"]))
    return graph.op("Add", product, graph.integers("logits_bias", weights["logits_bias"]))
