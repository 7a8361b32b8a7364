"""Musters: called by a block, answered by all at once, counted once proved, halved by each that follows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.chain.muster import prompt
from mai.program import assignment, muster, quality
from mai.program.prelude import Array, u8
from mai.program.prelude import Pubkey as Key
from program import musters
from program.chain import OUT, TOKEN_PROGRAM, VERIFIER, Landed, refused
from program.market import miner_of, rival, set_stake, trace_model, trusted
from program.musters import (
    CLAIMED,
    PROMPT,
    WINDOW,
    answer,
    answer_of,
    call,
    count,
    emission_of,
    next_muster,
    open_answer,
    other_traces,
    power_of,
    prompt_of,
    prove,
    seed_of_mark,
    shows,
    trace,
)
from program.network import CONFIG, EMISSION, Network, ready
from solders.keypair import Keypair
from solders.pubkey import Pubkey

DETECTION = 9_950
TOKENS = 7
SEGMENTS, UNITS = 24, 500


@pytest.fixture
def network() -> Network:
    """traces.so is in the verifier's place; the device can answer."""
    network = ready()
    network.chain.svm.add_program_from_file(VERIFIER, OUT / "traces.so")
    trace_model(network, DETECTION, segments=SEGMENTS, work_units=UNITS)
    open_answer(network)
    return network


@pytest.fixture
def called(network: Network) -> Network:
    call(network, after=5)
    return network


def at(network: Network, slot: int) -> None:
    network.chain.set_slot(slot)


# -- calling


def test_a_block_calls_a_muster(network: Network) -> None:
    mark = next_muster(network.chain.svm.get_clock().slot)
    event = call(network).events["MusterCalled"]
    emission = emission_of(network)
    assert event == {"muster": 1, "mark": mark}
    assert (emission["muster"], emission["muster_mark"]) == (1, mark)
    assert bytes(emission["muster_seed"]) == seed_of_mark(mark)
    with refused("MusterCalledBefore"):
        call(network, mark)


def test_other_blocks_call_none(network: Network) -> None:
    mark = next_muster(network.chain.svm.get_clock().slot) + musters.MARK
    assert int.from_bytes(seed_of_mark(mark)[:8], "little") % 15
    at(network, mark + 1)
    with refused("NoMuster"):
        call(network, mark)
    with refused("NotAMark"):
        call(network, mark - 1)
    with refused("SeedTooEarly"):
        call(network, mark + musters.MARK)


def test_a_muster_can_be_called_for_half_a_minute(network: Network) -> None:
    mark = next_muster(network.chain.svm.get_clock().slot)
    at(network, mark)
    with refused("SeedTooEarly"):
        call(network, mark)
    at(network, mark + WINDOW + 1)
    with refused("MarkTooOld"):
        call(network, mark)
    at(network, mark + WINDOW)
    call(network, mark)


def test_musters_need_open_mining(called: Network) -> None:
    called.chain.write("Config", CONFIG, phase=2)
    with refused("MiningNotOpen"):
        call(called)
    with refused("MiningNotOpen"):
        answer(called)


def test_there_are_two_musters_a_week_and_more_at_first(network: Network) -> None:
    assert [int(muster.odds(number)) for number in (0, 1, 8, 9, 10**6)] == [15, 30, 3_840, 5_040, 5_040]
    assert 1.9 < 7 * 86_400 * 2.5 / int(muster.MARK_SLOTS) / int(muster.odds(9)) < 2.1
    # A block that would have called the first one calls no later one.
    mark = next(
        mark for mark in range(musters.MARK, 10**7, musters.MARK)
        if int.from_bytes(seed_of_mark(mark)[:8], "little") % 30 == 15 and mark > network.chain.svm.get_clock().slot
    )  # fmt: skip
    network.chain.write("Emission", EMISSION, muster=1)
    at(network, mark + 1)
    with refused("NoMuster"):
        call(network, mark)
    network.chain.write("Emission", EMISSION, muster=0)
    call(network, mark)


# -- answering


def test_an_answer_says_what_must_be_proved(called: Network) -> None:
    event = answer(called, tokens=7).events["MusterAnswered"]
    given, emission = answer_of(called), emission_of(called)
    seed = bytes(emission["muster_seed"])
    # The whole window counts, however soon the answer came: names that take turns within it gain nothing.
    assert given["shown"] == SEGMENTS * UNITS * 7 // WINDOW == event["shown"]
    assert bytes(given["input"]) == prompt_of(seed, called.miner)
    assert (given["status"], given["tokens"], given["muster"], given["model"]) == (1, 7, 1, called.model)
    assert power_of(called) == 0 == emission["power"]
    assert miner_of(called)["hours"] == 1


def test_every_device_has_a_prompt_of_its_own(called: Network) -> None:
    seed = bytes(emission_of(called)["muster_seed"])
    mine = prompt(seed, called.miner, 0)
    assert len(mine) == 32 and max(mine) < 256 and mine != prompt(seed, Pubkey.new_unique(), 0)
    assert mine != prompt(seed, called.miner, 1)
    assert prompt_of(seed, called.miner, 3) == bytes(
        muster.tokens_root(muster.prompt(_array(seed), _key(called.miner), u8(3)))
    )


def _array(raw: bytes) -> Array:
    return Array([u8(byte) for byte in raw], 32)


def _key(key: Pubkey) -> Key:
    return Key(bytes(key))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"tokens": 0}, "NoAnswer"),
        ({"tokens": 101}, "AnswerTooLong"),
        ({"approved": False}, "MusterModelNotOffered"),
        ({"proof": 0}, "NotTraced"),
        ({"detection_bps": 9_899}, "MusterProofTooWeak"),
    ],
)
def test_an_answer_is_worth_its_proof(called: Network, changes: dict[str, Any], name: str) -> None:
    model = {key: value for key, value in changes.items() if key != "tokens"}
    if model:
        called.chain.write("Model", called.model, **model)
    with refused(name):
        answer(called, tokens=changes.get("tokens", 1))


def test_an_answer_is_given_once_and_in_time(called: Network) -> None:
    at(called, emission_of(called)["muster_mark"] + WINDOW + 1)
    with refused("MusterOver"):
        answer(called)
    at(called, emission_of(called)["muster_mark"] + WINDOW)
    answer(called)
    with refused("NothingToAnswer"):
        answer(called)


def test_without_a_muster_there_is_nothing_to_answer(network: Network) -> None:
    with refused("NothingToAnswer"):
        answer(network)


def test_only_the_owner_answers_for_a_device(called: Network) -> None:
    other = rival(called)
    open_answer(called, other)
    with refused("NotMinerOwner"):
        called.call("answer_muster", other, {**musters.accounts_of(called, called.owner), "owner": other.pubkey()},
                    output0=0, output1=0, output2=0, output3=0, tokens=1)  # fmt: skip
    with refused("NotMinersAnswer"):
        answer(called, other, answer=musters.answer_address(called.miner))
    called.chain.write("Miner", called.miner, status=2)
    with refused("MinerNotActive"):
        answer(called)


# -- proving


@pytest.fixture
def known(called: Network) -> Network:
    """The device has proved an answer before, which counts for nothing alone; another muster is called."""
    shows(called)
    assert power_of(called) == 0
    call(called, after=5)
    return called


def test_half_of_what_was_proved_twice_counts(known: Network) -> None:
    called = known
    before = answer_of(called)["shown"]
    answer(called, tokens=9)
    assert (answer_of(called)["before"], answer_of(called)["shown"]) == (before, SEGMENTS * UNITS * 9 // WINDOW)
    proof = trace(called)
    event = prove(called, receipt=proof).events["PowerCounted"]
    assert power_of(called) == emission_of(called)["power"] == event["power"] == before // 2 > 0
    call(called, after=5)
    answer(called, tokens=3)
    prove(called)
    assert power_of(called) == before // 2 // 2 + answer_of(called)["shown"] // 2


def test_an_answer_that_was_not_proved_counts_for_nothing_later(known: Network) -> None:
    answer(known, tokens=100)
    call(known, after=5)
    shows(known)
    assert (answer_of(known)["before"], power_of(known)) == (0, 0)
    call(known, after=5)
    shows(known)
    assert power_of(known) > 0


def test_a_trace_is_claimed_once(known: Network) -> None:
    called = known
    answer(called)
    proof = trace(called)
    prove(called, receipt=proof)
    assert bytes(called.chain.svm.get_account(proof).data)[348] == CLAIMED
    with refused("NothingToProve"):
        prove(called)


@pytest.mark.parametrize(("changes", "name"), other_traces(PROMPT, TOKENS, TOKENS))
def test_another_trace_proves_nothing(called: Network, changes: dict[str, Any], name: str) -> None:
    answer(called)
    with refused(name):
        prove(called, receipt=trace(called, **changes))
    assert power_of(called) == 0
    prove(called)


def test_an_answer_is_proved_by_its_own_device_and_model(called: Network) -> None:
    answer(called)
    other = rival(called)
    open_answer(called, other)
    proof = trace(called)
    with refused("NotProversAnswer"):
        prove(called, other, proof, answer=musters.answer_address(called.miner))
    with refused("NothingToProve"):
        prove(called, other, proof)
    answered_with = called.model
    called.chain.write("Model", answered_with, approved=False)
    with refused("MusterModelNotOffered"):
        prove(called, receipt=proof)
    called.chain.write("Model", answered_with, approved=True)
    trace_model(called, 9_960)
    with refused("WrongMusterModel"):
        prove(called, receipt=proof)
    with refused("NotVerifier"):
        prove(called, receipt=proof, model=answered_with, verifier_program=TOKEN_PROGRAM)


# -- halving


def test_every_muster_halves(known: Network) -> None:
    called = known
    answer(called)
    prove(called)
    first = power_of(called)
    call(called)
    assert power_of(called) == first
    count(called)
    assert power_of(called) == first // 2 == emission_of(called)["power"]
    count(called)
    assert power_of(called) == first // 2
    answer(called)
    prove(called)
    assert power_of(called) == first // 2 + answer_of(called)["shown"] // 2


def test_a_late_proof_counts_as_much_as_if_it_had_come_in_time(known: Network) -> None:
    called = known
    answer(called)
    proof, shown = trace(called), answer_of(called)["shown"]
    call(called)
    prove(called, receipt=proof)
    assert power_of(called) == shown // 4


def test_a_draw_looks_at_power_that_is_halved(known: Network) -> None:
    called = known
    trusted(called)
    set_stake(called, 10**18)
    answer(called)
    prove(called)
    before = power_of(called)
    call(called)
    job = called.post(prompt_tokens=1)
    called.chain.pass_slots(100)
    called.assign(job)
    assert power_of(called) == before // 2


def test_power_leaves_with_the_device(known: Network) -> None:
    called = known
    assert shows(called) and power_of(called)
    called.call("retire_miner", called.owner, called.mine_accounts(called.owner))
    assert (power_of(called), emission_of(called)["power"]) == (0, 0)


def test_many_names_of_one_machine_have_its_power_together(called: Network) -> None:
    """Two names answer in turn, as one machine can: together they never have more than one that answers always."""
    second = rival(called)
    open_answer(called, second)
    honest = before = 0
    for turn in range(8):
        owner = (called.owner, second)[turn % 2]
        shown = shows(called, owner)
        honest, before = honest // 2 + min(shown, before) // 2, shown
        count(called)
        count(called, second)
        assert power_of(called) + power_of(called, second) <= honest + turn + 1
        call(called, after=5)
    assert power_of(called) + power_of(called, second) > 0


# -- lanes


def test_a_device_shows_all_its_streams_under_one_name(known: Network) -> None:
    called = known
    open_answer(called, lane=63)
    shown = shows(called)
    assert shows(called, lane=63) == shown
    assert power_of(called) == shown // 2  # the second lane was not proved before
    with refused("LaneOutOfRange"):
        open_answer(called, lane=64)
    call(called, after=5)
    count(called)
    kept = power_of(called)
    for lane in (0, 63):
        shows(called, lane=lane)
    assert power_of(called) == kept + 2 * (shown // 2)
    assert bytes(answer_of(called, lane=63)["input"]) != bytes(answer_of(called)["input"])


def test_lanes_are_those_of_the_last_muster_until_more_are_proved(called: Network) -> None:
    open_answer(called, lane=1)
    seen = []
    for lanes in (1, 2, 1):
        for lane in range(lanes):
            shows(called, lane=lane)
            miner = miner_of(called)
            seen.append((miner["lanes"], miner["lanes_now"], miner["lanes_muster"]))
        call(called, after=5)
    assert seen == [(0, 1, 1), (1, 1, 2), (1, 2, 2), (2, 1, 3)]


@pytest.mark.parametrize(
    ("power", "lanes", "took_ms", "consistent"),
    [
        (0, 0, 10**9, True), (400, 0, 7_000, True), (400, 0, 7_001, False), (400, 1, 7_001, False),
        (400, 2, 9_000, True), (400, 2, 9_001, False), (2**40, 1, 5_000, True),
    ],
)  # fmt: skip
def test_a_device_should_be_as_fast_as_it_showed(power: int, lanes: int, took_ms: int, consistent: bool) -> None:
    # A thousand units at 400 a slot are a second: twice that, and five seconds.
    assert bool(quality.is_consistent(took_ms, 1_000, power, lanes)) == consistent


# -- the draw's chances, and limits


@settings(max_examples=300)
@given(powers=st.lists(st.integers(0, 2**40), min_size=1, max_size=12), rest=st.integers(0, 2**60))
def test_splitting_power_among_names_wins_nothing(powers: list[int], rest: int) -> None:
    total = sum(powers) + rest

    def chance(power: int, devices: int) -> int:
        return int(assignment.chance(7_500, power, total, devices, 4, 0, False))

    # Each name has one unit more: nothing against what a machine shows.
    whole = chance(sum(powers) + len(powers) - 1, 10**6)
    if whole < int(assignment.HIGHEST_CHANCE):
        assert sum(chance(power, 10**6) for power in powers) <= whole


def test_what_one_answer_shows_is_bounded(called: Network) -> None:
    called.chain.write("Model", called.model, segments=10_000, work_units=10**9, max_tokens=10**6)
    for _ in range(2):
        assert shows(called, tokens=10**6) == 2**40
        call(called, after=5)
    called.chain.write("Miner", called.miner, power=2**40, muster=emission_of(called)["muster"])
    called.chain.write("Emission", EMISSION, power=2**40)
    shows(called, tokens=10**6)
    assert power_of(called) == 2**40 == emission_of(called)["power"]


def test_eight_million_strong_devices_fit() -> None:
    assert 8_000_000 * int(muster.POWER_LIMIT) < 2**64


def test_units_of_musters(called: Network) -> None:
    """Every instruction stays below 60,000 compute units; each exact."""
    landed: dict[str, Landed] = {"answer_muster": answer(called)}
    landed["prove_muster"] = prove(called)
    landed["call_muster"] = call(called)
    landed["count_power"] = count(called)
    other: Keypair = rival(called)
    landed["open_answer"] = open_answer(called, other)
    print({name: one.units for name, one in landed.items()})
    assert all(one.units < 60_000 for one in landed.values())
    assert emission_of(called)["muster"] == 2 and EMISSION
