"""The example's run.py as its README says to start it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from examples.world import FOLDER


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("circuit", ["linear4", "digits"])
def test_it_asks_proves_verifies_and_is_paid(circuit: str) -> None:
    done = run("--circuit", circuit)
    assert done.returncode == 0, done.stderr
    steps = [line.split()[0] for line in done.stdout.splitlines()]
    assert steps == ["asked", "proved", "verified", "paid", "answered"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--circuit", "nowhere"), "There is no circuit nowhere"),
        (("--url", "http://127.0.0.1:1"), "the cluster at http://127.0.0.1:1 does not answer"),
    ],
)
def test_what_cannot_work_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"run.py: {sentence}")
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""
