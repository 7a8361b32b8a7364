"""Looking at and controlling a miner from the command line, and one sentence for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mai.cli.main import app
from mai.errors import MaiError
from mai.miner.journal import Journal, Work
from mai.miner.seal import Seal
from mai.miner.states import Kind, State
from typer.testing import CliRunner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A miner's folder with a work in it."""
    journal = Journal(tmp_path / "journal.sqlite", Seal.of(tmp_path / "key"))
    journal.begin(Work("work", Kind.TASK, "task", "model", most_tokens=8), {})
    journal.record("work", State.ASSIGNED, context=b"c")
    journal.refuse("other", "NoPrompt", "its prompt was not offered to this miner", passing=True)
    journal.close()
    return tmp_path


def told(*words: str) -> Any:
    result = CliRunner().invoke(app, ["mine", *words, "--output", "json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    return lines[0] if len(lines) == 1 else lines


def refused(*words: str) -> str:
    with pytest.raises(MaiError) as error:
        CliRunner().invoke(app, ["mine", *words], catch_exceptions=False)
    return str(error.value)


def test_status_and_log(folder: Path) -> None:
    data = ("--data", str(folder))
    found = told("status", *data)
    assert (found["running"], found["earned"], found["paused"]) == (False, "0", [])
    assert [(work["work"], work["state"]) for work in found["works"]] == [("work", "assigned")]
    assert found["refused"] == [
        {"task": "other", "reason": "NoPrompt", "sentence": "its prompt was not offered to this miner"}
    ]
    assert [line["event"] for line in told("log", *data)] == ["seen", "assigned", "NoPrompt"]
    assert [line["event"] for line in told("log", "--work", "task", *data)] == ["seen", "assigned"]
    shown = CliRunner().invoke(app, ["mine", "status", *data], catch_exceptions=False).output
    assert "not running" in shown and "assigned" in shown


def test_pause_resume_and_preset_outlive_the_process(folder: Path) -> None:
    data = ("--data", str(folder))
    assert told("pause", "cpu", *data) == {"paused": ["cpu"]}
    assert told("status", *data)["paused"] == ["cpu"]
    assert told("resume", *data) == {"paused": []}
    found = told("preset", "flexible", "30", *data)
    assert (found["name"], found["share"]) == ("flexible 30", 30)
    assert told("status", *data)["preset"] == "flexible 30"
    assert refused("pause", "gpu3", *data) == "this miner has no gpu3: it has cpu"
    assert "is no preset" in refused("preset", "most", *data)


def test_what_is_wrong_is_one_sentence(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty")
    for command in ("status", "log", "pause", "resume", "stop"):
        assert refused(command, "--data", str(empty)).startswith(f"there is no miner in {empty}")
    assert refused("stop", "--data", str(folder)) == f"no miner is running on {folder}"
    data = ("--data", str(empty / "new"))
    assert "is no preset" in refused("--preset", "half", *data)
    assert "is no span of hours" in refused("--schedule", "night", *data)
    assert "is no price floor" in refused("--price-floor", "cheap", *data)
    assert "there is no dry run of it" in refused("--dry-run", *data)
    assert not (empty / "new").exists()
