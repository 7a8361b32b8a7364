"""ONNX models in the registry: a graph and the files beside it, from a folder and from the hub."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from engine.helpers import PLAIN
from engine.optimum import small
from mai.engine.backends import BACKENDS
from mai.engine.backends.onnx import Onnx
from mai.engine.choice import Wish as Served
from mai.engine.choice import candidates, chosen
from mai.engine.models import benchmark
from mai.engine.models.catalogue import DAMAGED, GOOD
from mai.engine.models.names import ONNX, SERVED_BY
from mai.engine.models.runners import Onnx as Runner
from mai.engine.models.sources import parse_source
from mai.engine.models.store import Store, Wish
from mai.engine.protocol import Message, ModelSpec, Prompt
from mai.errors import MaiError

pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'mai[onnx]'")
COMMIT = "d" * 40
TRUST = Wish(trust_first_use=True)
LARGE = 20_000
"""The hub keeps larger files apart, and states their SHA-256."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with its weights beside the graph."""
    return small(tmp_path_factory.mktemp("onnx") / "Tiny-Llama", inside="onnx/model_fp32.onnx", external=True)


class Repository:
    """A repository of the hub: what is in it, what was fetched, and what it lies about."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.fetched = files, list[str]()
        self.failing, self.lying = "", ""


@contextmanager
def hub_of(repository: Repository) -> Iterator[str]:
    """The repository behind a real server that answers as the hub does."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _answer(self, body: bool) -> None:
            name = self.path.partition("/resolve/")[2].partition("/")[2]
            content = repository.files.get(name)
            failing = body and name == repository.failing
            self.send_response(404 if content is None or failing else 200)
            content = b"" if content is None or failing else content
            self.send_header("X-Repo-Commit", COMMIT)
            if len(content) > LARGE:
                self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
            else:
                blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
                self.send_header("ETag", f'"{blob[::-1] if name == repository.lying else blob}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                repository.fetched.append(name)
                self.wfile.write(content)

        def do_HEAD(self) -> None:
            self._answer(False)

        def do_GET(self) -> None:
            self._answer(True)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    made = Repository(files | {"README.md": b"nobody asks for it"})
    with hub_of(made) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield made


FROM_HUB = parse_source("hf:someone/Tiny-Llama/onnx/model_fp32.onnx")


def test_a_folder_is_copied_listed_and_served(store: Store, folder: Path) -> None:
    model, _ = store.pull(parse_source(f"file:{folder}"), TRUST)
    assert (model.name, model.kind, model.sha256_from) == ("tiny-llama-fp32", ONNX, "first use")
    assert {path.name for path in Path(model.path).rglob("*") if path.is_file()} == {
        "config.json", "generation_config.json", "model_fp32.onnx", "model_fp32.onnx_data", "tokenizer.json",
        "tokenizer_config.json",
    }  # fmt: skip
    assert model.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    installed = [ModelSpec(model.name, BACKENDS[SERVED_BY[model.kind]], str(store.use(model.name)))]
    wish = Served(model=model.name, device="cpu", ollama_url="http://127.0.0.1:9", vllm_url="http://127.0.0.1:9")
    (spec,) = chosen(candidates(PLAIN, wish, installed), PLAIN, wish)
    backend = Onnx()
    assert backend.load(spec).weights == f"sha256-of-files:{model.sha256}"
    assert backend.count(Prompt((Message("user", "hi"),)))
    assert store.verify(model.name).state == GOOD and not list(store.parts.iterdir())
    stated = Wish(name="again", sha256=model.sha256)
    assert store.pull(parse_source(f"file:{folder}/onnx/model_fp32.onnx"), stated)[0].sha256_from == "option"


def test_what_was_changed_is_damaged_and_pulled_again(store: Store, folder: Path) -> None:
    source = parse_source(f"file:{folder}")
    model, _ = store.pull(source, TRUST)
    (Path(model.path) / "chat_template.jinja").write_text("another template")
    assert store.verify(model.name).state == DAMAGED
    with pytest.raises(MaiError, match="is damaged: pull it again"):
        store.use(model.name)
    assert store.pull(source, TRUST)[0].state == GOOD and store.verify(model.name).state == GOOD
    (Path(model.path) / "tokenizer.json").unlink()
    assert store.verify(model.name).state == DAMAGED
    store.remove(model.name)
    assert not list(store.files.iterdir()) and not Path(model.path).exists()


def test_a_second_pull_is_held_to_the_first(store: Store, folder: Path, tmp_path: Path) -> None:
    here = tmp_path / "Tiny-Llama"
    shutil.copytree(folder, here)
    model, _ = store.pull(parse_source(f"file:{here}"), TRUST)
    (here / "generation_config.json").write_text("{}")
    with pytest.raises(MaiError, match=r"the files' SHA-256 is .*, not .* as it was stated: thrown away"):
        store.pull(parse_source(f"file:{here}"), TRUST)
    assert store.verify(model.name).state == GOOD and not list(store.parts.glob("*.files"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("file:{folder}", "nobody states what the content of"),
        ("file:{folder}/onnx/../..", "holds no .onnx graph"),
        ("ipfs:bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/model.onnx", "has its tokenizer beside it"),
    ],
)
def test_what_is_refused(store: Store, folder: Path, source: str, words: str) -> None:
    with pytest.raises(MaiError, match=words):
        store.pull(parse_source(source.format(folder=folder)))
    assert not [model for model in store.models() if model.owned]


def test_a_graph_without_a_tokenizer_is_refused(store: Store, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "bare")
    (tmp_path / "bare" / "tokenizer.json").unlink()
    with pytest.raises(MaiError, match=r"has no tokenizer\.json"):
        store.pull(parse_source(f"file:{tmp_path}/bare"), TRUST)


def test_the_hub_states_every_file(store: Store, repository: Repository) -> None:
    model, _ = store.pull(FROM_HUB)
    assert (model.name, model.revision, model.sha256_from) == ("tiny-llama-fp32", COMMIT, "hub")
    assert store.verify(model.name).state == GOOD
    assert sorted(repository.fetched) == sorted(set(repository.files) - {"README.md"})


def test_a_pull_that_broke_off_fetches_no_file_twice(store: Store, repository: Repository) -> None:
    repository.failing = "tokenizer.json"
    with pytest.raises(MaiError):
        store.pull(FROM_HUB)
    assert not [model for model in store.models() if model.owned] and "config.json" in repository.fetched
    repository.failing, before = "", list(repository.fetched)
    repository.fetched.clear()
    model, _ = store.pull(FROM_HUB)
    assert store.verify(model.name).state == GOOD
    assert set(repository.fetched) == {"tokenizer.json", "tokenizer_config.json", "generation_config.json"} - (
        set(before) - {"tokenizer.json"}
    )


def test_what_was_left_and_changed_is_fetched_again(store: Store, repository: Repository) -> None:
    repository.failing = "tokenizer.json"
    with pytest.raises(MaiError):
        store.pull(FROM_HUB)
    (staging,) = store.parts.glob("*.files")
    (staging / "config.json").write_text("{}")
    repository.failing = ""
    repository.fetched.clear()
    model, _ = store.pull(FROM_HUB)
    assert store.verify(model.name).state == GOOD and "config.json" in repository.fetched
    assert "onnx/model_fp32.onnx" not in repository.fetched


def test_a_folder_that_changed_after_a_kill_is_copied_anew(
    store: Store, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "Tiny-Llama"
    shutil.copytree(folder, here)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store.catalogue, "add", _interrupt)
        store.pull(parse_source(f"file:{here}"), TRUST)
    (here / "generation_config.json").write_text("{}")
    model, _ = store.pull(parse_source(f"file:{here}"), TRUST)
    assert (Path(model.path) / "generation_config.json").read_text() == "{}"
    assert store.verify(model.name).state == GOOD


def test_a_small_file_is_what_git_calls_it(store: Store, repository: Repository) -> None:
    repository.lying = "config.json"
    with pytest.raises(MaiError, match=r"config\.json@d+ is not what the hub states: thrown away"):
        store.pull(FROM_HUB)
    assert not [model for model in store.models() if model.owned]


def test_a_repository_without_what_is_needed(store: Store, repository: Repository) -> None:
    del repository.files["tokenizer.json"], repository.files["generation_config.json"]
    with pytest.raises(MaiError, match=r"the hub has no such file: hf:someone/Tiny-Llama/tokenizer\.json"):
        store.pull(FROM_HUB)
    assert store.remove("tiny-llama-fp32") is None and not list(store.parts.iterdir())


def test_a_pull_killed_before_it_was_listed_is_taken_back(
    store: Store, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store.catalogue, "add", _interrupt)
        store.pull(FROM_HUB)
    repository.fetched.clear()
    model, _ = store.pull(FROM_HUB)
    assert repository.fetched == [] and store.verify(model.name).state == GOOD


def _interrupt(_: object) -> None:
    raise KeyboardInterrupt


def test_it_is_timed(store: Store, folder: Path) -> None:
    reading, writing = Runner(folder, PLAIN).seconds(16, 4)
    assert reading > 0 and writing > 0
    model, _ = store.pull(parse_source(f"file:{folder}"), TRUST)
    backend, name, runner = benchmark._runner(store, model.name, PLAIN)
    assert (backend, name) == ("onnx", model.name) and runner is not None and not runner.on_gpu
