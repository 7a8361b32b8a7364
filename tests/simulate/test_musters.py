"""Names of one machine in musters: by the program's own rules they have together what the machine has."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import muster, parameters
from mai.simulate import rules
from mai.simulate.assumptions import BASE, CLASSES
from mai.simulate.musters import LANES, WINDOW, at_once, counted, in_turn, one_by_one, paths, power_of, ramp_of, weights
from mai.simulate.works import Device, in_flight


@given(st.floats(10, 4_000), st.integers(1, 4), st.integers(0, 40), st.integers(1, 16))
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


def test_names_that_answer_in_turn_never_grow_past_what_a_name_shows_at_first() -> None:
    assert sum(weights(2, BASE, in_turn, 20)) < 0.02


def test_more_names_grow_sooner() -> None:
    one, many = (ramp_of(6, BASE, at_once, names).sum(axis=1) for names in (1, 20))
    assert [many[0] / one[0], many[1] / one[1]] == [20, 20] and many[-1] == pytest.approx(one[-1], rel=1e-3)


@pytest.mark.parametrize("device_class", range(len(CLASSES)))
def test_an_honest_device_has_what_it_does_a_slot_less_the_lag(device_class: int) -> None:
    from mai.simulate.economy import speed_of

    does = 400 * BASE.streams[device_class] * speed_of(device_class, BASE) * (1 - BASE.muster_lag / WINDOW)
    assert power_of(device_class, BASE) == pytest.approx(does, rel=0.02)


@given(st.lists(st.sampled_from([0, 5_000, 70_000, 10**9, 2**40]), min_size=1, max_size=30))
def test_what_is_counted_is_the_programs(shown: list[int]) -> None:
    emission = SimpleNamespace(muster=0, power=0)
    miner, found = SimpleNamespace(power=0, muster=0, kept_power=0, lanes=0, lanes_muster=0), []
    for more in shown:
        emission.muster += 1
        muster.decay(emission, miner)
        muster.count_shown(emission, miner, SimpleNamespace(shown=more, muster=emission.muster))
        found.append(int(miner.power))
    assert found == counted(shown).tolist()


@pytest.mark.parametrize("offered", [0.3, 3.0, 30.0])
def test_works_in_flight_are_those_of_devices_that_are_played_through(offered: float) -> None:
    """A thousand devices, half a second a step, works of exactly 36 seconds: only the mean time matters."""
    draw, limit, steps = np.random.default_rng(1), rules.parameter(parameters.IN_FLIGHT_LIMIT), 72
    left = np.zeros((1_000, limit), dtype=int)
    seen = []
    for step in range(10 * steps):
        left = np.maximum(left - 1, 0)
        free = (left == 0).any(axis=1)
        taken = np.flatnonzero(free & (draw.random(1_000) < 1 - np.exp(-offered / steps)))
        left[taken, left[taken].argmin(axis=1)] = steps
        if step >= 5 * steps:
            seen.append((left > 0).sum() / 1_000)
    assert np.mean(seen) == pytest.approx(in_flight(offered), rel=0.05)


def test_an_honest_device_wins_its_own_works_and_no_more_than_its_limit_allows() -> None:
    device = Device(BASE)
    assert device.won(1.0) == pytest.approx(1.0)
    assert in_flight(device.pressure) == pytest.approx(device.busy)
    assert device.won(1e9) == pytest.approx(rules.parameter(parameters.IN_FLIGHT_LIMIT) / device.busy)
