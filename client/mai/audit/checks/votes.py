"""The votes: who voted, with what weight, once; what it added up to; and what was executed on that."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from solders.pubkey import Pubkey

from mai.audit.check import Book, check
from mai.audit.step import Step
from mai.program import governance as rules


class _Tally:
    """The votes on one proposal, as the events tell them."""

    def __init__(self) -> None:
        self.votes: dict[bytes, tuple[int, bool]] = {}

    def sum(self, approves: bool) -> int:
        return sum(weight for weight, voice in self.votes.values() if voice is approves)


@check(
    "votes",
    proves=(
        "every vote has the weight of its stake at that moment and counts once, every tally is the sum of its "
        "votes, and only what was carried was executed"
    ),
    trusts="nothing",
    covers=(
        "propose", "vote", "vote_early", "deny", "execute_parameter", "execute_calibration", "execute_model",
        "execute_treasury", "execute_collection",
    ),
    refused="vote or execution that the rules refuse",
    differs="vote off",
)  # fmt: skip
def votes(book: Book) -> None:
    audit = book.audit
    tallies: defaultdict[bytes, _Tally] = defaultdict(_Tally)

    @book.told("VoteCast")
    def cast(step: Step, event: dict[str, Any]) -> None:
        book.count()
        tally, stake = tallies[bytes(event["proposal"])], bytes(event["stake"])
        if stake in tally.votes and not event["turned"]:
            book.find(
                "vote counted twice", f"stake {event['stake']}", f"a second vote on {event['proposal']}", "one", step
            )
        tally.votes[stake] = (event["weight"], event["approves"])
        for name, voice in (("approved", True), ("denied", False)):
            if tally.sum(voice) != event[name]:
                book.find(
                    "tally off", f"proposal {event['proposal']}", f"{event[name]:,} {name}", tally.sum(voice), step
                )

    @book.told("ProposalExecuted")
    def executed(step: Step, event: dict[str, Any]) -> None:
        book.count()
        tally = tallies[bytes(event["proposal"])]
        proposal = audit.machine.fields("Proposal", event["proposal"])
        risk = int(proposal.risk) if proposal is not None else 2
        carried = rules.quorate(risk, tally.sum(True), tally.sum(False), event["staked"]) and rules.carried(
            risk, tally.sum(True), tally.sum(False)
        )
        if not carried:
            says = f"{tally.sum(True):,} for, {tally.sum(False):,} against, of {event['staked']:,}"
            book.find("executed without a majority", f"proposal {event['proposal']}", says, "carried", step)

    @book.at_end
    def end() -> None:
        layout = audit.interface.kinds["Proposal"]
        for address, account in audit.source.accounts(audit.program, [(0, layout.mark)]):
            book.count()
            fields = layout.decode(bytes(account.data), exact=False)
            tally = tallies[bytes(address)]
            for name, voice in (("approved", True), ("denied", False)):
                if fields[name] != tally.sum(voice):
                    book.find(
                        "tally off", f"proposal {Pubkey(bytes(address))}", f"{fields[name]:,} {name}", tally.sum(voice)
                    )
