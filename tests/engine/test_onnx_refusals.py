"""ONNX Runtime: what is hashed, and every folder, graph or device that is refused, in one sentence each."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from engine.helpers import asked, onnx_spec
from engine.optimum import small
from mai.engine.backends.onnx import Onnx
from mai.engine.engine import Engine
from mai.engine.errors import EngineError

pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'mai[onnx]'")
NAME = "tiny-llama"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model."""
    return small(tmp_path_factory.mktemp("onnx") / NAME)


def test_the_hash_is_of_every_file(folder: Path, tmp_path: Path) -> None:
    here = tmp_path / NAME
    shutil.copytree(folder, here)
    files = ("config.json", "generation_config.json", "model.onnx", "tokenizer.json", "tokenizer_config.json")
    lines = [f"{hashlib.sha256((here / name).read_bytes()).hexdigest()}  {name}\n" for name in files]
    expected = f"sha256-of-files:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
    assert Onnx().load(onnx_spec(here)).weights == expected
    (here / "README.md").write_text("not the model's")
    assert Onnx().load(onnx_spec(here)).weights == expected
    (here / "generation_config.json").write_text("{}")
    assert Onnx().load(onnx_spec(here)).weights != expected


def _renamed(old: str, new: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        for item in (*model.graph.input, *model.graph.output):
            item.name = new if item.name == old else item.name
        for node in model.graph.node:
            for names in (node.input, node.output):
                for place, name in enumerate(names):
                    names[place] = new if name == old else name

    return change


def _deeper(model: onnx.ModelProto) -> None:
    place = next(item for item in model.graph.input if item.name == "position_ids")
    place.type.tensor_type.shape.dim.add().dim_param = "more"


def _typed(model: onnx.ModelProto) -> None:
    model.graph.input.append(onnx.helper.make_tensor_value_info("use_cache_branch", onnx.TensorProto.BOOL, [1]))


def _elsewhere(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[-1]
    del tensor.external_data[:]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_renamed("past_key_values.0.key", "cache_0"), "it has no input past_key_values.0.key"),
        (_renamed("attention_mask", "mask"), "it has no input attention_mask"),
        (_renamed("logits", "scores"), "it has no output logits"),
        (_renamed("present.1.value", "kept"), "it has no output present.1.value"),
        (_deeper, "position_ids has 3 dimensions, not 2"),
        (_typed, "it has an input use_cache_branch, which nobody gives"),
        (_elsewhere, "has weights in '../../secret', which is none of its files"),
    ],
)
def test_a_graph_that_is_no_decoder(folder: Path, tmp_path: Path, change: Callable[..., None], words: str) -> None:
    here = tmp_path / NAME
    shutil.copytree(folder, here)
    model = onnx.load_model(here / "model.onnx")
    change(model)
    (here / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(EngineError, match=words) as caught:
        Onnx().load(onnx_spec(here))
    assert caught.value.name == "load_failed" and "\n" not in str(caught.value) and str(tmp_path) not in words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.onnx", b"no graph", "model.onnx is no ONNX graph, or it is damaged"),
        ("model.onnx", None, "ONNX Runtime cannot load model.onnx|model.onnx is no ONNX graph"),
        ("tokenizer.json", b"{}", "tokenizer.json of .* cannot be read: it is damaged"),
        ("tokenizer_config.json", b"[]", "tokenizer_config.json cannot be read: it is no JSON object"),
        ("config.json", b"{", "config.json cannot be read: it is no JSON object"),
    ],
)
def test_damaged_files(folder: Path, tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    here = tmp_path / NAME
    shutil.copytree(folder, here)
    spec = onnx_spec(here)
    whole = (here / name).read_bytes()
    (here / name).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(EngineError, match=words) as caught:
        Onnx().load(spec)
    assert caught.value.name == "load_failed" and "\n" not in str(caught.value)


def test_missing_weights_beside_the_graph(tmp_path: Path) -> None:
    folder = small(tmp_path / NAME, external=True)
    spec = onnx_spec(folder)
    (folder / "model.onnx_data").unlink()
    with pytest.raises(EngineError, match=r"model.onnx has weights in 'model.onnx_data', which is missing"):
        Onnx().load(spec)


def test_a_gpu_is_never_the_cpu(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    on_gpu = dataclasses.replace(onnx_spec(folder), device="gpu")
    with pytest.raises(EngineError, match=r"has no CUDA execution provider .it has .*CPU.: install onnxruntime-gpu"):
        Onnx().load(on_gpu)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    warned = pytest.warns(UserWarning, match="is not in available provider names")
    with warned, pytest.raises(EngineError, match="has its CUDA provider and cannot start it"):
        Onnx().load(on_gpu)


def test_a_refusal_comes_through_the_worker(run: Run, folder: Path, tmp_path: Path) -> None:
    here = tmp_path / NAME
    shutil.copytree(folder, here)
    spec = onnx_spec(here)
    (here / "tokenizer.json").unlink()

    async def story(engine: Engine) -> str:
        with pytest.raises(EngineError) as caught:
            await engine.complete(asked())
        return str(caught.value)

    assert run(story, spec).startswith(f"{here} has no tokenizer.json: export the model with Optimum")
