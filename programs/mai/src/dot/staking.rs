// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { ADVANCED_STAKE , 2000000000000000 }

seahorse_const! { BASIC_STAKE , 100000000000000 }

seahorse_const! { COOLDOWN_S , 1209600 }

seahorse_const! { MOVED_FROM_VERIFIER , 5 }

seahorse_const! { MOVED_IN , 1 }

seahorse_const! { MOVED_OUT , 3 }

seahorse_const! { MOVED_TO_UNSTAKING , 2 }

seahorse_const! { MOVED_TO_VERIFIER , 4 }

seahorse_const! { STANDARD_STAKE , 500000000000000 }

seahorse_const! { TIER_ADVANCED , 3 }

seahorse_const! { TIER_BASIC , 1 }

seahorse_const! { TIER_NONE , 0 }

seahorse_const! { TIER_STANDARD , 2 }

seahorse_const! { WARM_UP_S , 1209600 }

#[account]
#[derive(Debug)]
pub struct Stake {
    pub owner: Pubkey,
    pub matured: u64,
    pub pending: u64,
    pub pending_ts: i64,
    pub unstaking: u64,
    pub unlock_ts: i64,
    pub verifier: u64,
    pub verifier_ts: i64,
    pub is_verifier: bool,
    pub escrowed: u64,
    pub at_risk: u64,
    pub locked_until_ts: i64,
    pub disputes: u32,
    pub challenges: u32,
    pub offences: u32,
    pub bump: u8,
}

impl<'info, 'entrypoint> Stake {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedStake<'info, 'entrypoint>> {
        let owner = account.owner.clone();
        let matured = account.matured;
        let pending = account.pending;
        let pending_ts = account.pending_ts;
        let unstaking = account.unstaking;
        let unlock_ts = account.unlock_ts;
        let verifier = account.verifier;
        let verifier_ts = account.verifier_ts;
        let is_verifier = account.is_verifier.clone();
        let escrowed = account.escrowed;
        let at_risk = account.at_risk;
        let locked_until_ts = account.locked_until_ts;
        let disputes = account.disputes;
        let challenges = account.challenges;
        let offences = account.offences;
        let bump = account.bump;

        Mutable::new(LoadedStake {
            __account__: account,
            __programs__: programs_map,
            owner,
            matured,
            pending,
            pending_ts,
            unstaking,
            unlock_ts,
            verifier,
            verifier_ts,
            is_verifier,
            escrowed,
            at_risk,
            locked_until_ts,
            disputes,
            challenges,
            offences,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedStake>) {
        let mut loaded = loaded.borrow_mut();
        let owner = loaded.owner.clone();

        loaded.__account__.owner = owner;

        let matured = loaded.matured;

        loaded.__account__.matured = matured;

        let pending = loaded.pending;

        loaded.__account__.pending = pending;

        let pending_ts = loaded.pending_ts;

        loaded.__account__.pending_ts = pending_ts;

        let unstaking = loaded.unstaking;

        loaded.__account__.unstaking = unstaking;

        let unlock_ts = loaded.unlock_ts;

        loaded.__account__.unlock_ts = unlock_ts;

        let verifier = loaded.verifier;

        loaded.__account__.verifier = verifier;

        let verifier_ts = loaded.verifier_ts;

        loaded.__account__.verifier_ts = verifier_ts;

        let is_verifier = loaded.is_verifier.clone();

        loaded.__account__.is_verifier = is_verifier;

        let escrowed = loaded.escrowed;

        loaded.__account__.escrowed = escrowed;

        let at_risk = loaded.at_risk;

        loaded.__account__.at_risk = at_risk;

        let locked_until_ts = loaded.locked_until_ts;

        loaded.__account__.locked_until_ts = locked_until_ts;

        let disputes = loaded.disputes;

        loaded.__account__.disputes = disputes;

        let challenges = loaded.challenges;

        loaded.__account__.challenges = challenges;

        let offences = loaded.offences;

        loaded.__account__.offences = offences;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedStake<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Stake>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub owner: Pubkey,
    pub matured: u64,
    pub pending: u64,
    pub pending_ts: i64,
    pub unstaking: u64,
    pub unlock_ts: i64,
    pub verifier: u64,
    pub verifier_ts: i64,
    pub is_verifier: bool,
    pub escrowed: u64,
    pub at_risk: u64,
    pub locked_until_ts: i64,
    pub disputes: u32,
    pub challenges: u32,
    pub offences: u32,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct StakeMoved {
    pub stake: Pubkey,
    pub movement: u8,
    pub amount: u64,
    pub matured: u64,
    pub pending: u64,
    pub unstaking: u64,
    pub unlock_ts: i64,
    pub verifier: u64,
    pub staked: u64,
}

impl Mutable<StakeMoved> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(StakeMoved {
            stake: e.stake.clone(),
            movement: e.movement,
            amount: e.amount,
            matured: e.matured,
            pending: e.pending,
            unstaking: e.unstaking,
            unlock_ts: e.unlock_ts,
            verifier: e.verifier,
            staked: e.staked
        })
    }
}

impl StakeMoved {
    pub fn __new__(
        stake: Pubkey,
        movement: u8,
        amount: u64,
        matured: u64,
        pending: u64,
        unstaking: u64,
        unlock_ts: i64,
        verifier: u64,
        staked: u64,
    ) -> Mutable<Self> {
        let obj = StakeMoved {
            stake,
            movement,
            amount,
            matured,
            pending,
            unstaking,
            unlock_ts,
            verifier,
            staked,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct StakeOpened {
    pub stake: Pubkey,
    pub owner: Pubkey,
}

impl Mutable<StakeOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(StakeOpened {
            stake: e.stake.clone(),
            owner: e.owner.clone()
        })
    }
}

impl StakeOpened {
    pub fn __new__(stake: Pubkey, owner: Pubkey) -> Mutable<Self> {
        let obj = StakeOpened { stake, owner };

        return Mutable::new(obj);
    }
}

pub fn begin_unstaking<'info>(
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut amount: u64,
    mut now: i64,
) -> () {
    assign!(
        stake.borrow_mut().unstaking,
        stake.borrow().unstaking + amount
    );

    assign!(stake.borrow_mut().unlock_ts, now + COOLDOWN_S!());
}

pub fn check_undisputed<'info>(mut stake: Mutable<LoadedStake<'info, '_>>) -> () {
    if !(stake.borrow().disputes == 0) {
        refuse("StakeInDispute: nothing leaves while the stake is a party to a challenge");
    }
}

pub fn deposit<'info>(
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut amount: u64,
    mut now: i64,
) -> () {
    warm_up(stake.clone(), now.clone());

    assign!(stake.borrow_mut().pending, stake.borrow().pending + amount);

    assign!(stake.borrow_mut().pending_ts, now);
}

pub fn free_of<'info>(mut stake: Mutable<LoadedStake<'info, '_>>) -> u64 {
    let mut staked = staked_of(stake.clone());

    return staked - staked.min(stake.borrow().at_risk);
}

pub fn is_warm<'info>(mut stake: Mutable<LoadedStake<'info, '_>>, mut now: i64) -> bool {
    return now >= (stake.borrow().pending_ts + WARM_UP_S!());
}

pub fn moved<'info>(
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut key: Pubkey,
    mut movement: u8,
    mut amount: u64,
    mut staked: u64,
) -> Mutable<StakeMoved> {
    return StakeMoved::__new__(
        key.clone(),
        movement.clone(),
        amount.clone(),
        stake.borrow().matured.clone(),
        stake.borrow().pending.clone(),
        stake.borrow().unstaking.clone(),
        stake.borrow().unlock_ts.clone(),
        stake.borrow().verifier.clone(),
        staked.clone(),
    );
}

pub fn remove_free<'info>(
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut amount: u64,
    mut now: i64,
) -> () {
    if !(amount >= 1) {
        refuse("NothingToMove: the amount is at least one base unit");
    }

    if !(amount <= free_of(stake.clone())) {
        refuse("StakeTooLow: there is not so much stake that no work has at risk");
    }

    warm_up(stake.clone(), now.clone());

    let mut waiting = amount.min(stake.borrow().pending);

    assign!(stake.borrow_mut().pending, stake.borrow().pending - waiting);

    assign!(
        stake.borrow_mut().matured,
        stake.borrow().matured - (amount - waiting)
    );
}

pub fn staked_of<'info>(mut stake: Mutable<LoadedStake<'info, '_>>) -> u64 {
    return stake.borrow().matured + stake.borrow().pending;
}

pub fn tier_of(mut amount: u64) -> u8 {
    if amount >= ADVANCED_STAKE!() {
        return TIER_ADVANCED!();
    }

    if amount >= STANDARD_STAKE!() {
        return TIER_STANDARD!();
    }

    if amount >= BASIC_STAKE!() {
        return TIER_BASIC!();
    }

    return TIER_NONE!();
}

pub fn voting_weight<'info>(mut stake: Mutable<LoadedStake<'info, '_>>, mut now: i64) -> u64 {
    if is_warm(stake.clone(), now.clone()) {
        return staked_of(stake.clone());
    }

    return stake.borrow().matured;
}

pub fn warm_up<'info>(mut stake: Mutable<LoadedStake<'info, '_>>, mut now: i64) -> () {
    if is_warm(stake.clone(), now.clone()) {
        assign!(
            stake.borrow_mut().matured,
            stake.borrow().matured + stake.borrow().pending
        );

        assign!(stake.borrow_mut().pending, 0);
    }
}
