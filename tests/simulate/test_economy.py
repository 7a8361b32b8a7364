"""What must hold on every simulated day, whatever the scenario."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from mai.money import UNITS_PER_MAI
from mai.program import assignment, difficulty, parameters
from mai.simulate import report, rules
from mai.simulate.assumptions import CLASSES, SCENARIOS, scenario
from mai.simulate.economy import DAY_S, Economy, counted_of, hourly_of, simulate, speed_of
from mai.simulate.musters import power_of

YEARS = 2


@pytest.fixture(scope="module", params=list(SCENARIOS))
def run(request: pytest.FixtureRequest) -> Economy:
    return simulate(scenario(request.param), YEARS, 1)


def test_supply_is_genesis_and_minted_less_burned(run: Economy) -> None:
    burned = sum(run.fees_burned) + sum(run.slash_burned)
    assert run.supply[-1] == run.genesis + sum(run.minted) - burned
    assert sum(run.fees_burned) > 0 and len(run.supply) == YEARS * 365


def test_no_epoch_mints_more_than_its_cap(run: Economy) -> None:
    by_epoch: dict[int, int] = {}
    for day, minted in enumerate(run.epoch_minted):
        assert minted <= run.cap[day] == rules.cap_of_epoch(day * DAY_S // rules.EPOCH_S)
        by_epoch[day * DAY_S // rules.EPOCH_S] = minted
    assert sum(by_epoch.values()) == sum(run.minted)


def test_what_is_minted_is_what_devices_earn(run: Economy) -> None:
    for day in range(0, run.days, 30):
        earned = int((run.population.devices[day].astype(object) * run.device_reward[day]).sum())
        rounding = 24 * int(run.population.devices[day].sum())
        assert run.minted[day] - rounding <= earned <= run.minted[day]


def test_ratios_stay_in_their_bounds_and_steps(run: Economy) -> None:
    for values, lowest, highest in (
        (run.multiplier, difficulty.LOWEST_MULTIPLIER, difficulty.HIGHEST_MULTIPLIER),
        (run.difficulty, difficulty.LOWEST_DIFFICULTY, difficulty.HIGHEST_DIFFICULTY),
        (run.sampling, difficulty.LOWEST_SAMPLING, difficulty.HIGHEST_SAMPLING),
    ):
        assert all(int(lowest) <= value <= int(highest) for value in values)
        for before, after in pairwise(values):
            assert before * (7 / 8) ** 24 * 0.999 <= after <= before * (9 / 8) ** 24


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    first, again, other = (simulate(scenario("slow"), 1, seed) for seed in (7, 7, 8))
    assert first.supply == again.supply and first.supply != other.supply
    assert np.array_equal(first.population.devices, again.population.devices)


def test_a_small_cap_is_kept_by_cutting_rewards() -> None:
    crowd = simulate(replace(scenario("boom"), devices_start=1_000_000), 1, 1)
    assert sum(crowd.unpaid_hours) > 0
    assert max(minted / cap for minted, cap in zip(crowd.epoch_minted, crowd.cap, strict=True)) == 1.0


def test_the_multiplier_keeps_a_grown_network_below_the_cap() -> None:
    grown = simulate(replace(scenario("base"), devices_start=100_000, demand_start=8.0), 2, 1)
    assert sum(grown.unpaid_hours[30:]) < 0.005 * 24 * (grown.days - 30)
    assert all(grown.epoch_minted[last] > 0.99 * grown.cap[last] for last in (359, 539))


def test_the_sampling_ratio_rests_between_its_bounds(run: Economy) -> None:
    lowest, highest = int(difficulty.LOWEST_SAMPLING), int(difficulty.HIGHEST_SAMPLING)
    assert all(1.1 * lowest < value < 0.5 * highest for value in run.sampling[60:])


@pytest.mark.parametrize("hours", [2, 8, 16])
def test_task_difficulty_rests_at_the_targets_over_what_is_measured(hours: int) -> None:
    assumed = replace(scenario("base"), demand_start=hours, demand_end=hours, noise=0.0, daily_swing=0.0)
    steady = simulate(assumed, 1, 1)
    targets = rules.parameter(parameters.COMPLETION_TARGET_BPS) + int(difficulty.UTILISATION_TARGET_BPS)
    measured = (assumed.allowed + steady.population.load[-30:]) * rules.BPS
    assert np.array(steady.difficulty[-30:]) / rules.ONE == pytest.approx(targets / measured, rel=0.02)


def test_task_difficulty_is_at_no_bound_in_any_scenario(run: Economy) -> None:
    lowest, highest = int(difficulty.LOWEST_DIFFICULTY), int(difficulty.HIGHEST_DIFFICULTY)
    assert all(1.1 * lowest < value < 0.5 * highest for value in run.difficulty)


@pytest.mark.parametrize("device_class", range(len(CLASSES)))
def test_pay_is_in_proportion_to_speed_but_for_what_is_paid_around_a_work(device_class: int) -> None:
    assumed = scenario("base")
    faster = replace(assumed, efficiency=tuple(2 * value for value in assumed.efficiency))
    less, more = (counted_of(device_class, one) for one in (assumed, faster))
    overhead = rules.verified_ms(hourly_of(device_class, assumed.hardware), 0)
    assert speed_of(device_class, faster) == 2 * speed_of(device_class, assumed)
    assert more - overhead == pytest.approx(2 * (less - overhead), abs=3)


def test_the_draw_gives_everybody_a_chance_in_proportion_to_power_however_large_the_network() -> None:
    for count in (1_000, 2_000_000):
        assumed = replace(scenario("base"), devices_start=count)
        row = report.lottery(simulate(assumed, 1, 1))[0]
        odds = [row["odds"][name] / power_of(place, assumed) for place, name in enumerate(CLASSES)]
        assert row["without_odds"] == 0 and odds == pytest.approx([odds[-1]] * len(odds), rel=0.05)
        expected = rules.parameter(parameters.ELIGIBLE_TARGET) * assumed.quality * rules.BPS
        assert row["winners"] == pytest.approx(expected / int(assignment.AVERAGE_SCORE), rel=0.01)


def test_years_add_up() -> None:
    run = simulate(scenario("slow"), 2, 1)
    rows = report.years(run)
    assert [row["year"] for row in rows] == [1, 2]
    assert sum(row["minted"] for row in rows) == pytest.approx(sum(run.minted) / 1e9)
    assert rows[-1]["supply"] == run.supply[-1] / UNITS_PER_MAI
    assert rows[0]["reward"]["GPU confidential"] > rows[0]["reward"]["mobile"] > 0
