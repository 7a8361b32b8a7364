"""No strategy pays at the default parameters but the known gaps, and each pays below its break-even."""

from dataclasses import replace

import pytest
from mai.program import parameters
from mai.simulate import rules
from mai.simulate.assumptions import BASE, SCENARIOS, Assumptions
from mai.simulate.names import newcomer_cost, reputations
from mai.simulate.strategies import FAMILIES, SKIP, Strategy, skip_value, strategies
from mai.simulate.works import Device

from bench.economy import REASONS

ALL = {one.name: one for one in strategies(BASE)}
# What the program does not stop today; docs/explanation/economy.md says what would.
GAPS = {name for name in ALL if name in REASONS} | {
    "registered as 20 CPUs, no VRAM needed",
    "registered as 20 phones",
    "2 names, all answer at once",
    "3 names, all answer at once",
    "20 names, all answer at once",
    "20 names, answer in turn",
}
WORLDS = {
    **SCENARIOS,
    "half as fast": replace(BASE, efficiency=tuple(value / 2 for value in BASE.efficiency)),
    "four times as fast": replace(BASE, efficiency=tuple(4 * value for value in BASE.efficiency)),
    "GPUs at two hundredths": replace(BASE, efficiency=(0.05, 0.1, 0.02, 0.02, 0.02, 0.02, 0.02)),
    "idle for four fifths": replace(BASE, demand_end=4.0),
    "busy for nine tenths": replace(BASE, demand_end=18.0),
}


@pytest.mark.parametrize("name", WORLDS)
def test_no_other_strategy_pays_whatever_the_speeds_and_the_idle_share(name: str) -> None:
    assert {one.name for one in strategies(WORLDS[name]) if one.pays()} <= GAPS


@pytest.mark.parametrize("name", sorted(GAPS))
def test_known_gaps_pay_today(name: str) -> None:
    assert ALL[name].pays()


@pytest.mark.parametrize(
    "name", ["declares twice the GPU", "declares everything at the caps", "registered as a CPU, no VRAM needed"]
)
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


@pytest.mark.parametrize(("bond", "pays"), [(0.0, True), (1.0, False)])
def test_false_answers_beside_honest_ones_lose_by_the_bond_of_their_traces(bond: float, pays: bool) -> None:
    assumed: Assumptions = replace(BASE, trace_bond=bond)
    (one,) = [one for one in strategies(assumed) if "beside" in one.name]
    assert one.pays() == pays
