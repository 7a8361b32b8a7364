"""Devices and models: what is declared, what is refused, signs of life, retiring, and the bond."""

from __future__ import annotations

from typing import Any

import pytest
from program.chain import START, refused
from program.market import DAY, HOUR, WEEK, give_nft, miner_of, own, paid, rival, settings, stand_in
from program.network import (
    DEVICE,
    EMISSION,
    HIGH_END,
    KEY_HASH,
    PARAMS,
    PROFILE,
    Network,
    digest,
    miner_address,
    model_address,
    ready,
    stake_address,
)
from solders.pubkey import Pubkey

QUANTITIES = ("gpu_mhs", "cpu_mhz", "ram_mhz", "storage_gb", "network_mbps")
BOND = 50_000_000
FEE = 5_000  # lamports for one signature


@pytest.fixture
def network() -> Network:
    return ready()


def rate(**amounts: int) -> int:
    """The hourly rate in base units of what counts."""
    return 5 * 10**9 * amounts["gpu_mhs"] + 2 * 10**6 * amounts["cpu_mhz"] + 10**8 * amounts["network_mbps"]


def test_a_device_is_registered_as_declared(network: Network) -> None:
    owner = network.chain.person()
    event = network.register_miner(owner).events["MinerRegistered"]
    miner = miner_of(network, owner)
    expected = {"owner": owner.pubkey(), "device": DEVICE, "status": 1, "registered_ts": START, **PROFILE, **HIGH_END}
    expected |= {"gpu_model": list(PROFILE["gpu_model"])}  # type: ignore[call-overload]
    assert {name: miner[name] for name in expected} == expected
    started = ("nft_tier", "attested", "uptime_bps", "week", "hours", "commits", "violations", "earned", "in_flight")
    assert [miner[name] for name in started] == [0] * len(started)
    # Below an established device, and no earlier time is ever paid.
    assert (miner["quality_bps"], miner["busy_until_ms"]) == (7_500, START * 1_000)
    assert {name: event[name] for name in QUANTITIES} == HIGH_END
    assert (event["bond"], event["device_class"], event["owner"]) == (BOND, 3, owner.pubkey())
    emission = network.chain.read("Emission", EMISSION)
    # Power is what a device shows in musters, not what it declares.
    assert (emission["miners"], emission["power"]) == (2, 0)


def test_what_is_declared_counts_up_to_the_calibration(network: Network) -> None:
    owner = rival(network, device_class=1, vram_mb=0, **dict.fromkeys(QUANTITIES, 1_000_000))
    miner = miner_of(network, owner)
    assert [miner[name] for name in QUANTITIES] == [0, 6_000, 8_000, 2_000, 1_000]


def test_a_device_is_registered_once_and_an_owner_may_have_several(network: Network) -> None:
    with refused("AccountInUse"):
        network.register_miner()
    other = Pubkey.from_bytes(digest("second device"))
    network.register_miner(device=other)
    assert network.chain.read("Miner", miner_address(network.owner.pubkey(), other))["device"] == other


def test_a_device_needs_open_mining_and_its_owners_stake() -> None:
    network = Network()
    network.genesis()
    network.open_accounts()
    with refused("MiningNotOpen"):
        network.register_miner()
    network.open_mining()
    stranger = network.chain.person()
    network.open_stake(stranger)
    with refused("NotStakeOwner"):
        network.register_miner(stake=stake_address(stranger.pubkey()))
    network.register_miner()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"device_class": 7}, "UnknownDeviceClass"),
        ({"region": 1_000}, "RegionOutOfRange"),
        ({"client_version": 1 << 24}, "ClientVersionOutOfRange"),
        ({"vram_mb": 16_777_217}, "VramOutOfRange"),
        ({"cores": 4_097}, "CoresOutOfRange"),
        ({"ram_mb": 16_777_217}, "MemoryOutOfRange"),
        ({"gpu_mhs": 1_000_001}, "GpuOutOfRange"),
        ({"cpu_mhz": 1_000_001}, "CpuOutOfRange"),
        ({"ram_mhz": 1_000_001}, "RamOutOfRange"),
        ({"storage_gb": 1_000_001}, "StorageOutOfRange"),
        ({"network_mbps": 1_000_001}, "NetworkOutOfRange"),
    ],
)
def test_a_profile_out_of_range_is_refused(network: Network, changes: dict[str, int], name: str) -> None:
    newcomer = network.chain.person()
    with refused(name):
        network.register_miner(newcomer, **changes)
    with refused(name):
        network.update_miner(**changes)
    allowed = {key: value - 1 for key, value in changes.items()}
    network.register_miner(newcomer, **allowed)
    network.update_miner(**allowed)


def test_a_device_without_a_gpu_has_no_gpu_memory(network: Network) -> None:
    with refused("VramWithoutGpu"):
        rival(network, device_class=1, vram_mb=1)
    with refused("VramWithoutGpu"):
        network.update_miner(device_class=1, vram_mb=1)
    network.update_miner(device_class=1, vram_mb=0)


def test_an_update_changes_the_device_and_keeps_its_history(network: Network) -> None:
    paid(network)
    give_nft(network, 3)
    stand_in(network, attested=True, violations=2, offences=1)
    before = miner_of(network)
    smaller = {**HIGH_END, "gpu_mhs": 100, "network_mbps": 500}
    event = network.update_miner(region=40, client_version=257, gpu_model=b"\1" * 32, **smaller).events["MinerUpdated"]
    after = miner_of(network)
    changed = {"region": 40, "client_version": 257, "gpu_model": [1] * 32, "gpu_mhs": 100, "network_mbps": 500}
    assert {name for name in before if before[name] != after[name]} == set(changed)
    assert {name: after[name] for name in changed} == changed
    assert event["gpu_mhs"] == 100


def test_only_the_idle_device_of_its_owner_is_updated(network: Network) -> None:
    other = rival(network)
    with refused("NotMinerOwner"):
        network.update_miner(other, miner=network.miner)
    job = network.taken()
    with refused("DeviceBusy"):
        network.update_miner()
    network.chain.pass_time(10)
    network.commit(job)
    with refused("DeviceBusy"):
        network.update_miner()
    network.settle(job)
    network.update_miner()


def beat(network: Network, hours: int) -> int:
    """Signs of life in so many hours one after the other. Returns the hours that count this week."""
    for _ in range(hours):
        network.chain.pass_time(HOUR)
        event = network.heartbeat().events["Heartbeat"]
    return int(event["hours"])


def test_an_hour_counts_once_however_many_signs_it_has(network: Network) -> None:
    assert network.heartbeat().events["Heartbeat"]["hours"] == 1
    network.chain.pass_time(HOUR - 1)
    assert network.heartbeat().events["Heartbeat"]["hours"] == 1
    network.chain.pass_time(1)
    assert network.heartbeat().events["Heartbeat"]["hours"] == 2


def test_uptime_counts_in_the_next_week_only(network: Network) -> None:
    paid(network)
    assert beat(network, 134) == 135
    assert miner_of(network)["uptime_bps"] == 0  # not in the week itself
    network.chain.set_time(START + WEEK)
    event = network.heartbeat().events["Heartbeat"]
    assert (event["week"], event["hours"], event["uptime_bps"]) == (1, 1, 135 * 10_000 // 168)
    assert paid(network)["uptime_bps"] == 500
    network.chain.set_time(START + 2 * WEEK)
    assert network.heartbeat().events["Heartbeat"]["uptime_bps"] == 1 * 10_000 // 168
    assert paid(network)["uptime_bps"] == 0


def test_a_week_that_is_skipped_leaves_no_uptime(network: Network) -> None:
    paid(network)
    stand_in(network, hours=168)
    network.chain.set_time(START + 2 * WEEK)
    assert network.heartbeat().events["Heartbeat"]["uptime_bps"] == 0


def test_signs_of_life_without_work_are_no_uptime(network: Network) -> None:
    stand_in(network, hours=168)
    network.chain.set_time(START + WEEK)
    assert network.heartbeat().events["Heartbeat"]["uptime_bps"] == 0


def test_a_missed_assignment_costs_six_hours(network: Network) -> None:
    paid(network)
    job = network.taken()
    network.chain.pass_time(61)
    network.release(job)
    stand_in(network, hours=90)
    network.chain.set_time(START + WEEK)
    expected = (90 - settings(network)[31]) * 10_000 // 168
    assert network.heartbeat().events["Heartbeat"]["uptime_bps"] == expected == 5_000


def test_only_the_owner_beats_and_only_until_retired(network: Network) -> None:
    other = rival(network)
    with refused("NotMinerOwner"):
        network.heartbeat(other, miner=network.miner)
    network.heartbeat()
    own(network, "retire_miner")
    for name in ("heartbeat", "retire_miner"):
        with refused("MinerNotActive"):
            own(network, name)
    with refused("MinerNotActive"):
        network.update_miner()
    network.heartbeat(other)


def test_a_busy_device_does_not_retire(network: Network) -> None:
    job = network.taken()
    with refused("WorkInFlight"):
        own(network, "retire_miner")
    network.chain.pass_time(61)
    network.release(job)
    event = own(network, "retire_miner").events["MinerRetired"]
    assert (event["bond"], event["withdrawable_ts"]) == (BOND, network.chain.time() + 21 * DAY)
    emission = network.chain.read("Emission", EMISSION)
    assert (emission["miners"], emission["power"]) == (0, 0)


def test_the_bond_comes_back_after_21_days_to_the_lamport(network: Network) -> None:
    lamports = network.chain.svm.get_balance
    other = rival(network)
    size = len(bytes(network.chain.svm.get_account(network.miner).data))
    rent = network.chain.svm.minimum_balance_for_rent_exemption(size)
    assert lamports(network.miner) == rent + BOND
    with refused("NotRetired"):
        own(network, "withdraw_bond")
    own(network, "retire_miner")
    network.chain.pass_time(21 * DAY - 1)
    with refused("BondLocked"):
        own(network, "withdraw_bond")
    network.chain.pass_time(1)
    with refused("NotBondOwner"):
        own(network, "withdraw_bond", other, miner=network.miner)
    with refused("NotOwnStake"):
        own(network, "withdraw_bond", stake=stake_address(other.pubkey()))
    stake = stake_address(network.owner.pubkey())
    network.chain.write("Stake", stake, disputes=1)
    with refused("BondDisputed"):
        own(network, "withdraw_bond")
    network.chain.write("Stake", stake, disputes=0)
    before = lamports(network.owner.pubkey())
    assert own(network, "withdraw_bond").events["BondWithdrawn"]["bond"] == BOND
    assert lamports(network.owner.pubkey()) == before + BOND - FEE
    assert lamports(network.miner) == rent
    with refused("NoBond"):
        own(network, "withdraw_bond")


def founded() -> Network:
    """Everything is there, mining is not open yet."""
    network = Network()
    network.genesis()
    network.open_accounts()
    return network


def test_the_authority_approves_models_until_mining_opens() -> None:
    network = founded()
    late = digest("late model")
    event = network.register_model().events["ModelRegistered"]
    with refused("ModelsNotOpen"):  # or a stranger could take a launch model's address with limits of his own
        network.register_model(network.requester, key=digest("a stranger's model"), max_active_ms=1)
    network.open_mining()
    network.register_model(network.requester, key=digest("a stranger's model"))
    network.register_model(key=late)
    model = network.chain.read("Model", model_address())
    assert (bytes(model["key_hash"]), bytes(model["params"])) == (KEY_HASH, PARAMS)
    assert (model["segments"], model["work_units"], model["max_tokens"], model["positions"]) == (1, 10, 100, 2)
    approved = {key: network.chain.read("Model", model_address(key))["approved"] for key in (KEY_HASH, late)}
    assert approved == {KEY_HASH: True, late: False}
    assert network.chain.read("Model", model_address(digest("a stranger's model")))["approved"] is False
    assert (event["approved"], event["detection_bps"]) == (True, 10_000)


def test_a_model_cannot_be_registered_again() -> None:
    network = founded()
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
        ("vram_mb", 0, 16_777_216, ("", "TooMuchVram")),
    ],
)
def test_model_limits(field: str, low: int, high: int, names: tuple[str, str]) -> None:
    network = founded()
    for value, name in ((low - 1, names[0]), (high + 1, names[1])):
        if name:
            with refused(name):
                network.register_model(**{field: value})
    network.register_model(**{field: low})
    network.register_model(key=digest("another key"), **{field: high})


@pytest.mark.parametrize(
    ("bad", "good", "name"),
    [
        ({"proof": 2}, {"proof": 1}, "UnknownProof"),
        ({"proof": 0, "detection_bps": 9_999}, {"proof": 0, "detection_bps": 10_000}, "WholeProofDetects"),
        ({"proof": 1, "detection_bps": 10_001}, {"proof": 1, "detection_bps": 10_000}, "DetectionTooHigh"),
        ({"proof": 1, "detection_bps": 99}, {"proof": 1, "detection_bps": 100}, "DetectionTooLow"),
    ],
)
def test_kinds_of_proofs(bad: dict[str, Any], good: dict[str, Any], name: str) -> None:
    network = founded()
    with refused(name):
        network.register_model(**bad)
    network.register_model(**good)


def test_positions_of_an_input_are_bounded_by_the_model(network: Network) -> None:
    with refused("PositionOutOfRange"):
        network.open_spent_record(digest("an input"), position=2)
    network.open_spent_record(digest("an input"), position=1)
