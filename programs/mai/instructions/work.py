# Taking a place in a task, committing to a result, and giving up a place that was not used.
from seahorse.prelude import *
from assignment import (
    DIFFICULTY_QUALITY, OPEN_AFTER_S, TRUSTED_LEAD_S, chance, draw_seed, required_sampling, score,
    seed_blocks, seed_delay, ticket, waited_since, work_context
)
from calibration import PLAUSIBLE, Calibration, earliest_start, peak_units, plausibility
from config import Config, check_open
from digests import copied, digest
from emission import Emission
from events import WorkAssigned, WorkCommitted, WorkMissed, WorkRejected
from muster import decay
from nfts import mining_open
from parameters import (
    ELIGIBLE_TARGET, FULL_BPS, GRACE_S, IN_FLIGHT_LIMIT, LARGE_TIMEOUT_S, NEWCOMER_TASKS, SAMPLING_BPS, SLASH,
    TASK_ROUTINE, TIMEOUT_S, TRUSTED_QUALITY, of_class
)
from quality import EXCLUDED_QUALITY, count_hour, enter_week, is_consistent
from registry import Miner, Model, check_active, commit_timeout, most_active_ms, total_units
from rewards import ONE, nft_bonus
from staking import Stake
from tasks import (
    SETTLE_WINDOW_S, TASK_OPEN, WORK_ASSIGNED, WORK_COMMITTED, WORK_MISSED, WORK_REJECTED, Task, Work,
    check_tokens, count_output, give_place, take_place, to_ms, votes_for
)


# Takes a place in a task for a device whose ticket won. The first one of a round reads the seed from the block hashes.
@instruction
def assign_task(
    owner: Signer, config: Config, emission: Emission, miner: Miner, stake: Stake, model: Model, task: Task,
    work: Empty[Work], slot_hashes: UncheckedAccount, clock: Clock
):
    bump = work.bump()
    work = work.init(payer=owner, seeds=['work', task.key(), miner.key()])
    now = clock.unix_timestamp()
    check_open(config)
    check_active(miner, owner.key())
    assert stake.owner == owner.key(), 'NotMinersStake: the stake belongs to somebody else'
    assert task.model == model.key(), 'WrongTaskModel: the task asks for another model'
    assert model.approved, 'ModelNotOffered: the model is not approved'
    assert task.status == TASK_OPEN, 'TaskAlreadyAssigned: all places of the task are taken'
    assert now <= task.expires_ts, 'TaskExpired: the task can no longer be taken'
    assert miner.vram_mb >= model.vram_mb, 'NotEnoughVram: the model needs more GPU memory than the device has'
    assert u64(miner.in_flight) < config.parameters[IN_FLIGHT_LIMIT], 'TooManyInFlight: the device has enough work'
    assert mining_open(
        config.genesis_ts, config.month_s, miner.nft_tier, now
    ), 'MiningStillEarly: mining is open to holders of a higher NFT tier only'
    enter_week(config, miner, now)
    assert miner.quality_bps >= EXCLUDED_QUALITY, 'MinerExcluded: the quality of the device is too low for any task'

    if not task.seeded:
        seed = draw_seed(slot_hashes, task.target_slot, seed_blocks(task.task_class), task.key(), task.round)
        task.seed = seed
        task.seeded = True
    waited_s = waited_since(task.task_class, task.target_slot, clock.slot())
    newcomer = miner.settled < config.parameters[NEWCOMER_TASKS]
    trusted = not newcomer and u64(miner.quality_bps) >= config.parameters[TRUSTED_QUALITY]
    routine = task.task_class == TASK_ROUTINE
    if waited_s < OPEN_AFTER_S:
        least = DIFFICULTY_QUALITY * emission.task_difficulty // ONE
        assert u64(miner.quality_bps) >= least, 'QualityTooLow: the difficulty asks for more quality at first'
    if routine and waited_s < TRUSTED_LEAD_S and u64(emission.miners) > config.parameters[ELIGIBLE_TARGET]:
        assert trusted, 'TrustedFirst: routine tasks go to trusted miners for the first seconds'
    score_bps = score(miner.quality_bps, nft_bonus(miner.nft_tier))
    decay(emission, miner)
    odds = chance(
        score_bps, miner.power, emission.power, emission.miners, config.parameters[ELIGIBLE_TARGET], waited_s,
        routine and trusted
    )
    drawn = ticket(task.seed, miner.key())
    assert drawn < odds, 'NotDrawn: the ticket of the device did not win yet; the chance grows every 4 seconds'

    sampling = required_sampling(
        of_class(config.parameters, task.task_class, SAMPLING_BPS), emission.sampling, newcomer
    )
    assert u64(model.detection_bps) >= sampling, 'ProofTooWeak: the model proves less than this work needs'
    risk: u64 = 0
    if model.detection_bps < FULL_BPS:
        risk = of_class(config.parameters, task.task_class, SLASH)
    assert stake.matured + stake.pending >= stake.at_risk + risk, 'StakeTooSmall: the stake does not cover the risk'
    stake.at_risk += risk
    take_place(task, owner.key(), config.nobody)
    miner.assigned += 1
    miner.in_flight += 1
    count_hour(miner, config.genesis_ts, now)
    timeout = commit_timeout(
        model.segments, model.work_units, config.parameters[TIMEOUT_S], config.parameters[LARGE_TIMEOUT_S]
    )
    work.miner = miner.key()
    work.owner = owner.key()
    work.task = task.key()
    work.model = model.key()
    work.context = work_context(
        config.chain_id, task.key(), model.key(), task.input, miner.key(), task.seed, task.round, now
    )
    work.round = task.round
    work.assigned_ts = now
    work.deadline_ts = now + i64(timeout)
    work.sampling_bps = model.detection_bps
    work.at_risk = risk
    work.status = WORK_ASSIGNED
    work.bump = bump
    assigned = WorkAssigned(
        work.key(), task.key(), miner.key(), task.round, drawn, odds, work.sampling_bps, risk, work.deadline_ts
    )
    assigned.emit()


# Commits to a result: in time, or late within the grace window while the place is still free. An implausible one is
# kept and counted, never paid, and its place is free again.
@instruction
def commit_work(
    owner: Signer, config: Config, calibration: Calibration, emission: Emission, miner: Miner, stake: Stake,
    model: Model, task: Task, work: Work, clock: Clock, output0: u64, output1: u64, output2: u64, output3: u64,
    tokens: u32, active_ms: u64
):
    now = clock.unix_timestamp()
    check_active(miner, owner.key())
    assert stake.owner == owner.key(), 'NotCommittersStake: the stake belongs to somebody else'
    assert work.miner == miner.key(), 'NotAssignedMiner: the place was given to another device'
    assert work.task == task.key(), 'NotAssignedTask: the place is in another task'
    assert work.model == model.key(), 'NotAssignedModel: the place is for another model'
    assert work.status == WORK_ASSIGNED or work.status == WORK_MISSED, 'AlreadyCommitted: one commit per assignment'
    enter_week(config, miner, now)
    assert now <= work.deadline_ts + i64(config.parameters[GRACE_S]), 'GraceOver: the commit comes too late'
    if work.status == WORK_MISSED:
        assert task.status == TASK_OPEN, 'PlaceTaken: another device has the place now'
        assert stake.matured + stake.pending >= stake.at_risk + work.at_risk, 'StakeGone: the stake is too small now'
        stake.at_risk += work.at_risk
        take_place(task, owner.key(), config.nobody)
        miner.in_flight += 1
    check_tokens(tokens, task.max_tokens, active_ms)
    start_ms = earliest_start(to_ms(work.assigned_ts), miner.busy_until_ms)
    units = total_units(model.segments, model.work_units, tokens)
    most_ms = most_active_ms(model.segments, model.max_active_ms, tokens)
    peak = peak_units(calibration.entries, miner.device_class)
    reason = plausibility(peak, units, active_ms, start_ms, to_ms(now), most_ms)
    output = digest(output0, output1, output2, output3)
    next_slot = clock.slot() + seed_delay(task.task_class)
    work.output = copied(output)
    work.tokens = tokens
    work.active_ms = active_ms
    work.took_ms = to_ms(now) - min(start_ms, to_ms(now))
    work.committed_ts = now
    work.committed_slot = clock.slot()
    work.prove_until_ts = max(task.expires_ts, now) + SETTLE_WINDOW_S
    work.reason = reason
    miner.commits += 1
    count_hour(miner, config.genesis_ts, now)
    if reason == PLAUSIBLE:
        work.status = WORK_COMMITTED
        count_output(task, output)
        emission.pending += 1
        miner.busy_until_ms = max(start_ms, min(start_ms + active_ms, to_ms(now)))
        if is_consistent(work.took_ms, units, miner.power, max(miner.lanes, miner.lanes_now)):
            miner.consistent += 1
        committed = WorkCommitted(work.key(), task.key(), miner.key(), tokens, active_ms, votes_for(task, output))
        committed.emit()
    else:
        work.status = WORK_REJECTED
        stake.at_risk -= work.at_risk
        give_place(task, next_slot, work.owner, config.nobody)
        miner.in_flight -= 1
        miner.violations += 1
        miner.rejected += 1
        rejected = WorkRejected(work.key(), task.key(), miner.key(), reason, miner.violations)
        rejected.emit()


# Frees a place whose miner did not commit in time: the next round begins. Anyone may.
@instruction
def release_work(
    caller: Signer, config: Config, miner: Miner, stake: Stake, task: Task, work: Work, clock: Clock
):
    now = clock.unix_timestamp()
    assert work.miner == miner.key(), 'NotReleasedMiner: the place was given to another device'
    assert work.task == task.key(), 'NotReleasedTask: the place is in another task'
    assert stake.owner == work.owner, 'NotReleasedStake: the stake belongs to somebody else'
    assert work.status == WORK_ASSIGNED, 'NotWaiting: the work is not waiting for a commit'
    assert now > work.deadline_ts, 'StillInTime: the miner can still commit in time'
    enter_week(config, miner, now)
    next_slot = clock.slot() + seed_delay(task.task_class)
    work.status = WORK_MISSED
    stake.at_risk -= work.at_risk
    give_place(task, next_slot, work.owner, config.nobody)
    miner.in_flight -= 1
    miner.failed += 1
    miner.missed += 1
    miner.failures += 1
    missed = WorkMissed(work.key(), task.key(), miner.key(), miner.failures)
    missed.emit()
