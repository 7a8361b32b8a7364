"""An open network on the embedded chain with the toy model, and a miner that can be started again and again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, MAX_COMPUTE_UNITS, Landed
from mai.chain.devices import device_of
from mai.chain.embedded import Embedded
from mai.chain.network import Hardware
from mai.chain.signer import Signer
from mai.chain.stake import Staking
from mai.engine.salted import Salted
from mai.miner.desk import Desk
from mai.miner.intake import Intake, Terms
from mai.miner.journal import Journal, Work, urgency
from mai.miner.local.network import found
from mai.miner.models import serve
from mai.miner.offers import LocalOffers
from mai.miner.outcome import Wait
from mai.miner.presets import allocation
from mai.miner.seal import Seal
from mai.miner.steps import Machine
from mai.money import UNITS_PER_MAI
from mai.program import MODULES
from mai_zk.language.model import ProofJob, ProvableModel, Proved
from mai_zk.trace import Token
from mai_zk.trace.work import tokens_tree
from miner.toy import Toy
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

TOY = Toy()
PROMPT, LIMIT = (2, 2), 8
DEVICE = device_of("rig")
STAKE = 1_000_000 * UNITS_PER_MAI
NEWCOMER_TASKS = int(MODULES["parameters"].default_parameter(int(MODULES["parameters"].NEWCOMER_TASKS)))
AT_ONCE = 2


class Crash(BaseException):
    """What a SIGKILL is to a process: nothing catches it."""


class Chain(Embedded):
    """The embedded chain, which counts what lands and may crash whoever sends: before or after a transaction."""

    def __init__(self) -> None:
        policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
        super().__init__(messages={**policy.errors, **verifier.errors}, blocks=True)
        for name, at in (("mai", policy.address), ("traces", artifacts.program_keypair("traces").pubkey())):
            self.add_program(at, artifacts.shared_object(name))
        self.names = {policy.address: policy, artifacts.program_keypair("traces").pubkey(): verifier}
        self.landed: Counter[str] = Counter()
        self.crash: Callable[[str, str], bool] = lambda name, moment: False

    def send(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        known = [self.names[item.program_id] for item in instructions if item.program_id in self.names]
        name = known[0].parse(instructions[-len(known)].data)[0] if known else "other"
        self._maybe(name, "before")
        done = super().send(instructions, signers, compute_units=compute_units, heap_bytes=heap_bytes)
        self.landed[name] += 1
        self._maybe(name, "after")
        return done

    def _maybe(self, name: str, moment: str) -> None:
        if self.crash(name, moment):
            raise Crash(f"{moment} {name}")


class Inline:
    """A pool without processes: a job is proved where it is asked for."""

    def submit(self, job: ProofJob) -> Future[Proved]:
        done: Future[Proved] = Future()
        try:
            done.set_result(job.prove())
        except Exception as error:
            done.set_exception(error)
        return done

    def resize(self, workers: int, threads: int, duty: int = 100) -> None:
        pass

    def set_paused(self, lanes: frozenset[str]) -> None:
        pass

    def busy(self) -> int:
        return 0

    def close(self) -> None:
        pass


def somebody(name: str) -> Keypair:
    return Keypair.from_seed(hashlib.sha256(name.encode()).digest())


def salted(tokens: Sequence[int], name: str) -> Salted:
    salts = tuple(hashlib.sha256(f"{name} {index}".encode()).digest()[:16] for index in range(len(tokens)))
    return Salted(tuple(tokens), salts)


def root(prompt: Salted) -> bytes:
    """The input digest of a prompt."""
    return tokens_tree([Token(*pair) for pair in zip(prompt.tokens, prompt.salts, strict=True)]).root


class World:
    """One network; ``start`` gives a miner as a new process would see it."""

    def __init__(self, folder: Path, model: Toy = TOY, *others: ProvableModel) -> None:
        self.folder, self.chain = folder, Chain()
        self.owner, self.requester = somebody("miner"), somebody("requester")
        people = {self.owner.pubkey(): STAKE, self.requester.pubkey(): STAKE}
        self.founded = found(self.chain, somebody("authority"), model, people, *others)
        self.others = others
        self.economy, self.model = self.founded.economy, self.founded.model
        self.economy.register_miner(self.owner, DEVICE, Hardware(device_class=1, cpu_mhz=4_000), client_version=1)
        Staking(self.economy).deposit(self.owner, STAKE // 2)
        self.seal = Seal(bytes(range(32)))  # always the same draws, and so the same proofs
        self.offers = LocalOffers(folder / "offers.sqlite", self.seal)
        self.provers = Inline()
        self.nonce = 0
        self.chain.landed.clear()

    def post(
        self,
        tokens: Sequence[int] = PROMPT,
        *,
        limit: int = LIMIT,
        offered: bool = True,
        model: Pubkey | None = None,
        **more: Any,
    ) -> Pubkey:
        """A task with its prompt offered to the miner; of the toy model, or of another."""
        self.nonce += 1
        asked = model or self.model
        prompt = salted(tokens, f"prompt {self.nonce}")
        arguments = {"lifetime_s": 86_400, "prompt_tokens": len(tokens), "max_tokens": limit, **more}
        self.economy.post_task(self.requester, asked, root(prompt), nonce=self.nonce, **arguments)
        task = self.economy.task_address(self.requester.pubkey(), self.nonce)
        if offered:
            self.offers.put(task, asked, prompt)
        self.chain.pass_slots(2)
        return task

    def practise(self, started: Started) -> None:
        """A newcomer's works of the toy model, so that the device is trusted with sampled ones."""
        for _ in range(NEWCOMER_TASKS // AT_ONCE):
            for _ in range(AT_ONCE):
                self.post(limit=1)
            started.intake.look()
            started.finish()

    def start(self, **terms: Any) -> Started:
        """The miner as it begins."""
        return Started(self, **terms)

    def work_of(self, task: Pubkey) -> Any:
        """The chain's view of the miner's part in a task."""
        miner = self.economy.miner_address(self.owner.pubkey(), DEVICE)
        return self.economy.find("Work", self.economy.work_address(task, miner))

    def lamports(self) -> float:
        return self.chain.balance(self.owner.pubkey()) / LAMPORTS_PER_SOL


class Started:
    """A miner between its start and its end, in this process, one step at a time."""

    def __init__(self, world: World, **terms: Any) -> None:
        self.world = world
        self.journal = Journal(world.folder / "journal.sqlite", world.seal)
        served = [serve(world.economy, model) for model in (TOY, *world.others)]
        self.desk = Desk(
            world.economy, world.owner, DEVICE, self.journal, world.seal, world.offers, world.provers,
            {item.address: item for item in served}, parallel=1,
        )  # fmt: skip
        self.terms = Terms(allocation("maximum", 2), **terms)
        self.intake, self.machine = Intake(self.desk, self.terms), Machine(self.desk)

    def turn(self) -> list[Wait]:
        """One step of every work, the most urgent first; what they wait for."""
        works = sorted(self.journal.works(ended=False), key=urgency)
        waits = [self.machine.advance(work.id) for work in works]
        return [wait for wait in waits if wait is not None]

    def finish(self, turns: int = 400) -> list[Work]:
        """Steps until every work has ended; the chain's time passes where something waits for it."""
        for _ in range(turns):
            if not self.journal.works(ended=False):
                return self.journal.works()
            waits = self.turn()
            slot = min((wait.slot for wait in waits), default=0)
            if waits and len(waits) == len(self.journal.works(ended=False)):
                self.world.chain.pass_slots(max(slot - self.world.chain.slot(), 1))
        raise AssertionError(f"still running: {self.journal.works(ended=False)}")

    def close(self) -> None:
        self.journal.close()
