# From a posted task to paid work.
from seahorse.prelude import *

TASK_OPEN = 0
TASK_ASSIGNED = 1
TASK_SETTLED = 2

WORK_COMMITTED = 1
WORK_REJECTED = 2
WORK_SETTLED = 3

SHORTEST_TASK_S = 10
LONGEST_TASK_S = 2_592_000
# How long after the task's expiry committed work can still be proved and settled.
SETTLE_WINDOW_S = 86_400

# Every work is proved in full; dynamic sampling will lower this for known devices, never below its minimum.
FULL_SAMPLING = 10_000


# What a requester asks for, PDA ['task', requester, nonce].
class Task(Account):
    requester: Pubkey
    model: Pubkey
    spent_record: Pubkey
    # The verifier's digest of the input.
    input: Array[u8, 32]
    position: u32
    nonce: u64
    # MAI that the requester burned for this task, in base units; it bounds what a self-chosen task can mint.
    fee_burned: u64
    posted_ts: i64
    posted_slot: u64
    expires_ts: i64
    status: u8
    # The miner that committed first.
    miner: Pubkey
    bump: u8


# What a miner claims to have done, PDA ['work', miner, context words]: a context can be used once.
class Work(Account):
    miner: Pubkey
    task: Pubkey
    model: Pubkey
    # keccak256 of chain id, job, model, input, device, nonce and time; the client computes it, auditors recompute it.
    context: Array[u8, 32]
    output: Array[u8, 32]
    tokens: u32
    active_ms: u64
    committed_ts: i64
    committed_slot: u64
    # Share of the segments that must be proved, fixed at the commit.
    sampling_bps: u16
    status: u8
    # A plausibility reason if rejected.
    reason: u8
    # What settlement minted, in base units.
    paid: u64
    bump: u8


# One payable result, PDA ['spent', chain id, model, input words, position]: no nonce, so old work stays old.
class SpentRecord(Account):
    model: Pubkey
    input: Array[u8, 32]
    position: u32
    spent: bool
    # The work that was paid.
    work: Pubkey
    slot: u64
    bump: u8


# Times of the chain's clock are seconds; active times are milliseconds.
def to_ms(seconds: i64) -> u64:
    assert seconds >= 0, 'NegativeTime: the chain clock is before 1970'
    return u64(seconds) * 1_000


def check_lifetime(lifetime_s: u32):
    assert lifetime_s >= SHORTEST_TASK_S, 'TaskTooShort: a task lives for at least 10 seconds'
    assert lifetime_s <= LONGEST_TASK_S, 'TaskTooLong: a task lives for at most 30 days'


def check_tokens(tokens: u32, max_tokens: u32, active_ms: u64):
    assert tokens >= 1, 'NoTokens: a work has at least one token'
    assert tokens <= max_tokens, 'TooManyTokens: the model does not give so many tokens'
    assert active_ms >= 1, 'NoActiveTime: a work takes at least 1 ms'
