// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    assignment::{draw_seed, work_context, NEWCOMER_SAMPLING},
    digests::{append_digest, copied},
    emission::Emission,
    native::{keccak, key_bytes, number, tokens_root},
    registry::{total_units, Miner, Model, PROOF_TRACE},
};

use crate::dot::assignment::*;
use crate::dot::digests::*;
use crate::dot::emission::*;
use crate::dot::native::*;
use crate::dot::registry::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { ANSWER_GIVEN , 1 }

seahorse_const! { ANSWER_PROVED , 2 }

seahorse_const! { ANSWER_SLOTS , 75 }

seahorse_const! { DOUBLINGS , 9 }

seahorse_const! { FIRST_ODDS , 15 }

seahorse_const! { MARK_SLOTS , 150 }

seahorse_const! { MOST_LANES , 64 }

seahorse_const! { MUSTER_ODDS , 5040 }

seahorse_const! { POWER_LIMIT , 1099511627776 }

seahorse_const! { PROMPT_TOKENS , 32 }

#[account]
#[derive(Debug)]
pub struct Answer {
    pub miner: Pubkey,
    pub lane: u8,
    pub model: Pubkey,
    pub muster: u64,
    pub context: [u8; 32],
    pub input: [u8; 32],
    pub output: [u8; 32],
    pub tokens: u32,
    pub shown: u64,
    pub before: u64,
    pub status: u8,
    pub bump: u8,
}

impl<'info, 'entrypoint> Answer {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedAnswer<'info, 'entrypoint>> {
        let miner = account.miner.clone();
        let lane = account.lane;
        let model = account.model.clone();
        let muster = account.muster;
        let context = Mutable::new(account.context.clone());
        let input = Mutable::new(account.input.clone());
        let output = Mutable::new(account.output.clone());
        let tokens = account.tokens;
        let shown = account.shown;
        let before = account.before;
        let status = account.status;
        let bump = account.bump;

        Mutable::new(LoadedAnswer {
            __account__: account,
            __programs__: programs_map,
            miner,
            lane,
            model,
            muster,
            context,
            input,
            output,
            tokens,
            shown,
            before,
            status,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedAnswer>) {
        let mut loaded = loaded.borrow_mut();
        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let lane = loaded.lane;

        loaded.__account__.lane = lane;

        let model = loaded.model.clone();

        loaded.__account__.model = model;

        let muster = loaded.muster;

        loaded.__account__.muster = muster;

        let context = loaded.context.borrow().clone();

        loaded.__account__.context = context;

        let input = loaded.input.borrow().clone();

        loaded.__account__.input = input;

        let output = loaded.output.borrow().clone();

        loaded.__account__.output = output;

        let tokens = loaded.tokens;

        loaded.__account__.tokens = tokens;

        let shown = loaded.shown;

        loaded.__account__.shown = shown;

        let before = loaded.before;

        loaded.__account__.before = before;

        let status = loaded.status;

        loaded.__account__.status = status;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedAnswer<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Answer>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub miner: Pubkey,
    pub lane: u8,
    pub model: Pubkey,
    pub muster: u64,
    pub context: Mutable<[u8; 32]>,
    pub input: Mutable<[u8; 32]>,
    pub output: Mutable<[u8; 32]>,
    pub tokens: u32,
    pub shown: u64,
    pub before: u64,
    pub status: u8,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MusterAnswered {
    pub muster: u64,
    pub miner: Pubkey,
    pub lane: u8,
    pub model: Pubkey,
    pub tokens: u32,
    pub shown: u64,
}

impl Mutable<MusterAnswered> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MusterAnswered {
            muster: e.muster,
            miner: e.miner.clone(),
            lane: e.lane,
            model: e.model.clone(),
            tokens: e.tokens,
            shown: e.shown
        })
    }
}

impl MusterAnswered {
    pub fn __new__(
        muster: u64,
        miner: Pubkey,
        lane: u8,
        model: Pubkey,
        tokens: u32,
        shown: u64,
    ) -> Mutable<Self> {
        let obj = MusterAnswered {
            muster,
            miner,
            lane,
            model,
            tokens,
            shown,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MusterCalled {
    pub muster: u64,
    pub mark: u64,
}

impl Mutable<MusterCalled> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MusterCalled {
            muster: e.muster,
            mark: e.mark
        })
    }
}

impl MusterCalled {
    pub fn __new__(muster: u64, mark: u64) -> Mutable<Self> {
        let obj = MusterCalled { muster, mark };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct PowerCounted {
    pub miner: Pubkey,
    pub muster: u64,
    pub power: u64,
    pub network: u64,
}

impl Mutable<PowerCounted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(PowerCounted {
            miner: e.miner.clone(),
            muster: e.muster,
            power: e.power,
            network: e.network
        })
    }
}

impl PowerCounted {
    pub fn __new__(miner: Pubkey, muster: u64, power: u64, network: u64) -> Mutable<Self> {
        let obj = PowerCounted {
            miner,
            muster,
            power,
            network,
        };

        return Mutable::new(obj);
    }
}

pub fn call<'info>(
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut slot_hashes: UncheckedAccount<'info>,
    mut config: Pubkey,
    mut mark: u64,
    mut slot: u64,
) -> () {
    if !((mark % MARK_SLOTS!()) == 0) {
        refuse("NotAMark: a muster falls on a slot that 150 divides");
    }

    if !(mark > emission.borrow().muster_mark) {
        refuse("MusterCalledBefore: this muster or a later one was called before");
    }

    if !(slot <= (mark + ANSWER_SLOTS!())) {
        refuse("MarkTooOld: the time to answer this muster is over");
    }

    let mut seed = draw_seed(slot_hashes.clone(), mark.clone(), 1, config.clone(), 0);

    if !((number(seed.clone()) % odds(emission.borrow().muster.clone())) == 0) {
        refuse("NoMuster: the block of this mark calls no muster");
    }

    assign!(emission.borrow_mut().muster, emission.borrow().muster + 1);

    assign!(emission.borrow_mut().muster_mark, mark);

    assign!(emission.borrow_mut().muster_seed, seed);
}

pub fn check_lane(mut lane: u8) -> () {
    if !(lane < MOST_LANES!()) {
        refuse("LaneOutOfRange: a device answers in 64 lanes, 0 to 63");
    }
}

pub fn check_muster_model<'info>(
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut tokens: u32,
) -> () {
    if !model.borrow().approved {
        refuse("MusterModelNotOffered: the model is not approved");
    }

    if !(model.borrow().proof == PROOF_TRACE!()) {
        refuse("NotTraced: a muster is answered with a model that is proved by its trace");
    }

    if !(model.borrow().detection_bps >= NEWCOMER_SAMPLING!()) {
        refuse("MusterProofTooWeak: the proof must detect with 9,900 basis points");
    }

    if !(tokens >= 1) {
        refuse("NoAnswer: an answer has at least one token");
    }

    if !(tokens <= model.borrow().max_tokens) {
        refuse("AnswerTooLong: the model gives fewer tokens");
    }
}

pub fn count_shown<'info>(
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut answer: Mutable<LoadedAnswer<'info, '_>>,
) -> () {
    decay(emission.clone(), miner.clone());

    if answer.borrow().muster > miner.borrow().lanes_muster {
        assign!(miner.borrow_mut().lanes, miner.borrow().lanes_now);

        assign!(miner.borrow_mut().lanes_now, 0);

        assign!(miner.borrow_mut().lanes_muster, answer.borrow().muster);
    }

    if answer.borrow().muster == miner.borrow().lanes_muster {
        assign!(miner.borrow_mut().lanes_now, miner.borrow().lanes_now + 1);
    }

    let mut gained = answer.borrow().shown.min(answer.borrow().before)
        >> ((1 + emission.borrow().muster) - answer.borrow().muster).min(63);

    let mut gained = gained.min(POWER_LIMIT!() - miner.borrow().power);

    assign!(miner.borrow_mut().power, miner.borrow().power + gained);

    assign!(
        emission.borrow_mut().power,
        emission.borrow().power + gained
    );

    assign!(answer.borrow_mut().status, ANSWER_PROVED!());
}

pub fn decay<'info>(
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
) -> () {
    let mut missed = emission.borrow().muster - miner.borrow().muster;

    if missed > 0 {
        let mut kept = miner.borrow().power >> missed.min(63);

        assign!(
            emission.borrow_mut().power,
            emission.borrow().power - (miner.borrow().power - kept)
        );

        assign!(miner.borrow_mut().power, kept);

        assign!(miner.borrow_mut().muster, emission.borrow().muster);
    }
}

pub fn give<'info>(
    mut answer: Mutable<LoadedAnswer<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut chain_id: u32,
    mut miner: Pubkey,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut model_key: Pubkey,
    mut answer_key: Pubkey,
    mut output: Mutable<[u8; 32]>,
    mut tokens: u32,
    mut slot: u64,
    mut now: i64,
) -> () {
    if !(emission.borrow().muster > answer.borrow().muster) {
        refuse("NothingToAnswer: there was no muster since the last answer");
    }

    if !(slot <= (emission.borrow().muster_mark + ANSWER_SLOTS!())) {
        refuse("MusterOver: the time to answer is over");
    }

    check_muster_model(model.clone(), tokens.clone());

    let mut seed = copied(emission.borrow().muster_seed.clone());
    let mut input = tokens_root(prompt(
        seed.clone(),
        miner.clone(),
        answer.borrow().lane.clone(),
    ));

    assign!(answer.borrow_mut().before, 0);

    if answer.borrow().status == ANSWER_PROVED!() {
        assign!(answer.borrow_mut().before, answer.borrow().shown);
    }

    assign!(answer.borrow_mut().muster, emission.borrow().muster);

    assign!(answer.borrow_mut().model, model_key);

    assign!(
        answer.borrow_mut().context,
        work_context(
            chain_id.clone(),
            answer_key.clone(),
            model_key.clone(),
            input.clone(),
            miner.clone(),
            seed.clone(),
            <u32 as TryFrom<_>>::try_from(emission.borrow().muster.clone()).unwrap(),
            now.clone()
        )
    );

    assign!(answer.borrow_mut().input, input);

    assign!(answer.borrow_mut().output, output);

    assign!(answer.borrow_mut().tokens, tokens);

    assign!(
        answer.borrow_mut().shown,
        (total_units(
            model.borrow().segments.clone(),
            model.borrow().work_units.clone(),
            tokens.clone()
        ) / ANSWER_SLOTS!())
        .min(POWER_LIMIT!())
    );

    assign!(answer.borrow_mut().status, ANSWER_GIVEN!());
}

pub fn odds(mut musters: u64) -> u64 {
    return MUSTER_ODDS!().min(FIRST_ODDS!() << musters.min(DOUBLINGS!()));
}

pub fn prompt(mut seed: Mutable<[u8; 32]>, mut miner: Pubkey, mut lane: u8) -> Mutable<[u8; 32]> {
    let mut data = Mutable::new(vec![]);

    append_digest(data.clone(), seed.clone());

    append_digest(data.clone(), key_bytes(miner.clone()));

    data.borrow_mut().push(lane.clone());

    return keccak(data.clone());
}
