"""A network of processes, each started as a user starts it: localnet, engine, miner, requester."""

from __future__ import annotations

import contextlib
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

from mai.chain.network import Hardware
from mai.chain.stake import Staking
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.errors import MaiError
from mai.miner.desk import verifier_of
from mai.miner.journal import Journal
from mai.miner.local.network import found
from mai.miner.local.server import Localnet
from mai.miner.seal import Seal
from mai.miner.states import State
from mai.money import UNITS_PER_MAI
from mai.wallet.files import write_keypair
from mai_zk import language
from mai_zk.language.model import ProvableModel
from solders.keypair import Keypair

REPOSITORY = Path(__file__).resolve().parents[2]
LAST_TARGET = 206
STOP_SECONDS = 120
DEVICE = bytes(range(32))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mai.cli.entry", *arguments]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XDG_DATA_HOME": str(folder / "data")}


class People:
    """A network with a miner who has a device, and somebody who asks."""

    def __init__(self, net: Localnet, authority: Keypair, folder: Path, *others: ProvableModel) -> None:
        self.net, self.folder = net, folder
        self.miner, self.requester = Keypair(), Keypair()
        for name, key in (("miner", self.miner), ("requester", self.requester)):
            write_keypair(folder / f"{name}.json", key)
        holdings = {self.miner.pubkey(): 200_000 * UNITS_PER_MAI, self.requester.pubkey(): 1_000 * UNITS_PER_MAI}
        self.rpc = net.cluster()
        self.economy = found(self.rpc, authority, language.load("tiny"), holdings, *others).economy
        self.economy.register_miner(self.miner, DEVICE, Hardware(device_class=1, cpu_mhz=4_000), client_version=1)
        Staking(self.economy).deposit(self.miner, 100_000 * UNITS_PER_MAI)
        self.traces = Traces(Verifier(self.rpc, self.miner, verifier_of(self.economy)))

    @contextmanager
    def time_passing(self) -> Iterator[None]:
        """The blocks come at once that decide a draw which the miner waits for."""
        over = threading.Event()
        thread = threading.Thread(target=self._pass_time, args=[over])
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _pass_time(self, over: threading.Event) -> None:
        data = self.folder / "mine"
        while not (data / "journal.sqlite-wal").exists():  # the miner makes its key and its journal alone
            if over.wait(0.3):
                return
        journal = Journal(data / "journal.sqlite", Seal.of(data / "key"))
        while not over.wait(0.3):
            for work in journal.works(ended=False):
                if work.state in (State.TRACED, State.REVEALED):
                    with contextlib.suppress(MaiError):  # the trace may be over by now, and its account closed
                        self._pass_draw(work.context)
        journal.close()

    def _pass_draw(self, context: bytes) -> None:
        base = int(self.traces.state(self.traces.address(context)[0]).header.base_slot)
        if (slot := self.rpc.slot()) <= base + LAST_TARGET:
            self.net.warp(slots=base + LAST_TARGET + 1 - slot)


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


def served(model: str, socket: Path, folder: Path) -> tuple[str, ...]:
    """An engine that holds prompts of a model for the miner."""
    how = ("--provable", "--held", "--uds", str(socket), "--output", "json", "--state", str(folder / f"engine-{model}"))
    return ("engine", "serve", "--model", model, *how, "--keypair", str(folder / "miner.json"))


def mined(url: str, socket: Path, folder: Path, *models: str) -> tuple[str, ...]:
    """A miner of some models."""
    wallet = ("--keypair", str(folder / "miner.json"), "--data", str(folder / "mine"))
    chosen = (word for model in models for word in ("--model", model))
    return ("mine", "--url", url, *wallet, "--engine", f"unix:{socket}", "--preset", "maximum", "--no-musters", *chosen)
