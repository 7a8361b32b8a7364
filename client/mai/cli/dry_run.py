"""What `--dry-run` shows: a transaction's instructions, fee, compute units, balance changes and logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from rich.text import Text

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.explain import explain
from mai.chain.program import Program
from mai.chain.simulation import Simulation
from mai.cli.format import listing
from mai.cli.output import Output, facts_table, people, print_json

REFUSED = 1


def facts(simulation: Simulation, programs: Sequence[Program]) -> dict[str, Any]:
    """A simulation for programs; lamports and base units."""
    refused = simulation.refused
    return {
        "dry_run": True,
        "refused": None if refused is None else {"name": refused.name, "detail": refused.detail},
        "fee_lamports": simulation.fee,
        "compute_units": simulation.compute_units,
        "instructions": [
            {
                "program": call.program,
                "name": call.name,
                "arguments": call.arguments,
                "accounts": {part.label: part.address for part in call.accounts},
            }
            for call in explain(simulation.message, programs)
        ],
        "changes": [vars(change) for change in simulation.changes],
        "logs": simulation.logs,
    }


def show_simulation(simulation: Simulation, programs: Sequence[Program], output: Output) -> None:
    """Show it; a transaction that would be refused ends the command with a failure."""
    if output is Output.json:
        print_json(facts(simulation, programs))
    else:
        people.print("[bold]Dry run: nothing is sent. The first transaction would do this:[/]")
        for call in explain(simulation.message, programs):
            said = ", ".join(f"{name} {value}" for name, value in call.arguments.items())
            people.print(Text(f"  {call.program}: {call.name}{f' ({said})' if said else ''}"))
        table = facts_table()
        table.add_row("fee", f"{simulation.fee / LAMPORTS_PER_SOL:.9f} SOL")
        table.add_row("compute units", f"{simulation.compute_units:,}")
        people.print(table)
        changes = listing("account", "change", right=("change",))
        for change in simulation.changes:
            changes.add_row(change.address, change.amount)
        people.print(changes if simulation.changes else "Nothing but the fee would change.")
        for line in simulation.logs:
            people.print(Text(f"  {line}", style="dim"))
    if simulation.refused is not None:
        if output is Output.table:
            people.print(Text(f"It would be refused: {simulation.refused}", style="red"))
        raise typer.Exit(REFUSED)
