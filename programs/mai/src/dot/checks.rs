// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{digests::copied, governance::Governance, staking::Stake, tasks::Work};
use crate::dot::digests::*;
use crate::dot::governance::*;
use crate::dot::staking::*;
use crate::dot::tasks::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { CHECK_DELAY , 8 }

seahorse_const! { CHECK_OPEN , 1 }

seahorse_const! { CHECK_REFUTED , 3 }

seahorse_const! { CHECK_ROUNDS , 3 }

seahorse_const! { CHECK_UPHELD , 2 }

seahorse_const! { CHECK_VOID , 4 }

#[account]
#[derive(Debug)]
pub struct Check {
    pub work: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub miner: Pubkey,
    pub status: u8,
    pub accused: Pubkey,
    pub challenger: Pubkey,
    pub challenger_output: [u8; 32],
    pub thirds: [Pubkey; 3],
    pub output0: [u8; 32],
    pub output1: [u8; 32],
    pub output2: [u8; 32],
    pub result: [u8; 32],
    pub reporter: Pubkey,
    pub assistant: Pubkey,
    pub proved: bool,
    pub accused_held: bool,
    pub challenger_held: bool,
    pub opened_ts: i64,
    pub decide_until_ts: i64,
    pub round: u32,
    pub target_slot: u64,
    pub seed: [u8; 32],
    pub seeded: bool,
    pub seeded_ts: i64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Check {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedCheck<'info, 'entrypoint>> {
        let work = account.work.clone();
        let task = account.task.clone();
        let model = account.model.clone();
        let miner = account.miner.clone();
        let status = account.status;
        let accused = account.accused.clone();
        let challenger = account.challenger.clone();
        let challenger_output = Mutable::new(account.challenger_output.clone());
        let thirds = Mutable::new(account.thirds.clone());
        let output0 = Mutable::new(account.output0.clone());
        let output1 = Mutable::new(account.output1.clone());
        let output2 = Mutable::new(account.output2.clone());
        let result = Mutable::new(account.result.clone());
        let reporter = account.reporter.clone();
        let assistant = account.assistant.clone();
        let proved = account.proved.clone();
        let accused_held = account.accused_held.clone();
        let challenger_held = account.challenger_held.clone();
        let opened_ts = account.opened_ts;
        let decide_until_ts = account.decide_until_ts;
        let round = account.round;
        let target_slot = account.target_slot;
        let seed = Mutable::new(account.seed.clone());
        let seeded = account.seeded.clone();
        let seeded_ts = account.seeded_ts;
        let bump = account.bump;

        Mutable::new(LoadedCheck {
            __account__: account,
            __programs__: programs_map,
            work,
            task,
            model,
            miner,
            status,
            accused,
            challenger,
            challenger_output,
            thirds,
            output0,
            output1,
            output2,
            result,
            reporter,
            assistant,
            proved,
            accused_held,
            challenger_held,
            opened_ts,
            decide_until_ts,
            round,
            target_slot,
            seed,
            seeded,
            seeded_ts,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedCheck>) {
        let mut loaded = loaded.borrow_mut();
        let work = loaded.work.clone();

        loaded.__account__.work = work;

        let task = loaded.task.clone();

        loaded.__account__.task = task;

        let model = loaded.model.clone();

        loaded.__account__.model = model;

        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let status = loaded.status;

        loaded.__account__.status = status;

        let accused = loaded.accused.clone();

        loaded.__account__.accused = accused;

        let challenger = loaded.challenger.clone();

        loaded.__account__.challenger = challenger;

        let challenger_output = loaded.challenger_output.borrow().clone();

        loaded.__account__.challenger_output = challenger_output;

        let thirds = loaded.thirds.borrow().clone();

        loaded.__account__.thirds = thirds;

        let output0 = loaded.output0.borrow().clone();

        loaded.__account__.output0 = output0;

        let output1 = loaded.output1.borrow().clone();

        loaded.__account__.output1 = output1;

        let output2 = loaded.output2.borrow().clone();

        loaded.__account__.output2 = output2;

        let result = loaded.result.borrow().clone();

        loaded.__account__.result = result;

        let reporter = loaded.reporter.clone();

        loaded.__account__.reporter = reporter;

        let assistant = loaded.assistant.clone();

        loaded.__account__.assistant = assistant;

        let proved = loaded.proved.clone();

        loaded.__account__.proved = proved;

        let accused_held = loaded.accused_held.clone();

        loaded.__account__.accused_held = accused_held;

        let challenger_held = loaded.challenger_held.clone();

        loaded.__account__.challenger_held = challenger_held;

        let opened_ts = loaded.opened_ts;

        loaded.__account__.opened_ts = opened_ts;

        let decide_until_ts = loaded.decide_until_ts;

        loaded.__account__.decide_until_ts = decide_until_ts;

        let round = loaded.round;

        loaded.__account__.round = round;

        let target_slot = loaded.target_slot;

        loaded.__account__.target_slot = target_slot;

        let seed = loaded.seed.borrow().clone();

        loaded.__account__.seed = seed;

        let seeded = loaded.seeded.clone();

        loaded.__account__.seeded = seeded;

        let seeded_ts = loaded.seeded_ts;

        loaded.__account__.seeded_ts = seeded_ts;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedCheck<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Check>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub work: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub miner: Pubkey,
    pub status: u8,
    pub accused: Pubkey,
    pub challenger: Pubkey,
    pub challenger_output: Mutable<[u8; 32]>,
    pub thirds: Mutable<[Pubkey; 3]>,
    pub output0: Mutable<[u8; 32]>,
    pub output1: Mutable<[u8; 32]>,
    pub output2: Mutable<[u8; 32]>,
    pub result: Mutable<[u8; 32]>,
    pub reporter: Pubkey,
    pub assistant: Pubkey,
    pub proved: bool,
    pub accused_held: bool,
    pub challenger_held: bool,
    pub opened_ts: i64,
    pub decide_until_ts: i64,
    pub round: u32,
    pub target_slot: u64,
    pub seed: Mutable<[u8; 32]>,
    pub seeded: bool,
    pub seeded_ts: i64,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct CheckAnswered {
    pub check: Pubkey,
    pub work: Pubkey,
    pub third: Pubkey,
    pub round: u32,
    pub status: u8,
}

impl Mutable<CheckAnswered> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(CheckAnswered {
            check: e.check.clone(),
            work: e.work.clone(),
            third: e.third.clone(),
            round: e.round,
            status: e.status
        })
    }
}

impl CheckAnswered {
    pub fn __new__(
        check: Pubkey,
        work: Pubkey,
        third: Pubkey,
        round: u32,
        status: u8,
    ) -> Mutable<Self> {
        let obj = CheckAnswered {
            check,
            work,
            third,
            round,
            status,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct CheckCorrected {
    pub check: Pubkey,
    pub status: u8,
    pub prover: Pubkey,
}

impl Mutable<CheckCorrected> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(CheckCorrected {
            check: e.check.clone(),
            status: e.status,
            prover: e.prover.clone()
        })
    }
}

impl CheckCorrected {
    pub fn __new__(check: Pubkey, status: u8, prover: Pubkey) -> Mutable<Self> {
        let obj = CheckCorrected {
            check,
            status,
            prover,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct CheckDrawn {
    pub check: Pubkey,
    pub round: u32,
    pub seeded: bool,
    pub target_slot: u64,
}

impl Mutable<CheckDrawn> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(CheckDrawn {
            check: e.check.clone(),
            round: e.round,
            seeded: e.seeded.clone(),
            target_slot: e.target_slot
        })
    }
}

impl CheckDrawn {
    pub fn __new__(check: Pubkey, round: u32, seeded: bool, target_slot: u64) -> Mutable<Self> {
        let obj = CheckDrawn {
            check,
            round,
            seeded,
            target_slot,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct CheckOpened {
    pub check: Pubkey,
    pub work: Pubkey,
    pub accused: Pubkey,
    pub challenger: Pubkey,
    pub decide_until_ts: i64,
}

impl Mutable<CheckOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(CheckOpened {
            check: e.check.clone(),
            work: e.work.clone(),
            accused: e.accused.clone(),
            challenger: e.challenger.clone(),
            decide_until_ts: e.decide_until_ts
        })
    }
}

impl CheckOpened {
    pub fn __new__(
        check: Pubkey,
        work: Pubkey,
        accused: Pubkey,
        challenger: Pubkey,
        decide_until_ts: i64,
    ) -> Mutable<Self> {
        let obj = CheckOpened {
            check,
            work,
            accused,
            challenger,
            decide_until_ts,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct CheckVoided {
    pub check: Pubkey,
    pub work: Pubkey,
}

impl Mutable<CheckVoided> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(CheckVoided {
            check: e.check.clone(),
            work: e.work.clone()
        })
    }
}

impl CheckVoided {
    pub fn __new__(check: Pubkey, work: Pubkey) -> Mutable<Self> {
        let obj = CheckVoided { check, work };

        return Mutable::new(obj);
    }
}

pub fn agreeing_round<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut output: Mutable<[u8; 32]>,
) -> u32 {
    for mut round in 0..check.borrow().round.clone() {
        if output_of_round(
            check.clone(),
            <u32 as TryFrom<_>>::try_from(round.clone()).unwrap(),
        ) == output
        {
            return <u32 as TryFrom<_>>::try_from(round.clone()).unwrap();
        }
    }

    return CHECK_ROUNDS!();
}

pub fn answer<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut owner: Pubkey,
    mut output: Mutable<[u8; 32]>,
    mut slot: u64,
) -> () {
    let mut agreeing = agreeing_round(check.clone(), output.clone());
    let mut round = check.borrow().round;

    index_assign!(
        check.borrow_mut().thirds.borrow_mut(),
        check
            .borrow_mut()
            .thirds
            .wrapped_index((round as i128) as i128),
        owner
    );

    if round == 0 {
        assign!(check.borrow_mut().output0, copied(output.clone()));
    } else {
        if round == 1 {
            assign!(check.borrow_mut().output1, copied(output.clone()));
        } else {
            assign!(check.borrow_mut().output2, copied(output.clone()));
        }
    }

    let mut challenger = check.borrow().challenger;
    let mut accused = check.borrow().accused;

    if output == check.borrow().challenger_output {
        conclude_check(
            check.clone(),
            CHECK_UPHELD!(),
            output.clone(),
            challenger.clone(),
            owner.clone(),
        );
    } else {
        if output == work.borrow().output {
            conclude_check(
                check.clone(),
                CHECK_REFUTED!(),
                output.clone(),
                owner.clone(),
                accused.clone(),
            );
        } else {
            if agreeing < CHECK_ROUNDS!() {
                let mut first = check.borrow().thirds.borrow()[check
                    .borrow()
                    .thirds
                    .wrapped_index((agreeing as i128) as i128)];

                conclude_check(
                    check.clone(),
                    CHECK_UPHELD!(),
                    output.clone(),
                    first.clone(),
                    owner.clone(),
                );
            } else {
                if (round + 1) == CHECK_ROUNDS!() {
                    assign!(check.borrow_mut().status, CHECK_VOID!());
                } else {
                    assign!(check.borrow_mut().round, check.borrow().round + 1);

                    begin_round(check.clone(), slot.clone());
                }
            }
        }
    }
}

pub fn begin_round<'info>(mut check: Mutable<LoadedCheck<'info, '_>>, mut slot: u64) -> () {
    assign!(check.borrow_mut().target_slot, slot + CHECK_DELAY!());

    assign!(check.borrow_mut().seeded, false);
}

pub fn check_new_third<'info>(mut check: Mutable<LoadedCheck<'info, '_>>, mut owner: Pubkey) -> () {
    if !(owner != check.borrow().challenger) {
        refuse("ChallengerDecides: the challenger cannot decide its own challenge");
    }

    if !(owner != check.borrow().accused) {
        refuse("AccusedDecides: the accused cannot decide its own case");
    }

    for mut round in 0..check.borrow().round.clone() {
        if !(check.borrow().thirds.borrow()
            [check.borrow().thirds.wrapped_index((round as i128) as i128)]
            != owner)
        {
            refuse("AlreadyAnswered: a third answers once");
        }
    }
}

pub fn check_open_check<'info>(mut check: Mutable<LoadedCheck<'info, '_>>) -> () {
    if !(check.borrow().status == CHECK_OPEN!()) {
        refuse("CheckClosed: the check is already decided");
    }
}

pub fn check_parties<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut challenger: Mutable<LoadedStake<'info, '_>>,
    mut accused: Mutable<LoadedStake<'info, '_>>,
) -> () {
    if !(challenger.borrow().owner == check.borrow().challenger) {
        refuse("NotChallenger: this stake did not open the check");
    }

    if !(accused.borrow().owner == check.borrow().accused) {
        refuse("NotAccused: this stake is not the accused one");
    }
}

pub fn check_verifier<'info>(mut stake: Mutable<LoadedStake<'info, '_>>, mut least: u64) -> () {
    let mut backed = <u128 as TryFrom<_>>::try_from(least.clone()).unwrap()
        * (<u128 as TryFrom<_>>::try_from(stake.borrow().challenges.clone()).unwrap() + 1);

    if !(<u128 as TryFrom<_>>::try_from(stake.borrow().verifier.clone()).unwrap() >= backed) {
        refuse("VerifierStakeTooLow: every open challenge needs a verifier stake of its own");
    }
}

pub fn conclude_check<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut status: u8,
    mut output: Mutable<[u8; 32]>,
    mut reporter: Pubkey,
    mut assistant: Pubkey,
) -> () {
    assign!(check.borrow_mut().status, status);

    assign!(check.borrow_mut().result, output);

    assign!(check.borrow_mut().reporter, reporter);

    assign!(check.borrow_mut().assistant, assistant);
}

pub fn count_verifier<'info>(
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut least: u64,
) -> () {
    let mut enough = stake.borrow().verifier >= least;

    if enough && (!stake.borrow().is_verifier) {
        assign!(
            governance.borrow_mut().verifiers,
            governance.borrow().verifiers + 1
        );
    } else {
        if stake.borrow().is_verifier && (!enough) {
            assign!(
                governance.borrow_mut().verifiers,
                governance.borrow().verifiers - 1
            );
        }
    }

    assign!(stake.borrow_mut().is_verifier, enough);
}

pub fn output_of<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut owner: Pubkey,
) -> Mutable<[u8; 32]> {
    if owner == check.borrow().challenger {
        return copied(check.borrow().challenger_output.clone());
    }

    for mut round in 0..3 {
        if check.borrow().thirds.borrow()[check.borrow().thirds.wrapped_index(round as i128)]
            == owner
        {
            return output_of_round(
                check.clone(),
                <u32 as TryFrom<_>>::try_from(round.clone()).unwrap(),
            );
        }
    }

    return copied(check.borrow().result.clone());
}

pub fn output_of_round<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut round: u32,
) -> Mutable<[u8; 32]> {
    if round == 0 {
        return copied(check.borrow().output0.clone());
    }

    if round == 1 {
        return copied(check.borrow().output1.clone());
    }

    return copied(check.borrow().output2.clone());
}

pub fn release_accused<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut accused: Mutable<LoadedStake<'info, '_>>,
) -> () {
    if check.borrow().accused_held {
        assign!(accused.borrow_mut().disputes, accused.borrow().disputes - 1);

        assign!(check.borrow_mut().accused_held, false);
    }
}

pub fn release_challenger<'info>(
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut challenger: Mutable<LoadedStake<'info, '_>>,
) -> () {
    if check.borrow().challenger_held {
        assign!(
            challenger.borrow_mut().disputes,
            challenger.borrow().disputes - 1
        );

        assign!(
            challenger.borrow_mut().challenges,
            challenger.borrow().challenges - 1
        );

        assign!(check.borrow_mut().challenger_held, false);
    }
}

pub fn resume<'info>(
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut now: i64,
) -> () {
    assign!(work.borrow_mut().disputed, false);

    assign!(
        work.borrow_mut().prove_until_ts,
        work.borrow().prove_until_ts + (now - check.borrow().opened_ts)
    );
}
