"""Ways to run a model, each behind ``mai.engine.protocol.Backend``; a worker process imports the one that it needs."""

from __future__ import annotations

import importlib

from mai.engine.errors import EngineError
from mai.engine.protocol import Backend

BACKENDS = {
    "llama.cpp": "mai.engine.backends.llama_cpp:LlamaCpp",
    "ollama": "mai.engine.backends.ollama:Ollama",
    "vllm": "mai.engine.backends.vllm:Vllm",
    "transformers": "mai.engine.backends.transformers:Transformers",
    "onnx": "mai.engine.backends.onnx:Onnx",
    "provable": "mai.engine.backends.provable:Provable",
}
"""Names as ``--backend`` takes them; the values are what :func:`make` imports."""


NAMES = {path: name for name, path in BACKENDS.items()}


def make(path: str) -> Backend:
    """The backend of ``module:Class``, not loaded yet.

    Raises:
        EngineError: load_failed; its library is not installed, or there is no such class.
    """
    module, _, name = path.partition(":")
    try:
        made: Backend = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError) as error:
        raise EngineError("load_failed", f"the backend {path} cannot be had: {error}") from error
    return made
