// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { FULL_SAMPLING , 10000 }

seahorse_const! { LONGEST_TASK_S , 2592000 }

seahorse_const! { SETTLE_WINDOW_S , 86400 }

seahorse_const! { SHORTEST_TASK_S , 10 }

seahorse_const! { TASK_ASSIGNED , 1 }

seahorse_const! { TASK_OPEN , 0 }

seahorse_const! { TASK_SETTLED , 2 }

seahorse_const! { WORK_COMMITTED , 1 }

seahorse_const! { WORK_REJECTED , 2 }

seahorse_const! { WORK_SETTLED , 3 }

#[account]
#[derive(Debug)]
pub struct SpentRecord {
    pub model: Pubkey,
    pub input: [u8; 32],
    pub position: u32,
    pub spent: bool,
    pub work: Pubkey,
    pub slot: u64,
    pub bump: u8,
}

impl<'info, 'entrypoint> SpentRecord {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedSpentRecord<'info, 'entrypoint>> {
        let model = account.model.clone();
        let input = Mutable::new(account.input.clone());
        let position = account.position;
        let spent = account.spent.clone();
        let work = account.work.clone();
        let slot = account.slot;
        let bump = account.bump;

        Mutable::new(LoadedSpentRecord {
            __account__: account,
            __programs__: programs_map,
            model,
            input,
            position,
            spent,
            work,
            slot,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedSpentRecord>) {
        let mut loaded = loaded.borrow_mut();
        let model = loaded.model.clone();

        loaded.__account__.model = model;

        let input = loaded.input.borrow().clone();

        loaded.__account__.input = input;

        let position = loaded.position;

        loaded.__account__.position = position;

        let spent = loaded.spent.clone();

        loaded.__account__.spent = spent;

        let work = loaded.work.clone();

        loaded.__account__.work = work;

        let slot = loaded.slot;

        loaded.__account__.slot = slot;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedSpentRecord<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, SpentRecord>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub model: Pubkey,
    pub input: Mutable<[u8; 32]>,
    pub position: u32,
    pub spent: bool,
    pub work: Pubkey,
    pub slot: u64,
    pub bump: u8,
}

#[account]
#[derive(Debug)]
pub struct Task {
    pub requester: Pubkey,
    pub model: Pubkey,
    pub spent_record: Pubkey,
    pub input: [u8; 32],
    pub position: u32,
    pub nonce: u64,
    pub fee_burned: u64,
    pub posted_ts: i64,
    pub posted_slot: u64,
    pub expires_ts: i64,
    pub status: u8,
    pub miner: Pubkey,
    pub bump: u8,
}

impl<'info, 'entrypoint> Task {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedTask<'info, 'entrypoint>> {
        let requester = account.requester.clone();
        let model = account.model.clone();
        let spent_record = account.spent_record.clone();
        let input = Mutable::new(account.input.clone());
        let position = account.position;
        let nonce = account.nonce;
        let fee_burned = account.fee_burned;
        let posted_ts = account.posted_ts;
        let posted_slot = account.posted_slot;
        let expires_ts = account.expires_ts;
        let status = account.status;
        let miner = account.miner.clone();
        let bump = account.bump;

        Mutable::new(LoadedTask {
            __account__: account,
            __programs__: programs_map,
            requester,
            model,
            spent_record,
            input,
            position,
            nonce,
            fee_burned,
            posted_ts,
            posted_slot,
            expires_ts,
            status,
            miner,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedTask>) {
        let mut loaded = loaded.borrow_mut();
        let requester = loaded.requester.clone();

        loaded.__account__.requester = requester;

        let model = loaded.model.clone();

        loaded.__account__.model = model;

        let spent_record = loaded.spent_record.clone();

        loaded.__account__.spent_record = spent_record;

        let input = loaded.input.borrow().clone();

        loaded.__account__.input = input;

        let position = loaded.position;

        loaded.__account__.position = position;

        let nonce = loaded.nonce;

        loaded.__account__.nonce = nonce;

        let fee_burned = loaded.fee_burned;

        loaded.__account__.fee_burned = fee_burned;

        let posted_ts = loaded.posted_ts;

        loaded.__account__.posted_ts = posted_ts;

        let posted_slot = loaded.posted_slot;

        loaded.__account__.posted_slot = posted_slot;

        let expires_ts = loaded.expires_ts;

        loaded.__account__.expires_ts = expires_ts;

        let status = loaded.status;

        loaded.__account__.status = status;

        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedTask<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Task>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub requester: Pubkey,
    pub model: Pubkey,
    pub spent_record: Pubkey,
    pub input: Mutable<[u8; 32]>,
    pub position: u32,
    pub nonce: u64,
    pub fee_burned: u64,
    pub posted_ts: i64,
    pub posted_slot: u64,
    pub expires_ts: i64,
    pub status: u8,
    pub miner: Pubkey,
    pub bump: u8,
}

#[account]
#[derive(Debug)]
pub struct Work {
    pub miner: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub context: [u8; 32],
    pub output: [u8; 32],
    pub tokens: u32,
    pub active_ms: u64,
    pub committed_ts: i64,
    pub committed_slot: u64,
    pub sampling_bps: u16,
    pub status: u8,
    pub reason: u8,
    pub paid: u64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Work {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedWork<'info, 'entrypoint>> {
        let miner = account.miner.clone();
        let task = account.task.clone();
        let model = account.model.clone();
        let context = Mutable::new(account.context.clone());
        let output = Mutable::new(account.output.clone());
        let tokens = account.tokens;
        let active_ms = account.active_ms;
        let committed_ts = account.committed_ts;
        let committed_slot = account.committed_slot;
        let sampling_bps = account.sampling_bps;
        let status = account.status;
        let reason = account.reason;
        let paid = account.paid;
        let bump = account.bump;

        Mutable::new(LoadedWork {
            __account__: account,
            __programs__: programs_map,
            miner,
            task,
            model,
            context,
            output,
            tokens,
            active_ms,
            committed_ts,
            committed_slot,
            sampling_bps,
            status,
            reason,
            paid,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedWork>) {
        let mut loaded = loaded.borrow_mut();
        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let task = loaded.task.clone();

        loaded.__account__.task = task;

        let model = loaded.model.clone();

        loaded.__account__.model = model;

        let context = loaded.context.borrow().clone();

        loaded.__account__.context = context;

        let output = loaded.output.borrow().clone();

        loaded.__account__.output = output;

        let tokens = loaded.tokens;

        loaded.__account__.tokens = tokens;

        let active_ms = loaded.active_ms;

        loaded.__account__.active_ms = active_ms;

        let committed_ts = loaded.committed_ts;

        loaded.__account__.committed_ts = committed_ts;

        let committed_slot = loaded.committed_slot;

        loaded.__account__.committed_slot = committed_slot;

        let sampling_bps = loaded.sampling_bps;

        loaded.__account__.sampling_bps = sampling_bps;

        let status = loaded.status;

        loaded.__account__.status = status;

        let reason = loaded.reason;

        loaded.__account__.reason = reason;

        let paid = loaded.paid;

        loaded.__account__.paid = paid;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedWork<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Work>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub miner: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub context: Mutable<[u8; 32]>,
    pub output: Mutable<[u8; 32]>,
    pub tokens: u32,
    pub active_ms: u64,
    pub committed_ts: i64,
    pub committed_slot: u64,
    pub sampling_bps: u16,
    pub status: u8,
    pub reason: u8,
    pub paid: u64,
    pub bump: u8,
}

pub fn check_lifetime(mut lifetime_s: u32) -> () {
    if !(lifetime_s >= SHORTEST_TASK_S!()) {
        panic!("TaskTooShort: a task lives for at least 10 seconds");
    }

    if !(lifetime_s <= LONGEST_TASK_S!()) {
        panic!("TaskTooLong: a task lives for at most 30 days");
    }
}

pub fn check_tokens(mut tokens: u32, mut max_tokens: u32, mut active_ms: u64) -> () {
    if !(tokens >= 1) {
        panic!("NoTokens: a work has at least one token");
    }

    if !(tokens <= max_tokens) {
        panic!("TooManyTokens: the model does not give so many tokens");
    }

    if !(active_ms >= 1) {
        panic!("NoActiveTime: a work takes at least 1 ms");
    }
}

pub fn to_ms(mut seconds: i64) -> u64 {
    if !(seconds >= 0) {
        panic!("NegativeTime: the chain clock is before 1970");
    }

    return <u64 as TryFrom<_>>::try_from(seconds.clone()).unwrap() * 1000;
}
