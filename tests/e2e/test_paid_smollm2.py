"""A new device from its first work to an answer of SmolLM2, by the commands of a user; minutes, so on request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from e2e.people import People, mai, mined, served, started
from mai.chain import artifacts
from mai.miner.local.server import localnet
from mai.program import MODULES
from mai_zk import language
from solders.keypair import Keypair

SMOLLM2 = "smollm2-135m"
QUESTION, ANSWER = "What is the capital of France?", "The capital of France is Paris."
pytestmark = pytest.mark.skipif(os.environ.get("MAI_E2E") != "all", reason="minutes; `make paid-smollm2` runs it")


def test_a_newcomer_practises_and_smollm2_is_paid(tmp_path: Path) -> None:
    authority, parameters = Keypair(), MODULES["parameters"]
    programs = artifacts.program("mai"), artifacts.program("verifier")
    with localnet(tmp_path, authority.pubkey(), programs) as net:
        people = People(net, authority, tmp_path, language.load(SMOLLM2))
        with at_work(people, "tiny"):
            for number in range(int(parameters.default_parameter(int(parameters.NEWCOMER_TASKS)))):
                ask(people, "tiny", str(number), "1")
        before = people.economy.balance(people.miner.pubkey())
        with at_work(people, SMOLLM2):
            assert ask(people, SMOLLM2, QUESTION, "8").strip() == ANSWER
        assert people.economy.balance(people.miner.pubkey()) > before
        receipt = tmp_path / f"{SMOLLM2}.json"
        checked = mai(tmp_path, "receipt", "verify", str(receipt), "--source", net.url, "--require", "settled")
        assert checked["failed"] == 0
        works = mai(tmp_path, "mine", "status", "--data", str(tmp_path / "mine"))["works"]
        assert {work["state"] for work in works} == {"settled"}


@contextmanager
def at_work(people: People, model: str) -> Iterator[None]:
    """An engine that holds the model's prompts, and the miner of both models."""
    folder, socket = people.folder, people.folder / f"{model}.sock"
    with (
        started("engine", folder, *served(model, socket, folder)),
        started("mine", folder, *mined(people.net.url, socket, folder, "tiny", SMOLLM2)),
        people.time_passing(),
    ):
        yield


def ask(people: People, model: str, text: str, tokens: str) -> str:
    """The answer, once its miner is paid; the receipt of the last one is MODEL.json."""
    folder, receipt = people.folder, people.folder / f"{model}.json"
    receipt.unlink(missing_ok=True)
    asker = ("--url", people.net.url, "--keypair", str(folder / "requester.json"))
    how = ("--engine", f"unix:{folder / model}.sock", "--max-tokens", tokens, "--wait", "settled", "--timeout", "600")
    kept = ("--folder", str(folder / "asks"), "--receipt", str(receipt))
    return str(mai(folder, "ask", text, "--model", model, *asker, *how, *kept)["answer"])
