"""What names of one machine show in musters, by the program's own rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt

from mai.program import assignment, muster, registry
from mai.program.prelude import Pubkey, u8
from mai.simulate.assumptions import Assumptions
from mai.simulate.economy import speed_of

SLOT_MS = 1_000 * int(assignment.SLOT_FIFTHS) // 5
WINDOW, LANES = int(muster.ANSWER_SLOTS), int(muster.MOST_LANES)
# As many that twenty names which take turns answer twice, and nothing is left of how it began.
MUSTERS = 64
MARK_S = int(muster.MARK_SLOTS) * SLOT_MS / 1_000
INTERVAL_S = int(muster.MUSTER_ODDS) * MARK_S

# Of each name: how long the machine worked for it in each lane, in slots; in how many lanes; the slot of its answers.
Plan = tuple[tuple[float, int, int], ...]


def at_once(names: int, lag: int, streams: int) -> Callable[[int], Plan]:
    """Every name answers when the window ends; the machine's streams are shared."""
    lanes = min(-(-streams // names), LANES)
    worked = (WINDOW - lag) * min(streams / names / lanes, 1.0)
    return lambda _: ((worked, lanes, WINDOW),) * names


def in_turn(names: int, lag: int, streams: int) -> Callable[[int], Plan]:
    """One name a muster has the whole machine."""
    lanes, worked = min(streams, LANES), float(WINDOW - lag)
    return lambda turn: tuple((worked * (turn % names == name), lanes, WINDOW) for name in range(names))


def one_by_one(names: int, lag: int, streams: int) -> Callable[[int], Plan]:
    """In every muster one name after the other has the whole machine, each as much longer as the one before it."""
    lanes = min(streams, LANES)
    ends = [lag, *(round(max(lag, 1) * (WINDOW / max(lag, 1)) ** (place / names)) for place in range(1, names + 1))]
    return lambda _: tuple((float(end - start), lanes, end) for start, end in pairwise(ends))


def paths(speed: float, units: int, plan: Callable[[int], Plan], musters: int = MUSTERS) -> npt.NDArray[np.int64]:
    """The power of each name after each muster; ``speed`` in work units a millisecond and stream, ``units`` a token."""
    emission = SimpleNamespace(muster=0, power=0)
    miners = [SimpleNamespace(power=0, muster=0, lanes=0, lanes_now=0, lanes_muster=0) for _ in plan(0)]
    # What each name showed in each of its lanes when it answered last; all is proved.
    before = [0] * len(miners)
    found = np.zeros((musters, len(miners)), dtype=np.int64)
    for turn in range(musters):
        emission.muster += 1
        for place, (miner, (worked, lanes, end)) in enumerate(zip(miners, plan(turn), strict=True)):
            muster.decay(emission, miner)
            tokens = int(worked * SLOT_MS * speed) // units
            if not tokens:
                continue
            shown = shown_of(units, tokens, end)
            for _ in range(lanes):
                answer = SimpleNamespace(muster=emission.muster, shown=shown, before=before[place])
                muster.count_shown(emission, miner, answer)
            before[place] = shown
        found[turn] = [int(miner.power) for miner in miners]
    return found


@cache
def shown_of(units: int, tokens: int, slot: int) -> int:
    """What an answer of so many tokens shows that is given so many slots after the mark."""
    emission = SimpleNamespace(muster=1, muster_mark=muster.MARK_SLOTS, muster_seed=[u8(0)] * 32)
    model = SimpleNamespace(
        approved=True, proof=registry.PROOF_TRACE, detection_bps=assignment.NEWCOMER_SAMPLING, segments=1,
        work_units=units, max_tokens=registry.TOKEN_LIMIT,
    )  # fmt: skip
    answer, key, at = SimpleNamespace(lane=u8(0), muster=0, status=0), Pubkey(bytes(32)), int(muster.MARK_SLOTS) + slot
    muster.give(answer, emission, 0, key, model, key, key, [u8(0)] * 32, tokens, at, 0)
    return int(answer.shown)


def escaped(rate: float, musters: int) -> npt.NDArray[np.float64]:
    """The chances that the last two lies in a row that were not caught ended so many musters ago (0, 1, ...), if each
    is caught at this rate."""
    passed = 1 - rate
    none = [1.0, 1.0]
    while len(none) < musters + 2:
        none.append(rate * none[-1] + rate * passed * none[-2])
    return -np.diff(none[1:])


def power_of(device_class: int, assumed: Assumptions) -> int:
    """What an honest device of typical hardware has in the end, a lane for each stream; work units a slot."""
    return int(ramp_of(device_class, assumed, at_once, 1)[-1].sum())


def weights(
    device_class: int, assumed: Assumptions, plan: Callable[..., Callable[[int], Plan]], names: int
) -> tuple[float, ...]:
    """The chance of each name of one machine in the lottery, in that of the machine under one name."""
    found, own = ramp_of(device_class, assumed, plan, names)[-1], power_of(device_class, assumed)
    return tuple((int(power) + 1) / (own + 1) for power in found)


def ramp_of(
    device_class: int, assumed: Assumptions, plan: Callable[..., Callable[[int], Plan]], names: int
) -> npt.NDArray[np.int64]:
    """The power of each name of a machine that is new, muster by muster."""
    speed, streams = speed_of(device_class, assumed), assumed.streams[device_class]
    return _paths(speed, assumed.muster_units, assumed.muster_lag, streams, plan, names)


@cache
def _paths(
    speed: float, units: int, lag: int, streams: int, plan: Callable[..., Callable[[int], Plan]], names: int
) -> npt.NDArray[np.int64]:
    return paths(speed, units, plan(names, lag, streams))
