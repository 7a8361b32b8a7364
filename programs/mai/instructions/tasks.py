# Asking for work: posting, funding and closing tasks.
from seahorse.prelude import *
from assignment import EVICTED, seed_delay
from config import Config, check_open, check_vault, check_wallet
from digests import copied
from events import TaskClosed, TaskFunded, TaskPosted, TaskRedrawn
from native import first_block
from parameters import FEE_TREASURY_BPS, FULL_BPS, TASK_CRITICAL
from registry import Model
from tasks import (
    TASK_CANCELLED, TASK_EXPIRED, TASK_OPEN, SpentRecord, Task, check_lifetime, close_unpaid, places_of
)


# Asks for the model's output on an input. Free; fund_task adds a fee. Whose turn it is follows from a later block.
@instruction
def post_task(
    requester: Signer, config: Config, model: Model, spent_record: SpentRecord, task: Empty[Task], clock: Clock,
    nonce: u64, lifetime_s: u32, task_class: u8, region: u16, prompt_tokens: u32, max_tokens: u32
):
    bump = task.bump()
    task = task.init(payer=requester, seeds=['task', requester, nonce])
    check_open(config)
    check_lifetime(lifetime_s)
    assert task_class <= TASK_CRITICAL, 'UnknownTaskClass: the task class must be 0 to 2'
    assert region <= 999, 'TaskRegionOutOfRange: the region is an ISO 3166-1 number up to 999'
    assert max_tokens >= 1, 'NoTokensAsked: a task asks for at least one token'
    assert max_tokens <= model.max_tokens, 'TooManyTokensAsked: the model does not give so many tokens'
    assert prompt_tokens <= 1_000_000, 'PromptTooLong: a prompt has at most 1,000,000 tokens'
    assert model.approved, 'ModelNotApproved: tasks need an approved model'
    assert spent_record.model == model.key(), 'WrongSpentRecord: the spent record belongs to another model'
    assert not spent_record.spent, 'InputAlreadyPaid: this input was already paid for this model'
    task.requester = requester.key()
    task.model = model.key()
    task.spent_record = spent_record.key()
    task.input = copied(spent_record.input)
    task.position = spent_record.position
    task.nonce = nonce
    task.task_class = task_class
    task.region = region
    task.prompt_tokens = prompt_tokens
    task.max_tokens = max_tokens
    task.posted_ts = clock.unix_timestamp()
    task.expires_ts = clock.unix_timestamp() + i64(lifetime_s)
    task.status = TASK_OPEN
    task.target_slot = clock.slot() + seed_delay(task_class)
    task.places = places_of(task_class)
    task.bump = bump
    posted = TaskPosted(
        task.key(), requester.key(), model.key(), task.position, task_class, task.places, task.expires_ts,
        task.target_slot
    )
    posted.emit()


# Pays MAI for a task: the treasury's share at once, the rest waits in the vault to be burned with the first payment.
# A task whose requester also does the work mints at most what is burned for it.
@instruction
def fund_task(
    requester: Signer, config: Config, token_account: TokenAccount, vault: TokenAccount, treasury: TokenAccount,
    task: Task, amount: u64
):
    assert task.requester == requester.key(), 'NotRequester: only its requester can fund a task'
    assert task.status == TASK_OPEN, 'TaskNotOpen: only an open task can be funded'
    # A fee is burned with the first payment or goes back when there was none: a later one would stay for ever.
    assert task.settled == 0, 'TaskBeingPaid: a task is funded before its first payment'
    check_vault(config, vault.key())
    assert treasury.key() == config.treasury, 'WrongFeeTreasury: this is not the treasury'
    check_wallet(config, token_account.mint(), token_account.authority(), requester.key())
    assert amount >= 1, 'NothingToPay: the fee is at least one base unit'
    share = u64(u128(amount) * u128(config.parameters[FEE_TREASURY_BPS]) // FULL_BPS)
    fee = amount - share
    task.fee += fee
    token_account.transfer(authority=requester, to=treasury, amount=share)
    token_account.transfer(authority=requester, to=vault, amount=fee)
    funded = TaskFunded(task.key(), fee, share)
    funded.emit()


# Takes a task back while no miner has it; what waits in the vault returns.
@instruction
def cancel_task(
    requester: Signer, config: Config, task: Task, vault: TokenAccount, token_account: TokenAccount
):
    assert task.requester == requester.key(), 'NotTaskOwner: only its requester can cancel a task'
    refund = close_unpaid(task, TASK_CANCELLED)
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), task.requester)
    bump = config.bump
    vault.transfer(authority=config, to=token_account, amount=refund, signer=['config', bump])
    closed = TaskClosed(task.key(), TASK_CANCELLED, refund)
    closed.emit()


# Closes a task that nobody did in time; anyone may, the fee returns to the requester.
@instruction
def expire_task(
    caller: Signer, config: Config, task: Task, vault: TokenAccount, token_account: TokenAccount, clock: Clock
):
    assert clock.unix_timestamp() > task.expires_ts, 'TaskNotExpired: the task can still be done'
    refund = close_unpaid(task, TASK_EXPIRED)
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), task.requester)
    bump = config.bump
    vault.transfer(authority=config, to=token_account, amount=refund, signer=['config', bump])
    closed = TaskClosed(task.key(), TASK_EXPIRED, refund)
    closed.emit()


# Begins another round for a task whose seed block is too old to be known: nobody has looked at it in time.
@instruction
def redraw_task(caller: Signer, task: Task, slot_hashes: UncheckedAccount, clock: Clock):
    assert task.status == TASK_OPEN, 'NothingToDraw: the task has no free place'
    assert not task.seeded, 'AlreadySeeded: the round has its seed'
    assert first_block(slot_hashes, task.target_slot) == EVICTED, 'SeedStillKnown: the round can still be drawn'
    task.round += 1
    task.target_slot = clock.slot() + seed_delay(task.task_class)
    redrawn = TaskRedrawn(task.key(), task.round, task.target_slot)
    redrawn.emit()
