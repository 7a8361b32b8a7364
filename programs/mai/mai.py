# MAI: pays for AI work that is proved. This file is the list of instructions; the rules are in the modules beside it.
# Digests come as four little-endian u64 words. Every refusal begins with its name (docs/reference/program.md).
from seahorse.prelude import *
from calibration import (
    PLAUSIBLE, check_device_class, cpu_cap, earliest_start, gpu_cap, network_cap, plausibility, ram_cap, storage_cap,
    trust
)
from config import DECIMALS, Config, check_rate_floor, configure
from digests import append_digest, copied, digest
from events import (
    MinerRegistered, ModelRegistered, NetworkCreated, RewardQuoted, TaskFunded, TaskPosted, WorkCommitted, WorkRejected,
    WorkSettled
)
from registry import Miner, Model, check_model_limits, check_profile, most_active_ms, total_units
from rewards import DEFAULT_DIFFICULTY, NFT_NONE, epoch_at, epoch_rate, hourly_rate, nft_bonus, reward, uptime_bonus
from tasks import (
    FULL_SAMPLING, SETTLE_WINDOW_S, TASK_ASSIGNED, TASK_OPEN, TASK_SETTLED, WORK_COMMITTED, WORK_REJECTED, WORK_SETTLED,
    SpentRecord, Task, Work, check_lifetime, check_tokens, to_ms
)

declare_id('7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR')


# Creates the network with a new mint: 9 decimals, mint authority the config PDA, no freeze authority. Once.
@instruction
def genesis(
    authority: Signer, config: Empty[Config], mint: Empty[TokenMint], verifier_program: UncheckedAccount, clock: Clock,
    chain_id: u32, rate_floor: u64, srs0: u64, srs1: u64, srs2: u64, srs3: u64
):
    bump = config.bump()
    config = config.init(payer=authority, seeds=['config'])
    mint = mint.init(payer=authority, seeds=['mint'], decimals=9, authority=config)
    srs = digest(srs0, srs1, srs2, srs3)
    now = clock.unix_timestamp()
    configure(config, authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, srs, bump)
    created = NetworkCreated(authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, 0)
    created.emit()


# Creates the network with an existing mint that the config PDA already controls. Once.
@instruction
def genesis_adopt(
    authority: Signer, config: Empty[Config], mint: TokenMint, verifier_program: UncheckedAccount, clock: Clock,
    chain_id: u32, rate_floor: u64, srs0: u64, srs1: u64, srs2: u64, srs3: u64
):
    bump = config.bump()
    config = config.init(payer=authority, seeds=['config'])
    assert mint.decimals() == DECIMALS, 'WrongDecimals: the mint must have 9 decimals'
    assert mint.authority() == config.key(), 'WrongMintAuthority: the mint authority must be the config account'
    assert mint.freeze_authority() == config.nobody, 'FreezeAuthorityPresent: the mint must have no freeze authority'
    srs = digest(srs0, srs1, srs2, srs3)
    now = clock.unix_timestamp()
    configure(config, authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, srs, bump)
    created = NetworkCreated(
        authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, mint.supply()
    )
    created.emit()


# Registers one device. What is declared counts only up to the calibration of its class.
@instruction
def register_miner(
    owner: Signer, miner: Empty[Miner], clock: Clock, device: Pubkey, device_class: u8, region: u16,
    client_version: u32, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32, network_mbps: u32
):
    bump = miner.bump()
    miner = miner.init(payer=owner, seeds=['miner', owner, device])
    check_device_class(device_class)
    check_profile(region, client_version)
    hourly_rate(gpu_mhs, cpu_mhz, ram_mhz, storage_gb, network_mbps)
    miner.owner = owner.key()
    miner.device = device
    miner.device_class = device_class
    miner.nft_tier = NFT_NONE
    miner.region = region
    miner.client_version = client_version
    miner.gpu_mhs = min(gpu_mhs, gpu_cap(device_class))
    miner.cpu_mhz = min(cpu_mhz, cpu_cap(device_class))
    miner.ram_mhz = min(ram_mhz, ram_cap(device_class))
    miner.storage_gb = min(storage_gb, storage_cap(device_class))
    miner.network_mbps = min(network_mbps, network_cap(device_class))
    miner.registered_ts = clock.unix_timestamp()
    # No time before the registration is ever paid.
    miner.busy_until_ms = to_ms(clock.unix_timestamp())
    miner.bump = bump
    registered = MinerRegistered(
        miner.key(), owner.key(), device_class, miner.gpu_mhs, miner.cpu_mhz, miner.ram_mhz, miner.storage_gb,
        miner.network_mbps
    )
    registered.emit()


# Approves a circuit for minting; the authority's alone until the DAO exists. Never changed afterwards.
@instruction
def register_model(
    authority: Signer, config: Config, model: Empty[Model], key0: u64, key1: u64, key2: u64, key3: u64, params0: u64,
    params1: u64, params2: u64, params3: u64, segments: u32, work_units: u64, max_active_ms: u64, max_tokens: u32,
    positions: u32
):
    bump = model.bump()
    model = model.init(payer=authority, seeds=['model', key0, key1, key2, key3, params0, params1, params2, params3])
    assert authority.key() == config.authority, 'NotAuthority: only the configured authority can register a model'
    check_model_limits(segments, work_units, max_active_ms, max_tokens, positions)
    model.key_hash = digest(key0, key1, key2, key3)
    model.params = digest(params0, params1, params2, params3)
    model.segments = segments
    model.work_units = work_units
    model.max_active_ms = max_active_ms
    model.max_tokens = max_tokens
    model.positions = positions
    model.approved = True
    model.bump = bump
    registered = ModelRegistered(model.key(), segments, work_units, max_active_ms)
    registered.emit()


# Opens the record that lets one (chain, model, input, position) be paid once. Anyone may; the first task needs it.
@instruction
def open_spent_record(
    payer: Signer, config: Config, model: Model, spent_record: Empty[SpentRecord], input0: u64, input1: u64,
    input2: u64, input3: u64, position: u32
):
    bump = spent_record.bump()
    spent_record = spent_record.init(
        payer=payer, seeds=['spent', config.chain_id, model.key(), input0, input1, input2, input3, position]
    )
    assert position < model.positions, 'PositionOutOfRange: the model has fewer positions'
    spent_record.model = model.key()
    spent_record.input = digest(input0, input1, input2, input3)
    spent_record.position = position
    spent_record.bump = bump


# Asks for the model's output on an input. Free; fund_task adds a fee.
@instruction
def post_task(
    requester: Signer, model: Model, spent_record: SpentRecord, task: Empty[Task], clock: Clock, nonce: u64,
    lifetime_s: u32
):
    bump = task.bump()
    task = task.init(payer=requester, seeds=['task', requester, nonce])
    check_lifetime(lifetime_s)
    assert model.approved, 'ModelNotApproved: tasks need an approved model'
    assert spent_record.model == model.key(), 'WrongSpentRecord: the spent record belongs to another model'
    assert not spent_record.spent, 'InputAlreadyPaid: this input was already paid for this model'
    task.requester = requester.key()
    task.model = model.key()
    task.spent_record = spent_record.key()
    task.input = copied(spent_record.input)
    task.position = spent_record.position
    task.nonce = nonce
    task.posted_ts = clock.unix_timestamp()
    task.posted_slot = clock.slot()
    task.expires_ts = clock.unix_timestamp() + i64(lifetime_s)
    task.status = TASK_OPEN
    task.bump = bump
    posted = TaskPosted(task.key(), requester.key(), model.key(), task.position, task.expires_ts)
    posted.emit()


# Burns MAI for a task. A task whose requester also does the work mints at most what was burned for it.
@instruction
def fund_task(requester: Signer, config: Config, mint: TokenMint, token_account: TokenAccount, task: Task, amount: u64):
    assert task.requester == requester.key(), 'NotRequester: only its requester can fund a task'
    assert task.status == TASK_OPEN, 'TaskNotOpen: only an open task can be funded'
    assert mint.key() == config.mint, 'WrongFeeMint: this is not the MAI mint'
    assert token_account.mint() == config.mint, 'WrongFeeAccount: the fee must come from a MAI token account'
    assert token_account.authority() == requester.key(), 'NotFeeOwner: the fee must come from the requester'
    assert amount >= 1, 'NothingToBurn: the fee is at least one base unit'
    mint.burn(authority=requester, holder=token_account, amount=amount)
    task.fee_burned += amount
    funded = TaskFunded(task.key(), amount, task.fee_burned)
    funded.emit()


# Commits to a result. The first plausible commit takes the task; an implausible one is kept and counted, never paid.
@instruction
def commit_work(
    owner: Signer, miner: Miner, model: Model, task: Task, work: Empty[Work], clock: Clock, context0: u64,
    context1: u64, context2: u64, context3: u64, output0: u64, output1: u64, output2: u64, output3: u64, tokens: u32,
    active_ms: u64
):
    bump = work.bump()
    work = work.init(payer=owner, seeds=['work', miner.key(), context0, context1, context2, context3])
    now = clock.unix_timestamp()
    assert miner.owner == owner.key(), 'NotMinerOwner: only its owner can commit work for a miner'
    assert task.model == model.key(), 'WrongTaskModel: the task asks for another model'
    assert task.status == TASK_OPEN, 'TaskAlreadyAssigned: another commit has taken this task'
    assert now <= task.expires_ts, 'TaskExpired: the task can no longer be committed to'
    check_tokens(tokens, model.max_tokens, active_ms)
    start_ms = earliest_start(to_ms(task.posted_ts), miner.busy_until_ms)
    units = total_units(model.segments, model.work_units, tokens)
    most_ms = most_active_ms(model.segments, model.max_active_ms, tokens)
    reason = plausibility(miner.device_class, units, active_ms, start_ms, to_ms(now), most_ms)
    work.miner = miner.key()
    work.task = task.key()
    work.model = model.key()
    work.context = digest(context0, context1, context2, context3)
    work.output = digest(output0, output1, output2, output3)
    work.tokens = tokens
    work.active_ms = active_ms
    work.committed_ts = now
    work.committed_slot = clock.slot()
    work.sampling_bps = FULL_SAMPLING
    work.reason = reason
    work.bump = bump
    miner.commits += 1
    if reason == PLAUSIBLE:
        work.status = WORK_COMMITTED
        task.status = TASK_ASSIGNED
        task.miner = miner.key()
        miner.busy_until_ms = start_ms + active_ms
        committed = WorkCommitted(work.key(), task.key(), miner.key(), tokens, active_ms)
        committed.emit()
    else:
        work.status = WORK_REJECTED
        miner.violations += 1
        rejected = WorkRejected(work.key(), task.key(), miner.key(), reason, miner.violations)
        rejected.emit()


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
