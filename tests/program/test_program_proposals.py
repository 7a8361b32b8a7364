"""Proposals to the DAO: who may propose what, at which risk, inside which bounds, and never that cheating pays."""

from __future__ import annotations

from typing import Any

import pytest
from mai.program import calibration, config, governance, parameters
from program.chain import START, refused
from program.dao import (
    ADVANCED,
    CALIBRATE,
    CALIBRATION,
    COLLECTION,
    CONFIG,
    DAY,
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
    with_changes,
)
from solders.keypair import Keypair
from solders.pubkey import Pubkey

SAMPLING = parameters.CLASS_PARAMETERS + parameters.SAMPLING_BPS
SLASH = parameters.CLASS_PARAMETERS + parameters.SLASH
LIMITED = parameters.CLASS_PARAMETERS + parameters.REWARD_LIMIT
CALIBRATION_FIELD = 3 * calibration.CALIBRATION_FIELDS + calibration.CAP_GPU_MHS


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
    dao.chain.write("Config", CONFIG, parameters=with_changes(dao, {parameters.SAVING_BPS: saving, at + 1: 10**16}))
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
            dao.chain.write("Config", CONFIG, parameters=with_changes(dao, changed))
    dao.propose(whale, index=at + parameters.SLASH, value=least)


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
    dao.chain.write("Config", CONFIG, parameters=with_changes(dao, {SLASH: 25_000 * UNIT}))
    dao.execute(more_reward)
    assert dao.parameter(LIMITED) == 1_200 * UNIT
