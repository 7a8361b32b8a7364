"""One task's life, step by step: everything in its history that names it, from the posting to the last appeal."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from solders.pubkey import Pubkey

from mai.audit.source import Source
from mai.audit.uploads import VerifierCall, calls_of
from mai.chain import artifacts
from mai.chain.events import read_events
from mai.chain.history import Transaction
from mai.chain.layout import Interface
from mai.errors import MaiError
from mai.money import format_mai
from mai.program.names import TASK_CLASSES, is_amount

WORDS = {
    "open_spent_record": "record of the input opened", "post_task": "posted", "fund_task": "funded",
    "assign_task": "drawn and assigned", "commit_work": "committed", "release_work": "place lost",
    "redraw_task": "drawn anew", "settle": "settled and paid", "cancel_task": "taken back", "expire_task": "expired",
    "open_check": "challenged", "draw_check": "third drawn", "decide_check": "third has spoken",
    "void_check": "challenge void", "correct_check": "challenge turned around", "report_offence": "offence reported",
    "report_check": "offence reported", "report_verifier": "false word reported", "close_work": "work closed",
    "appeal": "appealed", "prove_appeal": "appeal proved", "execute_offence": "offence executed",
    "create_proof": "proof upload begun", "verify": "proof verified", "verify_session": "proof verified by a session",
    "claim": "receipt consumed", "commit_trace": "trace committed", "draw_trace": "trace drawn",
    "reveal_trace": "leaves revealed", "attest": "leaf attested", "join": "sum attested",
    "draw_strata": "leaves drawn by strata", "execute": "leaf executed", "attest_bound": "leaf bound and attested",
    "attest_ends": "ends attested",
    "claim_trace": "trace claimed", "expire_trace": "trace expired",
}  # fmt: skip
QUIET = frozenset({"write", "extend", "close", "create_key", "seal_key", "advance", "create_session", "check", "bind"})


@dataclass
class Moment:
    """One step: when, what, by whom, and what was told of it (amounts in MAI)."""

    slot: int
    time: int
    signature: str
    what: str
    failed: bool = False
    facts: dict[str, str] = field(default_factory=dict)


class Lives:
    """Reads tasks' lives out of a source: only the transactions that name the task and what belongs to it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
        self.program, self.verifier = policy.address, verifier.address
        self.interface: Interface = artifacts.interface("mai")
        self.verifier_interface: Interface = artifacts.interface("verifier")

    def of(self, task: Pubkey) -> list[Moment]:
        """Every step, the oldest first.

        Raises:
            MaiError: there is no such task, or the source does not keep a transaction.
        """
        account = self.source.account(task)
        layout = self.interface.kinds["Task"]
        if account is None or account.owner != self.program or bytes(account.data)[:8] != layout.mark:
            raise MaiError(f"{task} is not a task on {self.source.shown}")
        fields = layout.decode(bytes(account.data), exact=False)
        subjects = [task, fields["spent_record"], *self._belonging(task)]
        seen: dict[str, Transaction] = {}
        for subject in subjects:
            for signed in self.source.signatures(subject):
                if signed.signature not in seen:
                    found = self.source.transaction(signed.signature)
                    if found is None:
                        raise MaiError(f"{self.source.shown} does not keep the transaction {signed.signature}")
                    seen[signed.signature] = found
        for proof in self._uploads(seen.values()):
            for signed in self.source.signatures(proof):
                found = self.source.transaction(signed.signature)
                if found is not None:
                    seen.setdefault(signed.signature, found)
        order = {signature: place for place, signature in enumerate(seen)}
        names = {str(subject) for subject in subjects}
        moments = [
            moment
            for transaction in sorted(seen.values(), key=lambda item: (item.slot, order[item.signature]))
            for moment in self._moments(transaction, task, names, fields)
        ]
        return moments

    def _belonging(self, task: Pubkey) -> Iterator[Pubkey]:
        """The works in a task, their checks and offences, receipts and traces."""
        contexts: list[tuple[bytes, Pubkey]] = []
        for kind in ("Work", "Check", "Offence"):
            for address, fields in self._named(kind, task):
                yield address
                if kind == "Work":
                    contexts.append((fields["context"], fields["owner"]))
                if kind == "Offence":
                    contexts.append((fields["context"], fields["owner"]))
        for context, owner in contexts:
            yield Pubkey.find_program_address([b"trace", context, bytes(owner)], self.verifier)[0]
            mark = self.verifier_interface.kinds["Receipt"].mark
            for address, _ in self.source.accounts(self.verifier, [(0, mark + context)]):
                yield address

    def _named(self, kind: str, task: Pubkey) -> Iterator[tuple[Pubkey, dict[str, Any]]]:
        """The accounts of a kind whose field `task` this is."""
        layout = self.interface.kinds[kind]
        at = 8
        for entry in layout.fields:
            if entry.name == "task":
                break
            at += _bytes_of(entry.code)
        for address, account in self.source.accounts(self.program, [(0, layout.mark), (at, bytes(task))]):
            yield address, layout.decode(bytes(account.data), exact=False)

    def _uploads(self, transactions: Any) -> list[Pubkey]:
        """The proofs that were verified in these transactions."""
        found: dict[Pubkey, None] = {}
        for transaction in transactions:
            for call in calls_of(transaction, self.verifier, self.verifier_interface):
                if call.name in ("verify", "verify_session"):
                    found[call.accounts["proof"]] = None
        return list(found)

    def _moments(
        self, transaction: Transaction, task: Pubkey, names: set[str], fields: dict[str, Any]
    ) -> Iterator[Moment]:
        events = read_events(self.interface, self.program, transaction.logs).events
        runs = [call for call in transaction.calls if call.program == self.program]
        for run, call in enumerate(runs):
            kind = self.interface.calls.get(call.data[:8])
            if kind is None or not names & {str(key) for key in call.accounts}:
                continue
            moment = self._moment(transaction, WORDS.get(kind.name, kind.name.replace("_", " ")))
            if not transaction.failed:
                moment.facts = {
                    name: _shown(name, value)
                    for event in events
                    if event.run == run
                    for name, value in event.data.items()
                    if name != "task"
                }
                if kind.name == "post_task":
                    moment.facts["class"] = TASK_CLASSES[fields["task_class"]]
            yield moment
        for verified in calls_of(transaction, self.verifier, self.verifier_interface):
            if verified.name not in QUIET:
                yield self._verified(transaction, verified)

    def _verified(self, transaction: Transaction, call: VerifierCall) -> Moment:
        moment = self._moment(transaction, WORDS.get(call.name, call.name.replace("_", " ")))
        for name in ("claimer", "miner", "receipt", "trace", "proof"):
            if name in call.accounts:
                moment.facts[name] = str(call.accounts[name])
        if call.name == "create_proof":
            moment.facts["bytes"] = f"{call.arguments['size']:,}"
        return moment

    @staticmethod
    def _moment(transaction: Transaction, what: str) -> Moment:
        return Moment(transaction.slot, transaction.time, transaction.signature, what, transaction.failed)


def _bytes_of(code: str) -> int:
    return struct.calcsize("<" + code)


def _shown(name: str, value: Any) -> str:
    if is_amount(name, value):
        return f"{format_mai(value)} MAI"
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
