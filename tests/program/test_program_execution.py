"""What carries a proposal of the DAO, and that its execution is exactly the effect that was voted on, by anyone."""

from __future__ import annotations

import pytest
from mai.program import calibration, governance, parameters
from program.chain import START, Refused, refused
from program.dao import (
    ADVANCED,
    BASIC,
    CALIBRATE,
    CALIBRATION,
    COLLECTION,
    CONFIG,
    DAY,
    EXECUTIONS,
    GOVERNANCE,
    HIGH,
    LOW,
    MEDIUM,
    MODEL,
    NFTS,
    NOBODY,
    PARAMETER,
    STANDARD,
    TIMEOUT,
    TREASURY,
    UNIT,
    Dao,
    stake_address,
    times,
    vote_address,
    with_changes,
)
from solders.keypair import Keypair
from solders.pubkey import Pubkey

CALIBRATION_FIELD = 3 * calibration.CALIBRATION_FIELDS + calibration.CAP_GPU_MHS
LIMIT = 60_000


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
    dao.chain.write("Config", CONFIG, parameters=with_changes(dao, {TIMEOUT: 60}))
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
    dao.chain.write("Config", CONFIG, parameters=with_changes(dao, {parameters.TREASURY_SPEND_BPS: 0}))
    with refused("SpendsTooMuch"):
        dao.execute(second, TREASURY)
    dao.chain.write("Config", CONFIG, parameters=with_changes(dao, {parameters.TREASURY_SPEND_BPS: 2_000}))
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
