"""`mai trace`: what the chain holds of a sampled work."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from solders.keypair import Keypair

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.trace import Traces, TraceState
from mai.chain.verifier import Verifier
from mai.cli.connect import Chain
from mai.cli.options import on_chain
from mai.cli.output import Output, facts_table, parse_address, people, print_json

app = typer.Typer(help="Traces: works that are proved by drawn samples.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `show` a command of its own, though it is the only one."""


@app.command()
@on_chain
def show(
    chain: Chain,
    address: Annotated[str, typer.Argument(help="the trace account's address")],
) -> None:
    """Show a trace: its step, its deadline, what was drawn and what is attested."""
    at = parse_address(address)
    cluster = chain.cluster
    found = facts(Traces(Verifier(cluster, Keypair())).state(at))
    if chain.output is Output.json:
        print_json(found)
        return
    table = facts_table()
    left = found["deadline_slot"] - cluster.slot()
    ending = found["step"] in ("proved", "claimed", "expired")
    late = "" if ending else f" ({left:,} slots left)" if left >= 0 else " (passed: it can expire)"
    rows = {
        "step": found["step"],
        "miner": found["miner"],
        "context": found["context"],
        "manifest": found["manifest"],
        "tokens": f"{found['prompt']:,} prompt, {found['generated']:,} generated of at most {found['limit']:,}",
        "bond": f"{found['bond'] / LAMPORTS_PER_SOL:,.9f} SOL",
        "deadline": f"slot {found['deadline_slot']:,}{late}",
        "positions": _numbers(found["positions"]),
        "leaves": _numbers([f"{position}:{segment}" for position, segment in found["leaves"]]),
        "attested": f"{found['attested']:,} of {found['draws']:,}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    people.print(table)


def _numbers(values: list[Any]) -> str:
    return ", ".join(map(str, values)) or "not drawn"


def facts(state: TraceState) -> dict[str, Any]:
    """What there is to know about a trace; digests in hexadecimal, leaves as (position, segment)."""
    header = state.header
    leaves = [divmod(leaf, header.n_segments) for leaf in state.leaves]
    return {
        "step": state.step,
        "miner": str(header.miner),
        **{name: bytes(getattr(header, name)).hex() for name in ("context", "manifest", "input", "output")},
        "prompt": header.prompt,
        "generated": header.generated,
        "limit": header.limit,
        "bond": header.bond,
        "deadline_slot": header.deadline,
        "positions": list(state.positions),
        "leaves": [(state.positions[place], segment) for place, segment in leaves],
        "attested": header.attested,
        "draws": header.n_positions + header.n_leaves,
    }
