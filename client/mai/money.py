"""Amounts of MAI: integers of 10⁻⁹ inside, exact decimals outside."""

from __future__ import annotations

import re

from mai.errors import MaiError

DECIMALS = 9
UNITS_PER_MAI = 10**DECIMALS
HIGHEST = 2**64 - 1
"""Base units that a balance can hold."""
MOST_DIGITS = 4_000
"""So long a number is converted at all; Python refuses longer ones."""
_AMOUNT = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")


def format_mai(units: int, *, grouped: bool = True) -> str:
    """An amount in base units as MAI, exact, without trailing zeros.

    >>> format_mai(7_927_920_000_000)
    '7,927.92'
    """
    return fixed_mai(units, grouped=grouped).rstrip("0").rstrip(".")


def fixed_mai(units: int, *, grouped: bool = True) -> str:
    """An amount in base units as MAI with all of its nine decimals, so that columns line up.

    >>> fixed_mai(7_927_920_000_000)
    '7,927.920000000'
    """
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), UNITS_PER_MAI)
    return f"{sign}{whole:{',' if grouped else ''}}.{fraction:0{DECIMALS}d}"


def parse_mai(text: str) -> int:
    """The base units of an amount that somebody typed in MAI, exact; the inverse of both formats.

    Raises:
        MaiError: it is no plain decimal number above zero with at most nine decimals, or too large for a balance.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise MaiError(f"{text} is not an amount: write MAI as a positive number such as 1500 or 0.000000001")
    whole, decimals = found[1].replace(",", ""), found[2] or ""
    if len(decimals) > DECIMALS:
        raise MaiError(f"{text} has {len(decimals)} decimals: MAI has {DECIMALS}")
    units = int(whole + decimals.ljust(DECIMALS, "0")) if len(whole) <= MOST_DIGITS else HIGHEST + 1
    if units > HIGHEST:
        raise MaiError(f"{text} is more MAI than a balance can hold: at most {format_mai(HIGHEST)}")
    if units == 0:
        raise MaiError(f"{text} is nothing: the least amount is {format_mai(1)} MAI")
    return units
