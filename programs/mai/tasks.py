# From a posted task to paid work: the accounts, their states and their deadlines.
from seahorse.prelude import *
from parameters import TASK_CRITICAL

# A task has one place for a miner, a critical one three, of which two must agree.
TASK_OPEN = 0
TASK_ASSIGNED = 1
TASK_SETTLED = 2
TASK_CANCELLED = 3
TASK_EXPIRED = 4

WORK_COMMITTED = 1
WORK_REJECTED = 2
WORK_SETTLED = 3
WORK_ASSIGNED = 4
WORK_MISSED = 5
WORK_FORFEITED = 6
WORK_FAULTY = 7

SHORTEST_TASK_S = 10
LONGEST_TASK_S = 2_592_000
# How long after the task's expiry committed work can still be proved and settled.
SETTLE_WINDOW_S = 86_400
CRITICAL_PLACES = 3
AGREEMENT = 2


# What a requester asks for, PDA ['task', requester, nonce].
class Task(Account):
    requester: Pubkey
    model: Pubkey
    spent_record: Pubkey
    # The verifier's digest of the input.
    input: Array[u8, 32]
    position: u32
    nonce: u64
    task_class: u8
    # ISO 3166-1 number of where an answer is wanted fast; 0: anywhere.
    region: u16
    # Of a model that is proved by its trace: the prompt's tokens and the most tokens of the answer.
    prompt_tokens: u32
    max_tokens: u32
    # MAI in the vault that is burned with the first payment, in base units. What was burned bounds what a self-chosen
    # task can mint.
    fee: u64
    fee_burned: u64
    self_minted: u64
    posted_ts: i64
    expires_ts: i64
    status: u8
    # Assignment, see assignment.py: the round, the slot whose hash seeds it, and the seed once it is known.
    round: u32
    target_slot: u64
    seed: Array[u8, 32]
    seeded: bool
    # Places in all, now taken, and paid; and who has them.
    places: u8
    taken: u8
    settled: u8
    owners: Array[Pubkey, 3]
    # The first two different outputs that were committed, and how many miners gave each; others count in `committed`.
    committed: u8
    first_output: Array[u8, 32]
    first_votes: u8
    second_output: Array[u8, 32]
    second_votes: u8
    bump: u8


# One miner's part in one task, PDA ['work', task, miner]: assigned once, committed once, paid once.
class Work(Account):
    miner: Pubkey
    owner: Pubkey
    task: Pubkey
    model: Pubkey
    # keccak256 of chain id, task, model, input, device, seed and time; see assignment.py.
    context: Array[u8, 32]
    output: Array[u8, 32]
    round: u32
    tokens: u32
    # What its miner claims, and what the chain's clock saw: from when it could begin to the commit.
    active_ms: u64
    took_ms: u64
    assigned_ts: i64
    # The commit is due by then, the proof by `prove_until_ts`.
    deadline_ts: i64
    prove_until_ts: i64
    committed_ts: i64
    committed_slot: u64
    # The chance of detection that the proof must have, fixed at the assignment.
    sampling_bps: u16
    # Stake that is at risk until the work is settled, in base units.
    at_risk: u64
    status: u8
    # A plausibility reason if rejected.
    reason: u8
    # A challenge is open: nothing is paid before it is decided.
    disputed: bool
    # What settlement minted, in base units.
    paid: u64
    bump: u8


# One payable result, PDA ['spent', chain id, model, input words, position]: no nonce, so old work stays old.
class SpentRecord(Account):
    model: Pubkey
    input: Array[u8, 32]
    position: u32
    spent: bool
    # The task that was paid; a critical one is paid once for each of its places.
    task: Pubkey
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
    assert tokens <= max_tokens, 'TooManyTokens: the task does not ask for so many tokens'
    assert active_ms >= 1, 'NoActiveTime: a work takes at least 1 ms'


def places_of(task_class: u8) -> u8:
    if task_class == TASK_CRITICAL:
        return CRITICAL_PLACES
    return 1


# Counts a committed output among those of the task.
def count_output(task: Task, output: Array[u8, 32]):
    task.committed += 1
    if task.first_votes == 0 or task.first_output == output:
        task.first_output = output
        task.first_votes += 1
    elif task.second_votes == 0 or task.second_output == output:
        task.second_output = output
        task.second_votes += 1


# How many miners committed this output.
def votes_for(task: Task, output: Array[u8, 32]) -> u8:
    if task.first_votes > 0 and task.first_output == output:
        return task.first_votes
    if task.second_votes > 0 and task.second_output == output:
        return task.second_votes
    return 1


# Votes that an output needs before it is paid.
def votes_needed(places: u8) -> u8:
    if places == CRITICAL_PLACES:
        return AGREEMENT
    return 1


# Ends a task that nobody has a place in, and returns what goes back to its requester.
def close_unpaid(task: Task, status: u8) -> u64:
    assert task.status == TASK_OPEN, 'TaskNotFree: the task is taken, paid or closed'
    assert task.taken == 0, 'TaskHasMiners: a miner is at work on the task'
    assert task.settled == 0, 'TaskPartlyPaid: one of the places was paid already'
    refund = task.fee
    task.fee = 0
    task.status = status
    return refund


# Takes one place, of which an owner has one at most: three devices of one owner would always agree. The task is assigned
# when no place is free.
def take_place(task: Task, owner: Pubkey, nobody: Pubkey):
    placed = False
    for place in range(3):
        assert task.owners[place] != owner, 'OwnerHasPlace: a device of this owner has a place in the task'
        if not placed and task.owners[place] == nobody:
            task.owners[place] = owner
            placed = True
    task.taken += 1
    if task.taken + task.settled == task.places:
        task.status = TASK_ASSIGNED


# Frees one place; who takes it is drawn anew.
def give_place(task: Task, target_slot: u64, owner: Pubkey, nobody: Pubkey):
    for place in range(3):
        if task.owners[place] == owner:
            task.owners[place] = nobody
    task.taken -= 1
    task.status = TASK_OPEN
    task.round += 1
    task.seeded = False
    task.target_slot = target_slot


# A place that was paid.
def close_place(task: Task):
    task.taken -= 1
    task.settled += 1
    if task.settled == task.places:
        task.status = TASK_SETTLED


# Takes back the vote of a work that will never be paid.
def uncount_output(task: Task, output: Array[u8, 32]):
    task.committed -= 1
    if task.first_votes > 0 and task.first_output == output:
        task.first_votes -= 1
    elif task.second_votes > 0 and task.second_output == output:
        task.second_votes -= 1


# Another output has the votes and was proved, this one has not: it can never be paid.
def outvoted(task: Task, output: Array[u8, 32]) -> bool:
    needed = votes_needed(task.places)
    if task.settled == 0 or votes_for(task, output) >= needed:
        return False
    return task.first_votes >= needed or task.second_votes >= needed
