// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::parameters::TASK_CRITICAL;
use crate::dot::parameters::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { AGREEMENT , 2 }

seahorse_const! { CRITICAL_PLACES , 3 }

seahorse_const! { LONGEST_TASK_S , 2592000 }

seahorse_const! { SETTLE_WINDOW_S , 86400 }

seahorse_const! { SHORTEST_TASK_S , 10 }

seahorse_const! { TASK_ASSIGNED , 1 }

seahorse_const! { TASK_CANCELLED , 3 }

seahorse_const! { TASK_EXPIRED , 4 }

seahorse_const! { TASK_OPEN , 0 }

seahorse_const! { TASK_SETTLED , 2 }

seahorse_const! { WORK_ASSIGNED , 4 }

seahorse_const! { WORK_COMMITTED , 1 }

seahorse_const! { WORK_FAULTY , 7 }

seahorse_const! { WORK_FORFEITED , 6 }

seahorse_const! { WORK_MISSED , 5 }

seahorse_const! { WORK_REJECTED , 2 }

seahorse_const! { WORK_SETTLED , 3 }

#[account]
#[derive(Debug)]
pub struct SpentRecord {
    pub model: Pubkey,
    pub input: [u8; 32],
    pub position: u32,
    pub spent: bool,
    pub task: Pubkey,
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
        let task = account.task.clone();
        let slot = account.slot;
        let bump = account.bump;

        Mutable::new(LoadedSpentRecord {
            __account__: account,
            __programs__: programs_map,
            model,
            input,
            position,
            spent,
            task,
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

        let task = loaded.task.clone();

        loaded.__account__.task = task;

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
    pub task: Pubkey,
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
    pub task_class: u8,
    pub region: u16,
    pub prompt_tokens: u32,
    pub max_tokens: u32,
    pub fee: u64,
    pub fee_burned: u64,
    pub self_minted: u64,
    pub posted_ts: i64,
    pub expires_ts: i64,
    pub status: u8,
    pub round: u32,
    pub target_slot: u64,
    pub seed: [u8; 32],
    pub seeded: bool,
    pub places: u8,
    pub taken: u8,
    pub settled: u8,
    pub owners: [Pubkey; 3],
    pub committed: u8,
    pub first_output: [u8; 32],
    pub first_votes: u8,
    pub second_output: [u8; 32],
    pub second_votes: u8,
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
        let task_class = account.task_class;
        let region = account.region;
        let prompt_tokens = account.prompt_tokens;
        let max_tokens = account.max_tokens;
        let fee = account.fee;
        let fee_burned = account.fee_burned;
        let self_minted = account.self_minted;
        let posted_ts = account.posted_ts;
        let expires_ts = account.expires_ts;
        let status = account.status;
        let round = account.round;
        let target_slot = account.target_slot;
        let seed = Mutable::new(account.seed.clone());
        let seeded = account.seeded.clone();
        let places = account.places;
        let taken = account.taken;
        let settled = account.settled;
        let owners = Mutable::new(account.owners.clone());
        let committed = account.committed;
        let first_output = Mutable::new(account.first_output.clone());
        let first_votes = account.first_votes;
        let second_output = Mutable::new(account.second_output.clone());
        let second_votes = account.second_votes;
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
            task_class,
            region,
            prompt_tokens,
            max_tokens,
            fee,
            fee_burned,
            self_minted,
            posted_ts,
            expires_ts,
            status,
            round,
            target_slot,
            seed,
            seeded,
            places,
            taken,
            settled,
            owners,
            committed,
            first_output,
            first_votes,
            second_output,
            second_votes,
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

        let task_class = loaded.task_class;

        loaded.__account__.task_class = task_class;

        let region = loaded.region;

        loaded.__account__.region = region;

        let prompt_tokens = loaded.prompt_tokens;

        loaded.__account__.prompt_tokens = prompt_tokens;

        let max_tokens = loaded.max_tokens;

        loaded.__account__.max_tokens = max_tokens;

        let fee = loaded.fee;

        loaded.__account__.fee = fee;

        let fee_burned = loaded.fee_burned;

        loaded.__account__.fee_burned = fee_burned;

        let self_minted = loaded.self_minted;

        loaded.__account__.self_minted = self_minted;

        let posted_ts = loaded.posted_ts;

        loaded.__account__.posted_ts = posted_ts;

        let expires_ts = loaded.expires_ts;

        loaded.__account__.expires_ts = expires_ts;

        let status = loaded.status;

        loaded.__account__.status = status;

        let round = loaded.round;

        loaded.__account__.round = round;

        let target_slot = loaded.target_slot;

        loaded.__account__.target_slot = target_slot;

        let seed = loaded.seed.borrow().clone();

        loaded.__account__.seed = seed;

        let seeded = loaded.seeded.clone();

        loaded.__account__.seeded = seeded;

        let places = loaded.places;

        loaded.__account__.places = places;

        let taken = loaded.taken;

        loaded.__account__.taken = taken;

        let settled = loaded.settled;

        loaded.__account__.settled = settled;

        let owners = loaded.owners.borrow().clone();

        loaded.__account__.owners = owners;

        let committed = loaded.committed;

        loaded.__account__.committed = committed;

        let first_output = loaded.first_output.borrow().clone();

        loaded.__account__.first_output = first_output;

        let first_votes = loaded.first_votes;

        loaded.__account__.first_votes = first_votes;

        let second_output = loaded.second_output.borrow().clone();

        loaded.__account__.second_output = second_output;

        let second_votes = loaded.second_votes;

        loaded.__account__.second_votes = second_votes;

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
    pub task_class: u8,
    pub region: u16,
    pub prompt_tokens: u32,
    pub max_tokens: u32,
    pub fee: u64,
    pub fee_burned: u64,
    pub self_minted: u64,
    pub posted_ts: i64,
    pub expires_ts: i64,
    pub status: u8,
    pub round: u32,
    pub target_slot: u64,
    pub seed: Mutable<[u8; 32]>,
    pub seeded: bool,
    pub places: u8,
    pub taken: u8,
    pub settled: u8,
    pub owners: Mutable<[Pubkey; 3]>,
    pub committed: u8,
    pub first_output: Mutable<[u8; 32]>,
    pub first_votes: u8,
    pub second_output: Mutable<[u8; 32]>,
    pub second_votes: u8,
    pub bump: u8,
}

#[account]
#[derive(Debug)]
pub struct Work {
    pub miner: Pubkey,
    pub owner: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub context: [u8; 32],
    pub output: [u8; 32],
    pub round: u32,
    pub tokens: u32,
    pub active_ms: u64,
    pub took_ms: u64,
    pub assigned_ts: i64,
    pub deadline_ts: i64,
    pub prove_until_ts: i64,
    pub committed_ts: i64,
    pub committed_slot: u64,
    pub sampling_bps: u16,
    pub at_risk: u64,
    pub status: u8,
    pub reason: u8,
    pub disputed: bool,
    pub paid: u64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Work {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedWork<'info, 'entrypoint>> {
        let miner = account.miner.clone();
        let owner = account.owner.clone();
        let task = account.task.clone();
        let model = account.model.clone();
        let context = Mutable::new(account.context.clone());
        let output = Mutable::new(account.output.clone());
        let round = account.round;
        let tokens = account.tokens;
        let active_ms = account.active_ms;
        let took_ms = account.took_ms;
        let assigned_ts = account.assigned_ts;
        let deadline_ts = account.deadline_ts;
        let prove_until_ts = account.prove_until_ts;
        let committed_ts = account.committed_ts;
        let committed_slot = account.committed_slot;
        let sampling_bps = account.sampling_bps;
        let at_risk = account.at_risk;
        let status = account.status;
        let reason = account.reason;
        let disputed = account.disputed.clone();
        let paid = account.paid;
        let bump = account.bump;

        Mutable::new(LoadedWork {
            __account__: account,
            __programs__: programs_map,
            miner,
            owner,
            task,
            model,
            context,
            output,
            round,
            tokens,
            active_ms,
            took_ms,
            assigned_ts,
            deadline_ts,
            prove_until_ts,
            committed_ts,
            committed_slot,
            sampling_bps,
            at_risk,
            status,
            reason,
            disputed,
            paid,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedWork>) {
        let mut loaded = loaded.borrow_mut();
        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let owner = loaded.owner.clone();

        loaded.__account__.owner = owner;

        let task = loaded.task.clone();

        loaded.__account__.task = task;

        let model = loaded.model.clone();

        loaded.__account__.model = model;

        let context = loaded.context.borrow().clone();

        loaded.__account__.context = context;

        let output = loaded.output.borrow().clone();

        loaded.__account__.output = output;

        let round = loaded.round;

        loaded.__account__.round = round;

        let tokens = loaded.tokens;

        loaded.__account__.tokens = tokens;

        let active_ms = loaded.active_ms;

        loaded.__account__.active_ms = active_ms;

        let took_ms = loaded.took_ms;

        loaded.__account__.took_ms = took_ms;

        let assigned_ts = loaded.assigned_ts;

        loaded.__account__.assigned_ts = assigned_ts;

        let deadline_ts = loaded.deadline_ts;

        loaded.__account__.deadline_ts = deadline_ts;

        let prove_until_ts = loaded.prove_until_ts;

        loaded.__account__.prove_until_ts = prove_until_ts;

        let committed_ts = loaded.committed_ts;

        loaded.__account__.committed_ts = committed_ts;

        let committed_slot = loaded.committed_slot;

        loaded.__account__.committed_slot = committed_slot;

        let sampling_bps = loaded.sampling_bps;

        loaded.__account__.sampling_bps = sampling_bps;

        let at_risk = loaded.at_risk;

        loaded.__account__.at_risk = at_risk;

        let status = loaded.status;

        loaded.__account__.status = status;

        let reason = loaded.reason;

        loaded.__account__.reason = reason;

        let disputed = loaded.disputed.clone();

        loaded.__account__.disputed = disputed;

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
    pub owner: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub context: Mutable<[u8; 32]>,
    pub output: Mutable<[u8; 32]>,
    pub round: u32,
    pub tokens: u32,
    pub active_ms: u64,
    pub took_ms: u64,
    pub assigned_ts: i64,
    pub deadline_ts: i64,
    pub prove_until_ts: i64,
    pub committed_ts: i64,
    pub committed_slot: u64,
    pub sampling_bps: u16,
    pub at_risk: u64,
    pub status: u8,
    pub reason: u8,
    pub disputed: bool,
    pub paid: u64,
    pub bump: u8,
}

pub fn check_lifetime(mut lifetime_s: u32) -> () {
    if !(lifetime_s >= SHORTEST_TASK_S!()) {
        refuse("TaskTooShort: a task lives for at least 10 seconds");
    }

    if !(lifetime_s <= LONGEST_TASK_S!()) {
        refuse("TaskTooLong: a task lives for at most 30 days");
    }
}

pub fn check_tokens(mut tokens: u32, mut max_tokens: u32, mut active_ms: u64) -> () {
    if !(tokens >= 1) {
        refuse("NoTokens: a work has at least one token");
    }

    if !(tokens <= max_tokens) {
        refuse("TooManyTokens: the task does not ask for so many tokens");
    }

    if !(active_ms >= 1) {
        refuse("NoActiveTime: a work takes at least 1 ms");
    }
}

pub fn close_place<'info>(mut task: Mutable<LoadedTask<'info, '_>>) -> () {
    assign!(task.borrow_mut().taken, task.borrow().taken - 1);

    assign!(task.borrow_mut().settled, task.borrow().settled + 1);

    if task.borrow().settled == task.borrow().places {
        assign!(task.borrow_mut().status, TASK_SETTLED!());
    }
}

pub fn close_unpaid<'info>(mut task: Mutable<LoadedTask<'info, '_>>, mut status: u8) -> u64 {
    if !(task.borrow().status == TASK_OPEN!()) {
        refuse("TaskNotFree: the task is taken, paid or closed");
    }

    if !(task.borrow().taken == 0) {
        refuse("TaskHasMiners: a miner is at work on the task");
    }

    if !(task.borrow().settled == 0) {
        refuse("TaskPartlyPaid: one of the places was paid already");
    }

    let mut refund = task.borrow().fee;

    assign!(task.borrow_mut().fee, 0);

    assign!(task.borrow_mut().status, status);

    return refund;
}

pub fn count_output<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut output: Mutable<[u8; 32]>,
) -> () {
    assign!(task.borrow_mut().committed, task.borrow().committed + 1);

    if (task.borrow().first_votes == 0) || (task.borrow().first_output == output) {
        assign!(task.borrow_mut().first_output, output);

        assign!(task.borrow_mut().first_votes, task.borrow().first_votes + 1);
    } else {
        if (task.borrow().second_votes == 0) || (task.borrow().second_output == output) {
            assign!(task.borrow_mut().second_output, output);

            assign!(
                task.borrow_mut().second_votes,
                task.borrow().second_votes + 1
            );
        }
    }
}

pub fn give_place<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut target_slot: u64,
    mut owner: Pubkey,
    mut nobody: Pubkey,
) -> () {
    for mut place in 0..3 {
        if task.borrow().owners.borrow()[task.borrow().owners.wrapped_index(place as i128)] == owner
        {
            index_assign!(
                task.borrow_mut().owners.borrow_mut(),
                task.borrow_mut().owners.wrapped_index(place as i128),
                nobody
            );
        }
    }

    assign!(task.borrow_mut().taken, task.borrow().taken - 1);

    assign!(task.borrow_mut().status, TASK_OPEN!());

    assign!(task.borrow_mut().round, task.borrow().round + 1);

    assign!(task.borrow_mut().seeded, false);

    assign!(task.borrow_mut().target_slot, target_slot);
}

pub fn outvoted<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut output: Mutable<[u8; 32]>,
) -> bool {
    let mut needed = votes_needed(task.borrow().places.clone());

    if (task.borrow().settled == 0) || (votes_for(task.clone(), output.clone()) >= needed) {
        return false;
    }

    return (task.borrow().first_votes >= needed) || (task.borrow().second_votes >= needed);
}

pub fn places_of(mut task_class: u8) -> u8 {
    if task_class == TASK_CRITICAL!() {
        return CRITICAL_PLACES!();
    }

    return 1;
}

pub fn take_place<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut owner: Pubkey,
    mut nobody: Pubkey,
) -> () {
    let mut placed = false;

    for mut place in 0..3 {
        if !(task.borrow().owners.borrow()[task.borrow().owners.wrapped_index(place as i128)]
            != owner)
        {
            refuse("OwnerHasPlace: a device of this owner has a place in the task");
        }

        if (!placed)
            && (task.borrow().owners.borrow()[task.borrow().owners.wrapped_index(place as i128)]
                == nobody)
        {
            index_assign!(
                task.borrow_mut().owners.borrow_mut(),
                task.borrow_mut().owners.wrapped_index(place as i128),
                owner
            );

            placed = true;
        }
    }

    assign!(task.borrow_mut().taken, task.borrow().taken + 1);

    if (task.borrow().taken + task.borrow().settled) == task.borrow().places {
        assign!(task.borrow_mut().status, TASK_ASSIGNED!());
    }
}

pub fn to_ms(mut seconds: i64) -> u64 {
    if !(seconds >= 0) {
        refuse("NegativeTime: the chain clock is before 1970");
    }

    return <u64 as TryFrom<_>>::try_from(seconds.clone()).unwrap() * 1000;
}

pub fn uncount_output<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut output: Mutable<[u8; 32]>,
) -> () {
    assign!(task.borrow_mut().committed, task.borrow().committed - 1);

    if (task.borrow().first_votes > 0) && (task.borrow().first_output == output) {
        assign!(task.borrow_mut().first_votes, task.borrow().first_votes - 1);
    } else {
        if (task.borrow().second_votes > 0) && (task.borrow().second_output == output) {
            assign!(
                task.borrow_mut().second_votes,
                task.borrow().second_votes - 1
            );
        }
    }
}

pub fn votes_for<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut output: Mutable<[u8; 32]>,
) -> u8 {
    if (task.borrow().first_votes > 0) && (task.borrow().first_output == output) {
        return task.borrow().first_votes;
    }

    if (task.borrow().second_votes > 0) && (task.borrow().second_output == output) {
        return task.borrow().second_votes;
    }

    return 1;
}

pub fn votes_needed(mut places: u8) -> u8 {
    if places == CRITICAL_PLACES!() {
        return AGREEMENT!();
    }

    return 1;
}
