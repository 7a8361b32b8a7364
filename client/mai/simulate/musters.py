"""What names of one machine show in musters, by the program's own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import accumulate, pairwise
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt

from mai.program import assignment, muster, registry
from mai.program.prelude import Pubkey, u8
from mai.simulate.assumptions import Assumptions
from mai.simulate.economy import speed_of

SLOT_MS = 1_000 * int(assignment.SLOT_FIFTHS) // 5
WINDOW = int(muster.ANSWER_SLOTS)
# Halvings after which nothing is left of how it began.
MUSTERS = 24
INTERVAL_S = int(muster.MARK_SLOTS) * int(muster.MUSTER_ODDS) * SLOT_MS / 1_000

# Of each name: how long the machine worked for it, in slots, and the slot of its answer after the mark.
Plan = tuple[tuple[float, int], ...]


def at_once(names: int, lag: int, streams: int = 1) -> Callable[[int], Plan]:
    """Every name answers when the window ends; the machine's time is shared, or `streams` of them run in a batch."""
    worked = (WINDOW - lag) * min(names, streams) / names
    return lambda _: ((worked, WINDOW),) * names


def in_turn(names: int, lag: int) -> Callable[[int], Plan]:
    """One name a muster has the whole machine."""
    return lambda turn: tuple((float(WINDOW - lag) * (turn % names == name), WINDOW) for name in range(names))


def one_by_one(names: int, lag: int) -> Callable[[int], Plan]:
    """In every muster one name after the other has the whole machine, each as much longer as the one before it."""
    ends = [lag, *(round(max(lag, 1) * (WINDOW / max(lag, 1)) ** (place / names)) for place in range(1, names + 1))]
    return lambda _: tuple((float(end - start), end) for start, end in pairwise(ends))


def powers(speed: float, units: int, plan: Callable[[int], Plan]) -> list[int]:
    """The power of each name after many musters; ``speed`` in work units a millisecond, ``units`` a token."""
    emission = SimpleNamespace(muster=0, muster_mark=0, muster_seed=[u8(0)] * 32, power=0)
    model = SimpleNamespace(
        approved=True, proof=registry.PROOF_TRACE, detection_bps=assignment.NEWCOMER_SAMPLING, segments=1,
        work_units=units, max_tokens=registry.TOKEN_LIMIT,
    )  # fmt: skip
    names = [(SimpleNamespace(power=0, muster=0), SimpleNamespace(muster=0, shown=0)) for _ in plan(0)]
    key = Pubkey(bytes(32))
    for turn in range(MUSTERS):
        emission.muster += 1
        emission.muster_mark += muster.MARK_SLOTS
        for (miner, answer), (worked, end) in zip(names, plan(turn), strict=True):
            muster.decay(emission, miner)
            tokens = int(worked * SLOT_MS * speed) // units
            if tokens:
                at = emission.muster_mark + end
                muster.give(answer, emission, 0, key, model, key, key, [u8(0)] * 32, tokens, at, 0)
                muster.count_shown(emission, miner, answer)
    return [int(miner.power) for miner, _ in names]


def halved(shown: Iterable[float]) -> npt.NDArray[np.float64]:
    """A name's power after each muster, without the program's rounding."""
    return np.array(list(accumulate(shown, lambda power, more: (power + more) / 2, initial=0.0))[1:])


def power_of(device_class: int, assumed: Assumptions) -> int:
    """What an honest device of typical hardware has in the end, work units a slot."""
    return _powers(speed_of(device_class, assumed), assumed.muster_units, assumed.muster_lag, at_once, 1)[0]


def weights(
    device_class: int, assumed: Assumptions, plan: Callable[..., Callable[[int], Plan]], *terms: int
) -> tuple[float, ...]:
    """The chance of each name of one machine in the lottery, in that of the machine under one name.

    ``terms`` are the number of names and what else the plan takes after the lag.
    """
    found = _powers(speed_of(device_class, assumed), assumed.muster_units, assumed.muster_lag, plan, *terms)
    return tuple((power + 1) / (power_of(device_class, assumed) + 1) for power in found)


@cache
def _powers(speed: float, units: int, lag: int, plan: Callable[..., Callable[[int], Plan]], *terms: int) -> list[int]:
    return powers(speed, units, plan(terms[0], lag, *terms[1:]))
