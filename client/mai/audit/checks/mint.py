"""The mint: that only the program can mint, and nobody can freeze."""

from __future__ import annotations

from solders.token.state import Mint
from spl.token.constants import MINT_LEN, TOKEN_PROGRAM_ID

from mai.audit.check import Book, check
from mai.program import config as rules


@check(
    "mint",
    proves=(
        "the mint authority is the program's configuration account, there is no freeze authority, and MAI has "
        "nine decimals"
    ),
    trusts="SPL Token",
)
def mint(book: Book) -> None:
    audit = book.audit

    @book.at_end
    def end() -> None:
        address = audit.mint()
        config = audit.single("config")
        fields = audit.kept(config)
        account = audit.source.account(address) if address else None
        if account is None or account.owner != TOKEN_PROGRAM_ID or len(account.data) != MINT_LEN:
            book.find("no mint", address, "no mint of SPL Token", "a mint")
            return
        found = Mint.from_bytes(bytes(account.data))
        book.count(3)
        handed = fields is not None and fields["phase"] >= rules.PHASE_HANDED_OVER
        if found.mint_authority != config and handed:
            book.find("mint authority is a key", address, found.mint_authority or "nobody", config)
        if found.freeze_authority is not None and handed:
            book.find("freeze authority set", address, found.freeze_authority, "nobody")
        if found.decimals != rules.DECIMALS:
            book.find("wrong decimals", address, found.decimals, int(rules.DECIMALS))
