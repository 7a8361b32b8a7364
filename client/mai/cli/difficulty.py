"""`mai difficulty`: what the network asks for now, and turning its crank."""

from __future__ import annotations

from typing import Any

import typer

from mai.chain import crank as cranks
from mai.chain.economy import Economy
from mai.cli.connect import Chain, show_facts, show_sent
from mai.cli.format import count, ratio, until
from mai.cli.options import on_chain
from mai.cli.output import Output, print_json
from mai.errors import MaiError
from mai.money import fixed_mai

app = typer.Typer(help="Difficulty: task difficulty, sampling ratio and reward multiplier.", no_args_is_help=True)
NUMBERS = ("task_difficulty", "sampling", "multiplier")


@app.command()
@on_chain
def show(
    chain: Chain,
) -> None:
    """Show the difficulty and the running period."""
    economy = chain.economy
    if chain.output is Output.json:
        print_json(facts(economy))
        return
    show_facts(rows(economy))


@app.command()
@on_chain
def crank(
    chain: Chain,
) -> None:
    """Close a period of an hour or more and set the next one's difficulty. Anyone may."""
    caller, economy = chain.signer, chain.economy
    before = economy.state("emission")
    landed = cranks.turn(economy, caller)
    event = next((item for item in economy.program.events(landed.logs) if item.name == "DifficultyTurned"), None)
    if event is None:
        raise MaiError("the crank emitted no event")
    said = {**event.data, "minted": fixed_mai(event.data["minted"], grouped=False)}
    moved = {name.replace("_", " "): f"{ratio(getattr(before, name))} -> {ratio(event.data[name])}" for name in NUMBERS}
    show_sent(chain, landed, said, {**moved, "cranks": f"{before.cranks + 1:,}"})


def facts(economy: Economy) -> dict[str, Any]:
    """For programs; the three numbers in 1/10⁹."""
    emission = economy.state("emission")
    names = (*NUMBERS, "cranks", "miners", "pending", "period_start_ts", "period_settled")
    return {
        **{name: getattr(emission, name) for name in names},
        "period_minted": fixed_mai(emission.period_minted, grouped=False),
        "crank_due_ts": cranks.due_ts(economy),
    }


def rows(economy: Economy) -> dict[str, str]:
    """For people."""
    emission, now = economy.state("emission"), economy.cluster.unix_time()
    return {
        **{name.replace("_", " "): ratio(getattr(emission, name)) for name in NUMBERS},
        "this period": f"{count(emission.period_settled, 'work')} paid {fixed_mai(emission.period_minted)} MAI",
        "waiting for proof": count(emission.pending, "work"),
        "crank": f"due {until(cranks.due_ts(economy), now)}",
        "cranks": f"{emission.cranks:,}",
    }
