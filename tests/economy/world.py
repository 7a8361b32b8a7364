"""What every rule shares: addresses, the network's own accounts, and the vault."""

from __future__ import annotations

from functools import cache

from program.chain import MAI, VERIFIER
from solders.pubkey import Pubkey

from economy.ledger import Record, Transaction

INCINERATOR = Pubkey.from_string("1nc1nerator11111111111111111111111111111111")


@cache
def pda(*seeds: bytes) -> Pubkey:
    return Pubkey.find_program_address(list(seeds), MAI)[0]


def number(value: int, width: int) -> bytes:
    return value.to_bytes(width, "little")


def words(digest: bytes) -> tuple[bytes, ...]:
    return tuple(digest[at : at + 8] for at in range(0, 32, 8))


CONFIG, CALIBRATION, EMISSION = pda(b"config"), pda(b"calibration"), pda(b"emission")
GOVERNANCE, NFTS, VAULT, TREASURY = pda(b"governance"), pda(b"nfts"), pda(b"vault"), pda(b"treasury")
VERIFIER_TAG = pda(b"claim", bytes(VERIFIER))


def config_of(tx: Transaction) -> Record:
    return tx.load("config", "Config")


def opened(tx: Transaction) -> Record:
    """The configuration of a network in which mining is open."""
    config = config_of(tx)
    tx.need(config.phase == 3, "MiningNotOpen")
    return config


def vault_takes(tx: Transaction, amount: int) -> None:
    """From the owner's token account into the vault."""
    config, owner = config_of(tx), tx.key("owner")
    tx.must(tx.key("vault") == config.vault, "WrongVault")
    account = tx.holding("token_account")
    tx.need(account.mint == config.mint, "WrongStakeMint")
    tx.need(account.owner == owner, "NotTokenOwner")
    tx.transfer(tx.key("token_account"), tx.key("vault"), amount)


def vault_pays(tx: Transaction, amount: int, owner: Pubkey) -> None:
    """From the vault to a token account of `owner`."""
    config = config_of(tx)
    tx.must(tx.key("vault") == config.vault, "WrongVault")
    account = tx.holding("token_account")
    tx.need(account.mint == config.mint, "WrongStakeMint")
    tx.need(account.owner == owner, "NotTokenOwner")
    tx.transfer(tx.key("vault"), tx.key("token_account"), amount)
