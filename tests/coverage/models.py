"""ONNX models of the coverage table: small, made by onnx.helper, weights from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = tuple[int, ...]
Array = npt.NDArray[Any]
Maker = Callable[[], bytes]
OPSET = 13
IR_VERSION = 8


class Builder:
    """A graph under construction: one input `x`, one output, weights drawn in the order of the calls."""

    def __init__(self, shape: Shape, kind: int = TensorProto.FLOAT) -> None:
        self.shape = shape
        self.kind = kind
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.random = np.random.default_rng(23)

    def weight(self, *shape: int, scale: float = 0.3) -> str:
        """A normal random tensor."""
        return self.constant(self.random.normal(size=shape, scale=scale).astype("f4"))

    def constant(self, array: Array) -> str:
        """A tensor of the given values."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def floats(self, *values: float) -> str:
        """A vector of floats."""
        return self.constant(np.array(values, "f4"))

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append a node of one output; its name."""
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Append a node; the names of its outputs."""
        outputs = [f"n{len(self.nodes)}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return outputs

    def build(self, output: str, shape: Shape) -> bytes:
        """The model file."""
        graph = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info("x", self.kind, list(self.shape))],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape))],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        data: bytes = model.SerializeToString()
        return data


def dense(inputs: int, *outputs: int, activation: str | None = None) -> Maker:
    """Gemm layers, the activation between them and after the last."""

    def make() -> bytes:
        graph, at, size = Builder((1, inputs)), "x", inputs
        for count in outputs:
            at, size = graph.op("Gemm", at, graph.weight(size, count), graph.weight(count)), count
            at = graph.op(activation, at) if activation else at
        return graph.build(at, (1, size))

    return make


def unary(size: int, *kinds: str) -> Maker:
    """Operators of one argument, one after another."""

    def make() -> bytes:
        graph, at = Builder((1, size)), "x"
        for kind in kinds:
            at = graph.op(kind, at)
        return graph.build(at, (1, size))

    return make


def shifted(size: int, kind: str) -> Maker:
    """kind(x + 1): an operator that needs positive numbers."""

    def make() -> bytes:
        graph = Builder((1, size))
        return graph.build(graph.op(kind, graph.op("Add", "x", graph.floats(1.0))), (1, size))

    return make


def gelu(size: int) -> Maker:
    """Gemm, then x/2 (1 + erf(x / sqrt 2))."""

    def make() -> bytes:
        graph = Builder((1, size))
        h = graph.op("Gemm", "x", graph.weight(size, size), graph.weight(size))
        erf = graph.op("Erf", graph.op("Mul", h, graph.floats(0.5**0.5)))
        one = graph.op("Add", erf, graph.floats(1.0))
        return graph.build(graph.op("Mul", graph.op("Mul", h, graph.floats(0.5)), one), (1, size))

    return make


def normalise(graph: Builder, at: str, epsilon: float = 0.05) -> str:
    """(x - mean) / sqrt(variance + epsilon) over the last axis."""
    centred = graph.op("Sub", at, graph.op("ReduceMean", at, axes=[-1]))
    variance = graph.op("ReduceMean", graph.op("Pow", centred, graph.floats(2.0)), axes=[-1])
    deviation = graph.op("Sqrt", graph.op("Add", variance, graph.floats(epsilon)))
    return graph.op("Div", centred, deviation)


def layer_norm(size: int) -> Maker:
    """Layer normalisation with gain and bias."""

    def make() -> bytes:
        graph = Builder((1, size))
        scaled = graph.op("Mul", normalise(graph, "x"), graph.weight(size, scale=1.0))
        return graph.build(graph.op("Add", scaled, graph.weight(size)), (1, size))

    return make


def softmax(size: int) -> Maker:
    """Softmax over the last axis."""

    def make() -> bytes:
        graph = Builder((1, size))
        return graph.build(graph.op("Softmax", "x", axis=-1), (1, size))

    return make


def conv(side: int, channels: int, pool: str | None = None) -> Maker:
    """A 3x3 convolution of one channel, ReLU, and a 2x2 pool if asked for."""

    def make() -> bytes:
        graph, size = Builder((1, 1, side, side)), side - 2
        at = graph.op(
            "Conv", "x", graph.weight(channels, 1, 3, 3), graph.weight(channels), kernel_shape=[3, 3], strides=[1, 1]
        )
        at = graph.op("Relu", at)
        if pool:
            at, size = graph.op(pool, at, kernel_shape=[2, 2], strides=[2, 2]), size // 2
        return graph.build(at, (1, channels, size, size))

    return make


def pool(side: int, kind: str) -> Maker:
    """A 2x2 pool alone."""

    def make() -> bytes:
        graph = Builder((1, 1, side, side))
        return graph.build(graph.op(kind, "x", kernel_shape=[2, 2], strides=[2, 2]), (1, 1, side // 2, side // 2))

    return make


def top_k(size: int, count: int) -> Maker:
    """The largest values, in order."""

    def make() -> bytes:
        graph = Builder((1, size))
        values, _ = graph.ops("TopK", 2, "x", graph.constant(np.array([count], "i8")), axis=1)
        return graph.build(values, (1, count))

    return make


def arg_max(size: int) -> Maker:
    """The index of the largest value."""

    def make() -> bytes:
        graph = Builder((1, size))
        index = graph.op("ArgMax", "x", axis=1, keepdims=1)
        return graph.build(graph.op("Cast", index, to=TensorProto.FLOAT), (1, 1))

    return make


def embed(rows: int, columns: int) -> Maker:
    """Gather with indices from the input: rows of a table."""

    def make() -> bytes:
        graph = Builder((1, 4), TensorProto.INT64)
        return graph.build(graph.op("Gather", graph.weight(rows, columns), "x", axis=0), (1, 4, columns))

    return make


def attention(length: int, width: int, *, block: bool = False) -> Maker:
    """Single-head attention with a residual; `block` adds both normalisations and a ReLU feed-forward part."""

    def make() -> bytes:
        graph = Builder((length, width))
        start = normalise(graph, "x") if block else "x"
        query, key, value = (graph.op("MatMul", start, graph.weight(width, width)) for _ in range(3))
        scores = graph.op("MatMul", query, graph.op("Transpose", key, perm=[1, 0]))
        weights = graph.op("Softmax", graph.op("Mul", scores, graph.floats(width**-0.5)), axis=-1)
        mixed = graph.op("MatMul", graph.op("MatMul", weights, value), graph.weight(width, width))
        at = graph.op("Add", mixed, "x")
        if block:
            hidden = graph.op("Relu", graph.op("MatMul", normalise(graph, at), graph.weight(width, 2 * width)))
            at = graph.op("Add", graph.op("MatMul", hidden, graph.weight(2 * width, width)), at)
        return graph.build(at, (length, width))

    return make


def product(length: int, width: int, activation: str | None = None) -> Maker:
    """x times a square weight matrix: one einsum, large enough for Freivalds' check; then the activation."""

    def make() -> bytes:
        graph = Builder((length, width))
        at = graph.op("MatMul", "x", graph.weight(width, width))
        return graph.build(graph.op(activation, at) if activation else at, (length, width))

    return make


def mixed(size: int) -> Maker:
    """Comparisons and selections: Greater, Where, Abs, Clip, Max, Floor."""

    def make() -> bytes:
        graph = Builder((1, size))
        h = graph.op("Gemm", "x", graph.weight(size, size), graph.weight(size))
        greater = graph.op("Greater", h, "x")
        chosen = graph.op("Where", greater, h, graph.op("Abs", h))
        clipped = graph.op("Clip", chosen, graph.constant(np.array(0.0, "f4")), graph.constant(np.array(0.75, "f4")))
        return graph.build(graph.op("Max", clipped, graph.op("Floor", h)), (1, size))

    return make


def names(shape: Sequence[int]) -> str:
    """A shape for people: 1×4."""
    return "×".join(map(str, shape))
