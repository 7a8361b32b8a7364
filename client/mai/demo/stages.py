"""What each stage of the demo did and cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mai.chain.cluster import Landed
from mai.chain.progress import Progress, silent


@dataclass
class Stage:
    """One stage: its name, the transactions that landed in it, and its duration."""

    name: str
    landed: list[Landed] = field(default_factory=list)
    ms: int = 0
    note: str = ""

    @property
    def compute_units(self) -> int:
        """Compute units of all its transactions."""
        return sum(item.compute_units for item in self.landed)

    def as_json(self) -> dict[str, Any]:
        """The stage as the JSON output shows it."""
        return {
            "name": self.name,
            "transactions": len(self.landed),
            "compute_units": self.compute_units,
            "ms": self.ms,
        }


class Recorder:
    """Collects the stages and tells a display about them as they happen."""

    def __init__(self, display: StageDisplay) -> None:
        self.stages: list[Stage] = []
        self._display = display

    @contextmanager
    def stage(self, name: str) -> Iterator[tuple[Stage, Progress]]:
        """Time a stage; yields it and a function that moves its progress bar (done, total)."""
        stage = Stage(name)
        started = time.perf_counter()
        advance = self._display.begin(name)
        yield stage, advance
        stage.ms = round((time.perf_counter() - started) * 1000)
        self.stages.append(stage)
        self._display.end(stage)


class StageDisplay:
    """Shows nothing; the base of displays."""

    def begin(self, name: str) -> Progress:
        """A stage begins; the result moves its progress bar."""
        return silent

    def end(self, stage: Stage) -> None:
        """A stage ended well."""
