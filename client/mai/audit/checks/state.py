"""The state: every account of the program is, byte for byte, what its history makes of it."""

from __future__ import annotations

from solders.pubkey import Pubkey

from mai.audit.check import Book, check
from mai.chain.layout import Layout


@check(
    "state",
    proves=(
        "every account of the program is byte for byte what the rules make of the history, none is missing "
        "and none came from nowhere"
    ),
    trusts="nothing but the history's being whole",
)
def state(book: Book) -> None:
    audit = book.audit

    @book.at_end
    def end() -> None:
        seen = 0
        for address, account in audit.source.accounts(audit.program):
            data = bytes(account.data)
            layout = audit.interface.kind_of(data)
            if layout is None:
                continue  # lamports that somebody sent, or a loader's account
            book.count()
            should = audit.machine.store.get(bytes(address))
            if should is None:
                book.find("account from nowhere", f"{layout.name} {address}", "there", "no instruction made it")
                continue
            seen += 1
            if data[: len(should)] != should:
                _differences(book, layout, address, data, should)
            if any(data[len(should) :]):  # the program makes accounts a few bytes longer than it writes
                book.find("account off", f"{layout.name} {address}", "more behind its fields", "zeros")
        missing = sum(1 for _ in audit.machine.store.items()) - seen
        if missing:
            book.find("account missing", "the program's accounts", f"{missing:,} of the history's are not there", "all")


def _differences(book: Book, layout: Layout, address: Pubkey, data: bytes, should: bytes) -> None:
    says, given = layout.decode(data, exact=False), layout.decode(should)
    for name, value in given.items():
        if says[name] != value:
            book.find("account off", f"{layout.name}.{name} of {address}", says[name], value)
