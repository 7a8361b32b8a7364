// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    assignment::{
        chance, draw_seed, required_sampling, score, seed_blocks, seed_delay, ticket, waited_since,
        work_context, AVERAGE_SCORE, DIFFICULTY_QUALITY, EVICTED, OPEN_AFTER_S, TRUSTED_LEAD_S,
    },
    authority::{
        check_authority, check_creator, check_mint, check_mint_address, check_multisig,
        upgrade_authority, CollectionSet, GovernanceOpened, MiningOpened, MintHandedOver,
        NetworkCreated, StateOpened, TreasuryOpened, VaultOpened,
    },
    calibration::{
        check_calibration, default_calibration, earliest_start, peak_units, plausibility, trust,
        Calibration, PLAUSIBLE,
    },
    checks::{
        answer, begin_round, check_new_third, check_open_check, check_parties, check_verifier,
        conclude_check, count_verifier, output_of, release_accused, release_challenger, resume,
        Check, CheckAnswered, CheckCorrected, CheckDrawn, CheckOpened, CheckVoided, CHECK_OPEN,
        CHECK_REFUTED, CHECK_UPHELD, CHECK_VOID,
    },
    claims::{claim_of, claim_trace_data},
    config::{
        check_open, check_vault, check_verifier_program, check_wallet, configure, week_at, Config,
        DECIMALS, PHASE_FROZEN, PHASE_HANDED_OVER, PHASE_OPEN,
    },
    difficulty::{cap_before, completion, turn, utilisation},
    digests::{copied, digest},
    effects::{
        check_changes, check_form, check_model_value, check_new_collection, check_new_parameter,
        check_present, check_spending, risk_of,
    },
    emission::{cap_left, cap_of_epoch, count_minted, enter_epoch, Emission},
    events::{
        BondWithdrawn, DifficultyTurned, Heartbeat, MinerRegistered, MinerRetired, MinerUpdated,
        ModelRegistered, RewardQuoted, TaskClosed, TaskFunded, TaskPosted, TaskRedrawn,
        WorkAssigned, WorkCommitted, WorkMissed, WorkRejected, WorkSettled,
    },
    governance::{
        cast, check_proposer, check_voter, conclude, count_vote, executed, schedule, turn_vote,
        Governance, Proposal, ProposalMade, Vote, PROPOSAL_ACTIVE, PROPOSE_CALIBRATION,
        PROPOSE_COLLECTION, PROPOSE_MODEL, PROPOSE_PARAMETER, PROPOSE_TREASURY,
    },
    muster::{
        call, check_lane, check_muster_model, count_shown, decay, give, Answer, MusterAnswered,
        MusterCalled, PowerCounted, ANSWER_GIVEN, PROMPT_TOKENS,
    },
    native::{first_block, incinerator_id, program_id},
    nfts::{
        check_device, check_holder, check_unique, count_for, held_tier, mining_open, present_tier,
        use_for_voting, verified_collection, voting_open, NftLink, NftLinked, NftRegistry,
        NftShown, NFT_AIRDROP, NFT_BRONZE, NFT_NONE,
    },
    parameters::{
        check_parameter, of_class, APPEAL_BOND, BOND_LAMPORTS, BURN_BPS, CHECK_WINDOW_S,
        COMPLETION_TARGET_BPS, ELIGIBLE_TARGET, EPOCH_CAP, FEE_TREASURY_BPS, FULL_BPS, GRACE_S,
        IN_FLIGHT_LIMIT, LARGE_TIMEOUT_S, LOAD_TARGET_BPS, NEWCOMER_TASKS, RATE_FLOOR,
        REWARD_LIMIT, SAMPLING_BPS, SLASH, SMOOTHING, TASK_CRITICAL, TASK_ROUTINE, TIMEOUT_S,
        TREASURY_SPEND_BPS, TRUSTED_QUALITY, VERIFIER_STAKE,
    },
    quality::{
        count_hour, enter_week, is_consistent, quality_factor, EXCLUDED_QUALITY, NEWCOMER_QUALITY,
    },
    registry::{
        check_active, check_model_limits, check_proof_kind, commit_timeout, counted_rate, declare,
        most_active_ms, total_units, verified_ms, Miner, Model, BOND_COOLDOWN_S, MINER_ACTIVE,
        MINER_RETIRED,
    },
    rewards::{
        epoch_at, epoch_left, epoch_rate, hourly_rate, nft_bonus, reward, uptime_bonus, ONE,
    },
    slashing::{
        charge_check, charge_work, check_accused, check_payment, count_failure, give_back,
        lose_work, offence_of, open_offence, part, reported, Offence, OffenceAppealed,
        OffenceExecuted, OffenceOverturned, WorkClosed, APPEAL_PROOF_S, ASSISTANT_PART,
        OFFENCE_APPEALED, OFFENCE_EXECUTED, OFFENCE_FAILED_CHECK, OFFENCE_FALSE_CHECK,
        OFFENCE_INVALID_CLAIM, OFFENCE_MINORITY_OUTPUT, OFFENCE_MISSED_PROOF, OFFENCE_NONE,
        OFFENCE_OVERTURNED, OFFENCE_PENDING,
    },
    staking::{
        begin_unstaking, check_undisputed, deposit, moved, remove_free, voting_weight, Stake,
        StakeOpened, MOVED_FROM_VERIFIER, MOVED_IN, MOVED_OUT, MOVED_TO_UNSTAKING,
        MOVED_TO_VERIFIER,
    },
    tasks::{
        check_lifetime, check_tokens, close_place, close_unpaid, count_output, give_place,
        places_of, take_place, to_ms, votes_for, votes_needed, SpentRecord, Task, Work,
        SETTLE_WINDOW_S, TASK_CANCELLED, TASK_EXPIRED, TASK_OPEN, WORK_ASSIGNED, WORK_COMMITTED,
        WORK_FAULTY, WORK_FORFEITED, WORK_MISSED, WORK_REJECTED, WORK_SETTLED,
    },
};

use crate::dot::assignment::*;
use crate::dot::authority::*;
use crate::dot::calibration::*;
use crate::dot::checks::*;
use crate::dot::claims::*;
use crate::dot::config::*;
use crate::dot::difficulty::*;
use crate::dot::digests::*;
use crate::dot::effects::*;
use crate::dot::emission::*;
use crate::dot::events::*;
use crate::dot::governance::*;
use crate::dot::muster::*;
use crate::dot::native::*;
use crate::dot::nfts::*;
use crate::dot::parameters::*;
use crate::dot::quality::*;
use crate::dot::registry::*;
use crate::dot::rewards::*;
use crate::dot::slashing::*;
use crate::dot::staking::*;
use crate::dot::tasks::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

pub fn answer_muster_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut answer: Mutable<LoadedAnswer<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut output0: u64,
    mut output1: u64,
    mut output2: u64,
    mut output3: u64,
    mut tokens: u32,
) -> () {
    let mut now = clock.unix_timestamp;

    check_open(config.clone());

    check_active(miner.clone(), owner.key());

    if !(answer.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotMinersAnswer: the answer belongs to another device");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    decay(emission.clone(), miner.clone());

    let mut output = digest(
        output0.clone(),
        output1.clone(),
        output2.clone(),
        output3.clone(),
    );

    give(
        answer.clone(),
        emission.clone(),
        config.borrow().chain_id.clone(),
        miner.borrow().__account__.key(),
        model.clone(),
        model.borrow().__account__.key(),
        answer.borrow().__account__.key(),
        output.clone(),
        tokens.clone(),
        clock.slot.clone(),
        now.clone(),
    );

    count_hour(
        miner.clone(),
        config.borrow().genesis_ts.clone(),
        now.clone(),
    );

    let mut answered = MusterAnswered::__new__(
        answer.borrow().muster.clone(),
        miner.borrow().__account__.key(),
        answer.borrow().lane.clone(),
        model.borrow().__account__.key(),
        tokens.clone(),
        answer.borrow().shown.clone(),
    );

    answered.__emit__();
}

pub fn appeal_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    if !(offence.borrow().owner == owner.key()) {
        refuse("NotOffender: only the accused can appeal");
    }

    if !(offence.borrow().status == OFFENCE_PENDING!()) {
        refuse("NotPending: the offence was appealed or ended before");
    }

    if !(offence.borrow().kind != OFFENCE_INVALID_CLAIM!()) {
        refuse("NotAppealable: no proof can show that a claim was plausible");
    }

    if !(now <= offence.borrow().final_ts) {
        refuse("AppealTooLate: the time to appeal is over");
    }

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        owner.key(),
    );

    let mut bond = config.borrow().parameters.borrow()[config
        .borrow()
        .parameters
        .wrapped_index(APPEAL_BOND!() as i128)];

    token::transfer(
        CpiContext::new(
            token_account.programs.get("token_program"),
            token::Transfer {
                from: token_account.to_account_info(),
                authority: owner.clone().to_account_info(),
                to: vault.clone().to_account_info(),
            },
        ),
        bond.clone(),
    )
    .unwrap();

    assign!(offence.borrow_mut().appeal_bond, bond);

    assign!(offence.borrow_mut().status, OFFENCE_APPEALED!());

    assign!(offence.borrow_mut().final_ts, now + APPEAL_PROOF_S!());

    let mut appealed = OffenceAppealed::__new__(
        offence.borrow().__account__.key(),
        bond.clone(),
        offence.borrow().final_ts.clone(),
    );

    appealed.__emit__();
}

pub fn assign_task_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Empty<Mutable<LoadedWork<'info, '_>>>,
    mut slot_hashes: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut bump = work.bump.unwrap();
    let mut work = work.account.clone();
    let mut now = clock.unix_timestamp;

    check_open(config.clone());

    check_active(miner.clone(), owner.key());

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotMinersStake: the stake belongs to somebody else");
    }

    if !(task.borrow().model == model.borrow().__account__.key()) {
        refuse("WrongTaskModel: the task asks for another model");
    }

    if !model.borrow().approved {
        refuse("ModelNotOffered: the model is not approved");
    }

    if !(task.borrow().status == TASK_OPEN!()) {
        refuse("TaskAlreadyAssigned: all places of the task are taken");
    }

    if !(now <= task.borrow().expires_ts) {
        refuse("TaskExpired: the task can no longer be taken");
    }

    if !(miner.borrow().vram_mb >= model.borrow().vram_mb) {
        refuse("NotEnoughVram: the model needs more GPU memory than the device has");
    }

    if !(<u64 as TryFrom<_>>::try_from(miner.borrow().in_flight.clone()).unwrap()
        < config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(IN_FLIGHT_LIMIT!() as i128)])
    {
        refuse("TooManyInFlight: the device has enough work");
    }

    if !mining_open(
        config.borrow().genesis_ts.clone(),
        config.borrow().month_s.clone(),
        miner.borrow().nft_tier.clone(),
        now.clone(),
    ) {
        refuse("MiningStillEarly: mining is open to holders of a higher NFT tier only");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    if !(miner.borrow().quality_bps >= EXCLUDED_QUALITY!()) {
        refuse("MinerExcluded: the quality of the device is too low for any task");
    }

    if !task.borrow().seeded {
        let mut seed = draw_seed(
            slot_hashes.clone(),
            task.borrow().target_slot.clone(),
            seed_blocks(task.borrow().task_class.clone()),
            task.borrow().__account__.key(),
            task.borrow().round.clone(),
        );

        assign!(task.borrow_mut().seed, seed);

        assign!(task.borrow_mut().seeded, true);
    }

    let mut waited_s = waited_since(
        task.borrow().task_class.clone(),
        task.borrow().target_slot.clone(),
        clock.slot.clone(),
    );

    let mut newcomer = miner.borrow().settled
        < config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(NEWCOMER_TASKS!() as i128)];

    let mut trusted = (!newcomer)
        && (<u64 as TryFrom<_>>::try_from(miner.borrow().quality_bps.clone()).unwrap()
            >= config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(TRUSTED_QUALITY!() as i128)]);

    let mut routine = task.borrow().task_class == TASK_ROUTINE!();

    if waited_s < OPEN_AFTER_S!() {
        let mut least = (DIFFICULTY_QUALITY!() * emission.borrow().task_difficulty) / ONE!();

        if !(<u64 as TryFrom<_>>::try_from(miner.borrow().quality_bps.clone()).unwrap() >= least) {
            refuse("QualityTooLow: the difficulty asks for more quality at first");
        }
    }

    if (routine && (waited_s < TRUSTED_LEAD_S!()))
        && (<u64 as TryFrom<_>>::try_from(emission.borrow().miners.clone()).unwrap()
            > config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(ELIGIBLE_TARGET!() as i128)])
    {
        if !trusted {
            refuse("TrustedFirst: routine tasks go to trusted miners for the first seconds");
        }
    }

    let mut score_bps = score(
        miner.borrow().quality_bps.clone(),
        nft_bonus(miner.borrow().nft_tier.clone()),
    );

    decay(emission.clone(), miner.clone());

    let mut odds = chance(
        score_bps.clone(),
        miner.borrow().power.clone(),
        emission.borrow().power.clone(),
        emission.borrow().miners.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(ELIGIBLE_TARGET!() as i128)]
        .clone(),
        waited_s.clone(),
        (routine && trusted),
    );

    let mut drawn = ticket(task.borrow().seed.clone(), miner.borrow().__account__.key());

    if !(drawn < odds) {
        panic!(
            "NotDrawn: the ticket of the device did not win yet; the chance grows every 4 seconds"
        );
    }

    let mut sampling = required_sampling(
        of_class(
            config.borrow().parameters.clone(),
            task.borrow().task_class.clone(),
            SAMPLING_BPS!(),
        ),
        emission.borrow().sampling.clone(),
        newcomer.clone(),
    );

    if !(<u64 as TryFrom<_>>::try_from(model.borrow().detection_bps.clone()).unwrap() >= sampling) {
        refuse("ProofTooWeak: the model proves less than this work needs");
    }

    let mut risk = 0;

    if model.borrow().detection_bps < FULL_BPS!() {
        risk = of_class(
            config.borrow().parameters.clone(),
            task.borrow().task_class.clone(),
            SLASH!(),
        );
    }

    if !((stake.borrow().matured + stake.borrow().pending) >= (stake.borrow().at_risk + risk)) {
        refuse("StakeTooSmall: the stake does not cover the risk");
    }

    assign!(stake.borrow_mut().at_risk, stake.borrow().at_risk + risk);

    take_place(task.clone(), owner.key(), config.borrow().nobody.clone());

    assign!(miner.borrow_mut().assigned, miner.borrow().assigned + 1);

    assign!(miner.borrow_mut().in_flight, miner.borrow().in_flight + 1);

    count_hour(
        miner.clone(),
        config.borrow().genesis_ts.clone(),
        now.clone(),
    );

    let mut timeout = commit_timeout(
        model.borrow().segments.clone(),
        model.borrow().work_units.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(TIMEOUT_S!() as i128)]
        .clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(LARGE_TIMEOUT_S!() as i128)]
        .clone(),
    );

    assign!(work.borrow_mut().miner, miner.borrow().__account__.key());

    assign!(work.borrow_mut().owner, owner.key());

    assign!(work.borrow_mut().task, task.borrow().__account__.key());

    assign!(work.borrow_mut().model, model.borrow().__account__.key());

    assign!(
        work.borrow_mut().context,
        work_context(
            config.borrow().chain_id.clone(),
            task.borrow().__account__.key(),
            model.borrow().__account__.key(),
            task.borrow().input.clone(),
            miner.borrow().__account__.key(),
            task.borrow().seed.clone(),
            task.borrow().round.clone(),
            now.clone()
        )
    );

    assign!(work.borrow_mut().round, task.borrow().round);

    assign!(work.borrow_mut().assigned_ts, now);

    assign!(
        work.borrow_mut().deadline_ts,
        now + <i64 as TryFrom<_>>::try_from(timeout.clone()).unwrap()
    );

    assign!(work.borrow_mut().sampling_bps, model.borrow().detection_bps);

    assign!(work.borrow_mut().at_risk, risk);

    assign!(work.borrow_mut().status, WORK_ASSIGNED!());

    assign!(work.borrow_mut().bump, bump);

    let mut assigned = WorkAssigned::__new__(
        work.borrow().__account__.key(),
        task.borrow().__account__.key(),
        miner.borrow().__account__.key(),
        task.borrow().round.clone(),
        drawn.clone(),
        odds.clone(),
        work.borrow().sampling_bps.clone(),
        risk.clone(),
        work.borrow().deadline_ts.clone(),
    );

    assigned.__emit__();
}

pub fn call_muster_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut slot_hashes: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
    mut mark: u64,
) -> () {
    check_open(config.clone());

    call(
        emission.clone(),
        slot_hashes.clone(),
        config.borrow().__account__.key(),
        mark.clone(),
        clock.slot.clone(),
    );

    let mut called = MusterCalled::__new__(emission.borrow().muster.clone(), mark.clone());

    called.__emit__();
}

pub fn cancel_task_handler<'info>(
    mut requester: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
) -> () {
    if !(task.borrow().requester == requester.key()) {
        refuse("NotTaskOwner: only its requester can cancel a task");
    }

    let mut refund = close_unpaid(task.clone(), TASK_CANCELLED!());

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        task.borrow().requester.clone(),
    );

    let mut bump = config.borrow().bump;

    token::transfer(
        CpiContext::new_with_signer(
            vault.programs.get("token_program"),
            token::Transfer {
                from: vault.to_account_info(),
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
        refund.clone(),
    )
    .unwrap();

    let mut closed = TaskClosed::__new__(
        task.borrow().__account__.key(),
        TASK_CANCELLED!(),
        refund.clone(),
    );

    closed.__emit__();
}

pub fn close_work_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    check_accused(work.clone(), task.clone(), miner.clone(), stake.clone());

    check_payment(task.clone(), model.clone(), spent_record.clone());

    if !(work.borrow().status == WORK_COMMITTED!()) {
        refuse("NothingToClose: only a committed work can be closed");
    }

    if !(!work.borrow().disputed) {
        refuse("CheckStillOpen: a check of this work is open");
    }

    if !(now > work.borrow().prove_until_ts) {
        refuse("StillProvable: the time to prove this work is not over");
    }

    let mut kind = offence_of(
        work.clone(),
        task.clone(),
        model.clone(),
        spent_record.clone(),
        now.clone(),
    );

    if !(kind == OFFENCE_NONE!()) {
        refuse("MustBeReported: the work could have been paid or was found wrong");
    }

    lose_work(
        emission.clone(),
        miner.clone(),
        stake.clone(),
        task.clone(),
        work.clone(),
        WORK_FORFEITED!(),
        clock.slot.clone(),
        config.borrow().nobody.clone(),
    );

    let mut closed = WorkClosed::__new__(
        work.borrow().__account__.key(),
        task.borrow().__account__.key(),
        miner.borrow().__account__.key(),
    );

    closed.__emit__();
}

pub fn commit_work_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut output0: u64,
    mut output1: u64,
    mut output2: u64,
    mut output3: u64,
    mut tokens: u32,
    mut active_ms: u64,
) -> () {
    let mut now = clock.unix_timestamp;

    check_active(miner.clone(), owner.key());

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotCommittersStake: the stake belongs to somebody else");
    }

    if !(work.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotAssignedMiner: the place was given to another device");
    }

    if !(work.borrow().task == task.borrow().__account__.key()) {
        refuse("NotAssignedTask: the place is in another task");
    }

    if !(work.borrow().model == model.borrow().__account__.key()) {
        refuse("NotAssignedModel: the place is for another model");
    }

    if !((work.borrow().status == WORK_ASSIGNED!()) || (work.borrow().status == WORK_MISSED!())) {
        refuse("AlreadyCommitted: one commit per assignment");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    if !(now
        <= (work.borrow().deadline_ts
            + <i64 as TryFrom<_>>::try_from(
                config.borrow().parameters.borrow()
                    [config.borrow().parameters.wrapped_index(GRACE_S!() as i128)]
                .clone(),
            )
            .unwrap()))
    {
        refuse("GraceOver: the commit comes too late");
    }

    if work.borrow().status == WORK_MISSED!() {
        if !(task.borrow().status == TASK_OPEN!()) {
            refuse("PlaceTaken: another device has the place now");
        }

        if !((stake.borrow().matured + stake.borrow().pending)
            >= (stake.borrow().at_risk + work.borrow().at_risk))
        {
            refuse("StakeGone: the stake is too small now");
        }

        assign!(
            stake.borrow_mut().at_risk,
            stake.borrow().at_risk + work.borrow().at_risk
        );

        take_place(task.clone(), owner.key(), config.borrow().nobody.clone());

        assign!(miner.borrow_mut().in_flight, miner.borrow().in_flight + 1);
    }

    check_tokens(
        tokens.clone(),
        task.borrow().max_tokens.clone(),
        active_ms.clone(),
    );

    let mut start_ms = earliest_start(
        to_ms(work.borrow().assigned_ts.clone()),
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

    let mut peak = peak_units(
        calibration.borrow().entries.clone(),
        miner.borrow().device_class.clone(),
    );

    let mut reason = plausibility(
        peak.clone(),
        units.clone(),
        active_ms.clone(),
        start_ms.clone(),
        to_ms(now.clone()),
        most_ms.clone(),
    );

    let mut output = digest(
        output0.clone(),
        output1.clone(),
        output2.clone(),
        output3.clone(),
    );

    let mut next_slot = clock.slot + seed_delay(task.borrow().task_class.clone());

    assign!(work.borrow_mut().output, copied(output.clone()));

    assign!(work.borrow_mut().tokens, tokens);

    assign!(work.borrow_mut().active_ms, active_ms);

    assign!(
        work.borrow_mut().took_ms,
        to_ms(now.clone()) - start_ms.min(to_ms(now.clone()))
    );

    assign!(work.borrow_mut().committed_ts, now);

    assign!(work.borrow_mut().committed_slot, clock.slot);

    assign!(
        work.borrow_mut().prove_until_ts,
        task.borrow().expires_ts.max(now) + SETTLE_WINDOW_S!()
    );

    assign!(work.borrow_mut().reason, reason);

    assign!(miner.borrow_mut().commits, miner.borrow().commits + 1);

    count_hour(
        miner.clone(),
        config.borrow().genesis_ts.clone(),
        now.clone(),
    );

    if reason == PLAUSIBLE!() {
        assign!(work.borrow_mut().status, WORK_COMMITTED!());

        count_output(task.clone(), output.clone());

        assign!(emission.borrow_mut().pending, emission.borrow().pending + 1);

        assign!(
            miner.borrow_mut().busy_until_ms,
            start_ms.max((start_ms + active_ms).min(to_ms(now.clone())))
        );

        if is_consistent(
            work.borrow().took_ms.clone(),
            units.clone(),
            miner.borrow().power.clone(),
            miner.borrow().lanes.max(miner.borrow().lanes_now),
        ) {
            assign!(miner.borrow_mut().consistent, miner.borrow().consistent + 1);
        }

        let mut committed = WorkCommitted::__new__(
            work.borrow().__account__.key(),
            task.borrow().__account__.key(),
            miner.borrow().__account__.key(),
            tokens.clone(),
            active_ms.clone(),
            votes_for(task.clone(), output.clone()),
        );

        committed.__emit__();
    } else {
        assign!(work.borrow_mut().status, WORK_REJECTED!());

        assign!(
            stake.borrow_mut().at_risk,
            stake.borrow().at_risk - work.borrow().at_risk
        );

        give_place(
            task.clone(),
            next_slot.clone(),
            work.borrow().owner.clone(),
            config.borrow().nobody.clone(),
        );

        assign!(miner.borrow_mut().in_flight, miner.borrow().in_flight - 1);

        assign!(miner.borrow_mut().violations, miner.borrow().violations + 1);

        assign!(miner.borrow_mut().rejected, miner.borrow().rejected + 1);

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

pub fn correct_check_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
) -> () {
    if !(offence.borrow().evidence == check.borrow().__account__.key()) {
        refuse("NotEvidence: the offence was shown by something else");
    }

    if !(offence.borrow().status == OFFENCE_OVERTURNED!()) {
        refuse("NotOverturned: no appeal has been proved");
    }

    if !(check.borrow().model == model.borrow().__account__.key()) {
        refuse("NotCheckedModel: the checked work was done with another model");
    }

    if !(model.borrow().detection_bps == FULL_BPS!()) {
        refuse("NotConclusive: a sampled proof does not convict those who said otherwise");
    }

    if !(!check.borrow().proved) {
        refuse("AlreadyCorrected: the result of this check is already a proved one");
    }

    let mut status = CHECK_UPHELD!();

    if offence.borrow().kind == OFFENCE_FAILED_CHECK!() {
        status = CHECK_REFUTED!();
    }

    conclude_check(
        check.clone(),
        status.clone(),
        copied(offence.borrow().output.clone()),
        offence.borrow().owner.clone(),
        offence.borrow().owner.clone(),
    );

    assign!(check.borrow_mut().proved, true);

    let mut corrected = CheckCorrected::__new__(
        check.borrow().__account__.key(),
        status.clone(),
        offence.borrow().owner.clone(),
    );

    corrected.__emit__();
}

pub fn count_power_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
) -> () {
    decay(emission.clone(), miner.clone());

    let mut counted = PowerCounted::__new__(
        miner.borrow().__account__.key(),
        emission.borrow().muster.clone(),
        miner.borrow().power.clone(),
        emission.borrow().power.clone(),
    );

    counted.__emit__();
}

pub fn crank_difficulty_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    check_open(config.clone());

    let mut epoch = epoch_at(config.borrow().genesis_ts.clone(), now.clone());

    enter_epoch(emission.clone(), epoch.clone());

    let mut cap = cap_of_epoch(
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(EPOCH_CAP!() as i128)]
        .clone(),
        epoch_rate(
            epoch.clone(),
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(RATE_FLOOR!() as i128)]
            .clone(),
        ),
    );

    let mut minted = emission.borrow().period_minted;
    let mut settled = emission.borrow().period_settled;
    let mut left = cap_before(
        cap.clone(),
        emission.borrow().epoch_minted.clone(),
        minted.clone(),
    );

    let mut elapsed_s =
        <u64 as TryFrom<_>>::try_from((now - emission.borrow().period_start_ts)).unwrap();

    let mut remaining_s = epoch_left(config.borrow().genesis_ts.clone(), now.clone()) + elapsed_s;
    let mut completion_bps = completion(
        emission.borrow().period_active_ms.clone(),
        emission.borrow().period_allowed_ms.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(COMPLETION_TARGET_BPS!() as i128)]
        .clone(),
    );

    let mut utilisation_bps = utilisation(
        emission.borrow().period_active_ms.clone(),
        emission.borrow().miners.clone(),
        elapsed_s.clone(),
    );

    turn(
        emission.clone(),
        now.clone(),
        left.clone(),
        remaining_s.clone(),
        elapsed_s.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(SMOOTHING!() as i128)]
        .clone(),
        completion_bps.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(COMPLETION_TARGET_BPS!() as i128)]
        .clone(),
        utilisation_bps.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(LOAD_TARGET_BPS!() as i128)]
        .clone(),
    );

    let mut turned = DifficultyTurned::__new__(
        elapsed_s.clone(),
        minted.clone(),
        settled.clone(),
        emission.borrow().pending.clone(),
        left.clone(),
        completion_bps.clone(),
        utilisation_bps.clone(),
        emission.borrow().task_difficulty.clone(),
        emission.borrow().sampling.clone(),
        emission.borrow().multiplier.clone(),
    );

    turned.__emit__();
}

pub fn decide_check_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut challenger: Mutable<LoadedStake<'info, '_>>,
    mut accused: Mutable<LoadedStake<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut output: Mutable<[u8; 32]>,
) -> () {
    let mut now = clock.unix_timestamp;

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotThird: only its owner can decide with a stake");
    }

    check_open_check(check.clone());

    check_new_third(check.clone(), stake.borrow().owner.clone());

    check_parties(check.clone(), challenger.clone(), accused.clone());

    if !(check.borrow().work == work.borrow().__account__.key()) {
        refuse("NotCheckedWork: the check is about another work");
    }

    check_accused(work.clone(), task.clone(), miner.clone(), accused.clone());

    if !(now <= check.borrow().decide_until_ts) {
        refuse("DecisionTooLate: the time to decide this check is over");
    }

    if !(stake.borrow().verifier_ts < check.borrow().opened_ts) {
        refuse("DesignatedTooLate: a third must be a verifier before the check opens");
    }

    check_verifier(
        stake.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(VERIFIER_STAKE!() as i128)]
        .clone(),
    );

    if !check.borrow().seeded {
        refuse("CheckNotDrawn: the third of this round is not drawn yet");
    }

    let mut waited = <u64 as TryFrom<_>>::try_from((now - check.borrow().seeded_ts)).unwrap();
    let mut allowed = chance(
        AVERAGE_SCORE!(),
        1,
        <u64 as TryFrom<_>>::try_from(governance.borrow().verifiers.clone()).unwrap(),
        governance.borrow().verifiers.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(ELIGIBLE_TARGET!() as i128)]
        .clone(),
        waited.clone(),
        false,
    );

    if !(ticket(
        check.borrow().seed.clone(),
        stake.borrow().__account__.key(),
    ) < allowed)
    {
        refuse("VerifierNotDrawn: the lottery has not let this verifier in yet");
    }

    let mut round = check.borrow().round;

    answer(
        check.clone(),
        work.clone(),
        stake.borrow().owner.clone(),
        output.clone(),
        clock.slot.clone(),
    );

    if check.borrow().status == CHECK_UPHELD!() {
        enter_week(config.clone(), miner.clone(), now.clone());

        if work.borrow().status == WORK_COMMITTED!() {
            lose_work(
                emission.clone(),
                miner.clone(),
                accused.clone(),
                task.clone(),
                work.clone(),
                WORK_FAULTY!(),
                clock.slot.clone(),
                config.borrow().nobody.clone(),
            );

            count_failure(miner.clone());
        }

        assign!(work.borrow_mut().status, WORK_FAULTY!());

        assign!(work.borrow_mut().disputed, false);

        if check.borrow().challenger_output == output {
            release_challenger(check.clone(), challenger.clone());
        }
    } else {
        if check.borrow().status == CHECK_REFUTED!() {
            resume(work.clone(), check.clone(), now.clone());

            release_accused(check.clone(), accused.clone());
        } else {
            if check.borrow().status == CHECK_VOID!() {
                resume(work.clone(), check.clone(), now.clone());

                release_accused(check.clone(), accused.clone());

                release_challenger(check.clone(), challenger.clone());
            }
        }
    }

    let mut answered = CheckAnswered::__new__(
        check.borrow().__account__.key(),
        work.borrow().__account__.key(),
        stake.borrow().owner.clone(),
        round.clone(),
        check.borrow().status.clone(),
    );

    answered.__emit__();
}

pub fn deny_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut vote: Mutable<LoadedVote<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    check_voter(stake.clone(), owner.key());

    if !(vote.borrow().proposal == proposal.borrow().__account__.key()) {
        refuse("VoteElsewhere: the vote was on another proposal");
    }

    if !(vote.borrow().stake == stake.borrow().__account__.key()) {
        refuse("VoteOfAnother: the vote is that of another stake");
    }

    turn_vote(proposal.clone(), vote.clone(), clock.unix_timestamp.clone());

    let mut told = cast(vote.clone(), proposal.clone(), true);

    told.__emit__();
}

pub fn deposit_stake_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
    mut amount: u64,
) -> () {
    if !(stake.borrow().owner == owner.key()) {
        refuse("NotDepositor: only its owner can add to a stake");
    }

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        owner.key(),
    );

    if !(amount >= 1) {
        refuse("NothingToStake: a deposit is at least one base unit");
    }

    token::transfer(
        CpiContext::new(
            token_account.programs.get("token_program"),
            token::Transfer {
                from: token_account.to_account_info(),
                authority: owner.clone().to_account_info(),
                to: vault.clone().to_account_info(),
            },
        ),
        amount.clone(),
    )
    .unwrap();

    deposit(stake.clone(), amount.clone(), clock.unix_timestamp.clone());

    assign!(
        governance.borrow_mut().staked,
        governance.borrow().staked + amount
    );

    let mut told = moved(
        stake.clone(),
        stake.borrow().__account__.key(),
        MOVED_IN!(),
        amount.clone(),
        governance.borrow().staked.clone(),
    );

    told.__emit__();
}

pub fn designate_verifier_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut amount: u64,
) -> () {
    let mut now = clock.unix_timestamp;

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotDesignator: only its owner can designate a stake");
    }

    remove_free(stake.clone(), amount.clone(), now.clone());

    assign!(
        stake.borrow_mut().verifier,
        stake.borrow().verifier + amount
    );

    assign!(stake.borrow_mut().verifier_ts, now);

    assign!(
        governance.borrow_mut().staked,
        governance.borrow().staked - amount
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

    let mut told = moved(
        stake.clone(),
        stake.borrow().__account__.key(),
        MOVED_TO_VERIFIER!(),
        amount.clone(),
        governance.borrow().staked.clone(),
    );

    told.__emit__();
}

pub fn draw_check_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut slot_hashes: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    check_open_check(check.clone());

    if !(!check.borrow().seeded) {
        refuse("AlreadyDrawn: the third of this round is already drawn");
    }

    if first_block(slot_hashes.clone(), check.borrow().target_slot.clone()) == EVICTED!() {
        begin_round(check.clone(), clock.slot.clone());
    } else {
        assign!(
            check.borrow_mut().seed,
            draw_seed(
                slot_hashes.clone(),
                check.borrow().target_slot.clone(),
                1,
                check.borrow().__account__.key(),
                check.borrow().round.clone()
            )
        );

        assign!(check.borrow_mut().seeded, true);

        assign!(check.borrow_mut().seeded_ts, clock.unix_timestamp);
    }

    let mut drawn = CheckDrawn::__new__(
        check.borrow().__account__.key(),
        check.borrow().round.clone(),
        check.borrow().seeded.clone(),
        check.borrow().target_slot.clone(),
    );

    drawn.__emit__();
}

pub fn execute_calibration_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    conclude(
        proposal.clone(),
        PROPOSE_CALIBRATION!(),
        clock.unix_timestamp.clone(),
    );

    check_present(
        (calibration.borrow().entries.borrow()[calibration
            .borrow()
            .entries
            .wrapped_index((proposal.borrow().index as i128) as i128)]
            == proposal.borrow().old_value),
    );

    check_calibration(
        proposal.borrow().index.clone(),
        proposal.borrow().value.clone(),
    );

    index_assign!(
        calibration.borrow_mut().entries.borrow_mut(),
        calibration
            .borrow_mut()
            .entries
            .wrapped_index((proposal.borrow_mut().index as i128) as i128),
        proposal.borrow().value
    );

    let mut done = executed(
        proposal.clone(),
        proposal.borrow().__account__.key(),
        caller.key(),
    );

    done.__emit__();
}

pub fn execute_collection_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    conclude(
        proposal.clone(),
        PROPOSE_COLLECTION!(),
        clock.unix_timestamp.clone(),
    );

    check_present(
        (nfts.borrow().collections.borrow()[nfts
            .borrow()
            .collections
            .wrapped_index((proposal.borrow().index as i128) as i128)]
            == proposal.borrow().old_target),
    );

    check_new_collection(
        nfts.clone(),
        proposal.borrow().index.clone(),
        proposal.borrow().target.clone(),
    );

    index_assign!(
        nfts.borrow_mut().collections.borrow_mut(),
        nfts.borrow_mut()
            .collections
            .wrapped_index((proposal.borrow_mut().index as i128) as i128),
        proposal.borrow().target
    );

    let mut done = executed(
        proposal.clone(),
        proposal.borrow().__account__.key(),
        caller.key(),
    );

    done.__emit__();
}

pub fn execute_model_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    conclude(
        proposal.clone(),
        PROPOSE_MODEL!(),
        clock.unix_timestamp.clone(),
    );

    if !(model.borrow().__account__.key() == proposal.borrow().target) {
        refuse("NotProposedModel: the proposal is about another model");
    }

    let mut admit = proposal.borrow().value == 1;

    check_present((model.borrow().approved != admit));

    assign!(model.borrow_mut().approved, admit);

    let mut done = executed(
        proposal.clone(),
        proposal.borrow().__account__.key(),
        caller.key(),
    );

    done.__emit__();
}

pub fn execute_offence_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut reporter_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut assistant_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut reporter_wallet: UncheckedAccount<'info>,
    mut incinerator: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut running = (offence.borrow().status == OFFENCE_PENDING!())
        || (offence.borrow().status == OFFENCE_APPEALED!());

    if !running {
        refuse("OffenceEnded: the offence was executed or overturned before");
    }

    if !(clock.unix_timestamp > offence.borrow().final_ts) {
        refuse("OffenceNotFinal: the offence can still be appealed or disproved");
    }

    if !(offence.borrow().stake == stake.borrow().__account__.key()) {
        refuse("NotOffendersStake: the offence is not of this stake");
    }

    if !(offence.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotOffendersMiner: the offence is not about this miner");
    }

    if !(mint.key() == config.borrow().mint) {
        refuse("NotMaiMint: this is not the mint of MAI");
    }

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        reporter_account.mint,
        reporter_account.owner,
        offence.borrow().reporter.clone(),
    );

    let mut assistant = offence.borrow().reporter;

    if offence.borrow().assistant != config.borrow().nobody {
        assistant = offence.borrow().assistant;
    }

    check_wallet(
        config.clone(),
        assistant_account.mint,
        assistant_account.owner,
        assistant.clone(),
    );

    if !(reporter_wallet.key() == offence.borrow().reporter) {
        refuse("NotReporter: the bond goes to the wallet of who showed the offence");
    }

    if !(incinerator.key() == incinerator_id()) {
        refuse("NotIncinerator: the rest of the bond goes to the incinerator");
    }

    let mut burned = part(
        offence.borrow().amount.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(BURN_BPS!() as i128)]
        .clone(),
    );

    let mut reporter_paid = offence.borrow().amount - burned;
    let mut assistant_paid = 0;

    if offence.borrow().assistant != config.borrow().nobody {
        assistant_paid = reporter_paid / ASSISTANT_PART!();

        assign!(reporter_paid, reporter_paid - assistant_paid);
    }

    assign!(burned, burned + offence.borrow().appeal_bond);

    let mut bond_paid = offence.borrow().bond / 2;
    let mut bond_burned = offence.borrow().bond - bond_paid;

    assign!(
        stake.borrow_mut().escrowed,
        stake.borrow().escrowed - offence.borrow().amount
    );

    assign!(offence.borrow_mut().status, OFFENCE_EXECUTED!());

    assign!(
        emission.borrow_mut().slash_burned,
        emission.borrow().slash_burned + burned
    );

    let mut bump = config.borrow().bump;

    token::burn(
        CpiContext::new_with_signer(
            mint.programs.get("token_program"),
            token::Burn {
                mint: mint.to_account_info(),
                authority: config.borrow().__account__.to_account_info(),
                from: vault.clone().to_account_info(),
            },
            &[Mutable::new(vec![
                "config".to_string().as_bytes().as_ref(),
                bump.to_le_bytes().as_ref(),
            ])
            .borrow()
            .as_slice()],
        ),
        burned.clone(),
    )
    .unwrap();

    token::transfer(
        CpiContext::new_with_signer(
            vault.programs.get("token_program"),
            token::Transfer {
                from: vault.to_account_info(),
                authority: config.borrow().__account__.to_account_info(),
                to: reporter_account.clone().to_account_info(),
            },
            &[Mutable::new(vec![
                "config".to_string().as_bytes().as_ref(),
                bump.to_le_bytes().as_ref(),
            ])
            .borrow()
            .as_slice()],
        ),
        reporter_paid.clone(),
    )
    .unwrap();

    if assistant_paid > 0 {
        token::transfer(
            CpiContext::new_with_signer(
                vault.programs.get("token_program"),
                token::Transfer {
                    from: vault.to_account_info(),
                    authority: config.borrow().__account__.to_account_info(),
                    to: assistant_account.clone().to_account_info(),
                },
                &[Mutable::new(vec![
                    "config".to_string().as_bytes().as_ref(),
                    bump.to_le_bytes().as_ref(),
                ])
                .borrow()
                .as_slice()],
            ),
            assistant_paid.clone(),
        )
        .unwrap();
    }

    if offence.borrow().bond > 0 {
        {
            let amount = bond_paid.clone();

            **miner
                .borrow()
                .__account__
                .to_account_info()
                .try_borrow_mut_lamports()
                .unwrap() -= amount;

            **reporter_wallet
                .clone()
                .to_account_info()
                .try_borrow_mut_lamports()
                .unwrap() += amount;
        };

        {
            let amount = bond_burned.clone();

            **miner
                .borrow()
                .__account__
                .to_account_info()
                .try_borrow_mut_lamports()
                .unwrap() -= amount;

            **incinerator
                .clone()
                .to_account_info()
                .try_borrow_mut_lamports()
                .unwrap() += amount;
        };
    }

    let mut executed = OffenceExecuted::__new__(
        offence.borrow().__account__.key(),
        stake.borrow().__account__.key(),
        offence.borrow().amount.clone(),
        burned.clone(),
        reporter_paid.clone(),
        assistant_paid.clone(),
        bond_paid.clone(),
        bond_burned.clone(),
    );

    executed.__emit__();
}

pub fn execute_parameter_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    conclude(
        proposal.clone(),
        PROPOSE_PARAMETER!(),
        clock.unix_timestamp.clone(),
    );

    check_present(
        (config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index((proposal.borrow().index as i128) as i128)]
            == proposal.borrow().old_value),
    );

    check_new_parameter(
        config.borrow().parameters.clone(),
        proposal.borrow().index.clone(),
        proposal.borrow().value.clone(),
    );

    index_assign!(
        config.borrow_mut().parameters.borrow_mut(),
        config
            .borrow_mut()
            .parameters
            .wrapped_index((proposal.borrow_mut().index as i128) as i128),
        proposal.borrow().value
    );

    let mut done = executed(
        proposal.clone(),
        proposal.borrow().__account__.key(),
        caller.key(),
    );

    done.__emit__();
}

pub fn execute_treasury_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut treasury: SeahorseAccount<'info, '_, TokenAccount>,
    mut recipient: SeahorseAccount<'info, '_, TokenAccount>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    conclude(
        proposal.clone(),
        PROPOSE_TREASURY!(),
        clock.unix_timestamp.clone(),
    );

    if !(treasury.key() == config.borrow().treasury) {
        refuse("NotTreasury: payments come from the treasury");
    }

    if !(recipient.key() == proposal.borrow().target) {
        refuse("NotRecipient: the proposal pays to another account");
    }

    if !(recipient.mint == config.borrow().mint) {
        refuse("RecipientNotMai: the treasury pays to MAI token accounts");
    }

    if !(recipient.key() != config.borrow().treasury) {
        refuse("PaysItself: the treasury cannot pay to itself");
    }

    if !(recipient.key() != config.borrow().vault) {
        refuse("PaysVault: what is in the vault has an owner each, payments to it have none");
    }

    check_spending(
        proposal.borrow().value.clone(),
        treasury.amount,
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(TREASURY_SPEND_BPS!() as i128)]
        .clone(),
    );

    let mut bump = config.borrow().bump;

    token::transfer(
        CpiContext::new_with_signer(
            treasury.programs.get("token_program"),
            token::Transfer {
                from: treasury.to_account_info(),
                authority: config.borrow().__account__.to_account_info(),
                to: recipient.clone().to_account_info(),
            },
            &[Mutable::new(vec![
                "config".to_string().as_bytes().as_ref(),
                bump.to_le_bytes().as_ref(),
            ])
            .borrow()
            .as_slice()],
        ),
        proposal.borrow().value.clone(),
    )
    .unwrap();

    let mut done = executed(
        proposal.clone(),
        proposal.borrow().__account__.key(),
        caller.key(),
    );

    done.__emit__();
}

pub fn expire_task_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    if !(clock.unix_timestamp > task.borrow().expires_ts) {
        refuse("TaskNotExpired: the task can still be done");
    }

    let mut refund = close_unpaid(task.clone(), TASK_EXPIRED!());

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        task.borrow().requester.clone(),
    );

    let mut bump = config.borrow().bump;

    token::transfer(
        CpiContext::new_with_signer(
            vault.programs.get("token_program"),
            token::Transfer {
                from: vault.to_account_info(),
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
        refund.clone(),
    )
    .unwrap();

    let mut closed = TaskClosed::__new__(
        task.borrow().__account__.key(),
        TASK_EXPIRED!(),
        refund.clone(),
    );

    closed.__emit__();
}

pub fn fund_task_handler<'info>(
    mut requester: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut treasury: SeahorseAccount<'info, '_, TokenAccount>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut amount: u64,
) -> () {
    if !(task.borrow().requester == requester.key()) {
        refuse("NotRequester: only its requester can fund a task");
    }

    if !(task.borrow().status == TASK_OPEN!()) {
        refuse("TaskNotOpen: only an open task can be funded");
    }

    if !(task.borrow().settled == 0) {
        refuse("TaskBeingPaid: a task is funded before its first payment");
    }

    check_vault(config.clone(), vault.key());

    if !(treasury.key() == config.borrow().treasury) {
        refuse("WrongFeeTreasury: this is not the treasury");
    }

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        requester.key(),
    );

    if !(amount >= 1) {
        refuse("NothingToPay: the fee is at least one base unit");
    }

    let mut share = <u64 as TryFrom<_>>::try_from(
        ((<u128 as TryFrom<_>>::try_from(amount.clone()).unwrap()
            * <u128 as TryFrom<_>>::try_from(
                config.borrow().parameters.borrow()[config
                    .borrow()
                    .parameters
                    .wrapped_index(FEE_TREASURY_BPS!() as i128)]
                .clone(),
            )
            .unwrap())
            / FULL_BPS!()),
    )
    .unwrap();

    let mut fee = amount - share;

    assign!(task.borrow_mut().fee, task.borrow().fee + fee);

    token::transfer(
        CpiContext::new(
            token_account.programs.get("token_program"),
            token::Transfer {
                from: token_account.to_account_info(),
                authority: requester.clone().to_account_info(),
                to: treasury.clone().to_account_info(),
            },
        ),
        share.clone(),
    )
    .unwrap();

    token::transfer(
        CpiContext::new(
            token_account.programs.get("token_program"),
            token::Transfer {
                from: token_account.to_account_info(),
                authority: requester.clone().to_account_info(),
                to: vault.clone().to_account_info(),
            },
        ),
        fee.clone(),
    )
    .unwrap();

    let mut funded =
        TaskFunded::__new__(task.borrow().__account__.key(), fee.clone(), share.clone());

    funded.__emit__();
}

pub fn genesis_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Empty<Mutable<LoadedConfig<'info, '_>>>,
    mut mint: Empty<SeahorseAccount<'info, '_, Mint>>,
    mut verifier_program: UncheckedAccount<'info>,
    mut program_account: UncheckedAccount<'info>,
    mut program_data: UncheckedAccount<'info>,
    mut chain_id: u32,
    mut month_s: u32,
    mut rate_floor: u64,
    mut srs0: u64,
    mut srs1: u64,
    mut srs2: u64,
    mut srs3: u64,
) -> () {
    let mut bump = config.bump.unwrap();
    let mut config = config.account.clone();

    check_creator(
        authority.key(),
        program_account.clone(),
        program_data.clone(),
        config.borrow().nobody.clone(),
    );

    let mut mint = mint.account.clone();
    let mut srs = digest(srs0.clone(), srs1.clone(), srs2.clone(), srs3.clone());

    configure(
        config.clone(),
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        month_s.clone(),
        rate_floor.clone(),
        srs.clone(),
        bump.clone(),
    );

    assign!(config.borrow_mut().phase, PHASE_HANDED_OVER!());

    let mut created = NetworkCreated::__new__(
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        month_s.clone(),
        rate_floor.clone(),
        false,
        0,
    );

    created.__emit__();
}

pub fn genesis_adopt_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Empty<Mutable<LoadedConfig<'info, '_>>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut multisig: UncheckedAccount<'info>,
    mut verifier_program: UncheckedAccount<'info>,
    mut program_account: UncheckedAccount<'info>,
    mut program_data: UncheckedAccount<'info>,
    mut chain_id: u32,
    mut month_s: u32,
    mut rate_floor: u64,
    mut srs0: u64,
    mut srs1: u64,
    mut srs2: u64,
    mut srs3: u64,
) -> () {
    let mut bump = config.bump.unwrap();
    let mut config = config.account.clone();

    check_creator(
        authority.key(),
        program_account.clone(),
        program_data.clone(),
        config.borrow().nobody.clone(),
    );

    check_multisig(multisig.clone());

    if !(mint.decimals == DECIMALS!()) {
        refuse("WrongDecimals: the mint must have 9 decimals");
    }

    if !(mint.mint_authority.unwrap_or_default() == multisig.key()) {
        refuse("NotFrozenYet: the mint authority must be the multisig");
    }

    let mut srs = digest(srs0.clone(), srs1.clone(), srs2.clone(), srs3.clone());

    configure(
        config.clone(),
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        month_s.clone(),
        rate_floor.clone(),
        srs.clone(),
        bump.clone(),
    );

    assign!(config.borrow_mut().phase, PHASE_FROZEN!());

    assign!(config.borrow_mut().adopted, true);

    assign!(config.borrow_mut().frozen_supply, mint.supply);

    let mut created = NetworkCreated::__new__(
        authority.key(),
        mint.key(),
        verifier_program.key(),
        chain_id.clone(),
        month_s.clone(),
        rate_floor.clone(),
        true,
        mint.supply,
    );

    created.__emit__();
}

pub fn hand_over_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
) -> () {
    if !(config.borrow().phase == PHASE_FROZEN!()) {
        refuse("NotFrozen: only a mint that genesis_adopt took is handed over, once");
    }

    check_mint_address(config.clone(), mint.key());

    check_mint(
        config.clone(),
        config.borrow().__account__.key(),
        mint.mint_authority.unwrap_or_default(),
        mint.freeze_authority.unwrap_or_default(),
        mint.supply,
    );

    assign!(config.borrow_mut().phase, PHASE_HANDED_OVER!());

    let mut handed = MintHandedOver::__new__(
        mint.key(),
        config.borrow().frozen_supply.clone(),
        mint.supply,
    );

    handed.__emit__();
}

pub fn heartbeat_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    check_active(miner.clone(), owner.key());

    enter_week(config.clone(), miner.clone(), now.clone());

    count_hour(
        miner.clone(),
        config.borrow().genesis_ts.clone(),
        now.clone(),
    );

    let mut beat = Heartbeat::__new__(
        miner.borrow().__account__.key(),
        miner.borrow().week.clone(),
        miner.borrow().hours.clone(),
        miner.borrow().uptime_bps.clone(),
        miner.borrow().quality_bps.clone(),
    );

    beat.__emit__();
}

pub fn link_nft_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut link: Mutable<LoadedNftLink<'info, '_>>,
    mut nft_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    check_open(config.clone());

    check_holder(nft_account.clone(), link.borrow().mint.clone(), owner.key());

    check_device(miner.clone(), owner.key());

    let mut tier = present_tier(nfts.clone(), link.borrow().collection.clone());
    let mut week = week_at(
        config.borrow().genesis_ts.clone(),
        clock.unix_timestamp.clone(),
    );

    if link.borrow().linked {
        if !(link.borrow().miner == miner.borrow().__account__.key()) {
            refuse("NftCountsElsewhere: the NFT counts for another device, move it");
        }

        week = link.borrow().week;
    }

    let mut device = miner.borrow().__account__.key();

    count_for(
        link.clone(),
        miner.clone(),
        device.clone(),
        nft_account.key(),
        tier.clone(),
        week.clone(),
    );

    let mut linked = NftLinked::__new__(
        link.borrow().__account__.key(),
        link.borrow().mint.clone(),
        owner.key(),
        miner.borrow().__account__.key(),
        miner.borrow().__account__.key(),
        tier.clone(),
        week.clone(),
    );

    linked.__emit__();
}

pub fn move_nft_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut previous: Mutable<LoadedMiner<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut link: Mutable<LoadedNftLink<'info, '_>>,
    mut nft_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    check_open(config.clone());

    check_holder(nft_account.clone(), link.borrow().mint.clone(), owner.key());

    check_device(miner.clone(), owner.key());

    if !link.borrow().linked {
        refuse("NftNotLinked: the NFT counts for no device yet, link it");
    }

    if !(previous.borrow().__account__.key() == link.borrow().miner) {
        refuse("WrongPreviousMiner: the NFT counts for another device than this one");
    }

    if !(previous.borrow().__account__.key() != miner.borrow().__account__.key()) {
        refuse("NftAlreadyHere: the NFT counts for this device already");
    }

    let mut tier = present_tier(nfts.clone(), link.borrow().collection.clone());

    if previous.borrow().nft_mint == link.borrow().mint {
        assign!(previous.borrow_mut().nft_tier, 0);
    }

    let mut week = week_at(
        config.borrow().genesis_ts.clone(),
        clock.unix_timestamp.clone(),
    ) + 1;

    let mut device = miner.borrow().__account__.key();

    count_for(
        link.clone(),
        miner.clone(),
        device.clone(),
        nft_account.key(),
        tier.clone(),
        week.clone(),
    );

    let mut linked = NftLinked::__new__(
        link.borrow().__account__.key(),
        link.borrow().mint.clone(),
        owner.key(),
        miner.borrow().__account__.key(),
        previous.borrow().__account__.key(),
        tier.clone(),
        week.clone(),
    );

    linked.__emit__();
}

pub fn open_answer_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut answer: Empty<Mutable<LoadedAnswer<'info, '_>>>,
    mut lane: u8,
) -> () {
    let mut bump = answer.bump.unwrap();
    let mut answer = answer.account.clone();

    check_lane(lane.clone());

    assign!(answer.borrow_mut().miner, miner.borrow().__account__.key());

    assign!(answer.borrow_mut().lane, lane);

    assign!(answer.borrow_mut().bump, bump);
}

pub fn open_check_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut accused: Mutable<LoadedStake<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut check: Empty<Mutable<LoadedCheck<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut output: Mutable<[u8; 32]>,
) -> () {
    let mut bump = check.bump.unwrap();
    let mut check = check.account.clone();
    let mut now = clock.unix_timestamp;
    let mut window = <i64 as TryFrom<_>>::try_from(
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(CHECK_WINDOW_S!() as i128)]
        .clone(),
    )
    .unwrap();

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotVerifierOwner: only its owner can challenge with a stake");
    }

    if !(stake.borrow().__account__.key() != accused.borrow().__account__.key()) {
        refuse("OwnWork: nobody checks its own work");
    }

    if !(accused.borrow().owner == work.borrow().owner) {
        refuse("NotWorkersStake: the work belongs to somebody else than the accused stake");
    }

    if !(work.borrow().model == model.borrow().__account__.key()) {
        refuse("NotModelOfWork: the work was done with another model");
    }

    if !((work.borrow().status == WORK_COMMITTED!()) || (work.borrow().status == WORK_SETTLED!())) {
        refuse("NothingToCheck: no result stands to be checked");
    }

    let mut proved =
        (work.borrow().status == WORK_SETTLED!()) && (model.borrow().detection_bps == FULL_BPS!());

    if !(!proved) {
        refuse("AlreadyProved: the output was proved in full");
    }

    if !(!work.borrow().disputed) {
        refuse("AlreadyDisputed: another check of this work is open");
    }

    if !(now <= (work.borrow().committed_ts + window)) {
        refuse("CheckTooLate: the time to challenge this work is over");
    }

    if !(output != work.borrow().output) {
        refuse("SameOutput: a check must find another output");
    }

    check_verifier(
        stake.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(VERIFIER_STAKE!() as i128)]
        .clone(),
    );

    assign!(check.borrow_mut().work, work.borrow().__account__.key());

    assign!(check.borrow_mut().task, work.borrow().task);

    assign!(check.borrow_mut().model, work.borrow().model);

    assign!(check.borrow_mut().miner, work.borrow().miner);

    assign!(check.borrow_mut().status, CHECK_OPEN!());

    assign!(check.borrow_mut().accused, accused.borrow().owner);

    assign!(check.borrow_mut().challenger, stake.borrow().owner);

    assign!(check.borrow_mut().challenger_output, copied(output.clone()));

    assign!(check.borrow_mut().accused_held, true);

    assign!(check.borrow_mut().challenger_held, true);

    assign!(check.borrow_mut().opened_ts, now);

    assign!(check.borrow_mut().decide_until_ts, now + window);

    assign!(check.borrow_mut().bump, bump);

    begin_round(check.clone(), clock.slot.clone());

    assign!(stake.borrow_mut().disputes, stake.borrow().disputes + 1);

    assign!(stake.borrow_mut().challenges, stake.borrow().challenges + 1);

    assign!(accused.borrow_mut().disputes, accused.borrow().disputes + 1);

    assign!(work.borrow_mut().disputed, true);

    let mut opened = CheckOpened::__new__(
        check.borrow().__account__.key(),
        work.borrow().__account__.key(),
        accused.borrow().owner.clone(),
        stake.borrow().owner.clone(),
        check.borrow().decide_until_ts.clone(),
    );

    opened.__emit__();
}

pub fn open_governance_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Empty<Mutable<LoadedGovernance<'info, '_>>>,
    mut nfts: Empty<Mutable<LoadedNftRegistry<'info, '_>>>,
) -> () {
    let mut governance_bump = governance.bump.unwrap();
    let mut nfts_bump = nfts.bump.unwrap();
    let mut governance = governance.account.clone();
    let mut nfts = nfts.account.clone();

    assign!(governance.borrow_mut().bump, governance_bump);

    assign!(nfts.borrow_mut().bump, nfts_bump);

    let mut opened = GovernanceOpened::__new__(
        governance.borrow().__account__.key(),
        nfts.borrow().__account__.key(),
    );

    opened.__emit__();
}

pub fn open_mining_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut mai_program: UncheckedAccount<'info>,
    mut mai_data: UncheckedAccount<'info>,
    mut verifier_program: UncheckedAccount<'info>,
    mut verifier_data: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    if !(config.borrow().phase != PHASE_OPEN!()) {
        refuse("AlreadyOpen: mining has been opened");
    }

    if !(config.borrow().phase == PHASE_HANDED_OVER!()) {
        refuse("NotHandedOver: the mint has not been handed over yet");
    }

    check_authority(config.clone(), authority.key());

    if !(config.borrow().vault != config.borrow().nobody) {
        refuse("NoVault: the vault is not opened yet");
    }

    if !(config.borrow().treasury != config.borrow().nobody) {
        refuse("NoTreasury: the treasury is not opened yet");
    }

    check_mint_address(config.clone(), mint.key());

    check_mint(
        config.clone(),
        config.borrow().__account__.key(),
        mint.mint_authority.unwrap_or_default(),
        mint.freeze_authority.unwrap_or_default(),
        mint.supply,
    );

    if !(mai_program.key() == program_id()) {
        refuse("WrongPolicyProgram: this is not the account of the policy program");
    }

    if !(verifier_program.key() == config.borrow().verifier) {
        refuse("NotTheVerifier: this is not the verifier of the network");
    }

    let mut nobody = config.borrow().nobody;
    let mut policy_authority =
        upgrade_authority(mai_program.clone(), mai_data.clone(), nobody.clone());

    let mut verifier_authority = upgrade_authority(
        verifier_program.clone(),
        verifier_data.clone(),
        nobody.clone(),
    );

    let mut immutable = (policy_authority == nobody) && (verifier_authority == nobody);

    if config.borrow().adopted {
        if !immutable {
            refuse("StillUpgradeable: both programs must be final before an adopted mint is mined");
        }
    }

    let mut now = clock.unix_timestamp;

    assign!(config.borrow_mut().immutable, immutable);

    assign!(config.borrow_mut().genesis_ts, now);

    assign!(config.borrow_mut().authority, nobody);

    assign!(config.borrow_mut().phase, PHASE_OPEN!());

    assign!(emission.borrow_mut().period_start_ts, now);

    let mut opened = MiningOpened::__new__(
        now.clone(),
        mint.key(),
        mint.supply,
        config.borrow().adopted.clone(),
        immutable.clone(),
    );

    opened.__emit__();
}

pub fn open_nft_link_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut metadata: UncheckedAccount<'info>,
    mut link: Empty<Mutable<LoadedNftLink<'info, '_>>>,
) -> () {
    let mut bump = link.bump.unwrap();
    let mut link = link.account.clone();
    let mut collection = verified_collection(metadata.clone(), mint.key());

    check_unique(mint.clone());

    assign!(link.borrow_mut().mint, mint.key());

    assign!(link.borrow_mut().collection, collection);

    assign!(
        link.borrow_mut().tier,
        present_tier(nfts.clone(), collection.clone())
    );

    assign!(link.borrow_mut().bump, bump);

    let mut shown = NftShown::__new__(
        link.borrow().__account__.key(),
        mint.key(),
        collection.clone(),
        link.borrow().tier.clone(),
    );

    shown.__emit__();
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
        refuse("PositionOutOfRange: the model has fewer positions");
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

pub fn open_stake_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut stake: Empty<Mutable<LoadedStake<'info, '_>>>,
) -> () {
    let mut bump = stake.bump.unwrap();
    let mut stake = stake.account.clone();

    assign!(stake.borrow_mut().owner, owner.key());

    assign!(stake.borrow_mut().bump, bump);

    let mut opened = StakeOpened::__new__(stake.borrow().__account__.key(), owner.key());

    opened.__emit__();
}

pub fn open_state_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut calibration: Empty<Mutable<LoadedCalibration<'info, '_>>>,
    mut emission: Empty<Mutable<LoadedEmission<'info, '_>>>,
) -> () {
    let mut calibration_bump = calibration.bump.unwrap();
    let mut emission_bump = emission.bump.unwrap();
    let mut calibration = calibration.account.clone();
    let mut emission = emission.account.clone();

    for mut entry in 0..42 {
        index_assign!(
            calibration.borrow_mut().entries.borrow_mut(),
            calibration
                .borrow_mut()
                .entries
                .wrapped_index(entry as i128),
            default_calibration(<u32 as TryFrom<_>>::try_from(entry.clone()).unwrap())
        );
    }

    assign!(calibration.borrow_mut().bump, calibration_bump);

    assign!(emission.borrow_mut().task_difficulty, ONE!());

    assign!(emission.borrow_mut().sampling, ONE!());

    assign!(emission.borrow_mut().multiplier, ONE!());

    assign!(emission.borrow_mut().bump, emission_bump);

    let mut opened = StateOpened::__new__(
        calibration.borrow().__account__.key(),
        emission.borrow().__account__.key(),
    );

    opened.__emit__();
}

pub fn open_treasury_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut treasury: Empty<SeahorseAccount<'info, '_, TokenAccount>>,
) -> () {
    check_mint_address(config.clone(), mint.key());

    let mut treasury = treasury.account.clone();

    assign!(config.borrow_mut().treasury, treasury.key());

    let mut opened = TreasuryOpened::__new__(treasury.key());

    opened.__emit__();
}

pub fn open_vault_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut vault: Empty<SeahorseAccount<'info, '_, TokenAccount>>,
) -> () {
    check_mint_address(config.clone(), mint.key());

    let mut vault = vault.account.clone();

    assign!(config.borrow_mut().vault, vault.key());

    let mut opened = VaultOpened::__new__(vault.key());

    opened.__emit__();
}

pub fn post_task_handler<'info>(
    mut requester: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut task: Empty<Mutable<LoadedTask<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut nonce: u64,
    mut lifetime_s: u32,
    mut task_class: u8,
    mut region: u16,
    mut prompt_tokens: u32,
    mut max_tokens: u32,
) -> () {
    let mut bump = task.bump.unwrap();
    let mut task = task.account.clone();

    check_open(config.clone());

    check_lifetime(lifetime_s.clone());

    if !(task_class <= TASK_CRITICAL!()) {
        refuse("UnknownTaskClass: the task class must be 0 to 2");
    }

    if !(region <= 999) {
        refuse("TaskRegionOutOfRange: the region is an ISO 3166-1 number up to 999");
    }

    if !(max_tokens >= 1) {
        refuse("NoTokensAsked: a task asks for at least one token");
    }

    if !(max_tokens <= model.borrow().max_tokens) {
        refuse("TooManyTokensAsked: the model does not give so many tokens");
    }

    if !(prompt_tokens <= 1000000) {
        refuse("PromptTooLong: a prompt has at most 1,000,000 tokens");
    }

    if !model.borrow().approved {
        refuse("ModelNotApproved: tasks need an approved model");
    }

    if !(spent_record.borrow().model == model.borrow().__account__.key()) {
        refuse("WrongSpentRecord: the spent record belongs to another model");
    }

    if !(!spent_record.borrow().spent) {
        refuse("InputAlreadyPaid: this input was already paid for this model");
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

    assign!(task.borrow_mut().task_class, task_class);

    assign!(task.borrow_mut().region, region);

    assign!(task.borrow_mut().prompt_tokens, prompt_tokens);

    assign!(task.borrow_mut().max_tokens, max_tokens);

    assign!(task.borrow_mut().posted_ts, clock.unix_timestamp);

    assign!(
        task.borrow_mut().expires_ts,
        clock.unix_timestamp + <i64 as TryFrom<_>>::try_from(lifetime_s.clone()).unwrap()
    );

    assign!(task.borrow_mut().status, TASK_OPEN!());

    assign!(
        task.borrow_mut().target_slot,
        clock.slot + seed_delay(task_class.clone())
    );

    assign!(task.borrow_mut().places, places_of(task_class.clone()));

    assign!(task.borrow_mut().bump, bump);

    let mut posted = TaskPosted::__new__(
        task.borrow().__account__.key(),
        requester.key(),
        model.borrow().__account__.key(),
        task.borrow().position.clone(),
        task_class.clone(),
        task.borrow().places.clone(),
        task.borrow().expires_ts.clone(),
        task.borrow().target_slot.clone(),
    );

    posted.__emit__();
}

pub fn propose_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut proposal: Empty<Mutable<LoadedProposal<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut id: u64,
    mut kind: u8,
    mut index: u32,
    mut target: Pubkey,
    mut value: u64,
    mut text: Mutable<[u8; 32]>,
) -> () {
    let mut bump = proposal.bump.unwrap();
    let mut proposal = proposal.account.clone();
    let mut now = clock.unix_timestamp;

    check_open(config.clone());

    if !(id == governance.borrow().proposals) {
        refuse("WrongProposalId: proposals are numbered one after the other");
    }

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotProposersStake: only its owner can propose with a stake");
    }

    let mut risk = risk_of(kind.clone(), index.clone(), value.clone());

    check_proposer(voting_weight(stake.clone(), now.clone()), risk.clone());

    check_form(
        kind.clone(),
        index.clone(),
        target.clone(),
        value.clone(),
        config.borrow().nobody.clone(),
    );

    if kind == PROPOSE_PARAMETER!() {
        check_new_parameter(
            config.borrow().parameters.clone(),
            index.clone(),
            value.clone(),
        );

        assign!(
            proposal.borrow_mut().old_value,
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index((index as i128) as i128)]
        );
    } else {
        if kind == PROPOSE_CALIBRATION!() {
            check_calibration(index.clone(), value.clone());

            assign!(
                proposal.borrow_mut().old_value,
                calibration.borrow().entries.borrow()[calibration
                    .borrow()
                    .entries
                    .wrapped_index((index as i128) as i128)]
            );
        } else {
            if kind == PROPOSE_MODEL!() {
                check_model_value(value.clone());

                assign!(proposal.borrow_mut().old_value, 1 - value);
            } else {
                if kind == PROPOSE_COLLECTION!() {
                    check_new_collection(nfts.clone(), index.clone(), target.clone());

                    assign!(
                        proposal.borrow_mut().old_target,
                        nfts.borrow().collections.borrow()[nfts
                            .borrow()
                            .collections
                            .wrapped_index((index as i128) as i128)]
                    );
                }
            }
        }
    }

    check_changes(
        ((value != proposal.borrow().old_value)
            || ((kind == PROPOSE_COLLECTION!()) && (target != proposal.borrow().old_target))),
    );

    assign!(
        governance.borrow_mut().proposals,
        governance.borrow().proposals + 1
    );

    assign!(proposal.borrow_mut().id, id);

    assign!(proposal.borrow_mut().proposer, owner.key());

    assign!(proposal.borrow_mut().kind, kind);

    assign!(proposal.borrow_mut().status, PROPOSAL_ACTIVE!());

    assign!(proposal.borrow_mut().index, index);

    assign!(proposal.borrow_mut().target, target);

    assign!(proposal.borrow_mut().value, value);

    assign!(proposal.borrow_mut().text, text);

    assign!(proposal.borrow_mut().staked, governance.borrow().staked);

    assign!(proposal.borrow_mut().bump, bump);

    schedule(proposal.clone(), risk.clone(), now.clone());

    let mut made = ProposalMade::__new__(
        proposal.borrow().__account__.key(),
        id.clone(),
        owner.key(),
        kind.clone(),
        risk.clone(),
        index.clone(),
        target.clone(),
        proposal.borrow().old_target.clone(),
        value.clone(),
        proposal.borrow().old_value.clone(),
        proposal.borrow().staked.clone(),
        proposal.borrow().voting_ends_ts.clone(),
        proposal.borrow().denials_end_ts.clone(),
        proposal.borrow().executable_ts.clone(),
        proposal.borrow().expires_ts.clone(),
    );

    made.__emit__();
}

pub fn prove_appeal_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut offence: Mutable<LoadedOffence<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut verifier_program: UncheckedAccount<'info>,
    mut receipt: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
    mut tokens: u32,
) -> () {
    if !(offence.borrow().owner == owner.key()) {
        refuse("NotAppellant: only the accused can prove its appeal");
    }

    if !(offence.borrow().status == OFFENCE_APPEALED!()) {
        refuse("NotAppealed: there is no appeal to prove");
    }

    if !(clock.unix_timestamp <= offence.borrow().final_ts) {
        refuse("ProofTooLate: the time to prove the appeal is over");
    }

    if !(offence.borrow().stake == stake.borrow().__account__.key()) {
        refuse("NotStakeOfOffence: the offence is not about this stake");
    }

    if !(offence.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotMinerOfOffence: the offence is about another miner");
    }

    if !(offence.borrow().task == task.borrow().__account__.key()) {
        refuse("NotTaskOfOffence: the offence is about another task");
    }

    if !(task.borrow().model == model.borrow().__account__.key()) {
        refuse("NotModelOfOffence: the offence is about another model");
    }

    let mut any_tokens = offence.borrow().kind == OFFENCE_FALSE_CHECK!();

    if !(any_tokens || (tokens == offence.borrow().tokens)) {
        refuse("WrongTokens: the work was committed with another number of tokens");
    }

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        owner.key(),
    );

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

    check_verifier_program(config.clone(), tag.clone());

    let mut data = claim_of(
        config.borrow().srs.clone(),
        model.clone(),
        task.clone(),
        offence.borrow().context.clone(),
        offence.borrow().output.clone(),
        tokens.clone(),
    );

    {
        let program = verifier_program;
        let cpi_accounts = Mutable::new(vec![
            CpiAccount {
                account_info: owner.clone().to_account_info(),
                is_writable: true,
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

    let mut bond = offence.borrow().appeal_bond;

    assign!(offence.borrow_mut().appeal_bond, 0);

    assign!(offence.borrow_mut().status, OFFENCE_OVERTURNED!());

    give_back(
        config.clone(),
        governance.clone(),
        offence.clone(),
        stake.clone(),
    );

    if offence.borrow().kind != OFFENCE_FALSE_CHECK!() {
        assign!(
            miner.borrow_mut().bond,
            miner.borrow().bond + offence.borrow().bond
        );

        assign!(miner.borrow_mut().overturned, miner.borrow().overturned + 1);
    }

    let mut bump = config.borrow().bump;

    token::transfer(
        CpiContext::new_with_signer(
            vault.programs.get("token_program"),
            token::Transfer {
                from: vault.to_account_info(),
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
        bond.clone(),
    )
    .unwrap();

    let mut overturned = OffenceOverturned::__new__(
        offence.borrow().__account__.key(),
        stake.borrow().__account__.key(),
        offence.borrow().amount.clone(),
        offence.borrow().bond.clone(),
    );

    overturned.__emit__();
}

pub fn prove_muster_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut answer: Mutable<LoadedAnswer<'info, '_>>,
    mut verifier_program: UncheckedAccount<'info>,
    mut receipt: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    check_active(miner.clone(), owner.key());

    if !(answer.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotProversAnswer: the answer belongs to another device");
    }

    if !(answer.borrow().status == ANSWER_GIVEN!()) {
        refuse("NothingToProve: there is no answer that waits for its proof");
    }

    if !(answer.borrow().model == model.borrow().__account__.key()) {
        refuse("WrongMusterModel: the answer was given with another model");
    }

    check_muster_model(model.clone(), answer.borrow().tokens.clone());

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

    check_verifier_program(config.clone(), tag.clone());

    let mut data = claim_trace_data(
        answer.borrow().context.clone(),
        model.borrow().key_hash.clone(),
        answer.borrow().input.clone(),
        answer.borrow().output.clone(),
        PROMPT_TOKENS!(),
        answer.borrow().tokens.clone(),
        answer.borrow().tokens.clone(),
    );

    {
        let program = verifier_program;
        let cpi_accounts = Mutable::new(vec![
            CpiAccount {
                account_info: owner.clone().to_account_info(),
                is_writable: true,
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

    count_shown(emission.clone(), miner.clone(), answer.clone());

    let mut counted = PowerCounted::__new__(
        miner.borrow().__account__.key(),
        emission.borrow().muster.clone(),
        miner.borrow().power.clone(),
        emission.borrow().power.clone(),
    );

    counted.__emit__();
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
    mut multiplier: u64,
    mut quality_bps: u64,
    mut epoch: u64,
    mut rate_floor: u64,
) -> () {
    check_parameter(RATE_FLOOR!(), rate_floor.clone());

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
        multiplier.clone(),
        quality_bps.clone(),
        epoch_rate(epoch.clone(), rate_floor.clone()),
    );

    let mut quoted = RewardQuoted::__new__(
        terms.borrow().hourly.clone(),
        terms.borrow().base.clone(),
        terms.borrow().after_nft.clone(),
        terms.borrow().after_uptime.clone(),
        terms.borrow().after_trust.clone(),
        terms.borrow().after_difficulty.clone(),
        terms.borrow().after_quality.clone(),
        terms.borrow().amount.clone(),
    );

    quoted.__emit__();
}

pub fn redraw_task_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut slot_hashes: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    if !(task.borrow().status == TASK_OPEN!()) {
        refuse("NothingToDraw: the task has no free place");
    }

    if !(!task.borrow().seeded) {
        refuse("AlreadySeeded: the round has its seed");
    }

    if !(first_block(slot_hashes.clone(), task.borrow().target_slot.clone()) == EVICTED!()) {
        refuse("SeedStillKnown: the round can still be drawn");
    }

    assign!(task.borrow_mut().round, task.borrow().round + 1);

    assign!(
        task.borrow_mut().target_slot,
        clock.slot + seed_delay(task.borrow().task_class.clone())
    );

    let mut redrawn = TaskRedrawn::__new__(
        task.borrow().__account__.key(),
        task.borrow().round.clone(),
        task.borrow().target_slot.clone(),
    );

    redrawn.__emit__();
}

pub fn register_miner_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut miner: Empty<Mutable<LoadedMiner<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut device: Pubkey,
    mut device_class: u8,
    mut region: u16,
    mut client_version: u32,
    mut gpu_model: Mutable<[u8; 32]>,
    mut vram_mb: u32,
    mut cores: u16,
    mut ram_mb: u32,
    mut gpu_mhs: u32,
    mut cpu_mhz: u32,
    mut ram_mhz: u32,
    mut storage_gb: u32,
    mut network_mbps: u32,
) -> () {
    let mut bump = miner.bump.unwrap();
    let mut miner = miner.account.clone();
    let mut now = clock.unix_timestamp;

    check_open(config.clone());

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotStakeOwner: the stake belongs to somebody else");
    }

    assign!(miner.borrow_mut().owner, owner.key());

    assign!(miner.borrow_mut().device, device);

    assign!(miner.borrow_mut().status, MINER_ACTIVE!());

    declare(
        miner.clone(),
        calibration.clone(),
        device_class.clone(),
        region.clone(),
        client_version.clone(),
        gpu_model.clone(),
        vram_mb.clone(),
        cores.clone(),
        ram_mb.clone(),
        gpu_mhs.clone(),
        cpu_mhz.clone(),
        ram_mhz.clone(),
        storage_gb.clone(),
        network_mbps.clone(),
    );

    assign!(miner.borrow_mut().registered_ts, now);

    assign!(miner.borrow_mut().busy_until_ms, to_ms(now.clone()));

    assign!(
        miner.borrow_mut().week,
        week_at(config.borrow().genesis_ts.clone(), now.clone())
    );

    assign!(miner.borrow_mut().quality_bps, NEWCOMER_QUALITY!());

    assign!(
        miner.borrow_mut().bond,
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(BOND_LAMPORTS!() as i128)]
    );

    assign!(miner.borrow_mut().bump, bump);

    assign!(miner.borrow_mut().muster, emission.borrow().muster);

    assign!(emission.borrow_mut().miners, emission.borrow().miners + 1);

    let mut bond = miner.borrow().bond;

    solana_program::program::invoke(
        &solana_program::system_instruction::transfer(
            &owner.key(),
            &miner.borrow().__account__.key(),
            bond.clone(),
        ),
        &[
            owner.to_account_info(),
            miner.borrow().__account__.to_account_info(),
            owner.programs.get("system_program").clone(),
        ],
    )
    .unwrap();

    let mut registered = MinerRegistered::__new__(
        miner.borrow().__account__.key(),
        owner.key(),
        device_class.clone(),
        miner.borrow().gpu_mhs.clone(),
        miner.borrow().cpu_mhz.clone(),
        miner.borrow().ram_mhz.clone(),
        miner.borrow().storage_gb.clone(),
        miner.borrow().network_mbps.clone(),
        bond.clone(),
    );

    registered.__emit__();
}

pub fn register_model_handler<'info>(
    mut payer: SeahorseSigner<'info, '_>,
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
    mut proof: u8,
    mut detection_bps: u16,
    mut segments: u32,
    mut work_units: u64,
    mut max_active_ms: u64,
    mut max_tokens: u32,
    mut positions: u32,
    mut vram_mb: u32,
) -> () {
    let mut bump = model.bump.unwrap();
    let mut model = model.account.clone();
    let mut may_register =
        (config.borrow().phase == PHASE_OPEN!()) || (payer.key() == config.borrow().authority);

    if !may_register {
        refuse("ModelsNotOpen: until mining opens only the authority of genesis registers models");
    }

    check_model_limits(
        segments.clone(),
        work_units.clone(),
        max_active_ms.clone(),
        max_tokens.clone(),
        positions.clone(),
        vram_mb.clone(),
    );

    check_proof_kind(proof.clone(), detection_bps.clone());

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

    assign!(model.borrow_mut().proof, proof);

    assign!(model.borrow_mut().detection_bps, detection_bps);

    assign!(model.borrow_mut().segments, segments);

    assign!(model.borrow_mut().work_units, work_units);

    assign!(model.borrow_mut().max_active_ms, max_active_ms);

    assign!(model.borrow_mut().max_tokens, max_tokens);

    assign!(model.borrow_mut().positions, positions);

    assign!(model.borrow_mut().vram_mb, vram_mb);

    assign!(
        model.borrow_mut().approved,
        payer.key() == config.borrow().authority
    );

    assign!(model.borrow_mut().bump, bump);

    let mut registered = ModelRegistered::__new__(
        model.borrow().__account__.key(),
        proof.clone(),
        detection_bps.clone(),
        segments.clone(),
        work_units.clone(),
        max_active_ms.clone(),
        model.borrow().approved.clone(),
    );

    registered.__emit__();
}

pub fn release_work_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    if !(work.borrow().miner == miner.borrow().__account__.key()) {
        refuse("NotReleasedMiner: the place was given to another device");
    }

    if !(work.borrow().task == task.borrow().__account__.key()) {
        refuse("NotReleasedTask: the place is in another task");
    }

    if !(stake.borrow().owner == work.borrow().owner) {
        refuse("NotReleasedStake: the stake belongs to somebody else");
    }

    if !(work.borrow().status == WORK_ASSIGNED!()) {
        refuse("NotWaiting: the work is not waiting for a commit");
    }

    if !(now > work.borrow().deadline_ts) {
        refuse("StillInTime: the miner can still commit in time");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    let mut next_slot = clock.slot + seed_delay(task.borrow().task_class.clone());

    assign!(work.borrow_mut().status, WORK_MISSED!());

    assign!(
        stake.borrow_mut().at_risk,
        stake.borrow().at_risk - work.borrow().at_risk
    );

    give_place(
        task.clone(),
        next_slot.clone(),
        work.borrow().owner.clone(),
        config.borrow().nobody.clone(),
    );

    assign!(miner.borrow_mut().in_flight, miner.borrow().in_flight - 1);

    assign!(miner.borrow_mut().failed, miner.borrow().failed + 1);

    assign!(miner.borrow_mut().missed, miner.borrow().missed + 1);

    assign!(miner.borrow_mut().failures, miner.borrow().failures + 1);

    let mut missed = WorkMissed::__new__(
        work.borrow().__account__.key(),
        task.borrow().__account__.key(),
        miner.borrow().__account__.key(),
        miner.borrow().failures.clone(),
    );

    missed.__emit__();
}

pub fn report_check_handler<'info>(
    mut reporter: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut offence: Empty<Mutable<LoadedOffence<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut bump = offence.bump.unwrap();
    let mut offence = offence.account.clone();
    let mut now = clock.unix_timestamp;

    check_accused(work.clone(), task.clone(), miner.clone(), stake.clone());

    if !(check.borrow().work == work.borrow().__account__.key()) {
        refuse("NotCheckOfWork: the check is about another work than this");
    }

    if !(check.borrow().status == CHECK_UPHELD!()) {
        refuse("CheckNotUpheld: no check has found this work wrong");
    }

    if !(work.borrow().status == WORK_FAULTY!()) {
        refuse("WorkNotFaulty: the check has not ended this work");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    release_accused(check.clone(), stake.clone());

    open_offence(
        config.clone(),
        offence.clone(),
        stake.clone(),
        OFFENCE_FAILED_CHECK!(),
        check.borrow().__account__.key(),
        check.borrow().reporter.clone(),
        check.borrow().assistant.clone(),
        now.clone(),
        bump.clone(),
    );

    charge_work(
        config.clone(),
        governance.clone(),
        offence.clone(),
        stake.clone(),
        miner.clone(),
        task.clone(),
        work.clone(),
    );

    let mut told = reported(offence.clone(), offence.borrow().__account__.key());

    told.__emit__();
}

pub fn report_offence_handler<'info>(
    mut reporter: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut offence: Empty<Mutable<LoadedOffence<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut bump = offence.bump.unwrap();
    let mut offence = offence.account.clone();
    let mut now = clock.unix_timestamp;

    check_accused(work.clone(), task.clone(), miner.clone(), stake.clone());

    check_payment(task.clone(), model.clone(), spent_record.clone());

    let mut kind = offence_of(
        work.clone(),
        task.clone(),
        model.clone(),
        spent_record.clone(),
        now.clone(),
    );

    if !(kind != OFFENCE_NONE!()) {
        refuse("NothingToReport: the chain shows no offence in this work");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    if kind == OFFENCE_MISSED_PROOF!() {
        lose_work(
            emission.clone(),
            miner.clone(),
            stake.clone(),
            task.clone(),
            work.clone(),
            WORK_FORFEITED!(),
            clock.slot.clone(),
            config.borrow().nobody.clone(),
        );

        count_failure(miner.clone());
    } else {
        if kind == OFFENCE_MINORITY_OUTPUT!() {
            lose_work(
                emission.clone(),
                miner.clone(),
                stake.clone(),
                task.clone(),
                work.clone(),
                WORK_FAULTY!(),
                clock.slot.clone(),
                config.borrow().nobody.clone(),
            );

            count_failure(miner.clone());
        }
    }

    open_offence(
        config.clone(),
        offence.clone(),
        stake.clone(),
        kind.clone(),
        work.borrow().__account__.key(),
        reporter.key(),
        config.borrow().nobody.clone(),
        now.clone(),
        bump.clone(),
    );

    charge_work(
        config.clone(),
        governance.clone(),
        offence.clone(),
        stake.clone(),
        miner.clone(),
        task.clone(),
        work.clone(),
    );

    let mut told = reported(offence.clone(), offence.borrow().__account__.key());

    told.__emit__();
}

pub fn report_verifier_handler<'info>(
    mut reporter: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut offence: Empty<Mutable<LoadedOffence<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut bump = offence.bump.unwrap();
    let mut offence = offence.account.clone();
    let mut now = clock.unix_timestamp;
    let mut decided =
        (check.borrow().status == CHECK_UPHELD!()) || (check.borrow().status == CHECK_REFUTED!());

    if !decided {
        refuse("CheckUndecided: the check has found nothing");
    }

    let mut said = output_of(check.clone(), stake.borrow().owner.clone());

    if !(said != check.borrow().result) {
        refuse("NotContradicted: this verifier has said nothing that was found wrong");
    }

    if check.borrow().challenger == stake.borrow().owner {
        release_challenger(check.clone(), stake.clone());
    }

    open_offence(
        config.clone(),
        offence.clone(),
        stake.clone(),
        OFFENCE_FALSE_CHECK!(),
        check.borrow().__account__.key(),
        check.borrow().reporter.clone(),
        check.borrow().assistant.clone(),
        now.clone(),
        bump.clone(),
    );

    assign!(offence.borrow_mut().output, said);

    charge_check(
        config.clone(),
        governance.clone(),
        offence.clone(),
        stake.clone(),
        check.clone(),
    );

    let mut told = reported(offence.clone(), offence.borrow().__account__.key());

    told.__emit__();
}

pub fn retire_miner_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    check_active(miner.clone(), owner.key());

    if !(miner.borrow().in_flight == 0) {
        refuse("WorkInFlight: a device with work in flight cannot retire");
    }

    assign!(miner.borrow_mut().status, MINER_RETIRED!());

    assign!(miner.borrow_mut().retired_ts, clock.unix_timestamp);

    assign!(emission.borrow_mut().miners, emission.borrow().miners - 1);

    assign!(
        emission.borrow_mut().power,
        emission.borrow().power - miner.borrow().power
    );

    assign!(miner.borrow_mut().power, 0);

    let mut retired = MinerRetired::__new__(
        miner.borrow().__account__.key(),
        miner.borrow().bond.clone(),
        (miner.borrow().retired_ts + BOND_COOLDOWN_S!()),
    );

    retired.__emit__();
}

pub fn set_collection_handler<'info>(
    mut authority: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut tier: u8,
    mut collection: Pubkey,
) -> () {
    check_authority(config.clone(), authority.key());

    if !(tier >= NFT_BRONZE!()) {
        refuse("NoTier: the tiers with a collection begin at 1");
    }

    if !(tier <= NFT_AIRDROP!()) {
        refuse("TierOutOfRange: there are five tiers with a collection");
    }

    index_assign!(
        nfts.borrow_mut().collections.borrow_mut(),
        nfts.borrow_mut()
            .collections
            .wrapped_index((tier as i128) as i128),
        collection
    );

    let mut named = CollectionSet::__new__(tier.clone(), collection.clone());

    named.__emit__();
}

pub fn settle_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut mint: SeahorseAccount<'info, '_, Mint>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut spent_record: Mutable<LoadedSpentRecord<'info, '_>>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut nft_account: UncheckedAccount<'info>,
    mut verifier_program: UncheckedAccount<'info>,
    mut receipt: UncheckedAccount<'info>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    check_open(config.clone());

    if !(miner.borrow().owner == owner.key()) {
        refuse("NotOwner: only its owner can settle for a miner");
    }

    if !(stake.borrow().owner == owner.key()) {
        refuse("WrongStake: the stake belongs to somebody else");
    }

    if !(work.borrow().miner == miner.borrow().__account__.key()) {
        refuse("WrongMiner: the work belongs to another miner");
    }

    if !(work.borrow().task == task.borrow().__account__.key()) {
        refuse("WrongTask: the work belongs to another task");
    }

    if !(work.borrow().model == model.borrow().__account__.key()) {
        refuse("WrongModel: the work was done with another model");
    }

    if !(work.borrow().status != WORK_SETTLED!()) {
        refuse("WorkAlreadySettled: this work was paid before");
    }

    if !(work.borrow().status != WORK_REJECTED!()) {
        refuse("WorkWasRejected: an implausible work is never paid");
    }

    if !(work.borrow().status == WORK_COMMITTED!()) {
        refuse("WorkNotCommitted: the work is not waiting for settlement");
    }

    if !(!work.borrow().disputed) {
        refuse("WorkDisputed: a challenge of this work is open");
    }

    if !(now <= work.borrow().prove_until_ts) {
        refuse("SettleTooLate: the time to settle this work is over");
    }

    if !(votes_for(task.clone(), work.borrow().output.clone())
        >= votes_needed(task.borrow().places.clone()))
    {
        refuse("NoAgreement: too few miners gave this output");
    }

    if !model.borrow().approved {
        refuse("ModelWithdrawn: the model is not approved");
    }

    if !(spent_record.borrow().__account__.key() == task.borrow().spent_record) {
        refuse("WrongRecord: the spent record belongs to another input");
    }

    let mut spent_elsewhere = spent_record.borrow().spent
        && (spent_record.borrow().task != task.borrow().__account__.key());

    if !(!spent_elsewhere) {
        refuse("InputAlreadySpent: this input was already paid for this model");
    }

    if !(mint.key() == config.borrow().mint) {
        refuse("WrongMint: this is not the MAI mint");
    }

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        owner.key(),
    );

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

    check_verifier_program(config.clone(), tag.clone());

    let mut data = claim_of(
        config.borrow().srs.clone(),
        model.clone(),
        task.clone(),
        work.borrow().context.clone(),
        work.borrow().output.clone(),
        work.borrow().tokens.clone(),
    );

    {
        let program = verifier_program;
        let cpi_accounts = Mutable::new(vec![
            CpiAccount {
                account_info: owner.clone().to_account_info(),
                is_writable: true,
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
    let mut rate = epoch_rate(
        epoch.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(RATE_FLOOR!() as i128)]
        .clone(),
    );

    enter_week(config.clone(), miner.clone(), now.clone());

    enter_epoch(emission.clone(), epoch.clone());

    let mut nft_bps = nft_bonus(held_tier(miner.clone(), nft_account.clone()));
    let mut uptime_bps = uptime_bonus(miner.borrow().uptime_bps.clone());
    let mut trust_bps = trust(
        miner.borrow().device_class.clone(),
        miner.borrow().attested.clone(),
    );

    let mut quality_bps = quality_factor(miner.borrow().quality_bps.clone());
    let mut units = total_units(
        model.borrow().segments.clone(),
        model.borrow().work_units.clone(),
        work.borrow().tokens.clone(),
    );

    let mut hourly = counted_rate(miner.clone(), calibration.clone());
    let mut counted_ms = verified_ms(hourly.clone(), units.clone());
    let mut terms = reward(
        hourly.clone(),
        counted_ms.clone(),
        nft_bps.clone(),
        uptime_bps.clone(),
        trust_bps.clone(),
        emission.borrow().multiplier.clone(),
        quality_bps.clone(),
        rate.clone(),
    );

    let mut minted = terms.borrow().amount;
    let mut limit = 0;

    if work.borrow().sampling_bps < FULL_BPS!() {
        limit = of_class(
            config.borrow().parameters.clone(),
            task.borrow().task_class.clone(),
            REWARD_LIMIT!(),
        );

        minted = minted.min(limit);
    }

    let mut fee = task.borrow().fee;

    assign!(task.borrow_mut().fee, 0);

    assign!(task.borrow_mut().fee_burned, task.borrow().fee_burned + fee);

    if task.borrow().requester == owner.key() {
        minted = minted.min(task.borrow().fee_burned - task.borrow().self_minted);

        assign!(
            task.borrow_mut().self_minted,
            task.borrow().self_minted + minted
        );
    }

    let mut left = cap_left(
        cap_of_epoch(
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(EPOCH_CAP!() as i128)]
            .clone(),
            rate.clone(),
        ),
        emission.borrow().epoch_minted.clone(),
        mint.supply,
    );

    let mut minted = minted.min(left);

    assign!(spent_record.borrow_mut().spent, true);

    assign!(
        spent_record.borrow_mut().task,
        task.borrow().__account__.key()
    );

    assign!(spent_record.borrow_mut().slot, clock.slot);

    close_place(task.clone());

    assign!(work.borrow_mut().status, WORK_SETTLED!());

    assign!(work.borrow_mut().paid, minted);

    assign!(
        stake.borrow_mut().at_risk,
        stake.borrow().at_risk - work.borrow().at_risk
    );

    let mut allowed_ms = most_active_ms(
        model.borrow().segments.clone(),
        model.borrow().max_active_ms.clone(),
        work.borrow().tokens.clone(),
    );

    count_minted(
        emission.clone(),
        minted.clone(),
        fee.clone(),
        work.borrow().took_ms.clone(),
        allowed_ms.clone(),
    );

    count_hour(
        miner.clone(),
        config.borrow().genesis_ts.clone(),
        now.clone(),
    );

    assign!(miner.borrow_mut().in_flight, miner.borrow().in_flight - 1);

    assign!(miner.borrow_mut().completed, miner.borrow().completed + 1);

    assign!(
        miner.borrow_mut().active_ms_week,
        miner.borrow().active_ms_week + work.borrow().took_ms
    );

    assign!(
        miner.borrow_mut().allowed_ms_week,
        miner.borrow().allowed_ms_week + allowed_ms
    );

    assign!(miner.borrow_mut().settled, miner.borrow().settled + 1);

    assign!(
        miner.borrow_mut().active_ms,
        miner.borrow().active_ms + work.borrow().took_ms
    );

    assign!(miner.borrow_mut().earned, miner.borrow().earned + minted);

    let mut bump = config.borrow().bump;

    if fee > 0 {
        token::burn(
            CpiContext::new_with_signer(
                mint.programs.get("token_program"),
                token::Burn {
                    mint: mint.to_account_info(),
                    authority: config.borrow().__account__.to_account_info(),
                    from: vault.clone().to_account_info(),
                },
                &[Mutable::new(vec![
                    "config".to_string().as_bytes().as_ref(),
                    bump.to_le_bytes().as_ref(),
                ])
                .borrow()
                .as_slice()],
            ),
            fee.clone(),
        )
        .unwrap();
    }

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
        counted_ms.clone(),
        epoch.clone(),
        nft_bps.clone(),
        uptime_bps.clone(),
        trust_bps.clone(),
        emission.borrow().multiplier.clone(),
        quality_bps.clone(),
        rate.clone(),
        terms.borrow().hourly.clone(),
        terms.borrow().base.clone(),
        terms.borrow().after_nft.clone(),
        terms.borrow().after_uptime.clone(),
        terms.borrow().after_trust.clone(),
        terms.borrow().after_difficulty.clone(),
        terms.borrow().after_quality.clone(),
        terms.borrow().amount.clone(),
        limit.clone(),
        left.clone(),
        minted.clone(),
        fee.clone(),
    );

    settled.__emit__();
}

pub fn undesignate_verifier_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut amount: u64,
) -> () {
    if !(stake.borrow().owner == owner.key()) {
        refuse("NotUndesignator: only its owner can take verifier stake back");
    }

    check_undisputed(stake.clone());

    if !(amount >= 1) {
        refuse("NothingToUndesignate: the amount is at least one base unit");
    }

    if !(amount <= stake.borrow().verifier) {
        refuse("VerifierTooLow: there is not so much verifier stake");
    }

    assign!(
        stake.borrow_mut().verifier,
        stake.borrow().verifier - amount
    );

    begin_unstaking(stake.clone(), amount.clone(), clock.unix_timestamp.clone());

    count_verifier(
        governance.clone(),
        stake.clone(),
        config.borrow().parameters.borrow()[config
            .borrow()
            .parameters
            .wrapped_index(VERIFIER_STAKE!() as i128)]
        .clone(),
    );

    let mut told = moved(
        stake.clone(),
        stake.borrow().__account__.key(),
        MOVED_FROM_VERIFIER!(),
        amount.clone(),
        governance.borrow().staked.clone(),
    );

    told.__emit__();
}

pub fn unstake_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut amount: u64,
) -> () {
    let mut now = clock.unix_timestamp;

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotUnstaker: only its owner can unstake");
    }

    check_undisputed(stake.clone());

    if !(now >= stake.borrow().locked_until_ts) {
        refuse("StakeVoted: stake stays until the votes it was cast in are over");
    }

    remove_free(stake.clone(), amount.clone(), now.clone());

    begin_unstaking(stake.clone(), amount.clone(), now.clone());

    assign!(
        governance.borrow_mut().staked,
        governance.borrow().staked - amount
    );

    let mut told = moved(
        stake.clone(),
        stake.borrow().__account__.key(),
        MOVED_TO_UNSTAKING!(),
        amount.clone(),
        governance.borrow().staked.clone(),
    );

    told.__emit__();
}

pub fn update_miner_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
    mut device_class: u8,
    mut region: u16,
    mut client_version: u32,
    mut gpu_model: Mutable<[u8; 32]>,
    mut vram_mb: u32,
    mut cores: u16,
    mut ram_mb: u32,
    mut gpu_mhs: u32,
    mut cpu_mhz: u32,
    mut ram_mhz: u32,
    mut storage_gb: u32,
    mut network_mbps: u32,
) -> () {
    let mut now = clock.unix_timestamp;

    check_active(miner.clone(), owner.key());

    if !(miner.borrow().in_flight == 0) {
        refuse("DeviceBusy: the device has work in flight");
    }

    enter_week(config.clone(), miner.clone(), now.clone());

    declare(
        miner.clone(),
        calibration.clone(),
        device_class.clone(),
        region.clone(),
        client_version.clone(),
        gpu_model.clone(),
        vram_mb.clone(),
        cores.clone(),
        ram_mb.clone(),
        gpu_mhs.clone(),
        cpu_mhz.clone(),
        ram_mhz.clone(),
        storage_gb.clone(),
        network_mbps.clone(),
    );

    let mut updated = MinerUpdated::__new__(
        miner.borrow().__account__.key(),
        device_class.clone(),
        miner.borrow().gpu_mhs.clone(),
        miner.borrow().cpu_mhz.clone(),
        miner.borrow().ram_mhz.clone(),
        miner.borrow().storage_gb.clone(),
        miner.borrow().network_mbps.clone(),
    );

    updated.__emit__();
}

pub fn void_check_handler<'info>(
    mut caller: SeahorseSigner<'info, '_>,
    mut challenger: Mutable<LoadedStake<'info, '_>>,
    mut accused: Mutable<LoadedStake<'info, '_>>,
    mut work: Mutable<LoadedWork<'info, '_>>,
    mut check: Mutable<LoadedCheck<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    let mut now = clock.unix_timestamp;

    check_open_check(check.clone());

    check_parties(check.clone(), challenger.clone(), accused.clone());

    if !(check.borrow().work == work.borrow().__account__.key()) {
        refuse("NotVoidedWork: the check is about a different work");
    }

    if !(now > check.borrow().decide_until_ts) {
        refuse("CheckRunning: the check can still be decided");
    }

    assign!(check.borrow_mut().status, CHECK_VOID!());

    resume(work.clone(), check.clone(), now.clone());

    release_accused(check.clone(), accused.clone());

    release_challenger(check.clone(), challenger.clone());

    let mut voided = CheckVoided::__new__(
        check.borrow().__account__.key(),
        work.borrow().__account__.key(),
    );

    voided.__emit__();
}

pub fn vote_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut vote: Empty<Mutable<LoadedVote<'info, '_>>>,
    mut clock: Sysvar<'info, Clock>,
    mut approves: bool,
) -> () {
    let mut bump = vote.bump.unwrap();
    let mut vote = vote.account.clone();
    let mut now = clock.unix_timestamp;

    check_voter(stake.clone(), owner.key());

    let mut opened = voting_open(
        config.borrow().genesis_ts.clone(),
        config.borrow().month_s.clone(),
        NFT_NONE!(),
        now.clone(),
    );

    if !opened {
        refuse("VotingNotOpen: until then voting is for holders of NFTs");
    }

    count_vote(
        proposal.clone(),
        stake.clone(),
        vote.clone(),
        approves.clone(),
        now.clone(),
    );

    assign!(
        vote.borrow_mut().proposal,
        proposal.borrow().__account__.key()
    );

    assign!(vote.borrow_mut().stake, stake.borrow().__account__.key());

    assign!(vote.borrow_mut().bump, bump);

    let mut told = cast(vote.clone(), proposal.clone(), false);

    told.__emit__();
}

pub fn vote_early_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut vote: Empty<Mutable<LoadedVote<'info, '_>>>,
    mut link: Mutable<LoadedNftLink<'info, '_>>,
    mut nft_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
    mut approves: bool,
) -> () {
    let mut bump = vote.bump.unwrap();
    let mut vote = vote.account.clone();
    let mut now = clock.unix_timestamp;

    check_voter(stake.clone(), owner.key());

    check_holder(nft_account.clone(), link.borrow().mint.clone(), owner.key());

    let mut opened = voting_open(
        config.borrow().genesis_ts.clone(),
        config.borrow().month_s.clone(),
        present_tier(nfts.clone(), link.borrow().collection.clone()),
        now.clone(),
    );

    if !opened {
        refuse("EarlyVotingNotOpen: voting is not open to the tier of this NFT yet");
    }

    use_for_voting(
        link.clone(),
        stake.borrow().__account__.key(),
        config.borrow().nobody.clone(),
        week_at(config.borrow().genesis_ts.clone(), now.clone()),
    );

    count_vote(
        proposal.clone(),
        stake.clone(),
        vote.clone(),
        approves.clone(),
        now.clone(),
    );

    assign!(
        vote.borrow_mut().proposal,
        proposal.borrow().__account__.key()
    );

    assign!(vote.borrow_mut().stake, stake.borrow().__account__.key());

    assign!(vote.borrow_mut().bump, bump);

    let mut told = cast(vote.clone(), proposal.clone(), false);

    told.__emit__();
}

pub fn withdraw_bond_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    if !(miner.borrow().owner == owner.key()) {
        refuse("NotBondOwner: the bond belongs to the owner of the device");
    }

    if !(stake.borrow().owner == owner.key()) {
        refuse("NotOwnStake: the stake belongs to somebody else");
    }

    if !(miner.borrow().status == MINER_RETIRED!()) {
        refuse("NotRetired: only a retired device gets its bond back");
    }

    if !(clock.unix_timestamp >= (miner.borrow().retired_ts + BOND_COOLDOWN_S!())) {
        refuse("BondLocked: the bond stays for 21 days");
    }

    if !(stake.borrow().disputes == 0) {
        refuse("BondDisputed: a challenge of this owner is open");
    }

    if !(miner.borrow().bond > 0) {
        refuse("NoBond: there is no bond to withdraw");
    }

    let mut bond = miner.borrow().bond;

    assign!(miner.borrow_mut().bond, 0);

    {
        let amount = bond.clone();

        **miner
            .borrow()
            .__account__
            .to_account_info()
            .try_borrow_mut_lamports()
            .unwrap() -= amount;

        **owner
            .clone()
            .to_account_info()
            .try_borrow_mut_lamports()
            .unwrap() += amount;
    };

    let mut withdrawn = BondWithdrawn::__new__(miner.borrow().__account__.key(), bond.clone());

    withdrawn.__emit__();
}

pub fn withdraw_stake_handler<'info>(
    mut owner: SeahorseSigner<'info, '_>,
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut governance: Mutable<LoadedGovernance<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut vault: SeahorseAccount<'info, '_, TokenAccount>,
    mut token_account: SeahorseAccount<'info, '_, TokenAccount>,
    mut clock: Sysvar<'info, Clock>,
) -> () {
    if !(stake.borrow().owner == owner.key()) {
        refuse("NotWithdrawer: only its owner can withdraw a stake");
    }

    check_vault(config.clone(), vault.key());

    check_wallet(
        config.clone(),
        token_account.mint,
        token_account.owner,
        owner.key(),
    );

    check_undisputed(stake.clone());

    if !(stake.borrow().unstaking >= 1) {
        refuse("NothingToWithdraw: nothing is leaving this stake");
    }

    if !(clock.unix_timestamp >= stake.borrow().unlock_ts) {
        refuse("StakeCoolingDown: the cooldown of 14 days is not over");
    }

    let mut amount = stake.borrow().unstaking;

    assign!(stake.borrow_mut().unstaking, 0);

    let mut bump = config.borrow().bump;

    token::transfer(
        CpiContext::new_with_signer(
            vault.programs.get("token_program"),
            token::Transfer {
                from: vault.to_account_info(),
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
        amount.clone(),
    )
    .unwrap();

    let mut told = moved(
        stake.clone(),
        stake.borrow().__account__.key(),
        MOVED_OUT!(),
        amount.clone(),
        governance.borrow().staked.clone(),
    );

    told.__emit__();
}
