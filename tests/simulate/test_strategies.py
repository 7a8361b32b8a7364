"""No strategy pays at the default parameters, and each pays below its break-even."""

from dataclasses import replace

import pytest
from mai.errors import MaiError
from mai.program import calibration, parameters, quality
from mai.simulate import rules
from mai.simulate.assumptions import BASE, SCENARIOS, Assumptions
from mai.simulate.musters import WINDOW, at_once, in_turn, one_by_one, weights
from mai.simulate.names import income, newcomer_cost, reputations, starting
from mai.simulate.report import crowding
from mai.simulate.strategies import FAMILIES, SKIP, Strategy, skip_value, strategies
from mai.simulate.works import Device

ALL = {one.name: one for one in strategies(BASE)}
WORLDS = {
    **SCENARIOS,
    "half as fast": replace(BASE, efficiency=tuple(value / 2 for value in BASE.efficiency)),
    "four times as fast": replace(BASE, efficiency=tuple(4 * value for value in BASE.efficiency)),
    "GPUs at two hundredths": replace(BASE, efficiency=(0.05, 0.1, 0.02, 0.02, 0.02, 0.02, 0.02)),
    "idle for four fifths": replace(BASE, demand_end=4.0),
    "busy for nine tenths": replace(BASE, demand_end=18.0),
    "one stream": replace(BASE, streams=(1,) * 7),
    "one stream, busy": replace(BASE, streams=(1,) * 7, demand_end=18.0),
    "sixteen streams": replace(BASE, streams=(1, 1, 16, 16, 16, 16, 16)),
}


@pytest.mark.parametrize("name", WORLDS)
def test_no_strategy_pays_whatever_the_speeds_and_the_idle_share(name: str) -> None:
    assert [one.name for one in strategies(WORLDS[name]) if one.pays()] == []


@pytest.mark.parametrize(
    "name", ["declares twice the GPU", "declares everything at the caps", "registered as a CPU, no VRAM needed",
             "claims two seconds more than passed"],
)  # fmt: skip
def test_what_is_declared_changes_pay_by_rounding_alone(name: str) -> None:
    assert abs(ALL[name].gain) <= ALL[name].rounding * ALL[name].honest


def test_every_family_has_a_variant_that_detection_decides() -> None:
    for family in FAMILIES:
        assert any(one.family == family and 0 < (one.break_even() or 0) < (one.rate or 0) for one in ALL.values())


@pytest.mark.parametrize("one", [one for one in ALL.values() if one.break_even()], ids=lambda one: one.name)
def test_cheating_pays_below_its_break_even_and_not_above(one: Strategy) -> None:
    even = one.break_even()
    assert even is not None
    assert one.pays(0.95 * even)
    assert even == 1.0 or not one.pays(min(1.05 * even, 1.0))


@pytest.mark.parametrize("one", [one for one in ALL.values() if one.family == SKIP], ids=lambda one: one.name)
def test_the_break_even_of_skipped_work_is_saving_over_slash_and_reward(one: Strategy) -> None:
    place = next((place for place, name in enumerate(("routine", "standard", "critical")) if name in one.name), 0)
    slash = rules.class_parameter(place, parameters.SLASH) / 1e9
    assert one.break_even() == pytest.approx(one.honest / (slash + one.honest))


@pytest.mark.parametrize("reward", [1.0, 1_000.0])
@pytest.mark.parametrize("rate_bps", [0, 100, 384, 385, 10_000])
def test_the_programs_inequality_is_when_skipping_loses(reward: float, rate_bps: int) -> None:
    slash, saving_bps = 25_000.0, 10_000
    stops = bool(parameters.deters(rate_bps, int(slash), int(reward), saving_bps))
    assert stops == (skip_value(reward, slash, reward, rate_bps / 10_000) <= reward)


def test_newcomers_earn_less_until_they_are_known() -> None:
    device = Device(BASE)
    found = [device.chance(reputation) * device.factor(reputation) for reputation in reputations(device)]
    assert found[0] < 0.4 and found[-1] == pytest.approx(1.0, abs=0.01)
    assert found == sorted(found)
    assert newcomer_cost(device, 1.0) > rules.parameter(parameters.NEWCOMER_TASKS)


@pytest.mark.parametrize("name", ["beside an honest name", "in one more lane"])
@pytest.mark.parametrize(("bond", "pays"), [(0.0, True), (1.0, False)])
def test_false_answers_beside_honest_ones_lose_by_the_bond_of_their_traces(name: str, bond: float, pays: bool) -> None:
    assumed: Assumptions = replace(BASE, trace_bond=bond)
    (one,) = [one for one in strategies(assumed) if name in one.name]
    assert one.pays() == pays


@pytest.mark.parametrize("device_class", [0, 1, 2, 5, 6])
def test_a_machine_that_is_there_gains_nothing_by_names_whatever_its_class(device_class: int) -> None:
    device = Device(BASE, device_class)
    for plan in (at_once, in_turn, one_by_one):
        assert income(device, weights(device_class, BASE, plan, 3)) < device.income


@pytest.mark.parametrize("device_class", range(7))
@pytest.mark.parametrize("opening", [False, True])
def test_a_new_machine_gains_nothing_by_names_whatever_its_class(device_class: int, opening: bool) -> None:
    device = Device(BASE, device_class)
    alone = starting(device, 1, opening)
    assert all(starting(device, names, opening) < alone for names in (2, 3, 20))


def test_claims_that_are_plausible_gain_nothing() -> None:
    device = Device(BASE)
    honest, tolerance = device.took(lambda start, now: now - start), int(calibration.CLOCK_TOLERANCE_MS)
    assert honest == device.took(lambda start, now: now - start + tolerance) == BASE.allowed
    assert device.took(lambda start, now: (now - start) // 2) > honest
    with pytest.raises(MaiError, match="implausible"):
        device.took(lambda start, now: now - start + tolerance + 1)


def test_works_that_are_committed_together_count_their_time_once() -> None:
    """As commit_work does it: of eight streams that end together one took the time, seven none."""
    busy, took = 0, []
    for _ in range(8):
        start = int(calibration.earliest_start(0, busy))
        took.append(60_000 - min(start, 60_000))
        busy = start + took[-1]
    assert took == [60_000] + [0] * 7


def test_who_rents_for_musters_is_consistent_up_to_twice_and_by_more_lanes_further() -> None:
    device, streams = Device(BASE), BASE.streams[2]
    for lanes in (streams, 2 * streams):
        most = 2 * lanes / streams * BASE.work_ms / (BASE.work_ms - int(quality.CONSISTENT_OVERHEAD_MS))
        most *= WINDOW / (WINDOW - BASE.muster_lag)
        assert device.is_consistent(0.999 * most, lanes) and not device.is_consistent(1.001 * most, lanes)
    assert device.steady_quality(consistent=0.0) < rules.parameter(parameters.TRUSTED_QUALITY)


def test_two_names_win_more_where_one_has_as_many_works_in_flight_as_it_may() -> None:
    few, eight, *_, many = [row["gain"] for row in crowding(BASE)]
    assert abs(few) < 1e-6 and 0.004 < eight < 0.005 and many > 0.5
