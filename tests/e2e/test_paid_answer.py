"""A question's whole way through four processes: localnet, engine, miner and requester, each as a user starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mai.chain import artifacts
from mai.chain.network import Hardware
from mai.chain.stake import Staking
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.miner.desk import verifier_of
from mai.miner.journal import Journal
from mai.miner.local.network import found
from mai.miner.local.server import Localnet, localnet
from mai.miner.seal import Seal
from mai.miner.states import State
from mai.money import UNITS_PER_MAI
from mai.wallet.files import write_keypair
from mai_zk import language
from solders.keypair import Keypair

REPOSITORY = Path(__file__).resolve().parents[2]
QUESTION, ANSWER = "7+5=", "12"
LAST_TARGET = 206
STOP_SECONDS = 30
DEVICE = bytes(range(32))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mai.cli.entry", *arguments]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XDG_DATA_HOME": str(folder / "data")}


class People:
    """A network with a miner who has a device, and somebody who asks."""

    def __init__(self, net: Localnet, authority: Keypair, folder: Path) -> None:
        self.net, self.folder = net, folder
        self.miner, self.requester = Keypair(), Keypair()
        for name, key in (("miner", self.miner), ("requester", self.requester)):
            write_keypair(folder / f"{name}.json", key)
        holdings = {self.miner.pubkey(): 200_000 * UNITS_PER_MAI, self.requester.pubkey(): 1_000 * UNITS_PER_MAI}
        self.rpc = net.cluster()
        self.economy = found(self.rpc, authority, language.load("tiny"), holdings).economy
        self.economy.register_miner(self.miner, DEVICE, Hardware(device_class=1, cpu_mhz=4_000), client_version=1)
        Staking(self.economy).deposit(self.miner, 100_000 * UNITS_PER_MAI)
        self.traces = Traces(Verifier(self.rpc, self.miner, verifier_of(self.economy)))
        self._over = threading.Event()

    @contextmanager
    def time_passing(self) -> Iterator[None]:
        """The blocks come at once that decide a draw which the miner waits for."""
        thread = threading.Thread(target=self._pass_time)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _pass_time(self) -> None:
        data = self.folder / "mine"
        while not self._over.wait(0.3):
            if not (data / "journal.sqlite").exists():
                continue
            for work in Journal(data / "journal.sqlite", Seal.of(data / "key")).works(ended=False):
                if work.state in (State.TRACED, State.REVEALED):
                    base = int(self.traces.state(self.traces.address(work.context)[0]).header.base_slot)
                    if (slot := self.rpc.slot()) <= base + LAST_TARGET:
                        self.net.warp(slots=base + LAST_TARGET + 1 - slot)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    authority = Keypair()
    programs = artifacts.program("mai"), artifacts.program("verifier")
    with localnet(tmp_path, authority.pubkey(), programs) as net:
        yield People(net, authority, tmp_path)


@contextmanager
def started(name: str, folder: Path, *arguments: str) -> Iterator[str]:
    """A process that goes on; its first line of output."""
    log = folder / f"{name}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=errors, env=environment(folder), cwd=REPOSITORY
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode() if name == "engine" else ""
        assert line or name != "engine", log.read_text()
        yield line
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def mai(folder: Path, *arguments: str) -> Any:
    """A command with its JSON."""
    done = subprocess.run(
        command(*arguments, "--output", "json"), capture_output=True, text=True, env=environment(folder), check=False
    )
    logs = "".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))
    assert done.returncode == 0, done.stderr + done.stdout + logs
    return json.loads(done.stdout.splitlines()[-1])


def test_a_question_is_answered_proved_and_paid(people: People) -> None:
    folder, url = people.folder, people.net.url
    socket, receipt = folder / "engine.sock", folder / "receipt.json"
    engine = ("engine", "serve", "--model", "tiny", "--provable", "--held", "--uds", str(socket), "--output", "json")
    wallet = ("--keypair", str(folder / "miner.json"))
    how = ("--engine", f"unix:{socket}", "--preset", "maximum", "--no-musters")
    mine = ("mine", "--url", url, *wallet, "--data", str(folder / "mine"), *how)
    asker = ("--url", url, "--keypair", str(folder / "requester.json"))
    before = people.economy.balance(people.miner.pubkey())
    with (
        started("engine", folder, *engine, "--state", str(folder / "engine"), *wallet),
        started("mine", folder, *mine),
        people.time_passing(),
    ):
        options = ("--engine", f"unix:{socket}", "--max-tokens", "4", "--wait", "settled", "--timeout", "500")
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
