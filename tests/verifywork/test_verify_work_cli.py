"""`mai verify-work`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mai.chain.rpc import Unreachable
from mai.errors import MaiError
from mai.requester.receipt import receipt_of
from verifywork.court import Court, other_answer


class Stop(Exception):
    """Somebody presses Ctrl-C."""


class Typed:
    """The command line of a verifier."""

    def __init__(self, court: Court, wallet: Any) -> None:
        self.court, self.wallet = court, wallet
        self.folder = court.net.folder / "typed"

    def words(self, *words: object) -> tuple[object, ...]:
        return "verify-work", *words, "--folder", self.folder

    def json(self, *words: object) -> list[dict[str, Any]]:
        """Every line that a program reads."""
        said = self.court.net.run(*self.words(*words), "--output", "json", by=self.wallet)
        return [json.loads(line) for line in said.splitlines()]

    def asking(self, *words: object) -> list[dict[str, Any]]:
        return self.json(*words, "--engine", self.court.miner.peer.url)


@pytest.fixture
def typed(court: Court, monkeypatch: pytest.MonkeyPatch) -> Typed:
    monkeypatch.setattr("mai.cli.verify_work.open_model", lambda name: court.net.small)
    monkeypatch.setattr("mai.cli.verify_work.CONFIG_FILE", Path("/nowhere"))
    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: court.net.chain)
    # Both sides of a disclosure go by the chain's clock here.
    monkeypatch.setattr("mai.cli.verify_work.time.time", lambda: float(court.now()))
    return Typed(court, court.net.verifier_wallet("verifier"))


def test_a_look_tells_what_it_found(typed: Typed) -> None:
    _, work = typed.court.work()
    event, summary = typed.asking("--once", "--rate", 100)
    assert (event["event"], event["about"]) == ("agrees", str(work))
    assert (summary["works"], summary["words"], summary["earned"]) == ({"agrees": 1}, 0, "0.000000000")
    assert typed.json("show")[0]["works"] == {"agrees": 1}
    people = typed.court.net.run(*typed.words("show"), by=typed.wallet)
    assert str(work) in people and "agrees" in people


def test_one_task_is_challenged_on_demand(typed: Typed) -> None:
    task, work = typed.court.work(lies=other_answer)
    *events, found = typed.asking("task", task)
    assert [event["event"] for event in events] == ["differs", "challenged"]
    (said,) = found["works"]
    assert (said["work"], said["found"]) == (str(work), "differs")
    assert said["verdict"]["first_token"] == {"index": 0, "position": 1, "committed": 1, "executed": 0}
    (word,) = typed.json("show")[0]["words"]
    assert (word["role"], word["state"], word["output"]) == ("challenger", "said", said["verdict"]["executed_output"])


def test_a_receipt_does_for_an_engine(typed: Typed) -> None:
    ask, _ = typed.court.asked()
    asker = typed.court.net.asker(typed.court.requester, typed.court.miner)
    path = typed.court.net.folder / "receipt.json"
    receipt_of(ask, asker.reader, typed.court.net.small, None).write(path)
    *_, found = typed.json("task", ask.task, "--receipt", path)
    assert found["works"][0]["found"] == "agrees"


def test_it_goes_on_until_it_is_ended_also_past_an_outage(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    typed.court.work()
    rounds, honest = [], typed.court.net.economy.__class__.all

    def sleep(_: float) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            raise Stop

    def unsteady(self: Any, kind: str, **fields: Any) -> Any:
        if not rounds:
            raise Unreachable("the cluster does not answer")
        return honest(self, kind, **fields)

    monkeypatch.setattr("mai.cli.verify_work.time.sleep", sleep)
    monkeypatch.setattr(typed.court.net.economy.__class__, "all", unsteady)
    with pytest.raises(Stop):
        typed.asking("--rate", 100)
    assert typed.json("show")[0]["works"] == {"agrees": 1}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--rate", "0"), "choose 1 to 100"),
        (("--rate", "5", "--preset", "light"), "give --preset or --rate"),
        (("--preset", "heavy"), "no preset heavy"),
        (("--dry-run",), "cannot be tried without sending"),
        (("--engine", "nowhere"), "is no engine"),
        (("--receipt", "/nowhere"), "cannot be read"),
        (("task", "nobody"), "nobody is not an address"),
    ],
)
def test_what_is_wrong_is_said_first(typed: Typed, options: tuple[str, ...], sentence: str) -> None:
    with typed.court.net.wrong(sentence):
        typed.json(*options)


def test_without_a_stake_it_says_what_to_do(typed: Typed) -> None:
    typed.wallet = typed.court.net.wallet("poor")
    with pytest.raises(MaiError, match="run `mai stake deposit` and `mai stake verifier`"):
        typed.json("--once")
