"""A real `mai mine` against a real localnet, killed with SIGKILL at every step's submission, and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from based58 import b58decode
from mai.chain import artifacts
from mai.chain.network import Hardware
from mai.chain.rpc import Rpc
from mai.chain.stake import Staking
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.miner.control import Control, running
from mai.miner.desk import verifier_of
from mai.miner.journal import Journal
from mai.miner.local.network import found
from mai.miner.local.server import Localnet, localnet
from mai.miner.offers import LocalOffers
from mai.miner.seal import Seal
from mai.miner.states import State
from mai.wallet.files import write_keypair
from miner.world import DEVICE, LIMIT, PROMPT, STAKE, TOY, root, salted
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

REPOSITORY = Path(__file__).resolve().parents[2]
SLOT_MS = 600
"""Slots pass with the clock: the shortest window between two steps, 500, is 300 s for a miner that often dies."""
KILLED, MOST_STARTS, PATIENCE_S = -9, 80, 300
LAST_TARGET = 206
"""Slots after a commitment at which every block is there that decides its draw."""


class Nursery:
    """The process that forks miners."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=REPOSITORY,
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def begin(self, arguments: list[str]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"arguments": arguments, "folder": str(self.folder)}) + "\n")
        self.process.stdin.flush()

    def status(self) -> int:
        """How the miner ended."""
        return int(self._read())


class Net:
    """A localnet with an open network, a registered miner, and its folder."""

    def __init__(self, net: Localnet, authority: Keypair, folder: Path) -> None:
        self.net, self.folder = net, folder
        self.rpc = net.cluster()
        assert isinstance(self.rpc, Rpc)
        self.owner, self.requester = Keypair(), Keypair()
        self.wallet = folder / "wallet.json"
        write_keypair(self.wallet, self.owner)
        people = {self.owner.pubkey(): STAKE, self.requester.pubkey(): 0}
        self.founded = found(self.rpc, authority, TOY, people)
        self.economy = self.founded.economy
        self.economy.register_miner(self.owner, DEVICE, Hardware(device_class=1, cpu_mhz=4_000), client_version=1)
        Staking(self.economy).deposit(self.owner, STAKE // 2)
        self.data = folder / "mine"
        self.seal = Seal.of(self.data / "key")
        self.offers = LocalOffers(self.data / "offers.sqlite", self.seal)
        self.journal = Journal(self.data / "journal.sqlite", self.seal)
        self.traces = Traces(Verifier(self.rpc, self.owner, verifier_of(self.economy)))
        self.nonce = 0

    def post(self, *, offered: bool = True) -> Pubkey:
        self.nonce += 1
        prompt = salted(PROMPT, f"prompt {self.nonce}")
        self.economy.post_task(
            self.requester, self.founded.model, root(prompt), nonce=self.nonce, lifetime_s=86_400,
            prompt_tokens=len(PROMPT), max_tokens=LIMIT,
        )  # fmt: skip
        task = self.economy.task_address(self.requester.pubkey(), self.nonce)
        if offered:
            self.offers.put(task, self.founded.model, prompt)
        return task

    def arguments(self, *more: str) -> list[str]:
        fixed = ["mine", "--url", self.net.url, "--keypair", str(self.wallet), "--data", str(self.data)]
        return [*fixed, "--preset", "maximum", "--no-musters", *more]

    def pass_time(self) -> None:
        """Let the blocks come that decide a draw which somebody waits for."""
        for work in self.journal.works(ended=False):
            if work.state in (State.TRACED, State.REVEALED):
                base = int(self.traces.state(self.traces.address(work.context)[0]).header.base_slot)
                slot = self.rpc.slot()
                if slot <= base + LAST_TARGET:
                    self.net.warp(slots=base + LAST_TARGET + 1 - slot)

    def instructions(self, address: Pubkey) -> Counter[str]:
        """What landed of an account: instructions by name."""
        seen: Counter[str] = Counter()
        programs = {artifacts.program("mai").address: artifacts.program("mai")}
        programs[self.traces.program.address] = self.traces.program
        for entry in self.rpc.ask(lambda client: client.get_signatures_for_address(address)).value:
            seen += self._names(entry.signature, programs)
        return seen

    def _names(self, signature: Signature, programs: dict[Pubkey, Any]) -> Counter[str]:
        found = self.rpc.ask(
            lambda client: client.get_transaction(signature, max_supported_transaction_version=0)
        ).value
        assert found is not None and found.transaction.meta is not None and found.transaction.meta.err is None
        message = found.transaction.transaction.message
        names: Counter[str] = Counter()
        for item in message.instructions:
            program = programs.get(message.account_keys[item.program_id_index])
            if program is not None:
                names[program.parse(b58decode(item.data.encode()))[0]] += 1
        return names


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    folder, authority = tmp_path_factory.mktemp("net"), Keypair()
    programs = artifacts.program("mai"), artifacts.program("verifier")
    with localnet(folder, authority.pubkey(), programs, slot_ms=SLOT_MS) as started:
        yield Net(started, authority, folder)


def run(net: Net, nursery: Nursery, *more: str) -> int:
    """One life of a miner, with the chain's time passing where it waits; how it ended."""
    ended: list[int] = []
    nursery.begin(net.arguments(*more))
    waiting = threading.Thread(target=lambda: ended.append(nursery.status()))
    waiting.start()
    deadline = time.monotonic() + PATIENCE_S
    while waiting.is_alive() and time.monotonic() < deadline:
        net.pass_time()
        waiting.join(0.1)
    assert ended, (nursery.folder / "mine.log").read_text()[-2000:]
    return ended[0]


def test_killed_at_every_submission(net: Net, nursery: Nursery) -> None:
    task = net.post()
    before = net.economy.balance(net.owner.pubkey())
    lives = 1
    while (status := run(net, nursery, "--once", "--mortal")) == KILLED:
        lives += 1
        assert lives < MOST_STARTS, (nursery.folder / "deaths").read_text()
    assert status == 0, (nursery.folder / "mine.log").read_text()[-2000:]
    deaths = (nursery.folder / "deaths").read_text().splitlines()
    print(f"{lives} lives; died at: {'; '.join(deaths)}")
    assert len(deaths) == lives - 1
    points = {tuple(death.split()) for death in deaths}
    for state, name in (
        ("seen", "assign_task"), ("run", "commit_work"), ("committed", "commit_trace"), ("traced", "draw_trace"),
        ("drawn", "reveal_trace"), ("revealed", "draw_trace"), ("proving", "create_proof"), ("proving", "write"),
        ("proving", "verify"), ("proving", "close"), ("proving", "attest"), ("proving", "join"),
        ("proving", "attest_ends"), ("attested", "settle"),
    ):  # fmt: skip
        assert {(state, name, "before"), (state, name, "after")} <= points, (state, name)

    (work,) = [work for work in net.journal.works() if work.task == str(task)]
    assert work.state is State.SETTLED
    paid = net.economy.balance(net.owner.pubkey()) - before
    assert paid == work.paid == net.economy.read("Work", Pubkey.from_string(work.id)).paid > 0
    landed = net.instructions(Pubkey.from_string(work.id))
    assert landed == Counter(assign_task=1, commit_work=1, settle=1)
    trace = net.instructions(net.traces.address(work.context)[0])
    assert (trace["commit_trace"], trace["draw_trace"], trace["reveal_trace"]) == (1, 2, 1)
    assert net.offers.answer(task) is not None
    left = net.rpc.owned(net.traces.program.address, net.traces.program.places("Proof"), length=40)
    assert left == []


def test_a_running_miner_is_controlled(net: Net, nursery: Nursery) -> None:
    """Paused it takes nothing, resumed it goes on, and it drains when it is told to."""
    control = Control(net.journal)
    control.pause(None)
    task = net.post()
    nursery.begin(net.arguments())
    until(lambda: any(of == str(task) and name == "Paused" for of, name, _ in net.journal.refusals()))
    assert running(net.data) is not None
    assert str(task) not in {work.task for work in net.journal.works()}
    second = Path(sys.executable), "-m", "mai.cli.entry", *net.arguments()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.run(second, env=environment, capture_output=True, check=False)
    assert other.returncode == 1 and b"a miner is running on" in other.stderr
    control.preset("flexible 30")
    control.resume(None)
    until(lambda: str(task) in {work.task for work in net.journal.works()})
    control.stop(drain=True)
    until(lambda: net.pass_time() or not net.journal.works(ended=False))
    assert nursery.status() == 0
    assert {work.state for work in net.journal.works() if work.task == str(task)} == {State.SETTLED}
    assert running(net.data) is None and net.journal.setting("preset") == "flexible 30"


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
