// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::rewards::{HIGHEST_RATE_FLOOR, LOWEST_RATE_FLOOR};
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { DECIMALS , 9 }

#[account]
#[derive(Debug)]
pub struct Config {
    pub authority: Pubkey,
    pub mint: Pubkey,
    pub verifier: Pubkey,
    pub verifier_tag: Pubkey,
    pub srs: [u8; 32],
    pub chain_id: u32,
    pub genesis_ts: i64,
    pub rate_floor: u64,
    pub epoch_cap: u64,
    pub nobody: Pubkey,
    pub bump: u8,
}

impl<'info, 'entrypoint> Config {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedConfig<'info, 'entrypoint>> {
        let authority = account.authority.clone();
        let mint = account.mint.clone();
        let verifier = account.verifier.clone();
        let verifier_tag = account.verifier_tag.clone();
        let srs = Mutable::new(account.srs.clone());
        let chain_id = account.chain_id;
        let genesis_ts = account.genesis_ts;
        let rate_floor = account.rate_floor;
        let epoch_cap = account.epoch_cap;
        let nobody = account.nobody.clone();
        let bump = account.bump;

        Mutable::new(LoadedConfig {
            __account__: account,
            __programs__: programs_map,
            authority,
            mint,
            verifier,
            verifier_tag,
            srs,
            chain_id,
            genesis_ts,
            rate_floor,
            epoch_cap,
            nobody,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedConfig>) {
        let mut loaded = loaded.borrow_mut();
        let authority = loaded.authority.clone();

        loaded.__account__.authority = authority;

        let mint = loaded.mint.clone();

        loaded.__account__.mint = mint;

        let verifier = loaded.verifier.clone();

        loaded.__account__.verifier = verifier;

        let verifier_tag = loaded.verifier_tag.clone();

        loaded.__account__.verifier_tag = verifier_tag;

        let srs = loaded.srs.borrow().clone();

        loaded.__account__.srs = srs;

        let chain_id = loaded.chain_id;

        loaded.__account__.chain_id = chain_id;

        let genesis_ts = loaded.genesis_ts;

        loaded.__account__.genesis_ts = genesis_ts;

        let rate_floor = loaded.rate_floor;

        loaded.__account__.rate_floor = rate_floor;

        let epoch_cap = loaded.epoch_cap;

        loaded.__account__.epoch_cap = epoch_cap;

        let nobody = loaded.nobody.clone();

        loaded.__account__.nobody = nobody;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedConfig<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Config>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub authority: Pubkey,
    pub mint: Pubkey,
    pub verifier: Pubkey,
    pub verifier_tag: Pubkey,
    pub srs: Mutable<[u8; 32]>,
    pub chain_id: u32,
    pub genesis_ts: i64,
    pub rate_floor: u64,
    pub epoch_cap: u64,
    pub nobody: Pubkey,
    pub bump: u8,
}

pub fn check_rate_floor(mut rate_floor: u64) -> () {
    if !(rate_floor >= LOWEST_RATE_FLOOR!()) {
        panic!("RateFloorTooLow: the rate floor is at least 10,000 of 100,000");
    }

    if !(rate_floor <= HIGHEST_RATE_FLOOR!()) {
        panic!("RateFloorTooHigh: the rate floor is at most 59,049 of 100,000");
    }
}

pub fn configure<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut authority: Pubkey,
    mut mint: Pubkey,
    mut verifier: Pubkey,
    mut chain_id: u32,
    mut genesis_ts: i64,
    mut rate_floor: u64,
    mut srs: Mutable<[u8; 32]>,
    mut bump: u8,
) -> () {
    check_rate_floor(rate_floor.clone());

    let (mut tag, mut tag_bump);

    (tag, tag_bump) = Pubkey::find_program_address(
        Mutable::new(vec![
            "claim".to_string().as_bytes().as_ref(),
            verifier.as_ref(),
        ])
        .borrow()
        .as_slice(),
        &id(),
    );

    assign!(config.borrow_mut().authority, authority);

    assign!(config.borrow_mut().mint, mint);

    assign!(config.borrow_mut().verifier, verifier);

    assign!(config.borrow_mut().verifier_tag, tag);

    assign!(config.borrow_mut().srs, srs);

    assign!(config.borrow_mut().chain_id, chain_id);

    assign!(config.borrow_mut().genesis_ts, genesis_ts);

    assign!(config.borrow_mut().rate_floor, rate_floor);

    assign!(config.borrow_mut().bump, bump);
}
