"""Models that are timed: how long a prompt and an answer of so many tokens take, on whatever can run one here."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from mai_zk.errors import ZkError

from mai.engine import onnxfolder
from mai.engine.hardware import Machine
from mai.errors import MaiError

LLAMA, ONNX, PROVABLE = "llama.cpp", "onnx", "provable"
TINY = "tiny"
REGISTRY = "mai_zk.language.registry"
_BACKENDS = (
    (LLAMA, "llama_cpp", "llama-cpp-python"),
    (ONNX, "onnxruntime", "onnxruntime"),
    (PROVABLE, REGISTRY, "onnxruntime"),
)
"""Backend, the module that must be there, and the package whose version counts."""
TOKEN = 1_000
"""Any token will do: what is measured is the time, which does not depend on the text."""
ALL_LAYERS = -1


class Runner(Protocol):
    """Something that runs a model."""

    @property
    def on_gpu(self) -> bool:
        """Whether the model's layers are on a GPU."""

    def seconds(self, prompt: int, answer: int) -> tuple[float, float]:
        """How long a prompt of so many tokens takes, and an answer to it."""


def installed_backends() -> str:
    """The backends that are installed, with their versions, as they go into the fingerprint."""
    found = list[str]()
    for backend, module, package in _BACKENDS:
        try:
            if find_spec(module) is not None:
                found.append(f"{backend} {metadata.version(package)}")
        except (metadata.PackageNotFoundError, ModuleNotFoundError):
            continue
    return ", ".join(found)


class LlamaCpp:
    """A GGUF file in llama.cpp, all of it on the GPU where there is one and the library can use it."""

    def __init__(self, path: Path, machine: Machine, context: int) -> None:
        """Load it.

        Raises:
            MaiError: llama.cpp is not installed, or cannot load the file.
        """
        try:
            import llama_cpp
        except ImportError as error:
            raise MaiError("llama-cpp-python is not installed: run `pip install 'mai[llm]'`") from error
        self.on_gpu = bool(machine.gpus) and bool(llama_cpp.llama_supports_gpu_offload())
        try:
            self._model: Any = llama_cpp.Llama(
                str(path),
                n_ctx=context,
                n_gpu_layers=ALL_LAYERS if self.on_gpu else 0,
                n_threads=machine.cores,
                verbose=False,
            )
        except (ValueError, RuntimeError, AssertionError) as error:
            raise MaiError(f"llama.cpp cannot load {path.name}") from error

    def seconds(self, prompt: int, answer: int) -> tuple[float, float]:
        self._model.reset()
        begun = time.perf_counter()
        self._model.eval([TOKEN] * prompt)
        read = time.perf_counter()
        for _ in range(answer):
            self._model.eval([self._model.sample(temp=0.0)])
        return read - begun, time.perf_counter() - read


class Onnx:
    """A folder with a graph in ONNX Runtime, on an NVIDIA GPU where there is one and the library can use it."""

    def __init__(self, path: Path, machine: Machine) -> None:
        """Load it.

        Raises:
            MaiError: it is no decoder, or cannot be loaded.
        """
        from mai.engine.backends.onnxgraph import Decoder, gpu_refused

        self.on_gpu = any(gpu.kind == "CUDA" for gpu in machine.gpus) and gpu_refused() is None
        self._decoder = Decoder(onnxfolder.find(path), machine.cores, gpu=self.on_gpu)

    def seconds(self, prompt: int, answer: int) -> tuple[float, float]:
        decoder = self._decoder
        token = min(TOKEN, (decoder.vocabulary or TOKEN + 1) - 1)
        decoder.reset()
        begun = time.perf_counter()
        decoder.read([token] * prompt)
        read = time.perf_counter()
        for _ in range(answer):
            decoder.read([token])
        return read - begun, time.perf_counter() - read


class Provable:
    """A model of mai_zk.language, in the integers that are proved."""

    on_gpu = False

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def load(cls, name: str) -> Provable:
        """Load it.

        Raises:
            MaiError: there is no such model here.
        """
        try:
            return cls(import_module(REGISTRY).load(name))
        except (ImportError, ZkError) as error:
            raise MaiError(f"the provable model {name} cannot be loaded here") from error

    def seconds(self, prompt: int, answer: int) -> tuple[float, float]:
        room = int(self._model.token_cap)
        answer = max(min(answer, room - 2), 2)
        tokens = [1] * max(min(prompt, room - answer), 1)
        arrived = list[float]()
        begun = time.perf_counter()
        self._model.run(tokens, answer, stop=False, on_token=lambda _: arrived.append(time.perf_counter()))
        # Scaled to what was asked for: a small model has no room for so many tokens.
        read = (arrived[0] - begun) * prompt / len(tokens)
        return read, (arrived[-1] - arrived[0]) * answer / (len(arrived) - 1)


def candidates(embedded: Path | None) -> list[tuple[str, str, Callable[[Machine, int], Runner]]]:
    """(backend, model, how it is loaded) of what may run here, best first."""
    found = list[tuple[str, str, Callable[[Machine, int], Runner]]]()
    if embedded is not None and find_spec("llama_cpp") is not None:
        found.append((LLAMA, "", lambda machine, context: LlamaCpp(embedded, machine, context)))
    if find_spec(REGISTRY) is not None:
        found.append((PROVABLE, TINY, lambda machine, context: Provable.load(TINY)))
    return found
