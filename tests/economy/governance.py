"""The DAO: proposals of typed effects, graded by risk, voted by stake, executed by anyone."""

from __future__ import annotations

from fractions import Fraction

from economy.ledger import NOBODY, Record, Transaction
from economy.nfts import EARLY_VOTING, early, holds, tier_of, warrior
from economy.parameters import P, deterring
from economy.quality import week_of
from economy.staking import DAY, tier, weight
from economy.world import config_of, number, opened, pda
from mai.program import calibration as calibration_table
from mai.program import parameters as parameter_table
from solders.pubkey import Pubkey

PARAMETER, CALIBRATION, MODEL, TREASURY, COLLECTION = range(5)
# By risk: voting, denials, delay in days; quorum of the staked, majority of the votes; stake tier to propose.
GRADES = (
    (3, 1, 1, Fraction(1, 10), Fraction(1, 2), 2),
    (5, 2, 3, Fraction(1, 5), Fraction(3, 5), 2),
    (7, 3, 7, Fraction(33, 100), Fraction(6_667, 10_000), 3),
)
EXECUTABLE_DAYS = 14


def bounded(index: int, value: int) -> str | None:
    """The refusal of a parameter's value on its own."""
    if index >= 32:
        return "UnknownParameter"
    if value < parameter_table.lowest_parameter(index):
        return "ParameterTooLow"
    return "ParameterTooHigh" if value > parameter_table.highest_parameter(index) else None


def calibrated(entry: int, value: int) -> str | None:
    if entry >= 42:
        return "UnknownCalibration"
    default = int(calibration_table.default_calibration(entry))
    if value < default // 10:
        return "CalibrationTooLow"
    return "CalibrationTooHigh" if value > default * 10 else None


def risk_of(kind: int, index: int, value: int) -> int:
    if kind == PARAMETER:
        return int(parameter_table.parameter_risk(min(index, 31)))
    return 1 if kind == CALIBRATION or (kind == MODEL and value == 0) else 2


def passed(tx: Transaction, proposal: Record) -> None:
    """Enough took part, and of those strictly more than the majority approved."""
    quorum, majority = GRADES[proposal.risk][3:5]
    cast_ = proposal.approved + proposal.denied
    tx.need(cast_ >= quorum * proposal.staked, "QuorumMissed")
    tx.need(proposal.approved > majority * cast_, "NotApproved")


def proposal_address(id_: int) -> Pubkey:
    return pda(b"proposal", number(id_, 8))


def vote_address(proposal: Pubkey, stake: Pubkey) -> Pubkey:
    return pda(b"vote", bytes(proposal), bytes(stake))


def check_value(tx: Transaction, config: Record, kind: int, index: int, value: int) -> None:
    """Bounds, and that with the new value cheating still does not pay."""
    wrong = bounded(index, value) if kind == PARAMETER else calibrated(index, value)
    tx.must(wrong is None, wrong or "")
    if kind == PARAMETER:
        tx.need(deterring([*config.parameters[:index], value, *config.parameters[index + 1 :]]), "CheatingWouldPay")


def check_collection(tx: Transaction, nfts: Record, tier_: int, collection: Pubkey) -> None:
    tx.must(1 <= tier_ <= 5, "UnknownTier")
    tx.need(tier_of(nfts, collection) in (0, tier_), "CollectionTaken")


def propose(tx: Transaction) -> None:
    config, governance, nfts = opened(tx), tx.load("governance", "Governance"), tx.load("nfts", "NftRegistry")
    calibration, stake = tx.load("calibration", "Calibration"), tx.load("stake", "Stake")
    kind, index, value, target = tx["kind"], tx["index"], tx["value"], tx["target"]
    proposal = tx.create("proposal", "Proposal", proposal_address(tx["id"]))
    tx.need(stake.owner == tx.key("owner"), "NotProposersStake")
    tx.need(tx["id"] == governance.proposals, "WrongProposalId")
    tx.must(kind <= COLLECTION, "UnknownKind")
    risk, rank = risk_of(kind, index, value), tier(weight(stake, tx.now))
    tx.need(rank >= 2, "CannotPropose")
    tx.need(rank >= GRADES[risk][5] or rank < 2, "CannotProposeHighRisk")
    if kind in (PARAMETER, CALIBRATION):
        tx.need(target == NOBODY, "TargetNotUsed")
        check_value(tx, config, kind, index, value)
        proposal.old_value = (config.parameters if kind == PARAMETER else calibration.entries)[index]
    elif kind == COLLECTION:
        tx.need(value == 0, "ValueNotUsed")
        check_collection(tx, nfts, index, target)
        proposal.old_target = nfts.collections[index]
        tx.need(target != proposal.old_target, "NothingChanges")
    else:
        tx.need(index == 0, "IndexNotUsed")
        if kind == MODEL:
            tx.must(value <= 1, "NotYesOrNo")
            proposal.old_value = 1 - value
    if kind != COLLECTION:
        tx.need(value != proposal.old_value, "NothingChanges")
    voting, denials, delay = (days * DAY for days in GRADES[risk][:3])
    proposal.id, proposal.kind, proposal.risk, proposal.status = tx["id"], kind, risk, 1
    proposal.proposer, proposal.index, proposal.target = tx.key("owner"), index, target
    proposal.value, proposal.text, proposal.staked = value, tx["text"], governance.staked
    proposal.created_ts = tx.now
    proposal.voting_ends_ts = tx.now + voting
    proposal.denials_end_ts = proposal.voting_ends_ts + denials
    proposal.executable_ts = proposal.denials_end_ts + delay
    proposal.expires_ts = proposal.executable_ts + EXECUTABLE_DAYS * DAY
    governance.proposals += 1


def _cast(tx: Transaction) -> None:
    stake, proposal = tx.load("stake", "Stake"), tx.load("proposal", "Proposal")
    approves, amount = tx["approves"], weight(stake, tx.now)
    vote = tx.create("vote", "Vote", vote_address(tx.key("proposal"), tx.key("stake")))
    tx.need(stake.owner == tx.key("owner"), "NotVotersStake")
    tx.need(tx.now < proposal.denials_end_ts, "VotingOver")
    tx.need(tx.now < proposal.voting_ends_ts or not approves, "OnlyDenials")
    tx.need(tier(amount) >= 1, "CannotVote")
    vote.proposal, vote.stake, vote.weight, vote.approves = tx.key("proposal"), tx.key("stake"), amount, approves
    if approves:
        proposal.approved += amount
    else:
        proposal.denied += amount
    stake.locked_until_ts = max(stake.locked_until_ts, proposal.denials_end_ts)


def vote(tx: Transaction) -> None:
    tx.need(early(config_of(tx), tx.now, 12, 0, EARLY_VOTING), "VotingNotOpen")
    _cast(tx)


def vote_early(tx: Transaction) -> None:
    config, nfts, link = config_of(tx), tx.load("nfts", "NftRegistry"), tx.load("link", "NftLink")
    tx.load("stake", "Stake")
    holds(tx, tx.holding("nft_account"), link.mint, tx.key("owner"))
    tier_ = warrior(tx, nfts, link.collection)
    tx.need(early(config, tx.now, 12, tier_, EARLY_VOTING), "EarlyVotingNotOpen")
    week = week_of(config.genesis_ts, tx.now)
    tx.need(link.voter in (NOBODY, tx.key("stake")) or link.voter_week < week, "NftVotesForAnother")
    link.voter, link.voter_week = tx.key("stake"), week
    _cast(tx)


def deny(tx: Transaction) -> None:
    stake, proposal, own = tx.load("stake", "Stake"), tx.load("proposal", "Proposal"), tx.load("vote", "Vote")
    tx.need(stake.owner == tx.key("owner"), "NotVotersStake")
    tx.need(own.proposal == tx.key("proposal"), "VoteElsewhere")
    tx.need(own.stake == tx.key("stake"), "VoteOfAnother")
    tx.need(own.approves, "AlreadyDenied")
    tx.must(tx.now < proposal.denials_end_ts, "DenialsOver")
    if tx.refused:
        return
    own.approves = False
    proposal.approved -= own.weight
    proposal.denied += own.weight


def _executable(tx: Transaction, kind: int) -> Record:
    proposal = tx.load("proposal", "Proposal")
    tx.must(proposal.kind == kind, "WrongKind")
    tx.need(proposal.status == 1, "AlreadyExecuted")
    tx.need(tx.now >= proposal.executable_ts, "NotYetExecutable")
    tx.need(tx.now < proposal.expires_ts, "ProposalExpired")
    passed(tx, proposal)
    proposal.status = 2
    return proposal


def execute_parameter(tx: Transaction) -> None:
    config = config_of(tx)
    proposal = _executable(tx, PARAMETER)
    tx.need(config.parameters[proposal.index] == proposal.old_value, "StaleProposal")
    check_value(tx, config, PARAMETER, proposal.index, proposal.value)
    config.parameters[proposal.index] = proposal.value


def execute_calibration(tx: Transaction) -> None:
    calibration = tx.load("calibration", "Calibration")
    proposal = _executable(tx, CALIBRATION)
    tx.need(calibration.entries[proposal.index] == proposal.old_value, "StaleProposal")
    calibration.entries[proposal.index] = proposal.value


def execute_model(tx: Transaction) -> None:
    model = tx.load("model", "Model")
    proposal = _executable(tx, MODEL)
    tx.need(proposal.target == tx.key("model"), "NotProposedModel")
    tx.need(model.approved != (proposal.value == 1), "StaleProposal")
    model.approved = proposal.value == 1


def execute_treasury(tx: Transaction) -> None:
    config = config_of(tx)
    recipient = tx.holding("recipient")
    proposal = _executable(tx, TREASURY)
    tx.must(tx.key("treasury") == config.treasury, "NotTreasury")
    tx.need(proposal.target == tx.key("recipient"), "NotRecipient")
    tx.need(recipient.mint == config.mint, "RecipientNotMai")
    tx.need(tx.key("recipient") != config.treasury, "PaysItself")
    tx.need(tx.key("recipient") != config.vault, "PaysVault")
    share = Fraction(config.parameters[P.TREASURY_SPEND_BPS], 10_000)
    tx.need(proposal.value <= share * tx.balance(config.treasury), "SpendsTooMuch")
    tx.transfer(config.treasury, tx.key("recipient"), proposal.value)


def execute_collection(tx: Transaction) -> None:
    nfts = tx.load("nfts", "NftRegistry")
    proposal = _executable(tx, COLLECTION)
    tx.need(nfts.collections[proposal.index] == proposal.old_target, "StaleProposal")
    check_collection(tx, nfts, proposal.index, proposal.target)
    nfts.collections[proposal.index] = proposal.target
