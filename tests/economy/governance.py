"""The DAO: proposals of typed effects, graded by risk, voted by stake, executed by anyone."""

from __future__ import annotations

from fractions import Fraction

from mai.program import calibration as calibration_table
from mai.program import parameters as parameter_table
from solders.pubkey import Pubkey

from economy.ledger import Record, Transaction
from economy.nfts import EARLY_VOTING, early
from economy.parameters import P, deterring
from economy.staking import DAY, tier, weight
from economy.world import config_of, number, opened, pda

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
    default = calibration_table.default_calibration(entry)
    if value < default // 10:
        return "CalibrationTooLow"
    return "CalibrationTooHigh" if value > default * 10 else None


def risk_of(kind: int, index: int, value: int) -> int:
    if kind == PARAMETER:
        return int(parameter_table.parameter_risk(index))
    if kind == MODEL:
        return 2 if value == 1 else 1
    return 1 if kind == CALIBRATION else 2


def passed(proposal: Record) -> bool:
    """Enough took part, and of those strictly more than the majority approved."""
    quorum, majority = GRADES[proposal.risk][3:5]
    cast = proposal.approved + proposal.denied
    return bool(cast >= quorum * proposal.staked and proposal.approved > majority * cast)


def proposal_address(id_: int) -> Pubkey:
    return pda(b"proposal", number(id_, 8))


def vote_address(proposal: Pubkey, stake: Pubkey) -> Pubkey:
    return pda(b"vote", bytes(proposal), bytes(stake))


def check_value(tx: Transaction, config: Record, kind: int, index: int, value: int) -> None:
    if kind == PARAMETER:
        wrong = bounded(index, value)
        tx.must(wrong is None, wrong or "")
        tx.need(deterring([*config.parameters[:index], value, *config.parameters[index + 1 :]]), "CheatingWouldPay")
    elif kind == CALIBRATION:
        wrong = calibrated(index, value)
        tx.must(wrong is None, wrong or "")


def propose(tx: Transaction) -> None:
    config, governance = opened(tx), tx.load("governance", "Governance")
    calibration, stake = tx.load("calibration", "Calibration"), tx.load("stake", "Stake")
    kind, index, value = tx["kind"], tx["index"], tx["value"]
    tx.need(stake.owner == tx.key("owner"), "NotStakeOwner")
    tx.need(tx["id"] == governance.proposals, "WrongProposalId")
    tx.must(kind <= COLLECTION, "UnknownProposal")
    check_value(tx, config, kind, index, value)
    risk = risk_of(kind, index, value)
    tx.need(tier(weight(stake, tx.now)) >= GRADES[risk][5], "StakeTooSmallToPropose")
    proposal = tx.create("proposal", "Proposal", proposal_address(tx["id"]))
    voting, denials, delay = (days * DAY for days in GRADES[risk][:3])
    proposal.id, proposal.kind, proposal.risk, proposal.status = tx["id"], kind, risk, 1
    proposal.proposer, proposal.index, proposal.target = tx.key("owner"), index, tx["target"]
    proposal.value, proposal.text, proposal.staked = value, tx["text"], governance.staked
    if kind == PARAMETER:
        proposal.old_value = config.parameters[index]
    elif kind == CALIBRATION:
        proposal.old_value = calibration.entries[index]
    proposal.created_ts = tx.now
    proposal.voting_ends_ts = tx.now + voting
    proposal.denials_end_ts = proposal.voting_ends_ts + denials
    proposal.executable_ts = proposal.denials_end_ts + delay
    proposal.expires_ts = proposal.executable_ts + EXECUTABLE_DAYS * DAY
    governance.proposals += 1


def cast(tx: Transaction, nft_tier: int) -> None:
    config, stake, proposal = opened(tx), tx.load("stake", "Stake"), tx.load("proposal", "Proposal")
    approves, amount = tx["approves"], weight(stake, tx.now)
    tx.need(stake.owner == tx.key("owner"), "NotStakeOwner")
    tx.need(early(config, tx.now, 12, nft_tier, EARLY_VOTING), "VotingNotOpen")
    tx.need(proposal.status == 1, "ProposalClosed")
    tx.need(tx.now <= proposal.denials_end_ts, "VotingOver")
    tx.need(tx.now <= proposal.voting_ends_ts or not approves, "OnlyDenials")
    tx.need(tier(amount) >= 1, "StakeTooSmallToVote")
    vote = tx.create("vote", "Vote", vote_address(tx.key("proposal"), tx.key("stake")))
    vote.proposal, vote.stake, vote.weight, vote.approves = tx.key("proposal"), tx.key("stake"), amount, approves
    if approves:
        proposal.approved += amount
    else:
        proposal.denied += amount
    stake.locked_until_ts = max(stake.locked_until_ts, proposal.denials_end_ts)


def vote(tx: Transaction) -> None:
    cast(tx, 0)


def deny(tx: Transaction) -> None:
    stake, proposal, own = tx.load("stake", "Stake"), tx.load("proposal", "Proposal"), tx.load("vote", "Vote")
    tx.need(stake.owner == tx.key("owner"), "NotStakeOwner")
    tx.need(own.proposal == tx.key("proposal") and own.stake == tx.key("stake"), "NotYourVote")
    tx.need(own.approves, "AlreadyDenied")
    tx.need(tx.now <= proposal.denials_end_ts, "VotingOver")
    own.approves = False
    proposal.approved -= own.weight
    proposal.denied += own.weight


def executable(tx: Transaction, kind: int) -> Record:
    proposal = tx.load("proposal", "Proposal")
    tx.need(proposal.kind == kind, "WrongProposalKind")
    tx.need(proposal.status == 1, "ProposalClosed")
    tx.need(tx.now >= proposal.executable_ts, "TooEarlyToExecute")
    tx.need(tx.now <= proposal.expires_ts, "ProposalExpired")
    tx.need(passed(proposal), "ProposalNotPassed")
    proposal.status = 2
    return proposal


def execute_parameter(tx: Transaction) -> None:
    config = config_of(tx)
    proposal = executable(tx, PARAMETER)
    tx.need(config.parameters[proposal.index] == proposal.old_value, "StaleProposal")
    check_value(tx, config, PARAMETER, proposal.index, proposal.value)
    config.parameters[proposal.index] = proposal.value


def execute_calibration(tx: Transaction) -> None:
    calibration = tx.load("calibration", "Calibration")
    proposal = executable(tx, CALIBRATION)
    tx.need(calibration.entries[proposal.index] == proposal.old_value, "StaleProposal")
    calibration.entries[proposal.index] = proposal.value


def execute_model(tx: Transaction) -> None:
    model = tx.load("model", "Model")
    proposal = executable(tx, MODEL)
    tx.need(proposal.target == tx.key("model"), "WrongTarget")
    model.approved = proposal.value == 1


def execute_treasury(tx: Transaction) -> None:
    config = config_of(tx)
    proposal = executable(tx, TREASURY)
    tx.must(tx.key("treasury") == config.treasury, "WrongTreasury")
    tx.need(proposal.target == tx.key("recipient"), "WrongTarget")
    share = Fraction(config.parameters[P.TREASURY_SPEND_BPS], 10_000)
    tx.need(proposal.value <= share * tx.balance(config.treasury), "TooMuchAtOnce")
    tx.transfer(config.treasury, tx.key("recipient"), proposal.value)


def execute_collection(tx: Transaction) -> None:
    nfts = tx.load("nfts", "NftRegistry")
    proposal = executable(tx, COLLECTION)
    nfts.collections[proposal.index] = proposal.target
