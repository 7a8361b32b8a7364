# Stake, PDA ['stake', owner]: MAI in the vault that gives a say, backs work that is not proved in full, and can be lost.
#
#   vault = sum over stakes of (matured + pending + unstaking + verifier + escrowed), open tasks' fees and appeal bonds
from seahorse.prelude import *

BASIC_STAKE = 100_000_000_000_000
STANDARD_STAKE = 500_000_000_000_000
ADVANCED_STAKE = 2_000_000_000_000_000

TIER_NONE = 0
TIER_BASIC = 1
TIER_STANDARD = 2
TIER_ADVANCED = 3

# Unstaked MAI leaves the vault after 14 days, and new stake counts in votes after 14: longer than any vote lasts.
COOLDOWN_S = 1_209_600
WARM_UP_S = 1_209_600


# Amounts are base units.
class Stake(Account):
    owner: Pubkey
    # Counts in votes; what came in later waits in `pending` until WARM_UP_S after `pending_ts`.
    matured: u64
    pending: u64
    pending_ts: i64
    # Leaves at `unlock_ts`; still slashed until then.
    unstaking: u64
    unlock_ts: i64
    # Backs challenges; neither votes nor backs work.
    verifier: u64
    # When that was last raised, and whether it is counted in governance's `verifiers`.
    verifier_ts: i64
    is_verifier: bool
    # Taken for offences that are not final yet.
    escrowed: u64
    # Part of matured + pending that works in flight have at risk.
    at_risk: u64
    # Voted with: nothing leaves before then.
    locked_until_ts: i64
    # Open challenges in which this stake is a party; a wrong party remains one until that is reported.
    disputes: u32
    # Those of them that it opened: each takes one VERIFIER_STAKE of `verifier`.
    challenges: u32
    # Never taken back.
    offences: u32
    bump: u8


@dataclass
class StakeOpened(Event):
    stake: Pubkey
    owner: Pubkey


# Every movement between the parts of a stake, with the parts after it.
@dataclass
class StakeMoved(Event):
    stake: Pubkey
    movement: u8
    amount: u64
    matured: u64
    pending: u64
    unstaking: u64
    unlock_ts: i64
    verifier: u64
    staked: u64


MOVED_IN = 1
MOVED_TO_UNSTAKING = 2
MOVED_OUT = 3
MOVED_TO_VERIFIER = 4
MOVED_FROM_VERIFIER = 5


def moved(stake: Stake, key: Pubkey, movement: u8, amount: u64, staked: u64) -> StakeMoved:
    return StakeMoved(
        key, movement, amount, stake.matured, stake.pending, stake.unstaking, stake.unlock_ts, stake.verifier, staked
    )


# What a stake of this size may do: Basic votes, Standard proposes, Advanced proposes what is of high risk.
def tier_of(amount: u64) -> u8:
    if amount >= ADVANCED_STAKE:
        return TIER_ADVANCED
    if amount >= STANDARD_STAKE:
        return TIER_STANDARD
    if amount >= BASIC_STAKE:
        return TIER_BASIC
    return TIER_NONE


def staked_of(stake: Stake) -> u64:
    return stake.matured + stake.pending


# What can still back a work or leave: a slash may have taken what other works have at risk.
def free_of(stake: Stake) -> u64:
    staked = staked_of(stake)
    return staked - min(staked, stake.at_risk)


def is_warm(stake: Stake, now: i64) -> bool:
    return now >= stake.pending_ts + WARM_UP_S


# Verifier stake and what is leaving do not vote.
def voting_weight(stake: Stake, now: i64) -> u64:
    if is_warm(stake, now):
        return staked_of(stake)
    return stake.matured


def warm_up(stake: Stake, now: i64):
    if is_warm(stake, now):
        stake.matured += stake.pending
        stake.pending = 0


# New stake waits from its own time on, and what was waiting waits with it.
def deposit(stake: Stake, amount: u64, now: i64):
    warm_up(stake, now)
    stake.pending += amount
    stake.pending_ts = now


# Takes from what waits first, then from what votes.
def remove_free(stake: Stake, amount: u64, now: i64):
    assert amount >= 1, 'NothingToMove: the amount is at least one base unit'
    assert amount <= free_of(stake), 'StakeTooLow: there is not so much stake that no work has at risk'
    warm_up(stake, now)
    waiting = min(amount, stake.pending)
    stake.pending -= waiting
    stake.matured -= amount - waiting


def check_undisputed(stake: Stake):
    assert stake.disputes == 0, 'StakeInDispute: nothing leaves while the stake is a party to a challenge'


# Starts the cooldown, for what was already leaving as well.
def begin_unstaking(stake: Stake, amount: u64, now: i64):
    stake.unstaking += amount
    stake.unlock_ts = now + COOLDOWN_S
