"""`mai program`: how the programs become shared objects, and get onto a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from mai_build import pipeline

from mai.cli import deploy
from mai.cli.output import Output, OutputOption, people, print_json, progress

app = typer.Typer(help="The on-chain programs.", no_args_is_help=True)
app.command("deploy")(deploy.deploy)
app.command("verify")(deploy.verify)
app.command("buffers")(deploy.buffers)
app.command("close")(deploy.close)


@app.command()
def build(
    program: Annotated[
        Path | None, typer.Option(help="a Python program of your own, built beside its file; by default the project's")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail if a built file differs")] = False,
    route: Annotated[str | None, typer.Option(help="debian or cargo-build-sbf; by default what is installed")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Turn programs/mai/*.py and programs/verifier into programs/build/out. The last line is the folder to use."""
    with progress.status("Building the programs ...") as status:

        def report(step: str) -> None:
            status.update(f"{step} ...")

        if program is None:
            outcome = pipeline.build(check=check, route=route, report=report)
        else:
            outcome = pipeline.build_external(program, check=check, route=route, report=report)
    if output is Output.json:
        print_json({"out": str(outcome.out), "changed": list(outcome.changed), "notes": list(outcome.notes)})
        return
    for note in outcome.notes:
        progress.print(note)
    if not check:
        progress.print("\n".join(f"wrote {path}" for path in outcome.changed) or "nothing changed")
    people.print(str(outcome.out), soft_wrap=True, highlight=False)
