"""`mai nft`: which NFT counts for which device."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from solders.pubkey import Pubkey

from mai.chain.devices import Devices
from mai.chain.economy import NOBODY, Economy
from mai.chain.nft import Nfts, rewards
from mai.cli.connect import Chain, show_facts, show_sent
from mai.cli.format import listing, percent, when
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json
from mai.errors import MaiError
from mai.program.names import NFT_TIERS

app = typer.Typer(help="NFTs: link one to a device, show one, list the collections.", no_args_is_help=True)
WEEK_S = 604_800

NftArgument = Annotated[str, typer.Argument(help="the NFT's mint address")]


@app.command()
@on_chain
def link(
    chain: Chain,
    nft: NftArgument,
    device: Annotated[str | None, typer.Argument(help="a device's name or address; not needed for an only one")] = None,
    account: Annotated[str | None, typer.Option(help="the token account that holds it, if not the usual one")] = None,
) -> None:
    """Make an NFT count for a device; one that counted for another device counts here from next week."""
    mint, held = parse_address(nft), parse_address(account) if account else None
    owner, economy = chain.signer, chain.economy
    found, nfts = Devices(economy).pick(owner.pubkey(), device), Nfts(economy)
    landed = nfts.link(owner, found, mint, held)
    said = facts(economy, mint, nfts.link_of(mint))
    starts = when(said["counts_from_ts"])
    rows = {"NFT": str(mint), "tier": said["tier"], "device": found.name, "counts from": starts}
    show_sent(chain, landed, said, rows)


@app.command()
@on_chain
def show(
    chain: Chain,
    nft: NftArgument,
) -> None:
    """Show what the chain knows of an NFT."""
    mint, economy = parse_address(nft), chain.economy
    found = Nfts(economy).link_of(mint)
    if found is None:
        raise MaiError(f"the NFT {mint} was never linked: `mai nft link` shows it to the chain")
    said = facts(economy, mint, found)
    if chain.output is Output.json:
        print_json(said)
        return
    show_facts(
        {
            "NFT": str(mint),
            "collection": said["collection"],
            "tier": f"{said['tier']}, reward bonus {percent(int(rewards.nft_bonus(found.tier)))}",
            "counts for": said["miner"] or "no device",
            "counts from": when(said["counts_from_ts"]) if said["miner"] else "-",
            "voted for": said["voter"] or "nobody yet",
        }
    )


@app.command()
@on_chain
def collections(
    chain: Chain,
) -> None:
    """List the five tiers, their collections, and what they give."""
    tiers = Nfts(chain.economy).tiers()
    if chain.output is Output.json:
        listed = [
            {
                "tier": tier.name,
                "number": tier.number,
                "collection": None if tier.collection is None else str(tier.collection),
                "bonus_bps": tier.bonus_bps,
                "early_mining_months": tier.mining_months,
                "early_voting_months": tier.voting_months,
            }
            for tier in tiers
        ]
        print_json({"tiers": listed})
        return
    numbers = ("reward", "mining", "voting")
    table = listing("tier", "collection", *numbers, right=numbers)
    for tier in tiers:
        collection = "closed" if tier.collection is None else str(tier.collection)
        early = [f"{months} mo." for months in (tier.mining_months, tier.voting_months)]
        table.add_row(tier.name, collection, f"+{percent(tier.bonus_bps)}", *early)
    people.print(table)
    people.print("mining, voting: months before everybody.")


def facts(economy: Economy, mint: Pubkey, found: Any) -> dict[str, Any]:
    """A link for programs."""
    start = economy.state("config").genesis_ts + found.week * WEEK_S
    return {
        "nft": str(mint),
        "collection": str(found.collection),
        "tier": NFT_TIERS[found.tier],
        "miner": str(found.miner) if found.linked else None,
        "counts_from_ts": start if found.linked else None,
        "voter": None if found.voter == NOBODY else str(found.voter),
    }
