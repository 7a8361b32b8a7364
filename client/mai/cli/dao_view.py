"""How a proposal looks: its diff, its votes with bars, and its calendar."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from mai.chain.changes import Change
from mai.chain.dao import Dao, Phase, View, grade
from mai.cli.connect import show_facts
from mai.cli.format import bar, listing, percent, share, span, when
from mai.cli.output import people
from mai.money import fixed_mai

STYLES = {Phase.EXECUTED: "green", Phase.EXECUTABLE: "green", Phase.REJECTED: "red", Phase.EXPIRED: "red"}


def show_change(change: Change) -> None:
    """A diff: what is taken away in red, what comes in green; then what else there is to know."""
    effect = change.effect
    people.print(Text(f"{effect.kind} {effect.subject}", style="bold"))
    people.print(Text(f"- {change.with_unit(effect.old)}", style="red"))
    people.print(Text(f"+ {change.with_unit(effect.new)}", style="green"))
    for name, value in effect.terms.items():
        people.print(Text(f"  {name}: {value}"))
    for note in change.notes:
        people.print(Text(f"  {note}"))
    if change.stale is not None:
        people.print(Text(f"! It is {change.stale} by now: the proposal can no longer be executed.", style="yellow"))


def show_view(dao: Dao, view: View, change: Change) -> None:
    """A whole proposal for people."""
    item, now = view.fields, dao.economy.cluster.unix_time()
    why = ""
    if view.phase is Phase.REJECTED:
        why = ": too few voted" if not view.quorate else ": the majority was not exceeded"
    style = STYLES.get(view.phase, "cyan")
    people.print(f"Proposal {item.id}, [{style}]{view.phase}{why}[/], risk {change.effect.risk}", highlight=False)
    people.print()
    show_change(change)
    people.print()
    people.print(votes_table(view))
    people.print()
    people.print(calendar(view, now))
    people.print()
    reasons = bytes(item.text).hex() if any(item.text) else "none given"
    show_facts({"proposer": str(item.proposer), "address": str(view.address), "reasons": reasons})


def votes_table(view: View) -> Any:
    """Approvals and denials of the votes, and who took part of the stake."""
    item, asked = view.fields, grade(view.fields.risk)
    voted = item.approved + item.denied
    table = listing("", "", "MAI", "share", "needed", right=("MAI", "share", "needed"))
    for name, part, whole, needed, fine in (
        ("approved", item.approved, voted, f"> {percent(asked.majority_bps)}", view.carried),
        ("denied", item.denied, voted, "", None),
        ("took part", voted, item.staked, percent(asked.quorum_bps), view.quorate),
    ):
        colour = None if fine is None else "green" if fine else "yellow"
        shown = share(part, whole) if whole else "-"
        table.add_row(name, Text(bar(part, whole), style=colour or ""), fixed_mai(part), shown, needed)
    return table


def calendar(view: View, now: int) -> Any:
    """Each phase with its end and the time that is left in it."""
    item = view.fields
    ends = (
        ("voting", item.created_ts, item.voting_ends_ts),
        ("denials", item.voting_ends_ts, item.denials_end_ts),
        ("delay", item.denials_end_ts, item.executable_ts),
        ("executable", item.executable_ts, item.expires_ts),
    )
    table = listing("phase", "until", "left", right=("left",))
    for name, start, end in ends:
        running = start <= now < end
        left = "over" if now >= end else span(end - now) if running else f"begins in {span(start - now)}"
        if view.phase_ends_ts is None and now < end:
            running, left = False, "-"
        table.add_row(name, when(end), left, style="bold" if running else "dim" if now >= end else None)
    return table


def facts(view: View, change: Change) -> dict[str, Any]:
    """A proposal for programs; amounts in MAI, shares in basis points."""
    item, asked = view.fields, grade(view.fields.risk)
    return {
        "proposal": item.id,
        "address": str(view.address),
        "kind": change.effect.kind,
        "risk": change.effect.risk,
        "phase": str(view.phase),
        "phase_ends_ts": view.phase_ends_ts,
        "proposer": str(item.proposer),
        "change": {
            "subject": change.effect.subject,
            "unit": change.effect.unit,
            "old": change.effect.old,
            "new": change.effect.new,
            "terms": change.effect.terms,
            "notes": change.notes,
            "stale": change.stale,
        },
        "index": item.index,
        "target": str(item.target),
        "old_target": str(item.old_target),
        "value": item.value,
        "old_value": item.old_value,
        "text": bytes(item.text).hex(),
        "staked": fixed_mai(item.staked, grouped=False),
        "approved": fixed_mai(item.approved, grouped=False),
        "denied": fixed_mai(item.denied, grouped=False),
        "quorum": fixed_mai(view.quorum, grouped=False),
        "quorum_bps": asked.quorum_bps,
        "majority_bps": asked.majority_bps,
        "quorate": view.quorate,
        "carried": view.carried,
        "created_ts": item.created_ts,
        "voting_ends_ts": item.voting_ends_ts,
        "denials_end_ts": item.denials_end_ts,
        "executable_ts": item.executable_ts,
        "expires_ts": item.expires_ts,
    }
