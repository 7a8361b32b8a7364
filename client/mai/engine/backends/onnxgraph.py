"""A decoder in ONNX Runtime with its key-value cache: tokens go in, the next one's logits come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mai.engine.backends.drawing import Floats
from mai.engine.backends.onnxlayout import IDS, LOGITS, MASK, PLACES, layout_of, present
from mai.engine.errors import EngineError
from mai.engine.onnxfolder import OnnxFolder

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
STEP = 128
"""Tokens of a prompt that go in at a time: so many rows of logits are in memory, and a cancellation waits no longer."""


def gpu_refused() -> str | None:
    """Why this ONNX Runtime cannot use an NVIDIA GPU; None where it has what that takes."""
    import onnxruntime

    found = onnxruntime.get_available_providers()
    if CUDA in found:
        return None
    names = ", ".join(name.removesuffix("ExecutionProvider") for name in found)
    return f"this onnxruntime has no CUDA execution provider (it has {names}): install onnxruntime-gpu in its place"


class Decoder:
    """One loaded graph and the cache of one conversation.

    Attributes:
        vocabulary: of the logits; 0 where the graph does not tell.
    """

    def __init__(self, model: OnnxFolder, threads: int, *, gpu: bool) -> None:
        """Load the graph.

        Raises:
            EngineError: load_failed; it cannot be loaded, is no decoder with a cache, or the GPU cannot be used.
        """
        import onnxruntime

        if gpu and (reason := gpu_refused()) is not None:
            raise EngineError("load_failed", f"{reason}, or leave out --device gpu")
        self._layout = layout_of(model)
        self._runtime, self._gpu = onnxruntime, gpu
        self.vocabulary = self._layout.vocabulary
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.use_deterministic_compute = True
        options.enable_mem_pattern = False  # the cache has another length at every step
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # an idle worker takes no core
        try:
            providers = [CUDA if gpu else CPU]
            self._session: Any = onnxruntime.InferenceSession(str(model.graph), options, providers=providers)
        except Exception as error:  # its exceptions have no class in common, and quote paths
            message = f"ONNX Runtime cannot load {model.graph.name}: it is damaged, or of another version"
            raise EngineError("load_failed", message) from error
        if gpu and CUDA not in self._session.get_providers():
            message = "ONNX Runtime has its CUDA provider and cannot start it: install the CUDA it was built for"
            raise EngineError("load_failed", message)
        self.reset()

    def reset(self) -> None:
        """Forget the conversation."""
        make = self._runtime.OrtValue.ortvalue_from_numpy
        self._kept: dict[str, Any] = {
            name: make(np.zeros((1, value.shape[1], 0, value.shape[3]), value.type))
            for name, value in self._layout.past.items()
        }
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
        for name, kind in self._layout.whole.items():
            bound.bind_cpu_input(name, np.array([list(given[name])], dtype=kind))
        for name, value in self._kept.items():
            bound.bind_ortvalue_input(name, value)
        bound.bind_output(LOGITS, "cpu")
        for name in self._kept:
            bound.bind_output(present(name), "cuda" if self._gpu else "cpu")
        self._session.run_with_iobinding(bound)
        logits, *kept = bound.get_outputs()
        self._kept, self._length = dict(zip(self._kept, kept, strict=True)), whole
        last: Floats = logits.numpy()[0, -1].astype(np.float32)
        return last
