"""`mai dao`: proposing, voting and executing."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mai.chain.changes import Changes
from mai.chain.cluster import Landed
from mai.chain.dao import Dao, Phase
from mai.chain.effects import CALIBRATION_ENTRIES, PARAMETERS, RISKS, shown, unit_of
from mai.cli import dao_propose
from mai.cli.connect import Chain, show_sent
from mai.cli.dao_view import facts, show_view
from mai.cli.format import brief, listing, share, span
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json
from mai.errors import MaiError
from mai.money import fixed_mai
from mai.program import parameters as rules

app = typer.Typer(help="The DAO: propose, list, show, vote, deny, execute.", no_args_is_help=True)
app.add_typer(dao_propose.app, name="propose")

NumberArgument = Annotated[int, typer.Argument(help="the proposal's number")]


@app.command("list")
@on_chain
def list_proposals(
    chain: Chain,
) -> None:
    """List the proposals, the newest first."""
    economy = chain.economy
    dao, changes = Dao(economy), Changes(economy)
    found = [(view, changes.of(view.fields)) for view in dao.all()]
    if chain.output is Output.json:
        print_json({"proposals": [facts(view, change) for view, change in found]})
        return
    now = economy.cluster.unix_time()
    table = listing("no.", "change", "risk", "phase", "left", "approved", right=("no.", "left", "approved"))
    for view, change in found:
        item = view.fields
        left = span(view.phase_ends_ts - now) if view.phase_ends_ts else "-"
        approved = share(item.approved, item.approved + item.denied)
        table.add_row(str(item.id), brief(change.sentence), change.effect.risk, str(view.phase), left, approved)
    people.print(table if found else "There are no proposals.")


@app.command()
@on_chain
def show(
    chain: Chain,
    number: NumberArgument,
) -> None:
    """Show a proposal: its diff, the votes, and the time left in each phase."""
    economy = chain.economy
    dao = Dao(economy)
    view = dao.get(_checked(number))
    change = Changes(economy).of(view.fields)
    if chain.output is Output.json:
        votes = [
            {
                "stake": str(vote.stake),
                "weight": fixed_mai(vote.weight, grouped=False),
                "approves": vote.approves,
            }
            for _, vote in dao.votes(view.address)
        ]
        print_json({**facts(view, change), "votes": votes})
        return
    show_view(dao, view, change)


@app.command()
@on_chain
def vote(
    chain: Chain,
    number: NumberArgument,
    choice: Annotated[str, typer.Argument(help="yes or no")],
    nft: Annotated[str | None, typer.Option(help="an NFT's mint, whose tier may vote before everybody")] = None,
    account: Annotated[str | None, typer.Option(help="the token account that holds it, if not the usual one")] = None,
) -> None:
    """Cast the stake's one vote; the stake then stays until denials end."""
    if choice not in ("yes", "no"):
        raise MaiError(f"{choice} is no vote: write yes or no")
    if account and not nft:
        raise MaiError("--account names the account of an NFT: give --nft too")
    mint, held = parse_address(nft) if nft else None, parse_address(account) if account else None
    owner, economy = chain.signer, chain.economy
    dao = Dao(economy)
    ballot = economy.vote_address(dao.get(_checked(number)).address, economy.stake_address(owner.pubkey()))
    if economy.find("Vote", ballot) is not None:
        raise MaiError(f"this stake has voted on proposal {number}: `mai dao deny` turns an approval into a denial")
    if mint is None:
        landed = dao.vote(owner, number, choice == "yes")
    else:
        landed = dao.vote_early(owner, number, choice == "yes", mint, held)
    _voted(chain, economy, landed, number, ballot)


@app.command()
@on_chain
def deny(
    chain: Chain,
    number: NumberArgument,
) -> None:
    """Turn one's own approval into a denial, until denials end."""
    owner, economy = chain.signer, chain.economy
    dao = Dao(economy)
    ballot = economy.vote_address(dao.get(_checked(number)).address, economy.stake_address(owner.pubkey()))
    if economy.find("Vote", ballot) is None:
        raise MaiError(f"this stake has not voted on proposal {number}: `mai dao vote {number} no` denies it")
    _voted(chain, economy, dao.deny(owner, number), number, ballot)


@app.command()
@on_chain
def execute(
    chain: Chain,
    number: NumberArgument,
) -> None:
    """Carry out an approved proposal. Anyone may, nobody can forbid."""
    caller, economy = chain.signer, chain.economy
    dao = Dao(economy)
    change = Changes(economy).of(dao.get(_checked(number)).fields)
    landed = dao.execute(caller, number)
    view = dao.get(number)
    assert view.phase is Phase.EXECUTED
    rows = {"executed": f"proposal {number}", change.effect.kind: change.sentence}
    show_sent(chain, landed, facts(view, change), rows)


@app.command()
@on_chain
def parameters(
    chain: Chain,
) -> None:
    """List the 32 parameters: what they are, between which bounds they can move, and at what risk."""
    values = chain.economy.state("config").parameters
    listed = [
        {
            "name": name,
            "index": index,
            "unit": unit_of(name),
            "now": shown(values[index], unit_of(name)),
            "lowest": shown(int(rules.lowest_parameter(index)), unit_of(name)),
            "highest": shown(int(rules.highest_parameter(index)), unit_of(name)),
            "value": values[index],
            "risk": RISKS[rules.parameter_risk(index)][0],
        }
        for index, name in enumerate(PARAMETERS)
    ]
    if chain.output is Output.json:
        print_json({"parameters": listed})
        return
    columns = ("now", "lowest", "highest")
    table = listing("parameter", *columns, "unit", "risk", right=columns)
    for item in listed:
        table.add_row(*(str(item[key]) for key in ("name", *columns, "unit", "risk")))
    people.print(table)


@app.command()
@on_chain
def calibration(
    chain: Chain,
) -> None:
    """List what a device of each class can plausibly do: no more of it counts."""
    values = chain.economy.state("calibration").entries
    if chain.output is Output.json:
        listed = [
            {"name": name, "index": index, "unit": unit_of(name), "value": values[index]}
            for index, name in enumerate(CALIBRATION_ENTRIES)
        ]
        print_json({"calibration": listed})
        return
    by_class: dict[str, dict[str, int]] = {}
    for name, value in zip(CALIBRATION_ENTRIES, values, strict=True):
        device, field = name.split(".")
        by_class.setdefault(device, {})[field.removeprefix("cap_")] = value
    fields = list(by_class["cpu"])
    table = listing("class", *fields, right=tuple(fields), gap=1)
    for device, row in by_class.items():
        table.add_row(device, *(f"{row[field]:,}" for field in fields))
    people.print(table)


def _checked(number: int) -> int:
    if not 0 <= number < 2**64:
        raise MaiError(f"there is no proposal {number}: they are numbered from 0")
    return number


def _voted(chain: Chain, economy: Any, landed: Landed, number: int, ballot: Any) -> None:
    cast, item = economy.read("Vote", ballot), Dao(economy).get(number).fields
    said = {
        "proposal": number,
        "approves": cast.approves,
        "weight": fixed_mai(cast.weight, grouped=False),
        "approved": fixed_mai(item.approved, grouped=False),
        "denied": fixed_mai(item.denied, grouped=False),
    }
    rows = {
        "proposal": str(number),
        "your vote": f"{'yes' if cast.approves else 'no'}, {fixed_mai(cast.weight)} MAI",
        "approved": f"{fixed_mai(item.approved)} MAI",
        "denied": f"{fixed_mai(item.denied)} MAI",
    }
    show_sent(chain, landed, said, rows)
