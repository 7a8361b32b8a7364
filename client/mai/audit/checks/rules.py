"""Everything else: every other instruction, and that no event was told which no instruction gives."""

from __future__ import annotations

from mai.audit.check import Book, check


@check(
    "rules",
    proves=(
        "every other instruction of the history (registry, tasks, commits, difficulty, NFTs, genesis) is one "
        "that the rules take, and told what they give; no event is without its instruction"
    ),
    trusts="who could change the programs at genesis, and the collection in an NFT's metadata when it was shown",
    covers=("*",),
)
def rules(book: Book) -> None:
    """The audit itself does it: what no other check covers is this one's."""
