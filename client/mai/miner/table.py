"""What a running miner shows: a live table for people at a terminal, plain lines where nobody looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mai.miner.journal import Event, Journal, Work
from mai.miner.mine import Mine
from mai.miner.states import ENDS, WAY, State
from mai.money import format_mai

RECENT, REFUSED = 12, 5
COLOURS = {State.SETTLED: "green", State.FAILED: "red", State.MISSED: "yellow", State.EXPIRED: "red"}
REFRESH = 4


def short(text: str) -> str:
    """An address cut to its ends."""
    return text if len(text) <= 12 else f"{text[:4]}…{text.split(':', 1)[0][-4:]}"


def progress(work: Work, shown: dict[str, str]) -> str:
    """How far a work is: its step on the way, and of a drawn one how much is attested."""
    if work.state in ENDS:
        return ""
    done = f"{WAY.index(work.state) + 1}/{len(WAY)}"
    if work.state is State.PROVING and shown:
        attested = sum(state in ("attested", "tidy") for state in shown.values())
        return f"{done}  {attested} of {len(shown)} attested"
    return done


def works_table(journal: Journal, title: str = "") -> Table:
    """The works that are under way, and the last ones that ended."""
    open_, ended = journal.works(ended=False), journal.works(ended=True, last=RECENT)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, title=title or None, title_justify="left")
    for name in ("work", "kind", "state", "step", "tokens", "earned", "what"):
        table.add_column(name, justify="right" if name in ("tokens", "earned") else "left", no_wrap=name != "what")
    for work in [*ended, *open_]:
        table.add_row(
            short(work.task),
            work.kind,
            Text(work.state, style=COLOURS.get(work.state, "cyan")),
            progress(work, journal.shown(work.id)),
            f"{work.tokens or ''}",
            format_mai(work.paid) if work.paid else "",
            Text(work.reason, overflow="ellipsis"),
        )
    return table


def view(mine: Mine, name: str) -> RenderableType:
    """Everything about one miner."""
    journal, terms = mine.desk.journal, mine.terms
    closed = f"  takes nothing: {mine.intake.closed}" if mine.intake.closed else ""
    head = Text.assemble(
        (name, "bold"),
        f"  preset {terms.allocation.name}  earned {format_mai(journal.earned())} MAI  "
        f"in flight {len(journal.works(ended=False))} of {terms.allocation.in_flight}{closed}",
    )
    parts: list[RenderableType] = [head, works_table(journal)]
    refused = journal.refusals(REFUSED)
    if refused:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        for column in ("not taken", "why", ""):
            table.add_column(column, no_wrap=column != "")
        for task, reason, sentence in refused:
            table.add_row(short(task), Text(reason, style="yellow"), Text(sentence))
        parts.append(table)
    if mine.trouble:
        parts.append(Text(mine.trouble, style="red"))
    return Group(*parts)


class Lines:
    """Every event as a line; for logs and for whoever redirects the output."""

    def __init__(self, journal: Journal, write: Callable[[str], None], prefix: str = "") -> None:
        self.journal, self.write, self.prefix = journal, write, prefix
        last = journal.history(last=1)
        self._at = last[-1].number if last else 0

    def __call__(self, _: object = None) -> None:
        for event in self.journal.history(after=self._at):
            self.write(f"{self.prefix}{line(event)}")
            self._at = event.number


def line(event: Event) -> str:
    """An event as text."""
    at = datetime.fromtimestamp(event.at).strftime("%Y-%m-%d %H:%M:%S")
    what = f"{short(event.work)} {event.event}" if event.work else event.event
    return f"{at}  {what}{f': {event.detail}' if event.detail else ''}"


class LiveTable:
    """The live table of one or several miners, as a context."""

    def __init__(self, console: Console, draw: Callable[[], RenderableType]) -> None:
        self._draw, self._shown = draw, 0.0
        self._live = Live(console=console, refresh_per_second=REFRESH, transient=True)

    def __enter__(self) -> LiveTable:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, _: object = None) -> None:
        if time.monotonic() - self._shown >= 1 / REFRESH:
            self._live.update(self._draw())
            self._shown = time.monotonic()
