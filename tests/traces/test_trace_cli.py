"""`mai trace show`, for people and for programs."""

from __future__ import annotations

import json

import pytest
from mai.cli.main import app
from mai.errors import MaiError
from traces.case import Case
from traces.world import BOND
from typer.testing import CliRunner


@pytest.fixture
def local(case: Case, monkeypatch: pytest.MonkeyPatch) -> Case:
    """The command talks to the embedded chain instead of an RPC address."""
    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: case.world.chain)
    monkeypatch.setattr("mai.chain.artifacts.program", lambda name: case.world.program)
    return case


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["trace", "show", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_trace_for_programs(local: Case) -> None:
    local.world.attest_at(local.work, 1, 4)
    found = json.loads(run(str(local.world.trace), "--output", "json"))
    assert found["step"] == "challenged"
    assert found["positions"] == [0, 1, 2]
    assert found["leaves"][:7] == [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [1, 0]]
    assert (found["attested"], found["draws"]) == (1, 21)
    assert found["bond"] == BOND - BOND // 128 - (BOND - BOND // 128) // 128
    assert found["manifest"] == local.work.manifest.hash.hex()


def test_a_trace_for_people(local: Case) -> None:
    shown = run(str(local.world.trace))
    assert "challenged" in shown
    assert "2 prompt, 2 generated of at most 8" in shown
    assert "slots left" in shown
    local.world.to_slot(local.state.header.deadline + 1)
    assert "it can expire" in run(str(local.world.trace))


def test_what_is_no_trace(local: Case) -> None:
    with pytest.raises(MaiError, match="not an address"):
        run("nonsense")
    with pytest.raises(MaiError, match="not a trace"):
        run(str(local.world.manifest))
