// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::rewards::RATE_SCALE;
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { SUPPLY_LIMIT , 18000000000000000000 }

#[account]
#[derive(Debug)]
pub struct Emission {
    pub epoch: u64,
    pub epoch_minted: u64,
    pub minted: u64,
    pub fees_burned: u64,
    pub slash_burned: u64,
    pub miners: u32,
    pub power: u64,
    pub muster: u64,
    pub muster_mark: u64,
    pub muster_seed: [u8; 32],
    pub pending: u32,
    pub period_start_ts: i64,
    pub period_minted: u64,
    pub period_settled: u32,
    pub period_active_ms: u64,
    pub period_allowed_ms: u64,
    pub task_difficulty: u64,
    pub sampling: u64,
    pub multiplier: u64,
    pub cranks: u64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Emission {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedEmission<'info, 'entrypoint>> {
        let epoch = account.epoch;
        let epoch_minted = account.epoch_minted;
        let minted = account.minted;
        let fees_burned = account.fees_burned;
        let slash_burned = account.slash_burned;
        let miners = account.miners;
        let power = account.power;
        let muster = account.muster;
        let muster_mark = account.muster_mark;
        let muster_seed = Mutable::new(account.muster_seed.clone());
        let pending = account.pending;
        let period_start_ts = account.period_start_ts;
        let period_minted = account.period_minted;
        let period_settled = account.period_settled;
        let period_active_ms = account.period_active_ms;
        let period_allowed_ms = account.period_allowed_ms;
        let task_difficulty = account.task_difficulty;
        let sampling = account.sampling;
        let multiplier = account.multiplier;
        let cranks = account.cranks;
        let bump = account.bump;

        Mutable::new(LoadedEmission {
            __account__: account,
            __programs__: programs_map,
            epoch,
            epoch_minted,
            minted,
            fees_burned,
            slash_burned,
            miners,
            power,
            muster,
            muster_mark,
            muster_seed,
            pending,
            period_start_ts,
            period_minted,
            period_settled,
            period_active_ms,
            period_allowed_ms,
            task_difficulty,
            sampling,
            multiplier,
            cranks,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedEmission>) {
        let mut loaded = loaded.borrow_mut();
        let epoch = loaded.epoch;

        loaded.__account__.epoch = epoch;

        let epoch_minted = loaded.epoch_minted;

        loaded.__account__.epoch_minted = epoch_minted;

        let minted = loaded.minted;

        loaded.__account__.minted = minted;

        let fees_burned = loaded.fees_burned;

        loaded.__account__.fees_burned = fees_burned;

        let slash_burned = loaded.slash_burned;

        loaded.__account__.slash_burned = slash_burned;

        let miners = loaded.miners;

        loaded.__account__.miners = miners;

        let power = loaded.power;

        loaded.__account__.power = power;

        let muster = loaded.muster;

        loaded.__account__.muster = muster;

        let muster_mark = loaded.muster_mark;

        loaded.__account__.muster_mark = muster_mark;

        let muster_seed = loaded.muster_seed.borrow().clone();

        loaded.__account__.muster_seed = muster_seed;

        let pending = loaded.pending;

        loaded.__account__.pending = pending;

        let period_start_ts = loaded.period_start_ts;

        loaded.__account__.period_start_ts = period_start_ts;

        let period_minted = loaded.period_minted;

        loaded.__account__.period_minted = period_minted;

        let period_settled = loaded.period_settled;

        loaded.__account__.period_settled = period_settled;

        let period_active_ms = loaded.period_active_ms;

        loaded.__account__.period_active_ms = period_active_ms;

        let period_allowed_ms = loaded.period_allowed_ms;

        loaded.__account__.period_allowed_ms = period_allowed_ms;

        let task_difficulty = loaded.task_difficulty;

        loaded.__account__.task_difficulty = task_difficulty;

        let sampling = loaded.sampling;

        loaded.__account__.sampling = sampling;

        let multiplier = loaded.multiplier;

        loaded.__account__.multiplier = multiplier;

        let cranks = loaded.cranks;

        loaded.__account__.cranks = cranks;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedEmission<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Emission>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub epoch: u64,
    pub epoch_minted: u64,
    pub minted: u64,
    pub fees_burned: u64,
    pub slash_burned: u64,
    pub miners: u32,
    pub power: u64,
    pub muster: u64,
    pub muster_mark: u64,
    pub muster_seed: Mutable<[u8; 32]>,
    pub pending: u32,
    pub period_start_ts: i64,
    pub period_minted: u64,
    pub period_settled: u32,
    pub period_active_ms: u64,
    pub period_allowed_ms: u64,
    pub task_difficulty: u64,
    pub sampling: u64,
    pub multiplier: u64,
    pub cranks: u64,
    pub bump: u8,
}

pub fn cap_left(mut cap: u64, mut epoch_minted: u64, mut supply: u64) -> u64 {
    let mut left = 0;

    if cap > epoch_minted {
        left = cap - epoch_minted;
    }

    let mut room = 0;

    if supply < SUPPLY_LIMIT!() {
        room = SUPPLY_LIMIT!() - supply;
    }

    return left.min(room);
}

pub fn cap_of_epoch(mut epoch_cap: u64, mut rate: u64) -> u64 {
    return <u64 as TryFrom<_>>::try_from(
        ((<u128 as TryFrom<_>>::try_from(epoch_cap.clone()).unwrap()
            * <u128 as TryFrom<_>>::try_from(rate.clone()).unwrap())
            / RATE_SCALE!()),
    )
    .unwrap();
}

pub fn count_minted<'info>(
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut minted: u64,
    mut fee_burned: u64,
    mut active_ms: u64,
    mut allowed_ms: u64,
) -> () {
    assign!(emission.borrow_mut().pending, emission.borrow().pending - 1);

    assign!(
        emission.borrow_mut().fees_burned,
        emission.borrow().fees_burned + fee_burned
    );

    assign!(
        emission.borrow_mut().epoch_minted,
        emission.borrow().epoch_minted + minted
    );

    assign!(
        emission.borrow_mut().minted,
        emission.borrow().minted + minted
    );

    assign!(
        emission.borrow_mut().period_minted,
        emission.borrow().period_minted + minted
    );

    assign!(
        emission.borrow_mut().period_settled,
        emission.borrow().period_settled + 1
    );

    assign!(
        emission.borrow_mut().period_active_ms,
        emission.borrow().period_active_ms + active_ms
    );

    assign!(
        emission.borrow_mut().period_allowed_ms,
        emission.borrow().period_allowed_ms + allowed_ms
    );
}

pub fn enter_epoch<'info>(mut emission: Mutable<LoadedEmission<'info, '_>>, mut epoch: u64) -> () {
    if !(epoch >= emission.borrow().epoch) {
        refuse("EpochPassed: the chain clock went back to an earlier epoch");
    }

    if epoch > emission.borrow().epoch {
        assign!(emission.borrow_mut().epoch, epoch);

        assign!(emission.borrow_mut().epoch_minted, 0);
    }
}
