"""What `mai mine --local` shows: everybody's works while it goes on, and in the end who earned and who lost what."""

from __future__ import annotations

import json
import time

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from mai.miner.intake import Terms
from mai.miner.local.story import Line, Story, play, sol
from mai.miner.table import LiveTable, works_table
from mai.money import format_mai

SAID = 8


def show(name: str, terms: Terms, console: Console, *, as_json: bool, tasks: int, real_time: bool) -> None:
    """Play the story and show it.

    Raises:
        MaiError: the localnet does not start, or something is not as it should be.
    """
    said: list[str] = []
    began = time.monotonic()
    quiet = Console(stderr=True, quiet=not console.is_terminal)
    shown: list[Story] = []

    def say(text: str) -> None:
        said.append(text)
        if not console.is_terminal:
            Console(stderr=as_json).print(text, markup=False, highlight=False, soft_wrap=True)

    def draw() -> RenderableType:
        return _view(shown[-1] if shown else None, said)

    with LiveTable(console if console.is_terminal else quiet, draw) as table:

        def look(story: Story) -> None:
            shown.append(story)
            table()

        story, lines = play(name, terms, say, look, tasks=tasks, real_time=real_time)
    seconds = time.monotonic() - began
    if as_json:
        print(json.dumps(facts(story, lines, seconds)))
        return
    if console.is_terminal:
        for text in said:
            console.print(text, markup=False, highlight=False)
    for who, mine in story.mines.items():
        console.print(works_table(mine.desk.journal, f"The {who}'s works"))
    console.print(_answers(story))
    console.print(_summary(lines))
    console.print(f"{seconds:.0f} s; the proofs are real, the chain is a localnet of this machine.", highlight=False)


def _view(story: Story | None, said: list[str]) -> RenderableType:
    parts: list[RenderableType] = [Text(text, style="dim") for text in said[-SAID:]]
    if story is not None:
        parts.append(Text(f"slot {story.slot:,}", style="bold"))
        for who, mine in story.mines.items():
            parts.append(works_table(mine.desk.journal, f"The {who}'s works"))
    return Group(*parts)


def _answers(story: Story) -> Table:
    table = Table(title="What the requester got", title_justify="left")
    table.add_column("from")
    table.add_column("answer", overflow="fold")
    for who, text in story.answers():
        table.add_row(who, Text("".join(sign if sign.isprintable() else "·" for sign in text)))
    return table


def _summary(lines: list[Line]) -> Table:
    table = Table(title="Who earned, who lost, and why", title_justify="left")
    table.add_column("who", no_wrap=True)
    table.add_column("earned", justify="right", no_wrap=True)
    table.add_column("lost", justify="right", no_wrap=True)
    table.add_column("why")
    for line in lines:
        lost = [f"{format_mai(line.lost)} MAI"] if line.lost else []
        lost += [f"{sol(line.lost_lamports)} SOL"] if line.lost_lamports else []
        earned = Text(f"{format_mai(line.earned)} MAI", style="green") if line.earned else Text("")
        table.add_row(line.who, earned, Text("\n".join(lost), style="red"), Text(line.why))
    return table


def facts(story: Story, lines: list[Line], seconds: float) -> dict[str, object]:
    """The story's end for programs; MAI as decimal strings, lamports as they are."""
    return {
        "seconds": round(seconds, 1),
        "works": {
            who: [{"state": str(work.state), "reason": work.reason} for work in mine.desk.journal.works()]
            for who, mine in story.mines.items()
        },
        "answers": [{"from": who, "text": text} for who, text in story.answers()],
        "summary": [
            {
                "who": line.who,
                "earned": format_mai(line.earned, grouped=False),
                "lost": format_mai(line.lost, grouped=False),
                "lost_lamports": line.lost_lamports,
                "why": line.why,
            }
            for line in lines
        ],
    }
