"""Devices with their bonds, models, and the records of what was paid."""

from __future__ import annotations

from economy.ledger import Record, Transaction
from economy.parameters import P
from economy.quality import sign_of_life, touch, week_of
from economy.rewards import RESOURCES, capped
from economy.world import config_of, number, opened, pda, words
from solders.pubkey import Pubkey

ACTIVE, RETIRED = 1, 2
BOND_COOLDOWN_S = 21 * 86_400
NEWCOMER_QUALITY = 7_500
PROFILE = {  # the most that may be declared, and the refusal
    "device_class": (6, "UnknownDeviceClass"),
    "region": (999, "RegionOutOfRange"),
    "client_version": (2**24 - 1, "ClientVersionOutOfRange"),
    "vram_mb": (2**24, "VramOutOfRange"),
    "cores": (4_096, "CoresOutOfRange"),
    "ram_mb": (2**24, "MemoryOutOfRange"),
    "gpu_mhs": (10**6, "GpuOutOfRange"),
    "cpu_mhz": (10**6, "CpuOutOfRange"),
    "ram_mhz": (10**6, "RamOutOfRange"),
    "storage_gb": (10**6, "StorageOutOfRange"),
    "network_mbps": (10**6, "NetworkOutOfRange"),
}
LIMITS = {  # least and most of a model's numbers, and their refusals
    "segments": (1, "NoSegments", 10_000, "TooManySegments"),
    "work_units": (1, "NoWorkUnits", 10**9, "TooManyWorkUnits"),
    "max_active_ms": (1, "NoTimeAllowed", 86_400_000, "TooMuchTimeAllowed"),
    "max_tokens": (1, "NoTokensAllowed", 10**6, "TooManyTokensAllowed"),
    "positions": (1, "NoPositions", 10**6, "TooManyPositions"),
    "vram_mb": (0, "", 2**24, "TooMuchVram"),
    "proof": (0, "", 1, "UnknownProof"),
    "detection_bps": (100, "DetectionTooLow", 10_000, "DetectionTooHigh"),
}


def miner_address(owner: Pubkey, device: Pubkey) -> Pubkey:
    return pda(b"miner", bytes(owner), bytes(device))


def model_address(key: bytes, params: bytes) -> Pubkey:
    return pda(b"model", *words(key), *words(params))


def spent_address(chain_id: int, model: Pubkey, data: bytes, position: int) -> Pubkey:
    return pda(b"spent", number(chain_id, 4), bytes(model), *words(data), number(position, 4))


def joined(tx: Transaction, prefix: str) -> bytes:
    """A digest from its four words."""
    return b"".join(number(tx[f"{prefix}{index}"], 8) for index in range(4))


def declare(tx: Transaction, miner: Record, calibration: Record) -> None:
    for name, (most, refusal) in PROFILE.items():
        tx.need(tx[name] <= most, refusal)
    tx.must(tx["device_class"] <= 6, "UnknownDeviceClass")
    no_gpu = calibration.entries[6 * tx["device_class"]] == 0
    tx.need(not no_gpu or tx["vram_mb"] == 0, "VramWithoutGpu")
    for name in ("device_class", "region", "client_version", "gpu_model", "vram_mb", "cores", "ram_mb"):
        setattr(miner, name, tx[name])
    declared = {name: tx[name] for name in RESOURCES}
    for name, amount in capped(calibration.entries, tx["device_class"], declared).items():
        setattr(miner, name, amount)


def active(tx: Transaction, miner: Record) -> None:
    tx.need(miner.owner == tx.key("owner"), "NotMinerOwner")
    tx.need(miner.status == ACTIVE, "MinerNotActive")


def fade(emission: Record, miner: Record) -> None:
    """Halved for every muster that was not looked at yet; rounded down."""
    if emission.muster == miner.muster:
        return
    left = miner.power >> (emission.muster - miner.muster)
    emission.power -= miner.power - left
    miner.power, miner.muster = left, emission.muster


def register_miner(tx: Transaction) -> None:
    calibration, emission = tx.load("calibration", "Calibration"), tx.load("emission", "Emission")
    config, stake, owner = opened(tx), tx.load("stake", "Stake"), tx.key("owner")
    miner = tx.create("miner", "Miner", miner_address(owner, tx["device"]))
    tx.need(stake.owner == owner, "NotStakeOwner")
    declare(tx, miner, calibration)
    miner.owner, miner.device, miner.status = owner, tx["device"], ACTIVE
    miner.registered_ts, miner.busy_until_ms = tx.now, tx.now * 1_000
    miner.week, miner.quality_bps = week_of(config.genesis_ts, tx.now), NEWCOMER_QUALITY
    miner.bond = config.parameters[P.BOND_LAMPORTS]
    tx.pay_lamports(tx.key("miner"), miner.bond)
    tx.pay_lamports(owner, -miner.bond)
    miner.muster = emission.muster
    emission.miners += 1


def update_miner(tx: Transaction) -> None:
    calibration, config, miner = tx.load("calibration", "Calibration"), config_of(tx), tx.load("miner", "Miner")
    active(tx, miner)
    tx.need(miner.in_flight == 0, "DeviceBusy")
    touch(miner, config, tx.now)
    declare(tx, miner, calibration)


def heartbeat(tx: Transaction) -> None:
    config, miner = config_of(tx), tx.load("miner", "Miner")
    active(tx, miner)
    touch(miner, config, tx.now)
    sign_of_life(miner, config.genesis_ts, tx.now)


def retire_miner(tx: Transaction) -> None:
    emission, miner = tx.load("emission", "Emission"), tx.load("miner", "Miner")
    active(tx, miner)
    tx.need(miner.in_flight == 0, "WorkInFlight")
    miner.status, miner.retired_ts = RETIRED, tx.now
    emission.miners -= 1
    emission.power -= miner.power
    miner.power = 0


def withdraw_bond(tx: Transaction) -> None:
    miner, stake, owner = tx.load("miner", "Miner"), tx.load("stake", "Stake"), tx.key("owner")
    tx.need(miner.owner == owner, "NotBondOwner")
    tx.need(stake.owner == owner, "NotOwnStake")
    tx.need(miner.status == RETIRED, "NotRetired")
    tx.need(tx.now >= miner.retired_ts + BOND_COOLDOWN_S, "BondLocked")
    tx.need(stake.disputes == 0, "BondDisputed")
    tx.need(miner.bond > 0, "NoBond")
    tx.pay_lamports(tx.key("miner"), -miner.bond)
    tx.pay_lamports(owner, miner.bond)
    miner.bond = 0


def register_model(tx: Transaction) -> None:
    config, key, params = config_of(tx), joined(tx, "key"), joined(tx, "params")
    model = tx.create("model", "Model", model_address(key, params))
    tx.need(config.phase == 3 or tx.key("payer") == config.authority, "ModelsNotOpen")
    for name, (least, too_little, most, too_much) in LIMITS.items():
        tx.need(tx[name] >= least, too_little)
        tx.need(tx[name] <= most, too_much)
        setattr(model, name, tx[name])
    tx.need(tx["proof"] != 0 or tx["detection_bps"] == 10_000, "WholeProofDetects")
    model.key_hash, model.params = key, params
    model.approved = tx.key("payer") == config.authority


def open_spent_record(tx: Transaction) -> None:
    config, model, data = config_of(tx), tx.load("model", "Model"), joined(tx, "input")
    address = spent_address(config.chain_id, tx.key("model"), data, tx["position"])
    record = tx.create("spent_record", "SpentRecord", address)
    tx.need(tx["position"] < model.positions, "PositionOutOfRange")
    record.model, record.input, record.position = tx.key("model"), data, tx["position"]
