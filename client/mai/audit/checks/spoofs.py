"""Spoofs: other programs that wrote what looks like this program's events."""

from __future__ import annotations

from mai.audit.check import Book, check
from mai.chain.events import Reading
from mai.chain.history import Transaction


@check(
    "spoofs",
    proves=(
        "names every line in these transactions that has the mark of an event and was written by another "
        "program; it counts for nothing"
    ),
    trusts="the runtime's lines in the logs, which no program can write",
)
def spoofs(book: Book) -> None:
    @book.each
    def look(transaction: Transaction, reading: Reading) -> None:
        book.count()
        for spoof in reading.spoofs:
            # Anybody can do this at any time: worth knowing, but no lie of this network's.
            book.notice("spoofed event", f"{spoof.name} by program {spoof.program}", transaction.signature, transaction)
