"""Names of one machine in musters: by the program's own rules they have what the machine has, or the test says more."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import muster, parameters
from mai.simulate import rules
from mai.simulate.assumptions import BASE, CLASSES
from mai.simulate.musters import WINDOW, at_once, halved, in_turn, one_by_one, power_of, powers, weights
from mai.simulate.works import Device, in_flight


@given(st.floats(10, 5_000), st.integers(1, 4), st.integers(0, 40))
@settings(max_examples=12, deadline=None)
def test_names_that_share_a_machine_have_no_more_power_than_it(speed: float, names: int, lag: int) -> None:
    (alone,) = powers(speed, 135, at_once(1, lag))
    # Each name rounds down to a whole unit at each halving, to one token of its answer, and so does the machine.
    rounding = 2 * (names + 1) + 135 / WINDOW
    for plan in (at_once(names, lag), in_turn(names, lag)):
        assert sum(powers(speed, 135, plan)) <= alone + rounding


@pytest.mark.parametrize(("names", "least"), [(2, 1.6), (3, 2.0), (20, 3.0)])
def test_names_that_answer_one_after_the_other_have_more_today(names: int, least: float) -> None:
    """Each shows its work a slot from the mark to its own answer: the sum is up to 1 + ln(window / lag)."""
    shown = sum(weights(2, BASE, one_by_one, names))
    assert least < shown < 1 + np.log(WINDOW / BASE.muster_lag)


@pytest.mark.parametrize("device_class", range(len(CLASSES)))
def test_an_honest_device_has_what_it_does_a_slot_less_the_lag(device_class: int) -> None:
    from mai.simulate.economy import speed_of

    does = 400 * speed_of(device_class, BASE) * (1 - BASE.muster_lag / WINDOW)
    assert power_of(device_class, BASE) == pytest.approx(does, rel=0.02)


@given(st.lists(st.sampled_from([0, 5_000, 10**9]), min_size=1, max_size=30))
def test_halving_is_the_programs(shown: list[int]) -> None:
    emission = SimpleNamespace(muster=0, power=0)
    miner, found = SimpleNamespace(power=0, muster=0), []
    for more in shown:
        emission.muster += 1
        muster.decay(emission, miner)
        muster.count_shown(emission, miner, SimpleNamespace(shown=more, muster=emission.muster))
        found.append(int(miner.power))
    assert found == pytest.approx(halved(shown), abs=2)


@pytest.mark.parametrize("offered", [0.3, 3.0, 30.0])
def test_works_in_flight_are_those_of_devices_that_are_played_through(offered: float) -> None:
    """A thousand devices, half a second a step, works of exactly 36 seconds: only the mean time matters."""
    draw, limit, steps = np.random.default_rng(1), rules.parameter(parameters.IN_FLIGHT_LIMIT), 72
    left = np.zeros((1_000, limit), dtype=int)
    seen = []
    for step in range(10 * steps):
        left = np.maximum(left - 1, 0)
        flying = (left > 0).sum(axis=1)
        score = np.array([float(int(10_000 / (1 + n))) / 10_000 for n in range(limit)] + [0.0])
        taken = np.flatnonzero(draw.random(1_000) < 1 - np.exp(-offered / steps * score[flying]))
        left[taken, left[taken].argmin(axis=1)] = steps
        if step >= 5 * steps:
            seen.append((left > 0).sum() / 1_000)
    assert np.mean(seen) == pytest.approx(in_flight(offered), rel=0.05)


def test_an_honest_device_wins_its_own_works_and_no_more_than_its_limit_allows() -> None:
    device = Device(BASE)
    assert device.won(1.0) == pytest.approx(1.0)
    assert in_flight(device.pressure) == pytest.approx(device.busy)
    assert device.won(1e9) == pytest.approx(rules.parameter(parameters.IN_FLIGHT_LIMIT) / device.busy)
