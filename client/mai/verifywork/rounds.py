"""A verifier's round: new works are drawn, drawn ones run again, what differs challenged, others' checks confirmed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mai_zk.language.model import ProvableModel
from solders.pubkey import Pubkey

from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.chain.spotcheck import rules
from mai.chain.stake import Staking
from mai.chain.tasks import rules as rules_of_works
from mai.errors import MaiError
from mai.money import fixed_mai
from mai.program import MODULES
from mai.requester.disclosure import NotDisclosed
from mai.requester.reader import Reader
from mai.verifywork import sample
from mai.verifywork.execute import CannotRun, Verdict, execute
from mai.verifywork.follow import Consequences
from mai.verifywork.journal import (
    AGREES,
    DIFFERS,
    DRAWN,
    ENDED,
    HIDDEN,
    LEFT,
    SAID,
    SKIPPED,
    WAITING,
    Journal,
)
from mai.verifywork.prompts import Prompts
from mai.verifywork.vote import NotNow, Votes

parameters = MODULES["parameters"]
SETTLED_SECONDS, NEVER = 600.0, -1e9
"""How often settled works are listed."""
Say = Callable[[str, Pubkey, str], None]
"""Hears what happens: a word, the account that it is about, and a phrase."""
POSITIONS_DIFFER = "same output, but other integers than the trace's: reported here, since no challenge can say it"


@dataclass(frozen=True)
class Summary:
    """What a verifier has done so far.

    Attributes:
        works: how many are in each state (`mai.verifywork.journal`).
        words: how many were said.
        earned, lost: base units.
    """

    works: Mapping[str, int]
    words: int
    earned: int
    lost: int


class VerifyWork:
    """One verifier at work."""

    def __init__(
        self,
        economy: Economy,
        owner: Signer,
        journal: Journal,
        prompts: Prompts,
        models: Mapping[Pubkey, ProvableModel],
        *,
        rate_bps: int,
        evidence: Path,
        say: Say = lambda word, about, phrase: None,
    ) -> None:
        """Prepare.

        Args:
            models: those that this machine can run, by their accounts.
            rate_bps: share of the works that are run again.
            evidence: the folder for what differs.
        """
        self.economy, self.journal, self.prompts, self.models = economy, journal, prompts, dict(models)
        self.rate_bps, self.evidence, self.say = rate_bps, evidence, say
        self.reader = Reader(economy.cluster, economy.program.address)
        self.votes = Votes(economy, owner, journal)
        self.consequences = Consequences(self.votes, journal)
        self._listed_settled = NEVER
        self.wallet, self.stake = owner.pubkey(), economy.stake_address(owner.pubkey())

    def check_stake(self) -> None:
        """Refuse to begin without a stake that can back a challenge.

        Raises:
            MaiError: with what is missing.
        """
        least = self.reader.config().parameters[int(parameters.VERIFIER_STAKE)]
        view = Staking(self.economy).view(self.wallet)
        if view is None or view.fields.verifier < least:
            has = 0 if view is None else view.fields.verifier
            raise MaiError(
                f"a verifier has {fixed_mai(least)} MAI aside and {self.wallet} has {fixed_mai(has)}: run "
                f"`mai stake deposit` and `mai stake verifier`"
            )

    def round(self) -> Summary:
        """Everything that can be done now."""
        self.votes.settle_meant()
        for address in self._works():
            self._look(address)
        for address, _ in self.economy.all("Check", status=int(rules.CHECK_OPEN)):
            self._confirm(address, self.reader.read("Check", address))
        for word in self.journal.words(SAID):
            for phrase in self.consequences.look(word):
                self.say("followed", word.check, phrase)
        return self.summary()

    def summary(self) -> Summary:
        """What the journal says."""
        words = self.journal.words()
        earned, lost = sum(word.earned for word in words), sum(word.lost for word in words)
        return Summary(self.journal.counts(), len(words), earned, lost)

    def one(self, task: Pubkey) -> list[tuple[Pubkey, str]]:
        """Run the works of one task again, whether or not they were drawn; each with what became of it.

        Raises:
            MaiError: there is no such task, or no work of it has an output.
        """
        self.reader.read("Task", task)
        found = [address for address, _ in self.economy.all("Work", task=task)]
        results = []
        for address in found:
            work = self.reader.read("Work", address)
            if work.status not in sample.CHECKABLE:
                continue
            reason = self._why_not(work)
            if reason is None:
                self.journal.note(address, task, DRAWN)
                self._run(address, work)
            else:
                self.journal.note(address, task, SKIPPED, reason)
            seen = self.journal.seen(address)
            assert seen is not None
            results.append((address, f"{seen.state}{f': {seen.reason}' if seen.reason else ''}"))
        if not results:
            raise MaiError(f"no work of the task {task} has an output that stands")
        return results

    # Works

    def _works(self) -> list[Pubkey]:
        """Works of the models that can be run here and that are not done with.

        Settled ones grow without end and were committed before: they are listed only now and then, for those that a
        verifier was not there to see.
        """
        statuses = [int(rules_of_works.WORK_COMMITTED)]
        if time.monotonic() - self._listed_settled > SETTLED_SECONDS:
            self._listed_settled = time.monotonic()
            statuses.append(int(rules_of_works.WORK_SETTLED))
        found = dict.fromkeys(item.work for item in self.journal.works(WAITING, DRAWN, HIDDEN, DIFFERS))
        for model in self.models:
            for status in statuses:
                listed = self.economy.all("Work", model=model, status=status)
                found |= dict.fromkeys(address for address, _ in listed if self._is_open(address))
        return list(found)

    def _is_open(self, work: Pubkey) -> bool:
        seen = self.journal.seen(work)
        return seen is None or seen.state not in ENDED

    def _look(self, address: Pubkey) -> None:
        seen = self.journal.seen(address)
        work = self.reader.read("Work", address)
        reason = self._why_not(work)
        if reason is not None and not (seen is not None and seen.state == DIFFERS and self._has_spoken(address)):
            # A work that was never disclosed in time is told apart from one that could not be checked anyway.
            hidden = f"not disclosed: {seen.reason}" if seen is not None and seen.state == HIDDEN else reason
            self.journal.note(address, work.task, SKIPPED, hidden)
            self.say(SKIPPED, address, hidden)
            return
        state = WAITING if seen is None else seen.state
        if state == WAITING:
            state = self._draw(address, work)
        if state in (DRAWN, HIDDEN) or (state == DIFFERS and not self._has_spoken(address)):
            self._run(address, work)

    def _draw(self, address: Pubkey, work: Any) -> str:
        """Is the work drawn? By the trace's own seed where the block is too old to be known."""
        if self.rate_bps == sample.FULL_BPS:
            self.journal.note(address, work.task, DRAWN)
            return DRAWN
        try:
            seed = sample.seed_of(self.economy.cluster, work.committed_slot)
        except sample.SeedGone as gone:
            trace = self.reader.trace(work.context, work.owner)
            seed = None if trace is None or trace.positions_seed == bytes(32) else trace.positions_seed
            if seed is None:
                self.journal.note(address, work.task, SKIPPED, str(gone))
                self.say(SKIPPED, address, str(gone))
                return SKIPPED
        if seed is None:
            self.journal.note(address, work.task, WAITING)
            return WAITING
        state = DRAWN if sample.is_drawn(seed, address, self.stake, self.rate_bps) else LEFT
        self.journal.note(address, work.task, state)
        self.say(state, address, f"by the block {seed.hex()[:16]}…")
        return state

    def _run(self, address: Pubkey, work: Any) -> None:
        """Run it again, and challenge it if it differs."""
        try:
            verdict = self.verdict(address, work)
        except NotDisclosed as error:
            self.journal.note(address, work.task, HIDDEN, str(error))
            self.say(HIDDEN, address, str(error))
            return
        except CannotRun as error:  # one work that nobody can run must not keep a verifier from all others
            self.journal.note(address, work.task, SKIPPED, str(error))
            self.say(SKIPPED, address, str(error))
            return
        evidence = verdict.evidence(work.task, address, self.models[work.model].name)
        if verdict.agrees:
            reason = POSITIONS_DIFFER if verdict.positions is False else ""
            if reason:
                self._keep(address, evidence)
            self.journal.note(address, work.task, AGREES, reason, evidence)
            self.say(AGREES, address, reason or f"bit for bit, in {verdict.seconds:.2f} s")
            return
        self._keep(address, evidence)
        self.journal.note(address, work.task, DIFFERS, "", evidence)
        self.say(DIFFERS, address, f"first at {_place(evidence)}")
        if work.disputed and not self._has_spoken(address):
            self.journal.note(address, work.task, DIFFERS, "another check of it is open")
            return
        try:
            check = self.votes.challenge(address, verdict.output)
        except NotNow as error:
            self.journal.note(address, work.task, DIFFERS, str(error))
            self.say("refused", address, str(error))
            return
        self.say("challenged", address, f"check {check}")

    def verdict(self, address: Pubkey, work: Any) -> Verdict:
        """What running a work again says; nothing is sent.

        Raises:
            NotDisclosed: its prompt cannot be had.
            CannotRun: its model refuses, or is not here.
        """
        model = self.models.get(work.model)
        if model is None:
            raise CannotRun(f"the model {work.model} cannot be run on this machine")
        task, trace = self.reader.read("Task", work.task), self.reader.trace(work.context, work.owner)
        disclosed = self.prompts.of(address, task, work, trace)
        return execute(model, disclosed, task, work, trace)

    def _why_not(self, work: Any) -> str | None:
        if work.model not in self.models:
            return f"its model {work.model} cannot be run on this machine"
        model = self.reader.read("Model", work.model)
        window = self.reader.config().parameters[int(parameters.CHECK_WINDOW_S)]
        return sample.why_not(work, model, self.wallet, window, self.economy.cluster.unix_time())

    def _has_spoken(self, work: Pubkey) -> bool:
        word = self.journal.word(self.economy.check_address(work, self.stake))
        return word is not None and word.state != "meant"

    # Other people's checks

    def _confirm(self, address: Pubkey, check: Any) -> None:
        """Say as a third what the output is, if the lottery lets this verifier in."""
        if check.model not in self.models or self.votes.why_not_third(check) is not None:
            return
        if not self.votes.is_let_in(address, check):
            return
        work = self.reader.read("Work", check.work)
        try:
            verdict = self.verdict(check.work, work)
        except (NotDisclosed, CannotRun) as error:
            self.say(HIDDEN, address, str(error))
            return
        output = work.output if verdict.agrees else verdict.output
        self._keep(check.work, verdict.evidence(work.task, check.work, self.models[work.model].name))
        try:
            self.votes.decide(address, output)
        except NotNow as error:
            self.say("refused", address, str(error))
            return
        self.say("decided", address, f"the work is {'right' if verdict.agrees else 'wrong'}")

    def _keep(self, work: Pubkey, evidence: Mapping[str, Any]) -> None:
        """Write an evidence file: complete, or as it was."""
        try:
            self.evidence.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.evidence / f"{work}.json"
            part = path.with_name(f".{path.name}.{os.getpid()}.part")
            part.write_text(json.dumps(evidence, indent=1) + "\n")
            part.replace(path)
        except OSError as error:
            raise MaiError(f"the evidence cannot be written to {self.evidence}: {error.strerror}") from error


def _place(evidence: Mapping[str, Any]) -> str:
    token, position = evidence["first_token"], evidence["first_position"]
    if position is not None:
        return f"position {position['position']}"
    return "no token" if token is None else f"token {token['index']} (position {token['position']})"
