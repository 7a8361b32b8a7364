"""The embedded chain as a source: everything that is sent to it is kept, with its logs and inner calls."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Any

from solders.account import Account
from solders.hash import Hash
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.transaction_metadata import FailedTransactionMetadata
from spl.token.constants import ACCOUNT_LEN, TOKEN_PROGRAM_ID

from mai.audit.source import Block
from mai.chain.history import Holding, Signed, Transaction, flattened


class Recorder:
    """Stands in the place of a :class:`LiteSVM` and is a :class:`mai.audit.source.Source` of what went through it.

    >>> chain = Embedded(); chain.svm = source = Recorder(chain.svm)  # doctest: +SKIP
    """

    shown = "the embedded chain"

    def __init__(self, svm: LiteSVM) -> None:
        self._svm = svm
        self._landed: dict[str, Transaction] = {}
        self._named: dict[Pubkey, list[str]] = {}
        self._written: dict[Pubkey, None] = {}
        self._slots: list[int] = []
        self._hashes: dict[int, bytes] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._svm, name)

    # As a virtual machine

    def send_transaction(self, transaction: Any) -> Any:
        """Run it and keep it."""
        keys = list(transaction.message.account_keys)
        before = self._holdings(keys)
        result: Any = self._svm.send_transaction(transaction)
        failed = isinstance(result, FailedTransactionMetadata)
        meta = result.meta() if failed else result
        top = [
            (item.program_id_index, bytes(item.accounts), bytes(item.data)) for item in transaction.message.instructions
        ]
        inner = {
            place: [
                (
                    found.stack_height(),
                    (
                        found.instruction().program_id_index,
                        bytes(found.instruction().accounts),
                        bytes(found.instruction().data),
                    ),
                )
                for found in several
            ]
            for place, several in enumerate(meta.inner_instructions())
        }
        clock, signature = self._svm.get_clock(), str(transaction.signatures[0])
        calls = tuple(flattened(keys, top, inner))
        self._landed[signature] = Transaction(
            signature, clock.slot, clock.unix_timestamp, failed, calls, tuple(meta.logs()), before, self._holdings(keys)
        )
        for key in keys:
            self._named.setdefault(key, []).append(signature)
        if not failed:
            self._written |= dict.fromkeys(keys)
        return result

    def set_slot_hashes(self, hashes: Sequence[tuple[int, Hash]]) -> None:
        """Set the sysvar and remember its blocks."""
        self._svm.set_slot_hashes(hashes)
        for slot, found in hashes:
            if slot not in self._hashes:
                insort(self._slots, slot)
            self._hashes[slot] = bytes(found)

    def set_account(self, address: Pubkey, account: Account) -> None:
        """Set an account behind every program's back."""
        self._svm.set_account(address, account)
        self._written[address] = None

    def _holdings(self, keys: Iterable[Pubkey]) -> dict[Pubkey, Holding]:
        found = {}
        for key in keys:
            account = self._svm.get_account(key)
            if account is not None and account.owner == TOKEN_PROGRAM_ID and len(account.data) == ACCOUNT_LEN:
                data = bytes(account.data)
                amount = int.from_bytes(data[64:72], "little")
                found[key] = Holding(Pubkey(data[:32]), Pubkey(data[32:64]), amount)
        return found

    # As a source

    def account(self, address: Pubkey) -> Account | None:
        account: Account | None = self._svm.get_account(address)
        return account if account is not None and account.lamports else None

    def accounts(self, program: Pubkey, places: Sequence[tuple[int, bytes]] = ()) -> Iterable[tuple[Pubkey, Account]]:
        for address in list(self._written):
            account = self.account(address)
            if account is not None and account.owner == program:
                data = bytes(account.data)
                if all(data[at : at + len(part)] == part for at, part in places):
                    yield address, account

    def signatures(self, address: Pubkey) -> Iterable[Signed]:
        for signature in self._named.get(address, ()):
            landed = self._landed[signature]
            yield Signed(signature, landed.slot, landed.failed)

    def count(self, address: Pubkey) -> int | None:
        return len(self._named.get(address, ()))

    def transaction(self, signature: str) -> Transaction | None:
        return self._landed.get(signature)

    def blocks(self, first: int, last: int) -> list[Block] | None:
        slots = self._slots[bisect_left(self._slots, first) : bisect_right(self._slots, last)]
        return [Block(slot, self._hashes[slot]) for slot in slots]
