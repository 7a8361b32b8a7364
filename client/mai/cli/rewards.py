"""`mai rewards`: what devices earned, what an hour pays now, and what the epoch still has."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from mai.chain.devices import Device, Devices
from mai.chain.earnings import Earnings, Epoch, Hour
from mai.cli.connect import Chain, OwnerOption, show_facts
from mai.cli.format import bar, count, decimal, listing, percent, share, until
from mai.cli.options import on_chain
from mai.cli.output import Output, people, print_json
from mai.money import fixed_mai
from mai.program.names import NFT_TIERS


@on_chain
def rewards(
    chain: Chain,
    device: Annotated[str | None, typer.Argument(help="a device's name or address; by default all")] = None,
    owner: OwnerOption = None,
) -> None:
    """Show what a wallet's devices earned, and what an hour of each that counts pays now, term by term."""
    wallet, economy = chain.wallet(owner), chain.economy
    devices, earnings = Devices(economy), Earnings(economy)
    found = [devices.pick(wallet, device)] if device else devices.of(wallet)
    epoch = earnings.epoch()
    hours = [(item, earnings.hour(item)) for item in found]
    balance = economy.balance(wallet)
    if chain.output is Output.json:
        print_json(
            {
                "owner": str(wallet),
                "balance": fixed_mai(balance, grouped=False),
                "epoch": epoch_facts(epoch),
                "devices": [facts(item, hour) for item, hour in hours],
            }
        )
        return
    now = economy.cluster.unix_time()
    total = sum(item.fields.earned for item in found)
    show_facts({"balance": f"{fixed_mai(balance)} MAI", "earned": f"{fixed_mai(total)} MAI", **epoch_rows(epoch, now)})
    for item, hour in hours:
        people.print()
        people.print(_terms(item, hour))


def epoch_facts(epoch: Epoch) -> dict[str, Any]:
    """An epoch for programs."""
    return {
        "number": epoch.number,
        "ends_ts": epoch.ends_ts or None,
        "rate": epoch.rate,
        "cap": fixed_mai(epoch.cap, grouped=False),
        "minted": fixed_mai(epoch.minted, grouped=False),
        "left": fixed_mai(epoch.left, grouped=False),
    }


def epoch_rows(epoch: Epoch, now: int) -> dict[str, str]:
    """An epoch for people; the first is number 1."""
    used = f"{bar(epoch.minted, epoch.cap)} {share(epoch.minted, epoch.cap)}"
    return {
        "epoch": f"{epoch.number + 1}, until {until(epoch.ends_ts, now)}" if epoch.ends_ts else "not begun",
        "epoch rate": percent(epoch.rate // 10) if epoch.rate % 10 == 0 else f"{epoch.rate:,} / 100,000",
        "epoch cap": f"{fixed_mai(epoch.cap)} MAI",
        "minted": f"{fixed_mai(epoch.minted)} MAI  {used}",
        "left": f"{fixed_mai(epoch.left)} MAI",
    }


def facts(device: Device, hour: Hour) -> dict[str, Any]:
    """A device's earnings for programs; factors as numerator and denominator."""
    terms = [
        {"name": name, "factor": factor, "of": whole, "after": fixed_mai(after, grouped=False)}
        for name, factor, whole, after in hour.factors
    ]
    return {
        "name": device.name,
        "miner": str(device.address),
        "earned": fixed_mai(device.fields.earned, grouped=False),
        "works": device.fields.settled,
        "hourly": fixed_mai(hour.hourly, grouped=False),
        "nft_tier": NFT_TIERS[hour.tier],
        "uptime_bps": hour.uptime_bps,
        "quality_bps": hour.quality_bps,
        "terms": terms,
        "hour_pays": fixed_mai(hour.reward, grouped=False),
    }


def _terms(device: Device, hour: Hour) -> Any:
    why = {
        "NFT": NFT_TIERS[hour.tier],
        "uptime": f"{percent(hour.uptime_bps)} last week",
        "trust": f"{device.class_name}{', attested' if device.fields.attested else ''}",
        "multiplier": "of the network, by difficulty",
        "quality": percent(hour.quality_bps),
        "epoch": "the halving",
    }
    table = listing("term", "because of", "factor", "MAI an hour", right=("factor", "MAI an hour"))
    works = count(device.fields.settled, "work")
    table.title = Text(f"{device.name}: earned {fixed_mai(device.fields.earned)} MAI, {works}")
    table.title_justify = "left"
    table.title_style = "bold"
    table.add_row("hourly rate", "what counts of its hardware", "", fixed_mai(hour.hourly))
    for name, factor, whole, after in hour.factors:
        table.add_row(name, why[name], f"× {decimal(factor, whole)}", fixed_mai(after))
    table.add_row("an hour pays", "", "", fixed_mai(hour.reward), style="bold green")
    return table
