"""A receipt against a chain: every check is one line, and no line believes another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.language.model import ProvableModel
from solders.hash import Hash

from mai.audit.ledger import LedgerSource
from mai.audit.source import RpcSource, Source
from mai.chain import artifacts
from mai.chain.events import read_events
from mai.chain.tasks import STATUSES, WORK_STATUSES, rules
from mai.errors import MaiError
from mai.money import fixed_mai
from mai.requester.answer import Finding, against_chain, counts, metadata_findings, same
from mai.requester.ask import PROVED, Wait
from mai.requester.reader import Reader
from mai.requester.receipt import OF_WORK, Receipt, text_of

LEVELS = list(Wait)
OF_TASK = ("post_task", "fund_task")


class State(StrEnum):
    """How a check ended."""

    ok = "OK"
    failed = "FAILED"
    open = "OPEN"


@dataclass(frozen=True)
class Line:
    """One check; ``OPEN`` is what the receipt does not claim, or what cannot be looked at here."""

    name: str
    state: State
    reason: str


class Verification:
    """The checks of one receipt.

    Attributes:
        lines: what was found, in order.
    """

    def __init__(
        self, receipt: Receipt, source: Source, *, model: ProvableModel | None = None, require: Wait = Wait.answer
    ) -> None:
        """Run all of them.

        Args:
            model: reads and writes its tokens, so that the texts can be checked; None: they are not.
            require: what must have been reached, whatever the receipt claims.

        Raises:
            MaiError: the source cannot be read at all.
        """
        self.receipt, self.source, self.model = receipt, source, model
        self.need = max(LEVELS.index(receipt.reached), LEVELS.index(require))
        self.reader = Reader(source)
        self.lines: list[Line] = []
        self._say("cluster", self._cluster())
        config = self.reader.config()
        program = same("network", bytes(receipt.program), bytes(self.reader.program), "the program", "this network")
        self._take(program if program.wrong else same("network", bytes(receipt.verifier), bytes(config.verifier),
                                                      "the verifier", "this network"))  # fmt: skip
        self._own()
        task, work = self.reader.find("Task", receipt.task), self.reader.find("Work", receipt.work)
        self._say("task", self._task(task))
        self._say("work", self._work(task, work))
        if task is not None and work is not None:
            found = against_chain(
                config.chain_id, receipt.task, task, work, receipt.context, receipt.input, receipt.output
            )
            for finding in found:
                self._take(finding)
            for finding in counts(task, work, len(receipt.prompt.hashes), len(receipt.answer.hashes)):
                self._take(finding)
            self._signed(work)
            self._proved(work)
            self._settled(task, work)
        self._transactions()

    @property
    def failed(self) -> list[Line]:
        """What is wrong."""
        return [line for line in self.lines if line.state is State.failed]

    # The file alone

    def _own(self) -> None:
        """Do tokens and salts hash to the receipt's own roots, and do they say its texts?"""
        receipt = self.receipt
        self._take(same("prompt", receipt.prompt.root, receipt.input, "the prompt with its salts", "the receipt"))
        self._take(same("answer", receipt.answer.root, receipt.output, "the answer with its salts", "the receipt"))
        prompt, answer = receipt.prompt, receipt.answer
        if prompt.salted is None or answer.salted is None:
            self.lines.append(Line("text", State.open, "the receipt is private: it has no text"))
            return
        if self.model is None:
            self.lines.append(Line("text", State.open, f"not read: the model {receipt.model_name} is not here"))
            return
        wrong = None
        try:
            if prompt.text is None or tuple(self.model.encode(prompt.text)) != prompt.salted.tokens:
                wrong = "the prompt's text has other tokens"
            elif text_of(self.model, answer.salted.tokens) != answer.text:
                wrong = "the answer's tokens say another text"
        except ZkError as error:
            wrong = f"the text cannot be read: {error}"
        self._take(Finding("text", wrong, f"{receipt.model_name} reads prompt and answer as the receipt has them"))

    # Against the chain

    def _cluster(self) -> Finding:
        found = genesis_of(self.source)
        wrong = None if found == self.receipt.cluster else f"the receipt is of {self.receipt.cluster}, this is {found}"
        return Finding("cluster", wrong, f"genesis {found}")

    def _task(self, task: Any) -> Finding:
        wrong, receipt = None, self.receipt
        if task is None:
            wrong = f"{receipt.task} is no task on this cluster"
        elif task.requester != receipt.requester:
            wrong = f"it was posted by {task.requester}, not by {receipt.requester}"
        elif task.model != receipt.model:
            wrong = f"it asks for the model {task.model}, not for {receipt.model}"
        else:
            model = self.reader.find("Model", receipt.model)
            if model is None or model.key_hash != receipt.manifest:
                wrong = "its model has another manifest than the receipt's"
        state = "" if task is None else STATUSES[task.status]
        return Finding("task", wrong, f"asks for {receipt.model_name}; it is {state}")

    def _work(self, task: Any, work: Any) -> Finding:
        wrong, receipt = None, self.receipt
        if work is None:
            wrong = f"{receipt.work} is no work on this cluster"
        elif work.task != receipt.task:
            wrong = f"it belongs to the task {work.task}, not to {receipt.task}"
        elif (work.miner, work.owner) != (receipt.miner, receipt.owner):
            wrong = f"the device {work.miner} of {work.owner} did it, not {receipt.miner} of {receipt.owner}"
        elif work.committed_slot != receipt.committed_slot:
            wrong = f"it was committed in slot {work.committed_slot:,}, not in {receipt.committed_slot:,}"
        elif work.status not in (rules.WORK_COMMITTED, rules.WORK_SETTLED):
            wrong = f"it is {WORK_STATUSES[work.status]}: its output does not stand"
        return Finding("work", wrong, f"device {receipt.miner}, committed in slot {receipt.committed_slot:,}")

    def _signed(self, work: Any) -> None:
        receipt = self.receipt
        if receipt.record is None:
            self.lines.append(Line("metadata", State.open, "the receipt has none"))
            return
        salted = receipt.answer.salted
        for finding in metadata_findings(
            receipt.record,
            owner=work.owner,
            task=receipt.task,
            prompt=len(receipt.prompt.hashes),
            answer=len(receipt.answer.hashes),
            tokens=None if salted is None else salted.tokens,
        ):
            self._take(finding)

    def _proved(self, work: Any) -> None:
        receipt, level = self.receipt, LEVELS.index(Wait.proved)
        trace = self.reader.trace(work.context, work.owner)
        if trace is None:
            self._reach("trace", level, False, "the work has no trace yet")
            return
        shape = (len(receipt.prompt.hashes), len(receipt.answer.hashes))
        for name, found, expected in (
            ("input", trace.input, receipt.input),
            ("output", trace.output, receipt.output),
            ("manifest", trace.manifest, receipt.manifest),
            ("shape", (trace.prompt, trace.generated), shape),
        ):
            if found != expected:
                self._take(Finding("trace", f"the work's trace has another {name}", ""))
                return
        self._reach("trace", level, trace.step_name in PROVED, f"its trace is {trace.step_name}")

    def _settled(self, task: Any, work: Any) -> None:
        level = LEVELS.index(Wait.settled)
        settled, disputed = work.status == rules.WORK_SETTLED, ", and a check of it is open" if work.disputed else ""
        self._reach("settled", level, settled, f"the work is {WORK_STATUSES[work.status]}{disputed}")
        record = self.reader.find("SpentRecord", task.spent_record)
        spent = record is not None and record.spent and record.task == self.receipt.task
        paid = settled and spent
        self._reach("paid", level, paid, f"{fixed_mai(work.paid)} MAI" if paid else "nothing was paid for it")
        told = self._minted()
        if paid and told is not None and told != work.paid:
            said = f"its payment told of {fixed_mai(told)} MAI, the work has {fixed_mai(work.paid)}"
            self._take(Finding("payment", said, ""))

    def _minted(self) -> int | None:
        """What the settlement's event says that it minted; None where the receipt names none or it is not kept."""
        named = self.receipt.transactions.get("settle")
        transaction = None if named is None else self._transaction(named["signature"])
        if transaction is None:
            return None
        told = read_events(artifacts.interface("mai"), self.reader.program, transaction.logs).events
        return next(
            (
                int(item.data["minted"])
                for item in told
                if item.name == "WorkSettled" and item.data["work"] == self.receipt.work
            ),
            None,
        )

    def _transactions(self) -> None:
        for name, item in self.receipt.transactions.items():
            wrong = self._other_transaction(name, item["signature"], item["slot"])
            self._take(Finding(name.replace("_", " "), wrong, f"slot {item['slot']:,}, {item['signature']}"))

    def _other_transaction(self, name: str, signature: str, slot: int) -> str | None:
        """What is wrong with a transaction that the receipt names."""
        if name not in (*OF_TASK, *OF_WORK):
            return "receipts name no such transaction"
        transaction = self._transaction(signature)
        if transaction is None:
            return f"there is no transaction {signature} on this cluster"
        if transaction.failed or transaction.slot != slot:
            return "it failed" if transaction.failed else f"it landed in slot {transaction.slot:,}, not in {slot:,}"
        about = self.receipt.task if name in OF_TASK else self.receipt.work
        calls = artifacts.interface("mai").calls
        for call in transaction.calls:
            kind = calls.get(call.data[:8]) if call.program == self.reader.program else None
            if kind is not None and kind.name == name and about in call.accounts:
                return None
        return f"it is no {name.replace('_', ' ')} of this {'task' if name in OF_TASK else 'work'}"

    def _transaction(self, signature: str) -> Any:
        try:
            return self.source.transaction(signature)
        except (MaiError, ValueError):  # no signature at all
            return None

    # Writing down

    def _take(self, finding: Finding) -> None:
        state = State.ok if finding.wrong is None else State.failed
        self.lines.append(Line(finding.name, state, finding.wrong or finding.right))

    def _say(self, name: str, finding: Finding) -> None:
        assert finding.name == name
        self._take(finding)

    def _reach(self, name: str, level: int, is_there: bool, reason: str) -> None:
        """Something that a work comes to: wrong only where the receipt, or whoever asks, says that it has."""
        missing = State.failed if self.need >= level else State.open
        self.lines.append(Line(name, State.ok if is_there else missing, reason))


def genesis_of(source: Source) -> str:
    """The genesis hash of what an audit reads."""
    if isinstance(source, RpcSource):
        return source.rpc.genesis_hash()
    if isinstance(source, LedgerSource):
        return str(Hash(source.ledger.fact("genesis")))
    return "embedded"
