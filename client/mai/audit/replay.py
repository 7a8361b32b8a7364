"""An audit: the history, transaction by transaction, through the machine and past every check."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from solders.pubkey import Pubkey
from spl.token.constants import TOKEN_PROGRAM_ID

import mai.audit.checks  # noqa: F401 - registers them
from mai.audit.check import CHECKS, Book, Check, Hear, Watch, differences
from mai.audit.findings import Verdict
from mai.audit.machine import Machine
from mai.audit.outside import Outside
from mai.audit.source import Source
from mai.audit.step import Step, moved
from mai.chain import artifacts
from mai.chain.events import Reading, Told, read_events
from mai.chain.history import Invocation, Signed, Transaction
from mai.chain.progress import Progress, silent
from mai.errors import MaiError

EVERYTHING_ELSE = "*"
"""A check that covers this reports what no other check covers."""


class Audit:
    """One audit of one network.

    Attributes:
        supply_moves: of MAI, as the token program's calls have them.
    """

    def __init__(
        self,
        source: Source,
        *,
        only: Collection[str] | None = None,
        skip: Collection[str] = (),
        proofs: int | None = 200,
        program: Pubkey | None = None,
        verifier: Pubkey | None = None,
    ) -> None:
        """Prepare the checks.

        Args:
            only, skip: names of checks.
            proofs: how many proofs are verified again, the newest last; None: all.
            program, verifier: their addresses, where they are not the local clusters'.

        Raises:
            MaiError: a check is not known.
        """
        for name in {*(only or ()), *skip} - CHECKS.keys():
            raise MaiError(f"there is no check {name}: they are {', '.join(CHECKS)}")
        self.source, self.proofs = source, proofs
        self.program = program or artifacts.program("mai").address
        self.verifier = verifier or artifacts.program("verifier").address
        self.interface = artifacts.interface("mai")
        self.verifier_interface = artifacts.interface("verifier")
        self.outside = Outside(source, self.kept)
        self.machine = Machine(self.program, self.interface, self.outside)
        self.books = [Book(self, made) for name, made in CHECKS.items() if only is None or name in only]
        for book in self.books:
            if book.check.name in skip:
                book.result.skipped = "left out"
        self._active = [book for book in self.books if book.result.skipped is None]
        self.progress: Progress = silent
        self.done: Counter[str] = Counter()
        self.transactions = self.failed = 0
        self.last_time = self.last_slot = 0
        for book in self._active:
            book.check.function(book)
        self._watch: defaultdict[str, list[Watch]] = defaultdict(list)
        self._hear: defaultdict[str, list[Hear]] = defaultdict(list)
        for book in self._active:
            for name, watches in book.watching.items():
                self._watch[name] += watches
            for name, hears in book.hearing.items():
                self._hear[name] += hears
        self._cover = {name: book for book in self._active for name in book.check.covers}

    # Running

    def run(self, progress: Progress = silent, stage: Callable[[str], None] = lambda name: None) -> Verdict:
        """All of it.

        Args:
            progress: called with (done, total) of the stage.
            stage: called with the name of what begins: the transactions, then each check that looks at the end.

        Raises:
            MaiError: the source cannot be read.
        """
        started = time.monotonic()
        self.progress = progress
        stage("transactions")
        mint = self.mint()
        total = self.source.count(self.program)
        for number, transaction in enumerate(self.history(mint)):
            if number % 64 == 0:
                progress(number, max(total or 0, number))
            self._take(transaction, mint)
        for book in self._active:
            if book.ending:
                stage(book.check.name)
            for end in book.ending:
                end()
        verdict = Verdict(self.source.shown, str(self.program), [book.result for book in self.books])
        verdict.figures = {
            "transactions": self.transactions,
            "failed": self.failed,
            "instructions": sum(self.done.values()),
            "works paid": self.done["settle"],
            "supply": self.outside.supply,
            "last slot": self.last_slot,
            "last time": self.last_time,
        }
        verdict.seconds = time.monotonic() - started
        return verdict

    def single(self, name: str) -> Pubkey:
        """The address of what the program has once, by its seed: config, governance, emission or vault."""
        return Pubkey.find_program_address([name.encode()], self.program)[0]

    def mint(self) -> Pubkey | None:
        """The mint that the configuration names; None before there is a network."""
        account = self.source.account(self.single("config"))
        if account is None or account.owner != self.program:
            raise MaiError(f"there is no MAI network on {self.source.shown}: its configuration does not exist")
        found: Pubkey = self.interface.kinds["Config"].decode(bytes(account.data), exact=False)["mint"]
        return found

    def history(self, mint: Pubkey | None) -> Iterator[Transaction]:
        """Every transaction that names the program or the mint, the oldest first.

        Raises:
            MaiError: the source does not keep one of them.
        """
        lists = [self.source.signatures(self.program)]
        if mint is not None:
            lists.append(self.source.signatures(mint))
        for signed in merged(lists):
            transaction = self.source.transaction(signed.signature)
            if transaction is None:
                raise MaiError(
                    f"{self.source.shown} does not keep the transaction {signed.signature}: "
                    "audit where the history is whole"
                )
            yield transaction

    def _take(self, transaction: Transaction, mint: Pubkey | None) -> None:
        self.transactions += 1
        self.last_time, self.last_slot = transaction.time, transaction.slot
        if transaction.failed:
            self.failed += 1
            return
        if not transaction.time:
            raise MaiError(f"{self.source.shown} does not say when slot {transaction.slot} was: audit on another node")
        reading = read_events(self.interface, self.program, transaction.logs)
        for book in self._active:
            for look in book.looking:
                look(transaction, reading)
        parents: list[Pubkey] = []
        run = 0
        for call in transaction.calls:
            del parents[call.depth - 1 :]
            ours = bool(parents) and parents[-1] == self.program
            parents.append(call.program)
            if call.program == self.program:
                self._step(transaction, call, reading, [told for told in reading.events if told.run == run])
                run += 1
            elif call.program == TOKEN_PROGRAM_ID and mint is not None and not ours:
                self.outside.supply += moved(call, mint) or 0

    def _step(self, transaction: Transaction, call: Invocation, reading: Reading, told: list[Told]) -> None:
        """One instruction, with the events that it told."""
        outcome = self.machine.run(call, transaction, told)
        if outcome is None:
            return
        self.done[outcome.name] += 1
        given = outcome.events
        step = Step(transaction, call, outcome, told)
        book = self._cover.get(outcome.name) or self._cover.get(EVERYTHING_ELSE)
        if book is not None:
            self._compare(book, step, given, reading)
        for watch in self._watch.get(outcome.name, ()):
            watch(step)
        # Of an instruction that the rules refuse, what it told is heard as well: it is what the lie is about.
        for item in told:
            for hear in self._hear.get(item.name, ()):
                hear(step, item.data)
        # Logs that were cut off must neither hide a payment from a sum nor make a lie of one.
        for name, fields in given[len(told) :] if not reading.complete else ():
            for hear in self._hear.get(name, ()):
                hear(step, fields)

    @staticmethod
    def _compare(book: Book, step: Step, given: list[tuple[str, dict[str, Any]]], reading: Reading) -> None:
        """Writes down where an instruction is not what the rules give."""
        book.count()
        for what in step.outcome.trusted:
            book.trust(what)
        if step.outcome.refusal is not None:
            book.find(
                book.check.refused, _subject(step), f"{step.name} landed", f"refused: {step.outcome.refusal}", step
            )
            return
        for told in step.told[len(given) :]:
            book.find("event that no instruction gives", _subject(step), told.name, "none", step)
        for (name, fields), told in zip(given, step.told, strict=False):
            if told.name != name:
                book.find("another event", _subject(step), told.name, name, step)
                continue
            for field, says, should in differences(told.data, fields):
                book.find(book.check.differs, f"{name}.{field} of {_subject(step)}", says, should, step)
        if len(step.told) < len(given):
            missing = given[len(step.told)][0]
            if reading.complete:
                book.find("event withheld", _subject(step), "nothing", missing, step)
            else:
                book.trust("the runtime cut the logs off: the event is recomputed, not compared")

    # What the chain keeps of draws whose blocks are gone

    def kept(self, address: Pubkey) -> dict[str, Any] | None:
        """One of the program's accounts as the chain has it now."""
        account = self.source.account(address)
        if account is None or account.owner != self.program:
            return None
        data = bytes(account.data)
        layout = self.interface.kind_of(data)
        return None if layout is None else layout.decode(data, exact=False)


def _subject(step: Step) -> str:
    accounts = step.outcome.accounts
    for name in ("work", "check", "offence", "proposal", "task", "stake", "miner", "model"):
        if name in accounts:
            return f"{name} {accounts[name]}"
    return step.name


def merged(lists: Iterable[Iterable[Signed]]) -> Iterator[Signed]:
    """Lists of signatures, each in the order of execution, as one without repetitions.

    Within a slot the first list's order leads; what only another list has comes before the next that both have.
    """
    iterators = [iter(item) for item in lists]
    heads = [next(item, None) for item in iterators]
    while any(heads):
        slot = min(head.slot for head in heads if head is not None)
        groups: list[list[Signed]] = []
        for place, iterator in enumerate(iterators):
            group: list[Signed] = []
            while (head := heads[place]) is not None and head.slot == slot:
                group.append(head)
                heads[place] = next(iterator, None)
            groups.append(group)
        yield from _one_slot(groups)


def _one_slot(groups: list[list[Signed]]) -> Iterator[Signed]:
    seen: set[str] = set()
    leading = {item.signature for item in groups[0]}
    others = [item for group in groups[1:] for item in group]
    at = 0
    for item in groups[0]:
        if any(other.signature == item.signature for other in others[at:]):
            while others[at].signature != item.signature:
                if others[at].signature not in seen and others[at].signature not in leading:
                    seen.add(others[at].signature)
                    yield others[at]
                at += 1
            at += 1
        if item.signature not in seen:
            seen.add(item.signature)
            yield item
    for other in others[at:]:
        if other.signature not in seen:
            seen.add(other.signature)
            yield other


def every_check() -> list[Check]:
    """All checks, in the order of their modules."""
    return list(CHECKS.values())
