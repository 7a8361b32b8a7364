"""Cheating loses at the default parameters, and pays below its break-even: so the first can fail."""

import pytest
from mai.program import parameters
from mai.simulate import rules
from mai.simulate.assumptions import BASE
from mai.simulate.economy import simulate
from mai.simulate.horizon import horizons, until_ruin
from mai.simulate.newcomers import standings
from mai.simulate.strategies import FAMILIES, SKIP, Strategy, skip_value, strategies
from mai.simulate.works import Device, flagged_share

ALL = {one.name: one for one in strategies(BASE)}
# What the program does not stop today; docs/explanation/economy.md says what would.
GAPS = {
    "20% of the class's GPU declares all of it, epoch 8",
    "the same, claims no more time than its class may take",
    "one device registered as 2, first year",
    "one device registered as 20, first year",
}


@pytest.mark.parametrize("name", sorted(ALL.keys() - GAPS))
def test_cheating_loses_at_the_default_parameters(name: str) -> None:
    assert ALL[name].gain < 0


@pytest.mark.parametrize("name", sorted(GAPS))
def test_known_gaps_pay_today(name: str) -> None:
    assert ALL[name].gain > 0


def test_every_family_has_a_variant_that_detection_decides() -> None:
    for family in FAMILIES:
        assert any(one.family == family and 0 < (one.break_even() or 0) < (one.rate or 0) for one in ALL.values())


@pytest.mark.parametrize("one", [one for one in ALL.values() if one.break_even()], ids=lambda one: one.name)
def test_cheating_pays_below_its_break_even_and_not_above(one: Strategy) -> None:
    even = one.break_even()
    assert even is not None
    assert one.cheat(0.95 * even) > one.honest
    assert one.cheat(min(1.05 * even, 1.0)) < one.honest or even == 1.0


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


def test_a_skipping_device_is_ruined_within_a_day() -> None:
    ruin = until_ruin(Device(BASE), 0, 1)
    assert ruin.days < 1 and ruin.value < -90_000
    assert ruin.works == pytest.approx(4 * 0.95 / 0.05, rel=0.05)


def test_newcomers_earn_less_until_they_are_known() -> None:
    weeks = standings(Device(BASE), 0.0)
    assert weeks[0] < 0.4 and weeks[-1] == pytest.approx(1.0, abs=0.01)
    assert weeks == sorted(weeks)


def test_slower_devices_are_flagged_more_often() -> None:
    shares = [flagged_share(speed, 4.0, 0.25) for speed in (0.6, 0.25, 0.2, 0.05)]
    assert shares == sorted(shares) and shares[1] == pytest.approx(0.5) and shares[0] < 0.001


def test_over_the_years_skipping_and_colluding_lose() -> None:
    found = {one.name: one for one in horizons(simulate(BASE, 1, 1), 1)}
    for name in ("skips routine work until its stake is gone", "both lie whenever both are drawn"):
        assert found[name].cheat < found[name].honest
