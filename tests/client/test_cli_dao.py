"""`mai dao`: from a diff to a change."""

from __future__ import annotations

from typing import Any

import pytest
from client.cli_world import DAY_S, Wallet, World, digest
from hypothesis import given
from hypothesis import strategies as st
from mai.chain.changes import TREASURY, Changes, Draft, deterrence
from mai.chain.effects import CALIBRATION_ENTRIES, PARAMETERS
from mai.chain.network import ModelTerms
from mai.errors import MaiError
from mai.money import UNITS_PER_MAI
from mai.program import parameters
from mai_zk.field import keccak256
from solders.pubkey import Pubkey

ADVANCED, STANDARD, BASIC = 2_000_000, 500_000, 100_000


@pytest.fixture
def voter(world: World) -> Wallet:
    return world.staker("voter", ADVANCED)


def propose(world: World, by: Wallet, *words: object) -> Any:
    return world.json("dao", "propose", *words, "--yes", by=by)


def approve(world: World, number: int, by: Wallet) -> None:
    """Votes yes and waits until the proposal can be executed."""
    world.json("dao", "vote", number, "yes", by=by)
    world.chain.warp(seconds=17 * DAY_S)


def values(world: World) -> Any:
    return world.economy.state("config").parameters


def test_a_parameter_from_diff_to_change(world: World, voter: Wallet) -> None:
    shown = world.run(
        "dao", "propose", "parameter", "routine-slash", "30,000", "--reason", "more", by=voter, answer="y\n"
    )
    for text in ("- 25,000 MAI", "+ 30,000 MAI", "highest: 10,000,000", "1.30 -> 1.55", "Risk: high", "33 %"):
        assert text in shown
    found = world.json("dao", "show", 0)
    assert bytes.fromhex(found["text"]) == keccak256(b"more")
    assert (found["kind"], found["risk"], found["phase"]) == ("parameter", "high", "voting")
    assert (found["value"], found["old_value"]) == (30_000 * UNITS_PER_MAI, 25_000 * UNITS_PER_MAI)
    approve(world, 0, voter)
    executed = world.json("dao", "execute", 0, by=world.wallet("anyone"))
    assert executed["phase"] == "executed"
    assert values(world)[PARAMETERS.index("routine_slash")] == 30_000 * UNITS_PER_MAI
    with world.refuses("AlreadyExecuted"):
        world.run("dao", "execute", 0, by=voter)


def test_every_kind_of_change_is_carried_out(world: World, voter: Wallet) -> None:
    collection, payer = Pubkey.new_unique(), world.wallet("payer")
    recipient = world.economy.token_address(voter.address)
    treasury = world.economy.single("treasury")
    world.put_token(treasury, world.economy.mint, world.economy.config, 100 * UNITS_PER_MAI)
    terms = ModelTerms(digest("new key"), digest("new params"), 1, 10, 1_000)
    world.economy.register_model(payer.keypair, terms)
    model = world.economy.model_address(terms)
    for words in (
        ("calibration", "cpu.cpu-mhz", 7_000),
        ("collection", "gold", collection),
        ("model", model, "admit"),
        ("treasury", recipient, "10"),
        ("parameter", "appeal-bond", "1500.5"),
    ):
        propose(world, voter, *words)
    for number in range(5):
        world.json("dao", "vote", number, "yes", by=voter)
    world.chain.warp(seconds=18 * DAY_S)
    assert [item["phase"] for item in world.json("dao", "list")["proposals"]] == ["executable"] * 5
    for number in range(5):
        world.json("dao", "execute", number, by=payer)
    assert world.economy.state("calibration").entries[CALIBRATION_ENTRIES.index("cpu.cap_cpu_mhz")] == 7_000
    assert world.economy.state("nfts").collections[3] == collection
    assert world.read("Model", model).approved
    assert world.economy.balance(voter.address) == 10 * UNITS_PER_MAI
    assert world.economy.tokens(treasury) == 90 * UNITS_PER_MAI
    assert values(world)[PARAMETERS.index("appeal_bond")] == 1_500_500_000_000
    for text in ("7,000 MHz", "Gold", "10 MAI", "1,500.5 MAI", "executed"):
        assert text in world.run("dao", "list")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("parameter", "appeal-bond", "9"), "ParameterTooLow"),
        (("parameter", "appeal-bond", "1000001"), "ParameterTooHigh"),
        (("parameter", "appeal-bond", "1000"), "NothingChanges"),
        (("parameter", "routine-slash", "18999"), "CheatingWouldPay"),
        (("calibration", "cpu.cpu_mhz", 60_001), "CalibrationTooHigh"),
        (("calibration", "cpu.cpu_mhz", 6_000), "NothingChanges"),
    ],
)
def test_what_the_program_would_refuse_is_refused_before_it_is_sent(
    world: World, voter: Wallet, words: tuple[object, ...], name: str
) -> None:
    with world.refuses(name):
        propose(world, voter, *words)
    assert world.economy.state("governance").proposals == 0
    propose(world, voter, "parameter", "routine-slash", "19000")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("parameter", "colour", "1"), "no colour among the parameters"),
        (("parameter", "appeal-bond", "1.0000000001"), "too fine"),
        (("parameter", "grace-s", "1.5"), "too fine"),
        (("parameter", "grace-s", "99999999999999999999"), "out of range"),
        (("calibration", "toaster.cpu_mhz", 1), "no toaster.cpu_mhz among the calibration"),
        (("calibration", "cpu.colour", 1), "no cpu.colour among the calibration"),
        (("model", "x", "admit"), "x is not an address"),
        (("model", Pubkey.new_unique(), "admit"), "there is no account"),
        (("model", Pubkey.new_unique(), "maybe"), "write admit or withdraw"),
        (("treasury", Pubkey.new_unique(), "1"), "is no MAI token account"),
        (("collection", "wooden", Pubkey.new_unique()), "there is no NFT tier wooden"),
        (("collection", "none", Pubkey.new_unique()), "there is no NFT tier none"),
    ],
)
def test_a_wrong_proposal_is_one_sentence(
    world: World, voter: Wallet, words: tuple[object, ...], sentence: str
) -> None:
    with world.wrong(sentence):
        propose(world, voter, *words)


def test_the_rules_asked_here_are_those_on_chain(world: World, voter: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mai.chain.changes.enforce", lambda *anything: None)
    for words, name in (
        (("parameter", "appeal-bond", "9"), "ParameterTooLow"),
        (("parameter", "routine-slash", "18999"), "CheatingWouldPay"),
        (("calibration", "cpu.cpu_mhz", 60_001), "CalibrationTooHigh"),
        (("parameter", "appeal-bond", "1000"), "NothingChanges"),
    ):
        with world.refuses(name):
            propose(world, voter, *words)


def test_nothing_is_proposed_without_a_yes(world: World, voter: Wallet) -> None:
    with world.wrong("nothing was sent"):
        world.run("dao", "propose", "parameter", "grace-s", "60", by=voter, answer="n\n")
    with world.wrong("add --yes"):
        world.json("dao", "propose", "parameter", "grace-s", "60", by=voter)


def test_proposing_and_voting_need_stake(world: World) -> None:
    standard, basic = world.staker("standard", STANDARD), world.staker("basic", BASIC - 1)
    with world.refuses("CannotPropose"):
        propose(world, basic, "parameter", "grace-s", "60")
    with world.refuses("CannotProposeHighRisk"):
        propose(world, standard, "parameter", "burn-bps", "60")
    propose(world, standard, "parameter", "grace-s", "60")
    with world.refuses("CannotVote"):
        world.run("dao", "vote", 0, "yes", by=basic)
    world.run("dao", "vote", 0, "no", by=standard)


def test_one_vote_which_can_be_turned_once(world: World, voter: Wallet) -> None:
    propose(world, voter, "parameter", "grace-s", "60")
    with world.wrong("has not voted"):
        world.run("dao", "deny", 0, by=voter)
    cast = world.json("dao", "vote", 0, "yes", by=voter)
    assert (cast["approves"], cast["weight"]) == (True, "2000000.000000000")
    with world.wrong("has voted on proposal 0"):
        world.run("dao", "vote", 0, "no", by=voter)
    turned = world.json("dao", "deny", 0, by=voter)
    assert (turned["approved"], turned["denied"]) == ("0.000000000", "2000000.000000000")
    with world.refuses("AlreadyDenied"):
        world.run("dao", "deny", 0, by=voter)
    assert [item["approves"] for item in world.json("dao", "show", 0)["votes"]] == [False]
    world.chain.warp(seconds=5 * DAY_S)
    assert "rejected: the majority was not exceeded" in world.run("dao", "show", 0)
    with world.refuses("NotApproved"):
        world.run("dao", "execute", 0, by=voter)


def test_the_phases_pass(world: World, voter: Wallet) -> None:
    late = world.staker("late", BASIC)
    propose(world, voter, "parameter", "grace-s", "60")
    world.json("dao", "vote", 0, "yes", by=voter)
    seen = []
    for days in (0, 3, 1, 1, 14):
        world.chain.warp(seconds=days * DAY_S)
        found = world.json("dao", "show", 0)
        seen.append(found["phase"])
        assert found["phase_ends_ts"] is None or found["phase_ends_ts"] > world.chain.unix_time()
        if found["phase"] == "denials":
            with world.refuses("OnlyDenials"):
                world.run("dao", "vote", 0, "yes", by=late)
            world.run("dao", "vote", 0, "no", by=late)
    assert seen == ["voting", "denials", "delay", "executable", "expired"]
    with world.refuses("ProposalExpired"):
        world.run("dao", "execute", 0, by=voter)


def test_too_few_votes(world: World, voter: Wallet) -> None:
    whale, small = world.staker("whale", 20 * ADVANCED), world.staker("small", BASIC)
    propose(world, whale, "parameter", "grace-s", "60")
    world.json("dao", "vote", 0, "yes", by=small)
    world.chain.warp(seconds=5 * DAY_S)
    found = world.json("dao", "show", 0)
    assert (found["quorate"], found["carried"], found["phase"]) == (False, True, "rejected")
    assert "too few voted" in world.run("dao", "show", 0)
    with world.refuses("QuorumMissed"):
        world.run("dao", "execute", 0, by=voter)


def test_a_stale_proposal_says_so(world: World, voter: Wallet) -> None:
    propose(world, voter, "parameter", "grace-s", "60")
    propose(world, voter, "parameter", "grace-s", "120")
    for number in (0, 1):
        world.json("dao", "vote", number, "yes", by=voter)
    world.chain.warp(seconds=6 * DAY_S)
    world.json("dao", "execute", 1, by=voter)
    found = world.json("dao", "show", 0)["change"]
    assert (found["old"], found["new"], found["unit"], found["stale"]) == ("3,600", "60", "s", "120 s")
    assert "It is 120 s by now" in world.run("dao", "show", 0)
    with world.refuses("StaleProposal"):
        world.run("dao", "execute", 0, by=voter)


def test_an_nft_opens_votes_early(founded: World) -> None:
    world, collection = founded, Pubkey.new_unique()
    accounts = {"authority": world.authority.address}
    world.economy.send("set_collection", world.authority.keypair, accounts, {"tier": 4, "collection": collection})
    world.open()
    voter = world.staker("voter", STANDARD)
    nft = world.nft(voter.address, collection)
    propose(world, voter, "parameter", "grace-s", "60")
    with world.refuses("VotingNotOpen"):
        world.run("dao", "vote", 0, "yes", by=voter)
    stranger = world.staker("stranger", BASIC)
    propose(world, voter, "parameter", "grace-s", "90")
    with world.refuses("AccountNotInitialized"):
        world.run("dao", "vote", 1, "yes", "--nft", nft, by=stranger)
    assert world.json("dao", "vote", 1, "yes", "--nft", nft, by=voter)["approves"]


def test_the_lists(world: World, voter: Wallet) -> None:
    assert "no proposals" in world.run("dao", "list")
    with world.wrong("there is no proposal 0: none was made"):
        world.run("dao", "show", 0)
    propose(world, voter, "parameter", "grace-s", "60")
    with world.wrong("there is no proposal 7: they are 0 to 0"):
        world.run("dao", "vote", 7, "yes", by=voter)
    for wrong in (("vote", 0, "maybe"), ("vote", 0, "yes", "--account", voter.address)):
        with pytest.raises(MaiError):
            world.run("dao", *wrong, by=voter)
    listed = world.json("dao", "parameters")["parameters"]
    assert [item["value"] for item in listed] == list(values(world))
    entries = world.json("dao", "calibration")["calibration"]
    assert [item["value"] for item in entries] == list(world.economy.state("calibration").entries)
    assert "critical_reward_limit" in world.run("dao", "parameters")
    assert "gpu_confidential" in world.run("dao", "calibration")


def test_a_treasury_payment_that_is_too_large_is_flagged(world: World, voter: Wallet) -> None:
    treasury = world.economy.single("treasury")
    world.put_token(treasury, world.economy.mint, world.economy.config, 100 * UNITS_PER_MAI)
    recipient = world.economy.token_address(voter.address)
    for mai, notes in ((10, 1), (11, 2)):
        draft = Draft(TREASURY, target=recipient, value=mai * UNITS_PER_MAI)
        assert len(Changes(world.economy).of(draft).notes) == notes


@given(st.integers(100, 10_000), st.integers(0, 10**16), st.integers(1, 10**15), st.integers(1_000, 10_000))
def test_deterrence_is_the_programs_own_rule(sampling: int, slash: int, limit: int, saving: int) -> None:
    settings = [int(parameters.default_parameter(index)) for index in range(32)]
    for name, value in (("sampling_bps", sampling), ("slash", slash), ("reward_limit", limit)):
        settings[PARAMETERS.index(f"routine_{name}")] = value
    settings[PARAMETERS.index("saving_bps")] = saving
    assert deterrence(settings)[0].holds == parameters.deters(sampling, slash, limit, saving)
