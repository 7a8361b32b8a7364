"""Names of one machine in musters: by the program's own rules they have together what the machine has."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import assignment, muster, parameters, registry
from mai.program.prelude import Pubkey, u8
from mai.simulate import rules
from mai.simulate.assumptions import BASE, CLASSES
from mai.simulate.musters import (
    LANES,
    SLOT_MS,
    WINDOW,
    Plan,
    at_once,
    escaped,
    in_turn,
    one_by_one,
    paths,
    power_of,
    ramp_of,
    weights,
)
from mai.simulate.works import Device, in_flight


@given(st.floats(10, 4_000), st.integers(1, 4), st.integers(0, 40), st.integers(1, 64))
@settings(max_examples=12, deadline=None)
def test_names_that_share_a_machine_have_no_more_power_than_it(
    speed: float, names: int, lag: int, streams: int
) -> None:
    alone = paths(speed, 135, at_once(1, lag, streams))[-1].sum()
    # Each name rounds down to a whole unit at each halving, each lane to one token, and so does the machine.
    rounding = 2 * (names + streams + 1) + 135 / WINDOW * streams
    for plan in (at_once, in_turn, one_by_one):
        assert paths(speed, 135, plan(names, lag, streams))[-1].sum() <= alone + rounding


def test_in_how_many_streams_a_machine_shows_more_than_one_name_can() -> None:
    one, two = (paths(100.0, 135, at_once(names, 3, 2 * LANES))[-1].sum() for names in (1, 2))
    assert two == pytest.approx(2 * one, rel=0.001)


@pytest.mark.parametrize("names", [2, 3, 20])
def test_names_that_answer_one_after_the_other_have_what_the_machine_has(names: int) -> None:
    assert 0.99 < sum(weights(2, BASE, one_by_one, names)) <= 1 + 1e-4


def test_names_that_answer_in_turn_have_no_more_than_the_machine() -> None:
    assert 0.99 < sum(weights(2, BASE, in_turn, 20)) <= 1 + 1e-4


@pytest.mark.parametrize("device_class", range(len(CLASSES)))
def test_many_names_grow_no_sooner_than_one(device_class: int) -> None:
    one, many = (ramp_of(device_class, BASE, at_once, names).sum(axis=1) for names in (1, 20))
    assert one[0] == many[0] == 0 and (many <= one).all() and one[1] >= one[-1] // 2


@pytest.mark.parametrize("device_class", range(len(CLASSES)))
def test_an_honest_device_has_what_it_does_a_slot_less_the_lag(device_class: int) -> None:
    from mai.simulate.economy import speed_of

    does = 400 * BASE.streams[device_class] * speed_of(device_class, BASE) * (1 - BASE.muster_lag / WINDOW)
    assert power_of(device_class, BASE) == pytest.approx(does, rel=0.02)


def played(speed: float, units: int, plan: Callable[[int], Plan], musters: int) -> list[list[int]]:
    """The power of each name, by the program's own answers, each given and then proved."""
    emission = SimpleNamespace(muster=0, muster_mark=muster.MARK_SLOTS, muster_seed=[u8(0)] * 32, power=0)
    model = SimpleNamespace(
        approved=True, proof=registry.PROOF_TRACE, detection_bps=assignment.NEWCOMER_SAMPLING, segments=1,
        work_units=units, max_tokens=registry.TOKEN_LIMIT,
    )  # fmt: skip
    miners = [SimpleNamespace(power=0, muster=0, lanes=0, lanes_now=0, lanes_muster=0) for _ in plan(0)]
    answers: dict[tuple[int, int], SimpleNamespace] = {}
    key, found = Pubkey(bytes(32)), []
    for turn in range(musters):
        emission.muster += 1
        for place, (worked, lanes, end) in enumerate(plan(turn)):
            muster.decay(emission, miners[place])
            tokens = int(worked * SLOT_MS * speed) // units
            for lane in range(lanes if tokens else 0):
                fresh = SimpleNamespace(lane=u8(lane), muster=0, status=0)
                answer, at = answers.setdefault((place, lane), fresh), int(muster.MARK_SLOTS) + end
                muster.give(answer, emission, 0, key, model, key, key, [u8(0)] * 32, tokens, at, 0)
                muster.count_shown(emission, miners[place], answer)
        found.append([int(miner.power) for miner in miners])
    return found


@pytest.mark.parametrize("plan", [at_once, in_turn, one_by_one])
def test_paths_are_those_of_the_programs_answers(plan: Callable[[int, int, int], Callable[[int], Plan]]) -> None:
    shares = plan(3, 3, 2)
    assert paths(300.0, 135, shares, 8).tolist() == played(300.0, 135, shares, 8)


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9, 1.0])
def test_two_lies_in_a_row_escape_as_often_as_in_lies_that_are_drawn(rate: float) -> None:
    passed = np.random.default_rng(1).random(200_000) >= rate
    both, last, ages = passed[1:] & passed[:-1], -1, []
    for now, hit in enumerate(both):
        last = now if hit else last
        ages.append(now - last if last >= 0 else -1)
    drawn = np.bincount([age for age in ages if age >= 0], minlength=20)[:20] / len(ages)
    assert escaped(rate, 20) == pytest.approx(drawn, abs=0.005)


@pytest.mark.parametrize("offered", [0.3, 3.0, 30.0, 100.0])
def test_works_in_flight_are_those_of_devices_that_are_played_through(offered: float) -> None:
    """A thousand devices, a tenth of a second a step, works of exactly 36 seconds: only the mean time matters."""
    draw, limit, steps = np.random.default_rng(1), rules.parameter(parameters.IN_FLIGHT_LIMIT), 360
    left = np.zeros((1_000, limit), dtype=np.int16)
    seen = []
    for step in range(10 * steps):
        left = np.maximum(left - 1, 0)
        free = (left == 0).any(axis=1)
        taken = np.flatnonzero(free & (draw.random(1_000) < offered / steps))
        left[taken, left[taken].argmin(axis=1)] = steps
        if step >= 5 * steps:
            seen.append((left > 0).sum() / 1_000)
    assert np.mean(seen) == pytest.approx(in_flight(offered), rel=0.05)


def test_an_honest_device_wins_its_own_works_and_no_more_than_its_limit_allows() -> None:
    device = Device(BASE)
    assert device.won(1.0) == pytest.approx(1.0)
    assert in_flight(device.pressure) == pytest.approx(device.busy)
    assert device.won(1e9) == pytest.approx(rules.parameter(parameters.IN_FLIGHT_LIMIT) / device.busy)
