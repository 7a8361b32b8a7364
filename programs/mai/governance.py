# The DAO: proposals of typed effects, graded by risk, voted by stake, executed by anyone.
from seahorse.prelude import *

PROPOSE_PARAMETER = 0
PROPOSE_CALIBRATION = 1
PROPOSE_MODEL = 2
PROPOSE_TREASURY = 3
PROPOSE_COLLECTION = 4

PROPOSAL_ACTIVE = 1
PROPOSAL_EXECUTED = 2


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
    # What changes: a parameter's index, class * 8 + field of the calibration, an NFT tier; or an account.
    index: u32
    target: Pubkey
    # To what; for an index also from what, so that voters and executor mean the same change.
    value: u64
    old_value: u64
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
