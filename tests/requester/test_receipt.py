"""Receipts: an honest one passes every check, and each lie is found and named by the check that it breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.cli.main import app
from mai.engine.protocol import Metadata
from mai.engine.signing import sign
from mai.errors import MaiError
from mai.requester.ask import Order, Wait
from mai.requester.printable import printable
from mai.requester.receipt import Receipt, read_receipt, receipt_of
from mai.requester.verify import State, Verification
from requester.world import Net
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from typer.testing import CliRunner

CHECKS = [
    "cluster", "network", "prompt", "answer", "text", "task", "work", "input", "output", "context", "tokens",
    "metadata", "signature", "trace", "settled", "paid", "post task", "assign task", "commit work", "settle",
]  # fmt: skip


@dataclass
class Desk:
    """A receipt of a work that was paid, and one of a work that is only committed."""

    net: Net
    paid: Receipt
    open: Receipt

    def verify(self, receipt: Receipt, **options: Any) -> Verification:
        return Verification(receipt, self.net.source, model=self.net.small, **options)

    def found(self, receipt: Receipt, **options: Any) -> list[str]:
        """The names of the checks that fail."""
        return sorted({line.name for line in self.verify(receipt, **options).failed})


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    net = Net(tmp_path_factory.mktemp("receipts"))
    miner, wallet = net.new_miner(), net.wallet("requester")
    asker = net.asker(wallet, miner, step=miner.step)
    receipts = []
    for text in ("cc", "b"):
        ask = asker.prepare(net.small, text, Order(limit=8))
        asker.post(ask)
        asker.offer(ask, lambda *_: None)
        asker.finish(ask, Wait.answer, 120, lambda *_: None)
        if text == "cc":
            miner.settle(ask.task)
        receipts.append(receipt_of(ask, asker.reader, net.small, net.source))
    yield Desk(net, *receipts)
    net.close()


def test_an_honest_receipt_passes_every_check(desk: Desk, tmp_path: Path) -> None:
    assert desk.paid.reached is Wait.settled
    desk.paid.write(tmp_path / "receipt.json")
    assert (tmp_path / "receipt.json").stat().st_mode & 0o077 == 0
    receipt = read_receipt(tmp_path / "receipt.json")
    assert receipt == desk.paid
    verification = desk.verify(receipt)
    assert [line.name for line in verification.lines] == CHECKS
    assert {line.state for line in verification.lines} == {State.ok}
    assert (receipt.prompt.text, receipt.answer.text) == ("cc", "a")


def test_a_private_receipt_hides_the_texts_and_passes(desk: Desk) -> None:
    private = Receipt.read(json.loads(json.dumps(desk.paid.private().fields())))
    said = json.dumps(private.fields())
    salts = [salt.hex() for content in (desk.paid.prompt, desk.paid.answer) for salt in content.salted.salts]
    assert not any(salt in said for salt in salts) and "tokens" not in said
    verification = desk.verify(private, require=Wait.settled)
    assert not verification.failed
    assert {line.name for line in verification.lines if line.state is State.open} == {"text", "metadata"}


def test_what_is_not_settled_is_open_until_somebody_says_that_it_is(desk: Desk) -> None:
    verification = desk.verify(desk.open)
    assert not verification.failed
    assert {line.name for line in verification.lines if line.state is State.open} == {"trace", "settled", "paid"}
    assert desk.found(desk.open, require=Wait.proved) == ["trace"]
    assert desk.found(desk.open, require=Wait.settled) == ["paid", "settled", "trace"]


def forged(fields: dict[str, Any], desk: Desk) -> None:
    """Somebody else signs the same metadata."""
    metadata = Metadata.from_plain(fields["record"]["metadata"])
    fields["record"]["signer"], fields["record"]["signature"] = sign(metadata, Keypair())


def set_at(*path: Any) -> Callable[[dict[str, Any], Desk], None]:
    """Puts the last word of a path where the others lead."""

    def change(fields: dict[str, Any], desk: Desk) -> None:
        place: Any = fields
        for step in path[:-2]:
            place = place[step]
        assert place[path[-2]] != path[-1]
        place[path[-2]] = path[-1]

    return change


def of_other(*names: str) -> Callable[[dict[str, Any], Desk], None]:
    """Takes these fields from the other work's receipt."""

    def change(fields: dict[str, Any], desk: Desk) -> None:
        other = desk.open.fields()
        for name in names:
            assert fields[name] != other[name]
            fields[name] = other[name]

    return change


LIES: list[tuple[str, Callable[[dict[str, Any], Desk], None], list[str]]] = [
    ("other text", set_at("answer", "text", "b"), ["text"]),
    ("other text of the prompt", set_at("prompt", "text", "ca"), ["text"]),
    ("other token", set_at("answer", "tokens", 0, 1), ["answer", "metadata", "text"]),
    ("other salt", set_at("answer", "salts", 0, "00" * 16), ["answer"]),
    ("other salt of the prompt", set_at("prompt", "salts", 1, "00" * 16), ["prompt"]),
    (
        "other task",
        of_other("task"),
        ["context", "input", "metadata", "paid", "post task", "tokens", "work"],
    ),
    (
        "other work",
        of_other("work"),
        [
            "assign task",
            "commit work",
            "context",
            "output",
            "paid",
            "settle",
            "settled",
            "tokens",
            "trace",
            "work",
        ],
    ),
    ("other cluster", set_at("cluster", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"), ["cluster"]),
    ("other program", set_at("program", str(Pubkey.default())), ["network"]),
    ("other verifier", set_at("verifier", str(Pubkey.default())), ["network"]),
    ("other model", set_at("model", str(Pubkey.default())), ["task"]),
    ("other manifest", set_at("manifest", "11" * 32), ["task", "trace"]),
    ("other requester", set_at("requester", str(Pubkey.default())), ["task"]),
    ("other owner", set_at("owner", str(Pubkey.default())), ["work"]),
    ("other slot", set_at("committed_slot", 3), ["work"]),
    ("other context", set_at("context", "22" * 32), ["context"]),
    ("swapped output", of_other("output"), ["answer", "output", "trace"]),
    ("swapped answer", of_other("output", "answer"), ["metadata", "output", "tokens", "trace"]),
    ("swapped prompt", of_other("input", "prompt"), ["input", "metadata", "tokens", "trace"]),
    ("forged signature", set_at("record", "signature", "1" * 64), ["signature"]),
    ("somebody else's signature", forged, ["signature"]),
    ("nobody's signature", set_at("record", "signature", ""), ["signature"]),
    ("changed metadata", set_at("record", "metadata", "microseconds", 1), ["signature"]),
    ("metadata of another task", of_other("record"), ["metadata"]),
    ("another payment", of_other("transactions"), ["assign task", "commit work", "post task"]),
    ("no such transaction", set_at("transactions", "settle", "signature", "1" * 64), ["settle"]),
    ("another slot of a transaction", set_at("transactions", "commit_work", "slot", 5), ["commit work"]),
    (
        "one transaction as another",
        lambda fields, desk: fields["transactions"].update(settle=fields["transactions"]["commit_work"]),
        ["settle"],
    ),
    (
        "a transaction that no receipt has",
        lambda fields, desk: fields["transactions"].update(mint=fields["transactions"]["settle"]),
        ["mint"],
    ),
]


@pytest.mark.parametrize(("lie", "names"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_is_found_and_named(desk: Desk, lie: Callable[[dict[str, Any], Desk], None], names: list[str]) -> None:
    fields = json.loads(json.dumps(desk.paid.fields()))
    lie(fields, desk)
    assert desk.found(Receipt.read(fields)) == names


@pytest.mark.parametrize("level", [Wait.proved, Wait.settled])
def test_an_unsettled_work_is_not_passed_off_as_one(desk: Desk, level: Wait) -> None:
    names = ["trace"] if level is Wait.proved else ["paid", "settled", "trace"]
    assert desk.found(replace(desk.open, reached=level)) == names


def test_a_receipt_of_another_program_state_says_why(desk: Desk) -> None:
    lines = {line.name: line for line in desk.verify(replace(desk.paid, output=desk.open.output)).lines}
    assert desk.open.output.hex()[:16] in lines["output"].reason
    assert lines["output"].state is State.failed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mai_receipt": 2}, "of version 2"),
        ({"task": "nobody"}, "the receipt's task cannot be read"),
        ({"context": "12"}, "context has a digest that is not 32 bytes"),
        ({"prompt": {"tokens": [1, 2], "salts": []}}, "not one salt for each token"),
        ({"prompt": {"tokens": [], "salts": []}}, "has 0 tokens"),
        ({"answer": {"tokens": [True], "salts": ["00" * 16]}}, "a token that is none"),
        ({"answer": {"tokens": [-1], "salts": ["00" * 16]}}, "a token that is none"),
        ({"answer": {"hashes": []}}, "no hashes"),
        ({"record": {"metadata": "x"}}, "metadata is none"),
        ({"transactions": {"settle": 5}}, "transactions cannot be read"),
        ({"transactions": {str(n): {"signature": "1", "slot": 1} for n in range(17)}}, "transactions cannot be read"),
        ({"committed_slot": True}, "committed slot cannot be read"),
        ({"reached": "heaven"}, "reached cannot be read"),
    ],
)
def test_what_is_no_receipt_is_refused_in_one_sentence(desk: Desk, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MaiError, match=sentence):
        Receipt.read({**desk.paid.fields(), **change})


def test_files_that_are_no_receipts(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    with pytest.raises(MaiError, match="cannot be read"):
        read_receipt(path)
    for text, sentence in [("{", "no JSON"), ("[]", "no receipt"), ("[" * 100_000, "no JSON"), ("{}", "no receipt")]:
        path.write_text(text)
        with pytest.raises(MaiError, match=sentence):
            read_receipt(path)


@given(text=st.text())
def test_nothing_of_others_commands_a_terminal(text: str) -> None:
    shown = printable(text)
    assert all(letter.isprintable() or letter in "\n\t" for letter in shown)
    assert printable(shown) == shown
    if text.isprintable():
        assert shown == text


def test_a_receipt_cannot_command_the_terminal_that_shows_it(desk: Desk, tmp_path: Path) -> None:
    fields = json.loads(json.dumps(desk.paid.fields()))
    fields["answer"]["text"] = "\x1b]0;owned\x07"
    fields["record"]["metadata"]["task"] = "\x1b[2J"
    fields["transactions"]["\x1b[31m"] = fields["transactions"]["settle"]
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(fields))
    with mock.patch("mai.cli.receipt.open_source", lambda _: desk.net.source):
        said = [CliRunner().invoke(app, ["receipt", word, str(path)]).output for word in ("show", "verify")]
    assert all("\x1b" not in text and "\x07" not in text for text in said)
    assert "\\x1b" in said[0] and "\\x1b" in said[1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_damage_is_a_refusal_or_a_failed_check(desk: Desk, data: st.DataObject) -> None:
    fields = json.loads(json.dumps(desk.paid.fields()))
    name = data.draw(st.sampled_from(sorted(set(fields) - {"model_name"})))
    value = data.draw(JSON.filter(lambda value: value != fields[name] and not (name == "record" and value is None)))
    if name == "transactions" and value == {}:
        return  # nothing is claimed
    try:
        receipt = Receipt.read({**fields, name: value})
    except MaiError:
        return
    assert desk.found(receipt)
