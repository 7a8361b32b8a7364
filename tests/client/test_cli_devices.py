"""`mai register` and `mai devices`."""

from __future__ import annotations

import pytest
from client.cli_world import DAY_S, World
from mai.chain.devices import Devices, shown_name
from mai.chain.network import Hardware
from mai.money import parse_mai

HIGH_END = ["--class", "gpu-high-end", "--gpu-mhs", 150, "--cpu-mhz", 4_000, "--network-mbps", 1_000]
BARE = ["--ram-mhz", 0, "--storage-gb", 0]


def test_registering_pays_the_bond_and_counts_up_to_the_calibration(world: World) -> None:
    owner = world.wallet("owner")
    said = world.json("register", "--name", "rig 1", "--class", "cpu", "--cpu-mhz", 9_000, "--gpu-mhs", 7, by=owner)
    device = Devices(world.economy).pick(owner.address, "rig 1")
    assert said["miner"] == str(device.address)
    assert (said["declared"]["cpu_mhz"], said["counts"]["cpu_mhz"]) == (9_000, 6_000)
    assert (said["declared"]["gpu_mhs"], said["counts"]["gpu_mhs"]) == (7, 0)
    assert {name: getattr(device.fields, name) for name in said["counts"]} == said["counts"]
    assert said["bond_lamports"] == device.fields.bond == 50_000_000
    assert world.economy.find("Stake", world.economy.stake_address(owner.address)) is not None
    assert world.chain.account(world.economy.token_address(owner.address)) is not None


def test_what_is_not_said_is_detected(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mai.cli.register.detect", lambda: Hardware(1, cpu_mhz=2_500, cores=12, ram_mb=777))
    owner = world.wallet("owner")
    world.json("register", "--region", 756, by=owner)
    (device,) = Devices(world.economy).of(owner.address)
    item = device.fields
    assert (item.device_class, item.cpu_mhz, item.cores, item.ram_mb, item.region) == (1, 2_500, 12, 777, 756)
    assert bytes(item.device)[4:] and shown_name(bytes(item.device)).endswith("…")


def test_the_hourly_rate_is_that_of_the_document(world: World) -> None:
    said = world.json("register", *HIGH_END, *BARE, by=world.wallet("owner"))
    assert said["hourly"] == "858.000000000"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--class", "toaster"], "no device class toaster: choose from mobile, cpu"),
        (["--name", "x" * 33], "is not a device name"),
        (["--name", ""], "is not a device name"),
        (["--name", "a\nb"], "is not a device name"),
        (["--cpu-mhz", -1], "no negative quantities"),
        (["--gpu-model", "G" * 33], "at most 32"),
        (["--vram-mb", 2**32], "out of range"),
    ],
)
def test_a_wrong_device_is_one_sentence(world: World, arguments: list[object], sentence: str) -> None:
    owner = world.wallet("owner")
    with world.wrong(sentence):
        world.run("register", *arguments, by=owner)
    assert not Devices(world.economy).of(owner.address)


def test_the_programs_rules_are_asked_before_anything_is_sent(world: World) -> None:
    owner = world.wallet("owner")
    for arguments, name in (
        (["--cpu-mhz", 1_000_001], "CpuOutOfRange"),
        (["--region", 1_000], "RegionOutOfRange"),
        (["--cores", 5_000], "CoresOutOfRange"),
    ):
        with world.refuses(name):
            world.run("register", *arguments, by=owner)
    world.run("register", "--cpu-mhz", 1_000_000, "--region", 999, "--cores", 4_096, by=owner)


def test_a_device_registers_once_and_only_while_mining_is_open(founded: World) -> None:
    owner = founded.wallet("owner")
    with founded.refuses("MiningNotOpen"):
        founded.run("register", by=owner)
    founded.open()
    founded.run("register", by=owner)
    with founded.wrong("registered already"):
        founded.run("register", by=owner)
    founded.run("register", "--name", "another", by=owner)
    with founded.wrong("has 2 devices, name one"):
        founded.run("devices", "show", by=owner)


def test_the_list_is_what_the_chain_says(world: World) -> None:
    owner, requester = world.wallet("owner"), world.wallet("requester")
    device = world.register(owner, "rig")
    task, work = world.committed(owner, device, requester, 1)
    world.settle(owner, device, task, work)
    found = world.json("devices", "list", by=owner)
    (listed,) = found["devices"]
    item = Devices(world.economy).pick(owner.address, "rig").fields
    assert parse_mai(listed["earned"]) == item.earned == world.economy.balance(owner.address)
    names = ("assigned", "commits", "settled", "failures", "violations", "offences", "uptime_bps", "quality_bps")
    assert {name: listed[name] for name in names} == {name: getattr(item, name) for name in names}
    assert (listed["name"], listed["class"], listed["state"], listed["nft"]) == ("rig", "gpu-high-end", "active", None)
    assert found["stake"]["tier"] == "none"
    assert listed == world.json("devices", "show", "rig", "--owner", owner.address)
    assert "rig" in world.run("devices", "list", by=owner)
    assert "RTX 4090" in world.run("devices", "show", by=owner)


def test_updating_keeps_what_is_not_said(world: World) -> None:
    owner = world.wallet("owner")
    world.register(owner, "rig")
    world.json("devices", "update", "rig", "--storage-gb", 500, "--gpu-model", "RTX 5090", by=owner)
    hardware = Devices(world.economy).pick(owner.address, "rig").hardware
    assert (hardware.storage_gb, hardware.gpu_model, hardware.gpu_mhs, hardware.region) == (500, "RTX 5090", 150, 756)


def test_a_heartbeat_counts_once_an_hour(world: World) -> None:
    owner = world.wallet("owner")
    world.register(owner)
    assert [world.json("devices", "heartbeat", by=owner)["hours"] for _ in range(2)] == [1, 1]
    world.chain.warp(seconds=3_600)
    assert world.json("devices", "heartbeat", by=owner)["hours"] == 2


def test_retiring_asks_and_the_bond_returns_after_21_days(world: World) -> None:
    owner = world.wallet("owner")
    world.register(owner, "rig")
    with world.wrong("nothing was sent"):
        world.run("devices", "retire", by=owner, answer="n\n")
    with world.wrong("add --yes"):
        world.json("devices", "retire", by=owner)
    with world.refuses("NotRetired"):
        world.run("devices", "withdraw-bond", by=owner)
    world.run("devices", "retire", by=owner, answer="y\n")
    assert world.json("devices", "show", by=owner)["state"] == "retired"
    world.chain.warp(seconds=21 * DAY_S - 60)
    with world.refuses("BondLocked"):
        world.run("devices", "withdraw-bond", by=owner)
    world.chain.warp(seconds=60)
    before = world.chain.balance(owner.address)
    world.json("devices", "withdraw-bond", by=owner)
    assert world.chain.balance(owner.address) > before + 49_000_000
    with world.refuses("NoBond"):
        world.run("devices", "withdraw-bond", by=owner)


def test_without_a_device_there_is_a_hint(world: World) -> None:
    owner = world.wallet("owner")
    assert "mai register" in world.run("devices", "list", by=owner)
    with world.wrong("has no device"):
        world.run("devices", "heartbeat", by=owner)
