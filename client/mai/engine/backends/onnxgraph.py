"""A decoder in ONNX Runtime with its key-value cache: tokens go in, the next one's logits come out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mai.engine.errors import EngineError
from mai.engine.onnxfolder import OnnxFolder

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
STEP = 128
"""Tokens of a prompt that go in at a time: so many rows of logits are in memory, and a cancellation waits no longer."""
IDS, MASK, PLACES, LOGITS = "input_ids", "attention_mask", "position_ids", "logits"
_PAST = re.compile(r"past_key_values\.(\d+)\.(key|value)")
_RANKS = {IDS: 2, MASK: 2, PLACES: 2, LOGITS: 3}
_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_EXTERNAL = "location"
Floats = NDArray[np.floating]


def gpu_refused() -> str | None:
    """Why this ONNX Runtime cannot use an NVIDIA GPU; None where it has what that takes."""
    import onnxruntime

    found = onnxruntime.get_available_providers()
    if CUDA in found:
        return None
    names = ", ".join(name.removesuffix("ExecutionProvider") for name in found)
    return (
        f"this onnxruntime has no CUDA execution provider (it has {names}): install onnxruntime-gpu in its place, "
        "or leave out --device gpu"
    )


class Decoder:
    """One loaded graph and the cache of one conversation.

    Attributes:
        vocabulary: of the logits; None where the graph does not tell.
    """

    def __init__(self, model: OnnxFolder, threads: int, *, gpu: bool) -> None:
        """Load the graph.

        Raises:
            EngineError: load_failed; it cannot be loaded, is no decoder with a cache, or the GPU cannot be used.
        """
        import onnxruntime

        if gpu and (reason := gpu_refused()) is not None:
            raise EngineError("load_failed", reason)
        _check_data(model)
        self._runtime, self._name, self._gpu = onnxruntime, model.graph.name, gpu
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.use_deterministic_compute = True
        options.enable_mem_pattern = False  # the cache has another length at every step
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # an idle worker takes no core
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(model.graph), options, providers=[CUDA if gpu else CPU]
            )
        except Exception as error:  # its exceptions have no class in common, and quote paths
            raise EngineError(
                "load_failed", f"ONNX Runtime cannot load {self._name}: it is damaged, or of another version"
            ) from error
        if gpu and CUDA not in self._session.get_providers():
            raise EngineError(
                "load_failed", "ONNX Runtime has its CUDA provider and cannot start it: install the CUDA it was built for"
            )
        self._inputs = {item.name: item for item in self._session.get_inputs()}
        self._outputs = {item.name: item for item in self._session.get_outputs()}
        self._check()
        self._past = {name: self._empty(name) for name in self._inputs if _PAST.fullmatch(name)}
        last = self._outputs[LOGITS].shape[2]
        self.vocabulary = last if isinstance(last, int) else None
        self.reset()

    def reset(self) -> None:
        """Forget the conversation."""
        make = self._runtime.OrtValue.ortvalue_from_numpy
        self._kept: dict[str, Any] = {name: make(value) for name, value in self._past.items()}
        self._length = 0

    def read(self, tokens: list[int], cancelled: Callable[[], bool] = lambda: False) -> Floats | None:
        """Go on by these tokens.

        Returns:
            The logits after the last of them (vocabulary); None where it was cancelled on the way.
        """
        logits: Floats | None = None
        for start in range(0, len(tokens), STEP):
            if cancelled():
                return None
            logits = self._step(tokens[start : start + STEP])
        return logits

    def _step(self, tokens: list[int]) -> Floats:
        bound, whole = self._session.io_binding(), self._length + len(tokens)
        given = {IDS: tokens, MASK: [1] * whole, PLACES: range(self._length, whole)}
        for name, values in given.items():
            if name in self._inputs:
                kind = _TYPES[self._inputs[name].type]
                bound.bind_cpu_input(name, np.array([list(values)], dtype=kind))
        for name, value in self._kept.items():
            bound.bind_ortvalue_input(name, value)
        bound.bind_output(LOGITS, "cpu")
        for name in self._kept:
            bound.bind_output(_present(name), "cuda" if self._gpu else "cpu")
        self._session.run_with_iobinding(bound)
        logits, *kept = bound.get_outputs()
        self._kept, self._length = dict(zip(self._kept, kept, strict=True)), whole
        last: Floats = logits.numpy()[0, -1].astype(np.float32)
        return last

    def _empty(self, name: str) -> Floats:
        """A cache of no tokens: (1, heads, 0, numbers of a head)."""
        item = self._inputs[name]
        _, heads, _, size = item.shape
        if not isinstance(heads, int) or not isinstance(size, int):
            raise self._refused(f"its input {name} does not tell how many heads it has, and how large they are")
        return np.zeros((1, heads, 0, size), _FLOATS[item.type])

    def _check(self) -> None:
        past = [name for name in self._inputs if _PAST.fullmatch(name)]
        ranks = _RANKS | {name: 4 for name in past} | {_present(name): 4 for name in past}
        needed = [(self._inputs, "input", [IDS, MASK, "past_key_values.0.key"])]
        needed.append((self._outputs, "output", [LOGITS, *map(_present, past)]))
        for items, what, names in needed:
            for name in names:
                if name not in items:
                    raise self._refused(f"it has no {what} {name}")
        for name in self._inputs:
            if name not in (IDS, MASK, PLACES, *past):
                raise self._refused(f"it has an input {name[:80]}, which nobody gives")
        for name, rank in ranks.items():
            item = self._inputs.get(name) or self._outputs.get(name)
            if item is None:
                continue
            if len(item.shape) != rank:
                raise self._refused(f"{name} has {len(item.shape)} dimensions, not {rank}")
            types = _TYPES if name in (IDS, MASK, PLACES) else _FLOATS
            if item.type not in types:
                raise self._refused(f"{name} is a {item.type}, not one of {', '.join(types)}")

    def _refused(self, why: str) -> EngineError:
        return EngineError("load_failed", f"{self._name} is no decoder with a cache as Optimum exports it: {why}")


def _present(past: str) -> str:
    return past.replace("past_key_values", "present", 1)


def _check_data(model: OnnxFolder) -> None:
    """All weights outside of the graph are in files that are hashed, and nowhere else on this machine."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load_model(model.graph, load_external_data=False)
    except (OSError, DecodeError) as error:
        raise EngineError("load_failed", f"{model.graph.name} is no ONNX graph, or it is damaged") from error
    beside = {path.name for path in model.data}
    for tensor in _tensors(graph):
        place = next((item.value for item in tensor.external_data if item.key == _EXTERNAL), None)
        if place is not None and place not in beside:
            what = "is missing" if Path(place).name.startswith(model.graph.name) else "is none of its files"
            raise EngineError("load_failed", f"{model.graph.name} has weights in {place[:80]!r}, which {what}")


def _tensors(model: Any) -> Iterator[Any]:
    """Every tensor of a model, those inside of branches and loops as well."""
    graphs, nodes = [model.graph], [node for function in model.functions for node in function.node]
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
