"""`mai register`: put this machine into the network's registry."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import CLASSES, QUANTITIES, Device, counted, device_of, registry
from mai.chain.economy import Economy
from mai.chain.network import Hardware
from mai.chain.rules import enforce
from mai.chain.signer import Signer
from mai.cli.connect import Chain, show_facts
from mai.cli.format import listing
from mai.cli.options import on_chain
from mai.cli.output import Output, people, print_json
from mai.errors import MaiError
from mai.miner.hardware import detect, device_name
from mai.miner.miner import CLIENT_VERSION
from mai.money import fixed_mai
from mai.program import rewards

UNITS = {"gpu_mhs": "MH/s", "cpu_mhz": "MHz", "ram_mhz": "MHz", "storage_gb": "GB", "network_mbps": "Mbps"}
NameOption = Annotated[str | None, typer.Option("--name", help="a name for the device; by default one of this machine")]
ClassOption = Annotated[str | None, typer.Option("--class", help=f"one of {', '.join(CLASSES)}")]
GpuOption = Annotated[int | None, typer.Option("--gpu-mhs", help="GPU hash rate in MH/s")]
CpuOption = Annotated[int | None, typer.Option("--cpu-mhz", help="CPU clock rate")]
RamOption = Annotated[int | None, typer.Option("--ram-mhz", help="RAM clock rate")]
StorageOption = Annotated[int | None, typer.Option("--storage-gb", help="storage to offer")]
NetworkOption = Annotated[int | None, typer.Option("--network-mbps", help="network bandwidth")]
ModelOption = Annotated[str | None, typer.Option("--gpu-model", help="such as 'RTX 4090'")]
VramOption = Annotated[int | None, typer.Option("--vram-mb", help="GPU memory")]
CoresOption = Annotated[int | None, typer.Option("--cores", help="CPU cores")]
MemoryOption = Annotated[int | None, typer.Option("--ram-mb", help="RAM size")]
RegionOption = Annotated[int | None, typer.Option("--region", help="ISO 3166-1 country number; 0: not said")]


@on_chain
def register(
    chain: Chain,
    name: NameOption = None,
    device_class: ClassOption = None,
    gpu_mhs: GpuOption = None,
    cpu_mhz: CpuOption = None,
    ram_mhz: RamOption = None,
    storage_gb: StorageOption = None,
    network_mbps: NetworkOption = None,
    gpu_model: ModelOption = None,
    vram_mb: VramOption = None,
    cores: CoresOption = None,
    ram_mb: MemoryOption = None,
    region: RegionOption = None,
) -> None:
    """Register a device and pay its bond; opens the wallet's stake and token account where they are missing.

    What is not said is read from this machine, or is what `mai model bench` measured here. A quantity counts only up to
    the calibration of the device's class.
    """
    owner, economy = chain.signer, chain.economy
    hardware = declared(
        detect(),
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
    device = device_of(name) if name is not None else device_name(bytes(owner.pubkey()))
    address = economy.miner_address(owner.pubkey(), device)
    if economy.find("Miner", address) is not None:
        raise MaiError("this device is registered already: `mai devices update` declares it anew, --name adds another")
    landed = economy.register_miner(owner, device, hardware, client_version=CLIENT_VERSION)
    registered = Device(address, economy.read("Miner", address))
    show_declared(economy, owner, registered, hardware, landed.signature, chain)


def declared(base: Hardware, *, device_class: str | None, **given: Any) -> Hardware:
    """``base`` with what was said in its place.

    Raises:
        MaiError: there is no such class.
        ProgramError: a number is outside what can be declared.
    """
    changes = {name: value for name, value in given.items() if value is not None}
    if device_class is not None:
        if device_class not in CLASSES:
            raise MaiError(f"there is no device class {device_class}: choose from {', '.join(CLASSES)}")
        changes["device_class"] = CLASSES[device_class]
    found = dataclasses.replace(base, **changes)
    if any(isinstance(value, int) and value < 0 for value in changes.values()):
        raise MaiError("a device has no negative quantities")
    enforce(rewards.hourly_rate, *(getattr(found, name) for name in QUANTITIES))
    enforce(registry.check_profile, found.region, CLIENT_VERSION, found.vram_mb, found.cores, found.ram_mb)
    return found


def show_declared(
    economy: Economy, owner: Signer, device: Device, hardware: Hardware, signature: str, chain: Chain
) -> None:
    """What was declared, what of it counts, and the bond."""
    counts = counted(economy.state("calibration").entries, hardware)
    hourly = int(rewards.hourly_rate(*(getattr(device.fields, name) for name in QUANTITIES)))
    if chain.output is Output.json:
        print_json(
            {
                "signature": signature,
                "owner": str(owner.pubkey()),
                "device": device.name,
                "miner": str(device.address),
                "class": device.class_name,
                "bond_lamports": device.fields.bond,
                "declared": {item: getattr(hardware, item) for item in QUANTITIES},
                "counts": counts,
                "hourly": fixed_mai(hourly, grouped=False),
            }
        )
        return
    show_facts(
        {
            "device": device.name,
            "miner": str(device.address),
            "class": device.class_name,
            "bond": f"{device.fields.bond / LAMPORTS_PER_SOL:.9f} SOL, back 21 days after retiring",
            "hourly rate": f"{fixed_mai(hourly)} MAI at launch rates",
            "transaction": signature,
        }
    )
    table = listing("resource", "declared", "counts", "", right=("declared", "counts"))
    for item in QUANTITIES:
        said = getattr(hardware, item)
        style = "yellow" if counts[item] < said else None
        table.add_row(item.partition("_")[0], f"{said:,}", f"{counts[item]:,}", UNITS[item], style=style)
    people.print()
    people.print(table)
