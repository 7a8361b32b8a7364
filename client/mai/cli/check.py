"""`mai check`: re-executing each other's work."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import NOBODY, Economy
from mai.chain.spotcheck import STATUSES, SpotChecks, rules
from mai.cli.connect import Chain, parse_digest, show_facts, show_sent
from mai.cli.format import listing, until, when
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json

app = typer.Typer(help="Spot-checks: open, list, show, draw, decide, void, correct.", no_args_is_help=True)

CheckArgument = Annotated[str, typer.Argument(help="the check's address")]
OutputArgument = Annotated[str, typer.Argument(help="the digest of the output you found, 64 hexadecimal digits")]


@app.command("open")
@on_chain
def open_check(
    chain: Chain,
    work: Annotated[str, typer.Argument(help="the work's address")],
    found: OutputArgument,
) -> None:
    """Challenge a work with another output; a wrong challenge costs the verifier stake."""
    address, digest = parse_address(work), parse_digest(found)
    owner, economy = chain.signer, chain.economy
    landed = SpotChecks(economy).open(owner, address, digest)
    _sent(chain, economy, landed, economy.check_address(address, economy.stake_address(owner.pubkey())))


@app.command("list")
@on_chain
def list_checks(
    chain: Chain,
    work: Annotated[str | None, typer.Option(help="only those of this work")] = None,
) -> None:
    """List the network's checks, or a work's."""
    checks = SpotChecks(chain.economy)
    found = checks.of_work(parse_address(work)) if work else checks.all()
    if chain.output is Output.json:
        print_json({"checks": [facts(address, item) for address, item in found]})
        return
    table = listing("check", "state", "round", "opened", right=("round",))
    for address, item in found:
        table.add_row(str(address), STATUSES[item.status], str(item.round + 1), when(item.opened_ts))
    people.print(table if found else "There are no checks.")


@app.command()
@on_chain
def show(
    chain: Chain,
    check: CheckArgument,
) -> None:
    """Show a check: who said what, and what was found."""
    address, economy = parse_address(check), chain.economy
    item = economy.read("Check", address)
    if chain.output is Output.json:
        print_json(facts(address, item))
        return
    show_facts(rows(address, item, economy.cluster.unix_time()))


@app.command()
@on_chain
def draw(
    chain: Chain,
    check: CheckArgument,
) -> None:
    """Fix the seed that draws a round's third. Anyone may."""
    address, caller, economy = parse_address(check), chain.signer, chain.economy
    _sent(chain, economy, SpotChecks(economy).draw(caller, address), address)


@app.command()
@on_chain
def decide(
    chain: Chain,
    check: CheckArgument,
    found: OutputArgument,
) -> None:
    """Say as a drawn third what the output is; a wrong word costs the verifier stake."""
    address, digest = parse_address(check), parse_digest(found)
    owner, economy = chain.signer, chain.economy
    _sent(chain, economy, SpotChecks(economy).decide(owner, address, digest), address)


@app.command()
@on_chain
def void(
    chain: Chain,
    check: CheckArgument,
) -> None:
    """End a check that nobody has decided in time. Anyone may."""
    address, caller, economy = parse_address(check), chain.signer, chain.economy
    _sent(chain, economy, SpotChecks(economy).void(caller, address), address)


@app.command()
@on_chain
def correct(
    chain: Chain,
    offence: Annotated[str, typer.Argument(help="the overturned offence's address")],
) -> None:
    """Turn around a check that a proved appeal has overturned. Anyone may."""
    address, caller, economy = parse_address(offence), chain.signer, chain.economy
    check = economy.read("Offence", address).evidence
    _sent(chain, economy, SpotChecks(economy).correct(caller, address), check)


def facts(address: Pubkey, item: Any) -> dict[str, Any]:
    """A check for programs; outputs in hexadecimal."""
    outputs = (item.output0, item.output1, item.output2)
    answers = [
        {"third": str(third), "output": bytes(said).hex()}
        for third, said in zip(item.thirds, outputs, strict=True)
        if third != NOBODY
    ]
    decided = item.status in (rules.CHECK_UPHELD, rules.CHECK_REFUTED)
    return {
        "check": str(address),
        "state": STATUSES[item.status],
        "work": str(item.work),
        "miner": str(item.miner),
        "accused": str(item.accused),
        "challenger": str(item.challenger),
        "challenger_output": bytes(item.challenger_output).hex(),
        "answers": answers,
        "result": bytes(item.result).hex() if decided else None,
        "proved": item.proved,
        "round": item.round,
        "drawn": item.seeded,
        "opened_ts": item.opened_ts,
        "decide_until_ts": item.decide_until_ts,
    }


def rows(address: Pubkey, item: Any, now: int) -> dict[str, str]:
    """A check for people."""
    said = facts(address, item)
    found = {
        "check": said["check"],
        "state": f"{said['state']}{', by proof' if item.proved else ''}",
        "work": said["work"],
        "accused": said["accused"],
        "challenger": said["challenger"],
        "says": said["challenger_output"],
    }
    for number, one in enumerate(said["answers"], 1):
        found[f"third {number}"] = one["third"]
        found[f"third {number} says"] = one["output"]
    if said["result"]:
        found["found right"] = said["result"]
    if item.status == rules.CHECK_OPEN:
        drawn = "drawn" if item.seeded else "not drawn yet"
        found["round"] = f"{item.round + 1} of {rules.CHECK_ROUNDS}, third {drawn}"
        found["decide by"] = until(item.decide_until_ts, now)
    return found


def _sent(chain: Chain, economy: Economy, landed: Landed, address: Pubkey) -> None:
    item = economy.read("Check", address)
    show_sent(chain, landed, facts(address, item), rows(address, item, economy.cluster.unix_time()))
