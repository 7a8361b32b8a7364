"""The demo as its users run it: the command line on the embedded chain."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from mai.chain import artifacts
from PIL import Image, ImageDraw

STAGES = [
    "Prepare SRS and keys",
    "Deploy both programs",
    "Create the network",
    "Register the model",
    "Register the miner",
    "Post the task",
    "Take the task",
    "Run the model",
    "Commit to the output",
    "Prove with EZKL",
    "Upload the proof",
    "Verify on chain",
    "Settle and mint",
    "Let three cheats try",
]

SETTLE_UNITS = 48_330
"""Exact for the checked-in build: no address is searched for in it."""


def mai(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "mai"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, **(env or {})}, check=False
    )


@pytest.mark.parametrize("digit", [7, 0])
def test_json_ends_with_one_line_of_results(digit: int) -> None:
    done = mai("demo", "--digit", str(digit), "--output", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["digit"] == digit
    assert result["prediction"] == digit
    assert Decimal(result["minted"]) > 0
    assert result["refused"] == ["ProofInvalid", "WorkAlreadySettled", "ClaimerMismatch"]
    assert [stage["name"] for stage in result["stages"]] == STAGES
    units = {stage["name"]: stage["compute_units"] for stage in result["stages"]}
    assert units["Settle and mint"] <= 60_000
    if artifacts.checked_in():
        assert units["Settle and mint"] == SETTLE_UNITS
    assert units["Verify on chain"] <= 450_000
    assert all(set(stage) == {"name", "transactions", "compute_units", "ms"} for stage in result["stages"])


def test_people_see_stages_reward_and_refusals() -> None:
    done = mai("demo")
    assert done.returncode == 0, done.stderr
    for text in (*STAGES, "The reward, factor by factor", "Balance of the miner", "ClaimerMismatch", "test"):
        assert text in done.stdout


def test_a_picture_of_ones_own(tmp_path: Path) -> None:
    picture = Image.new("L", (120, 160), 255)
    ImageDraw.Draw(picture).line([(60, 20), (60, 140)], fill=0, width=16)
    path = tmp_path / "one.png"
    picture.save(path)
    done = mai("demo", "--image", str(path), "--output", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["digit"] is None
    assert result["prediction"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("demo", "--image", "nowhere.png"), "nowhere.png"),
        (("demo", "--digit", "3", "--image", "nowhere.png"), "not both"),
        (("demo", "--digit", "12"), "--digit"),
    ],
)
def test_wrong_input_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    done = mai(*arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_corrupt_image_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    done = mai("demo", "--image", str(path))
    assert done.returncode == 1
    assert "broken.png" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
