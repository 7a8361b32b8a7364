"""The DAO: who proposes and votes, when, what carries a proposal, and that each effect is exactly the one proposed."""

from __future__ import annotations

from typing import Any

import pytest
from mai.program import calibration, config, governance, parameters, staking
from program.chain import START, Refused, refused
from program.dao import (
    CALIBRATE,
    CALIBRATION,
    COLLECTION,
    CONFIG,
    DAY,
    EXECUTIONS,
    GOVERNANCE,
    MODEL,
    MONTH,
    NFTS,
    NOBODY,
    PARAMETER,
    TREASURY,
    UNIT,
    Dao,
    advanced,
    stake_address,
    vote_address,
)
from solders.keypair import Keypair
from solders.pubkey import Pubkey

LIMIT = 60_000
BASIC, STANDARD, ADVANCED = staking.BASIC_STAKE, staking.STANDARD_STAKE, staking.ADVANCED_STAKE
TIMEOUT, NEWCOMERS, TARGET = parameters.TIMEOUT_S, parameters.NEWCOMER_TASKS, parameters.COMPLETION_TARGET_BPS
LOW, MEDIUM, HIGH = {"index": TIMEOUT, "value": 90}, {"index": NEWCOMERS, "value": 20}, {"index": 1, "value": 40_000}
SAMPLING = parameters.CLASS_PARAMETERS + parameters.SAMPLING_BPS
SLASH = parameters.CLASS_PARAMETERS + parameters.SLASH
LIMITED = parameters.CLASS_PARAMETERS + parameters.REWARD_LIMIT
CALIBRATION_FIELD = 3 * calibration.CALIBRATION_FIELDS + calibration.CAP_GPU_MHS


@pytest.fixture
def dao() -> Dao:
    return Dao()


@pytest.fixture
def whale(dao: Dao) -> Keypair:
    return advanced(dao)


def times(dao: Dao, proposal: Pubkey) -> tuple[int, int, int, int]:
    fields = dao.chain.read("Proposal", proposal)
    return tuple(fields[name] for name in ("voting_ends_ts", "denials_end_ts", "executable_ts", "expires_ts"))  # type: ignore[return-value]


# Proposing


@pytest.mark.parametrize(
    ("change", "risk", "days"), [(LOW, 0, (3, 4, 5, 19)), (MEDIUM, 1, (5, 7, 10, 24)), (HIGH, 2, (7, 10, 17, 31))]
)
def test_a_proposal_records_change_and_times(
    dao: Dao, whale: Keypair, change: dict[str, int], risk: int, days: tuple[int, ...]
) -> None:
    before = dao.parameter(change["index"])
    event = dao.propose(whale, **change).events["ProposalMade"]
    proposal = dao.proposal(0)
    fields = dao.chain.read("Proposal", proposal)
    expected = {"id": 0, "proposer": whale.pubkey(), "kind": PARAMETER, "risk": risk, **change, "old_value": before}
    expected |= {"staked": ADVANCED, "target": NOBODY, "old_target": NOBODY}
    assert {name: fields[name] for name in expected} == expected
    assert times(dao, proposal) == tuple(START + day * DAY for day in days)
    assert (fields["status"], fields["approved"], fields["denied"]) == (governance.PROPOSAL_ACTIVE, 0, 0)
    assert fields["created_ts"] == START
    assert event == {"proposal": proposal, **{name: fields[name] for name in event if name != "proposal"}}
    assert dao.chain.read("Governance", GOVERNANCE)["proposals"] == 1


@pytest.mark.parametrize(
    ("kind", "changes", "risk"),
    [
        (CALIBRATE, {"index": CALIBRATION_FIELD, "value": 300}, 1),
        (MODEL, {"target": Pubkey.new_unique(), "value": 1}, 2),
        (MODEL, {"target": Pubkey.new_unique(), "value": 0}, 1),
        (TREASURY, {"target": Pubkey.new_unique(), "value": 1}, 2),
        (COLLECTION, {"index": 1, "target": Pubkey.new_unique()}, 2),
    ],
)
def test_every_kind_has_its_risk(dao: Dao, whale: Keypair, kind: int, changes: dict[str, Any], risk: int) -> None:
    assert dao.propose(whale, kind, **changes).events["ProposalMade"]["risk"] == risk


@pytest.mark.parametrize("index", range(32))
def test_every_parameter_has_the_risk_of_the_table(dao: Dao, whale: Keypair, index: int) -> None:
    make_deterring(dao, index)
    event = dao.propose(whale, index=index, value=parameters.highest_parameter(index)).events["ProposalMade"]
    assert event["risk"] == parameters.parameter_risk(index)


@pytest.mark.parametrize(
    ("change", "least", "name"),
    [
        (LOW, STANDARD, "CannotPropose"),
        (MEDIUM, STANDARD, "CannotPropose"),
        (HIGH, ADVANCED, "CannotProposeHighRisk"),
    ],
)
def test_proposing_needs_a_stake_by_risk(dao: Dao, change: dict[str, int], least: int, name: str) -> None:
    with refused(name):
        dao.propose(dao.put_stake(least - 1), **change)
    with refused(name):
        dao.propose(dao.put_stake(least - 1, pending=1, pending_ts=START - 14 * DAY + 1), **change)
    dao.propose(dao.put_stake(least - 1, pending=1, pending_ts=START - 14 * DAY), **change)
    dao.propose(dao.put_stake(least), **change)


def test_proposals_are_numbered_and_come_from_the_owner(dao: Dao, whale: Keypair) -> None:
    for number in (1, 7):
        with refused("WrongProposalId"):
            dao.propose(whale, id=number, **LOW)
    with refused("NotProposersStake"):
        dao.propose(dao.chain.person(), stake=stake_address(whale.pubkey()), **LOW)
    dao.propose(whale, **LOW)
    with refused("AccountInUse"):
        dao.propose(whale, id=0, **LOW)
    dao.propose(whale, id=1, **LOW)


def test_nothing_is_proposed_before_mining_is_open(dao: Dao, whale: Keypair) -> None:
    dao.chain.write("Config", CONFIG, phase=config.PHASE_HANDED_OVER)
    with refused("MiningNotOpen"):
        dao.propose(whale, **LOW)
    dao.chain.write("Config", CONFIG, phase=config.PHASE_OPEN)
    dao.propose(whale, **LOW)


@pytest.mark.parametrize(
    ("kind", "changes", "name"),
    [
        (5, {"value": 1}, "UnknownKind"),
        (255, {"value": 1}, "UnknownKind"),
        (PARAMETER, {"index": 32, "value": 1}, "UnknownParameter"),
        (PARAMETER, {"index": 256 + TIMEOUT, "value": 90}, "UnknownParameter"),
        (PARAMETER, {"index": 2**32 - 1, "value": 1}, "UnknownParameter"),
        (PARAMETER, {"index": TIMEOUT, "value": 60}, "NothingChanges"),
        (PARAMETER, {**LOW, "target": Pubkey.new_unique()}, "TargetNotUsed"),
        (CALIBRATE, {"index": 42, "value": 1}, "UnknownCalibration"),
        (CALIBRATE, {"index": CALIBRATION_FIELD, "value": 200}, "NothingChanges"),
        (CALIBRATE, {"index": CALIBRATION_FIELD, "value": 300, "target": NFTS}, "TargetNotUsed"),
        (MODEL, {"target": Pubkey.new_unique(), "value": 2}, "NotYesOrNo"),
        (MODEL, {"target": Pubkey.new_unique(), "value": 1, "index": 1}, "IndexNotUsed"),
        (TREASURY, {"target": Pubkey.new_unique(), "value": 0}, "NothingChanges"),
        (TREASURY, {"target": Pubkey.new_unique(), "value": 1, "index": 1}, "IndexNotUsed"),
        (COLLECTION, {"index": 0, "target": Pubkey.new_unique()}, "UnknownTier"),
        (COLLECTION, {"index": 6, "target": Pubkey.new_unique()}, "UnknownTier"),
        (COLLECTION, {"index": 2**32 - 1, "target": Pubkey.new_unique()}, "UnknownTier"),
        (COLLECTION, {"index": 1, "target": Pubkey.new_unique(), "value": 1}, "ValueNotUsed"),
    ],
)
def test_effects_without_one_clear_reading_are_refused(
    dao: Dao, whale: Keypair, kind: int, changes: dict[str, Any], name: str
) -> None:
    with refused(name):
        dao.propose(whale, kind, **changes)
    dao.propose(whale, **LOW)


def test_a_collection_has_one_tier(dao: Dao, whale: Keypair) -> None:
    with refused("NothingChanges"):
        dao.propose(whale, COLLECTION, index=2, target=dao.collections[2])
    with refused("CollectionTaken"):
        dao.propose(whale, COLLECTION, index=2, target=dao.collections[3])
    dao.propose(whale, COLLECTION, index=2, target=Pubkey.new_unique())


# The bounds of every number


def make_deterring(dao: Dao, index: int) -> None:
    """Parameters with which every value of one of them deters, and it is neither of its bounds."""
    values = [parameters.default_parameter(at) for at in range(32)]
    for task_class in range(parameters.TASK_CLASSES):
        at = parameters.CLASS_PARAMETERS + 3 * task_class
        values[at + parameters.SAMPLING_BPS] = 10_000
        values[at + parameters.SLASH] = parameters.highest_parameter(at + parameters.SLASH)
        values[at + parameters.REWARD_LIMIT] = parameters.lowest_parameter(at + parameters.REWARD_LIMIT)
    values[parameters.SAVING_BPS] = parameters.lowest_parameter(parameters.SAVING_BPS)
    values[index] = parameters.lowest_parameter(index) + 1
    dao.chain.write("Config", CONFIG, parameters=values)


def bounds(index: int) -> tuple[list[int], list[tuple[int, str]]]:
    lowest, highest = parameters.lowest_parameter(index), parameters.highest_parameter(index)
    outside = [(highest + 1, "ParameterTooHigh"), (2**64 - 1, "ParameterTooHigh")]
    if lowest:
        outside += [(lowest - 1, "ParameterTooLow"), (0, "ParameterTooLow")]
    return [lowest, highest], outside


@pytest.mark.parametrize("index", range(32))
def test_every_parameter_has_bounds_when_proposed_and_when_executed(dao: Dao, whale: Keypair, index: int) -> None:
    make_deterring(dao, index)
    inside, outside = bounds(index)
    for value, name in outside:
        with refused(name):
            dao.propose(whale, index=index, value=value)
    for value in inside:
        proposal = dao.approved([whale], whale, index=index, value=value)
        for wrong, name in outside:
            dao.chain.write("Proposal", proposal, value=wrong)
            with refused(name):
                dao.execute(proposal)
        dao.chain.write("Proposal", proposal, value=value)
        dao.execute(proposal)
        assert dao.parameter(index) == value


@pytest.mark.parametrize("entry", range(42))
def test_every_calibration_entry_has_bounds_when_proposed_and_when_executed(
    dao: Dao, whale: Keypair, entry: int
) -> None:
    default = calibration.default_calibration(entry)
    outside = [(10 * default + 1, "CalibrationTooHigh"), (2**64 - 1, "CalibrationTooHigh")]
    if default // 10:
        outside.append((default // 10 - 1, "CalibrationTooLow"))
    for value, name in outside:
        with refused(name):
            dao.propose(whale, CALIBRATE, index=entry, value=value)
    for value in {default // 10, 10 * default} - {default}:
        proposal = dao.approved([whale], whale, CALIBRATE, index=entry, value=value)
        for wrong, name in outside:
            dao.chain.write("Proposal", proposal, value=wrong)
            with refused(name):
                dao.execute(proposal, CALIBRATE)
        dao.chain.write("Proposal", proposal, value=value)
        dao.execute(proposal, CALIBRATE)
        assert dao.chain.read("Calibration", CALIBRATION)["entries"][entry] == value


# Cheating must not pay


@pytest.mark.parametrize("task_class", range(3))
def test_deterrence_holds_to_the_unit_when_proposed(dao: Dao, whale: Keypair, task_class: int) -> None:
    at = parameters.CLASS_PARAMETERS + 3 * task_class
    sampling, limit = dao.parameter(at + parameters.SAMPLING_BPS), dao.parameter(at + parameters.REWARD_LIMIT)
    saving = 9_000
    dao.chain.write("Config", CONFIG, parameters=_with(dao, {parameters.SAVING_BPS: saving, at + 1: 10**16}))
    # p (S + R) >= C R: the least slash, rounded up, and never below its bound.
    least = max(-(-saving * limit // sampling) - limit, parameters.lowest_parameter(at + parameters.SLASH))
    if least > parameters.lowest_parameter(at + parameters.SLASH):
        with refused("CheatingWouldPay"):
            dao.propose(whale, index=at + parameters.SLASH, value=least - 1)
    else:
        with refused("ParameterTooLow"):
            dao.propose(whale, index=at + parameters.SLASH, value=least - 1)
    for other in range(3):  # the other classes deter all the same
        if other != task_class:
            changed = {parameters.CLASS_PARAMETERS + 3 * other + 1: 10**16}
            dao.chain.write("Config", CONFIG, parameters=_with(dao, changed))
    dao.propose(whale, index=at + parameters.SLASH, value=least)


def _with(dao: Dao, changes: dict[int, int]) -> list[int]:
    values = list(dao.chain.read("Config", CONFIG)["parameters"])
    for index, value in changes.items():
        values[index] = value
    return values


def test_deterrence_holds_again_when_executed(dao: Dao, whale: Keypair) -> None:
    # Routine work, where all the reward's compute can be saved: 500 (S + R) >= 10,000 R. Each alone deters.
    assert [dao.parameter(index) for index in (SAMPLING, SLASH, LIMITED, parameters.SAVING_BPS)] == [
        500, 25_000 * UNIT, 1_000 * UNIT, 10_000,
    ]  # fmt: skip
    less_slash = dao.proposed(whale, index=SLASH, value=19_000 * UNIT)
    more_reward = dao.proposed(whale, index=LIMITED, value=1_200 * UNIT)
    for proposal in (less_slash, more_reward):
        dao.vote(whale, proposal)
    dao.at(times(dao, more_reward)[2])
    dao.execute(less_slash)
    with refused("CheatingWouldPay"):
        dao.execute(more_reward)
    assert dao.parameter(LIMITED) == 1_000 * UNIT
    # Put right in time, it can still be executed.
    dao.chain.write("Config", CONFIG, parameters=_with(dao, {SLASH: 25_000 * UNIT}))
    dao.execute(more_reward)
    assert dao.parameter(LIMITED) == 1_200 * UNIT


# Voting


def test_votes_are_counted_by_weight(dao: Dao, whale: Keypair) -> None:
    small = dao.put_stake(BASIC, pending=7, pending_ts=START - 14 * DAY)
    proposal = dao.proposed(whale, **LOW)
    event = dao.vote(whale, proposal).events["VoteCast"]
    named = {"proposal": proposal, "stake": stake_address(whale.pubkey()), "weight": ADVANCED, "approves": True}
    assert event == {**named, "turned": False, "approved": ADVANCED, "denied": 0}
    assert dao.vote(small, proposal, approves=False).events["VoteCast"]["denied"] == BASIC + 7
    fields = dao.chain.read("Proposal", proposal)
    assert (fields["approved"], fields["denied"]) == (ADVANCED, BASIC + 7)
    ballot = dao.chain.read("Vote", vote_address(proposal, small.pubkey()))
    assert (ballot["proposal"], ballot["stake"]) == (proposal, stake_address(small.pubkey()))
    assert (ballot["weight"], ballot["approves"]) == (BASIC + 7, False)


def test_a_stake_votes_once_and_for_its_owner_only(dao: Dao, whale: Keypair) -> None:
    thief = dao.put_stake(BASIC)
    proposal, other = dao.proposed(whale, **LOW), dao.proposed(whale, **MEDIUM)
    with refused("NotVotersStake"):
        dao.vote(thief, proposal, stake=stake_address(whale.pubkey()), vote=vote_address(proposal, whale.pubkey()))
    with refused("ConstraintSeeds"):
        dao.vote(thief, proposal, vote=vote_address(other, thief.pubkey()))
    dao.vote(whale, proposal)
    for approves in (True, False):
        with refused("AccountInUse"):
            dao.vote(whale, proposal, approves)
    dao.vote(whale, other)


def test_voting_needs_a_basic_stake(dao: Dao, whale: Keypair) -> None:
    proposal = dao.proposed(whale, **LOW)
    with refused("CannotVote"):
        dao.vote(dao.put_stake(BASIC - 1), proposal)
    # Stake of a verifier, leaving stake and stake under an accusation have no say.
    with refused("CannotVote"):
        dao.vote(dao.put_stake(BASIC - 1, verifier=BASIC, unstaking=BASIC, escrowed=BASIC), proposal)
    assert dao.vote(dao.put_stake(BASIC), proposal).events["VoteCast"]["weight"] == BASIC


def test_flash_stake_has_no_weight(dao: Dao, whale: Keypair) -> None:
    proposal = dao.proposed(whale, **HIGH)
    flash = dao.put_stake(0, pending=100 * ADVANCED, pending_ts=START)  # in the same second as the proposal
    with refused("CannotVote"):
        dao.vote(flash, proposal)
    dao.at(times(dao, proposal)[1] - 1)  # nor does it ripen while anybody can vote
    with refused("CannotVote"):
        dao.vote(flash, proposal, approves=False)
    mixed = dao.put_stake(BASIC, pending=ADVANCED, pending_ts=START)
    assert dao.vote(mixed, proposal, approves=False).events["VoteCast"]["weight"] == BASIC


def test_stake_counts_from_its_fourteenth_day_on(dao: Dao, whale: Keypair) -> None:
    proposal = dao.proposed(whale, **LOW)
    holder = dao.put_stake(0, pending=BASIC, pending_ts=START - 13 * DAY)
    dao.at(START + DAY - 1)
    with refused("CannotVote"):
        dao.vote(holder, proposal)
    dao.at(START + DAY)
    dao.vote(holder, proposal)


def test_approvals_end_before_denials(dao: Dao, whale: Keypair) -> None:
    first, second, third = (dao.put_stake(BASIC) for _ in range(3))
    proposal = dao.proposed(whale, **LOW)
    voting_ends, denials_end, _, _ = times(dao, proposal)
    dao.at(voting_ends - 1)
    dao.vote(first, proposal)
    dao.at(voting_ends)
    with refused("OnlyDenials"):
        dao.vote(second, proposal)
    dao.vote(second, proposal, approves=False)
    dao.at(denials_end - 1)
    with refused("OnlyDenials"):
        dao.vote(third, proposal)
    dao.at(denials_end)
    for approves in (True, False):
        with refused("VotingOver"):
            dao.vote(third, proposal, approves)
    dao.at(denials_end - 1)
    dao.vote(third, proposal, approves=False)


def test_an_approval_can_be_turned_until_denials_end(dao: Dao, whale: Keypair) -> None:
    voter = dao.put_stake(BASIC)
    proposal = dao.proposed(whale, **LOW)
    dao.vote(whale, proposal)
    dao.vote(voter, proposal)
    denials_end = times(dao, proposal)[1]
    dao.at(denials_end)
    with refused("DenialsOver"):
        dao.deny(voter, proposal)
    dao.at(denials_end - 1)
    event = dao.deny(voter, proposal).events["VoteCast"]
    assert (event["turned"], event["approves"], event["weight"]) == (True, False, BASIC)
    fields = dao.chain.read("Proposal", proposal)
    assert (fields["approved"], fields["denied"]) == (ADVANCED, BASIC) == (event["approved"], event["denied"])
    assert dao.chain.read("Vote", vote_address(proposal, voter.pubkey()))["approves"] is False
    with refused("AlreadyDenied"):
        dao.deny(voter, proposal)


def test_only_ones_own_approval_of_this_proposal_is_turned(dao: Dao, whale: Keypair) -> None:
    voter = dao.put_stake(BASIC)
    proposal, other = dao.proposed(whale, **LOW), dao.proposed(whale, **LOW)
    for who in (whale, voter):
        dao.vote(who, proposal)
    dao.vote(voter, other)
    with refused("NotVotersStake"):
        dao.deny(voter, proposal, stake=stake_address(whale.pubkey()), vote=vote_address(proposal, whale.pubkey()))
    with refused("VoteOfAnother"):
        dao.deny(voter, proposal, vote=vote_address(proposal, whale.pubkey()))
    with refused("VoteElsewhere"):
        dao.deny(voter, proposal, vote=vote_address(other, voter.pubkey()))
    dao.deny(voter, proposal)


def test_a_stake_that_voted_stays_until_its_last_vote_is_final(dao: Dao, whale: Keypair) -> None:
    long, short = dao.proposed(whale, **HIGH), dao.proposed(whale, **LOW)
    for proposal in (long, short):
        dao.vote(whale, proposal)
    locked = dao.chain.read("Stake", stake_address(whale.pubkey()))["locked_until_ts"]
    assert locked == times(dao, long)[1] > times(dao, short)[1]
    late = dao.put_stake(BASIC)
    dao.at(times(dao, long)[0] + 1)
    dao.vote(late, long, approves=False)
    assert dao.chain.read("Stake", stake_address(late.pubkey()))["locked_until_ts"] == times(dao, long)[1]


# Early voting


def test_voting_opens_to_everybody_after_twelve_months() -> None:
    dao = Dao(month_s=MONTH)
    whale = advanced(dao)
    dao.at(START + 12 * MONTH - DAY)
    proposal = dao.proposed(whale, **LOW)
    dao.at(START + 12 * MONTH - 1)
    with refused("VotingNotOpen"):
        dao.vote(whale, proposal)
    dao.at(START + 12 * MONTH)
    dao.vote(whale, proposal)


@pytest.mark.parametrize(("tier", "months"), [(1, 3), (2, 6), (3, 12), (4, 12), (5, 6)])
def test_voting_opens_early_to_holders_at_their_second(tier: int, months: int) -> None:
    dao = Dao(month_s=MONTH)
    whale = advanced(dao)
    nft = dao.put_nft(whale, tier)
    dao.open_link(nft)
    opening = START + (12 - months) * MONTH
    dao.at(max(START, opening - DAY))
    proposal = dao.proposed(whale, **LOW)
    if months < 12:
        dao.at(opening - 1)
        with refused("EarlyVotingNotOpen"):
            dao.vote_early(whale, proposal, nft)
    dao.at(opening)
    with refused("VotingNotOpen"):
        dao.vote(whale, proposal)
    assert dao.vote_early(whale, proposal, nft).events["VoteCast"]["approved"] == ADVANCED
    assert dao.chain.read("NftLink", nft.link)["voter"] == stake_address(whale.pubkey())
    locked = dao.chain.read("Stake", stake_address(whale.pubkey()))["locked_until_ts"]
    assert locked == times(dao, proposal)[1]
    with refused("AccountInUse"):
        dao.vote_early(whale, proposal, nft)


def test_without_months_everybody_votes_at_once(dao: Dao, whale: Keypair) -> None:
    dao.vote(whale, dao.proposed(whale, **LOW))
    nft = dao.put_nft(whale, 1)
    dao.open_link(nft)
    dao.vote_early(whale, dao.proposed(whale, **LOW), nft)


def test_early_votes_need_the_nft_in_hand() -> None:
    dao = Dao(month_s=MONTH)
    whale, other = advanced(dao), dao.put_stake(BASIC)
    nft, second = dao.put_nft(whale), dao.put_nft(whale)
    for each in (nft, second):
        dao.open_link(each)
    proposal = dao.proposed(whale, **LOW)
    with refused("NotNftHolder"):
        dao.vote_early(other, proposal, nft)
    with refused("WrongNft"):
        dao.vote_early(whale, proposal, nft, nft_account=second.account)
    with refused("NotVotersStake"):
        dao.vote_early(
            other, proposal, nft, stake=stake_address(whale.pubkey()), vote=vote_address(proposal, whale.pubkey())
        )
    sold = dao.sell(second, other)
    with refused("NftNotHeld"):
        dao.vote_early(whale, proposal, second)
    dao.chain.write("NftRegistry", NFTS, collections=[NOBODY] * 6)
    with refused("NotWarrior"):
        dao.vote_early(whale, proposal, nft)
    dao.chain.write("NftRegistry", NFTS, collections=dao.collections)
    dao.vote_early(whale, proposal, nft)
    dao.vote_early(other, proposal, sold)


def test_an_nft_is_not_passed_from_voter_to_voter() -> None:
    dao = Dao(month_s=MONTH)
    whale, other = advanced(dao), dao.put_stake(BASIC)
    nft = dao.put_nft(whale)
    dao.open_link(nft)
    proposal, next_one = dao.proposed(whale, **HIGH), dao.proposed(whale, **HIGH)
    dao.vote_early(whale, proposal, nft)
    dao.vote_early(whale, next_one, nft)  # the same stake may use it for all
    sold = dao.sell(nft, other)
    with refused("NftVotesForAnother"):
        dao.vote_early(other, proposal, sold)
    dao.at(START + 7 * DAY)
    dao.vote_early(other, proposal, sold, approves=False)


# What carries a proposal


RISKS = [(LOW, 1_000, 5_000), (MEDIUM, 2_000, 6_000), (HIGH, 3_300, 6_667)]


@pytest.mark.parametrize(("change", "quorum", "majority"), RISKS)
def test_a_quorum_is_reached_to_the_unit(dao: Dao, change: dict[str, int], quorum: int, majority: int) -> None:
    weight = 330 * ADVANCED
    voter = dao.put_stake(weight)
    for staked, enough in ((weight * 10_000 // quorum + 1, False), (weight * 10_000 // quorum, True)):
        dao.chain.write("Governance", GOVERNANCE, staked=staked)
        proposal = dao.approved([voter], voter, **change)
        if enough:
            dao.execute(proposal)
        else:
            with refused("QuorumMissed"):
                dao.execute(proposal)


def test_denials_count_towards_the_quorum(dao: Dao) -> None:
    yes, no = dao.put_stake(STANDARD), dao.put_stake(STANDARD - 1)
    proposal = dao.proposed(yes, **LOW)
    dao.chain.write("Proposal", proposal, staked=10 * (2 * STANDARD - 1))
    dao.vote(yes, proposal)
    dao.at(times(dao, proposal)[2])
    with refused("QuorumMissed"):
        dao.execute(proposal)
    dao.at(START)
    dao.vote(no, proposal, approves=False)
    dao.at(times(dao, proposal)[2])
    dao.execute(proposal)


@pytest.mark.parametrize(("change", "quorum", "majority"), RISKS)
def test_a_majority_must_be_exceeded(dao: Dao, change: dict[str, int], quorum: int, majority: int) -> None:
    share = 2_000 * UNIT
    for more, enough in ((0, False), (1, True)):
        yes = dao.put_stake(majority * share + more)
        no = dao.put_stake((10_000 - majority) * share)
        dao.at(START)
        proposal = dao.proposed(yes, **change)
        dao.chain.write("Proposal", proposal, staked=10_000 * share)
        dao.vote(yes, proposal)
        dao.vote(no, proposal, approves=False)
        dao.at(times(dao, proposal)[2])
        if enough:
            dao.execute(proposal)
        else:
            with refused("NotApproved"):
                dao.execute(proposal)


def test_a_denial_at_the_last_second_decides(dao: Dao, whale: Keypair) -> None:
    waverer = dao.put_stake(ADVANCED)
    proposal, other = dao.proposed(whale, **LOW), dao.proposed(whale, **LOW)
    for voted in (proposal, other):
        dao.vote(waverer, voted)
        dao.vote(whale, voted)
    dao.at(times(dao, proposal)[1] - 1)
    dao.deny(waverer, proposal)
    dao.at(times(dao, proposal)[2])
    with refused("NotApproved"):
        dao.execute(proposal)
    dao.execute(other)


def test_a_proposal_without_votes_is_never_executed(dao: Dao, whale: Keypair) -> None:
    proposal = dao.proposed(whale, **LOW)
    dao.at(times(dao, proposal)[2])
    with refused("QuorumMissed"):
        dao.execute(proposal)
    dao.chain.write("Proposal", proposal, staked=0)
    with refused("NotApproved"):
        dao.execute(proposal)


# Execution


@pytest.mark.parametrize("change", [LOW, MEDIUM, HIGH])
def test_execution_waits_for_the_delay_and_then_expires(dao: Dao, whale: Keypair, change: dict[str, int]) -> None:
    proposal = dao.approved([whale], whale, **change)
    _, denials_end, executable, expires = times(dao, proposal)
    for early in (denials_end, executable - 1):
        dao.at(early)
        with refused("NotYetExecutable"):
            dao.execute(proposal)
    for late in (expires, expires + 1_000 * DAY):
        dao.at(late)
        with refused("ProposalExpired"):
            dao.execute(proposal)
    dao.at(expires - 1)
    event = dao.execute(proposal).events["ProposalExecuted"]
    assert dao.parameter(change["index"]) == change["value"]
    fields = dao.chain.read("Proposal", proposal)
    assert fields["status"] == governance.PROPOSAL_EXECUTED
    named = {"proposal": proposal, "caller": dao.stranger.pubkey()}
    assert event == {**named, **{name: fields[name] for name in event if name not in named}}


def test_a_proposal_is_executed_once(dao: Dao, whale: Keypair) -> None:
    proposal = dao.approved([whale], whale, **LOW)
    dao.execute(proposal)
    dao.chain.write("Config", CONFIG, parameters=_with(dao, {TIMEOUT: 60}))
    with refused("AlreadyExecuted"):
        dao.execute(proposal)
    assert dao.parameter(TIMEOUT) == 60


def test_a_kind_is_executed_by_its_own_instruction_alone(dao: Dao, whale: Keypair) -> None:
    model = dao.put_model(approved=False)
    recipient = dao.chain.put_token_account(dao.mint, whale.pubkey())
    proposal = dao.approved([whale], whale, **LOW)
    for kind in EXECUTIONS:
        if kind != PARAMETER:
            with refused("WrongKind"):
                dao.execute(proposal, kind, model=model, recipient=recipient)
    dao.execute(proposal)
    payment = dao.approved([whale], whale, TREASURY, target=recipient, value=1)
    with refused("WrongKind"):
        dao.execute(payment)
    dao.execute(payment, TREASURY)


def test_what_changed_meanwhile_is_not_changed_again(dao: Dao, whale: Keypair) -> None:
    model = dao.put_model(approved=False)
    fresh = Pubkey.new_unique()
    for kind, first, second in (
        (PARAMETER, {"index": TIMEOUT, "value": 90}, {"index": TIMEOUT, "value": 120}),
        (CALIBRATE, {"index": 18, "value": 300}, {"index": 18, "value": 400}),
        (MODEL, {"target": model, "value": 1}, {"target": model, "value": 1}),
        (COLLECTION, {"index": 1, "target": fresh}, {"index": 1, "target": Pubkey.new_unique()}),
    ):
        dao.at(START)
        stale = dao.proposed(whale, kind, **second)
        dao.vote(whale, stale)
        dao.execute(dao.approved([whale], whale, kind, **first), kind)
        with refused("StaleProposal"):
            dao.execute(stale, kind)
    assert dao.parameter(TIMEOUT) == 90
    assert dao.chain.read("NftRegistry", NFTS)["collections"][1] == fresh


def test_a_model_is_admitted_and_withdrawn(dao: Dao, whale: Keypair) -> None:
    model, other = dao.put_model(approved=False), dao.put_model(approved=False)
    for value, approved in ((1, True), (0, False)):
        proposal = dao.approved([whale], whale, MODEL, target=model, value=value)
        with refused("NotProposedModel"):
            dao.execute(proposal, MODEL, model=other)
        with refused("AccountDiscriminatorMismatch"):
            dao.execute(proposal, MODEL, model=CONFIG)
        dao.execute(proposal, MODEL)
        fields = dao.chain.read("Model", model)
        assert (fields["approved"], fields["segments"]) == (approved, 3)
    assert dao.chain.read("Model", other)["approved"] is False


def test_a_calibration_entry_changes_alone(dao: Dao, whale: Keypair) -> None:
    before = dao.chain.read("Calibration", CALIBRATION)["entries"]
    dao.execute(dao.approved([whale], whale, CALIBRATE, index=CALIBRATION_FIELD, value=300), CALIBRATE)
    after = dao.chain.read("Calibration", CALIBRATION)["entries"]
    assert [at for at in range(42) if before[at] != after[at]] == [CALIBRATION_FIELD]
    assert after[CALIBRATION_FIELD] == 300


def test_a_parameter_changes_alone(dao: Dao, whale: Keypair) -> None:
    before = dao.chain.read("Config", CONFIG)
    dao.execute(dao.approved([whale], whale, **HIGH))
    after = dao.chain.read("Config", CONFIG)
    assert [at for at in range(32) if before["parameters"][at] != after["parameters"][at]] == [HIGH["index"]]
    assert {name: value for name, value in before.items() if after[name] != value}.keys() == {"parameters"}


def test_a_collection_is_replaced_and_closed(dao: Dao, whale: Keypair) -> None:
    fresh = Pubkey.new_unique()
    for tier, target in ((2, fresh), (3, NOBODY), (4, NOBODY)):  # two tiers can be closed at a time
        event = dao.propose(whale, COLLECTION, index=tier, target=target).events["ProposalMade"]
        assert event["old_target"] == dao.collections[tier]
        proposal = event["proposal"]
        dao.vote(whale, proposal)
        dao.at(times(dao, proposal)[2])
        dao.execute(proposal, COLLECTION)
    expected = [NOBODY, dao.collections[1], fresh, NOBODY, NOBODY, dao.collections[5]]
    assert dao.chain.read("NftRegistry", NFTS)["collections"] == expected


def test_a_collection_that_meanwhile_has_another_tier_is_refused(dao: Dao, whale: Keypair) -> None:
    fresh = Pubkey.new_unique()
    second = dao.proposed(whale, COLLECTION, index=2, target=fresh)
    dao.vote(whale, second)
    dao.execute(dao.approved([whale], whale, COLLECTION, index=1, target=fresh), COLLECTION)
    with refused("CollectionTaken"):
        dao.execute(second, COLLECTION)
    dao.chain.write("NftRegistry", NFTS, collections=dao.collections)
    dao.execute(second, COLLECTION)


def test_the_treasury_pays_at_most_its_share_to_the_unit(dao: Dao, whale: Keypair) -> None:
    recipient = dao.chain.put_token_account(dao.mint, whale.pubkey())
    tenth = dao.chain.balance(dao.treasury) // 10
    too_much = dao.proposed(whale, TREASURY, target=recipient, value=tenth + 1)
    dao.vote(whale, too_much)
    most = dao.approved([whale], whale, TREASURY, target=recipient, value=tenth)
    with refused("SpendsTooMuch"):
        dao.execute(too_much, TREASURY)
    dao.execute(most, TREASURY)
    assert (dao.chain.balance(recipient), dao.chain.balance(dao.treasury)) == (tenth, 9 * tenth)


def test_the_treasurys_share_is_that_of_the_execution(dao: Dao, whale: Keypair) -> None:
    recipient = dao.chain.put_token_account(dao.mint, whale.pubkey())
    tenth = dao.chain.balance(dao.treasury) // 10
    first = dao.proposed(whale, TREASURY, target=recipient, value=tenth)
    dao.vote(whale, first)
    second = dao.approved([whale], whale, TREASURY, target=recipient, value=tenth)
    dao.execute(first, TREASURY)
    with refused("SpendsTooMuch"):
        dao.execute(second, TREASURY)
    dao.chain.write("Config", CONFIG, parameters=_with(dao, {parameters.TREASURY_SPEND_BPS: 0}))
    with refused("SpendsTooMuch"):
        dao.execute(second, TREASURY)
    dao.chain.write("Config", CONFIG, parameters=_with(dao, {parameters.TREASURY_SPEND_BPS: 2_000}))
    dao.execute(second, TREASURY)


def test_payments_go_from_the_treasury_to_the_recipient_alone(dao: Dao, whale: Keypair) -> None:
    put = dao.chain.put_token_account
    recipient, other = put(dao.mint, whale.pubkey()), put(dao.mint, whale.pubkey())
    dao.chain.put(dao.vault, bytes(dao.chain.svm.get_account(dao.treasury).data), _token_program(dao))
    proposal = dao.approved([whale], whale, TREASURY, target=recipient, value=UNIT)
    with refused("NotTreasury"):
        dao.execute(proposal, TREASURY, treasury=dao.vault)
    with refused("NotRecipient"):
        dao.execute(proposal, TREASURY, recipient=other)
    for target, name in (
        (dao.treasury, "PaysItself"),
        (dao.vault, "PaysVault"),
        (put(Pubkey.new_unique(), whale.pubkey()), "RecipientNotMai"),
    ):
        dao.chain.write("Proposal", proposal, target=target)
        with refused(name):
            dao.execute(proposal, TREASURY)
    dao.chain.write("Proposal", proposal, target=recipient)
    dao.execute(proposal, TREASURY)
    assert (dao.chain.balance(recipient), dao.chain.balance(other)) == (UNIT, 0)


def _token_program(dao: Dao) -> Pubkey:
    return Pubkey.from_bytes(bytes(dao.chain.svm.get_account(dao.treasury).owner))


# Nobody else's say


def test_no_instruction_cancels_vetoes_or_hurries(dao: Dao) -> None:
    known = {"propose", "vote", "vote_early", "deny", *EXECUTIONS.values()}
    assert {name for name in dao.chain.instructions() if "proposal" in dao.chain.parameters(name)} == known
    words = ("cancel_proposal", "veto", "pause", "emergency", "override")
    assert not [name for name in dao.chain.instructions() if any(word in name for word in words)]


def test_neither_proposer_nor_authority_stops_an_approved_proposal(dao: Dao, whale: Keypair) -> None:
    voter = dao.put_stake(10 * ADVANCED)
    dao.chain.write("Config", CONFIG, authority=whale.pubkey())
    proposal = dao.proposed(whale, **LOW)
    dao.vote(voter, proposal)
    with pytest.raises(Refused):
        dao.deny(whale, proposal)  # has no vote to turn, nor another's
    with refused("VoteOfAnother"):
        dao.deny(whale, proposal, vote=vote_address(proposal, voter.pubkey()))
    dao.vote(whale, proposal, approves=False)
    dao.at(times(dao, proposal)[2])
    dao.execute(proposal)
    assert dao.parameter(TIMEOUT) == 90


def test_voting_does_not_lock_the_configuration(dao: Dao, whale: Keypair) -> None:
    proposal = dao.proposed(whale, **LOW)
    keys = {"owner": whale.pubkey(), "config": CONFIG, "stake": stake_address(whale.pubkey()), "proposal": proposal}
    keys["vote"] = vote_address(proposal, whale.pubkey())
    metas = {meta.pubkey: meta.is_writable for meta in dao.chain.instruction("vote", keys, {"approves": True}).accounts}
    assert (metas[CONFIG], metas[proposal]) == (False, True)


def test_compute_units_of_the_dao(dao: Dao, whale: Keypair) -> None:
    voter = dao.put_stake(BASIC)
    nft = dao.put_nft(voter)
    dao.open_link(nft)
    units: dict[str, int] = {}
    recipient, model = dao.chain.put_token_account(dao.mint, whale.pubkey()), dao.put_model(approved=False)
    for kind, change in (
        (PARAMETER, HIGH),
        (CALIBRATE, {"index": 41, "value": 1_000_000}),
        (MODEL, {"target": model, "value": 1}),
        (TREASURY, {"target": recipient, "value": UNIT}),
        (COLLECTION, {"index": 5, "target": Pubkey.new_unique()}),
    ):
        landed = dao.propose(whale, kind, **change)
        proposal = landed.events["ProposalMade"]["proposal"]
        units[f"propose {kind}"] = landed.units
        units["vote"] = max(units.get("vote", 0), dao.vote(whale, proposal).units)
        units["vote_early"] = max(units.get("vote_early", 0), dao.vote_early(voter, proposal, nft).units)
        units["deny"] = max(units.get("deny", 0), dao.deny(voter, proposal).units)
        dao.at(times(dao, proposal)[2])
        units[EXECUTIONS[kind]] = dao.execute(proposal, kind).units
    print(units)
    assert max(units.values()) <= LIMIT
