"""Musters: called by a block, answered by all at once, counted once proved, halved by each that follows."""

from __future__ import annotations

from typing import Any

import pytest
from mai.chain.muster import prompt
from mai.program import muster
from mai.program.prelude import Array, u8
from mai.program.prelude import Pubkey as Key
from program import musters
from program.chain import TOKEN_PROGRAM, refused
from program.market import miner_of, rival, trace_model
from program.musters import (
    CLAIMED,
    PROMPT,
    SEGMENTS,
    UNITS,
    WINDOW,
    answer,
    answer_of,
    call,
    emission_of,
    mustering,
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
from program.network import CONFIG, EMISSION, Network
from solders.pubkey import Pubkey

TOKENS = 7


@pytest.fixture
def network() -> Network:
    return mustering()


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
