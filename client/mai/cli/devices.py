"""`mai devices`: a wallet's devices, their results and their end."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import ACTIVE, QUANTITIES, Device, Devices, registry
from mai.chain.muster import power_now
from mai.chain.nft import Nfts
from mai.chain.stake import Staking
from mai.cli import register as hardware
from mai.cli.connect import Chain, OwnerOption, YesOption, confirm, show_facts, show_sent
from mai.cli.format import count, listing, percent, until, when
from mai.cli.options import on_chain
from mai.cli.output import Output, people, print_json
from mai.cli.stake import facts as stake_facts
from mai.miner.miner import CLIENT_VERSION
from mai.money import fixed_mai
from mai.program.names import NFT_TIERS

app = typer.Typer(help="Devices: list, show, update, heartbeat, retire.", no_args_is_help=True)

DeviceArgument = Annotated[str | None, typer.Argument(help="a device's name or address; not needed for an only one")]


@app.command("list")
@on_chain
def list_devices(
    chain: Chain,
    owner: OwnerOption = None,
) -> None:
    """List a wallet's devices with their results."""
    wallet, economy = chain.wallet(owner), chain.economy
    found = Devices(economy).of(wallet)
    stake = Staking(economy).view(wallet)
    if chain.output is Output.json:
        nfts = Nfts(economy)
        listed = [facts(device, nfts) for device in found]
        print_json({"owner": str(wallet), "stake": stake_facts(stake), "devices": listed})
        return
    if not found:
        people.print(f"The wallet {wallet} has no device: register one with `mai register`.", highlight=False)
        return
    numbers = ("earned MAI", "done", "failed", "uptime", "quality", "bad", "off.")
    table = listing("device", "state", *numbers, "NFT", right=numbers)
    for device in found:
        item = device.fields
        table.add_row(
            Text(device.name),
            state(device),
            fixed_mai(item.earned),
            f"{item.settled:,}",
            f"{item.failures:,}",
            percent(item.uptime_bps),
            percent(item.quality_bps),
            f"{item.violations:,}",
            f"{item.offences:,}",
            NFT_TIERS[item.nft_tier],
        )
    people.print(table)
    people.print(f"Stake: {fixed_mai(stake.fields.matured + stake.fields.pending) if stake else 0} MAI.")


def state(device: Device) -> str:
    """active, busy or retired."""
    if device.fields.status != ACTIVE:
        return "retired"
    return f"{device.fields.in_flight} at work" if device.fields.in_flight else "active"


def facts(device: Device, nfts: Nfts) -> dict[str, Any]:
    """A device for programs."""
    item = device.fields
    counts = ("assigned", "commits", "settled", "failures", "violations", "offences", "overturned", "in_flight")
    return {
        "name": device.name,
        "miner": str(device.address),
        "device": bytes(item.device).hex(),
        "state": "active" if item.status == ACTIVE else "retired",
        "class": device.class_name,
        "attested": item.attested,
        "region": item.region,
        "gpu_model": device.hardware.gpu_model,
        "vram_mb": item.vram_mb,
        "cores": item.cores,
        "ram_mb": item.ram_mb,
        **{name: getattr(item, name) for name in QUANTITIES},
        "earned": fixed_mai(item.earned, grouped=False),
        **{name: getattr(item, name) for name in counts},
        "active_ms": item.active_ms,
        "power": item.power,
        "uptime_bps": item.uptime_bps,
        "quality_bps": item.quality_bps,
        "nft": None if item.nft_tier == 0 else str(item.nft_mint),
        "nft_tier": NFT_TIERS[item.nft_tier],
        "nft_counts": nfts.held_tier(device) > 0,
        "bond_lamports": item.bond,
        "registered_ts": item.registered_ts,
        "retired_ts": item.retired_ts or None,
    }


@app.command()
@on_chain
def show(
    chain: Chain,
    device: DeviceArgument = None,
    owner: OwnerOption = None,
) -> None:
    """Show one device: hardware, results, reputation, NFT and bond."""
    wallet, economy = chain.wallet(owner), chain.economy
    found, nfts = Devices(economy).pick(wallet, device), Nfts(economy)
    if chain.output is Output.json:
        print_json(facts(found, nfts))
        return
    item, now = found.fields, economy.cluster.unix_time()
    resources = [f"{getattr(item, name):,} {hardware.UNITS[name]} {name.partition('_')[0]}" for name in QUANTITIES]
    gpu = f"{found.hardware.gpu_model or 'no GPU named'}, {item.vram_mb:,} MB"
    nft = {"NFT": "none"}
    if item.nft_tier:
        counts = "counts" if nfts.held_tier(found) else "does not count now"
        nft = {"NFT": f"{NFT_TIERS[item.nft_tier]}, {counts}", "NFT mint": str(item.nft_mint)}
    rows = {
        "device": found.name,
        "miner": str(found.address),
        "state": state(found),
        "class": f"{found.class_name}{', attested' if item.attested else ''}",
        "hardware": f"{gpu}; {item.cores:,} cores, {item.ram_mb:,} MB of RAM",
        "counts": ", ".join(resources),
        "earned": f"{fixed_mai(item.earned)} MAI for {count(item.settled, 'work')} of {item.active_ms / 1_000:,.3f} s",
        "works": f"{item.assigned:,} assigned, {item.commits:,} committed, {item.failures:,} failed",
        "violations": count(item.violations, "implausible claim"),
        "offences": f"{item.offences:,}, of which {item.overturned:,} overturned",
        "uptime": f"{percent(item.uptime_bps)} in the last full week; {item.hours:,} h in this one",
        "quality": percent(item.quality_bps),
        "power": f"{power_now(found, economy.state('emission').muster):,} work units a slot",
        **nft,
        "bond": f"{item.bond / LAMPORTS_PER_SOL:.9f} SOL",
        "registered": when(item.registered_ts),
    }
    if item.status != ACTIVE:
        rows["retired"] = when(item.retired_ts)
        rows["bond from"] = until(item.retired_ts + int(registry.BOND_COOLDOWN_S), now)
    show_facts(rows)


@app.command()
@on_chain
def update(
    chain: Chain,
    device: DeviceArgument = None,
    device_class: hardware.ClassOption = None,
    gpu_mhs: hardware.GpuOption = None,
    cpu_mhz: hardware.CpuOption = None,
    ram_mhz: hardware.RamOption = None,
    storage_gb: hardware.StorageOption = None,
    network_mbps: hardware.NetworkOption = None,
    gpu_model: hardware.ModelOption = None,
    vram_mb: hardware.VramOption = None,
    cores: hardware.CoresOption = None,
    ram_mb: hardware.MemoryOption = None,
    region: hardware.RegionOption = None,
) -> None:
    """Declare a device anew; what is not said stays as it counts now."""
    signer, economy = chain.signer, chain.economy
    devices = Devices(economy)
    found = devices.pick(signer.pubkey(), device)
    said = hardware.declared(
        found.hardware,
        device_class=device_class,
        gpu_mhs=gpu_mhs,
        cpu_mhz=cpu_mhz,
        ram_mhz=ram_mhz,
        storage_gb=storage_gb,
        network_mbps=network_mbps,
        gpu_model=gpu_model,
        vram_mb=vram_mb,
        cores=cores,
        ram_mb=ram_mb,
        region=region,
    )
    landed = devices.update(signer, found, said, client_version=CLIENT_VERSION)
    updated = Device(found.address, economy.read("Miner", found.address))
    hardware.show_declared(economy, signer, updated, said, landed.signature, chain)


@app.command()
@on_chain
def heartbeat(
    chain: Chain,
    device: DeviceArgument = None,
) -> None:
    """Give a sign of life; one an hour counts towards the week's uptime."""
    signer, economy = chain.signer, chain.economy
    devices = Devices(economy)
    found = devices.pick(signer.pubkey(), device)
    landed = devices.heartbeat(signer, found)
    item = economy.read("Miner", found.address)
    said = {"device": found.name, "week": item.week, "hours": item.hours, "uptime_bps": item.uptime_bps}
    rows = {"device": found.name, "this week": f"{item.hours:,} of 168 h", "last week": percent(item.uptime_bps)}
    show_sent(chain, landed, said, rows)


@app.command()
@on_chain
def retire(
    chain: Chain,
    device: DeviceArgument = None,
    yes: YesOption = False,
) -> None:
    """End a device's work for ever; its bond can be withdrawn 21 days later."""
    signer, economy = chain.signer, chain.economy
    devices = Devices(economy)
    found = devices.pick(signer.pubkey(), device)
    confirm(f"Retire the device {found.name} for ever?", yes, chain)
    landed = devices.retire(signer, found)
    item = economy.read("Miner", found.address)
    free = item.retired_ts + int(registry.BOND_COOLDOWN_S)
    bond = f"{item.bond / LAMPORTS_PER_SOL:.9f} SOL from {when(free)}"
    said = {"device": found.name, "bond_lamports": item.bond, "withdrawable_ts": free}
    show_sent(chain, landed, said, {"retired": found.name, "bond": bond})


@app.command("withdraw-bond")
@on_chain
def withdraw_bond(
    chain: Chain,
    device: DeviceArgument = None,
) -> None:
    """Get the bond of a retired device back."""
    signer, economy = chain.signer, chain.economy
    devices = Devices(economy)
    found = devices.pick(signer.pubkey(), device)
    landed = devices.withdraw_bond(signer, found)
    bond = found.fields.bond
    rows = {"device": found.name, "returned": f"{bond / LAMPORTS_PER_SOL:.9f} SOL"}
    show_sent(chain, landed, {"device": found.name, "bond_lamports": bond}, rows)
