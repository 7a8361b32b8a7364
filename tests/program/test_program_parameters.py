"""What the DAO may move: bounds, defaults, risks, and the rule that cheating must not pay."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import parameters
from program.network import CONFIG, RATE_FLOOR, ready

COUNT = 32
DEFAULTS = [int(parameters.default_parameter(index)) for index in range(COUNT)]
BOUNDS = [(int(parameters.lowest_parameter(at)), int(parameters.highest_parameter(at))) for at in range(COUNT)]
bps = st.integers(0, 10_000)
amounts = st.integers(0, 2**64 - 1)


def typed(values: list[int]) -> object:
    return parameters.Array([parameters.u64(value) for value in values], COUNT)


def test_the_network_begins_with_the_defaults_and_its_rate_floor() -> None:
    expected = [*DEFAULTS]
    expected[parameters.RATE_FLOOR] = RATE_FLOOR
    assert ready().chain.read("Config", CONFIG)["parameters"] == expected


@pytest.mark.parametrize("index", range(COUNT))
def test_every_parameter_is_bounded_on_both_sides(index: int) -> None:
    lowest, highest = BOUNDS[index]
    assert lowest <= DEFAULTS[index] <= highest
    assert lowest < highest
    assert parameters.parameter_risk(index) <= parameters.RISK_HIGH
    for value in (lowest, DEFAULTS[index], highest):
        parameters.check_parameter(index, value)
    if lowest:
        with pytest.raises(AssertionError, match=r"^ParameterTooLow: "):
            parameters.check_parameter(index, lowest - 1)
    with pytest.raises(AssertionError, match=r"^ParameterTooHigh: "):
        parameters.check_parameter(index, highest + 1)


def test_there_is_no_parameter_33() -> None:
    with pytest.raises(AssertionError, match=r"^UnknownParameter: "):
        parameters.check_parameter(COUNT, 1)


def test_what_mints_or_deters_is_of_high_risk() -> None:
    minting = {parameters.EPOCH_CAP, parameters.RATE_FLOOR, parameters.SAVING_BPS}
    classes = range(parameters.CLASS_PARAMETERS, parameters.SAVING_BPS)
    assert {int(parameters.parameter_risk(index)) for index in (*minting, *classes)} == {parameters.RISK_HIGH}


@given(sampling=bps, slash=amounts, limit=amounts, saving=bps)
@settings(deadline=None)
def test_cheating_does_not_pay_where_the_rule_says_so(sampling: int, slash: int, limit: int, saving: int) -> None:
    """p (S + R) >= C, exactly; what holds at the limit holds for every smaller reward."""
    caught = Fraction(sampling, 10_000)
    assert parameters.deters(sampling, slash, limit, saving) == (
        caught * (slash + limit) >= Fraction(saving, 10_000) * limit
    )
    if parameters.deters(sampling, slash, limit, saving):
        for reward in (0, limit // 3, limit // 2, max(limit - 1, 0)):
            assert caught * (slash + reward) >= Fraction(saving, 10_000) * reward


@pytest.mark.parametrize("task_class", range(3))
def test_each_class_must_deter(task_class: int) -> None:
    parameters.check_deterrence(typed(DEFAULTS))
    at = parameters.CLASS_PARAMETERS + 3 * task_class
    values = [*DEFAULTS]
    # One unit of slash less than the rule needs at the default chance and limit.
    limit, chance, saving = values[at + 2], values[at], values[parameters.SAVING_BPS]
    values[at + 1] = -(-saving * limit // chance) - limit
    parameters.check_deterrence(typed(values))
    if values[at + 1]:
        values[at + 1] -= 1
    else:
        values[at] -= 1
    with pytest.raises(AssertionError, match=r"^CheatingWouldPay: "):
        parameters.check_deterrence(typed(values))


@pytest.mark.parametrize("task_class", range(3))
def test_a_class_has_three_parameters(task_class: int) -> None:
    found = [int(parameters.of_class(typed(DEFAULTS), task_class, which)) for which in range(3)]
    assert found == DEFAULTS[17 + 3 * task_class : 20 + 3 * task_class]
