"""A network with a model that is proved by its traces, a miner with an HTTP engine, and requesters, on one chain."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from client.cli_world import HIGH_END
from client.cli_world import World as CliWorld
from mai.audit.recorder import Recorder
from mai.chain import artifacts
from mai.chain.economy import Economy
from mai.chain.embedded import Embedded
from mai.chain.network import ModelTerms
from mai.chain.stake import Staking
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.engine.salted import Salted
from mai.money import UNITS_PER_MAI
from mai.requester.ask import Asker
from mai.requester.disclosure import Disclosed, NotDisclosed, admit
from mai.requester.journal import Journal
from mai_zk.trace import Token, Work
from program.chain import OUT
from requester.peer import Held, Peer
from requester.small import Small, SmallRun
from solders.account import Account
from solders.pubkey import Pubkey
from traces import model
from traces.world import World as TraceWorld

DEVICE = b"rig".ljust(32, b"\0")
BOND = 2 * 10**9
STAKED = 400_000


class Net(TraceWorld, CliWorld):
    """Everything on an embedded chain that makes a block a transaction and keeps its history.

    Attributes:
        detection: chance, in basis points, that the model's proof catches skipped work.
    """

    def __init__(self, folder: Path, detection: int = 9_950) -> None:
        policy, self.verifier = artifacts.program("mai"), artifacts.program("verifier")
        self.program = self.verifier
        self.chain = Embedded(messages={**policy.errors, **self.verifier.errors}, blocks=True)
        self.source = Recorder(self.chain.svm)
        self.chain.svm = self.source
        self.chain.add_program(policy.address, artifacts.shared_object("mai"))
        self.chain.add_program(self.verifier.address, OUT / "traces.so")
        self.folder, self.economy = folder, Economy(self.chain, policy)
        self.model = model.manifest()
        self.small = Small(self.model)
        self.authority = self.wallet("authority")
        self.economy.genesis(
            self.authority.keypair, self.verifier.address, chain_id=103, rate_floor=50_000, srs=model.srs().id
        )
        terms = ModelTerms(
            self.model.hash, bytes(32), 6, 1_000, 60_000, max_tokens=32, proof=1, detection_bps=detection
        )
        self.economy.register_model(self.authority.keypair, terms)
        self.model_address = self.economy.model_address(terms)
        self.economy.open_mining(self.authority.keypair)
        self.chain.pass_slots(2)
        self.peers: list[Miner] = []
        self.verifiers: set[Pubkey] = set()
        self.now = self.chain.unix_time()
        self.nonces = itertools.count(1)

    def close(self) -> None:
        for miner in self.peers:
            miner.peer.stop()

    def rewrite(self, kind: str, address: Pubkey, **changes: Any) -> None:
        """Change fields of an account behind the program's back, as the DAO or time would."""
        layout = artifacts.interface("mai").kinds[kind]
        account = self.chain.account(address)
        fields = {**layout.decode(bytes(account.data), exact=False), **changes}
        self.chain.svm.set_account(address, Account(account.lamports, layout.encode(fields), account.owner))

    def put_parameter(self, index: int, value: int) -> None:
        values = list(self.read("Config", self.economy.config).parameters)
        values[index] = value
        self.rewrite("Config", self.economy.config, parameters=values)

    def withdraw_model(self) -> None:
        self.rewrite("Model", self.model_address, approved=False)

    def to_slot(self, slot: int, **_: Any) -> None:
        """Let slots pass until then: here every block's hash stays what it was."""
        self.chain.pass_slots(max(slot - self.slot(), 0))

    def new_miner(self, name: str = "miner", staked: int = STAKED) -> Miner:
        made = Miner(self, name, staked)
        self.peers.append(made)
        return made

    def verifier_wallet(self, name: str, mai: int = 100_000) -> Any:
        """A wallet with verifier stake."""
        wallet = self.staker(name, mai, warm=False)
        Staking(self.economy).designate(wallet.keypair, mai * UNITS_PER_MAI)
        self.verifiers.add(wallet.address)
        self.chain.warp(seconds=2)
        return wallet

    def asker(
        self, wallet: Any, *miners: Miner, step: Callable[[], object] | None = None, folder: str = "asks"
    ) -> Asker:
        """A requester who lets the miners work while it waits."""

        def pause(_: float) -> None:
            if step is not None:
                step()
            self.chain.pass_slots(2)

        journal = Journal(self.folder / folder)
        engines = [miner.peer.engine() for miner in miners]
        return Asker(
            self.economy, wallet.keypair, journal, engines, pause=pause, clock=lambda: float(self.chain.unix_time())
        )


class Miner:
    """A device, its engine, and what its owner does with the tasks that it holds prompts of."""

    def __init__(self, net: Net, name: str, staked: int) -> None:
        self.net, self.name = net, name
        self.wallet = net.staker(name, staked, warm=False)
        net.economy.register_miner(self.wallet.keypair, DEVICE, HIGH_END, client_version=256)
        self.account = net.economy.miner_address(self.wallet.address, DEVICE)
        self.peer = Peer(self.wallet.keypair, [net.small.name])
        self.peer.disclosing = self.disclose
        self.runs: dict[Pubkey, tuple[Work, SmallRun]] = {}
        self.lies: Callable[[SmallRun], SmallRun] = lambda run: run

    def disclose(self, task: Pubkey, held: Held, request: dict[str, Any]) -> bytes:
        """Prompt, answer and positions, for those with a verifier stake."""
        found = admit(request, self.net.now, lambda wallet: wallet in self.net.verifiers)
        if not held.disclose:
            raise NotDisclosed("its requester does not want it to be read")
        if held.answer is None:
            raise NotDisclosed("there is no answer yet")
        answer = Salted.read(held.answer, "the answer")
        return Disclosed(held.prompt, answer, tuple(held.positions)).sealed(task, found.reply_key)

    def step(self) -> None:
        """Take, commit and deliver every task whose prompt is held."""
        for task in list(self.peer.offers):
            if task not in self.runs:
                self.work(task)

    def work(self, task: Pubkey) -> Pubkey:
        """From the assignment to the answer; the work's address."""
        self.assign(task)
        self.run(task)
        self.commit(task)
        return self.deliver(task)

    def assign(self, task: Pubkey) -> None:
        self.net.chain.pass_slots(80)
        self.net.economy.assign_task(self.wallet.keypair, DEVICE, task)

    def run(self, task: Pubkey) -> Work:
        """The run of the task, with the lies that this miner tells."""
        prompt = self.peer.offers[task].prompt
        limit = self.net.economy.read("Task", task).max_tokens
        run = self.lies(self.net.small.run(prompt.tokens, limit))
        salts = [hashlib.sha256(bytes(task) + bytes([index])).digest()[:16] for index in range(len(run.generated))]
        tokens = [Token(value, salt) for value, salt in zip(run.generated, salts, strict=True)]
        made = Work(self.net.model, prompt.parts(), tokens, run.positions)
        self.runs[task] = made, run
        return made

    def commit(self, task: Pubkey) -> None:
        made, run = self.runs[task]
        self.net.chain.warp(seconds=5)
        self.net.economy.commit_work(
            self.wallet.keypair, DEVICE, task, output=made.generated_tree.root, tokens=len(run.generated),
            active_ms=1_000,
        )  # fmt: skip

    def deliver(self, task: Pubkey) -> Pubkey:
        made, run = self.runs[task]
        salted = Salted(run.generated, tuple(token.salt for token in made.generated))
        self.peer.deliver(task, salted, run.positions)
        return self.net.economy.work_address(task, self.account)

    def prove(self, task: Pubkey, context: bytes | None = None) -> Pubkey:
        """The trace of a task's work, drawn and attested, in the work's context or another one."""
        made, run = self.runs[task]
        net, work = self.net, self.net.economy.work_address(task, self.account)
        limit = net.economy.read("Task", task).max_tokens
        net.miner = Traces(Verifier(net.chain, self.wallet.keypair, net.program))
        net.manifest = net.miner.upload_manifest(net.model).address
        net.values = list(run.values)
        net.commit(made, context=context or bytes(net.read("Work", work).context), limit=limit, bond=BOND)
        net.challenge(made, committed=True)
        assert net.attest_all(made).step == "proved"
        return net.trace

    def settle(self, task: Pubkey) -> None:
        self.net.economy.settle(self.wallet.keypair, DEVICE, task, self.prove(task))
