"""`mai stake`: MAI that votes, backs work and can be lost."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mai.chain.cluster import Landed
from mai.chain.stake import StakeView, Staking
from mai.cli.connect import Chain, OwnerOption, show_facts, show_sent
from mai.cli.format import until, when
from mai.cli.options import on_chain
from mai.cli.output import Output, people, print_json
from mai.errors import MaiError
from mai.money import fixed_mai, parse_mai

app = typer.Typer(help="Stake: deposit, unstake, withdraw, and set aside for checking work.", no_args_is_help=True)

AmountArgument = Annotated[str, typer.Argument(help="MAI, such as 1500 or 0.000000001")]


@app.command()
@on_chain
def deposit(
    chain: Chain,
    amount: AmountArgument,
) -> None:
    """Put MAI into the vault. It backs work at once and votes after 14 days."""
    units, owner = parse_mai(amount), chain.signer
    staking = Staking(chain.economy)
    held = staking.economy.balance(owner.pubkey())
    if held < units:
        raise MaiError(f"the wallet {owner.pubkey()} holds {fixed_mai(held)} MAI, not {fixed_mai(units)}")
    _sent(staking, chain, staking.deposit(owner, units), owner.pubkey(), "deposited", units)


@app.command()
@on_chain
def unstake(
    chain: Chain,
    amount: AmountArgument,
) -> None:
    """Start the cooldown of 14 days; what is leaving already starts anew with it."""
    units, owner = parse_mai(amount), chain.signer
    staking = Staking(chain.economy)
    _sent(staking, chain, staking.unstake(owner, units), owner.pubkey(), "unstaked", units)


@app.command()
@on_chain
def withdraw(
    chain: Chain,
) -> None:
    """Pay out all MAI that has cooled down."""
    owner = chain.signer
    staking = Staking(chain.economy)
    before = staking.view(owner.pubkey())
    if before is None:
        raise MaiError(f"the wallet {owner.pubkey()} has no stake")
    landed = staking.withdraw(owner)
    _sent(staking, chain, landed, owner.pubkey(), "withdrawn", before.fields.unstaking)


@app.command()
@on_chain
def verifier(
    chain: Chain,
    amount: AmountArgument,
    back: Annotated[bool, typer.Option("--back", help="take it back, through the cooldown")] = False,
) -> None:
    """Set stake aside to back challenges and decisions; it no longer votes or backs work."""
    units, owner = parse_mai(amount), chain.signer
    staking = Staking(chain.economy)
    landed = staking.undesignate(owner, units) if back else staking.designate(owner, units)
    _sent(staking, chain, landed, owner.pubkey(), "taken back" if back else "set aside", units)


@app.command()
@on_chain
def show(
    chain: Chain,
    owner: OwnerOption = None,
) -> None:
    """Show a wallet's stake, part by part, and what it may do."""
    wallet = chain.wallet(owner)
    staking = Staking(chain.economy)
    view, balance = staking.view(wallet), staking.economy.balance(wallet)
    if chain.output is Output.json:
        print_json({"owner": str(wallet), "balance": fixed_mai(balance, grouped=False), "stake": facts(view)})
        return
    if view is None:
        people.print(f"The wallet {wallet} has no stake; it holds {fixed_mai(balance)} MAI.", soft_wrap=True)
        return
    show_facts(rows(view, staking.economy.cluster.unix_time()))


def facts(view: StakeView | None) -> dict[str, Any] | None:
    """A stake for programs; amounts in MAI."""
    if view is None:
        return None
    parts = ("matured", "pending", "unstaking", "verifier", "escrowed", "at_risk")
    return {
        "address": str(view.address),
        "tier": view.tier,
        "voting_weight": fixed_mai(view.weight, grouped=False),
        "free": fixed_mai(view.free, grouped=False),
        **{part: fixed_mai(getattr(view.fields, part), grouped=False) for part in parts},
        "matures_ts": view.matures_ts,
        "unlock_ts": view.fields.unlock_ts if view.fields.unstaking else None,
        "locked_until_ts": view.fields.locked_until_ts or None,
        "is_verifier": view.fields.is_verifier,
        "disputes": view.fields.disputes,
        "offences": view.fields.offences,
    }


def rows(view: StakeView, now: int) -> dict[str, str]:
    """A stake for people."""
    fields = view.fields

    def amount(units: int, note: str = "") -> str:
        return f"{fixed_mai(units):>24} MAI{f'  {note}' if note else ''}"

    found = {
        "stake": str(view.address),
        "tier": view.tier,
        "votes with": amount(view.weight),
        "matured": amount(fields.matured),
        "pending": amount(fields.pending, f"votes from {when(view.matures_ts)}" if view.matures_ts else ""),
        "at risk": amount(fields.at_risk, "for works in flight" if fields.at_risk else ""),
        "can leave": amount(0 if view.blocked else view.free, view.blocked or ""),
        "unstaking": amount(fields.unstaking, f"{until(fields.unlock_ts, now)}" if fields.unstaking else ""),
        "verifier": amount(fields.verifier, "may check work" if fields.is_verifier else ""),
        "in escrow": amount(fields.escrowed, "for offences" if fields.escrowed else ""),
        "offences": f"{fields.offences:,}",
    }
    if fields.disputes:
        found["disputes"] = f"{fields.disputes:,}"
    if fields.locked_until_ts > now:
        found["voted, stays until"] = until(fields.locked_until_ts, now)
    return found


def _sent(staking: Staking, chain: Chain, landed: Landed, owner: Any, verb: str, units: int) -> None:
    view = staking.view(owner)
    assert view is not None  # the transaction has just written it
    now = staking.economy.cluster.unix_time()
    moved = {"movement": verb, "amount": fixed_mai(units, grouped=False), "stake": facts(view)}
    show_sent(chain, landed, moved, {verb: f"{fixed_mai(units):>24} MAI", **rows(view, now)})
