"""Stop sequences, for every backend alike: text leaves only once it can no longer be the beginning of one."""

from __future__ import annotations

from collections.abc import Sequence


class Stops:
    """Watches an answer for texts that end it."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.hit = False

    def add(self, text: str) -> str:
        """What can leave now; after a hit nothing more does."""
        if self.hit:
            return ""
        self._held += text
        places = [place for place in (self._held.find(stop) for stop in self._stops) if place >= 0]
        if places:
            self.hit = True
            ready, self._held = self._held[: min(places)], ""
            return ready
        keep = max((self._overlap(stop) for stop in self._stops), default=0)
        cut = len(self._held) - keep
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready

    def end(self) -> str:
        """What was held back, once the answer is over."""
        ready, self._held = self._held, ""
        return ready

    def _overlap(self, stop: str) -> int:
        """How much of the end of what is held may be the beginning of ``stop``."""
        longest = min(len(stop) - 1, len(self._held))
        return next((size for size in range(longest, 0, -1) if self._held.endswith(stop[:size])), 0)
