// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::parameters::{check_deterrence, check_parameter, default_parameter, RATE_FLOOR};
use crate::dot::parameters::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { DECIMALS , 9 }

seahorse_const! { PHASE_FROZEN , 1 }

seahorse_const! { PHASE_HANDED_OVER , 2 }

seahorse_const! { PHASE_OPEN , 3 }

#[account]
#[derive(Debug)]
pub struct Config {
    pub authority: Pubkey,
    pub mint: Pubkey,
    pub verifier: Pubkey,
    pub verifier_tag: Pubkey,
    pub vault: Pubkey,
    pub treasury: Pubkey,
    pub srs: [u8; 32],
    pub chain_id: u32,
    pub phase: u8,
    pub adopted: bool,
    pub immutable: bool,
    pub frozen_supply: u64,
    pub month_s: u32,
    pub genesis_ts: i64,
    pub parameters: [u64; 32],
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
        let vault = account.vault.clone();
        let treasury = account.treasury.clone();
        let srs = Mutable::new(account.srs.clone());
        let chain_id = account.chain_id;
        let phase = account.phase;
        let adopted = account.adopted.clone();
        let immutable = account.immutable.clone();
        let frozen_supply = account.frozen_supply;
        let month_s = account.month_s;
        let genesis_ts = account.genesis_ts;
        let parameters = Mutable::new(account.parameters.clone());
        let nobody = account.nobody.clone();
        let bump = account.bump;

        Mutable::new(LoadedConfig {
            __account__: account,
            __programs__: programs_map,
            authority,
            mint,
            verifier,
            verifier_tag,
            vault,
            treasury,
            srs,
            chain_id,
            phase,
            adopted,
            immutable,
            frozen_supply,
            month_s,
            genesis_ts,
            parameters,
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

        let vault = loaded.vault.clone();

        loaded.__account__.vault = vault;

        let treasury = loaded.treasury.clone();

        loaded.__account__.treasury = treasury;

        let srs = loaded.srs.borrow().clone();

        loaded.__account__.srs = srs;

        let chain_id = loaded.chain_id;

        loaded.__account__.chain_id = chain_id;

        let phase = loaded.phase;

        loaded.__account__.phase = phase;

        let adopted = loaded.adopted.clone();

        loaded.__account__.adopted = adopted;

        let immutable = loaded.immutable.clone();

        loaded.__account__.immutable = immutable;

        let frozen_supply = loaded.frozen_supply;

        loaded.__account__.frozen_supply = frozen_supply;

        let month_s = loaded.month_s;

        loaded.__account__.month_s = month_s;

        let genesis_ts = loaded.genesis_ts;

        loaded.__account__.genesis_ts = genesis_ts;

        let parameters = loaded.parameters.borrow().clone();

        loaded.__account__.parameters = parameters;

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
    pub vault: Pubkey,
    pub treasury: Pubkey,
    pub srs: Mutable<[u8; 32]>,
    pub chain_id: u32,
    pub phase: u8,
    pub adopted: bool,
    pub immutable: bool,
    pub frozen_supply: u64,
    pub month_s: u32,
    pub genesis_ts: i64,
    pub parameters: Mutable<[u64; 32]>,
    pub nobody: Pubkey,
    pub bump: u8,
}

pub fn check_open<'info>(mut config: Mutable<LoadedConfig<'info, '_>>) -> () {
    if !(config.borrow().phase == PHASE_OPEN!()) {
        refuse("MiningNotOpen: mining has not been opened yet");
    }
}

pub fn check_vault<'info>(mut config: Mutable<LoadedConfig<'info, '_>>, mut vault: Pubkey) -> () {
    if !(vault == config.borrow().vault) {
        refuse("WrongVault: this is not the vault of the network");
    }
}

pub fn check_verifier_program<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut tag: Pubkey,
) -> () {
    if !(tag == config.borrow().verifier_tag) {
        refuse("NotVerifier: this is not the verifier program of the network");
    }
}

pub fn check_wallet<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: Pubkey,
    mut authority: Pubkey,
    mut owner: Pubkey,
) -> () {
    if !(mint == config.borrow().mint) {
        refuse("NotMai: the token account does not hold MAI");
    }

    if !(authority == owner) {
        refuse("NotWalletOwner: the token account belongs to somebody else");
    }
}

pub fn configure<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut authority: Pubkey,
    mut mint: Pubkey,
    mut verifier: Pubkey,
    mut chain_id: u32,
    mut month_s: u32,
    mut rate_floor: u64,
    mut srs: Mutable<[u8; 32]>,
    mut bump: u8,
) -> () {
    check_parameter(RATE_FLOOR!(), rate_floor.clone());

    if !(month_s <= 2592000) {
        refuse("MonthTooLong: a month of early access is at most 30 days");
    }

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

    assign!(config.borrow_mut().month_s, month_s);

    for mut index in 0..32 {
        index_assign!(
            config.borrow_mut().parameters.borrow_mut(),
            config.borrow_mut().parameters.wrapped_index(index as i128),
            default_parameter(<u8 as TryFrom<_>>::try_from(index.clone()).unwrap())
        );
    }

    index_assign!(
        config.borrow_mut().parameters.borrow_mut(),
        config
            .borrow_mut()
            .parameters
            .wrapped_index(RATE_FLOOR!() as i128),
        rate_floor
    );

    check_deterrence(config.borrow().parameters.clone());

    assign!(config.borrow_mut().bump, bump);
}

pub fn week_at(mut genesis_ts: i64, mut now: i64) -> u32 {
    if !(now >= genesis_ts) {
        refuse("BeforeOpening: the chain clock is earlier than the opening of mining");
    }

    return <u32 as TryFrom<_>>::try_from(((now - genesis_ts) / 604800)).unwrap();
}
