"""Musters: called by a block, answered by all at once, counted once proved, halved by each that follows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.chain.muster import prompt
from mai.program import assignment, muster
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


def test_there_are_two_musters_a_week() -> None:
    assert 1.9 < 7 * 86_400 * 2.5 / int(muster.MARK_SLOTS) / int(muster.MUSTER_ODDS) < 2.1


# -- answering


def test_an_answer_says_what_must_be_proved(called: Network) -> None:
    event = answer(called, tokens=7).events["MusterAnswered"]
    given, emission = answer_of(called), emission_of(called)
    seed, slots = bytes(emission["muster_seed"]), called.chain.svm.get_clock().slot - emission["muster_mark"]
    assert slots == 5 == event["slots"]
    assert given["shown"] == SEGMENTS * UNITS * 7 // slots == event["shown"]
    assert bytes(given["input"]) == prompt_of(seed, called.miner)
    assert (given["status"], given["tokens"], given["muster"], given["model"]) == (1, 7, 1, called.model)
    assert power_of(called) == 0 == emission["power"]
    assert miner_of(called)["hours"] == 1


def test_every_device_has_a_prompt_of_its_own(called: Network) -> None:
    seed = bytes(emission_of(called)["muster_seed"])
    mine = prompt(seed, called.miner)
    assert len(mine) == 32 and max(mine) < 256 and mine != prompt(seed, Pubkey.new_unique())
    assert prompt_of(seed, called.miner) == bytes(muster.tokens_root(muster.prompt(_array(seed), _key(called.miner))))


def _array(raw: bytes) -> Any:
    from mai.program.prelude import Array, u8

    return Array([u8(byte) for byte in raw], 32)


def _key(key: Pubkey) -> Any:
    from mai.program.prelude import Pubkey as Key

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


def test_half_of_what_was_proved_counts(called: Network) -> None:
    answer(called)
    shown = answer_of(called)["shown"]
    proof = trace(called)
    event = prove(called, receipt=proof).events["PowerCounted"]
    assert power_of(called) == emission_of(called)["power"] == event["power"] == shown // 2 > 0
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


def test_every_muster_halves(called: Network) -> None:
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


def test_a_late_proof_counts_as_much_as_if_it_had_come_in_time(called: Network) -> None:
    answer(called)
    proof, shown = trace(called), answer_of(called)["shown"]
    call(called)
    prove(called, receipt=proof)
    assert power_of(called) == shown // 4


def test_a_draw_looks_at_power_that_is_halved(called: Network) -> None:
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


def test_power_leaves_with_the_device(called: Network) -> None:
    answer(called)
    prove(called)
    called.call("retire_miner", called.owner, called.mine_accounts(called.owner))
    assert (power_of(called), emission_of(called)["power"]) == (0, 0)


def test_many_names_of_one_machine_have_its_power_together(called: Network) -> None:
    """Two names answer in turn, as one machine can: together they never have more than one that answers always."""
    second = rival(called)
    open_answer(called, second)
    honest = 0
    for turn in range(6):
        owner = (called.owner, second)[turn % 2]
        answer(called, owner, tokens=7)
        prove(called, owner)
        honest = honest // 2 + answer_of(called, owner)["shown"] // 2
        count(called)
        count(called, second)
        assert power_of(called) + power_of(called, second) <= honest + turn + 1
        call(called, after=5)


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
    answer(called, tokens=10**6)
    assert answer_of(called)["shown"] == 2**40
    prove(called)
    assert power_of(called) == 2**39


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
