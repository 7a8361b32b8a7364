"""Times, shares and bars for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rich.table import Table

_ADDRESS = re.compile(r"\b[1-9A-HJ-NP-Za-km-z]{32,44}\b")
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
BAR = 24


def when(ts: int) -> str:
    """A time of the chain's clock."""
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(seconds: int) -> str:
    """A duration in its two largest units.

    >>> span(90_061)
    '1 d 1 h'
    """
    parts, left = [], max(seconds, 0)
    for size, name in UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:,} {name}")
    return " ".join(parts[:2]) or "0 s"


def until(ts: int, now: int) -> str:
    """A time, and how far it is from now."""
    return f"{when(ts)} ({f'in {span(ts - now)}' if ts > now else f'{span(now - ts)} ago'})"


def count(number: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "work"), count(1_200, "work")
    ('1 work', '1,200 works')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(bps: int) -> str:
    """Basis points as a percentage, exact.

    >>> percent(8_525)
    '85.25 %'
    """
    whole, hundredths = divmod(bps, 100)
    return f"{whole:,}{f'.{hundredths:02d}'.rstrip('0') if hundredths else ''} %"


def share(part: int, whole: int) -> str:
    """A part of a whole as a percentage with two decimals, rounded down."""
    return f"{part * 10_000 // whole / 100:.2f} %" if whole else "none"


def decimal(part: int, whole: int) -> str:
    """A ratio as a decimal with as many places as its denominator, a power of ten, has zeros: exact.

    >>> decimal(10_500, 10_000)
    '1.0500'
    """
    places = len(str(whole)) - 1
    return f"{part // whole}.{part % whole:0{places}d}"


def ratio(billionths: int) -> str:
    """A number in 1/10⁹ as the program keeps it, exact."""
    return decimal(billionths, 10**9)


def bar(part: int, whole: int, width: int = BAR) -> str:
    """A part of a whole as a bar."""
    filled = min(part * width // whole, width) if whole else 0
    return "█" * filled + "░" * (width - filled)


def brief(text: str) -> str:
    """A text with its addresses cut to their ends."""
    return _ADDRESS.sub(lambda found: f"{found[0][:4]}…{found[0][-4:]}", text)


def listing(*columns: str, right: tuple[str, ...] = (), gap: int = 2) -> Table:
    """A plain table with these columns; those in ``right`` hold numbers."""
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name in right)
    return table
