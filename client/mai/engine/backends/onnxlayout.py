"""What a graph must look like to be a decoder with a cache, as Optimum exports them; read without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mai.engine.errors import EngineError
from mai.engine.onnxfolder import OnnxFolder

IDS, MASK, PLACES, LOGITS = "input_ids", "attention_mask", "position_ids", "logits"
_PAST = re.compile(r"past_key_values\.\d+\.(key|value)")
_FIRST = "past_key_values.0.key"
_LOCATION = "location"
_WHOLE, _FLOATS = ("int64", "int32"), ("float32", "float16")


@dataclass(frozen=True)
class Value:
    """An input or output: the name of its type in NumPy, and its sizes; 0 where one is not fixed."""

    type: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """A decoder's inputs and outputs.

    Attributes:
        whole: the inputs that are whole numbers: tokens, mask, and perhaps their places.
        past: the inputs of the cache.
        vocabulary: of the logits; 0 where the graph does not tell.
    """

    whole: dict[str, npt.DTypeLike]
    past: dict[str, Value]
    vocabulary: int


def present(past: str) -> str:
    """The output that is the next step's input."""
    return past.replace("past_key_values", "present", 1)


def layout_of(model: OnnxFolder) -> Layout:
    """Read the graph.

    Raises:
        EngineError: load_failed; it is damaged, is no such decoder, or has weights outside of the model's files.
    """
    name, read = model.graph.name, _load(model.graph)
    missing = _outside(read) - {path.name for path in model.data}
    for place in sorted(missing):
        what = "is missing" if place.startswith(name) else "is none of its files"
        raise EngineError("load_failed", f"{name} has weights in {place[:80]!r}, which {what}")
    constants = {item.name for item in read.graph.initializer}
    inputs = {item.name: _value(item) for item in read.graph.input if item.name not in constants}
    outputs = {item.name: _value(item) for item in read.graph.output}
    past = {name: value for name, value in inputs.items() if _PAST.fullmatch(name)}
    why = _wrong(inputs, outputs, past)
    if why is not None:
        raise EngineError("load_failed", f"{name} is no decoder with a cache as Optimum exports it: {why}")
    whole: dict[str, npt.DTypeLike] = {item: inputs[item].type for item in (IDS, MASK, PLACES) if item in inputs}
    return Layout(whole, past, outputs[LOGITS].shape[2])


def _wrong(inputs: dict[str, Value], outputs: dict[str, Value], past: dict[str, Value]) -> str | None:
    for name in (IDS, MASK, _FIRST):
        if name not in inputs:
            return f"it has no input {name}"
    for name in (LOGITS, *map(present, past)):
        if name not in outputs:
            return f"it has no output {name}"
    for name in inputs:
        if name not in (IDS, MASK, PLACES, *past):
            return f"it has an input {name[:80]}, which nobody gives"
    ranks = {IDS: 2, MASK: 2, PLACES: 2, LOGITS: 3} | {name: 4 for item in past for name in (item, present(item))}
    for name, value in (inputs | outputs).items():
        if name not in ranks:
            continue
        if len(value.shape) != ranks[name]:
            return f"{name} has {len(value.shape)} dimensions, not {ranks[name]}"
        types = _WHOLE if name in (IDS, MASK, PLACES) else _FLOATS
        if value.type not in types:
            return f"{name} is of {value.type or 'no type'}, not of {' or '.join(types)}"
    for name, value in past.items():
        if not value.shape[1] or not value.shape[3]:
            return f"{name} does not tell how many heads it has, and how large they are"
    return None


def _value(item: Any) -> Value:
    from onnx import helper

    tensor = item.type.tensor_type
    kind = str(np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))) if tensor.elem_type else ""
    return Value(kind, tuple(max(place.dim_value, 0) for place in tensor.shape.dim))


def outside(graph: Path) -> set[str]:
    """The files that hold weights of a graph, as it names them.

    Raises:
        EngineError: load_failed; it is no graph.
    """
    return _outside(_load(graph))


def _load(graph: Path) -> Any:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load_model(graph, load_external_data=False)
    except (OSError, DecodeError) as error:
        raise EngineError("load_failed", f"{graph.name} is no ONNX graph, or it is damaged") from error


def _outside(read: Any) -> set[str]:
    """All weights outside of a graph must be in files that are hashed, and nowhere else on this machine."""
    return {item.value for tensor in _tensors(read) for item in tensor.external_data if item.key == _LOCATION}


def _tensors(read: Any) -> Iterator[Any]:
    """Every tensor of a model, those inside of branches and loops as well."""
    graphs, nodes = [read.graph], [node for function in read.functions for node in function.node]
    while graphs or nodes:
        if graphs:
            graph = graphs.pop()
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
            nodes += graph.node
            continue
        for attribute in nodes.pop().attribute:
            yield from (attribute.t, *attribute.tensors)
            graphs += [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]
