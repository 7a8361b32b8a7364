// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    native::{
        key_at, metadata_program_id, owner_of, size_of, token_program_id, u32_at, u64_at, u8_at,
    },
    registry::{Miner, MINER_ACTIVE},
};

use crate::dot::native::*;
use crate::dot::registry::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { CREATOR_LIMIT , 5 }

seahorse_const! { CREATOR_SIZE , 34 }

seahorse_const! { METADATA_V1 , 4 }

seahorse_const! { MINING_MONTHS , 3 }

seahorse_const! { NAME_LIMIT , 32 }

seahorse_const! { NFT_AIRDROP , 5 }

seahorse_const! { NFT_BRONZE , 1 }

seahorse_const! { NFT_GOLD , 3 }

seahorse_const! { NFT_NONE , 0 }

seahorse_const! { NFT_PLATINUM , 4 }

seahorse_const! { NFT_SILVER , 2 }

seahorse_const! { SYMBOL_LIMIT , 10 }

seahorse_const! { TOKEN_ACCOUNT_SIZE , 165 }

seahorse_const! { URI_LIMIT , 200 }

seahorse_const! { VOTING_MONTHS , 12 }

#[account]
#[derive(Debug)]
pub struct NftLink {
    pub mint: Pubkey,
    pub collection: Pubkey,
    pub tier: u8,
    pub miner: Pubkey,
    pub week: u32,
    pub linked: bool,
    pub voter: Pubkey,
    pub voter_week: u32,
    pub bump: u8,
}

impl<'info, 'entrypoint> NftLink {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedNftLink<'info, 'entrypoint>> {
        let mint = account.mint.clone();
        let collection = account.collection.clone();
        let tier = account.tier;
        let miner = account.miner.clone();
        let week = account.week;
        let linked = account.linked.clone();
        let voter = account.voter.clone();
        let voter_week = account.voter_week;
        let bump = account.bump;

        Mutable::new(LoadedNftLink {
            __account__: account,
            __programs__: programs_map,
            mint,
            collection,
            tier,
            miner,
            week,
            linked,
            voter,
            voter_week,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedNftLink>) {
        let mut loaded = loaded.borrow_mut();
        let mint = loaded.mint.clone();

        loaded.__account__.mint = mint;

        let collection = loaded.collection.clone();

        loaded.__account__.collection = collection;

        let tier = loaded.tier;

        loaded.__account__.tier = tier;

        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let week = loaded.week;

        loaded.__account__.week = week;

        let linked = loaded.linked.clone();

        loaded.__account__.linked = linked;

        let voter = loaded.voter.clone();

        loaded.__account__.voter = voter;

        let voter_week = loaded.voter_week;

        loaded.__account__.voter_week = voter_week;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedNftLink<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, NftLink>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub mint: Pubkey,
    pub collection: Pubkey,
    pub tier: u8,
    pub miner: Pubkey,
    pub week: u32,
    pub linked: bool,
    pub voter: Pubkey,
    pub voter_week: u32,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct NftLinked {
    pub link: Pubkey,
    pub mint: Pubkey,
    pub owner: Pubkey,
    pub miner: Pubkey,
    pub previous: Pubkey,
    pub tier: u8,
    pub week: u32,
}

impl Mutable<NftLinked> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(NftLinked {
            link: e.link.clone(),
            mint: e.mint.clone(),
            owner: e.owner.clone(),
            miner: e.miner.clone(),
            previous: e.previous.clone(),
            tier: e.tier,
            week: e.week
        })
    }
}

impl NftLinked {
    pub fn __new__(
        link: Pubkey,
        mint: Pubkey,
        owner: Pubkey,
        miner: Pubkey,
        previous: Pubkey,
        tier: u8,
        week: u32,
    ) -> Mutable<Self> {
        let obj = NftLinked {
            link,
            mint,
            owner,
            miner,
            previous,
            tier,
            week,
        };

        return Mutable::new(obj);
    }
}

#[account]
#[derive(Debug)]
pub struct NftRegistry {
    pub collections: [Pubkey; 6],
    pub bump: u8,
}

impl<'info, 'entrypoint> NftRegistry {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedNftRegistry<'info, 'entrypoint>> {
        let collections = Mutable::new(account.collections.clone());
        let bump = account.bump;

        Mutable::new(LoadedNftRegistry {
            __account__: account,
            __programs__: programs_map,
            collections,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedNftRegistry>) {
        let mut loaded = loaded.borrow_mut();
        let collections = loaded.collections.borrow().clone();

        loaded.__account__.collections = collections;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedNftRegistry<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, NftRegistry>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub collections: Mutable<[Pubkey; 6]>,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct NftShown {
    pub link: Pubkey,
    pub mint: Pubkey,
    pub collection: Pubkey,
    pub tier: u8,
}

impl Mutable<NftShown> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(NftShown {
            link: e.link.clone(),
            mint: e.mint.clone(),
            collection: e.collection.clone(),
            tier: e.tier
        })
    }
}

impl NftShown {
    pub fn __new__(link: Pubkey, mint: Pubkey, collection: Pubkey, tier: u8) -> Mutable<Self> {
        let obj = NftShown {
            link,
            mint,
            collection,
            tier,
        };

        return Mutable::new(obj);
    }
}

pub fn check_device<'info>(mut miner: Mutable<LoadedMiner<'info, '_>>, mut owner: Pubkey) -> () {
    if !(miner.borrow().owner == owner) {
        refuse("NotNftMiner: an NFT counts only for a device of its holder");
    }

    if !(miner.borrow().status == MINER_ACTIVE!()) {
        refuse("NftMinerRetired: an NFT does not count for a retired device");
    }
}

pub fn check_holder<'info>(
    mut nft_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut mint: Pubkey,
    mut owner: Pubkey,
) -> () {
    if !(nft_account.mint == mint) {
        refuse("WrongNft: the token account is of another mint");
    }

    if !(nft_account.owner == owner) {
        refuse("NotNftHolder: the token account of the NFT belongs to somebody else");
    }

    if !(nft_account.amount == 1) {
        refuse("NftNotHeld: the token account no longer holds the NFT");
    }
}

pub fn check_unique<'info>(mut mint: SeahorseAccount<'info, '_, Mint>) -> () {
    let mut metaplex = metadata_program_id();
    let (mut edition, mut bump);

    (edition, bump) = Pubkey::find_program_address(
        Mutable::new(vec![
            "metadata".to_string().as_bytes().as_ref(),
            metaplex.as_ref(),
            mint.key().as_ref(),
            "edition".to_string().as_bytes().as_ref(),
        ])
        .borrow()
        .as_slice(),
        &metaplex.clone(),
    );

    if !(mint.decimals == 0) {
        refuse("NftDivisible: an NFT has no decimals");
    }

    if !(mint.supply == 1) {
        refuse("NftNotUnique: there must be exactly one token of an NFT");
    }

    if !(mint.mint_authority.unwrap_or_default() == edition) {
        refuse("NftMintable: the mint authority must be the edition of the NFT");
    }
}

pub fn collection_tier<'info>(
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut collection: Pubkey,
) -> u8 {
    if collection
        != nfts.borrow().collections.borrow()
            [nfts.borrow().collections.wrapped_index(NFT_NONE!() as i128)]
    {
        for mut tier in 0..6 {
            if nfts.borrow().collections.borrow()
                [nfts.borrow().collections.wrapped_index(tier as i128)]
                == collection
            {
                return <u8 as TryFrom<_>>::try_from(tier.clone()).unwrap();
            }
        }
    }

    return NFT_NONE!();
}

pub fn count_for<'info>(
    mut link: Mutable<LoadedNftLink<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut device: Pubkey,
    mut nft_account: Pubkey,
    mut tier: u8,
    mut week: u32,
) -> () {
    assign!(link.borrow_mut().linked, true);

    assign!(link.borrow_mut().miner, device);

    assign!(link.borrow_mut().tier, tier);

    assign!(link.borrow_mut().week, week);

    assign!(miner.borrow_mut().nft_tier, tier);

    assign!(miner.borrow_mut().nft_mint, link.borrow().mint);

    assign!(miner.borrow_mut().nft_account, nft_account);

    assign!(miner.borrow_mut().nft_week, week);
}

pub fn early_months_mining(mut tier: u8) -> i64 {
    let mut months = Mutable::new([<i64 as TryFrom<_>>::try_from(0).unwrap(), 1, 2, 3, 3, 2]);

    return months.borrow()[months.wrapped_index((tier as i128) as i128)];
}

pub fn early_months_voting(mut tier: u8) -> i64 {
    let mut months = Mutable::new([<i64 as TryFrom<_>>::try_from(0).unwrap(), 3, 6, 12, 12, 6]);

    return months.borrow()[months.wrapped_index((tier as i128) as i128)];
}

pub fn held_tier<'info>(
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut nft_account: UncheckedAccount<'info>,
) -> u8 {
    if (miner.borrow().nft_tier == NFT_NONE!()) || (miner.borrow().week < miner.borrow().nft_week) {
        return NFT_NONE!();
    }

    if (nft_account.key() != miner.borrow().nft_account)
        || (owner_of(nft_account.clone()) != token_program_id())
    {
        return NFT_NONE!();
    }

    if (size_of(nft_account.clone()) != TOKEN_ACCOUNT_SIZE!())
        || (key_at(nft_account.clone(), 0) != miner.borrow().nft_mint)
    {
        return NFT_NONE!();
    }

    if (key_at(nft_account.clone(), 32) != miner.borrow().owner)
        || (u64_at(nft_account.clone(), 64) != 1)
    {
        return NFT_NONE!();
    }

    return miner.borrow().nft_tier;
}

pub fn mining_open(mut genesis_ts: i64, mut month_s: u32, mut tier: u8, mut now: i64) -> bool {
    return now
        >= (genesis_ts
            + ((MINING_MONTHS!() - early_months_mining(tier.clone()))
                * <i64 as TryFrom<_>>::try_from(month_s.clone()).unwrap()));
}

pub fn option_end<'info>(mut metadata: UncheckedAccount<'info>, mut at: u64, mut size: u64) -> u64 {
    if present(metadata.clone(), at.clone()) {
        return (at + 1) + size;
    }

    return at + 1;
}

pub fn present<'info>(mut metadata: UncheckedAccount<'info>, mut at: u64) -> bool {
    let mut tag = u8_at(metadata.clone(), at.clone());

    if !(tag <= 1) {
        refuse("MetadataMalformed: an optional part of the metadata is neither there nor absent");
    }

    return tag == 1;
}

pub fn present_tier<'info>(
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut collection: Pubkey,
) -> u8 {
    let mut tier = collection_tier(nfts.clone(), collection.clone());

    if !(tier != NFT_NONE!()) {
        refuse("NotWarrior: the collection of the NFT is none of the five tiers");
    }

    return tier;
}

pub fn string_end<'info>(mut metadata: UncheckedAccount<'info>, mut at: u64, mut most: u32) -> u64 {
    let mut length = u32_at(metadata.clone(), at.clone());

    if !(length <= most) {
        refuse("MetadataStringTooLong: a name, symbol or address in the metadata is too long");
    }

    return (at + 4) + <u64 as TryFrom<_>>::try_from(length.clone()).unwrap();
}

pub fn use_for_voting<'info>(
    mut link: Mutable<LoadedNftLink<'info, '_>>,
    mut stake: Pubkey,
    mut nobody: Pubkey,
    mut week: u32,
) -> () {
    let mut free = ((link.borrow().voter == nobody) || (link.borrow().voter == stake))
        || (link.borrow().voter_week < week);

    if !free {
        refuse("NftVotesForAnother: this NFT has opened a vote to another stake this week");
    }

    assign!(link.borrow_mut().voter, stake);

    assign!(link.borrow_mut().voter_week, week);
}

pub fn verified_collection<'info>(
    mut metadata: UncheckedAccount<'info>,
    mut mint: Pubkey,
) -> Pubkey {
    let mut metaplex = metadata_program_id();

    if !(owner_of(metadata.clone()) == metaplex) {
        refuse("NotMetaplex: the metadata must belong to the Metaplex metadata program");
    }

    let (mut address, mut bump);

    (address, bump) = Pubkey::find_program_address(
        Mutable::new(vec![
            "metadata".to_string().as_bytes().as_ref(),
            metaplex.as_ref(),
            mint.as_ref(),
        ])
        .borrow()
        .as_slice(),
        &metaplex.clone(),
    );

    if !(metadata.key() == address) {
        refuse("WrongMetadata: this is not the address of the metadata of this NFT");
    }

    if !(u8_at(metadata.clone(), 0) == METADATA_V1!()) {
        refuse("NotMetadata: the account holds something else than metadata");
    }

    if !(key_at(metadata.clone(), 33) == mint) {
        refuse("MetadataOfAnother: the metadata is of another mint");
    }

    let mut at = string_end(metadata.clone(), 65, NAME_LIMIT!());
    let mut at = string_end(metadata.clone(), at.clone(), SYMBOL_LIMIT!());
    let mut at = string_end(metadata.clone(), at.clone(), URI_LIMIT!()) + 2;

    if present(metadata.clone(), at.clone()) {
        let mut creators = u32_at(metadata.clone(), (at + 1));

        if !(creators <= CREATOR_LIMIT!()) {
            refuse("TooManyCreators: the metadata names more than five creators");
        }

        assign!(
            at,
            at + (4 + (CREATOR_SIZE!() * <u64 as TryFrom<_>>::try_from(creators.clone()).unwrap()))
        );
    }

    let mut at = option_end(metadata.clone(), (at + 3), 1);
    let mut at = option_end(metadata.clone(), at.clone(), 1);

    if !present(metadata.clone(), at.clone()) {
        refuse("NoCollection: the NFT belongs to no collection");
    }

    if !(u8_at(metadata.clone(), (at + 1)) == 1) {
        refuse("CollectionNotVerified: the collection has not confirmed the NFT");
    }

    return key_at(metadata.clone(), (at + 2));
}

pub fn voting_open(mut genesis_ts: i64, mut month_s: u32, mut tier: u8, mut now: i64) -> bool {
    return now
        >= (genesis_ts
            + ((VOTING_MONTHS!() - early_months_voting(tier.clone()))
                * <i64 as TryFrom<_>>::try_from(month_s.clone()).unwrap()));
}
