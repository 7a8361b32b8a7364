"""The slashes: every one has its evidence, its amounts are the rules', and its money went where it must."""

from __future__ import annotations

from typing import Any

from mai.audit.check import Book, check
from mai.audit.step import Step

_NO_EVIDENCE = {
    "NothingToReport", "CheckNotUpheld", "CheckUndecided", "NotContradicted", "WorkNotFaulty", "WorkUnknown",
    "CheckUnknown", "OffenceUnknown",
}  # fmt: skip
"""Refusals that mean: nothing on chain shows this offence."""


@check(
    "slashes",
    proves=(
        "every offence is shown by a work or a check of the history, what was taken and burned and paid "
        "follows from the rules, and an appeal that was proved gave everything back"
    ),
    trusts="nothing",
    covers=(
        "report_offence", "close_work", "report_check", "report_verifier", "appeal", "prove_appeal", "execute_offence",
        "void_check", "correct_check",
    ),
    refused="offence that the rules refuse",
    differs="slash amount off",
)  # fmt: skip
def slashes(book: Book) -> None:
    taken: dict[bytes, int] = {}

    @book.on("report_offence", "report_check", "report_verifier", "execute_offence")
    def reported(step: Step) -> None:
        if step.outcome.refusal in _NO_EVIDENCE:
            offence = step.outcome.accounts.get("offence")
            book.find("slash without evidence", f"offence {offence}", step.name, step.outcome.refusal, step)

    @book.told("OffenceReported")
    def told(step: Step, event: dict[str, Any]) -> None:
        book.count()
        taken[bytes(event["offence"])] = event["amount"]

    @book.told("OffenceExecuted", "OffenceOverturned")
    def ended(step: Step, event: dict[str, Any]) -> None:
        """What an offence ends with is what it began with, and the parts are the whole."""
        book.count()
        offence, amount = f"offence {event['offence']}", event["amount"]
        begun = taken.pop(bytes(event["offence"]), None)
        if begun is None:
            book.find("slash without evidence", offence, "ended", "never reported", step)
        elif begun != amount:
            book.find("slash amount off", offence, amount, begun, step)
        if "burned" in event:
            parts = event["burned"] + event["reporter_paid"] + event["assistant_paid"]
            # A lost appeal's bond is burned on top.
            if parts < amount:
                book.find("slash amount off", offence, f"parts of {parts:,}", amount, step)
