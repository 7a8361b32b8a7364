"""`mai model`, for people and for programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mai.cli.main import app
from mai.engine.models.catalogue import Speed
from mai.engine.models.store import Store
from mai.errors import MaiError
from models.conftest import SIZE, gguf
from models.servers import Server
from typer.testing import CliRunner

Run = Callable[..., str]


@pytest.fixture
def run(store: Store) -> Run:
    """A command's output; its failure is raised as the command raises it."""

    def command(*words: object) -> str:
        result = CliRunner().invoke(app, ["model", *map(str, words)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return command


def said(run: Run, *words: object) -> Any:
    return json.loads(run(*words, "--output", "json"))


def test_from_the_pull_to_the_removal(run: Run, store: Store, server: Server) -> None:
    pulled = said(run, "pull", "hf:someone/something/Some_Model.Q4.gguf", "--licence", "Apache-2.0")
    assert (pulled["name"], pulled["sha256"], pulled["removed"]) == ("some_model.q4", server.sha256, [])
    name = pulled["name"]
    store.record_speed(Speed(name, "llama.cpp", "f" * 64, 310.0, 42.5, 1_800_000_000))
    listed = said(run, "list")
    (model,) = (model for model in listed["models"] if model["owned"])
    assert model["speeds"][0]["generation"] == 42.5 and listed["used"] >= SIZE and listed["budget"] is None
    table = run("list")
    assert name in table and "3.2 MB" in table and "42.5" in table and "no budget" in table
    shown = run("show", name)
    assert server.sha256[:40] in shown.replace("\n", "") and "Apache-2.0" in shown and "310.0 tokens/s read" in shown
    assert said(run, "verify", name) == {"models": [{"name": name, "state": "good"}]}
    assert said(run, "remove", name, "--yes")["freed"] == SIZE
    with pytest.raises(MaiError, match="there is no model"):
        run("show", name)


def test_a_damaged_model_ends_verify_with_an_error(run: Run, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf(50_000))
    run("pull", f"file:{path}", "--sha256", hashlib.sha256(path.read_bytes()).hexdigest())
    store.use("m").write_bytes(gguf(50_000, seed=9))
    with pytest.raises(MaiError, match="damaged or missing: m"):
        run("verify", "m")
    assert said(run, "show", "m")["state"] == "damaged"


def test_the_budget_is_set_and_taken_away(run: Run) -> None:
    assert said(run, "budget", "50GB")["budget"] == 50 * 10**9
    assert run("budget").startswith("budget 50.0 GB; ")
    assert said(run, "budget", "none")["budget"] is None
    with pytest.raises(MaiError, match="is no size"):
        run("budget", "lots")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["pull", "somewhere"], "is no source of a model"),
        (["pull", "hf:o/r/f.bin"], "say --kind"),
        (["pull", "hf:o/r/f.bin", "--kind", "exe"], "no kind of model 'exe'"),
        (["pull", "hf:o/r/f.gguf", "--licence", "a\nb"], "printable"),
        (["pull", "file:/nowhere/f.gguf"], "--trust-first-use"),
        (["show", "nothing"], "there is no model 'nothing'"),
        (["remove", "nothing", "--yes"], "there is no model nothing"),
        (["remove", "nothing", "--output", "json"], "add --yes"),
    ],
)
def test_a_mistake_is_one_sentence(run: Run, words: list[str], sentence: str) -> None:
    with pytest.raises(MaiError, match=sentence) as caught:
        run(*words)
    assert "\n" not in str(caught.value)
