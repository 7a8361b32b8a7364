"""From the presale's mint to open mining."""

from __future__ import annotations

from economy.governance import bounded
from economy.ledger import NOBODY, Record, Transaction
from economy.parameters import P
from economy.registry import joined
from economy.world import CALIBRATION, CONFIG, EMISSION, GOVERNANCE, NFTS, TREASURY, VAULT, config_of, pda
from mai.program import calibration as calibration_table
from mai.program import parameters as parameter_table
from solders.pubkey import Pubkey

FROZEN, HANDED_OVER, OPEN = 1, 2, 3


def _configure(tx: Transaction) -> Record:
    config = tx.create("config", "Config", CONFIG)
    wrong = bounded(P.RATE_FLOOR, tx["rate_floor"])
    tx.need(wrong is None, wrong or "")
    tx.need(tx["month_s"] <= 30 * 86_400, "MonthTooLong")
    config.authority, config.mint, config.verifier = tx.key("authority"), tx.key("mint"), tx.key("verifier_program")
    config.verifier_tag = pda(b"claim", bytes(config.verifier))
    config.srs, config.chain_id, config.month_s = joined(tx, "srs"), tx["chain_id"], tx["month_s"]
    config.parameters = [int(parameter_table.default_parameter(index)) for index in range(32)]
    config.parameters[P.RATE_FLOOR] = tx["rate_floor"]
    return config


def genesis_adopt(tx: Transaction) -> None:
    config, mint = _configure(tx), tx.ledger.mints[tx.key("mint")]
    tx.need(mint.decimals == 9, "WrongDecimals")
    tx.need(mint.authority == tx.key("multisig"), "NotFrozenYet")
    config.phase, config.adopted, config.frozen_supply = FROZEN, True, mint.supply


def open_state(tx: Transaction) -> None:
    calibration = tx.create("calibration", "Calibration", CALIBRATION)
    emission = tx.create("emission", "Emission", EMISSION)
    calibration.entries = [int(calibration_table.default_calibration(entry)) for entry in range(42)]
    emission.task_difficulty = emission.sampling = emission.multiplier = 10**9


def open_governance(tx: Transaction) -> None:
    tx.create("governance", "Governance", GOVERNANCE)
    tx.create("nfts", "NftRegistry", NFTS)


def open_vault(tx: Transaction) -> None:
    config = config_of(tx)
    tx.need(tx.key("mint") == config.mint, "NotTheMint")
    tx.open_holding(tx.key("vault"), VAULT, config.mint, CONFIG)
    config.vault = VAULT


def open_treasury(tx: Transaction) -> None:
    config = config_of(tx)
    tx.need(tx.key("mint") == config.mint, "NotTheMint")
    tx.open_holding(tx.key("treasury"), TREASURY, config.mint, CONFIG)
    config.treasury = TREASURY


def set_collection(tx: Transaction) -> None:
    config, nfts = config_of(tx), tx.load("nfts", "NftRegistry")
    tx.need(tx.key("authority") == config.authority, "NotAuthority")
    tx.need(tx["tier"] >= 1, "NoTier")
    tx.must(tx["tier"] <= 5, "TierOutOfRange")
    nfts.collections[tx["tier"]] = tx["collection"]


def _handed_over(tx: Transaction, config: Record, mint: Pubkey) -> None:
    tx.must(mint == config.mint, "NotTheMint")
    found = tx.ledger.mints[mint]
    tx.need(found.authority == CONFIG, "WrongMintAuthority")
    tx.need(found.freeze is None, "FreezeAuthorityPresent")
    tx.need(found.supply <= config.frozen_supply, "MintedSinceFreeze")


def hand_over(tx: Transaction) -> None:
    config = config_of(tx)
    tx.need(config.phase == FROZEN, "NotFrozen")
    _handed_over(tx, config, tx.key("mint"))
    config.phase = HANDED_OVER


def open_mining(tx: Transaction) -> None:
    config, emission = config_of(tx), tx.load("emission", "Emission")
    tx.need(config.phase != OPEN, "AlreadyOpen")
    tx.need(config.phase == HANDED_OVER, "NotHandedOver")
    tx.need(tx.key("authority") == config.authority, "NotAuthority")
    tx.need(config.vault != NOBODY, "NoVault")
    tx.need(config.treasury != NOBODY, "NoTreasury")
    _handed_over(tx, config, tx.key("mint"))
    config.immutable, config.genesis_ts, config.authority, config.phase = True, tx.now, NOBODY, OPEN
    emission.period_start_ts = tx.now
