"""Fills an index: backward through the signatures to where it stopped, forward into the file, and again.

It reads at `confirmed`, which a fork can still undo, and marks what is `finalized`. Each look lists everything behind
the last sure transaction again, and that list alone says what there is and in which order: what is not in it by the
time that its slot is finalized is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from solders.pubkey import Pubkey

from mai.chain.events import Told, read_events
from mai.chain.history import SignatureList, Signed, Transaction
from mai.chain.layout import Interface
from mai.chain.progress import Progress, silent
from mai.errors import MaiError
from mai.index.database import Database

BATCH = 50
"""Transactions that are written at a time."""
T = TypeVar("T")


class Chain(Protocol):
    """What an indexer asks of a cluster."""

    def newest_first(self, address: Pubkey, *, until: str | None = None) -> Iterator[list[Signed]]:
        """Pages of signatures at `confirmed`, back to ``until`` (left out) or to the beginning."""

    def transaction(self, signature: str) -> Transaction | None:
        """A transaction whole, at `confirmed`."""

    def finalized_slot(self) -> int:
        """The newest slot that nothing can undo."""


@dataclass(frozen=True)
class News:
    """An event that has just been indexed."""

    transaction: Transaction
    event: Told


class Indexer:
    """Brings one database up to one chain.

    Attributes:
        dropped: transactions that forks have undone so far.
    """

    def __init__(self, chain: Chain, database: Database, program: Pubkey, interface: Interface) -> None:
        self.chain, self.database, self.program, self.interface = chain, database, program, interface
        self.dropped = 0

    def advance(self, progress: Progress = silent) -> Iterator[News]:
        """Read everything that is new; each event is given out once it is written.

        Raises:
            MaiError: the cluster does not answer, or no longer keeps a transaction.
        """
        finalized = self.chain.finalized_slot()
        gone = self.database.open_signatures(finalized)
        cursor, place = self.database.cursor
        listed = SignatureList(self.chain.newest_first(self.program, until=cursor))
        total, done = len(listed), 0
        for group in batches(listed.oldest_first(), BATCH):
            new = [signed for signed in group if not self.database.knows(signed.signature, signed.slot)]
            batch = [self._read(signed) for signed in new]
            order = [signed.signature for signed in group]
            self.database.add(batch, order, after=place + done, finalized_slot=finalized)
            gone.difference_update(order)
            done += len(group)
            progress(done, total)
            for transaction, events, _ in batch:
                yield from (News(transaction, event) for event in events)
        self.dropped += len(gone)
        self.database.drop(gone)

    def _read(self, signed: Signed) -> tuple[Transaction, list[Told], bool]:
        transaction = self.chain.transaction(signed.signature)
        if transaction is None:
            raise MaiError(f"the cluster lists the transaction {signed.signature} and does not show it: try again")
        if transaction.failed:
            return transaction, [], True
        reading = read_events(self.interface, self.program, transaction.logs)
        return transaction, reading.events, reading.complete


def batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of so many items, the last one shorter."""
    while batch := list(islice(items, size)):
        yield batch
