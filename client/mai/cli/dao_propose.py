"""`mai dao propose`: one command for each kind of change, with its diff before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from mai_zk.field import keccak256
from solders.pubkey import Pubkey

from mai.chain.changes import CALIBRATION, COLLECTION, MODEL, PARAMETER, TREASURY, Changes
from mai.chain.dao import Dao, Grade, grade
from mai.chain.economy import NOBODY
from mai.chain.effects import CALIBRATION_ENTRIES, PARAMETERS, read, unit_of
from mai.chain.nft import TIERS
from mai.chain.signer import Signer
from mai.chain.stake import Staking
from mai.cli.connect import Chain, YesOption, confirm, show_sent
from mai.cli.dao_view import facts, show_change
from mai.cli.format import percent, span
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people
from mai.errors import MaiError
from mai.money import fixed_mai, parse_mai

app = typer.Typer(help="Propose a change; the diff comes first.", no_args_is_help=True)

ReasonOption = Annotated[str, typer.Option(help="the reasons; the chain keeps their digest, publish them elsewhere")]
ValueArgument = Annotated[str, typer.Argument(help="the new value in the unit that the list shows")]
NO_REASON = bytes(32)


@app.command("parameter")
@on_chain
def propose_parameter(
    chain: Chain,
    name: Annotated[str, typer.Argument(help="such as appeal_bond; `mai dao parameters` lists them")],
    value: ValueArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Move one of the network's 32 parameters."""
    index, number = _number(PARAMETERS, "parameters", name, value)
    _propose(chain, reason, yes, PARAMETER, index=index, value=number)


@app.command("calibration")
@on_chain
def propose_calibration(
    chain: Chain,
    name: Annotated[str, typer.Argument(help="class.field, such as cpu.cpu_mhz; `mai dao calibration` lists them")],
    value: ValueArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Move what a device class can plausibly do."""
    index, number = _number(CALIBRATION_ENTRIES, "calibration", name, value)
    _propose(chain, reason, yes, CALIBRATION, index=index, value=number)


@app.command("model")
@on_chain
def propose_model(
    chain: Chain,
    model: Annotated[str, typer.Argument(help="the model's address")],
    decision: Annotated[str, typer.Argument(help="admit or withdraw")],
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Admit a registered model to minting, or withdraw it."""
    if decision not in ("admit", "withdraw"):
        raise MaiError(f"{decision} is no decision about a model: write admit or withdraw")
    target, value = parse_address(model), int(decision == "admit")
    _propose(chain, reason, yes, MODEL, target=target, value=value)


@app.command("treasury")
@on_chain
def propose_treasury(
    chain: Chain,
    recipient: Annotated[str, typer.Argument(help="the MAI token account to pay to")],
    amount: Annotated[str, typer.Argument(help="MAI")],
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Pay from the treasury."""
    target, value = parse_address(recipient), parse_mai(amount)
    _propose(chain, reason, yes, TREASURY, target=target, value=value)


@app.command("collection")
@on_chain
def propose_collection(
    chain: Chain,
    tier: Annotated[str, typer.Argument(help="bronze, silver, gold, platinum or airdrop")],
    collection: Annotated[str, typer.Argument(help="the collection's address, or none to close the tier")],
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Give an NFT tier another collection, or none."""
    if TIERS.get(tier, 0) == 0:
        known = ", ".join(name for name, number in TIERS.items() if number)
        raise MaiError(f"there is no NFT tier {tier}: choose from {known}")
    target = NOBODY if collection == "none" else parse_address(collection)
    _propose(chain, reason, yes, COLLECTION, index=TIERS[tier], target=target)


def _number(names: Sequence[str], listed: str, name: str, value: str) -> tuple[int, int]:
    """A number's place among ``names``, and the number that somebody typed in its unit."""
    known = name.lower().replace("-", "_")
    if known not in names:
        known = known.replace(".", ".cap_")  # the list of the calibration leaves it out
    if known not in names:
        raise MaiError(f"there is no {name} among the {listed}: `mai dao {listed}` lists them")
    return names.index(known), read(value, unit_of(known))


def _propose(chain: Chain, reason: str, yes: bool, kind: int, **what: int | Pubkey) -> None:
    owner, economy = chain.signer, chain.economy
    dao, changes = Dao(economy), Changes(economy)
    draft = changes.draft(kind, **what)  # type: ignore[arg-type]
    change = changes.of(draft)
    if chain.output is Output.table:
        show_change(change)
        people.print(f"\nRisk: {change.effect.risk} ({change.effect.cost}).", highlight=False)
        people.print(terms(grade(draft.risk)), highlight=False)
        people.print(f"{_weight(Staking(economy), owner)}\n", highlight=False)
    confirm("Propose this?", yes, chain)
    text = keccak256(reason.encode()) if reason else NO_REASON
    number, landed = dao.propose(owner, draft, text)
    view = dao.get(number)
    said = facts(view, change)
    show_sent(chain, landed, said, {"proposal": str(number), "address": str(view.address), "text": text.hex()})


def terms(asked: Grade) -> str:
    """What a grade asks, in two sentences."""
    return (
        f"{span(asked.voting_s)} of votes, {span(asked.denial_s)} of denials and {span(asked.delay_s)} of delay before "
        f"anyone can execute it. It needs {percent(asked.quorum_bps)} of the stake to take part and more than "
        f"{percent(asked.majority_bps)} of the votes."
    )


def _weight(staking: Staking, owner: Signer) -> str:
    view = staking.view(owner.pubkey())
    weight, tier = (view.weight, view.tier) if view else (0, "none")
    return f"Your stake votes with {fixed_mai(weight)} MAI (tier: {tier})."
