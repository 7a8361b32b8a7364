"""Rewards: every term of every payment, by the program's own rules."""

from __future__ import annotations

from mai.audit.check import Book, check
from mai.audit.step import Step


@check(
    "rewards",
    proves=(
        "every payment has the terms that the rules give for this work, device, task and time, from counted "
        "time to the amount minted"
    ),
    trusts="the block time as the chain's clock; that an NFT was held is read from the transaction's token balances",
    covers=("settle",),
    refused="payment that the rules refuse",
    differs="reward term off",
)
def rewards(book: Book) -> None:
    @book.on("settle")
    def settle(step: Step) -> None:
        """The audit has compared every term; a payment that nothing was claimed for cannot be."""
        if step.outcome.refusal is None and not step.outcome.claims:
            book.find("payment without a proof", f"work {step.outcome.accounts['work']}", "no claim", "one", step)
