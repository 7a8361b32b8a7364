# Paying for proved work.
from seahorse.prelude import *
from calibration import Calibration, trust
from claims import claim_of
from config import Config, check_open, check_vault, check_verifier_program, check_wallet
from emission import Emission, cap_left, cap_of_epoch, count_minted, enter_epoch
from events import RewardQuoted, WorkSettled
from nfts import held_tier
from parameters import EPOCH_CAP, FULL_BPS, RATE_FLOOR, REWARD_LIMIT, check_parameter, of_class
from quality import count_hour, enter_week, quality_factor
from registry import Miner, Model, counted_rate, most_active_ms, total_units, verified_ms
from rewards import epoch_at, epoch_rate, hourly_rate, nft_bonus, reward, uptime_bonus
from staking import Stake
from tasks import (
    WORK_COMMITTED, WORK_REJECTED, WORK_SETTLED, SpentRecord, Task, Work, close_place, votes_for, votes_needed
)


# Pays for proved work: claims the verifier's receipt for exactly this context, model, input and output, spends the
# input, burns the task's fee and mints to the owner, all or nothing.
@instruction
def settle(
    owner: Signer, config: Config, calibration: Calibration, emission: Emission, mint: TokenMint, miner: Miner,
    stake: Stake, model: Model, task: Task, work: Work, spent_record: SpentRecord, vault: TokenAccount,
    token_account: TokenAccount, nft_account: UncheckedAccount, verifier_program: Program, receipt: UncheckedAccount,
    clock: Clock
):
    now = clock.unix_timestamp()
    check_open(config)
    assert miner.owner == owner.key(), 'NotOwner: only its owner can settle for a miner'
    assert stake.owner == owner.key(), 'WrongStake: the stake belongs to somebody else'
    assert work.miner == miner.key(), 'WrongMiner: the work belongs to another miner'
    assert work.task == task.key(), 'WrongTask: the work belongs to another task'
    assert work.model == model.key(), 'WrongModel: the work was done with another model'
    assert work.status != WORK_SETTLED, 'WorkAlreadySettled: this work was paid before'
    assert work.status != WORK_REJECTED, 'WorkWasRejected: an implausible work is never paid'
    assert work.status == WORK_COMMITTED, 'WorkNotCommitted: the work is not waiting for settlement'
    assert not work.disputed, 'WorkDisputed: a challenge of this work is open'
    assert now <= work.prove_until_ts, 'SettleTooLate: the time to settle this work is over'
    assert votes_for(task, work.output) >= votes_needed(task.places), 'NoAgreement: too few miners gave this output'
    assert model.approved, 'ModelWithdrawn: the model is not approved'
    assert spent_record.key() == task.spent_record, 'WrongRecord: the spent record belongs to another input'
    spent_elsewhere = spent_record.spent and spent_record.task != task.key()
    assert not spent_elsewhere, 'InputAlreadySpent: this input was already paid for this model'
    assert mint.key() == config.mint, 'WrongMint: this is not the MAI mint'
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), owner.key())
    tag, tag_bump = Pubkey.find_program_address(['claim', verifier_program])
    check_verifier_program(config, tag)

    data = claim_of(config.srs, model, task, work.context, work.output, work.tokens)
    verifier_program.invoke(accounts=[CpiAccount(owner, mut=True, signer=True), CpiAccount(receipt, mut=True)], data=data)

    epoch = epoch_at(config.genesis_ts, now)
    rate = epoch_rate(epoch, config.parameters[RATE_FLOOR])
    enter_week(config, miner, now)
    enter_epoch(emission, epoch)
    nft_bps = nft_bonus(held_tier(miner, nft_account))
    uptime_bps = uptime_bonus(miner.uptime_bps)
    trust_bps = trust(miner.device_class, miner.attested)
    quality_bps = quality_factor(miner.quality_bps)
    units = total_units(model.segments, model.work_units, work.tokens)
    hourly = counted_rate(miner, calibration)
    counted_ms = verified_ms(hourly, units)
    terms = reward(
        hourly, counted_ms, nft_bps, uptime_bps, trust_bps, emission.multiplier, quality_bps, rate
    )
    minted = terms.amount
    limit: u64 = 0
    if work.sampling_bps < FULL_BPS:
        limit = of_class(config.parameters, task.task_class, REWARD_LIMIT)
        minted = min(minted, limit)
    fee = task.fee
    task.fee = 0
    task.fee_burned += fee
    if task.requester == owner.key():
        minted = min(minted, task.fee_burned - task.self_minted)
        task.self_minted += minted
    left = cap_left(cap_of_epoch(config.parameters[EPOCH_CAP], rate), emission.epoch_minted, mint.supply())
    minted = min(minted, left)

    spent_record.spent = True
    spent_record.task = task.key()
    spent_record.slot = clock.slot()
    close_place(task)
    work.status = WORK_SETTLED
    work.paid = minted
    stake.at_risk -= work.at_risk
    allowed_ms = most_active_ms(model.segments, model.max_active_ms, work.tokens)
    count_minted(emission, minted, fee, work.active_ms, allowed_ms)
    count_hour(miner, config.genesis_ts, now)
    miner.in_flight -= 1
    miner.completed += 1
    miner.active_ms_week += work.active_ms
    miner.allowed_ms_week += allowed_ms
    miner.settled += 1
    miner.active_ms += work.active_ms
    miner.earned += minted
    bump = config.bump
    if fee > 0:
        mint.burn(authority=config, holder=vault, amount=fee, signer=['config', bump])
    mint.mint(authority=config, to=token_account, amount=minted, signer=['config', bump])
    settled = WorkSettled(
        work.key(), task.key(), model.key(), miner.key(), owner.key(), work.active_ms, counted_ms, epoch, nft_bps,
        uptime_bps, trust_bps, emission.multiplier, quality_bps, rate, terms.hourly, terms.base, terms.after_nft,
        terms.after_uptime, terms.after_trust, terms.after_difficulty, terms.after_quality, terms.amount, limit, left,
        minted, fee
    )
    settled.emit()


# Works out a reward without paying it: the same formula for any hardware, time and bonus. Changes nothing.
@instruction
def quote(
    payer: Signer, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32, network_mbps: u32, active_ms: u64,
    nft_tier: u8, uptime_bps: u16, trust_bps: u64, multiplier: u64, quality_bps: u64, epoch: u64, rate_floor: u64
):
    check_parameter(RATE_FLOOR, rate_floor)
    hourly = hourly_rate(gpu_mhs, cpu_mhz, ram_mhz, storage_gb, network_mbps)
    terms = reward(
        hourly, active_ms, nft_bonus(nft_tier), uptime_bonus(uptime_bps), trust_bps, multiplier, quality_bps,
        epoch_rate(epoch, rate_floor)
    )
    quoted = RewardQuoted(
        terms.hourly, terms.base, terms.after_nft, terms.after_uptime, terms.after_trust, terms.after_difficulty,
        terms.after_quality, terms.amount
    )
    quoted.emit()
