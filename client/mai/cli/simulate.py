"""`mai simulate`: ten years of the economy, and what cheating earns in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from mai.cli.output import Output, OutputOption, people, print_json, progress
from mai.simulate import economy, report
from mai.simulate.assumptions import CLASSES, check_seed, check_years, scenario
from mai.simulate.files import check_folder, write_all
from mai.simulate.population import DAYS_A_YEAR

NOTES = (
    "Cut hours: hours in which the epoch's cap cut rewards. Reward: MAI of a device-day, mean of the year.",
    "A cheat's saved compute counts as its income. Caught: detection rate at the default parameters. Red: it pays.",
)


def simulate(
    years: Annotated[int, typer.Option(help="how many years, 1 to 30")] = 10,
    chosen: Annotated[str, typer.Option("--scenario", help="how the network grows: slow, base or boom")] = "base",
    seed: Annotated[int, typer.Option(help="the same seed gives the same result")] = 1,
    plots: Annotated[Path | None, typer.Option(help="folder to write the plots to, as SVG")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Simulate supply, rewards and cheating over ten years, by the program's own rules and default parameters."""
    assumed, days = scenario(chosen), check_years(years) * DAYS_A_YEAR
    check_seed(seed)
    if plots is not None:
        from mai.simulate.plots import check_available

        check_available()
        check_folder(plots)
    with Progress(console=progress, transient=True, disable=output is Output.json) as bar:
        task = bar.add_task("Simulating", total=days)
        run = economy.simulate(assumed, years, seed, lambda: bar.advance(task))
    if plots is not None:
        from mai.simulate.plots import draw

        written = write_all(plots, draw(run))
        progress.print(f"Wrote {', '.join(path.name for path in written)} to {plots}.")
    if output is Output.json:
        print_json(report.everything(run, chosen, seed))
        return
    rows = report.years(run)
    for table in (_years(rows), _rewards(rows), _names(report.names(assumed)), _cheats(report.cheats(assumed))):
        people.print(table)
        people.print()
    for note in NOTES:
        people.print(note, style="dim")


def _table(title: str, left: tuple[str, ...], right: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1), pad_edge=False)
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _years(rows: list[dict[str, Any]]) -> Table:
    table = _table(
        "Economy (million MAI)", (),
        ("year", "devices", "supply", "minted", "burned", "multiplier", "sampling", "difficulty", "cut hours"),
    )  # fmt: skip
    for row in rows:
        table.add_row(
            str(row["year"]), f"{row['devices']:,}", *(f"{row[name] / 1e6:,.1f}" for name in ("supply", "minted")),
            f"{(row['fees_burned'] + row['slash_burned']) / 1e6:,.1f}", f"{row['multiplier']:.4f}",
            *(f"{row[name]:.2f}" for name in ("sampling", "difficulty")), f"{row['cut_hours']:,}",
        )  # fmt: skip
    return table


def _rewards(rows: list[dict[str, Any]]) -> Table:
    table = _table("Reward (MAI a device-day)", (), ("year", *(name.removeprefix("GPU ") for name in CLASSES)))
    for row in rows:
        table.add_row(str(row["year"]), *(amount(value) for value in row["reward"].values()))
    return table


def _cheats(rows: list[dict[str, Any]]) -> Table:
    titles = ("honest", "cheat", "difference", "caught", "pays below")
    table = _table("Cheating at default parameters (MAI a unit)", ("strategy", "variant", "unit"), titles)
    for row in rows:
        table.add_row(
            row["strategy"], row["variant"], row["unit"],
            *(amount(row[name]) for name in ("honest", "cheat", "difference")),
            rate(row["detection"], "never"), rate(row["pays_below"], "always"),
            style="bold red" if row["pays"] else None,
        )  # fmt: skip
    return table


def _names(rows: list[dict[str, Any]]) -> Table:
    titles = ("names", "power", "works", "income")
    table = _table("One machine under several names (in what it has under one)", ("answers to musters",), titles)
    for row in rows:
        table.add_row(row["answers"], str(row["names"]), *(f"{row[name]:.2f}" for name in titles[1:]))
    return table


def amount(value: float) -> str:
    """MAI with as many decimals as matter."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.2f}"


def rate(value: float | None, absent: str) -> str:
    """A detection rate; ``never pays`` if it is 0."""
    if value is None:
        return absent
    return "–" if value == 0 else f"{100 * value:.3g} %"
