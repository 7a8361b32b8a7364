"""`mai verifier`: check any EZKL proof against the on-chain verifier."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from mai_zk.compiler import compile_artifact
from mai_zk.errors import ZkError
from mai_zk.prooffile import read_proof
from mai_zk.srs import srs_name
from rich.progress import Progress

from mai.chain.check import check_proof
from mai.cli import key as key_commands
from mai.cli.output import Output, OutputOption, facts_table, people, print_json, progress

app = typer.Typer(help="The on-chain verifier of EZKL proofs.", no_args_is_help=True)

REFUSED, UNREADABLE = 1, 2


app.add_typer(key_commands.app, name="key")


@app.command()
def check(
    key: Annotated[
        Path, typer.Option(help="EZKL's Solidity verifier (.sol), its VKA (create_evm_vka), or a compiled key program")
    ],
    proof: Annotated[Path, typer.Option(help="EZKL's proof.json")],
    output: OutputOption = Output.table,
) -> None:
    """Verify PROOF under KEY on the embedded chain. Exit: 0 accepted, 1 refused, 2 a file is unreadable."""
    try:
        proof_file = read_proof(proof)
        with Progress(console=progress, transient=True, disable=output is Output.json) as bar:
            bar.add_task("Compiling the key", total=None)
            program = compile_artifact(key)
    except ZkError as error:
        print(f"mai: {error}", file=sys.stderr)
        raise typer.Exit(UNREADABLE) from error
    with Progress(console=progress, transient=True, disable=output is Output.json) as bar:
        task = bar.add_task("Uploading and verifying", total=None)
        result = check_proof(
            program, proof_file, lambda done, total: bar.update(task, completed=done, total=max(total, 1))
        )
    if output is Output.json:
        print_json(
            {
                "accepted": result.reason is None,
                "compute_units": result.compute_units,
                "transactions": result.transactions,
                "route": result.route.way.value,
                "reason": result.reason,
                "detail": result.detail,
                "key_hash": program.hash.hex(),
                "srs": srs_name(program.srs),
            }
        )
    else:
        table = facts_table()
        table.add_row("verdict", "[green]accepted[/]" if result.reason is None else f"[red]refused[/]: {result.reason}")
        if result.detail:
            table.add_row("", result.detail)
        table.add_row("route", result.route.sentence)
        table.add_row("compute units", f"{result.compute_units:,}" if result.compute_units else "none")
        table.add_row(
            "transactions", f"{result.transactions} for the proof, {result.key_transactions} for the key, once"
        )
        table.add_row("key hash", program.hash.hex())
        table.add_row("SRS", srs_name(program.srs))
        people.print(table)
    if result.reason is not None:
        raise typer.Exit(REFUSED)
