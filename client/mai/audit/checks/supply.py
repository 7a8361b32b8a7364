"""The supply: genesis, plus what was minted for work, minus what was burned, is what there is."""

from __future__ import annotations

from typing import Any

from solders.pubkey import Pubkey
from solders.token.state import Mint
from spl.token.constants import TOKEN_PROGRAM_ID

from mai.audit.check import Book, check
from mai.audit.step import Step, moved
from mai.chain.events import Reading
from mai.chain.history import Transaction


@check(
    "supply",
    proves=(
        "the supply is genesis + minted − burned; every mint is a settlement's, and the amounts that moved "
        "are the events'"
    ),
    trusts="the presale's supply at genesis, where a mint was adopted",
)
def supply(book: Book) -> None:
    audit = book.audit
    sums = {"genesis": 0, "minted": 0, "fees_burned": 0, "slashed": 0}
    by_others = {"burned": 0}
    address: list[Pubkey | None] = []

    @book.told("NetworkCreated")
    def created(step: Step, event: dict[str, Any]) -> None:
        sums["genesis"] = event["supply"]

    @book.told("WorkSettled")
    def settled(step: Step, event: dict[str, Any]) -> None:
        sums["minted"] += event["minted"]
        sums["fees_burned"] += event["fee_burned"]

    @book.told("OffenceExecuted")
    def executed(step: Step, event: dict[str, Any]) -> None:
        sums["slashed"] += event["burned"]

    @book.each
    def look(transaction: Transaction, reading: Reading) -> None:
        """Mints and burns by the token program's own calls: whose they are, and that the events say the same."""
        if not address:
            address.append(audit.mint())
        mint, parents, moves = address[0], list[Pubkey](), 0
        if mint is None or not any(call.program == TOKEN_PROGRAM_ID for call in transaction.calls):
            return
        for call in transaction.calls:
            del parents[call.depth - 1 :]
            amount = moved(call, mint) if call.program == TOKEN_PROGRAM_ID else None
            if amount is not None:
                book.count()
                if parents and parents[-1] == audit.program:
                    moves += amount
                elif amount > 0:
                    book.find("minted outside", transaction.signature, amount, 0, transaction)
                else:
                    by_others["burned"] -= amount
            parents.append(call.program)
        told = sum(
            item.data["minted"] - item.data["fee_burned"] if item.name == "WorkSettled" else -item.data["burned"]
            for item in reading.events
            if item.name in ("WorkSettled", "OffenceExecuted")
        )
        if moves != told and reading.complete:
            book.find("minted otherwise than told", transaction.signature, told, moves, transaction)

    @book.at_end
    def end() -> None:
        book.count()
        mint = audit.mint()
        account = audit.source.account(mint) if mint else None
        if account is None:
            return
        burned = sums["fees_burned"] + sums["slashed"] + by_others["burned"]
        should = sums["genesis"] + sums["minted"] - burned
        found = Mint.from_bytes(bytes(account.data)).supply
        if found != should:
            book.find("supply off", mint, found, should)
        emission = audit.kept(audit.single("emission")) or {}
        for name, total in (("minted", "minted"), ("fees_burned", "fees_burned"), ("slash_burned", "slashed")):
            book.count()
            if emission.get(name) != sums[total]:
                book.find("counted otherwise than told", f"emission.{name}", emission.get(name), sums[total])
