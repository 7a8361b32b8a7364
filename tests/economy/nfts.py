"""Warrior NFTs: which tier counts for a device, and what a tier may do before everybody may."""

from __future__ import annotations

from economy.ledger import NOBODY, Holding, Record, Transaction
from economy.quality import week_of
from economy.world import opened, pda
from solders.pubkey import Pubkey

# Months, of the three and the twelve, by tier: none, Bronze, Silver, Gold, Platinum, Airdrop.
EARLY_MINING = (0, 1, 2, 3, 3, 2)
EARLY_VOTING = (0, 3, 6, 12, 12, 6)
ACTIVE = 1


def early(config: Record, now: int, months: int, tier: int, rights: tuple[int, ...]) -> bool:
    """Open to this tier: `months` after the opening, less the months by which the tier is early."""
    return bool(now >= config.genesis_ts + (months - rights[tier]) * config.month_s)


def tier_of(nfts: Record, collection: Pubkey) -> int:
    return nfts.collections.index(collection) if collection != NOBODY and collection in nfts.collections else 0


def warrior(tx: Transaction, nfts: Record, collection: Pubkey) -> int:
    tier = tier_of(nfts, collection)
    tx.need(tier != 0, "NotWarrior")
    return tier


def holds(tx: Transaction, account: Holding, mint: Pubkey, owner: Pubkey) -> None:
    tx.need(account.mint == mint, "WrongNft")
    tx.need(account.owner == owner, "NotNftHolder")
    tx.need(account.amount == 1, "NftNotHeld")


def held_tier(tx: Transaction, miner: Record) -> int:
    """The linked NFT's tier, from its week on, while the account that was shown still holds it for the owner."""
    account = tx.ledger.holdings.get(tx.key("nft_account"))
    held = (
        miner.nft_tier != 0
        and miner.week >= miner.nft_week
        and tx.key("nft_account") == miner.nft_account
        and account is not None
        and (account.mint, account.owner, account.amount) == (miner.nft_mint, miner.owner, 1)
    )
    return int(miner.nft_tier) if held else 0


def open_nft_link(tx: Transaction) -> None:
    """What the metadata says is known to the ledger: it was made with it."""
    nfts, mint = tx.load("nfts", "NftRegistry"), tx.key("mint")
    link = tx.create("link", "NftLink", pda(b"nft", bytes(mint)))
    made = tx.ledger.metadata.get(tx.key("metadata"))
    tx.must(made is not None, "NotMetaplex")
    assert made is not None
    tx.need(made.mint == mint, "WrongMetadata")
    tx.need(made.verified, "CollectionNotVerified")
    minted = tx.ledger.mints[mint]
    tx.need(minted.decimals == 0, "NftDivisible")
    tx.need(minted.supply == 1, "NftNotUnique")
    tx.need(minted.authority == made.edition, "NftMintable")
    link.mint, link.collection, link.tier = mint, made.collection, warrior(tx, nfts, made.collection)


def _count(tx: Transaction, link: Record, miner: Record, week: int) -> None:
    tier = warrior(tx, tx.load("nfts", "NftRegistry"), link.collection)
    link.linked, link.miner, link.tier, link.week = True, tx.key("miner"), tier, week
    miner.nft_tier, miner.nft_mint, miner.nft_account, miner.nft_week = tier, link.mint, tx.key("nft_account"), week


def _device(tx: Transaction, miner: Record, link: Record) -> Record:
    config, owner = opened(tx), tx.key("owner")
    holds(tx, tx.holding("nft_account"), link.mint, owner)
    tx.need(miner.owner == owner, "NotNftMiner")
    tx.need(miner.status == ACTIVE, "NftMinerRetired")
    return config


def link_nft(tx: Transaction) -> None:
    miner, link = tx.load("miner", "Miner"), tx.load("link", "NftLink")
    config = _device(tx, miner, link)
    tx.need(not link.linked or link.miner == tx.key("miner"), "NftCountsElsewhere")
    _count(tx, link, miner, link.week if link.linked else week_of(config.genesis_ts, tx.now))


def move_nft(tx: Transaction) -> None:
    previous, miner, link = tx.load("previous", "Miner"), tx.load("miner", "Miner"), tx.load("link", "NftLink")
    config = _device(tx, miner, link)
    tx.need(link.linked, "NftNotLinked")
    tx.need(link.miner == tx.key("previous"), "WrongPreviousMiner")
    tx.need(tx.key("previous") != tx.key("miner"), "NftAlreadyHere")
    if previous.nft_mint == link.mint:
        previous.nft_tier = 0
    _count(tx, link, miner, week_of(config.genesis_ts, tx.now) + 1)


