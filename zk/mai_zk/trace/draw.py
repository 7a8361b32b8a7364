"""How the chain draws: which slots' hashes, which seed, which indices. Anyone can compute it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.trace.manifest import Manifest, Stratum

FIRST_DELAY: Final = 8
SECOND_DELAY: Final = 64
TURN: Final = 4
SPREAD: Final = 32
BLOCKS: Final = 4
DRAW_SLOTS: Final = 512
LAST_TARGET: Final = SECOND_DELAY + TURN * (SPREAD - 1) + TURN * (BLOCKS - 1)
"""The latest target, in slots after the commitment."""


class TooEarly(ZkError):
    """A block that decides the draw does not exist yet."""


class Evicted(ZkError):
    """A block that decides the draw is no longer known."""


def _blocks(hashes: Mapping[int, bytes], start: int, last: int) -> tuple[list[bytes], int]:
    found = []
    for turn in range(BLOCKS):
        target = max(start + TURN * turn, last + 1)
        present = [slot for slot in hashes if slot >= target]
        if not present:
            raise TooEarly(f"No block at or after slot {target} exists yet; wait.")
        last = min(present)
        found.append(hashes[last])
    return found, last


def beacon(hashes: Mapping[int, bytes], base: int) -> bytes:
    """Step one's hash, then step two's four block hashes, from the known blocks (slot to hash) and the commit's slot.

    Raises:
        TooEarly: a block is not there yet.
        Evicted: the blocks known begin after the first target.
    """
    if not hashes or min(hashes) > base + FIRST_DELAY:
        raise Evicted(f"The block at slot {base + FIRST_DELAY} is no longer known; the trace expires.")
    one, last = _blocks(hashes, base + FIRST_DELAY, base)
    step_one = keccak256(b"MAI draw step one" + b"".join(one))
    two, _ = _blocks(hashes, base + SECOND_DELAY + TURN * (step_one[0] % SPREAD), last)
    return step_one + b"".join(two)


def seed(beacon: bytes, *, leaves: bool, root: bytes, context: bytes, miner: bytes, universe: int, count: int) -> bytes:
    """The seed of a draw of ``count`` out of ``universe`` positions or leaves."""
    numbers = universe.to_bytes(4, "little") + count.to_bytes(2, "little")
    return keccak256(b"MAI draw step two" + bytes([leaves]) + beacon + root + context + miner + numbers)


def indices(seed: bytes, universe: int, count: int) -> tuple[int, ...]:
    """``count`` different indices below ``universe``, ascending: or, where that is less, those left out are drawn."""
    if not 0 <= count <= universe:
        raise ZkError(f"{count} of {universe} cannot be drawn.")
    if 2 * count <= universe:
        return _distinct(seed, universe, count)
    left_out = set(_distinct(seed, universe, universe - count))
    return tuple(index for index in range(universe) if index not in left_out)


def _distinct(seed: bytes, universe: int, count: int) -> tuple[int, ...]:
    """keccak(seed ‖ counter) is four little-endian numbers of 64 bits; one at or above the largest multiple of the
    universe is thrown away, and so is an index that was drawn already."""
    most = ((1 << 64) - 1) // max(universe, 1) * universe
    drawn: set[int] = set()
    counter = 0
    while len(drawn) < count:
        block = keccak256(seed + counter.to_bytes(4, "little"))
        counter += 1
        for start in range(0, 32, 8):
            number = int.from_bytes(block[start : start + 8], "little")
            if number < most and len(drawn) < count:
                drawn.add(number % universe)
    return tuple(sorted(drawn))


def positions(seed: bytes, universe: int, count: int) -> tuple[int, ...]:
    """The drawn positions: the last one always, the others out of those before it."""
    return (*indices(seed, universe - 1, count - 1), universe - 1)


def strata(seed: bytes, manifest: Manifest, n_positions: int) -> tuple[int, ...]:
    """The drawn leaves in the sampled class, stratum after stratum: place of the position · segments + segment."""
    found = [Stratum(count, tuple(manifest.of_stratum(stratum))) for stratum, count in enumerate(manifest.strata)]
    return by_strata(seed, found, len(manifest.segments), n_positions)


def by_strata(seed: bytes, strata: Sequence[Stratum], n_segments: int, n_positions: int) -> tuple[int, ...]:
    """See :func:`strata`."""
    found: list[int] = []
    for number, stratum in enumerate(strata):
        own, size = keccak256(seed + bytes([number])), len(stratum.segments)
        for index in indices(own, n_positions * size, stratum.draws):
            place, at = divmod(index, size)
            found.append(place * n_segments + stratum.segments[at])
    return tuple(found)
