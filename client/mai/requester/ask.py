"""One ask: the prompt is encoded and sealed, the task posted and followed, the answer fetched and checked.

Every step can be taken again: what is on chain already is not sent twice, so that an interrupted ask goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.language.model import ProvableModel
from mai_zk.trace import Manifest
from solders.pubkey import Pubkey

from mai.chain.cluster import Cluster
from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.chain.tasks import STATUSES, WORK_STATUSES, Tasks, rules
from mai.engine.salted import Salted
from mai.errors import MaiError
from mai.money import fixed_mai
from mai.program.names import TASK_CLASSES
from mai.requester.answer import Answer, Finding, against_chain, counts, metadata_findings
from mai.requester.engines import Engine, Identity
from mai.requester.envelopes import opened_answer, sealed_prompt
from mai.requester.journal import ANSWERED, CANCELLED, OFFERED, POSTED, PREPARED, SETTLED, Ask, Journal
from mai.requester.reader import Reader, model_address

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PAUSE_GROWTH = 0.5, 3.0, 1.1
"""Between two looks at the chain: answers come soon, proofs take minutes, and nodes do not like to be asked often."""
ACCEPTED = "accepted"
USUAL_LIMIT = 64
READABLE = (int(rules.WORK_COMMITTED), int(rules.WORK_SETTLED))
"""Works whose output is on chain and stands."""
OVER = (int(rules.TASK_CANCELLED), int(rules.TASK_EXPIRED))
PROVED = ("proved", "claimed")
Say = Callable[[str, str], None]
"""Hears what happens: one word for the step, and a phrase."""


class Wait(StrEnum):
    """How long an ask goes on."""

    answer = "answer"
    proved = "proved"
    settled = "settled"


class AnswerWrong(MaiError):
    """An answer is not what its miner committed to on chain.

    Attributes:
        findings: what is wrong with it.
    """

    def __init__(self, engine: str, findings: Sequence[Finding]) -> None:
        super().__init__(f"the answer of {engine} is refused: {'; '.join(str(item.wrong) for item in findings)}")
        self.findings = list(findings)


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        limit: most tokens of the answer; None: as many as fit, up to ``USUAL_LIMIT``.
        fee: base units.
        lifetime_s: seconds until the task expires.
        disclose: may those with a verifier stake read prompt and answer, to run them again?
    """

    task_class: int = 0
    limit: int | None = None
    fee: int = 0
    lifetime_s: int = 3_600
    disclose: bool = False


class Asker:
    """Asks, as one wallet.

    Attributes:
        pause: lets some seconds pass between two looks at the chain.
        clock: seconds, for timeouts.
    """

    def __init__(
        self,
        economy: Economy,
        signer: Signer,
        journal: Journal,
        engines: Sequence[Engine],
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.economy, self.signer, self.journal, self.engines = economy, signer, journal, list(engines)
        self.pause, self.clock = pause, clock
        self.reader = Reader(economy.cluster, economy.program.address)
        self.tasks = Tasks(economy)

    # Before anything is sent

    def prepare(self, model: ProvableModel, text: str, order: Order) -> Ask:
        """Encode the prompt, check everything that can be checked, and write the ask down; nothing is sent.

        Raises:
            MaiError: the network cannot answer this, in one sentence.
        """
        manifest = manifest_of(model)
        try:
            tokens = model.encode(text)
        except ZkError as error:
            raise MaiError(f"the prompt cannot be encoded: {error}") from error
        if not tokens:
            raise MaiError("the prompt is empty")
        address = model_address(self.economy, manifest)
        fields = self.reader.find("Model", address)
        if fields is None:
            raise MaiError(f"the model {model.name} is not registered on this cluster")
        if not fields.approved:
            raise MaiError(f"the model {model.name} is registered, but not approved: the DAO decides")
        cap = min(model.token_cap, manifest.token_cap)
        room = max(min(cap - len(tokens), fields.max_tokens), 0)
        limit = max(min(USUAL_LIMIT, room), 1) if order.limit is None else order.limit
        if room < limit:
            raise MaiError(
                f"the prompt has {len(tokens):,} tokens, {model.name} takes {cap:,} with the answer and "
                f"gives {fields.max_tokens:,} on this cluster: that leaves {room:,} for the answer, not {limit:,}"
            )
        wallet = self.signer.pubkey()
        held = self.economy.balance(wallet) if order.fee else 0
        if held < order.fee:
            raise MaiError(f"the wallet {wallet} holds {fixed_mai(held)} MAI, not the fee of {fixed_mai(order.fee)}")
        nonce = Tasks.new_nonce()
        ask = Ask(
            task=self.economy.task_address(wallet, nonce),
            nonce=nonce,
            cluster=genesis_hash(self.economy.cluster),
            requester=wallet,
            model_name=model.name,
            model=address,
            text=text,
            prompt=Salted.fresh(tokens),
            task_class=order.task_class,
            limit=limit,
            fee=order.fee,
            lifetime_s=order.lifetime_s,
            disclose=order.disclose,
        )
        self.journal.keep(ask)
        return ask

    def resume(self, task: Pubkey) -> Ask:
        """The ask of a task, to go on with.

        Raises:
            MaiError: it was not asked here, on another cluster, or by another wallet.
        """
        ask = self.journal.find(task)
        if ask is None:
            raise MaiError(f"the task {task} was not asked from this folder: there is no prompt to go on with")
        if ask.cluster != genesis_hash(self.economy.cluster):
            raise MaiError(f"the task {task} was asked on another cluster: name it with --url")
        if ask.state == CANCELLED:
            raise MaiError(f"the task {task} was taken back: ask again")
        if ask.requester != self.signer.pubkey():
            raise MaiError(f"the task {task} belongs to the wallet {ask.requester}: name it with --keypair")
        return ask

    # Steps

    def post(self, ask: Ask) -> None:
        """Open the input's record, post the task and pay its fee, as far as that has not been done."""
        if not self.economy.exists(ask.task):
            landed = self.economy.post_task(
                self.signer,
                ask.model,
                ask.prompt.root,
                nonce=ask.nonce,
                lifetime_s=ask.lifetime_s,
                task_class=ask.task_class,
                prompt_tokens=len(ask.prompt.tokens),
                max_tokens=ask.limit,
            )
            ask.transactions["post_task"] = {"signature": landed.signature, "slot": landed.slot}
        posted = self.reader.read("Task", ask.task)
        if ask.fee and not posted.fee and not posted.fee_burned and posted.status == rules.TASK_OPEN:
            landed = self.tasks.fund(self.signer, ask.task, ask.fee)
            ask.transactions["fund_task"] = {"signature": landed.signature, "slot": landed.slot}
        self._move(ask, POSTED, PREPARED)

    def offer(self, ask: Ask, say: Say) -> None:
        """Seal the prompt to each engine that has not taken it yet, and offer it.

        Raises:
            MaiError: no engine has taken it.
        """
        for engine in self.engines:
            if ask.engines.get(engine.shown) == ACCEPTED:
                continue
            try:
                key, reply = engine.identity().sealing, self.journal.key.public
                envelope = sealed_prompt(key, ask.task, ask.model_name, ask.prompt, reply, ask.disclose)
                refused = engine.offer(ask.task, ask.model_name, self.signer.pubkey(), envelope, ask.limit)
            except MaiError as error:
                refused = str(error)
            ask.engines[engine.shown] = refused or ACCEPTED
            say("offered", f"{engine.shown}: {refused or ACCEPTED}")
        self._move(ask, OFFERED, PREPARED, POSTED)
        if ACCEPTED not in ask.engines.values():
            reasons = "; ".join(f"{name}: {reason}" for name, reason in ask.engines.items())
            raise MaiError(f"no engine takes the prompt ({reasons}); {self._go_on(ask)}")

    def finish(self, ask: Ask, wait: Wait, timeout: float, say: Say) -> Ask:
        """Follow the task until its answer is here and checked, and on to ``wait``.

        Args:
            timeout: seconds; an ask that runs out of them can be gone on with.
            say: hears "answered" as soon as ``ask.answer`` is there.

        Raises:
            AnswerWrong: the only answer that there can be is not what was committed.
            MaiError: the time is over, or the task came to an end without an answer.
        """
        until, told, pause = self.clock() + timeout, set[str](), FIRST_PAUSE_SECONDS
        refused: dict[Pubkey, MaiError] = {}
        while True:
            task = self.reader.read("Task", ask.task)
            works = self.tasks.show(ask.task).works
            for word, phrase in self._news(works):
                if f"{word} {phrase}" not in told:
                    told.add(f"{word} {phrase}")
                    say(word, phrase)
            if ask.answer is None:
                self._fetch(ask, task, works, refused)
                if ask.answer is not None:
                    say("answered", f"by {ask.work}")
            if ask.answer is not None and self._far_enough(ask, wait):
                return ask
            if ask.answer is None and refused and task.places == 1:
                raise next(iter(refused.values()))
            self._check_alive(ask, task, works)
            if self.clock() >= until:
                raise MaiError(f"{self._waiting_for(ask, wait, works)} within {timeout:g} s: {self._go_on(ask)}")
            self.pause(pause)
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)

    def cancel(self, ask: Ask, say: Say) -> None:
        """Take a task back while no miner has it; its fee returns, and the engines are told.

        Raises:
            ProgramError: a miner has it, or it has ended.
        """
        if self.economy.exists(ask.task):
            self.tasks.cancel(self.signer, ask.task)
        self._move(ask, CANCELLED, PREPARED, POSTED, OFFERED)
        for engine in self.engines:
            if ask.engines.get(engine.shown) == ACCEPTED:
                try:
                    engine.cancel(ask.task, self.signer)
                    say("cancelled", engine.shown)
                except MaiError as error:  # the chain has the last word: nobody can take the task any more
                    say("cancelled", f"{engine.shown} was not told: {error}")

    # What the chain says

    def _news(self, works: Sequence[tuple[Pubkey, Any]]) -> Iterator[tuple[str, str]]:
        for address, work in works:
            yield WORK_STATUSES[work.status], f"work {address} of the device {work.miner}"
            trace = self.reader.trace(bytes(work.context), work.owner)
            if trace is not None:
                yield "trace", f"{trace.step_name}, work {address}"

    def _fetch(self, ask: Ask, task: Any, works: Sequence[tuple[Pubkey, Any]], refused: dict[Pubkey, MaiError]) -> None:
        """The answer of a work that stands, from the engines that took the prompt; the work's own engine first."""
        for address, found in works:
            needed = int(rules.votes_needed(task.places))
            if found.status not in READABLE or int(rules.votes_for(task, bytes(found.output))) < needed:
                continue
            work = self.reader.read("Work", address)
            for engine in self._likely(ask, work):
                try:
                    reply = engine.answer(ask.task)
                    if reply.envelope is None:
                        continue
                    answer = opened_answer(self.journal.key, ask.task, ask.model_name, reply.envelope)
                    self.check(ask, task, address, work, answer, engine.shown)
                except AnswerWrong as error:
                    refused[address] = error
                    continue
                except MaiError:  # another engine may have it, or this one in a moment
                    continue
                ask.answer, ask.work = answer, address
                self._move(ask, ANSWERED, PREPARED, POSTED, OFFERED)
                return

    def check(self, ask: Ask, task: Any, address: Pubkey, work: Any, answer: Answer, engine: str) -> None:
        """Refuse an answer that is not the one on chain.

        Raises:
            AnswerWrong: with everything that is wrong with it.
        """
        chain_id = self.reader.config().chain_id
        found = list(against_chain(chain_id, ask.task, task, work, work.context, ask.prompt.root, answer.salted.root))
        prompt, size = len(ask.prompt.tokens), len(answer.salted.tokens)
        found += counts(task, work, prompt, size)
        record = answer.record()
        if record is not None:
            found += metadata_findings(
                record, owner=work.owner, task=ask.task, prompt=prompt, answer=size, tokens=answer.salted.tokens
            )
        wrong = [item for item in found if item.wrong]
        if wrong:
            raise AnswerWrong(f"{engine} (work {address})", wrong)

    def _likely(self, ask: Ask, work: Any) -> list[Engine]:
        """The engines that took the prompt, those of the work's device first."""
        taken = [engine for engine in self.engines if ask.engines.get(engine.shown) == ACCEPTED]
        return sorted(taken, key=lambda engine: not _is_of(engine, work))

    def _far_enough(self, ask: Ask, wait: Wait) -> bool:
        if wait is Wait.answer:
            return True
        assert ask.work is not None
        work = self.reader.read("Work", ask.work)
        if work.status == rules.WORK_SETTLED:
            self._move(ask, SETTLED, ANSWERED)
            return True
        if work.status != rules.WORK_COMMITTED:
            raise MaiError(f"the answer is here, but its work is {WORK_STATUSES[work.status]}: it will not be settled")
        trace = self.reader.trace(work.context, work.owner)
        if trace is not None and trace.step_name == "expired":
            raise MaiError("the answer is here, but its trace has expired: it is not proved")
        return wait is Wait.proved and trace is not None and trace.step_name in PROVED

    def _check_alive(self, ask: Ask, task: Any, works: Sequence[tuple[Pubkey, Any]]) -> None:
        """Raises MaiError where no answer can come any more."""
        if ask.answer is not None:
            return
        if task.status in OVER:
            raise MaiError(f"the task {ask.task} is {STATUSES[task.status]}: nobody will answer")
        if task.status == rules.TASK_OPEN and not task.taken and self.economy.cluster.unix_time() > task.expires_ts:
            raise MaiError(f"nobody took the task in time: `mai task expire {ask.task}` returns its fee")

    def _waiting_for(self, ask: Ask, wait: Wait, works: Sequence[tuple[Pubkey, Any]]) -> str:
        if ask.answer is not None:
            return f"the answer is here, but not {wait.value}"
        states = {work.status for _, work in works}
        if states & set(READABLE):
            return "the answer is committed, but no engine delivers it"
        if rules.WORK_ASSIGNED in states:
            return "a miner has the task, but has not committed"
        return "no miner took the task"

    @staticmethod
    def _go_on(ask: Ask) -> str:
        return f"go on with `mai ask resume {ask.task}`, or take it back with `mai ask cancel {ask.task}`"

    def _move(self, ask: Ask, to: str, *from_: str) -> None:
        """Into a state, where it is in an earlier one; whatever else changed is written, too."""
        ask.state = to if ask.state in from_ else ask.state
        self.journal.keep(ask)


def manifest_of(model: ProvableModel) -> Manifest:
    """The manifest by which a model's runs are settled.

    Raises:
        MaiError: it has none.
    """
    if model.manifest is None:
        raise MaiError(
            f"{model.name} can be served, but no task of it can be settled yet: it has no manifest of its trace"
        )
    return model.manifest


def genesis_hash(cluster: Cluster) -> str:
    """What tells a cluster from every other; the embedded chain has none and says so."""
    ask = getattr(cluster, "genesis_hash", None)
    return "embedded" if ask is None else str(ask())


def class_name(number: int) -> str:
    """A task class as people call it."""
    return TASK_CLASSES[number]


def _is_of(engine: Engine, work: Any) -> bool:
    try:
        who: Identity = engine.identity()
    except MaiError:
        return False
    return bool(who.owner == work.owner)
