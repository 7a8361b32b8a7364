"""What the demo shows people: progress while it runs, then pictures and tables."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mai.chain import progress
from mai.demo.picture import draw
from mai.demo.stages import Stage, StageDisplay
from mai.demo.story import Outcome
from mai.money import format_mai

SHORT_SIGNATURE = 8


class ProgressDisplay(StageDisplay):
    """A progress bar for every stage."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}[/]"),
            console=console,
        )

    def __enter__(self) -> ProgressDisplay:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, name: str) -> progress.Progress:
        task = self._progress.add_task(name, total=None, note="")
        self._current = task

        def advance(done: int, total: int) -> None:
            self._progress.update(task, completed=done, total=max(total, 1))

        return advance

    def end(self, stage: Stage) -> None:
        note = f"{stage.compute_units:,} CU" if stage.landed else stage.note
        self._progress.update(self._current, completed=1, total=1, note=note)


def show(console: Console, outcome: Outcome) -> None:
    """The result: picture and prediction, stages, reward, balance, and what the cheats got."""
    logits = Table(show_header=False, box=None, padding=(0, 1))
    for digit, value in enumerate(outcome.logits):
        style = "bold green" if digit == outcome.prediction else "dim"
        logits.add_row(Text(str(digit), style=style), Text(f"{value:7.2f}", style=style))
    console.print()
    console.print(
        Columns(
            [
                Panel(
                    draw(outcome.image.pixels, colour=console.color_system is not None),
                    title=outcome.image.source,
                    expand=False,
                ),
                Panel(logits, title=f"the model says [bold green]{outcome.prediction}[/]", expand=False),
            ]
        )
    )
    console.print(_stages(outcome))
    console.print(_reward(outcome))
    console.print(f"Balance of the miner: [bold green]{format_mai(outcome.balance)} MAI[/]")
    console.print(_cheats(outcome))
    console.print(f"[dim]Key {outcome.key_hash.hex()}; SRS: {outcome.srs}.[/]")
    if outcome.warning:
        console.print(f"[yellow]{outcome.warning}[/]")


def _stages(outcome: Outcome) -> Table:
    table = Table(title="What happened", title_justify="left")
    table.add_column("Stage")
    table.add_column("Transaction")
    table.add_column("Compute units", justify="right")
    table.add_column("ms", justify="right")
    for stage in outcome.stages:
        last = stage.landed[-1].signature[:SHORT_SIGNATURE] + "…" if stage.landed else f"[dim]{stage.note}[/]"
        count = f" and {len(stage.landed) - 1} more" if len(stage.landed) > 1 else ""
        units = f"{stage.compute_units:,}" if stage.landed else ""
        table.add_row(stage.name, last + count, units, f"{stage.ms:,}")
    return table


def _reward(outcome: Outcome) -> Table:
    table = Table(title="The reward, factor by factor", title_justify="left")
    table.add_column("Term")
    table.add_column("Value", justify="right")
    for term, value in outcome.reward_terms:
        table.add_row(term, value)
    table.add_section()
    table.add_row("[bold]minted[/]", f"[bold green]{format_mai(outcome.minted)} MAI[/]")
    return table


def _cheats(outcome: Outcome) -> Table:
    table = Table(title="What a cheat gets", title_justify="left")
    table.add_column("Attempt")
    table.add_column("Refused as")
    table.add_column("Minted", justify="right")
    for cheat in outcome.cheats:
        table.add_row(cheat.attempt, f"[red]{cheat.refusal}[/]", format_mai(cheat.minted))
    return table
