"""Cases: number i of seed s is a pure function of (s, i); a block of them is what one worker does at a time."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from campaign import accounts, batches, keys, payloads, receipts, sessions, uploads  # noqa: F401  (they register themselves)
from campaign.bench import Bench
from campaign.circuits import NAMES, load
from campaign.registry import Result, draw_mutation

BLOCK = 100
_RENEW = 3_000  # cases after which a chain is made anew: its accounts only ever grow in number


@dataclass
class Tally:
    """What a block of cases came to.

    Attributes:
        refused: class to verdict to count, of the cases that must be refused.
        controls: class to count of the cases that must be accepted.
        faults: (case, class, what, fault) of every case that was judged otherwise.
    """

    refused: dict[str, Counter[str]] = field(default_factory=dict)
    controls: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str, str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Tally:
        """From JSON."""
        refused = {name: Counter(counts) for name, counts in raw["refused"].items()}
        return cls(refused, Counter(raw["controls"]), [(f[0], f[1], f[2], f[3]) for f in raw["faults"]])

    def raw(self) -> dict[str, Any]:
        """For JSON."""
        refused = {name: dict(counts) for name, counts in self.refused.items()}
        return {"refused": refused, "controls": dict(self.controls), "faults": self.faults}

    def add(self, other: Tally) -> None:
        """Another block's."""
        for name, counts in other.refused.items():
            self.refused.setdefault(name, Counter()).update(counts)
        self.controls.update(other.controls)
        self.faults += other.faults

    @property
    def cases(self) -> int:
        """All cases."""
        judged = sum(sum(counts.values()) for counts in self.refused.values())
        return judged + sum(self.controls.values())


@cache
def _bench(name: str, generation: int) -> Bench:
    other = NAMES[(NAMES.index(name) + 1) % len(NAMES)]
    return Bench(load(name), load(other))


_used: Counter[str] = Counter()


def bench_for(name: str) -> Bench:
    """This process's chain for a circuit."""
    _used[name] += 1
    if _used[name] % _RENEW == 0:
        _bench.cache_clear()
    return _bench(name, _used[name] // _RENEW)


def run_case(seed: str, number: int) -> tuple[str, Result, str | None]:
    """(class, result, what is wrong with it or None) of one case."""
    bench = bench_for(NAMES[number % len(NAMES)])
    bench.draw = random.Random(f"{seed}:{number}")  # a string is hashed with SHA-512
    group, mutation = draw_mutation(bench.draw)
    try:
        result = mutation(bench)
    except BaseException as error:  # the virtual machine's binding panics with one of its own
        if isinstance(error, KeyboardInterrupt):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        result = Result(f"{type(error).__name__}: {error} ({place.name}:{place.lineno})"[:300], mutation.__name__)
    return group, result, result.fault(bench.errors)


def run_block(seed: str, block: int, cases: int) -> Tally:
    """The cases of a block that are below `cases`."""
    tally = Tally()
    for number in range(block * BLOCK, min((block + 1) * BLOCK, cases)):
        group, result, fault = run_case(seed, number)
        if fault:
            tally.faults.append((number, group, result.what, fault))
        if result.control:
            tally.controls[group] += 1
        else:
            tally.refused.setdefault(group, Counter())[result.verdict] += 1
    return tally
