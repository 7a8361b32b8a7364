# Asking for work and committing to a result.
from seahorse.prelude import *
from calibration import PLAUSIBLE, earliest_start, plausibility
from config import Config
from digests import copied, digest
from events import TaskFunded, TaskPosted, WorkCommitted, WorkRejected
from registry import Miner, Model, most_active_ms, total_units
from tasks import (
    FULL_SAMPLING, TASK_ASSIGNED, TASK_OPEN, WORK_COMMITTED, WORK_REJECTED, SpentRecord, Task, Work, check_lifetime,
    check_tokens, to_ms
)


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
