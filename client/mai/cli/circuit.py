"""`mai circuit`: which circuits to cut a model into, and what they cost."""

from __future__ import annotations

from typing import Annotated

import typer
from mai_zk import shardplan
from mai_zk.prover import make_prover
from mai_zk.shardplan import Figures, Plan, Targets
from mai_zk.shards import parse_gemm
from rich.progress import Progress
from rich.table import Table

from mai.chain.cost import check_units
from mai.cli.output import Output, OutputOption, people, print_json, progress

app = typer.Typer(help="Circuits: shapes and what they cost.", no_args_is_help=True)

NONE_FITS = 1
DEFAULT_MAX_LOGROWS = 16
MEASURED = "Seconds and memory measured here."
BY_RULE = "Seconds and memory by rule, of the machine that built the circuits; --measure measures them here."


@app.callback()
def _group() -> None:
    """Keeps `shards` a subcommand while it is the only one."""


@app.command()
def shards(
    gemm: Annotated[str, typer.Option(help="the linear map, inputs x outputs, such as 576x1536")],
    max_k: Annotated[int, typer.Option("--max-k", help="at most 2^k rows a shard")] = DEFAULT_MAX_LOGROWS,
    max_seconds: Annotated[float | None, typer.Option(help="at most this many seconds to prove a shard")] = None,
    max_cu: Annotated[int | None, typer.Option("--max-cu", help="at most this many compute units to check one")] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="set up, prove and check one shard of every row here (minutes)")
    ] = False,
    output: OutputOption = Output.table,
) -> None:
    """List the shards that a linear map can be cut into, with their costs, and choose. Exit: 0 chosen, 1 none fits."""
    plans = shardplan.candidates(*parse_gemm(gemm), max_k)
    found = list(zip(plans, _figures(plans, measure, quiet=output is Output.json), strict=True))
    chosen = shardplan.choose(found, Targets(max_k, max_seconds, max_cu))
    rows = [{**shardplan.row(plan, figures), "chosen": plan == chosen} for plan, figures in found]
    if output is Output.json:
        print_json({"gemm": gemm, "measured": measure, "shards": rows})
    else:
        people.print(_table(found, chosen))
        progress.print(MEASURED if measure else BY_RULE)
        progress.print(
            f"Chosen: {chosen.shape.name}, {chosen.shards:,} shards." if chosen else "No shard is within the targets."
        )
    if chosen is None:
        raise typer.Exit(NONE_FITS)


def _figures(plans: list[Plan], measure: bool, quiet: bool) -> list[Figures]:
    """Every plan's figures; shapes that repeat are measured once."""
    prover, found = make_prover(), {}
    shapes = list(dict.fromkeys(plan.shape for plan in plans))
    with Progress(console=progress, transient=True, disable=quiet) as bar:
        task = bar.add_task("Measuring" if measure else "Checking the reference shard", total=len(shapes))
        units = 0 if measure or not plans else shardplan.check_units_of_any(prover, check_units)
        for shape in shapes:
            bar.update(task, description=f"Measuring {shape.name}" if measure else "Estimating")
            if measure:
                found[shape] = shardplan.measure(shape, prover, check_units)
            else:
                found[shape] = shardplan.estimate(shape, units)
            bar.advance(task)
    return [found[plan.shape] for plan in plans]


def _table(found: list[tuple[Plan, Figures]], chosen: Plan | None) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for title in ("shard", "cut", "shards", "k", "rows", "bytes", "prove s", "setup s", "MB", "CU"):
        table.add_column(title, justify="left" if title in ("shard", "cut") else "right", no_wrap=True)
    for plan, figures in found:
        table.add_row(
            plan.shape.name,
            plan.cut,
            f"{plan.shards:,}",
            str(plan.shape.logrows),
            f"{plan.shape.rows:,}",
            f"{figures.proof_bytes:,}",
            f"{figures.prove_seconds:.2f}",
            f"{figures.setup_seconds:.2f}",
            f"{figures.peak_mb:,}",
            f"{figures.compute_units:,}",
            style="bold" if plan == chosen else None,
        )
    return table
