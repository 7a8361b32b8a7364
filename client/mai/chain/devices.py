"""A wallet's devices: what they declare and what of it counts, their signs of life, and how they end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.network import Hardware
from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.program import MODULES
from mai.program.names import DEVICE_CLASSES

calibration, registry = MODULES["calibration"], MODULES["registry"]
NAME_BYTES = 32
CLASSES = {name: number for number, name in DEVICE_CLASSES.items()}
QUANTITIES = ("gpu_mhs", "cpu_mhz", "ram_mhz", "storage_gb", "network_mbps")
ACTIVE, RETIRED = int(registry.MINER_ACTIVE), int(registry.MINER_RETIRED)


@dataclass(frozen=True)
class Device:
    """One registered device."""

    address: Pubkey
    fields: Any

    @property
    def name(self) -> str:
        """The name that it was given, or the beginning of its digest."""
        return shown_name(bytes(self.fields.device))

    @property
    def class_name(self) -> str:
        return DEVICE_CLASSES[self.fields.device_class]

    @property
    def hardware(self) -> Hardware:
        """What is stored: the declared quantities as far as they counted."""
        fields = self.fields
        gpu = bytes(fields.gpu_model).rstrip(b"\0").decode(errors="replace")
        numbers = {name: getattr(fields, name) for name in (*QUANTITIES, "region", "vram_mb", "cores", "ram_mb")}
        return Hardware(device_class=fields.device_class, gpu_model=gpu, **numbers)


def device_of(name: str) -> bytes:
    """The 32 bytes of a device with a readable name.

    Raises:
        MaiError: it is empty, too long, or not printable.
    """
    raw = name.encode()
    if not name or not name.isprintable() or len(raw) > NAME_BYTES:
        raise MaiError(f"{name!r} is not a device name: it has 1 to {NAME_BYTES} bytes of printable text")
    return raw.ljust(NAME_BYTES, b"\0")


def shown_name(device: bytes) -> str:
    """A readable name as it was given; of any other, its first bytes in hexadecimal."""
    try:
        text = device.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        text = ""
    return text if text and text.isprintable() else f"{device[:4].hex()}…"


def counted(entries: Any, hardware: Hardware) -> dict[str, int]:
    """What counts of each declared quantity under the calibration of its class."""
    numbers = (calibration.CAP_GPU_MHS, calibration.CAP_CPU_MHZ, calibration.CAP_RAM_MHZ)
    caps = (*numbers, calibration.CAP_STORAGE_GB, calibration.CAP_NETWORK_MBPS)
    return {
        name: int(calibration.counted(entries, hardware.device_class, int(cap), getattr(hardware, name)))
        for name, cap in zip(QUANTITIES, caps, strict=True)
    }


class Devices:
    """The registry, seen from a wallet."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def of(self, owner: Pubkey) -> list[Device]:
        """Every device of a wallet, the oldest first."""
        found = [Device(address, fields) for address, fields in self.economy.all("Miner", owner=owner)]
        return sorted(found, key=lambda device: device.fields.registered_ts)

    def pick(self, owner: Pubkey, text: str | None) -> Device:
        """The device that somebody names by its name, its address or not at all.

        Raises:
            MaiError: there is none of this name, or more than one and none was named.
        """
        found = self.of(owner)
        if not found:
            raise MaiError(f"the wallet {owner} has no device: register one with `mai register`")
        if text is None:
            if len(found) > 1:
                names = ", ".join(device.name for device in found)
                raise MaiError(f"the wallet {owner} has {len(found)} devices, name one: {names}")
            return found[0]
        for device in found:
            if text in (device.name, str(device.address), str(device.fields.device)):
                return device
        raise MaiError(f"the wallet {owner} has no device {text}")

    def update(self, owner: Signer, device: Device, hardware: Hardware, *, client_version: int) -> Landed:
        """Declare a device anew."""
        arguments = hardware.arguments(client_version)
        return self.economy.send("update_miner", owner, self._accounts(owner, device), arguments)

    def heartbeat(self, owner: Signer, device: Device) -> Landed:
        """Give a sign of life."""
        return self.economy.send("heartbeat", owner, self._accounts(owner, device))

    def retire(self, owner: Signer, device: Device) -> Landed:
        """End a device's work for ever."""
        return self.economy.send("retire_miner", owner, self._accounts(owner, device))

    def withdraw_bond(self, owner: Signer, device: Device) -> Landed:
        """Get the bond of a retired device back."""
        accounts = {**self._accounts(owner, device), "stake": self.economy.stake_address(owner.pubkey())}
        return self.economy.send("withdraw_bond", owner, accounts)

    @staticmethod
    def _accounts(owner: Signer, device: Device) -> dict[str, Pubkey]:
        return {"owner": owner.pubkey(), "miner": device.address}
