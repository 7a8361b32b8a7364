// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    assignment::seed_delay,
    checks::{count_verifier, Check},
    config::Config,
    digests::copied,
    emission::Emission,
    governance::Governance,
    native::key_bytes,
    parameters::{of_class, APPEAL_WINDOW_S, FULL_BPS, SLASH, SOFT_BPS, VERIFIER_STAKE},
    quality::OFFENCE_DIVISOR,
    registry::{Miner, Model},
    staking::Stake,
    tasks::{
        give_place, outvoted, uncount_output, votes_for, votes_needed, SpentRecord, Task, Work,
        WORK_COMMITTED, WORK_REJECTED,
    },
};

use crate::dot::assignment::*;
use crate::dot::checks::*;
use crate::dot::config::*;
use crate::dot::digests::*;
use crate::dot::emission::*;
use crate::dot::governance::*;
use crate::dot::native::*;
use crate::dot::parameters::*;
use crate::dot::quality::*;
use crate::dot::registry::*;
use crate::dot::staking::*;
use crate::dot::tasks::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { APPEAL_PROOF_S , 604800 }

seahorse_const! { ASSISTANT_PART , 5 }

seahorse_const! { OFFENCE_APPEALED , 2 }

seahorse_const! { OFFENCE_EXECUTED , 3 }

seahorse_const! { OFFENCE_FAILED_CHECK , 4 }

seahorse_const! { OFFENCE_FALSE_CHECK , 5 }

seahorse_const! { OFFENCE_INVALID_CLAIM , 1 }

seahorse_const! { OFFENCE_MINORITY_OUTPUT , 3 }

seahorse_const! { OFFENCE_MISSED_PROOF , 2 }

seahorse_const! { OFFENCE_NONE , 0 }

seahorse_const! { OFFENCE_OVERTURNED , 4 }

seahorse_const! { OFFENCE_PENDING , 1 }

#[account]
#[derive(Debug)]
pub struct Offence {
    pub kind: u8,
    pub status: u8,
    pub evidence: Pubkey,
    pub work: Pubkey,
    pub task: Pubkey,
    pub stake: Pubkey,
    pub owner: Pubkey,
    pub miner: Pubkey,
    pub reporter: Pubkey,
    pub assistant: Pubkey,
    pub context: [u8; 32],
    pub output: [u8; 32],
    pub tokens: u32,
    pub amount: u64,
    pub from_matured: u64,
    pub from_pending: u64,
    pub from_unstaking: u64,
    pub from_verifier: u64,
    pub bond: u64,
    pub appeal_bond: u64,
    pub created_ts: i64,
    pub final_ts: i64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Offence {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedOffence<'info, 'entrypoint>> {
        let kind = account.kind;
        let status = account.status;
        let evidence = account.evidence.clone();
        let work = account.work.clone();
        let task = account.task.clone();
        let stake = account.stake.clone();
        let owner = account.owner.clone();
        let miner = account.miner.clone();
        let reporter = account.reporter.clone();
        let assistant = account.assistant.clone();
        let context = Mutable::new(account.context.clone());
        let output = Mutable::new(account.output.clone());
        let tokens = account.tokens;
        let amount = account.amount;
        let from_matured = account.from_matured;
        let from_pending = account.from_pending;
        let from_unstaking = account.from_unstaking;
        let from_verifier = account.from_verifier;
        let bond = account.bond;
        let appeal_bond = account.appeal_bond;
        let created_ts = account.created_ts;
        let final_ts = account.final_ts;
        let bump = account.bump;

        Mutable::new(LoadedOffence {
            __account__: account,
            __programs__: programs_map,
            kind,
            status,
            evidence,
            work,
            task,
            stake,
            owner,
            miner,
            reporter,
            assistant,
            context,
            output,
            tokens,
            amount,
            from_matured,
            from_pending,
            from_unstaking,
            from_verifier,
            bond,
            appeal_bond,
            created_ts,
            final_ts,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedOffence>) {
        let mut loaded = loaded.borrow_mut();
        let kind = loaded.kind;

        loaded.__account__.kind = kind;

        let status = loaded.status;

        loaded.__account__.status = status;

        let evidence = loaded.evidence.clone();

        loaded.__account__.evidence = evidence;

        let work = loaded.work.clone();

        loaded.__account__.work = work;

        let task = loaded.task.clone();

        loaded.__account__.task = task;

        let stake = loaded.stake.clone();

        loaded.__account__.stake = stake;

        let owner = loaded.owner.clone();

        loaded.__account__.owner = owner;

        let miner = loaded.miner.clone();

        loaded.__account__.miner = miner;

        let reporter = loaded.reporter.clone();

        loaded.__account__.reporter = reporter;

        let assistant = loaded.assistant.clone();

        loaded.__account__.assistant = assistant;

        let context = loaded.context.borrow().clone();

        loaded.__account__.context = context;

        let output = loaded.output.borrow().clone();

        loaded.__account__.output = output;

        let tokens = loaded.tokens;

        loaded.__account__.tokens = tokens;

        let amount = loaded.amount;

        loaded.__account__.amount = amount;

        let from_matured = loaded.from_matured;

        loaded.__account__.from_matured = from_matured;

        let from_pending = loaded.from_pending;

        loaded.__account__.from_pending = from_pending;

        let from_unstaking = loaded.from_unstaking;

        loaded.__account__.from_unstaking = from_unstaking;

        let from_verifier = loaded.from_verifier;

        loaded.__account__.from_verifier = from_verifier;

        let bond = loaded.bond;

        loaded.__account__.bond = bond;

        let appeal_bond = loaded.appeal_bond;

        loaded.__account__.appeal_bond = appeal_bond;

        let created_ts = loaded.created_ts;

        loaded.__account__.created_ts = created_ts;

        let final_ts = loaded.final_ts;

        loaded.__account__.final_ts = final_ts;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedOffence<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Offence>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub kind: u8,
    pub status: u8,
    pub evidence: Pubkey,
    pub work: Pubkey,
    pub task: Pubkey,
    pub stake: Pubkey,
    pub owner: Pubkey,
    pub miner: Pubkey,
    pub reporter: Pubkey,
    pub assistant: Pubkey,
    pub context: Mutable<[u8; 32]>,
    pub output: Mutable<[u8; 32]>,
    pub tokens: u32,
    pub amount: u64,
    pub from_matured: u64,
    pub from_pending: u64,
    pub from_unstaking: u64,
    pub from_verifier: u64,
    pub bond: u64,
    pub appeal_bond: u64,
    pub created_ts: i64,
    pub final_ts: i64,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct OffenceAppealed {
    pub offence: Pubkey,
    pub appeal_bond: u64,
    pub final_ts: i64,
}

impl Mutable<OffenceAppealed> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(OffenceAppealed {
            offence: e.offence.clone(),
            appeal_bond: e.appeal_bond,
            final_ts: e.final_ts
        })
    }
}

impl OffenceAppealed {
    pub fn __new__(offence: Pubkey, appeal_bond: u64, final_ts: i64) -> Mutable<Self> {
        let obj = OffenceAppealed {
            offence,
            appeal_bond,
            final_ts,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct OffenceExecuted {
    pub offence: Pubkey,
    pub stake: Pubkey,
    pub amount: u64,
    pub burned: u64,
    pub reporter_paid: u64,
    pub assistant_paid: u64,
    pub bond_paid: u64,
    pub bond_burned: u64,
}

impl Mutable<OffenceExecuted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(OffenceExecuted {
            offence: e.offence.clone(),
            stake: e.stake.clone(),
            amount: e.amount,
            burned: e.burned,
            reporter_paid: e.reporter_paid,
            assistant_paid: e.assistant_paid,
            bond_paid: e.bond_paid,
            bond_burned: e.bond_burned
        })
    }
}

impl OffenceExecuted {
    pub fn __new__(
        offence: Pubkey,
        stake: Pubkey,
        amount: u64,
        burned: u64,
        reporter_paid: u64,
        assistant_paid: u64,
        bond_paid: u64,
        bond_burned: u64,
    ) -> Mutable<Self> {
        let obj = OffenceExecuted {
            offence,
            stake,
            amount,
            burned,
            reporter_paid,
            assistant_paid,
            bond_paid,
            bond_burned,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct OffenceOverturned {
    pub offence: Pubkey,
    pub stake: Pubkey,
    pub amount: u64,
    pub bond: u64,
}

impl Mutable<OffenceOverturned> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(OffenceOverturned {
            offence: e.offence.clone(),
            stake: e.stake.clone(),
            amount: e.amount,
            bond: e.bond
        })
    }
}

impl OffenceOverturned {
    pub fn __new__(offence: Pubkey, stake: Pubkey, amount: u64, bond: u64) -> Mutable<Self> {
        let obj = OffenceOverturned {
            offence,
            stake,
            amount,
            bond,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct OffenceReported {
    pub offence: Pubkey,
    pub kind: u8,
    pub evidence: Pubkey,
    pub work: Pubkey,
    pub stake: Pubkey,
    pub owner: Pubkey,
    pub miner: Pubkey,
    pub reporter: Pubkey,
    pub assistant: Pubkey,
    pub amount: u64,
    pub bond: u64,
    pub final_ts: i64,
}

impl Mutable<OffenceReported> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(OffenceReported {
            offence: e.offence.clone(),
            kind: e.kind,
            evidence: e.evidence.clone(),
            work: e.work.clone(),
            stake: e.stake.clone(),
            owner: e.owner.clone(),
            miner: e.miner.clone(),
            reporter: e.reporter.clone(),
            assistant: e.assistant.clone(),
            amount: e.amount,
            bond: e.bond,
            final_ts: e.final_ts
        })
    }
}

impl OffenceReported {
    pub fn __new__(
        offence: Pubkey,
        kind: u8,
        evidence: Pubkey,
        work: Pubkey,
        stake: Pubkey,
        owner: Pubkey,
        miner: Pubkey,
        reporter: Pubkey,
        assistant: Pubkey,
        amount: u64,
        bond: u64,
        final_ts: i64,
    ) -> Mutable<Self> {
        let obj = OffenceReported {
            offence,
            kind,
            evidence,
            work,
            stake,
            owner,
            miner,
            reporter,
            assistant,
            amount,
            bond,
            final_ts,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct WorkClosed {
    pub work: Pubkey,
    pub task: Pubkey,
    pub miner: Pubkey,
}

impl Mutable<WorkClosed> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkClosed {
            work: e.work.clone(),
            task: e.task.clone(),
            miner: e.miner.clone()
        })
    }
}

impl WorkClosed {
    pub fn __new__(work: Pubkey, task: Pubkey, miner: Pubkey) -> Mutable<Self> {
        let obj = WorkClosed { work, task, miner };

        return Mutable::new(obj);
    }
}

pub fn charge_check<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
) -> () {
    assign!(offence.borrow_mut().work, check.borrow().work);

    assign!(offence.borrow_mut().task, check.borrow().task);

    assign!(offence.borrow_mut().miner, check.borrow().miner);

    take(
        config.clone(),
        governance.clone(),
        offence.clone(),
        stake.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(VERIFIER_STAKE!() as i128)]
        .clone(),
    );
}

pub fn charge_work<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
) -> () {
    assign!(offence.borrow_mut().work, work.borrow().__account__.key());

    assign!(offence.borrow_mut().task, task.borrow().__account__.key());

    assign!(offence.borrow_mut().miner, miner.borrow().__account__.key());

    assign!(
        offence.borrow_mut().output,
        copied(work.borrow().output.clone())
    );

    assign!(offence.borrow_mut().tokens, work.borrow().tokens);

    if offence.borrow().kind == OFFENCE_MISSED_PROOF!() {
        assign!(
            offence.borrow_mut().context,
            copied(work.borrow().context.clone())
        );
    }

    let mut slash = of_class(
        config.borrow().parameters.clone(),
        task.borrow().task_class.clone(),
        SLASH!(),
    );

    let mut bond = miner.borrow().bond;

    if is_soft(
        offence.borrow().kind.clone(),
        work.borrow().sampling_bps.clone(),
    ) {
        slash = part(
            slash.clone(),
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(SOFT_BPS!() as i128)]
            .clone(),
        );

        bond = part(
            bond.clone(),
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(SOFT_BPS!() as i128)]
            .clone(),
        );
    } else {
        assign!(
            miner.borrow_mut().quality_bps,
            miner.borrow().quality_bps / OFFENCE_DIVISOR!()
        );
    }

    assign!(miner.borrow_mut().offences, miner.borrow().offences + 1);

    assign!(miner.borrow_mut().bond, miner.borrow().bond - bond);

    assign!(offence.borrow_mut().bond, bond);

    take(
        config.clone(),
        governance.clone(),
        offence.clone(),
        stake.clone(),
        slash.clone(),
    );
}

pub fn check_accused<'info>(
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
) -> () {
    if !(work.borrow().task == task.borrow().__account__.key()) {
        refuse("NotTaskOfWork: the work belongs to another task");
    }

    if !(work.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotMinerOfWork: the work belongs to another miner");
    }

    if !(work.borrow().owner == stake.borrow().owner) {
        refuse("NotStakeOfWork: the stake belongs to somebody else than the work");
    }
}

pub fn check_payment<'info>(
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
) -> () {
    if !(task.borrow().model == model.borrow().__account__.key()) {
        refuse("NotModelOfTask: the task asks for another model");
    }

    if !(task.borrow().spent_record == spent_record.borrow().__account__.key()) {
        refuse("NotRecordOfTask: the spent record belongs to another input");
    }
}

pub fn count_failure<'info>(mut miner: Mutable<LoadedMiner<'info, '_>>) -> () {
    assign!(miner.borrow_mut().failed, miner.borrow().failed + 1);

    assign!(miner.borrow_mut().failures, miner.borrow().failures + 1);
}

pub fn give_back<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
) -> () {
    assign!(
        stake.borrow_mut().pending,
        stake.borrow().pending + offence.borrow().from_pending
    );

    assign!(
        stake.borrow_mut().matured,
        stake.borrow().matured + offence.borrow().from_matured
    );

    assign!(
        stake.borrow_mut().unstaking,
        stake.borrow().unstaking + offence.borrow().from_unstaking
    );

    assign!(
        stake.borrow_mut().verifier,
        stake.borrow().verifier + offence.borrow().from_verifier
    );

    assign!(
        stake.borrow_mut().escrowed,
        stake.borrow().escrowed - offence.borrow().amount
    );

    assign!(
        governance.borrow_mut().staked,
        governance.borrow().staked
            + (offence.borrow().from_pending + offence.borrow().from_matured)
    );

    count_verifier(
        governance.clone(),
        stake.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(VERIFIER_STAKE!() as i128)]
        .clone(),
    );
}

pub fn is_soft(mut kind: u8, mut sampling_bps: u16) -> bool {
    return (kind == OFFENCE_INVALID_CLAIM!())
        || ((kind == OFFENCE_MISSED_PROOF!()) && (sampling_bps == FULL_BPS!()));
}

pub fn lose_work<'info>(
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut status: u8,
    mut slot: u64,
    mut nobody: Pubkey,
) -> () {
    assign!(emission.borrow_mut().pending, emission.borrow().pending - 1);

    assign!(miner.borrow_mut().in_flight, miner.borrow().in_flight - 1);

    assign!(
        stake.borrow_mut().at_risk,
        stake.borrow().at_risk - work.borrow().at_risk
    );

    let mut target_slot = slot + seed_delay(task.borrow().task_class.clone());

    give_place(
        task.clone(),
        target_slot.clone(),
        work.borrow().owner.clone(),
        nobody.clone(),
    );

    uncount_output(task.clone(), work.borrow().output.clone());

    assign!(work.borrow_mut().status, status);
}

pub fn offence_of<'info>(
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut now: i64,
) -> u8 {
    if work.borrow().status == WORK_REJECTED!() {
        return OFFENCE_INVALID_CLAIM!();
    }

    if (work.borrow().status != WORK_COMMITTED!()) || work.borrow().disputed {
        return OFFENCE_NONE!();
    }

    if outvoted(task.clone(), work.borrow().output.clone()) {
        return OFFENCE_MINORITY_OUTPUT!();
    }

    if (now <= work.borrow().prove_until_ts)
        || (votes_for(task.clone(), work.borrow().output.clone())
            < votes_needed(task.borrow().places.clone()))
    {
        return OFFENCE_NONE!();
    }

    if (!model.borrow().approved)
        || (spent_record.borrow().spent
            && (spent_record.borrow().task != task.borrow().__account__.key()))
    {
        return OFFENCE_NONE!();
    }

    return OFFENCE_MISSED_PROOF!();
}

pub fn open_offence<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut kind: u8,
    mut evidence: Pubkey,
    mut reporter: Pubkey,
    mut assistant: Pubkey,
    mut now: i64,
    mut bump: u8,
) -> () {
    assign!(offence.borrow_mut().kind, kind);

    assign!(offence.borrow_mut().status, OFFENCE_PENDING!());

    assign!(offence.borrow_mut().evidence, evidence);

    assign!(offence.borrow_mut().stake, stake.borrow().__account__.key());

    assign!(offence.borrow_mut().owner, stake.borrow().owner);

    assign!(offence.borrow_mut().reporter, reporter);

    assign!(offence.borrow_mut().assistant, assistant);

    assign!(
        offence.borrow_mut().context,
        key_bytes(offence.borrow().__account__.key())
    );

    assign!(offence.borrow_mut().created_ts, now);

    assign!(
        offence.borrow_mut().final_ts,
        now + <i64 as TryFrom<_>>::try_from(
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(APPEAL_WINDOW_S!() as i128)]
            .clone()
        )
        .unwrap()
    );

    assign!(offence.borrow_mut().bump, bump);

    assign!(stake.borrow_mut().offences, stake.borrow().offences + 1);
}

pub fn part(mut amount: u64, mut share_bps: u64) -> u64 {
    return <u64 as TryFrom<_>>::try_from(
        ((<u128 as TryFrom<_>>::try_from(amount.clone()).unwrap()
            * <u128 as TryFrom<_>>::try_from(share_bps.clone()).unwrap())
            / FULL_BPS!()),
    )
    .unwrap();
}

pub fn reported<'info>(
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut key: Pubkey,
) -> Mutable<OffenceReported> {
    return OffenceReported::__new__(
        key.clone(),
        offence.borrow().kind.clone(),
        offence.borrow().evidence.clone(),
        offence.borrow().work.clone(),
        offence.borrow().stake.clone(),
        offence.borrow().owner.clone(),
        offence.borrow().miner.clone(),
        offence.borrow().reporter.clone(),
        offence.borrow().assistant.clone(),
        offence.borrow().amount.clone(),
        offence.borrow().bond.clone(),
        offence.borrow().final_ts.clone(),
    );
}

pub fn take<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut amount: u64,
) -> () {
    let mut pledged = 0;

    if offence.borrow().kind == OFFENCE_FALSE_CHECK!() {
        pledged = amount.min(stake.borrow().verifier);
    }

    let mut left = amount - pledged;

    assign!(
        offence.borrow_mut().from_pending,
        left.min(stake.borrow().pending)
    );

    assign!(left, left - offence.borrow().from_pending);

    assign!(
        offence.borrow_mut().from_matured,
        left.min(stake.borrow().matured)
    );

    assign!(left, left - offence.borrow().from_matured);

    assign!(
        offence.borrow_mut().from_unstaking,
        left.min(stake.borrow().unstaking)
    );

    assign!(left, left - offence.borrow().from_unstaking);

    let mut more = left.min(stake.borrow().verifier - pledged);

    assign!(left, left - more);

    assign!(offence.borrow_mut().from_verifier, pledged + more);

    assign!(offence.borrow_mut().amount, amount - left);

    assign!(
        stake.borrow_mut().pending,
        stake.borrow().pending - offence.borrow().from_pending
    );

    assign!(
        stake.borrow_mut().matured,
        stake.borrow().matured - offence.borrow().from_matured
    );

    assign!(
        stake.borrow_mut().unstaking,
        stake.borrow().unstaking - offence.borrow().from_unstaking
    );

    assign!(
        stake.borrow_mut().verifier,
        stake.borrow().verifier - offence.borrow().from_verifier
    );

    assign!(
        stake.borrow_mut().escrowed,
        stake.borrow().escrowed + offence.borrow().amount
    );

    assign!(
        governance.borrow_mut().staked,
        governance.borrow().staked
            - (offence.borrow().from_pending + offence.borrow().from_matured)
    );

    count_verifier(
        governance.clone(),
        stake.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(VERIFIER_STAKE!() as i128)]
        .clone(),
    );
}
