"""What the machine has, and which backend and model that means: every reason, and no silent way to the CPU."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from engine.helpers import PLAIN
from engine.optimum import small
from engine.recorded import Recorded, answering
from mai.engine.backends import BACKENDS
from mai.engine.choice import Candidate, Wish, candidates, chosen
from mai.engine.hardware import Gpu, Machine, detect, gpu_use
from mai.engine.protocol import ModelSpec
from mai.errors import MaiError
from patience import WAIT_SECONDS

H100 = "NVIDIA H100 80GB HBM3, 81559, 550.90.07\nNVIDIA H100 80GB HBM3, 81559, 550.90.07\n"
"""`nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits`."""
MI300 = (
    '{"card0": {"VRAM Total Memory (B)": "206141652992", "VRAM Total Used Memory (B)": "297172992", '
    '"Card Series": "AMD Instinct MI300X", "GPU use (%)": "37"}, "system": {"Driver version": "6.10.5"}}'
)
"""`rocm-smi --json --showproductname --showmeminfo vram --showdriverversion`."""
CARD = Gpu("CUDA", "NVIDIA H100 80GB HBM3", 81_559 * 2**20, "550.90.07")
WITH_GPU = dataclasses.replace(PLAIN, gpus=(CARD,))
NOWHERE = "http://127.0.0.1:9"
ELSEWHERE = {"ollama_url": NOWHERE, "vllm_url": NOWHERE}


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH: vendors' tools are there only if a test writes them."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("mai.engine.hardware.TOOL_SECONDS", WAIT_SECONDS)
    return tmp_path


def write_tool(folder: Path, name: str, body: str) -> None:
    """A program."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    path.chmod(0o755)


def of(found: list[Candidate], backend: str) -> Candidate:
    """The first candidate of a backend."""
    return next(item for item in found if item.backend == backend)


# Hardware


def test_a_machine_without_gpus_says_what_was_looked_for(tool: Path) -> None:
    machine = detect()
    assert machine.gpus == () and gpu_use(machine) == -1
    assert machine.notes == ("no CUDA GPU: nvidia-smi is not on PATH", "no ROCm GPU: rocm-smi is not on PATH")
    assert machine.cores >= 1 and machine.threads >= machine.cores and machine.cpu
    assert 0 < machine.free_bytes <= machine.ram_bytes


def test_nvidia_gpus(tool: Path) -> None:
    write_tool(tool, "nvidia-smi", f"print('40\\n61' if 'utilization' in ' '.join(sys.argv) else {H100.strip()!r})")
    machine = detect()
    assert machine.gpus == (CARD, CARD) and gpu_use(machine) == 505
    assert machine.notes == ("no ROCm GPU: rocm-smi is not on PATH",)


def test_amd_gpus(tool: Path) -> None:
    write_tool(tool, "rocm-smi", f"print({MI300!r})")
    machine = detect()
    assert machine.gpus == (Gpu("ROCm", "AMD Instinct MI300X", 206_141_652_992, "6.10.5"),)
    assert gpu_use(machine) == 370


@pytest.mark.parametrize("body", ["sys.exit(9)", "print('NVIDIA-SMI has failed')", "print('[N/A]')"])
def test_a_tool_that_fails_is_no_gpu(tool: Path, body: str) -> None:
    write_tool(tool, "nvidia-smi", body)
    write_tool(tool, "rocm-smi", body)
    machine = detect()
    assert machine.gpus == () and "no CUDA GPU: nvidia-smi lists none" in machine.notes
    assert gpu_use(WITH_GPU) == -1


# Choice


def test_a_gpu_that_was_asked_for_and_is_not_there_is_refused_in_one_sentence() -> None:
    machine = dataclasses.replace(PLAIN, notes=("no CUDA GPU: nvidia-smi is not on PATH",))
    wish = Wish(device="gpu", **ELSEWHERE)
    with pytest.raises(MaiError, match=r"there is no GPU .*nvidia-smi is not on PATH.* leave out --device gpu"):
        chosen(candidates(machine, wish), machine, wish)


def test_a_gpu_that_llama_cpp_cannot_use_is_said(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    import llama_cpp

    if llama_cpp.llama_supports_gpu_offload():
        pytest.skip("this llama-cpp-python has GPU support")
    wish = Wish(backend="llama.cpp", **ELSEWHERE)
    (item,) = candidates(WITH_GPU, wish)
    assert item.device == "cpu" and item.fits and "built without GPU support" in item.reason
    asked = dataclasses.replace(wish, device="gpu")
    with pytest.raises(MaiError, match="built without GPU support"):
        chosen(candidates(WITH_GPU, asked), WITH_GPU, asked)


def test_servers_come_first_on_a_gpu_and_last_without() -> None:
    ollama, vllm = Recorded(), Recorded()
    with answering(ollama.ollama()) as first, answering(vllm.vllm()) as second:
        wish = Wish(ollama_url=first, vllm_url=second)
        fast, slow = candidates(WITH_GPU, wish), candidates(PLAIN, wish)
    assert [item.backend for item in fast][:2] == ["vllm", "ollama"]
    assert [item.backend for item in slow if item.backend != "provable"][-2:] == ["vllm", "ollama"]
    assert chosen(fast, WITH_GPU, wish)[0].location == "Qwen/Qwen2.5-7B-Instruct"
    found = of(fast, "ollama")
    assert found.fits and found.model == "llama3.2" and found.device == "gpu" and "3.83 GB; 85.5 GB" in found.reason
    assert of(slow, "ollama").reason.startswith("3.83 GB; 4.0 GB are free, device cpu")


def test_what_does_not_fit_into_memory_does_not_fit() -> None:
    small = dataclasses.replace(PLAIN, free_bytes=10**9)
    with answering(Recorded().ollama()) as url:
        wish = Wish(backend="ollama", ollama_url=url, vllm_url=NOWHERE)
        found = candidates(small, wish)
    assert not of(found, "ollama").fits
    with pytest.raises(MaiError, match=r"no model can be served here .ollama: 3\.83 GB; 1\.0 GB are free"):
        chosen(found, small, wish)


def test_a_server_that_cannot_keep_to_the_cpu_is_not_asked_to() -> None:
    with answering(Recorded().ollama()) as url:
        found = candidates(WITH_GPU, Wish(device="cpu", ollama_url=url, vllm_url=NOWHERE))
    assert not of(found, "ollama").fits and "cannot be kept" in of(found, "ollama").reason


def test_servers_that_do_not_answer_are_reasons() -> None:
    found = candidates(PLAIN, Wish(**ELSEWHERE))
    assert of(found, "ollama").reason == "no Ollama answers at http://127.0.0.1:9"
    assert of(found, "vllm").reason == "no vLLM answers at http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish(backend="magic"), "there is no backend magic"),
        (Wish(device="tpu"), "there is no device tpu"),
        (Wish(model="nowhere.gguf", **ELSEWHERE), "there is no file nowhere.gguf"),
        (Wish(model="nothing", **ELSEWHERE), "no model called nothing can be served here"),
        (Wish(backend="transformers", **ELSEWHERE), "name a folder with a model"),
    ],
)
def test_wishes_that_cannot_be_had(wish: Wish, words: str) -> None:
    with pytest.raises(MaiError, match=words):
        chosen(candidates(PLAIN, wish), PLAIN, wish)


def test_models_of_the_registry_are_candidates(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(1_000))
    installed = [ModelSpec("from-disk", BACKENDS["llama.cpp"], str(file))]
    found = candidates(PLAIN, Wish(model="from-disk", **ELSEWHERE), installed)
    assert [item.model for item in found] == ["from-disk"]
    asked = candidates(PLAIN, Wish(model=str(file), **ELSEWHERE))
    assert [item.model for item in asked] == ["model"]


def test_only_provable_models_where_that_is_asked() -> None:
    found = candidates(PLAIN, Wish(provable=True, **ELSEWHERE))
    assert {item.backend for item in found} == {"provable"} and found[0].model == "tiny"
    assert not any(item.fits for item in candidates(PLAIN, Wish(provable=True, device="gpu", **ELSEWHERE)))


def test_transformers_serve_a_folder(tmp_path: Path) -> None:
    found = candidates(PLAIN, Wish(model=str(tmp_path), backend="transformers", **ELSEWHERE))
    assert len(found) == 1 and not found[0].fits
    assert "not installed" in found[0].reason or "0.00 GB of weights" in found[0].reason


# ONNX Runtime

UNSAID = {"context": None, "threads": None}


def onnx_of(folder: Path, machine: Machine = PLAIN, **wish: Any) -> Candidate:
    """The one candidate of a path."""
    (found,) = candidates(machine, Wish(**{"model": str(folder), **ELSEWHERE, **wish}))
    assert found.backend == "onnx"
    return found


def test_onnx_runtime_serves_a_folder_or_a_graph_in_it(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    folder = small(tmp_path / "Tiny", inside="onnx/model_q4.onnx", external=True)
    size = sum(path.stat().st_size for path in (folder / "onnx").iterdir())
    for path in (folder, folder / "onnx" / "model_q4.onnx"):
        found = onnx_of(path)
        assert (found.fits, found.model, found.device) == (True, "tiny", "cpu")
        assert found.spec is not None and found.spec.location == str(path)
        assert f"{size / 1e9:.2f} GB of weights need about 0.6 GB; 4.0 GB are free; on the CPU" in found.reason
    tight = dataclasses.replace(PLAIN, free_bytes=int(0.6e9))
    assert not onnx_of(folder, tight).fits
    shutil.copy(folder / "onnx" / "model_q4.onnx", folder / "onnx" / "model_q8.onnx")
    assert "holds 2 graphs (onnx/model_q4.onnx, onnx/model_q8.onnx): name one of them" in onnx_of(folder).reason


def test_the_cache_of_a_full_context_is_counted(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    folder = small(tmp_path / "tiny")
    config = json.loads((folder / "config.json").read_text())
    large = {"num_hidden_layers": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 131_072}
    (folder / "config.json").write_text(json.dumps(config | large))
    assert "need about 2.7 GB" in onnx_of(folder).reason  # 8,192 tokens of 2 · 4 · 32 · 8 · 128 bytes
    assert "need about 0.9 GB" in onnx_of(folder, context=1_024).reason


def test_onnx_runtime_says_why_it_cannot_use_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    folder = small(tmp_path / "tiny")
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    found = onnx_of(folder, WITH_GPU)
    assert found.fits and found.device == "cpu" and "has no CUDA execution provider (it has CPU)" in found.reason
    wish = Wish(model=str(folder), device="gpu", **ELSEWHERE)
    with pytest.raises(MaiError, match=r"onnx: .*this onnxruntime has no CUDA execution provider"):
        chosen(candidates(WITH_GPU, wish), WITH_GPU, wish)
    amd = dataclasses.replace(PLAIN, gpus=(Gpu("ROCm", "AMD Instinct MI300X", 10**11, ""),))
    assert "there is no NVIDIA GPU" in onnx_of(folder, amd).reason and not onnx_of(folder, amd, device="gpu").fits
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    found = onnx_of(folder, WITH_GPU)
    assert found.fits and found.device == "gpu" and "85.5 GB are free; on NVIDIA H100" in found.reason
    assert onnx_of(folder, WITH_GPU, device="cpu").device == "cpu"


@pytest.mark.parametrize(
    ("gone", "words"),
    [("tokenizer.json", "has no tokenizer.json: export"), ("config.json", "has no config.json: export")],
)
def test_a_folder_that_lacks_something(tmp_path: Path, gone: str, words: str) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    folder = small(tmp_path / "tiny")
    (folder / gone).unlink()
    found = onnx_of(folder)
    assert not found.fits and found.spec is None and words in found.reason


def test_a_folder_that_is_called_as_another_model_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    for name in ("tiny", "smollm2-135m-instruct"):
        folder = small(tmp_path / name)
        assert onnx_of(folder).spec == ModelSpec(name, BACKENDS["onnx"], str(folder), "cpu", UNSAID)
    monkeypatch.chdir(tmp_path)
    assert [item.backend for item in candidates(PLAIN, Wish(model="tiny", **ELSEWHERE))] == ["provable"]
    assert onnx_of(Path("./tiny/model.onnx")).model == "tiny"


def test_onnx_runtime_without_a_folder(tmp_path: Path) -> None:
    assert "name a folder with an .onnx graph" in of(candidates(PLAIN, Wish(**ELSEWHERE)), "onnx").reason
    assert "holds no .onnx graph" in onnx_of(tmp_path, backend="onnx").reason
    folder = tmp_path / "onnx"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"")
    installed = [ModelSpec("from-disk", BACKENDS["onnx"], str(folder))]
    (found,) = candidates(PLAIN, Wish(model="from-disk", **ELSEWHERE), installed)
    assert (found.backend, found.fits) == ("onnx", False)
