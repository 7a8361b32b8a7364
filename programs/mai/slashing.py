# Offences, PDA ['offence', work or check, stake]: what was shown on chain, what it costs, and the appeal.
# Of what is taken a share is burned whoever shows the offence, so that being reported by a friend never is for free.
from seahorse.prelude import *
from assignment import seed_delay
from checks import Check, count_verifier
from config import Config
from digests import copied
from emission import Emission
from governance import Governance
from native import key_bytes
from parameters import APPEAL_WINDOW_S, FULL_BPS, SLASH, SOFT_BPS, VERIFIER_STAKE, of_class
from quality import OFFENCE_DIVISOR
from registry import Miner, Model
from staking import Stake
from tasks import (
    WORK_COMMITTED, WORK_REJECTED, SpentRecord, Task, Work, give_place, outvoted, uncount_output, votes_for,
    votes_needed
)

# An implausible claim (soft); no proof in time (soft where a full proof was due, else hard: it walked away from a draw);
# another output than the majority's; a lost spot-check; a challenge that was wrong (hard).
OFFENCE_NONE = 0
OFFENCE_INVALID_CLAIM = 1
OFFENCE_MISSED_PROOF = 2
OFFENCE_MINORITY_OUTPUT = 3
OFFENCE_FAILED_CHECK = 4
OFFENCE_FALSE_CHECK = 5

OFFENCE_PENDING = 1
OFFENCE_APPEALED = 2
OFFENCE_EXECUTED = 3
OFFENCE_OVERTURNED = 4

# After an appeal the proof is due within this time.
APPEAL_PROOF_S = 604_800
# What the assistant gets of what is not burned.
ASSISTANT_PART = 5


class Offence(Account):
    kind: u8
    status: u8
    # What shows it: a work or a check.
    evidence: Pubkey
    work: Pubkey
    task: Pubkey
    # The offender.
    stake: Pubkey
    owner: Pubkey
    # The device that did the work; of a false check not the offender's.
    miner: Pubkey
    # Who is paid the part that is not burned: the one who showed it, and for a spot-check the second one who did.
    reporter: Pubkey
    assistant: Pubkey
    # What an appeal must prove: this output of so many tokens (of a false check: of any number), in this context.
    context: Array[u8, 32]
    output: Array[u8, 32]
    tokens: u32
    # In escrow: base units of stake, by what they were taken from, and lamports of the device's bond.
    amount: u64
    from_matured: u64
    from_pending: u64
    from_unstaking: u64
    from_verifier: u64
    bond: u64
    appeal_bond: u64
    created_ts: i64
    # The appeal is due by then; once appealed, its proof.
    final_ts: i64
    bump: u8


@dataclass
class OffenceReported(Event):
    offence: Pubkey
    kind: u8
    evidence: Pubkey
    work: Pubkey
    stake: Pubkey
    owner: Pubkey
    miner: Pubkey
    reporter: Pubkey
    assistant: Pubkey
    amount: u64
    bond: u64
    final_ts: i64


# A work that settlement would refuse and that is no offence: taken out without one.
@dataclass
class WorkClosed(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey


@dataclass
class OffenceAppealed(Event):
    offence: Pubkey
    appeal_bond: u64
    final_ts: i64


@dataclass
class OffenceOverturned(Event):
    offence: Pubkey
    stake: Pubkey
    amount: u64
    bond: u64


@dataclass
class OffenceExecuted(Event):
    offence: Pubkey
    stake: Pubkey
    amount: u64
    burned: u64
    reporter_paid: u64
    assistant_paid: u64
    bond_paid: u64
    bond_burned: u64


# What the chain's state alone says about a work, or OFFENCE_NONE.
def offence_of(work: Work, task: Task, model: Model, spent_record: SpentRecord, now: i64) -> u8:
    if work.status == WORK_REJECTED:
        return OFFENCE_INVALID_CLAIM
    if work.status != WORK_COMMITTED or work.disputed:
        return OFFENCE_NONE
    if outvoted(task, work.output):
        return OFFENCE_MINORITY_OUTPUT
    if now <= work.prove_until_ts or votes_for(task, work.output) < votes_needed(task.places):
        return OFFENCE_NONE
    # Nobody can be asked to prove what settlement would refuse.
    if not model.approved or (spent_record.spent and spent_record.task != task.key()):
        return OFFENCE_NONE
    return OFFENCE_MISSED_PROOF


def is_soft(kind: u8, sampling_bps: u16) -> bool:
    return kind == OFFENCE_INVALID_CLAIM or (kind == OFFENCE_MISSED_PROOF and sampling_bps == FULL_BPS)


# A share in basis points, rounded down.
def part(amount: u64, share_bps: u64) -> u64:
    return u64(u128(amount) * u128(share_bps) // FULL_BPS)


def check_accused(work: Work, task: Task, miner: Miner, stake: Stake):
    assert work.task == task.key(), 'NotTaskOfWork: the work belongs to another task'
    assert work.miner == miner.key(), 'NotMinerOfWork: the work belongs to another miner'
    assert work.owner == stake.owner, 'NotStakeOfWork: the stake belongs to somebody else than the work'


def check_payment(task: Task, model: Model, spent_record: SpentRecord):
    assert task.model == model.key(), 'NotModelOfTask: the task asks for another model'
    assert task.spent_record == spent_record.key(), 'NotRecordOfTask: the spent record belongs to another input'


# Moves up to `amount` into escrow: what waits, what votes, what leaves and last the verifier stake, which comes first
# where it is what was pledged.
def take(config: Config, governance: Governance, offence: Offence, stake: Stake, amount: u64):
    pledged: u64 = 0
    if offence.kind == OFFENCE_FALSE_CHECK:
        pledged = min(amount, stake.verifier)
    left = amount - pledged
    offence.from_pending = min(left, stake.pending)
    left -= offence.from_pending
    offence.from_matured = min(left, stake.matured)
    left -= offence.from_matured
    offence.from_unstaking = min(left, stake.unstaking)
    left -= offence.from_unstaking
    more = min(left, stake.verifier - pledged)
    left -= more
    offence.from_verifier = pledged + more
    offence.amount = amount - left
    stake.pending -= offence.from_pending
    stake.matured -= offence.from_matured
    stake.unstaking -= offence.from_unstaking
    stake.verifier -= offence.from_verifier
    stake.escrowed += offence.amount
    governance.staked -= offence.from_pending + offence.from_matured
    count_verifier(governance, stake, config.parameters[VERIFIER_STAKE])


# Puts everything back where it was taken from; a waiting part goes on waiting.
def give_back(config: Config, governance: Governance, offence: Offence, stake: Stake):
    stake.pending += offence.from_pending
    stake.matured += offence.from_matured
    stake.unstaking += offence.from_unstaking
    stake.verifier += offence.from_verifier
    stake.escrowed -= offence.amount
    governance.staked += offence.from_pending + offence.from_matured
    count_verifier(governance, stake, config.parameters[VERIFIER_STAKE])


# The fields that every offence has; the caller adds what it is about.
def open_offence(
    config: Config, offence: Offence, stake: Stake, kind: u8, evidence: Pubkey, reporter: Pubkey, assistant: Pubkey,
    now: i64, bump: u8
):
    offence.kind = kind
    offence.status = OFFENCE_PENDING
    offence.evidence = evidence
    offence.stake = stake.key()
    offence.owner = stake.owner
    offence.reporter = reporter
    offence.assistant = assistant
    offence.context = key_bytes(offence.key())
    offence.created_ts = now
    offence.final_ts = now + i64(config.parameters[APPEAL_WINDOW_S])
    offence.bump = bump
    stake.offences += 1


# What is said of a new offence once all its fields are there.
def reported(offence: Offence, key: Pubkey) -> OffenceReported:
    return OffenceReported(
        key, offence.kind, offence.evidence, offence.work, offence.stake, offence.owner, offence.miner,
        offence.reporter, offence.assistant, offence.amount, offence.bond, offence.final_ts
    )


# What an offence in a work costs: stake, a part of the device's bond and, if hard, of its reputation.
def charge_work(
    config: Config, governance: Governance, offence: Offence, stake: Stake, miner: Miner, task: Task, work: Work
):
    offence.work = work.key()
    offence.task = task.key()
    offence.miner = miner.key()
    offence.output = copied(work.output)
    offence.tokens = work.tokens
    # A sampled proof has one draw: who walked away from it cannot appeal with another.
    if offence.kind == OFFENCE_MISSED_PROOF:
        offence.context = copied(work.context)
    slash = of_class(config.parameters, task.task_class, SLASH)
    bond = miner.bond
    if is_soft(offence.kind, work.sampling_bps):
        slash = part(slash, config.parameters[SOFT_BPS])
        bond = part(bond, config.parameters[SOFT_BPS])
    else:
        miner.quality_bps = miner.quality_bps // OFFENCE_DIVISOR
    miner.offences += 1
    miner.bond -= bond
    offence.bond = bond
    take(config, governance, offence, stake, slash)


# What a false word in a check costs.
def charge_check(config: Config, governance: Governance, offence: Offence, stake: Stake, check: Check):
    offence.work = check.work
    offence.task = check.task
    offence.miner = check.miner
    take(config, governance, offence, stake, config.parameters[VERIFIER_STAKE])


# A committed work that will never be paid: its place, its vote and the stake at risk are free again.
def lose_work(
    emission: Emission, miner: Miner, stake: Stake, task: Task, work: Work, status: u8, slot: u64, nobody: Pubkey
):
    emission.pending -= 1
    miner.in_flight -= 1
    stake.at_risk -= work.at_risk
    target_slot = slot + seed_delay(task.task_class)
    give_place(task, target_slot, work.owner, nobody)
    uncount_output(task, work.output)
    work.status = status


def count_failure(miner: Miner):
    miner.failed += 1
    miner.failures += 1
