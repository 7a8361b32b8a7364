# Paying for proved work.
from seahorse.prelude import *
from calibration import cpu_cap, gpu_cap, network_cap, ram_cap, storage_cap, trust
from config import Config, check_rate_floor
from digests import append_digest
from events import RewardQuoted, WorkSettled
from registry import Miner, Model
from rewards import DEFAULT_DIFFICULTY, epoch_at, epoch_rate, hourly_rate, nft_bonus, reward, uptime_bonus
from tasks import SETTLE_WINDOW_S, TASK_ASSIGNED, TASK_SETTLED, WORK_COMMITTED, WORK_SETTLED, SpentRecord, Task, Work


# Pays for proved work: claims the verifier's receipt for exactly this context, circuit, input and output, spends the
# input and mints to the owner, all or nothing.
@instruction
def settle(
    owner: Signer, config: Config, mint: TokenMint, miner: Miner, model: Model, task: Task, work: Work,
    spent_record: SpentRecord, token_account: TokenAccount, verifier_program: Program, receipt: UncheckedAccount,
    clock: Clock
):
    now = clock.unix_timestamp()
    assert miner.owner == owner.key(), 'NotOwner: only its owner can settle for a miner'
    assert work.miner == miner.key(), 'WrongMiner: the work belongs to another miner'
    assert work.task == task.key(), 'WrongTask: the work belongs to another task'
    assert work.model == model.key(), 'WrongModel: the work was done with another model'
    assert work.status != WORK_SETTLED, 'WorkAlreadySettled: this work was paid before'
    assert work.status == WORK_COMMITTED, 'WorkWasRejected: an implausible work is never paid'
    assert task.status == TASK_ASSIGNED, 'TaskNotAssigned: the task is not waiting for settlement'
    assert task.miner == miner.key(), 'NotAssigned: the task was taken by another miner'
    assert now <= task.expires_ts + SETTLE_WINDOW_S, 'SettleTooLate: the time to settle this task is over'
    assert model.approved, 'ModelWithdrawn: the model is not approved'
    assert spent_record.key() == task.spent_record, 'WrongRecord: the spent record belongs to another input'
    assert not spent_record.spent, 'InputAlreadySpent: this input was already paid for this model'
    assert mint.key() == config.mint, 'WrongMint: this is not the MAI mint'
    assert token_account.mint() == config.mint, 'WrongTokenMint: the reward needs a MAI token account'
    assert token_account.authority() == owner.key(), 'WrongTokenOwner: the reward goes to the miner owner only'
    tag, tag_bump = Pubkey.find_program_address(['claim', verifier_program])
    assert tag == config.verifier_tag, 'WrongVerifier: this is not the verifier program of the network'

    # The verifier's `claim`: its discriminator, then context, key hash, SRS, input, params and output.
    data: List[u8] = [62, 198, 214, 193, 213, 159, 108, 210]
    append_digest(data, work.context)
    append_digest(data, model.key_hash)
    append_digest(data, config.srs)
    append_digest(data, task.input)
    append_digest(data, model.params)
    append_digest(data, work.output)
    verifier_program.invoke(accounts=[CpiAccount(owner, signer=True), CpiAccount(receipt, mut=True)], data=data)

    epoch = epoch_at(config.genesis_ts, now)
    rate = epoch_rate(epoch, config.rate_floor)
    nft_bps = nft_bonus(miner.nft_tier)
    uptime_bps = uptime_bonus(miner.uptime_bps)
    trust_bps = trust(miner.device_class, miner.attested)
    difficulty_bps: u64 = DEFAULT_DIFFICULTY
    hourly = hourly_rate(
        min(miner.gpu_mhs, gpu_cap(miner.device_class)), min(miner.cpu_mhz, cpu_cap(miner.device_class)),
        min(miner.ram_mhz, ram_cap(miner.device_class)), min(miner.storage_gb, storage_cap(miner.device_class)),
        min(miner.network_mbps, network_cap(miner.device_class))
    )
    terms = reward(hourly, work.active_ms, nft_bps, uptime_bps, trust_bps, difficulty_bps, rate)
    minted = terms.amount
    if task.requester == owner.key():
        minted = min(minted, task.fee_burned)

    spent_record.spent = True
    spent_record.work = work.key()
    spent_record.slot = clock.slot()
    task.status = TASK_SETTLED
    work.status = WORK_SETTLED
    work.paid = minted
    miner.settled += 1
    miner.active_ms += work.active_ms
    miner.earned += minted
    bump = config.bump
    mint.mint(authority=config, to=token_account, amount=minted, signer=['config', bump])
    settled = WorkSettled(
        work.key(), task.key(), model.key(), miner.key(), owner.key(), work.active_ms, epoch, nft_bps, uptime_bps,
        trust_bps, difficulty_bps, rate, terms.hourly, terms.base, terms.after_nft, terms.after_uptime,
        terms.after_trust, terms.after_difficulty, terms.amount, minted
    )
    settled.emit()


# Works out a reward without paying it: the same formula for any hardware, time and bonus. Changes nothing.
@instruction
def quote(
    payer: Signer, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32, network_mbps: u32, active_ms: u64,
    nft_tier: u8, uptime_bps: u16, trust_bps: u64, difficulty_bps: u64, epoch: u64, rate_floor: u64
):
    check_rate_floor(rate_floor)
    hourly = hourly_rate(gpu_mhs, cpu_mhz, ram_mhz, storage_gb, network_mbps)
    terms = reward(
        hourly, active_ms, nft_bonus(nft_tier), uptime_bonus(uptime_bps), trust_bps, difficulty_bps, epoch_rate(epoch,
        rate_floor)
    )
    quoted = RewardQuoted(
        terms.hourly, terms.base, terms.after_nft, terms.after_uptime, terms.after_trust, terms.after_difficulty,
        terms.amount
    )
    quoted.emit()
