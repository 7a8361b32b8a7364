"""`mai program`: how the programs become shared objects."""

from __future__ import annotations

from typing import Annotated

import typer
from mai_build.pipeline import build as run_build

from mai.cli.output import Output, OutputOption, people, print_json, progress

app = typer.Typer(help="The on-chain programs.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `build` a subcommand while it is the only one."""


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail if a checked-in file differs")] = False,
    route: Annotated[str | None, typer.Option(help="debian or cargo-build-sbf; by default what is installed")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Turn programs/mai/*.py and programs/verifier into programs/build/out. The last line is the folder to use."""
    with progress.status("Building the programs ...") as status:
        outcome = run_build(check=check, route=route, report=lambda step: status.update(f"{step} ..."))
    if output is Output.json:
        print_json({"out": str(outcome.out), "changed": list(outcome.changed), "notes": list(outcome.notes)})
        return
    for note in outcome.notes:
        progress.print(note)
    if not check:
        progress.print("\n".join(f"wrote {path}" for path in outcome.changed) or "nothing changed")
    people.print(str(outcome.out), soft_wrap=True, highlight=False)
