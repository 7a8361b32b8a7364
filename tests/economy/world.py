"""What every rule shares: addresses, the network's own accounts, and the vault."""

from __future__ import annotations

from functools import cache

from economy.ledger import Record, Transaction
from program.chain import MAI, VERIFIER
from solders.pubkey import Pubkey

METAPLEX = Pubkey.from_string("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s")
INCINERATOR = Pubkey.from_string("1nc1nerator11111111111111111111111111111111")


@cache
def pda(*seeds: bytes) -> Pubkey:
    return Pubkey.find_program_address(list(seeds), MAI)[0]


@cache
def metadata_address(mint: Pubkey, *more: bytes) -> Pubkey:
    seeds = [b"metadata", bytes(METAPLEX), bytes(mint), *more]
    return Pubkey.find_program_address(seeds, METAPLEX)[0]


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


def the_vault(tx: Transaction) -> Record:
    config = config_of(tx)
    tx.need(tx.key("vault") == config.vault, "WrongVault")
    return config


def wallet(tx: Transaction, config: Record, account: str, owner: Pubkey) -> None:
    """The token account under this name is of MAI, and this owner's."""
    found = tx.holding(account)
    tx.need(found.mint == config.mint, "NotMai")
    tx.need(found.owner == owner, "NotWalletOwner")


def vault_takes(tx: Transaction, amount: int) -> None:
    """From the owner's token account into the vault."""
    config = the_vault(tx)
    wallet(tx, config, "token_account", tx.key("owner"))
    tx.transfer(tx.key("token_account"), config.vault, amount)


def vault_pays(tx: Transaction, amount: int, account: str, owner: Pubkey) -> None:
    """From the vault to the token account under this name, of this owner."""
    config = the_vault(tx)
    wallet(tx, config, account, owner)
    tx.transfer(config.vault, tx.key(account), amount)
