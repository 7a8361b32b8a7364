"""Cheating loses at the default parameters, and pays below its break-even: so the first can fail."""

from dataclasses import replace

import pytest
from mai.program import parameters
from mai.simulate import rules
from mai.simulate.assumptions import BASE
from mai.simulate.economy import hourly_of, simulate
from mai.simulate.horizon import horizons, until_ruin
from mai.simulate.machines import day_of, variants
from mai.simulate.newcomers import standings, won_by
from mai.simulate.strategies import FAKE, FAMILIES, SKIP, Strategy, skip_value, strategies
from mai.simulate.works import Device, flagged_share

ALL = {one.name: one for one in strategies(BASE)}
# What the program does not stop today; docs/explanation/economy.md says what would.
GAPS = {
    "50% of the GPU, declares all of it, by the work",
    "50% of the GPU, declares all of it, its true time",
    "50% of the GPU, declares all of it, all time that counts",
    "typical, all time that counts, against its true time",
    "typical, all but the GPU at the caps",
    "typical, everything at the caps",
    "typical, registered as 20 CPUs, no VRAM needed",
    "one device registered 2 times in full, first year",
    "one device registered 3 times in full, first year",
    "one device registered 20 times in full, first year",
}


@pytest.mark.parametrize("name", sorted(ALL.keys() - GAPS))
def test_cheating_loses_at_the_default_parameters(name: str) -> None:
    assert ALL[name].gain < 0


@pytest.mark.parametrize("name", sorted(GAPS))
def test_known_gaps_pay_today(name: str) -> None:
    assert ALL[name].gain > 0


def test_every_family_has_a_variant_that_detection_decides() -> None:
    for family in set(FAMILIES) - {FAKE}:
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


DEVICE = Device(BASE)
VARIANTS = {one.name: one for one in variants(DEVICE)}


@pytest.mark.parametrize("name", ["the same, all time that counts", "typical, everything at the caps"])
def test_declaring_more_is_paid_no_more_by_the_work_but_for_half_a_second(name: str) -> None:
    one = VARIANTS[name]
    cheat, honest = one.day(DEVICE), one.honest(DEVICE, True)
    assert 1.0 < cheat.gross / cheat.works / (honest.gross / honest.works) < 1.01
    assert cheat.works > 1.8 * honest.works


def test_a_gpu_is_no_cpu_to_a_model_that_needs_vram_but_may_be_a_phone() -> None:
    cpus, phones = (VARIANTS[f"typical, registered as 20 {name}"] for name in ("CPUs, no VRAM needed", "phones"))
    assert day_of(DEVICE, cpus.speed, cpus.claim).works > 0
    assert day_of(DEVICE, cpus.speed, replace(cpus.claim, vram=True)).works == 0
    assert phones.claim.vram and phones.day(DEVICE).works > 0
    slow = Device(replace(BASE, efficiency=0.05))
    assert phones.against(DEVICE, False) < 1 < phones.against(slow, False)


@pytest.mark.parametrize("efficiency", [0.02, 0.05, 0.1, 0.2])
def test_claiming_all_time_that_counts_is_worth_ten_times_the_efficiency(efficiency: float) -> None:
    """Times the GPU's share of its cap over the whole rate's, and a half second in sixty; never less than one."""
    device = Device(replace(BASE, efficiency=efficiency))
    greedy, honest = (one(device).gross for one in (
        VARIANTS["typical, all time that counts"].day,
        lambda of: VARIANTS["typical, all time that counts"].honest(of, False),
    ))  # fmt: skip
    rates = hourly_of(2, BASE.hardware) / hourly_of(2, (1.0,) * 5)
    assert greedy / honest == pytest.approx(max(10 * efficiency * BASE.hardware[0] / rates + 0.5 / 60, 1), abs=0.01)


def test_a_machine_does_no_more_works_than_its_time_allows() -> None:
    many = VARIANTS["typical, registered 20 times"].day(DEVICE)
    assert many.works == pytest.approx(BASE.online * 3_600_000 / BASE.work_ms)


def test_shares_of_a_device_win_what_the_device_wins() -> None:
    assert won_by(DEVICE, 1, 1.0) == 1.0 and won_by(DEVICE, 2, 1.0) == 2.0


def test_over_the_years_skipping_and_colluding_lose() -> None:
    found = {one.name: one for one in horizons(simulate(BASE, 1, 1), 1)}
    for name in ("skips routine work until its stake is gone", "both lie whenever both are drawn"):
        assert found[name].cheat < found[name].honest
