"""Hours in which new works are taken, in this machine's time zone; what is begun is finished at any hour."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mai.errors import MaiError

_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
DAY = 24 * 60
MOST_SPANS = 24


@dataclass(frozen=True)
class Span:
    """From a minute of the day to another, not included; over midnight where it ends before it begins."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of the day is in it; a span that ends where it begins is the whole day."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def __str__(self) -> str:
        return "-".join(f"{at // 60:02}:{at % 60:02}" for at in (self.start, self.end))


@dataclass(frozen=True)
class Schedule:
    """The spans in which works are taken; none: always."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Schedule:
        """Spans as they are typed: `22:00-07:00`, several, also with commas.

        Raises:
            MaiError: one is no span, or there are too many.
        """
        words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
        if len(words) > MOST_SPANS:
            raise MaiError(f"a schedule has at most {MOST_SPANS} spans, not {len(words)}")
        return cls(tuple(_span(word) for word in words))

    def open_at(self, now: datetime) -> bool:
        """Whether works are taken at this local time."""
        return not self.spans or any(span.holds(now.hour * 60 + now.minute) for span in self.spans)

    def opens_at(self, now: datetime) -> datetime | None:
        """The next minute at which works are taken; None where they are taken now."""
        if self.open_at(now):
            return None
        whole = now.replace(second=0, microsecond=0)
        starts = ((span.start - now.hour * 60 - now.minute) % DAY or DAY for span in self.spans)
        return whole + timedelta(minutes=min(starts))

    def __str__(self) -> str:
        return ", ".join(map(str, self.spans)) or "always"


def _span(word: str) -> Span:
    found = _SPAN.fullmatch(word)
    if found is None or (found[3] == "24" and found[4] != "00"):
        raise MaiError(f"{word} is no span of hours: write it as 22:00-07:00")
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return Span(start, end % DAY)
