"""The past of a chain: the signatures of an address, and transactions whole, as every reader of history needs them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import based58
from solana.rpc.commitment import Commitment, Confirmed
from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.chain.rpc import Rpc
from mai.errors import MaiError

PAGE = 1_000
"""Signatures of one answer: the most that nodes give."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction that names an address: its signature and slot, and whether it failed."""

    signature: str
    slot: int
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Invocation:
    """One program run: at the top of a transaction (depth 1) or called by another (deeper)."""

    program: Pubkey
    accounts: tuple[Pubkey, ...]
    data: bytes
    depth: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A token account: of which mint, whose, and how much."""

    mint: Pubkey
    owner: Pubkey
    amount: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One that landed.

    Attributes:
        time: the chain's clock in its slot, seconds since the epoch.
        calls: every program that it ran, in the order of execution.
        before, after: the token accounts that it names, before and after it.
    """

    signature: str
    slot: int
    time: int
    failed: bool
    calls: tuple[Invocation, ...]
    logs: tuple[str, ...]
    before: Mapping[Pubkey, Holding]
    after: Mapping[Pubkey, Holding]


class RpcHistory:
    """The past through Solana's JSON-RPC."""

    def __init__(self, rpc: Rpc, commitment: Commitment = Confirmed) -> None:
        self.rpc = rpc
        self.commitment = commitment

    def page(self, address: Pubkey, *, before: str | None = None, until: str | None = None) -> list[Signed]:
        """At most ``PAGE`` signatures of an address, the newest first, between ``until`` and ``before`` (left out)."""
        asked = {name: Signature.from_string(value) for name, value in (("before", before), ("until", until)) if value}
        found = self.rpc.ask(
            lambda client: client.get_signatures_for_address(
                address,
                **asked,
                limit=PAGE,
                commitment=self.commitment,
            )
        ).value
        return [Signed(str(item.signature), item.slot, item.err is not None) for item in found]

    def newest_first(self, address: Pubkey, *, until: str | None = None) -> Iterator[list[Signed]]:
        """All pages back to the beginning or to ``until``.

        Raises:
            MaiError: a fork undid what the next page was asked before, so that the node gives none.
        """
        before: str | None = None
        while page := self.page(address, before=before, until=until):
            yield page
            if len(page) < PAGE:
                return
            before = page[-1].signature
        if before is not None and self.transaction(before) is None:
            raise MaiError(f"a fork undid {before} while the transactions of {address} were listed: try again")

    def transaction(self, signature: str) -> Transaction | None:
        """A transaction whole; None where the node does not have it (any more)."""
        found = self.rpc.ask(
            lambda client: client.get_transaction(
                Signature.from_string(signature),
                encoding="base64",
                commitment=self.commitment,
                max_supported_transaction_version=0,
            )
        ).value
        if found is None or found.transaction.meta is None:
            return None
        meta = found.transaction.meta
        sent: Any = found.transaction.transaction
        keys = list(sent.message.account_keys)
        if meta.loaded_addresses:
            keys += [*meta.loaded_addresses.writable, *meta.loaded_addresses.readonly]
        top = [(item.program_id_index, bytes(item.accounts), bytes(item.data)) for item in sent.message.instructions]
        inner = {item.index: _inner(item.instructions) for item in meta.inner_instructions or []}
        return Transaction(
            signature,
            found.slot,
            found.block_time or 0,
            meta.err is not None,
            tuple(flattened(keys, top, inner)),
            tuple(meta.log_messages or []),
            _holdings(keys, meta.pre_token_balances),
            _holdings(keys, meta.post_token_balances),
        )


class SignatureList:
    """Signatures on disk: nodes give the newest first, a replay reads the oldest first, and there may be many."""

    def __init__(self, newest_first: Iterable[Sequence[Signed]]) -> None:
        """Takes every page at once."""
        self._file = sqlite3.connect("")  # a temporary file that SQLite removes by itself
        self._file.execute(
            "create table signed (place integer primary key, signature text, slot integer, failed integer)"
        )
        for page in newest_first:
            rows = [(item.signature, item.slot, item.failed) for item in page]
            self._file.executemany("insert into signed (signature, slot, failed) values (?, ?, ?)", rows)

    def __len__(self) -> int:
        return int(self._file.execute("select count(*) from signed").fetchone()[0])

    def oldest_first(self) -> Iterator[Signed]:
        """All of them, in the order in which they landed."""
        for signature, slot, failed in self._file.execute(
            "select signature, slot, failed from signed order by place desc"
        ):
            yield Signed(signature, slot, bool(failed))


Compiled = tuple[int, bytes, bytes]
"""A program's and the accounts' places among the transaction's keys, and the data."""


def flattened(
    keys: Sequence[Pubkey], top: Sequence[Compiled], inner: Mapping[int, Sequence[tuple[int, Compiled]]]
) -> Iterator[Invocation]:
    """Every invocation in the order of execution; ``inner`` has (depth, instruction) by the place of its top one."""
    for place, instruction in enumerate(top):
        for depth, (program, accounts, data) in [(1, instruction), *inner.get(place, ())]:
            yield Invocation(keys[program], tuple(keys[at] for at in accounts), data, depth)


def _inner(instructions: Sequence[Any]) -> list[tuple[int, Compiled]]:
    return [
        (item.stack_height or 2, (item.program_id_index, bytes(item.accounts), based58.b58decode(item.data.encode())))
        for item in instructions
    ]


def _holdings(keys: Sequence[Pubkey], balances: Sequence[Any] | None) -> dict[Pubkey, Holding]:
    return {
        keys[item.account_index]: Holding(item.mint, item.owner, int(item.ui_token_amount.amount))
        for item in balances or []
        if item.owner is not None
    }
