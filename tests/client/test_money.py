"""Amounts are exact."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from mai.money import UNITS_PER_MAI, format_mai


@given(st.integers(-(2**63), 2**64 - 1))
def test_formatting_loses_nothing(units: int) -> None:
    assert Decimal(format_mai(units, grouped=False)) * UNITS_PER_MAI == units
    assert format_mai(units).replace(",", "") == format_mai(units, grouped=False)


def test_the_worked_example_reads_as_in_the_document() -> None:
    assert format_mai(7_927_920_000_000) == "7,927.92"
    assert format_mai(6_864 * UNITS_PER_MAI) == "6,864"
    assert format_mai(1) == "0.000000001"
