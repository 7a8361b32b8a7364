"""A source that lies: the one behind it, but for what a test changes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mai.audit.findings import Level, Verdict
from mai.audit.replay import Audit
from mai.audit.source import Block, Source
from mai.chain import artifacts
from mai.chain.history import Signed, Transaction
from solders.account import Account
from solders.pubkey import Pubkey

MAI, VERIFIER = artifacts.program("mai").address, artifacts.program("verifier").address
INTERFACE = artifacts.interface("mai")
VERIFIER_INTERFACE = artifacts.interface("verifier")
DATA = "Program data: "


def pda(name: str) -> Pubkey:
    return Pubkey.find_program_address([name.encode()], MAI)[0]


class Lying:
    """A :class:`mai.audit.source.Source`; ``accounts_`` and ``transactions_`` stand in the place of the true ones."""

    shown = "a source that lies"

    def __init__(self, true: Source) -> None:
        self.true = true
        self.accounts_: dict[Pubkey, Account | None] = {}
        self.transactions_: dict[str, Transaction] = {}
        self.more: dict[Pubkey, list[Transaction]] = {}
        self.no_blocks = False

    def account(self, address: Pubkey) -> Account | None:
        return self.accounts_[address] if address in self.accounts_ else self.true.account(address)

    def accounts(self, program: Pubkey, places: Sequence[tuple[int, bytes]] = ()) -> Iterable[tuple[Pubkey, Account]]:
        for address, account in self.true.accounts(program, places):
            told = self.accounts_.get(address, account)
            if told is not None:
                yield address, told
        for address, told in self.accounts_.items():
            if told is not None and told.owner == program and self.true.account(address) is None:
                data = bytes(told.data)
                if all(data[at : at + len(part)] == part for at, part in places):
                    yield address, told

    def signatures(self, address: Pubkey) -> Iterable[Signed]:
        yield from self.true.signatures(address)
        for transaction in self.more.get(address, ()):
            yield Signed(transaction.signature, transaction.slot)

    def count(self, address: Pubkey) -> int | None:
        return self.true.count(address)

    def transaction(self, signature: str) -> Transaction | None:
        for several in self.more.values():
            for transaction in several:
                if transaction.signature == signature:
                    return transaction
        return self.transactions_.get(signature) or self.true.transaction(signature)

    def blocks(self, first: int, last: int) -> list[Block] | None:
        return None if self.no_blocks else self.true.blocks(first, last)

    # What a lie changes

    def all(self, address: Pubkey = MAI) -> Iterator[Transaction]:
        """The transactions of an address that did not fail."""
        for signed in self.true.signatures(address):
            transaction = self.true.transaction(signed.signature)
            if transaction is not None and not transaction.failed:
                yield transaction

    def with_call(self, name: str, program: Pubkey = MAI) -> Iterator[Transaction]:
        """The transactions with this instruction."""
        kinds = INTERFACE if program == MAI else VERIFIER_INTERFACE
        mark = kinds.call_kinds[name].arguments.mark
        for transaction in self.all(program):
            if any(call.program == program and call.data[:8] == mark for call in transaction.calls):
                yield transaction

    def retell(self, event: str, change: Callable[[dict[str, Any]], dict[str, Any]], *, nth: int = 0) -> None:
        """The nth event of this name says something else."""
        layout, seen = INTERFACE.event_kinds[event], 0
        for transaction in self.all():
            logs = list(transaction.logs)
            for at, line in enumerate(logs):
                data = base64.b64decode(line.removeprefix(DATA)) if line.startswith(DATA) else b""
                if data[:8] == layout.mark:
                    if seen == nth:
                        told = layout.decode(data)
                        logs[at] = DATA + base64.b64encode(layout.encode({**told, **change(told)})).decode()
                        self.transactions_[transaction.signature] = replace(transaction, logs=tuple(logs))
                        return
                    seen += 1
        raise LookupError(f"the history has no {event} number {nth}")

    def rewrite(self, kind: str, change: Callable[[dict[str, Any]], dict[str, Any]], *, owner: Pubkey = MAI) -> Pubkey:
        """The first account of this kind whose fields the change takes says something else."""
        layout = (INTERFACE if owner == MAI else VERIFIER_INTERFACE).kinds[kind]
        for address, account in self.true.accounts(owner, [(0, layout.mark)]):
            fields = layout.decode(bytes(account.data), exact=False)
            changed = change(fields)
            if changed:
                data = layout.encode({**fields, **changed}) + bytes(account.data)[layout.size :]
                self.accounts_[address] = Account(account.lamports, data, account.owner)
                return address
        raise LookupError(f"there is no such {kind}")

    def patch(self, address: Pubkey, at: int, data: bytes) -> None:
        """Other bytes in an account."""
        account = self.true.account(address)
        assert account is not None
        raw = bytearray(account.data)
        raw[at : at + len(data)] = data
        self.accounts_[address] = Account(account.lamports, bytes(raw), account.owner, account.executable, 0)

    def add(self, transaction: Transaction, address: Pubkey = MAI) -> None:
        """One more transaction at the end."""
        self.more.setdefault(address, []).append(transaction)


def audited(source: Source, **options: Any) -> Verdict:
    """The verdict; walks have no proofs behind their receipts, so `proofs` is asked for by name."""
    options.setdefault("skip", ("proofs",))
    return Audit(source, **options).run()


def lies(verdict: Verdict, level: Level = Level.lie) -> set[tuple[str, str]]:
    """(check, lie) of everything found."""
    return {(result.name, lie) for result in verdict.results for lie, found in result.counts if found is level}
