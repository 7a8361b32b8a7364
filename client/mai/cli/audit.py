"""`mai audit`: everything that the chain says happened, computed again; and one task's life."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from mai.audit import report
from mai.audit.findings import Level
from mai.audit.life import Lives, Moment
from mai.audit.open import open_source
from mai.audit.replay import Audit, every_check
from mai.chain.progress import Progress, silent
from mai.cli.format import brief, listing, when
from mai.cli.output import Output, OutputOption, parse_address, people, print_json
from mai.cli.output import progress as progress_console
from mai.cli.settings import default_url
from mai.errors import MaiError

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
ALL = "all"
SourceOption = Annotated[
    str | None, typer.Option("--source", "--url", "-u", envvar="MAI_URL", help="an RPC address or name, or a ledger")
]

app = typer.Typer(
    help="Recompute what the chain says happened, and name every lie.",
    invoke_without_command=True,
    no_args_is_help=False,
)


class Form(StrEnum):
    """How the verdict is written."""

    text = "text"
    json = "json"
    html = "html"


@app.callback()
def audit(
    context: typer.Context,
    source: SourceOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="how the verdict is written")] = Form.text,
    file: Annotated[Path | None, typer.Option(help="write the verdict here instead of to the screen")] = None,
    only: Annotated[list[str] | None, typer.Option(help="run only this check (may be repeated)")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="leave this check out (may be repeated)")] = None,
    proofs: Annotated[str, typer.Option(help="how many proofs EZKL verifies again, the newest, or all")] = "200",
    strict: Annotated[bool, typer.Option(help="notices count as findings for the exit code")] = False,
) -> None:
    """Audit a network: exit code 0 if nothing is wrong, 1 if something is, 2 if it cannot be read."""
    if context.invoked_subcommand is not None:
        return
    try:
        most = None if proofs == ALL else int(proofs)
        if most is not None and most < 0:
            raise ValueError
    except ValueError:
        _unreadable(MaiError(f"{proofs} is no number of proofs: give one, or {ALL}"))
    try:
        made = Audit(open_source(source or default_url()), only=only or None, skip=skip or (), proofs=most)
        with _progress() as (advance, stage):
            verdict = made.run(advance, stage)
    except MaiError as error:
        _unreadable(error)
    if output is Form.text and file is None:
        _show(verdict)
    else:
        text = {
            Form.text: lambda: "\n".join(report.lines(verdict)),
            Form.json: lambda: json.dumps(report.as_json(verdict)),
            Form.html: lambda: report.page(verdict),
        }[output]()
        _write(text, file)
    raise typer.Exit(FINDINGS if verdict.lies or (strict and verdict.notices) else CLEAN)


@app.command()
def checks(output: OutputOption = Output.table) -> None:
    """List the checks: what each proves and what it trusts."""
    if output is Output.json:
        print_json({"checks": [{"name": c.name, "proves": c.proves, "trusts": c.trusts} for c in every_check()]})
        return
    table = listing("check", "proves", "trusts")
    for made in every_check():
        table.add_row(Text(made.name, style="bold"), made.proves, made.trusts)
        table.add_row("", "", "")
    people.print(table)


@app.command()
def replay(
    task: Annotated[str, typer.Argument(help="the task's address")],
    source: SourceOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Show one task's life, step by step."""
    address = parse_address(task)
    try:
        moments = Lives(open_source(source or default_url())).of(address)
    except MaiError as error:
        _unreadable(error)
    if output is Output.json:
        print_json({"task": task, "steps": [vars(moment) for moment in moments]})
        return
    for moment in moments:
        _show_moment(moment)


def _unreadable(error: MaiError) -> Any:
    print(f"mai: {error}", file=sys.stderr)
    raise typer.Exit(UNREADABLE) from error


@contextmanager
def _progress() -> Iterator[tuple[Progress, Callable[[str], None]]]:
    """A bar on a terminal, with what runs beside it; nothing for programs."""
    if not progress_console.is_terminal:
        yield silent, lambda name: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=progress_console, transient=True) as bar:
        shown = bar.add_task("", total=None)
        yield (
            lambda done, total: bar.update(shown, completed=done, total=total),
            lambda name: bar.update(shown, description=name, completed=0, total=None),
        )


def _show(verdict: Any) -> None:
    style = "bold red" if verdict.lies else "bold green"
    people.print(Text(report.headline(verdict), style=style))
    people.print()
    table = listing("", "")
    for name, value in report.facts(verdict).items():
        table.add_row(name, Text(value))
    people.print(table)
    people.print()
    table = listing("check", "result", "compared", right=("compared",))
    for result in verdict.results:
        lies = result.number(Level.lie)
        colour = "red" if lies else "yellow" if result.counts else "green" if result.checked else "dim"
        table.add_row(result.name, Text(report.word(result), style=colour), f"{result.checked:,}")
    people.print(table)
    for result in verdict.results:
        for finding in result.findings:
            style = "red" if finding.level is Level.lie else "yellow"
            people.print(Text(f"{result.name}: ", style=style) + Text(finding.sentence))
        left = sum(result.counts.values()) - len(result.findings)
        if left:
            people.print(Text(f"{result.name}: and {left:,} more", style="dim"))
    believed = [(text, count) for result in verdict.results for text, count in sorted(result.trusted.items())]
    if believed:
        people.print()
    for text, count in believed:
        people.print(Text(f"Believed {count:,} times: {text}.", style="dim"))


def _show_moment(moment: Moment) -> None:
    style = "red" if moment.failed else "bold"
    failed = " (failed, changed nothing)" if moment.failed else ""
    head = Text(f"{when(moment.time)}  slot {moment.slot:,}  ", style="dim") + Text(moment.what + failed, style=style)
    people.print(head)
    for name, value in moment.facts.items():
        people.print(Text(f"    {name.replace('_', ' ')}: {brief(value)}"))


def _write(text: str, file: Path | None) -> None:
    if file is None:
        print(text)
        return
    try:
        beside = file.with_name(file.name + ".part")
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        _unreadable(MaiError(f"{file} cannot be written: {error.strerror}"))
