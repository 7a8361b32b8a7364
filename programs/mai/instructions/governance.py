# The DAO: proposing, voting, and carrying out what was approved. Nothing here cancels, forbids or hurries a proposal.
from seahorse.prelude import *
from calibration import Calibration, check_calibration
from config import Config, check_open, week_at
from effects import (
    check_changes, check_form, check_model_value, check_new_collection, check_new_parameter, check_present,
    check_spending, risk_of
)
from governance import (
    PROPOSAL_ACTIVE, PROPOSE_CALIBRATION, PROPOSE_COLLECTION, PROPOSE_MODEL, PROPOSE_PARAMETER, PROPOSE_TREASURY,
    Governance, Proposal, ProposalMade, Vote, cast, check_proposer, check_voter, conclude, count_vote, executed,
    schedule, turn_vote
)
from nfts import NFT_NONE, NftLink, NftRegistry, check_holder, present_tier, use_for_voting, voting_open
from parameters import TREASURY_SPEND_BPS
from registry import Model
from staking import Stake, voting_weight


# Proposes one change. Its risk fixes who may propose it, how long it is voted on and what approves it.
@instruction
def propose(
    owner: Signer, config: Config, calibration: Calibration, governance: Governance, nfts: NftRegistry, stake: Stake,
    proposal: Empty[Proposal], clock: Clock, id: u64, kind: u8, index: u32, target: Pubkey, value: u64,
    text: Array[u8, 32]
):
    bump = proposal.bump()
    proposal = proposal.init(payer=owner, seeds=['proposal', id])
    now = clock.unix_timestamp()
    check_open(config)
    assert id == governance.proposals, 'WrongProposalId: proposals are numbered one after the other'
    assert stake.owner == owner.key(), 'NotProposersStake: only its owner can propose with a stake'
    risk = risk_of(kind, index, value)
    check_proposer(voting_weight(stake, now), risk)
    check_form(kind, index, target, value, config.nobody)
    if kind == PROPOSE_PARAMETER:
        check_new_parameter(config.parameters, index, value)
        proposal.old_value = config.parameters[index]
    elif kind == PROPOSE_CALIBRATION:
        check_calibration(index, value)
        proposal.old_value = calibration.entries[index]
    elif kind == PROPOSE_MODEL:
        check_model_value(value)
        proposal.old_value = 1 - value
    elif kind == PROPOSE_COLLECTION:
        check_new_collection(nfts, index, target)
        proposal.old_target = nfts.collections[index]
    check_changes(value != proposal.old_value or kind == PROPOSE_COLLECTION and target != proposal.old_target)
    governance.proposals += 1
    proposal.id = id
    proposal.proposer = owner.key()
    proposal.kind = kind
    proposal.status = PROPOSAL_ACTIVE
    proposal.index = index
    proposal.target = target
    proposal.value = value
    proposal.text = text
    proposal.staked = governance.staked
    proposal.bump = bump
    schedule(proposal, risk, now)
    made = ProposalMade(
        proposal.key(), id, owner.key(), kind, risk, index, target, proposal.old_target, value, proposal.old_value,
        proposal.staked, proposal.voting_ends_ts, proposal.denials_end_ts, proposal.executable_ts,
        proposal.expires_ts
    )
    made.emit()


# One stake's one vote, once voting is open to everybody.
@instruction
def vote(
    owner: Signer, config: Config, stake: Stake, proposal: Proposal, vote: Empty[Vote], clock: Clock, approves: bool
):
    bump = vote.bump()
    vote = vote.init(payer=owner, seeds=['vote', proposal.key(), stake.key()])
    now = clock.unix_timestamp()
    check_voter(stake, owner.key())
    opened = voting_open(config.genesis_ts, config.month_s, NFT_NONE, now)
    assert opened, 'VotingNotOpen: until then voting is for holders of NFTs'
    count_vote(proposal, stake, vote, approves, now)
    vote.proposal = proposal.key()
    vote.stake = stake.key()
    vote.bump = bump
    told = cast(vote, proposal, False)
    told.emit()


# The same with an NFT, whose tier may vote before everybody.
@instruction
def vote_early(
    owner: Signer, config: Config, nfts: NftRegistry, stake: Stake, proposal: Proposal, vote: Empty[Vote],
    link: NftLink, nft_account: TokenAccount, clock: Clock, approves: bool
):
    bump = vote.bump()
    vote = vote.init(payer=owner, seeds=['vote', proposal.key(), stake.key()])
    now = clock.unix_timestamp()
    check_voter(stake, owner.key())
    check_holder(nft_account, link.mint, owner.key())
    opened = voting_open(config.genesis_ts, config.month_s, present_tier(nfts, link.collection), now)
    assert opened, 'EarlyVotingNotOpen: voting is not open to the tier of this NFT yet'
    use_for_voting(link, stake.key(), config.nobody, week_at(config.genesis_ts, now))
    count_vote(proposal, stake, vote, approves, now)
    vote.proposal = proposal.key()
    vote.stake = stake.key()
    vote.bump = bump
    told = cast(vote, proposal, False)
    told.emit()


# Turns one's own approval into a denial, until denials end.
@instruction
def deny(owner: Signer, stake: Stake, proposal: Proposal, vote: Vote, clock: Clock):
    check_voter(stake, owner.key())
    assert vote.proposal == proposal.key(), 'VoteElsewhere: the vote was on another proposal'
    assert vote.stake == stake.key(), 'VoteOfAnother: the vote is that of another stake'
    turn_vote(proposal, vote, clock.unix_timestamp())
    told = cast(vote, proposal, True)
    told.emit()


# Moves a parameter. Like every execution it is anyone's, once the delay is over.
@instruction
def execute_parameter(caller: Signer, config: Config, proposal: Proposal, clock: Clock):
    conclude(proposal, PROPOSE_PARAMETER, clock.unix_timestamp())
    check_present(config.parameters[proposal.index] == proposal.old_value)
    check_new_parameter(config.parameters, proposal.index, proposal.value)
    config.parameters[proposal.index] = proposal.value
    done = executed(proposal, proposal.key(), caller.key())
    done.emit()


# Moves an entry of the calibration.
@instruction
def execute_calibration(caller: Signer, calibration: Calibration, proposal: Proposal, clock: Clock):
    conclude(proposal, PROPOSE_CALIBRATION, clock.unix_timestamp())
    check_present(calibration.entries[proposal.index] == proposal.old_value)
    check_calibration(proposal.index, proposal.value)
    calibration.entries[proposal.index] = proposal.value
    done = executed(proposal, proposal.key(), caller.key())
    done.emit()


# Admits a model to minting or withdraws it.
@instruction
def execute_model(caller: Signer, model: Model, proposal: Proposal, clock: Clock):
    conclude(proposal, PROPOSE_MODEL, clock.unix_timestamp())
    assert model.key() == proposal.target, 'NotProposedModel: the proposal is about another model'
    admit = proposal.value == 1
    check_present(model.approved != admit)
    model.approved = admit
    done = executed(proposal, proposal.key(), caller.key())
    done.emit()


# Pays from the treasury.
@instruction
def execute_treasury(
    caller: Signer, config: Config, treasury: TokenAccount, recipient: TokenAccount, proposal: Proposal, clock: Clock
):
    conclude(proposal, PROPOSE_TREASURY, clock.unix_timestamp())
    assert treasury.key() == config.treasury, 'NotTreasury: payments come from the treasury'
    assert recipient.key() == proposal.target, 'NotRecipient: the proposal pays to another account'
    assert recipient.mint() == config.mint, 'RecipientNotMai: the treasury pays to MAI token accounts'
    assert recipient.key() != config.treasury, 'PaysItself: the treasury cannot pay to itself'
    assert recipient.key() != config.vault, 'PaysVault: what is in the vault has an owner each, payments to it have none'
    check_spending(proposal.value, treasury.amount(), config.parameters[TREASURY_SPEND_BPS])
    bump = config.bump
    treasury.transfer(authority=config, to=recipient, amount=proposal.value, signer=['config', bump])
    done = executed(proposal, proposal.key(), caller.key())
    done.emit()


# Gives a tier another collection, or none.
@instruction
def execute_collection(caller: Signer, nfts: NftRegistry, proposal: Proposal, clock: Clock):
    conclude(proposal, PROPOSE_COLLECTION, clock.unix_timestamp())
    check_present(nfts.collections[proposal.index] == proposal.old_target)
    check_new_collection(nfts, proposal.index, proposal.target)
    nfts.collections[proposal.index] = proposal.target
    done = executed(proposal, proposal.key(), caller.key())
    done.emit()
