"""A question's whole way through four processes: localnet, engine, miner and requester, each as a user starts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.people import People, mai, mined, served, started
from mai.chain import artifacts
from mai.miner.local.server import localnet
from solders.keypair import Keypair

QUESTION, ANSWER = "7+5=", "12"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    authority = Keypair()
    programs = artifacts.program("mai"), artifacts.program("verifier")
    with localnet(tmp_path, authority.pubkey(), programs) as net:
        yield People(net, authority, tmp_path)


@pytest.mark.timeout(1_800)  # six minutes were measured where five processes share a core
def test_a_question_is_answered_proved_and_paid(people: People) -> None:
    folder, url = people.folder, people.net.url
    socket, receipt = folder / "engine.sock", folder / "receipt.json"
    asker = ("--url", url, "--keypair", str(folder / "requester.json"))
    before = people.economy.balance(people.miner.pubkey())
    with (
        started("engine", folder, *served("tiny", socket, folder)),
        started("mine", folder, *mined(url, socket, folder, "tiny")),
        people.time_passing(),
    ):
        options = ("--engine", f"unix:{socket}", "--max-tokens", "4", "--wait", "settled", "--timeout", "1500")
        kept = ("--receipt", str(receipt), "--folder", str(folder / "asks"))
        asked = mai(folder, "ask", QUESTION, *asker, *options, *kept)
    assert asked["answer"].strip() == ANSWER
    paid = people.economy.balance(people.miner.pubkey()) - before
    assert paid > 0

    checked = mai(folder, "receipt", "verify", str(receipt), "--source", url, "--require", "settled")
    assert checked["failed"] == 0
    assert {line["check"]: line["state"] for line in checked["checks"]}["signature"] == "OK"
    work = next(work for work in mai(folder, "mine", "status", "--data", str(folder / "mine"))["works"])
    assert (work["state"], work["task"]) == ("settled", asked["task"])
