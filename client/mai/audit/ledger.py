"""A localnet's ledger as a source: the folder alone, whether or not a localnet writes to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import based58
from solders.account import Account
from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.audit.source import Block
from mai.chain.history import Holding, SignatureList, Signed, Transaction, flattened
from mai.localnet.cell import Cell
from mai.localnet.ledger import Ledger
from mai.localnet.transactions import stored_view

PAGE = 10_000
MOST_SLOTS = 2**40


class LedgerSource:
    """A :class:`mai.audit.source.Source` on a ledger's folder; it keeps every block's hash, so every seed is known."""

    def __init__(self, folder: Path) -> None:
        """Open it to read.

        Raises:
            MaiError: there is no ledger in the folder.
        """
        self.ledger = Ledger.open(folder)
        self.shown = str(folder)
        self._lists: dict[Pubkey, SignatureList] = {}

    def account(self, address: Pubkey) -> Account | None:
        cell = self.ledger.account(address)
        return None if cell is None else _account(cell)

    def accounts(self, program: Pubkey, places: Sequence[tuple[int, bytes]] = ()) -> Iterable[tuple[Pubkey, Account]]:
        for address, cell in self.ledger.owned(program):
            if all(cell.data[at : at + len(part)] == part for at, part in places):
                yield address, _account(cell)

    def signatures(self, address: Pubkey) -> Iterable[Signed]:
        return self._list(address).oldest_first()

    def count(self, address: Pubkey) -> int | None:
        return len(self._list(address))

    def transaction(self, signature: str) -> Transaction | None:
        stored = self.ledger.transaction(Signature.from_string(signature))
        if stored is None:
            return None
        view, meta = stored_view(stored), stored.meta
        top = [(item.program_id_index, bytes(item.accounts), bytes(item.data)) for item in view.instructions]
        inner = {
            group["index"]: [
                (item["stackHeight"] or 2, (item["programIdIndex"], bytes(item["accounts"]), _data(item["data"])))
                for item in group["instructions"]
            ]
            for group in meta["innerInstructions"] or []
        }
        return Transaction(
            signature,
            stored.slot,
            stored.time,
            stored.err is not None,
            tuple(flattened(view.keys, top, inner)),
            tuple(meta["logMessages"] or []),
            _holdings(view.keys, meta["preTokenBalances"]),
            _holdings(view.keys, meta["postTokenBalances"]),
        )

    def blocks(self, first: int, last: int) -> list[Block] | None:
        found = (self.ledger.block(slot) for slot in self.ledger.slots(first, last, MOST_SLOTS))
        return [Block(block.slot, block.hash) for block in found if block is not None]

    def _list(self, address: Pubkey) -> SignatureList:
        if address not in self._lists:
            self._lists[address] = SignatureList(self._newest_first(address))
        return self._lists[address]

    def _newest_first(self, address: Pubkey) -> Iterable[list[Signed]]:
        before: int | None = None
        while page := self.ledger.signatures_for(address, before=before, limit=PAGE):
            yield [Signed(str(signature), slot, error is not None) for signature, slot, _, error, _ in page]
            before = self.ledger.number(page[-1][0])


def _account(cell: Cell) -> Account:
    return Account(cell.lamports, cell.data, cell.owner, cell.executable)


def _data(text: str) -> bytes:
    return based58.b58decode(text.encode()) if text else b""


def _holdings(keys: Sequence[Pubkey], balances: Sequence[Mapping[str, Any]] | None) -> dict[Pubkey, Holding]:
    return {
        keys[item["accountIndex"]]: Holding(
            Pubkey.from_string(item["mint"]), Pubkey.from_string(item["owner"]), int(item["uiTokenAmount"]["amount"])
        )
        for item in balances or []
    }
