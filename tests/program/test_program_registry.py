"""register_miner and register_model."""

from __future__ import annotations

import pytest
from program.chain import START, refused
from program.network import DEVICE, KEY_HASH, PARAMS, Network, digest, miner_address, model_address
from solders.pubkey import Pubkey


@pytest.fixture
def network() -> Network:
    network = Network()
    network.genesis()
    return network


def test_a_miner_is_registered_as_declared(network: Network) -> None:
    event = network.register_miner().events["MinerRegistered"]
    miner = network.chain.read("Miner", network.miner)
    assert (miner["owner"], miner["device"]) == (network.owner.pubkey(), DEVICE)
    assert (miner["gpu_mhs"], miner["cpu_mhz"], miner["network_mbps"]) == (150, 4_000, 1_000)
    assert (miner["region"], miner["client_version"], miner["registered_ts"]) == (756, 256, START)
    started = ("nft_tier", "attested", "uptime_bps", "uptime_week", "commits", "violations", "earned")
    assert [miner[name] for name in started] == [0, False, 0, 0, 0, 0, 0]
    assert miner["busy_until_ms"] == START * 1_000  # no earlier time is ever paid
    assert event["gpu_mhs"] == 150


def test_what_is_declared_counts_up_to_the_calibration(network: Network) -> None:
    greedy = dict.fromkeys(("gpu_mhs", "cpu_mhz", "ram_mhz", "storage_gb", "network_mbps"), 1_000_000)
    network.register_miner(device_class=1, **greedy)
    miner = network.chain.read("Miner", network.miner)
    assert [miner[name] for name in greedy] == [0, 6_000, 8_000, 2_000, 1_000]


def test_a_device_is_registered_once_and_an_owner_may_have_several(network: Network) -> None:
    network.register_miner()
    with refused("AccountInUse"):
        network.register_miner()
    other = Pubkey.from_bytes(digest("second device"))
    network.register_miner(device=other)
    assert network.chain.read("Miner", miner_address(network.owner.pubkey(), other))["device"] == other


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"device_class": 7}, "UnknownDeviceClass"),
        ({"region": 1_000}, "RegionOutOfRange"),
        ({"client_version": 1 << 24}, "ClientVersionOutOfRange"),
        ({"gpu_mhs": 1_000_001}, "GpuOutOfRange"),
        ({"cpu_mhz": 1_000_001}, "CpuOutOfRange"),
        ({"ram_mhz": 1_000_001}, "RamOutOfRange"),
        ({"storage_gb": 1_000_001}, "StorageOutOfRange"),
        ({"network_mbps": 1_000_001}, "NetworkOutOfRange"),
    ],
)
def test_a_profile_out_of_range_is_refused(network: Network, changes: dict[str, int], name: str) -> None:
    with refused(name):
        network.register_miner(**changes)
    network.register_miner(**{key: value - 1 for key, value in changes.items()})


def test_a_model_is_registered_by_the_authority(network: Network) -> None:
    network.register_model()
    model = network.chain.read("Model", model_address())
    assert (bytes(model["key_hash"]), bytes(model["params"])) == (KEY_HASH, PARAMS)
    assert (model["segments"], model["work_units"], model["max_tokens"], model["positions"]) == (1, 10, 100, 2)
    assert model["approved"] is True


def test_nobody_else_registers_a_model(network: Network) -> None:
    with refused("NotAuthority"):
        network.register_model(signer=network.owner)
    network.register_model()


def test_a_model_cannot_be_registered_again(network: Network) -> None:
    network.register_model()
    with refused("AccountInUse"):
        network.register_model(max_active_ms=1)
    network.register_model(key=digest("another key"))


@pytest.mark.parametrize(
    ("field", "low", "high", "names"),
    [
        ("segments", 1, 10_000, ("NoSegments", "TooManySegments")),
        ("work_units", 1, 10**9, ("NoWorkUnits", "TooManyWorkUnits")),
        ("max_active_ms", 1, 86_400_000, ("NoTimeAllowed", "TooMuchTimeAllowed")),
        ("max_tokens", 1, 10**6, ("NoTokensAllowed", "TooManyTokensAllowed")),
        ("positions", 1, 10**6, ("NoPositions", "TooManyPositions")),
    ],
)
def test_model_limits(network: Network, field: str, low: int, high: int, names: tuple[str, str]) -> None:
    for value, name in ((low - 1, names[0]), (high + 1, names[1])):
        with refused(name):
            network.register_model(**{field: value})
    network.register_model(**{field: low})
    network.register_model(key=digest("another key"), **{field: high})
