"""Votes in the DAO: whose stake counts, when, until when it can be turned, and the early votes of NFT holders."""

from __future__ import annotations

import pytest
from program.chain import START, refused
from program.dao import (
    ADVANCED,
    BASIC,
    DAY,
    HIGH,
    LOW,
    MEDIUM,
    MONTH,
    NFTS,
    NOBODY,
    Dao,
    advanced,
    stake_address,
    times,
    vote_address,
)
from solders.keypair import Keypair

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
