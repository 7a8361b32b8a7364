"""Power: what was shown twice counts, each muster halves it, lanes add up, names of one machine do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import assignment, muster, quality
from program.chain import Landed, refused
from program.market import miner_of, rival, set_stake, trusted
from program.musters import (
    answer,
    answer_of,
    call,
    count,
    emission_of,
    open_answer,
    power_of,
    prove,
    shows,
    trace,
)
from program.network import EMISSION, Network
from solders.keypair import Keypair

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
