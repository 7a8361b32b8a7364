// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    calibration::{
        check_device_class, cpu_cap, earliest_start, gpu_cap, network_cap, plausibility, ram_cap,
        storage_cap, trust, PLAUSIBLE,
    },
    config::{check_rate_floor, configure, Config, DECIMALS},
    digests::{append_digest, copied, digest},
    events::{
        MinerRegistered, ModelRegistered, NetworkCreated, RewardQuoted, TaskFunded, TaskPosted,
        WorkCommitted, WorkRejected, WorkSettled,
    },
    registry::{check_model_limits, check_profile, most_active_ms, total_units, Miner, Model},
    rewards::{
        epoch_at, epoch_rate, hourly_rate, nft_bonus, reward, uptime_bonus, DEFAULT_DIFFICULTY,
        NFT_NONE,
    },
    tasks::{
        check_lifetime, check_tokens, to_ms, SpentRecord, Task, Work, FULL_SAMPLING,
        SETTLE_WINDOW_S, TASK_ASSIGNED, TASK_OPEN, TASK_SETTLED, WORK_COMMITTED, WORK_REJECTED,
        WORK_SETTLED,
    },
};

use crate::dot::calibration::*;
use crate::dot::config::*;
use crate::dot::digests::*;
use crate::dot::events::*;
use crate::dot::registry::*;
use crate::dot::rewards::*;
use crate::dot::tasks::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

pub fn commit_work_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Empty<Mutable<LoadedWork<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut context0: u64,
    mut context1: u64,
    mut context2: u64,
    mut context3: u64,
    mut output0: u64,
    mut output1: u64,
    mut output2: u64,
    mut output3: u64,
    mut tokens: u32,
    mut active_ms: u64,
) -> () {
    let mut bump = work.bump.unwrap();
    let mut work = work.account.clone();
    let mut now = clock.unix_timestamp;

    if !(miner.borrow().owner == owner.key()) {
        panic!("NotMinerOwner: only its owner can commit work for a miner");
    }

    if !(task.borrow().model == model.borrow().__account__.key()) {
        panic!("WrongTaskModel: the task asks for another model");
    }

    if !(task.borrow().status == TASK_OPEN!()) {
        panic!("TaskAlreadyAssigned: another commit has taken this task");
    }

    if !(now <= task.borrow().expires_ts) {
        panic!("TaskExpired: the task can no longer be committed to");
    }

    check_tokens(
        tokens.clone(),
        model.borrow().max_tokens.clone(),
        active_ms.clone(),
    );

    let mut start_ms = earliest_start(
        to_ms(task.borrow().posted_ts.clone()),
        miner.borrow().busy_until_ms.clone(),
    );

    let mut units = total_units(
        model.borrow().segments.clone(),
        model.borrow().work_units.clone(),
        tokens.clone(),
    );

    let mut most_ms = most_active_ms(
        model.borrow().segments.clone(),
        model.borrow().max_active_ms.clone(),
        tokens.clone(),
    );

    let mut reason = plausibility(
        miner.borrow().device_class.clone(),
        units.clone(),
        active_ms.clone(),
        start_ms.clone(),
        to_ms(now.clone()),
        most_ms.clone(),
    );

    assign!(work.borrow_mut().miner, miner.borrow().__account__.key());

    assign!(work.borrow_mut().task, task.borrow().__account__.key());

    assign!(work.borrow_mut().model, model.borrow().__account__.key());

    assign!(
        work.borrow_mut().context,
        digest(
            context0.clone(),
            context1.clone(),
            context2.clone(),
            context3.clone()
        )
    );

    assign!(
        work.borrow_mut().output,
        digest(
            output0.clone(),
            output1.clone(),
            output2.clone(),
            output3.clone()
        )
    );

    assign!(work.borrow_mut().tokens, tokens);

    assign!(work.borrow_mut().active_ms, active_ms);

    assign!(work.borrow_mut().committed_ts, now);

    assign!(work.borrow_mut().committed_slot, clock.slot);

    assign!(work.borrow_mut().sampling_bps, FULL_SAMPLING!());

    assign!(work.borrow_mut().reason, reason);

    assign!(work.borrow_mut().bump, bump);

    assign!(miner.borrow_mut().commits, miner.borrow().commits + 1);

    if reason == PLAUSIBLE!() {
        assign!(work.borrow_mut().status, WORK_COMMITTED!());

        assign!(task.borrow_mut().status, TASK_ASSIGNED!());

        assign!(task.borrow_mut().miner, miner.borrow().__account__.key());

        assign!(miner.borrow_mut().busy_until_ms, start_ms + active_ms);

        let mut committed = WorkCommitted::__new__(
            work.borrow().__account__.key(),
            task.borrow().__account__.key(),
            miner.borrow().__account__.key(),
            tokens.clone(),
            active_ms.clone(),
        );

        committed.__emit__();
    } else {
        assign!(work.borrow_mut().status, WORK_REJECTED!());

        assign!(miner.borrow_mut().violations, miner.borrow().violations + 1);

        let mut rejected = WorkRejected::__new__(
            work.borrow().__account__.key(),
            task.borrow().__account__.key(),
            miner.borrow().__account__.key(),
            reason.clone(),
            miner.borrow().violations.clone(),
        );

        rejected.__emit__();
    }
}

pub fn fund_task_handler<'info>(
    mut requester: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut amount: u64,
) -> () {
    if !(task.borrow().requester == requester.key()) {
        panic!("NotRequester: only its requester can fund a task");
    }

    if !(task.borrow().status == TASK_OPEN!()) {
        panic!("TaskNotOpen: only an open task can be funded");
    }

    if !(mint.key() == config.borrow().mint) {
        panic!("WrongFeeMint: this is not the MAI mint");
    }

    if !(token_account.mint == config.borrow().mint) {
        panic!("WrongFeeAccount: the fee must come from a MAI token account");
    }

    if !(token_account.owner == requester.key()) {
        panic!("NotFeeOwner: the fee must come from the requester");
    }

    if !(amount >= 1) {
        panic!("NothingToBurn: the fee is at least one base unit");
    }

    token::burn(
        CpiContext::new(
            mint.programs.get("token_program"),
            token::Burn {
                mint: mint.to_account_info(),
                authority: requester.clone().to_account_info(),
                from: token_account.clone().to_account_info(),
            },
        ),
        amount.clone(),
    )
    .unwrap();

    assign!(
        task.borrow_mut().fee_burned,
        task.borrow().fee_burned + amount
    );

    let mut funded = TaskFunded::__new__(
        task.borrow().__account__.key(),
        amount.clone(),
        task.borrow().fee_burned.clone(),
    );

    funded.__emit__();
}

pub fn genesis_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Empty<Mutable<LoadedConfig<'info, '_>>>,
    mut mint: Empty<SeahorseAccount<'info, '_, Mint>>,
    mut verifier_program: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
    mut chain_id: u32,
    mut rate_floor: u64,
    mut srs0: u64,
    mut srs1: u64,
    mut srs2: u64,
    mut srs3: u64,
) -> () {
    let mut bump = config.bump.unwrap();
    let mut config = config.account.clone();
    let mut mint = mint.account.clone();
    let mut srs = digest(srs0.clone(), srs1.clone(), srs2.clone(), srs3.clone());
    let mut now = clock.unix_timestamp;

    configure(
        config.clone(),
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        now.clone(),
        rate_floor.clone(),
        srs.clone(),
        bump.clone(),
    );

    let mut created = NetworkCreated::__new__(
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        now.clone(),
        rate_floor.clone(),
        0,
    );

    created.__emit__();
}

pub fn genesis_adopt_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Empty<Mutable<LoadedConfig<'info, '_>>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut verifier_program: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
    mut chain_id: u32,
    mut rate_floor: u64,
    mut srs0: u64,
    mut srs1: u64,
    mut srs2: u64,
    mut srs3: u64,
) -> () {
    let mut bump = config.bump.unwrap();
    let mut config = config.account.clone();

    if !(mint.decimals == DECIMALS!()) {
        panic!("WrongDecimals: the mint must have 9 decimals");
    }

    if !(mint.mint_authority.unwrap_or_default() == config.borrow().__account__.key()) {
        panic!("WrongMintAuthority: the mint authority must be the config account");
    }

    if !(mint.freeze_authority.unwrap_or_default() == config.borrow().nobody) {
        panic!("FreezeAuthorityPresent: the mint must have no freeze authority");
    }

    let mut srs = digest(srs0.clone(), srs1.clone(), srs2.clone(), srs3.clone());
    let mut now = clock.unix_timestamp;

    configure(
        config.clone(),
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        now.clone(),
        rate_floor.clone(),
        srs.clone(),
        bump.clone(),
    );

    let mut created = NetworkCreated::__new__(
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        now.clone(),
        rate_floor.clone(),
        mint.supply,
    );

    created.__emit__();
}

pub fn open_spent_record_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut spent_record: Empty<Mutable<LoadedSpentRecord<'info, '_>>>,
    mut input0: u64,
    mut input1: u64,
    mut input2: u64,
    mut input3: u64,
    mut position: u32,
) -> () {
    let mut bump = spent_record.bump.unwrap();
    let mut spent_record = spent_record.account.clone();

    if !(position < model.borrow().positions) {
        panic!("PositionOutOfRange: the model has fewer positions");
    }

    assign!(
        spent_record.borrow_mut().model,
        model.borrow().__account__.key()
    );

    assign!(
        spent_record.borrow_mut().input,
        digest(
            input0.clone(),
            input1.clone(),
            input2.clone(),
            input3.clone()
        )
    );

    assign!(spent_record.borrow_mut().position, position);

    assign!(spent_record.borrow_mut().bump, bump);
}

pub fn post_task_handler<'info>(
    mut requester: SeahorseSigner<'info, '_>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut task: Empty<Mutable<LoadedTask<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut nonce: u64,
    mut lifetime_s: u32,
) -> () {
    let mut bump = task.bump.unwrap();
    let mut task = task.account.clone();

    check_lifetime(lifetime_s.clone());

    if !model.borrow().approved {
        panic!("ModelNotApproved: tasks need an approved model");
    }

    if !(spent_record.borrow().model == model.borrow().__account__.key()) {
        panic!("WrongSpentRecord: the spent record belongs to another model");
    }

    if !(!spent_record.borrow().spent) {
        panic!("InputAlreadyPaid: this input was already paid for this model");
    }

    assign!(task.borrow_mut().requester, requester.key());

    assign!(task.borrow_mut().model, model.borrow().__account__.key());

    assign!(
        task.borrow_mut().spent_record,
        spent_record.borrow().__account__.key()
    );

    assign!(
        task.borrow_mut().input,
        copied(spent_record.borrow().input.clone())
    );

    assign!(task.borrow_mut().position, spent_record.borrow().position);

    assign!(task.borrow_mut().nonce, nonce);

    assign!(task.borrow_mut().posted_ts, clock.unix_timestamp);

    assign!(task.borrow_mut().posted_slot, clock.slot);

    assign!(
        task.borrow_mut().expires_ts,
        clock.unix_timestamp + <i64 as TryFrom<_>>::try_from(lifetime_s.clone()).unwrap()
    );

    assign!(task.borrow_mut().status, TASK_OPEN!());

    assign!(task.borrow_mut().bump, bump);

    let mut posted = TaskPosted::__new__(
        task.borrow().__account__.key(),
        requester.key(),
        model.borrow().__account__.key(),
        task.borrow().position.clone(),
        task.borrow().expires_ts.clone(),
    );

    posted.__emit__();
}

pub fn quote_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut gpu_mhs: u32,
    mut cpu_mhz: u32,
    mut ram_mhz: u32,
    mut storage_gb: u32,
    mut network_mbps: u32,
    mut active_ms: u64,
    mut nft_tier: u8,
    mut uptime_bps: u16,
    mut trust_bps: u64,
    mut difficulty_bps: u64,
    mut epoch: u64,
    mut rate_floor: u64,
) -> () {
    check_rate_floor(rate_floor.clone());

    let mut hourly = hourly_rate(
        gpu_mhs.clone(),
        cpu_mhz.clone(),
        ram_mhz.clone(),
        storage_gb.clone(),
        network_mbps.clone(),
    );

    let mut terms = reward(
        hourly.clone(),
        active_ms.clone(),
        nft_bonus(nft_tier.clone()),
        uptime_bonus(uptime_bps.clone()),
        trust_bps.clone(),
        difficulty_bps.clone(),
        epoch_rate(epoch.clone(), rate_floor.clone()),
    );

    let mut quoted = RewardQuoted::__new__(
        terms.borrow().hourly.clone(),
        terms.borrow().base.clone(),
        terms.borrow().after_nft.clone(),
        terms.borrow().after_uptime.clone(),
        terms.borrow().after_trust.clone(),
        terms.borrow().after_difficulty.clone(),
        terms.borrow().amount.clone(),
    );

    quoted.__emit__();
}

pub fn register_miner_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut miner: Empty<Mutable<LoadedMiner<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut device: Pubkey,
    mut device_class: u8,
    mut region: u16,
    mut client_version: u32,
    mut gpu_mhs: u32,
    mut cpu_mhz: u32,
    mut ram_mhz: u32,
    mut storage_gb: u32,
    mut network_mbps: u32,
) -> () {
    let mut bump = miner.bump.unwrap();
    let mut miner = miner.account.clone();

    check_device_class(device_class.clone());

    check_profile(region.clone(), client_version.clone());

    hourly_rate(
        gpu_mhs.clone(),
        cpu_mhz.clone(),
        ram_mhz.clone(),
        storage_gb.clone(),
        network_mbps.clone(),
    );

    assign!(miner.borrow_mut().owner, owner.key());

    assign!(miner.borrow_mut().device, device);

    assign!(miner.borrow_mut().device_class, device_class);

    assign!(miner.borrow_mut().nft_tier, NFT_NONE!());

    assign!(miner.borrow_mut().region, region);

    assign!(miner.borrow_mut().client_version, client_version);

    assign!(
        miner.borrow_mut().gpu_mhs,
        gpu_mhs.min(gpu_cap(device_class.clone()))
    );

    assign!(
        miner.borrow_mut().cpu_mhz,
        cpu_mhz.min(cpu_cap(device_class.clone()))
    );

    assign!(
        miner.borrow_mut().ram_mhz,
        ram_mhz.min(ram_cap(device_class.clone()))
    );

    assign!(
        miner.borrow_mut().storage_gb,
        storage_gb.min(storage_cap(device_class.clone()))
    );

    assign!(
        miner.borrow_mut().network_mbps,
        network_mbps.min(network_cap(device_class.clone()))
    );

    assign!(miner.borrow_mut().registered_ts, clock.unix_timestamp);

    assign!(
        miner.borrow_mut().busy_until_ms,
        to_ms(clock.unix_timestamp.clone())
    );

    assign!(miner.borrow_mut().bump, bump);

    let mut registered = MinerRegistered::__new__(
        miner.borrow().__account__.key(),
        owner.key(),
        device_class.clone(),
        miner.borrow().gpu_mhs.clone(),
        miner.borrow().cpu_mhz.clone(),
        miner.borrow().ram_mhz.clone(),
        miner.borrow().storage_gb.clone(),
        miner.borrow().network_mbps.clone(),
    );

    registered.__emit__();
}

pub fn register_model_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut model: Empty<Mutable<LoadedModel<'info, '_>>>,
    mut key0: u64,
    mut key1: u64,
    mut key2: u64,
    mut key3: u64,
    mut params0: u64,
    mut params1: u64,
    mut params2: u64,
    mut params3: u64,
    mut segments: u32,
    mut work_units: u64,
    mut max_active_ms: u64,
    mut max_tokens: u32,
    mut positions: u32,
) -> () {
    let mut bump = model.bump.unwrap();
    let mut model = model.account.clone();

    if !(authority.key() == config.borrow().authority) {
        panic!("NotAuthority: only the configured authority can register a model");
    }

    check_model_limits(
        segments.clone(),
        work_units.clone(),
        max_active_ms.clone(),
        max_tokens.clone(),
        positions.clone(),
    );

    assign!(
        model.borrow_mut().key_hash,
        digest(key0.clone(), key1.clone(), key2.clone(), key3.clone())
    );

    assign!(
        model.borrow_mut().params,
        digest(
            params0.clone(),
            params1.clone(),
            params2.clone(),
            params3.clone()
        )
    );

    assign!(model.borrow_mut().segments, segments);

    assign!(model.borrow_mut().work_units, work_units);

    assign!(model.borrow_mut().max_active_ms, max_active_ms);

    assign!(model.borrow_mut().max_tokens, max_tokens);

    assign!(model.borrow_mut().positions, positions);

    assign!(model.borrow_mut().approved, true);

    assign!(model.borrow_mut().bump, bump);

    let mut registered = ModelRegistered::__new__(
        model.borrow().__account__.key(),
        segments.clone(),
        work_units.clone(),
        max_active_ms.clone(),
    );

    registered.__emit__();
}

pub fn settle_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut verifier_program: UncheckedAccount<'info>,
    mut receipt: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    if !(miner.borrow().owner == owner.key()) {
        panic!("NotOwner: only its owner can settle for a miner");
    }

    if !(work.borrow().miner == miner.borrow().__account__.key()) {
        panic!("WrongMiner: the work belongs to another miner");
    }

    if !(work.borrow().task == task.borrow().__account__.key()) {
        panic!("WrongTask: the work belongs to another task");
    }

    if !(work.borrow().model == model.borrow().__account__.key()) {
        panic!("WrongModel: the work was done with another model");
    }

    if !(work.borrow().status != WORK_SETTLED!()) {
        panic!("WorkAlreadySettled: this work was paid before");
    }

    if !(work.borrow().status == WORK_COMMITTED!()) {
        panic!("WorkWasRejected: an implausible work is never paid");
    }

    if !(task.borrow().status == TASK_ASSIGNED!()) {
        panic!("TaskNotAssigned: the task is not waiting for settlement");
    }

    if !(task.borrow().miner == miner.borrow().__account__.key()) {
        panic!("NotAssigned: the task was taken by another miner");
    }

    if !(now <= (task.borrow().expires_ts + SETTLE_WINDOW_S!())) {
        panic!("SettleTooLate: the time to settle this task is over");
    }

    if !model.borrow().approved {
        panic!("ModelWithdrawn: the model is not approved");
    }

    if !(spent_record.borrow().__account__.key() == task.borrow().spent_record) {
        panic!("WrongRecord: the spent record belongs to another input");
    }

    if !(!spent_record.borrow().spent) {
        panic!("InputAlreadySpent: this input was already paid for this model");
    }

    if !(mint.key() == config.borrow().mint) {
        panic!("WrongMint: this is not the MAI mint");
    }

    if !(token_account.mint == config.borrow().mint) {
        panic!("WrongTokenMint: the reward needs a MAI token account");
    }

    if !(token_account.owner == owner.key()) {
        panic!("WrongTokenOwner: the reward goes to the miner owner only");
    }

    let (mut tag, mut tag_bump);

    (tag, tag_bump) = Pubkey::find_program_address(
        Mutable::new(vec![
            "claim".to_string().as_bytes().as_ref(),
            verifier_program.key().as_ref(),
        ])
        .borrow()
        .as_slice(),
        &id(),
    );

    if !(tag == config.borrow().verifier_tag) {
        panic!("WrongVerifier: this is not the verifier program of the network");
    }

    let mut data = Mutable::new(vec![62, 198, 214, 193, 213, 159, 108, 210]);

    append_digest(data.clone(), work.borrow().context.clone());

    append_digest(data.clone(), model.borrow().key_hash.clone());

    append_digest(data.clone(), config.borrow().srs.clone());

    append_digest(data.clone(), task.borrow().input.clone());

    append_digest(data.clone(), model.borrow().params.clone());

    append_digest(data.clone(), work.borrow().output.clone());

    {
        let program = verifier_program;
        let cpi_accounts = Mutable::new(vec![
            CpiAccount {
                account_info: owner.clone().to_account_info(),
                is_writable: false,
                is_signer: true,
                seeds: None,
            },
            CpiAccount {
                account_info: receipt.clone().to_account_info(),
                is_writable: true,
                is_signer: false,
                seeds: None,
            },
        ]);

        let instruction = solana_program::instruction::Instruction {
            program_id: program.key(),
            data: data.clone().borrow().clone(),
            accounts: cpi_accounts
                .borrow()
                .iter()
                .map(
                    |CpiAccount {
                         account_info,
                         is_signer,
                         is_writable,
                         ..
                     }| AccountMeta {
                        pubkey: account_info.key(),
                        is_signer: *is_signer,
                        is_writable: *is_writable,
                    },
                )
                .collect(),
        };

        let account_infos = [program.to_account_info()]
            .into_iter()
            .chain(
                cpi_accounts
                    .borrow()
                    .iter()
                    .map(|CpiAccount { account_info, .. }| account_info.clone()),
            )
            .collect::<Vec<_>>();

        let seeds0 = cpi_accounts
            .borrow()
            .iter()
            .filter_map(|cpi_account| cpi_account.seeds.clone())
            .collect::<Vec<_>>();

        let seeds1 = seeds0
            .iter()
            .map(|seeds1| seeds1.iter().map(|seeds2| &seeds2[..]).collect::<Vec<_>>())
            .collect::<Vec<_>>();

        let seeds2 = seeds1.iter().map(|seeds1| &seeds1[..]).collect::<Vec<_>>();

        solana_program::program::invoke_signed(&instruction, account_infos.as_ref(), &seeds2[..])
            .unwrap();
    };

    let mut epoch = epoch_at(config.borrow().genesis_ts.clone(), now.clone());
    let mut rate = epoch_rate(epoch.clone(), config.borrow().rate_floor.clone());
    let mut nft_bps = nft_bonus(miner.borrow().nft_tier.clone());
    let mut uptime_bps = uptime_bonus(miner.borrow().uptime_bps.clone());
    let mut trust_bps = trust(
        miner.borrow().device_class.clone(),
        miner.borrow().attested.clone(),
    );

    let mut difficulty_bps = DEFAULT_DIFFICULTY!();
    let mut hourly = hourly_rate(
        miner
            .borrow()
            .gpu_mhs
            .min(gpu_cap(miner.borrow().device_class.clone())),
        miner
            .borrow()
            .cpu_mhz
            .min(cpu_cap(miner.borrow().device_class.clone())),
        miner
            .borrow()
            .ram_mhz
            .min(ram_cap(miner.borrow().device_class.clone())),
        miner
            .borrow()
            .storage_gb
            .min(storage_cap(miner.borrow().device_class.clone())),
        miner
            .borrow()
            .network_mbps
            .min(network_cap(miner.borrow().device_class.clone())),
    );

    let mut terms = reward(
        hourly.clone(),
        work.borrow().active_ms.clone(),
        nft_bps.clone(),
        uptime_bps.clone(),
        trust_bps.clone(),
        difficulty_bps.clone(),
        rate.clone(),
    );

    let mut minted = terms.borrow().amount;

    if task.borrow().requester == owner.key() {
        minted = minted.min(task.borrow().fee_burned);
    }

    assign!(spent_record.borrow_mut().spent, true);

    assign!(
        spent_record.borrow_mut().work,
        work.borrow().__account__.key()
    );

    assign!(spent_record.borrow_mut().slot, clock.slot);

    assign!(task.borrow_mut().status, TASK_SETTLED!());

    assign!(work.borrow_mut().status, WORK_SETTLED!());

    assign!(work.borrow_mut().paid, minted);

    assign!(miner.borrow_mut().settled, miner.borrow().settled + 1);

    assign!(
        miner.borrow_mut().active_ms,
        miner.borrow().active_ms + work.borrow().active_ms
    );

    assign!(miner.borrow_mut().earned, miner.borrow().earned + minted);

    let mut bump = config.borrow().bump;

    token::mint_to(
        CpiContext::new_with_signer(
            mint.programs.get("token_program"),
            token::MintTo {
                mint: mint.to_account_info(),
                authority: config.borrow().__account__.to_account_info(),
                to: token_account.clone().to_account_info(),
            },
            &[Mutable::new(vec![
                "config".to_string().as_bytes().as_ref(),
                bump.to_le_bytes().as_ref(),
            ])
            .borrow()
            .as_slice()],
        ),
        minted.clone(),
    )
    .unwrap();

    let mut settled = WorkSettled::__new__(
        work.borrow().__account__.key(),
        task.borrow().__account__.key(),
        model.borrow().__account__.key(),
        miner.borrow().__account__.key(),
        owner.key(),
        work.borrow().active_ms.clone(),
        epoch.clone(),
        nft_bps.clone(),
        uptime_bps.clone(),
        trust_bps.clone(),
        difficulty_bps.clone(),
        rate.clone(),
        terms.borrow().hourly.clone(),
        terms.borrow().base.clone(),
        terms.borrow().after_nft.clone(),
        terms.borrow().after_uptime.clone(),
        terms.borrow().after_trust.clone(),
        terms.borrow().after_difficulty.clone(),
        terms.borrow().amount.clone(),
        minted.clone(),
    );

    settled.__emit__();
}
