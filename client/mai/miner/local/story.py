"""`mai mine --local`: a network from its first block on, in which work is paid and a cheat is caught."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mai_zk.language.model import ProvableModel, question
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import device_of
from mai.chain.economy import Economy
from mai.chain.offences import Offences
from mai.chain.stake import Staking
from mai.chain.tasks import Tasks
from mai.chain.trace import STEPS
from mai.engine.salted import Salted
from mai.miner import models
from mai.miner.chores import Chores
from mai.miner.control import Control
from mai.miner.desk import Desk
from mai.miner.hardware import detect
from mai.miner.intake import Terms
from mai.miner.journal import Journal
from mai.miner.local.cheat import FalseModel
from mai.miner.local.checker import Checker
from mai.miner.local.network import found
from mai.miner.local.server import Localnet, localnet
from mai.miner.mine import Mine
from mai.miner.miner import CLIENT_VERSION
from mai.miner.offers import LocalOffers
from mai.miner.provers import LocalProvers, Provers
from mai.miner.seal import Seal
from mai.miner.states import State
from mai.money import UNITS_PER_MAI
from mai.program import MODULES

parameters = MODULES["parameters"]
MINERS_MAI, VERIFIERS_MAI, REQUESTERS_MAI, FEE_MAI = 200_000, 300_000, 10_000, 10
STAKED_MAI, VERIFYING_MAI = 100_000, 100_000
LIFETIME_S, TURN_S = 8 * 3_600, 0.3
TINY = "tiny"
PROMPTS = {TINY: ("3+4=", "2+6=", "1+8=", "5+2=", "4+4=", "6+3=")}
"""The tiny model adds; others are asked in words."""
PRACTICE = tuple("123456789")
"""One position each, so that a newcomer's works take five proofs apiece."""
QUESTIONS = ("What is the capital of France?", "What color is the sky?", "Name a fruit that is yellow.")
LIMITS = {TINY: 3}
LIMIT = 8
Say = Callable[[str], None]


@dataclass
class Person:
    """Somebody with a wallet.

    Attributes:
        first: base units of MAI when the network opened, wherever they were.
    """

    name: str
    wallet: Keypair = field(default_factory=Keypair)
    first: int = 0


@dataclass(frozen=True)
class Line:
    """A line of the summary; base units of MAI, lamports, and why."""

    who: str
    earned: int
    lost: int
    lost_lamports: int
    why: str


class Story:
    """One network and everybody on it. ``turn`` until it is over, then ``end``."""

    def __init__(
        self, net: Localnet, folder: Path, model: ProvableModel, terms: Terms, provers: Provers, say: Say, *,
        real_time: bool = False,
    ) -> None:  # fmt: skip
        self.net, self.folder, self.model, self.terms, self.provers = net, folder, model, terms, provers
        self.practice = _practice(model)
        self.say, self.real_time = say, real_time
        self.people = {name: Person(name) for name in ("miner", "cheat", "requester", "verifier", "second verifier")}
        self.mines: dict[str, Mine] = {}
        self._offers: dict[str, LocalOffers] = {}
        self._prompts: dict[Pubkey, tuple[str, Salted]] = {}
        self._of: dict[Pubkey, Pubkey] = {}
        self._threads: list[threading.Thread] = []
        self.failures: list[BaseException] = []
        self.slot = 0

    # The beginning

    def begin(self, authority: Keypair) -> None:
        """Found the network, stake, register the devices, and start the miners."""
        held = {"miner": MINERS_MAI, "cheat": MINERS_MAI, "requester": REQUESTERS_MAI}
        for name, person in self.people.items():
            person.first = held.get(name, VERIFIERS_MAI) * UNITS_PER_MAI
        self.say("founding a network: the presale's mint is adopted, the model registered, mining opened")
        holdings = {person.wallet.pubkey(): person.first for person in self.people.values()}
        served = (self.model,) if self.practice is None else (self.model, self.practice)
        founded = found(self.net.cluster(), authority, self.model, holdings, *served[1:])
        self.economy, self.models = founded.economy, dict(zip(founded.models, served, strict=True))
        self.say("miners and verifiers stake; the miners register their devices")
        for name in ("miner", "cheat"):
            self._stake(name, STAKED_MAI)
            self.economy.register_miner(
                self.people[name].wallet, device_of(name), detect(), client_version=CLIENT_VERSION
            )
        for name in ("verifier", "second verifier"):
            self._stake(name, VERIFYING_MAI + STAKED_MAI)
            Staking(self.economy).designate(self.people[name].wallet, VERIFYING_MAI * UNITS_PER_MAI)
        self._start("miner", *served)
        self._start("cheat", FalseModel(served[-1]))
        self.checker = Checker(
            Economy(self.net.cluster()), self.models, self.people["verifier"].wallet,
            self.people["second verifier"].wallet, self._told, self.say,
        )  # fmt: skip

    def _stake(self, name: str, mai: int) -> None:
        Staking(self.economy).deposit(self.people[name].wallet, mai * UNITS_PER_MAI)

    def _start(self, name: str, *offered: ProvableModel) -> None:
        folder, economy = self.folder / name, Economy(self.net.cluster())
        seal = Seal.of(folder / "key")
        journal = Journal(folder / "journal.sqlite", seal)
        self._offers[name] = LocalOffers(folder / "offers.sqlite", seal)
        served = [models.serve(economy, model) for model in offered]
        desk = Desk(
            economy, self.people[name].wallet, device_of(name), journal, seal, self._offers[name], self.provers,
            {item.address: item for item in served},
        )  # fmt: skip
        chores = Chores(desk, muster_tokens=0, others=False)
        mine = Mine(desk, replace(self.terms), chores, Control(journal), threads=4)
        mine.control.begin(self.terms.lanes, self.terms.allocation.name)
        self.mines[name] = mine

        def run() -> None:
            try:
                mine.run()
            except BaseException as error:
                self.failures.append(error)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    # The requester

    def ask(self, tasks: int) -> None:
        """Post tasks: all but the second go to the honest miner, that one to the cheat.

        Where newcomers may not serve the model yet, practice comes first, and the cheat's task is of it.
        """
        if self.practice is None:
            for number in range(tasks):
                self._ask(self.model, number, "cheat" if number == 1 else "miner")
            return
        first = int(self.economy.state("config").parameters[int(parameters.NEWCOMER_TASKS)])
        self.say(f"a newcomer's first {first} works must be proved whole: the miner answers so many of {TINY} first")
        for number in range(first + 1):
            self._ask(self.practice, number, "cheat" if number == first else "miner", limit=1)
        for number in range(tasks - 1):
            self._ask(self.model, number, "miner")

    def _ask(self, model: ProvableModel, number: int, to: str, *, limit: int | None = None) -> None:
        wallet = self.people["requester"].wallet
        address = next(address for address, known in self.models.items() if known is model)
        texts = PRACTICE if model is self.practice else PROMPTS.get(model.name, QUESTIONS)
        text = texts[number % len(texts)]
        tokens = model.encode(question(model, text))
        prompt = Salted.fresh(tokens)
        nonce = Tasks.new_nonce()
        self.economy.post_task(
            wallet,
            address,
            prompt.root,
            nonce=nonce,
            lifetime_s=LIFETIME_S,
            prompt_tokens=len(tokens),
            max_tokens=limit or LIMITS.get(model.name, LIMIT),
        )
        task = self.economy.task_address(wallet.pubkey(), nonce)
        Tasks(self.economy).fund(wallet, task, FEE_MAI * UNITS_PER_MAI)
        self._prompts[task] = (to, prompt)
        self._of[task] = address
        self._offers[to].put(task, address, prompt)
        self.say(f"the requester asks {model.name} “{text}” for {FEE_MAI} MAI and sends the prompt to the {to}")

    def _told(self, task: Pubkey) -> tuple[Salted, Salted] | None:
        """What the requester hands to verifiers."""
        if task not in self._prompts:
            return None
        to, prompt = self._prompts[task]
        answer = self._offers[to].answer(task)
        return None if answer is None else (prompt, answer)

    def _ask_again(self) -> None:
        """A place that the cheat lost is free again: the prompt goes to the honest miner."""
        for task, (to, prompt) in self._prompts.items():
            if to == "cheat" and self.checker.offences:
                self._prompts[task] = ("miner", prompt)
                self._offers["miner"].put(task, self._of[task], prompt)
                self.say("the cheat's place is free again: the requester sends that prompt to the miner")

    def answers(self) -> list[tuple[str, str]]:
        """Every answer that the requester got, and from whom."""
        found = []
        for task, model in self._of.items():
            for who, offers in self._offers.items():
                if (answer := offers.answer(task)) is not None:
                    found.append((who, self.models[model].decode(answer.tokens)))
        return found

    # The middle

    def turn(self) -> bool:
        """Let the verifiers look, and time pass where everybody waits for it; False once all is decided."""
        if self.failures:
            raise self.failures[0]
        self.checker.turn()
        self._ask_again()
        self.slot = self.economy.cluster.slot()
        if self.over():
            return False
        if not self.real_time:
            self._pass_time()
        return True

    def over(self) -> bool:
        """Whether every work has ended and every challenge is reported."""
        works = [work for mine in self.mines.values() for work in mine.desk.journal.works()]
        honest = {work.task for work in self.mines["miner"].desk.journal.works()}
        done = len(honest) == len(self._prompts) and all(work.ended for work in works)
        return done and len(self.checker.looked) == len(works) and len(self.checker.offences) > 0

    def _pass_time(self) -> None:
        """Warp to the next slot that anybody waits for, if nobody has anything else to do."""
        waits = []
        for mine in self.mines.values():
            if mine.desk.journal.works(ended=False):
                waits.append(mine.idle_until())
        waits.append(self.checker.waits_until() or 2**62)
        if any(slot is None for slot in waits):
            return
        target = min(slot for slot in waits if slot is not None)
        if self.slot < target < 2**62:
            self.net.warp(slots=target - self.slot)

    # The end

    def end(self) -> list[Line]:
        """Stop the miners, let the time for an appeal pass, execute the offence; who earned and who lost what."""
        for mine in self.mines.values():
            mine.stop()
        for thread in self._threads:
            thread.join(60)
        if not self.real_time:
            self._execute()
        return self._summary()

    def _execute(self) -> None:
        """What was in escrow is burned and paid out; what the cheat's trace had as a bond is burned."""
        wallet = self.people["verifier"].wallet
        traces = self.mines["cheat"].desk.traces
        for work in self.mines["cheat"].desk.journal.works():
            if not work.context:
                continue
            address, _ = traces.address(work.context)
            state = traces.state(address)
            if STEPS.index(state.step) < STEPS.index("proved"):
                self.net.warp(slots=max(int(state.header.deadline) - self.economy.cluster.slot() + 2, 1))
                checker = self.mines["miner"].desk.traces
                checker.expire(address)
                self._lost_bond = int(state.header.bond)
        for offence in self.checker.offences:
            fields = self.economy.read("Offence", offence)
            self.net.warp(seconds=max(int(fields.final_ts) - self.economy.cluster.unix_time() + 60, 1))
            self.say("seven days later nobody has appealed: the offence is executed")
            Offences(self.economy).execute(wallet, offence)

    _lost_bond = 0

    def _summary(self) -> list[Line]:
        offences = [self.economy.read("Offence", at) for at in self.checker.offences]
        taken = {fields.owner: fields for fields in offences}
        lines = []
        for person in self.people.values():
            owner = person.wallet.pubkey()
            now = self.economy.balance(owner) + self._staked(owner)
            lost = taken.get(owner)
            lamports = 0 if lost is None else int(lost.bond) + self._lost_bond
            lines.append(Line(
                person.name, max(now - person.first, 0), max(person.first - now, 0), lamports, self._why(person, lost)
            ))  # fmt: skip
        return lines

    def _staked(self, owner: Pubkey) -> int:
        stake = self.economy.find("Stake", self.economy.stake_address(owner))
        if stake is None:
            return 0
        return int(stake.matured + stake.pending + stake.unstaking + stake.verifier)

    def _why(self, person: Person, lost: object | None) -> str:
        if lost is not None:
            works = self.mines["cheat"].desk.journal.works()
            ended = "; ".join(work.reason for work in works if work.state is State.FAILED)
            kept = "" if not self.real_time else " (in escrow for seven days, in which it could appeal)"
            return (
                f"answered with what the model did not say: failed check{kept}. Its own trace: {ended or 'not proved'}"
            )
        if person.name in self.mines:
            paid = [work for work in self.mines[person.name].desk.journal.works() if work.paid]
            return f"{len(paid)} works proved by what was drawn, and paid"
        if person.name == "requester":
            return f"fees of {len(self._prompts)} tasks: burned with the first payment, a tenth to the treasury"
        share = "half of what was taken is burned, the rest is for who showed it"
        return share if person.name == "verifier" else "a fifth of that, for confirming it"


def play(
    name: str, terms: Terms, say: Say, shown: Callable[[Story], None], *, tasks: int, real_time: bool = False
) -> tuple[Story, list[Line]]:  # fmt: skip
    """Play the whole story; ``shown`` is called again and again with how it stands.

    Args:
        name: the provable model.
        tasks: how many are posted; the second one goes to the cheat.

    Raises:
        MaiError: the localnet does not start, or something is not as it should be.
    """
    model, authority = models.load(name), Keypair()
    programs = artifacts.program("mai"), artifacts.program("verifier")
    provers = LocalProvers(
        terms.allocation.workers, terms.allocation.threads, terms.allocation.duty, lanes=terms.lanes,
        nice=terms.allocation.nice,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mai-local-") as folder:
        try:
            say("starting a localnet")
            with localnet(Path(folder), authority.pubkey(), programs) as net:
                story = Story(net, Path(folder), model, terms, provers, say, real_time=real_time)
                story.begin(authority)
                story.ask(tasks)
                while story.turn():
                    shown(story)
                    time.sleep(TURN_S)
                shown(story)
                return story, story.end()
        finally:
            provers.close()


def _practice(model: ProvableModel) -> ProvableModel | None:
    """What newcomers serve first, where the network does not trust them with the model yet."""
    enough = model.terms is None or model.terms.detection_bps >= int(MODULES["assignment"].NEWCOMER_SAMPLING)
    return None if enough else models.load(TINY)


def sol(lamports: int) -> str:
    """Lamports for people."""
    return f"{lamports / LAMPORTS_PER_SOL:,.4f}".rstrip("0").rstrip(".")
