"""`mai ask` and `mai receipt`, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from mai.cli.main import app
from mai.errors import MaiError
from mai.requester.ask import Asker
from requester.world import Miner, Net
from typer.testing import CliRunner


class Typed:
    """The command line connected to the network; while it waits, the miner works."""

    def __init__(self, net: Net, miner: Miner, monkeypatch: pytest.MonkeyPatch) -> None:
        self.net, self.miner, self.wallet = net, miner, net.wallet("requester")
        self.folder = net.folder / f"asks of {self.wallet.address}"
        self.working = True
        for command in ("ask", "receipt", "verify_work"):
            monkeypatch.setattr(f"mai.cli.{command}.open_model", lambda name: net.small)
        monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: net.chain)
        monkeypatch.setattr("mai.cli.receipt.open_source", lambda _: net.source)
        monkeypatch.setattr("mai.requester.session.history_of", lambda _: net.source)
        patient = partial(Asker, pause=self.wait, clock=lambda: float(net.chain.unix_time()))
        monkeypatch.setattr("mai.cli.ask.Asker", patient)

    def wait(self, _: float) -> None:
        if self.working:
            self.miner.step()
        self.net.chain.pass_slots(5)

    def words(self, *words: object) -> tuple[object, ...]:
        return "ask", *words, "--folder", self.folder, "--engine", self.miner.peer.url

    def verify(self, path: str, *options: str) -> tuple[int, dict[str, str]]:
        """The exit code and each check's state."""
        result = CliRunner().invoke(app, ["receipt", "verify", path, "--output", "json", *options])
        return result.exit_code, {line["check"]: line["state"] for line in json.loads(result.output)["checks"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Net, Miner]]:
    """One network for all that follows: every test has a wallet and a folder of its own."""
    net = Net(tmp_path_factory.mktemp("typed"))
    yield net, net.new_miner()
    net.close()


@pytest.fixture
def typed(served: tuple[Net, Miner], monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(*served, monkeypatch)


def test_people_read_the_answer_first_and_the_receipt_below(typed: Typed) -> None:
    said = typed.net.run(*typed.words("cc", "--max-tokens", 8), by=typed.wallet).splitlines()
    assert said[0] == "a"
    assert "verify" in {word for line in said for word in line.split()[:1]}


def test_programs_get_one_line_and_a_receipt_that_is_true(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    found = typed.net.json(*typed.words("cc", "--max-tokens", 8, "--receipt", path), by=typed.wallet)
    assert (found["answer"], found["tokens"], found["reached"]) == ("a", [0, 3], "answer")
    assert found["record"]["signer"] == str(typed.miner.wallet.address)
    code, checks = typed.verify(str(path))
    assert (code, checks["output"], checks["settled"]) == (0, "OK", "OPEN")
    code, checks = typed.verify(str(path), "--require", "settled")
    assert (code, checks["settled"], checks["trace"]) == (1, "FAILED", "FAILED")
    assert "committed" in typed.net.run("receipt", "verify", path)
    shown = typed.net.run("receipt", "show", path)
    assert found["task"] in shown.replace("\n", "") and "2 tokens" in shown


def test_an_interrupted_ask_goes_on_and_its_receipt_with_it(typed: Typed) -> None:
    typed.working = False
    with pytest.raises(MaiError, match="no miner took the task within 10 s: go on with `mai ask resume"):
        typed.net.run(*typed.words("cc", "--max-tokens", 8, "--timeout", 10), by=typed.wallet)
    (listed,) = typed.net.json("ask", "list", "--folder", typed.folder)["asks"]
    assert listed["state"] == "offered"
    typed.working = True
    found = typed.net.json("ask", "resume", listed["task"], "--folder", typed.folder, by=typed.wallet)
    assert (found["answer"], found["task"]) == ("a", listed["task"])
    typed.miner.settle(typed.net.economy.task_address(typed.wallet.address, typed.net.json(
        "task", "show", listed["task"])["number"]))  # fmt: skip
    again = typed.net.json(
        "ask", "resume", listed["task"], "--wait", "settled", "--folder", typed.folder, by=typed.wallet
    )
    assert (again["reached"], again["receipt"]) == ("settled", found["receipt"])
    assert typed.verify(again["receipt"], "--require", "settled")[0] == 0


def test_a_private_receipt_is_written_private(typed: Typed) -> None:
    found = typed.net.json(*typed.words("cc", "--max-tokens", 8, "--private"), by=typed.wallet)
    text = Path(found["receipt"]).read_text()
    assert "tokens" not in text and "salts" not in text
    code, checks = typed.verify(found["receipt"])
    assert (code, checks["text"], checks["answer"]) == (0, "OPEN", "OK")


def test_a_receipt_that_lies_exits_with_one(typed: Typed) -> None:
    found = typed.net.json(*typed.words("cc", "--max-tokens", 8), by=typed.wallet)
    path = Path(found["receipt"])
    fields = json.loads(path.read_text())
    fields["answer"]["text"] = "b"
    path.write_text(json.dumps(fields))
    result = CliRunner().invoke(app, ["receipt", "verify", str(path)])
    assert result.exit_code == 1
    assert "This receipt is not true: text." in result.output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("xyz",), "letters abcd alone"),
        (("",), "the prompt is empty"),
        (("cc", "--class", "royal"), "no task class royal"),
        (("cc", "--max-tokens", "63"), "that leaves 32 for the answer, not 63"),
        (("cc", "--max-tokens", "40"), "gives 32 on this cluster"),
        (("cc", "--fee", "5"), r"holds 0\.000000000 MAI, not the fee of 5\.000000000"),
        (("cc", "--dry-run"), "cannot be tried without sending"),
        (("cc", "--engine", "ftp://x"), "is no engine"),
        (("resume", "11111111111111111111111111111111"), "was not asked from this folder"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(typed: Typed, options: tuple[str, ...], sentence: str) -> None:
    with typed.net.wrong(sentence):
        typed.net.run(*typed.words(*options), by=typed.wallet)


def test_the_programs_own_rules_refuse_by_name(typed: Typed) -> None:
    with typed.net.refuses("TaskTooShort"):
        typed.net.run(*typed.words("cc", "--lifetime", "5"), by=typed.wallet)


def test_words_that_are_no_command_are_a_prompt(typed: Typed) -> None:
    """Also behind an option; and `--` makes a prompt of a command's name."""
    with typed.net.wrong("letters abcd alone"):
        typed.net.run(*typed.words("--max-tokens", 8, "list of lists"), by=typed.wallet)
    with typed.net.wrong("letters abcd alone"):
        typed.net.run("ask", "--engine", typed.miner.peer.url, "--folder", typed.folder, "--keypair",
                      typed.wallet.file, "--", "serve")  # fmt: skip
    assert "resume" in CliRunner().invoke(app, ["ask", "--help"]).output


def test_an_ask_is_taken_back(typed: Typed) -> None:
    typed.net.give(typed.wallet.address, 20)
    typed.working = False
    with pytest.raises(MaiError, match="mai ask cancel"):
        typed.net.run(*typed.words("cc", "--fee", 10, "--timeout", 5), by=typed.wallet)
    (listed,) = typed.net.json("ask", "list", "--folder", typed.folder)["asks"]
    found = typed.net.json("ask", "cancel", listed["task"], "--folder", typed.folder, by=typed.wallet)
    assert (found["state"], found["engines"]) == ("cancelled", [typed.miner.peer.url])
    # The treasury keeps its share of the fee.
    assert typed.net.economy.balance(typed.wallet.address) == 19 * 10**9


def test_a_fee_is_paid_once(typed: Typed) -> None:
    typed.net.give(typed.wallet.address, 20)
    typed.working = False
    with pytest.raises(MaiError, match="go on with"):
        typed.net.run(*typed.words("cc", "--fee", 10, "--timeout", 5), by=typed.wallet)
    (listed,) = typed.net.json("ask", "list", "--folder", typed.folder)["asks"]
    typed.working = True
    typed.net.json("ask", "resume", listed["task"], "--folder", typed.folder, by=typed.wallet)
    assert typed.net.economy.balance(typed.wallet.address) == 10 * 10**9
