"""Amounts are exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.errors import MaiError
from mai.money import HIGHEST, UNITS_PER_MAI, fixed_mai, format_mai, parse_mai

amounts = st.integers(1, HIGHEST)


@given(st.integers(-(2**63), 2**64 - 1))
def test_formatting_loses_nothing(units: int) -> None:
    assert Decimal(format_mai(units, grouped=False)) * UNITS_PER_MAI == units
    assert format_mai(units).replace(",", "") == format_mai(units, grouped=False)
    assert Decimal(fixed_mai(units, grouped=False)) * UNITS_PER_MAI == units
    assert len(fixed_mai(units).partition(".")[2]) == 9


def test_the_worked_example_reads_as_in_the_document() -> None:
    assert format_mai(7_927_920_000_000) == "7,927.92"
    assert format_mai(6_864 * UNITS_PER_MAI) == "6,864"
    assert format_mai(1) == "0.000000001"
    assert fixed_mai(7_927_920_000_000) == "7,927.920000000"


@given(amounts, st.booleans())
def test_parsing_undoes_both_formats(units: int, grouped: bool) -> None:
    assert parse_mai(format_mai(units, grouped=grouped)) == units
    assert parse_mai(fixed_mai(units, grouped=grouped)) == units


@given(st.integers(1, HIGHEST // UNITS_PER_MAI), st.text("0123456789", min_size=10, max_size=30))
def test_more_than_nine_decimals_are_refused(whole: int, decimals: str) -> None:
    with pytest.raises(MaiError, match=f"has {len(decimals)} decimals: MAI has 9"):
        parse_mai(f"{whole}.{decimals}")


@given(st.integers(HIGHEST + 1, 10**40))
def test_what_no_balance_can_hold_is_refused(units: int) -> None:
    with pytest.raises(MaiError, match="more MAI than a balance can hold"):
        parse_mai(fixed_mai(units))
    assert parse_mai(fixed_mai(HIGHEST)) == HIGHEST


@given(st.text(max_size=20))
def test_any_text_is_exact_or_one_sentence(text: str) -> None:
    try:
        units = parse_mai(text)
    except MaiError:
        return
    assert Decimal(text.strip().replace(",", "")) * UNITS_PER_MAI == units
    assert 0 < units <= HIGHEST


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "nan", "NaN", "inf", "1e9", "0x10", ".5", "1.", "1,00", "１", "1_000"]
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MaiError, match="is not an amount"):
        parse_mai(text)


@pytest.mark.parametrize("text", ["0", "0.0", "0.000000000", "9" * 5_000])
def test_nothing_and_far_too_much_are_refused(text: str) -> None:
    with pytest.raises(MaiError, match=r"is nothing|is more MAI"):
        parse_mai(text)
