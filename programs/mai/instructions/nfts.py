# NFTs: showing that one belongs to a tier, and for which device it counts.
from seahorse.prelude import *
from config import Config, check_open, week_at
from nfts import (
    NftLink, NftLinked, NftRegistry, NftShown, check_device, check_holder, check_unique, count_for, present_tier,
    verified_collection
)
from registry import Miner


# Shows that an NFT belongs to a tier's collection. Anyone, once for each NFT.
@instruction
def open_nft_link(
    payer: Signer, nfts: NftRegistry, mint: TokenMint, metadata: UncheckedAccount, link: Empty[NftLink]
):
    bump = link.bump()
    link = link.init(payer=payer, seeds=['nft', mint.key()])
    collection = verified_collection(metadata, mint.key())
    check_unique(mint)
    link.mint = mint.key()
    link.collection = collection
    link.tier = present_tier(nfts, collection)
    link.bump = bump
    shown = NftShown(link.key(), mint.key(), collection, link.tier)
    shown.emit()


# Makes an NFT count for a device that its holder owns: one that counted for none yet, or for this device already, of
# which the token account is then looked up again.
@instruction
def link_nft(
    owner: Signer, config: Config, nfts: NftRegistry, miner: Miner, link: NftLink, nft_account: TokenAccount,
    clock: Clock
):
    check_open(config)
    check_holder(nft_account, link.mint, owner.key())
    check_device(miner, owner.key())
    tier = present_tier(nfts, link.collection)
    week = week_at(config.genesis_ts, clock.unix_timestamp())
    if link.linked:
        assert link.miner == miner.key(), 'NftCountsElsewhere: the NFT counts for another device, move it'
        week = link.week
    device = miner.key()
    count_for(link, miner, device, nft_account.key(), tier, week)
    linked = NftLinked(link.key(), link.mint, owner.key(), miner.key(), miner.key(), tier, week)
    linked.emit()


# Moves an NFT from the device that it counted for, of whomever, to one of its holder: it counts there from next week,
# so that in no week it counts twice.
@instruction
def move_nft(
    owner: Signer, config: Config, nfts: NftRegistry, previous: Miner, miner: Miner, link: NftLink,
    nft_account: TokenAccount, clock: Clock
):
    check_open(config)
    check_holder(nft_account, link.mint, owner.key())
    check_device(miner, owner.key())
    assert link.linked, 'NftNotLinked: the NFT counts for no device yet, link it'
    assert previous.key() == link.miner, 'WrongPreviousMiner: the NFT counts for another device than this one'
    assert previous.key() != miner.key(), 'NftAlreadyHere: the NFT counts for this device already'
    tier = present_tier(nfts, link.collection)
    # The device may have another NFT by now, which it keeps.
    if previous.nft_mint == link.mint:
        previous.nft_tier = 0
    week = week_at(config.genesis_ts, clock.unix_timestamp()) + 1
    device = miner.key()
    count_for(link, miner, device, nft_account.key(), tier, week)
    linked = NftLinked(link.key(), link.mint, owner.key(), miner.key(), previous.key(), tier, week)
    linked.emit()
