# The DAO: proposals of typed effects, graded by risk, voted by stake, executed by anyone.
from seahorse.prelude import *
from parameters import FULL_BPS, RISK_HIGH
from staking import ADVANCED_STAKE, BASIC_STAKE, STANDARD_STAKE, Stake, voting_weight

PROPOSE_PARAMETER = 0
PROPOSE_CALIBRATION = 1
PROPOSE_MODEL = 2
PROPOSE_TREASURY = 3
PROPOSE_COLLECTION = 4

PROPOSAL_ACTIVE = 1
PROPOSAL_EXECUTED = 2

# How long an approved proposal can be executed.
EXECUTION_S = 1_209_600
DAY_S = 86_400


# PDA ['governance'].
class Governance(Account):
    proposals: u64
    # All matured and pending stake, in base units: what a quorum is a share of.
    staked: u64
    # Stakes with enough behind them to check work, see checks.py.
    verifiers: u32
    bump: u8


# PDA ['proposal', id].
class Proposal(Account):
    id: u64
    proposer: Pubkey
    kind: u8
    risk: u8
    status: u8
    # What changes: a parameter's index, class * 6 + field of the calibration, an NFT tier; or an account.
    index: u32
    target: Pubkey
    # To what and from what, so that voters and executor mean the same change: a number, for a collection its key.
    value: u64
    old_value: u64
    old_target: Pubkey
    # keccak256 of the reasons, published elsewhere.
    text: Array[u8, 32]
    created_ts: i64
    # Votes until voting_ends, then only denials until denials_end, execution from executable until expires.
    voting_ends_ts: i64
    denials_end_ts: i64
    executable_ts: i64
    expires_ts: i64
    # Governance's `staked` when it was proposed, then the votes, in base units.
    staked: u64
    approved: u64
    denied: u64
    bump: u8


# One stake's vote on one proposal, PDA ['vote', proposal, stake].
class Vote(Account):
    proposal: Pubkey
    stake: Pubkey
    weight: u64
    approves: bool
    bump: u8


@dataclass
class ProposalMade(Event):
    proposal: Pubkey
    id: u64
    proposer: Pubkey
    kind: u8
    risk: u8
    index: u32
    target: Pubkey
    old_target: Pubkey
    value: u64
    old_value: u64
    staked: u64
    voting_ends_ts: i64
    denials_end_ts: i64
    executable_ts: i64
    expires_ts: i64


# A vote, or an approval that was turned into a denial; then what the votes now add up to.
@dataclass
class VoteCast(Event):
    proposal: Pubkey
    stake: Pubkey
    weight: u64
    approves: bool
    turned: bool
    approved: u64
    denied: u64


@dataclass
class ProposalExecuted(Event):
    proposal: Pubkey
    id: u64
    caller: Pubkey
    kind: u8
    index: u32
    target: Pubkey
    old_target: Pubkey
    value: u64
    old_value: u64
    approved: u64
    denied: u64
    staked: u64


# Each risk's days of voting, of denials and of delay, then its quorum and the majority that approvals must exceed.
def voting_s(risk: u8) -> i64:
    days = array(i64(3), 5, 7)
    return days[risk] * DAY_S


def denial_s(risk: u8) -> i64:
    days = array(i64(1), 2, 3)
    return days[risk] * DAY_S


def delay_s(risk: u8) -> i64:
    days = array(i64(1), 3, 7)
    return days[risk] * DAY_S


def quorum_bps(risk: u8) -> u64:
    shares = array(u64(1_000), 2_000, 3_300)
    return shares[risk]


def majority_bps(risk: u8) -> u64:
    shares = array(u64(5_000), 6_000, 6_667)
    return shares[risk]


def check_proposer(weight: u64, risk: u8):
    assert weight >= STANDARD_STAKE, 'CannotPropose: proposals need a Standard stake of 500,000 MAI'
    if risk == RISK_HIGH:
        assert weight >= ADVANCED_STAKE, 'CannotProposeHighRisk: this proposal needs an Advanced stake of 2,000,000 MAI'


def check_voter(stake: Stake, owner: Pubkey):
    assert stake.owner == owner, 'NotVotersStake: only its owner can vote with a stake'


# Fixes the proposal's times by its risk.
def schedule(proposal: Proposal, risk: u8, now: i64):
    proposal.risk = risk
    proposal.created_ts = now
    proposal.voting_ends_ts = now + voting_s(risk)
    proposal.denials_end_ts = proposal.voting_ends_ts + denial_s(risk)
    proposal.executable_ts = proposal.denials_end_ts + delay_s(risk)
    proposal.expires_ts = proposal.executable_ts + EXECUTION_S


# Counts a stake's one vote and keeps the stake in the vault until the last moment at which it can still be turned.
def count_vote(proposal: Proposal, stake: Stake, vote: Vote, approves: bool, now: i64):
    weight = voting_weight(stake, now)
    assert weight >= BASIC_STAKE, 'CannotVote: voting needs a Basic stake of 100,000 MAI for 14 days'
    assert now < proposal.denials_end_ts, 'VotingOver: the proposal can no longer be voted on'
    if approves:
        assert now < proposal.voting_ends_ts, 'OnlyDenials: approvals are over, only denials are still counted'
        proposal.approved += weight
    else:
        proposal.denied += weight
    vote.weight = weight
    vote.approves = approves
    stake.locked_until_ts = max(stake.locked_until_ts, proposal.denials_end_ts)


# Turns an approval into a denial.
def turn_vote(proposal: Proposal, vote: Vote, now: i64):
    assert vote.approves, 'AlreadyDenied: this vote is a denial already'
    assert now < proposal.denials_end_ts, 'DenialsOver: an approval can no longer be turned'
    vote.approves = False
    proposal.approved -= vote.weight
    proposal.denied += vote.weight


def cast(vote: Vote, proposal: Proposal, turned: bool) -> VoteCast:
    return VoteCast(
        vote.proposal, vote.stake, vote.weight, vote.approves, turned, proposal.approved, proposal.denied
    )


# Enough stake took part: a share of all that was staked when it was proposed.
def quorate(risk: u8, approved: u64, denied: u64, staked: u64) -> bool:
    return (u128(approved) + u128(denied)) * FULL_BPS >= u128(quorum_bps(risk)) * u128(staked)


# Approvals are more than the majority's share of the votes: exactly the share is not enough.
def carried(risk: u8, approved: u64, denied: u64) -> bool:
    return u128(approved) * FULL_BPS > u128(majority_bps(risk)) * (u128(approved) + u128(denied))


# Marks an approved proposal of this kind as executed, or says why it cannot be. Anyone may execute, nobody can forbid.
def conclude(proposal: Proposal, kind: u8, now: i64):
    assert proposal.kind == kind, 'WrongKind: the proposal has another kind of effect'
    assert proposal.status == PROPOSAL_ACTIVE, 'AlreadyExecuted: the proposal was executed before'
    assert now >= proposal.executable_ts, 'NotYetExecutable: votes, denials and the delay are not over yet'
    assert now < proposal.expires_ts, 'ProposalExpired: an approved proposal can be executed for 14 days'
    assert quorate(
        proposal.risk, proposal.approved, proposal.denied, proposal.staked
    ), 'QuorumMissed: too little of the stake took part'
    assert carried(proposal.risk, proposal.approved, proposal.denied), 'NotApproved: the majority was not exceeded'
    proposal.status = PROPOSAL_EXECUTED


def executed(proposal: Proposal, key: Pubkey, caller: Pubkey) -> ProposalExecuted:
    return ProposalExecuted(
        key, proposal.id, caller, proposal.kind, proposal.index, proposal.target, proposal.old_target,
        proposal.value, proposal.old_value, proposal.approved, proposal.denied, proposal.staked
    )
