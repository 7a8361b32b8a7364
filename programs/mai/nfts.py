# Warrior NFTs: five tiers, one collection each; one NFT counts for one device at a time and once a week.
from seahorse.prelude import *

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
