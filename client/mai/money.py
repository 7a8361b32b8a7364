"""Amounts of MAI: integers of 10⁻⁹ inside, exact decimals outside."""

from __future__ import annotations

DECIMALS = 9
UNITS_PER_MAI = 10**DECIMALS


def format_mai(units: int, *, grouped: bool = True) -> str:
    """An amount in base units as MAI, exact, without trailing zeros.

    >>> format_mai(7_927_920_000_000)
    '7,927.92'
    """
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), UNITS_PER_MAI)
    digits = f"{fraction:0{DECIMALS}d}".rstrip("0")
    text = f"{whole:,}" if grouped else str(whole)
    return f"{sign}{text}{'.' + digits if digits else ''}"
