# Warrior NFTs: five tiers, one collection each; one NFT counts for one device at a time and once a week.
from seahorse.prelude import *
from native import key_at, metadata_program_id, owner_of, size_of, token_program_id, u32_at, u64_at, u8_at
from registry import MINER_ACTIVE, Miner

NFT_NONE = 0
NFT_BRONZE = 1
NFT_SILVER = 2
NFT_GOLD = 3
NFT_PLATINUM = 4
NFT_AIRDROP = 5

# Mining opens to everybody three months after genesis, voting twelve.
MINING_MONTHS = 3
VOTING_MONTHS = 12

# Metaplex's account of a token's metadata, its longest strings in bytes and the most creators.
METADATA_V1 = 4
NAME_LIMIT = 32
SYMBOL_LIMIT = 10
URI_LIMIT = 200
CREATOR_LIMIT = 5
CREATOR_SIZE = 34
TOKEN_ACCOUNT_SIZE = 165


# The collection of each tier, PDA ['nfts']; index 0 is always the zero key, which closes a tier. Set before mining
# opens, then by the DAO alone.
class NftRegistry(Account):
    collections: Array[Pubkey, 6]
    bump: u8


# One NFT that was shown to belong to a collection, PDA ['nft', mint].
class NftLink(Account):
    mint: Pubkey
    # Its verified collection, and the tier that this was when it was last looked up.
    collection: Pubkey
    tier: u8
    # The device that it counts for, and from which week on.
    miner: Pubkey
    week: u32
    linked: bool
    # The stake that it last opened a vote to, and in which week.
    voter: Pubkey
    voter_week: u32
    bump: u8


@dataclass
class NftShown(Event):
    link: Pubkey
    mint: Pubkey
    collection: Pubkey
    tier: u8


# previous is the device itself unless the NFT was moved.
@dataclass
class NftLinked(Event):
    link: Pubkey
    mint: Pubkey
    owner: Pubkey
    miner: Pubkey
    previous: Pubkey
    tier: u8
    week: u32


# Where a string ends that begins with its length.
def string_end(metadata: UncheckedAccount, at: u64, most: u32) -> u64:
    length = u32_at(metadata, at)
    assert length <= most, 'MetadataStringTooLong: a name, symbol or address in the metadata is too long'
    return at + 4 + u64(length)


# Is there something at an optional place?
def present(metadata: UncheckedAccount, at: u64) -> bool:
    tag = u8_at(metadata, at)
    assert tag <= 1, 'MetadataMalformed: an optional part of the metadata is neither there nor absent'
    return tag == 1


# Where an optional part of a known size ends.
def option_end(metadata: UncheckedAccount, at: u64, size: u64) -> u64:
    if present(metadata, at):
        return at + 1 + size
    return at + 1


# The collection that Metaplex has verified this mint to belong to. Refuses what is not this mint's own metadata.
def verified_collection(metadata: UncheckedAccount, mint: Pubkey) -> Pubkey:
    metaplex = metadata_program_id()
    assert owner_of(metadata) == metaplex, 'NotMetaplex: the metadata must belong to the Metaplex metadata program'
    address, bump = Pubkey.find_program_address(['metadata', metaplex, mint], metaplex)
    assert metadata.key() == address, 'WrongMetadata: this is not the address of the metadata of this NFT'
    assert u8_at(metadata, 0) == METADATA_V1, 'NotMetadata: the account holds something else than metadata'
    assert key_at(metadata, 33) == mint, 'MetadataOfAnother: the metadata is of another mint'
    at = string_end(metadata, 65, NAME_LIMIT)
    at = string_end(metadata, at, SYMBOL_LIMIT)
    # The seller's fee follows the address.
    at = string_end(metadata, at, URI_LIMIT) + 2
    if present(metadata, at):
        creators = u32_at(metadata, at + 1)
        assert creators <= CREATOR_LIMIT, 'TooManyCreators: the metadata names more than five creators'
        at += 4 + CREATOR_SIZE * u64(creators)
    # Primary sale and mutability, the edition's bump, the token's standard.
    at = option_end(metadata, at + 3, 1)
    at = option_end(metadata, at, 1)
    assert present(metadata, at), 'NoCollection: the NFT belongs to no collection'
    assert u8_at(metadata, at + 1) == 1, 'CollectionNotVerified: the collection has not confirmed the NFT'
    return key_at(metadata, at + 2)


# There is one token of the mint for ever: its authority is the edition, which mints no more.
def check_unique(mint: TokenMint):
    metaplex = metadata_program_id()
    edition, bump = Pubkey.find_program_address(['metadata', metaplex, mint.key(), 'edition'], metaplex)
    assert mint.decimals() == 0, 'NftDivisible: an NFT has no decimals'
    assert mint.supply() == 1, 'NftNotUnique: there must be exactly one token of an NFT'
    assert mint.authority() == edition, 'NftMintable: the mint authority must be the edition of the NFT'


# The tier of a collection; NFT_NONE if it has none.
def collection_tier(nfts: NftRegistry, collection: Pubkey) -> u8:
    if collection != nfts.collections[NFT_NONE]:
        for tier in range(6):
            if nfts.collections[tier] == collection:
                return u8(tier)
    return NFT_NONE


def present_tier(nfts: NftRegistry, collection: Pubkey) -> u8:
    tier = collection_tier(nfts, collection)
    assert tier != NFT_NONE, 'NotWarrior: the collection of the NFT is none of the five tiers'
    return tier


def check_holder(nft_account: TokenAccount, mint: Pubkey, owner: Pubkey):
    assert nft_account.mint() == mint, 'WrongNft: the token account is of another mint'
    assert nft_account.authority() == owner, 'NotNftHolder: the token account of the NFT belongs to somebody else'
    assert nft_account.amount() == 1, 'NftNotHeld: the token account no longer holds the NFT'


def check_device(miner: Miner, owner: Pubkey):
    assert miner.owner == owner, 'NotNftMiner: an NFT counts only for a device of its holder'
    assert miner.status == MINER_ACTIVE, 'NftMinerRetired: an NFT does not count for a retired device'


# The tier that counts for the device now: its NFT must still be where it was shown, held by the device's owner.
# miner.week must be the present week (quality.py).
def held_tier(miner: Miner, nft_account: UncheckedAccount) -> u8:
    if miner.nft_tier == NFT_NONE or miner.week < miner.nft_week:
        return NFT_NONE
    if nft_account.key() != miner.nft_account or owner_of(nft_account) != token_program_id():
        return NFT_NONE
    if size_of(nft_account) != TOKEN_ACCOUNT_SIZE or key_at(nft_account, 0) != miner.nft_mint:
        return NFT_NONE
    if key_at(nft_account, 32) != miner.owner or u64_at(nft_account, 64) != 1:
        return NFT_NONE
    return miner.nft_tier


# How many months before everybody a tier may mine, and may vote.
def early_months_mining(tier: u8) -> i64:
    months = array(i64(0), 1, 2, 3, 3, 2)
    return months[tier]


def early_months_voting(tier: u8) -> i64:
    months = array(i64(0), 3, 6, 12, 12, 6)
    return months[tier]


def mining_open(genesis_ts: i64, month_s: u32, tier: u8, now: i64) -> bool:
    return now >= genesis_ts + (MINING_MONTHS - early_months_mining(tier)) * i64(month_s)


def voting_open(genesis_ts: i64, month_s: u32, tier: u8, now: i64) -> bool:
    return now >= genesis_ts + (VOTING_MONTHS - early_months_voting(tier)) * i64(month_s)


# Makes the NFT count for the device from a week on.
def count_for(link: NftLink, miner: Miner, device: Pubkey, nft_account: Pubkey, tier: u8, week: u32):
    link.linked = True
    link.miner = device
    link.tier = tier
    link.week = week
    miner.nft_tier = tier
    miner.nft_mint = link.mint
    miner.nft_account = nft_account
    miner.nft_week = week


# An NFT opens votes to one stake a week, so that it cannot be passed from voter to voter.
def use_for_voting(link: NftLink, stake: Pubkey, nobody: Pubkey, week: u32):
    free = link.voter == nobody or link.voter == stake or link.voter_week < week
    assert free, 'NftVotesForAnother: this NFT has opened a vote to another stake this week'
    link.voter = stake
    link.voter_week = week
