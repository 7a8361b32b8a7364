"""How much of a machine mining may have: Light, Balanced, Maximum, or Flexible in tens of percent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

from mai.errors import MaiError

STEP = 10
LOWEST, HIGHEST = 10, 100


class Preset(StrEnum):
    """The four presets."""

    LIGHT = "light"
    BALANCED = "balanced"
    MAXIMUM = "maximum"
    FLEXIBLE = "flexible"


SHARES = {Preset.LIGHT: 25, Preset.BALANCED: 50, Preset.MAXIMUM: 100}
"""Percent of the machine; Flexible is said with its own, 10 to 100 in tens."""
# From this share on: works in flight, and how much the provers stand back behind other programs (nice).
TABLE = ((0, 1, 19), (25, 2, 15), (50, 4, 10), (80, 6, 5), (100, 8, 0))


@dataclass(frozen=True)
class Allocation:
    """What a preset means on a machine.

    Attributes:
        name: the preset with its share, such as `flexible 30`.
        share: percent of the machine.
        workers: processes that prove.
        threads: of each of them.
        in_flight: works at once at most.
        nice: 0 to 19.
        duty: percent of the time in which the workers may run, where even one thread is more than the share.
    """

    name: str
    share: int
    workers: int
    threads: int
    in_flight: int
    nice: int
    duty: int


def parse(text: str) -> tuple[Preset, int]:
    """A preset and its share, as somebody types it: `light`, `balanced`, `maximum`, `flexible 30` or `30`.

    Raises:
        MaiError: it is none of them.
    """
    words = text.lower().replace(":", " ").split()
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        words = [Preset.FLEXIBLE, words[0]]
    if len(words) == 1 and words[0] in SHARES:
        preset = Preset(words[0])
        return preset, SHARES[preset]
    if len(words) == 2 and words[0] == Preset.FLEXIBLE and words[1].isascii() and words[1].isdigit():
        share = int(words[1]) if len(words[1]) <= 3 else HIGHEST + 1
        if LOWEST <= share <= HIGHEST and share % STEP == 0:
            return Preset.FLEXIBLE, share
    raise MaiError(
        f"{text} is no preset: light (25 %), balanced (50 %), maximum (100 %), or flexible 10 to 100 in tens"
    )


def allocation(text: str, cores: int | None = None) -> Allocation:
    """What a preset means on a machine of so many cores (by default, this one's that the process may use).

    Raises:
        MaiError: the text is no preset.
    """
    preset, share = parse(text)
    found = max(1, cores if cores is not None else usable_cores())
    hundredths = found * share
    threads = max(1, hundredths // 100)
    # One worker for every two cores: EZKL's prover has parts that one thread does alone.
    workers = max(1, threads // 2)
    in_flight, nice = next((works, nice) for least, works, nice in reversed(TABLE) if share >= least)
    duty = min(100, hundredths // threads)
    name = f"{preset} {share}" if preset is Preset.FLEXIBLE else str(preset)
    return Allocation(name, share, workers, max(1, threads // workers), in_flight, nice, duty)


def usable_cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1
