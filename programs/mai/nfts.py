# Warrior NFTs: five tiers, one collection each; one NFT counts for one device at a time and once a week.
from seahorse.prelude import *
from native import key_at, owner_of, token_program_id, u64_at
from registry import Miner

NFT_NONE = 0
NFT_BRONZE = 1
NFT_SILVER = 2
NFT_GOLD = 3
NFT_PLATINUM = 4
NFT_AIRDROP = 5


# The collection of each tier, PDA ['nfts']; index 0 is not used. Set before mining opens, then by the DAO alone.
class NftRegistry(Account):
    collections: Array[Pubkey, 6]
    bump: u8


# One NFT that was shown to belong to a collection, PDA ['nft', mint].
class NftLink(Account):
    mint: Pubkey
    tier: u8
    # The device that it counts for, and the week in which that was said.
    miner: Pubkey
    week: u32
    linked: bool
    bump: u8


# Months, of the three before everybody may mine, that a tier may mine early.
def early_months_mining(tier: u8) -> i64:
    months = array(i64(0), 1, 2, 3, 3, 2)
    return months[tier]


# Mining is open to everybody three months after the opening, to a tier some months earlier.
def mining_open(genesis_ts: i64, month_s: u32, tier: u8, now: i64) -> bool:
    return now >= genesis_ts + (3 - early_months_mining(tier)) * i64(month_s)


# The tier that counts in a settlement: the linked NFT's, if the miner's owner still holds it.
def held_tier(miner: Miner, nft_account: UncheckedAccount) -> u8:
    if miner.nft_tier == NFT_NONE or nft_account.key() != miner.nft_account:
        return NFT_NONE
    if owner_of(nft_account) != token_program_id():
        return NFT_NONE
    if key_at(nft_account, 0) != miner.nft_mint or key_at(nft_account, 32) != miner.owner:
        return NFT_NONE
    if u64_at(nft_account, 64) != 1:
        return NFT_NONE
    return miner.nft_tier
