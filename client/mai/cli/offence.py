"""`mai offence`: reporting what the chain shows, appealing, and executing."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from solders.pubkey import Pubkey

from mai.chain.cluster import LAMPORTS_PER_SOL, Landed
from mai.chain.economy import NOBODY, Economy
from mai.chain.offences import KINDS, RUNNING, STATUSES, Offences, rules
from mai.cli.connect import Chain, OwnerOption, YesOption, confirm, show_facts, show_sent
from mai.cli.format import listing, until, when
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json
from mai.errors import MaiError
from mai.money import fixed_mai
from mai.program import MODULES

app = typer.Typer(help="Offences: list, show, report, appeal, prove, execute.", no_args_is_help=True)

OffenceArgument = Annotated[str, typer.Argument(help="the offence's address")]


@app.command("list")
@on_chain
def list_offences(
    chain: Chain,
    owner: OwnerOption = None,
) -> None:
    """List the network's offences, or with --owner a wallet's."""
    economy = chain.economy
    found = Offences(economy).all(parse_address(owner) if owner else None)
    if chain.output is Output.json:
        print_json({"offences": [facts(address, item) for address, item in found]})
        return
    table = listing("offence", "kind", "state", "MAI", right=("MAI",))
    for address, item in found:
        table.add_row(str(address), KINDS[item.kind], STATUSES[item.status], fixed_mai(item.amount))
    people.print(table if found else "There are no offences.")


@app.command()
@on_chain
def show(
    chain: Chain,
    offence: OffenceArgument,
) -> None:
    """Show an offence: what shows it, what it costs, and what can still be done."""
    address, economy = parse_address(offence), chain.economy
    item = economy.read("Offence", address)
    if chain.output is Output.json:
        print_json(facts(address, item))
        return
    show_facts(rows(address, item, economy.cluster.unix_time()))


@app.command()
@on_chain
def report(
    chain: Chain,
    evidence: Annotated[str, typer.Argument(help="the address of the work or of the check that shows it")],
    accused: Annotated[
        str | None, typer.Option(help="of a check: the wallet whose word was found wrong, if not the worker's")
    ] = None,
) -> None:
    """Report an offence; who shows it gets a part of what it costs. Anyone may."""
    shown, wallet = parse_address(evidence), parse_address(accused) if accused else None
    reporter, economy = chain.signer, chain.economy
    address, landed = Offences(economy).report(reporter, shown, wallet)
    _sent(chain, economy, landed, address)


@app.command()
@on_chain
def appeal(
    chain: Chain,
    offence: OffenceArgument,
    yes: YesOption = False,
) -> None:
    """Announce a proof that the output was right, against a bond that is burned if the proof does not come."""
    address, owner, economy = parse_address(offence), chain.signer, chain.economy
    economy.read("Offence", address)
    bond = economy.state("config").parameters[int(MODULES["parameters"].APPEAL_BOND)]
    held = economy.balance(owner.pubkey())
    if held < bond:
        raise MaiError(f"an appeal takes a bond of {fixed_mai(bond)} MAI and the wallet holds {fixed_mai(held)}")
    confirm(f"Appeal against a bond of {fixed_mai(bond)} MAI?", yes, chain)
    _sent(chain, economy, Offences(economy).appeal(owner, address), address)


@app.command()
@on_chain
def prove(
    chain: Chain,
    offence: OffenceArgument,
    receipt: Annotated[str, typer.Argument(help="the verifier's receipt, or the proved trace")],
    tokens: Annotated[int | None, typer.Option(help="tokens of the answer; by default those of the work")] = None,
) -> None:
    """Prove an appeal: everything that was taken comes back. The proof's context is the one that `show` prints."""
    address, proof = parse_address(offence), parse_address(receipt)
    owner, economy = chain.signer, chain.economy
    _sent(chain, economy, Offences(economy).prove(owner, address, proof, tokens), address)


@app.command()
@on_chain
def execute(
    chain: Chain,
    offence: OffenceArgument,
) -> None:
    """Carry out a final offence: a share is burned, the rest goes to who showed it. Anyone may."""
    address, caller, economy = parse_address(offence), chain.signer, chain.economy
    landed = Offences(economy).execute(caller, address)
    event = next((item.data for item in economy.program.events(landed.logs) if item.name == "OffenceExecuted"), None)
    if event is None:
        raise MaiError("the execution emitted no event")
    amounts = {name: event[name] for name in ("burned", "reporter_paid", "assistant_paid")}
    said = {name: fixed_mai(units, grouped=False) for name, units in amounts.items()}
    shown = {name.replace("_", " "): f"{fixed_mai(units)} MAI" for name, units in amounts.items()}
    item = economy.read("Offence", address)
    now = economy.cluster.unix_time()
    show_sent(chain, landed, {**facts(address, item), **said}, {**rows(address, item, now), **shown})


def facts(address: Pubkey, item: Any) -> dict[str, Any]:
    """An offence for programs."""
    return {
        "offence": str(address),
        "kind": KINDS[item.kind],
        "state": STATUSES[item.status],
        "owner": str(item.owner),
        "evidence": str(item.evidence),
        "work": str(item.work),
        "task": str(item.task),
        "miner": str(item.miner),
        "reporter": str(item.reporter),
        "assistant": None if item.assistant == NOBODY else str(item.assistant),
        "context": bytes(item.context).hex(),
        "output": bytes(item.output).hex(),
        "tokens": item.tokens,
        "amount": fixed_mai(item.amount, grouped=False),
        "bond_lamports": item.bond,
        "appeal_bond": fixed_mai(item.appeal_bond, grouped=False),
        "created_ts": item.created_ts,
        "final_ts": item.final_ts,
    }


def rows(address: Pubkey, item: Any, now: int) -> dict[str, str]:
    """An offence for people."""
    found = {
        "offence": str(address),
        "kind": KINDS[item.kind],
        "state": STATUSES[item.status],
        "offender": str(item.owner),
        "shown by": str(item.evidence),
        "reporter": str(item.reporter),
        "taken": f"{fixed_mai(item.amount)} MAI and {item.bond / LAMPORTS_PER_SOL:.9f} SOL of the bond",
        "reported": when(item.created_ts),
    }
    if item.assistant != NOBODY:
        found["assistant"] = str(item.assistant)
    if item.status in RUNNING:
        appealed = item.status == rules.OFFENCE_APPEALED
        found["proof due" if appealed else "appeal due"] = until(item.final_ts, now)
        found["to prove"] = f"output {bytes(item.output).hex()}"
        found["in context"] = bytes(item.context).hex()
    return found


def _sent(chain: Chain, economy: Economy, landed: Landed, address: Pubkey) -> None:
    item = economy.read("Offence", address)
    show_sent(chain, landed, facts(address, item), rows(address, item, economy.cluster.unix_time()))
