"""Which works a verifier runs again: a block after the commit and the verifier's own address decide, nobody chooses."""

from __future__ import annotations

from typing import Any

from mai_zk.field import keccak256
from solders.pubkey import Pubkey
from solders.sysvar import SLOT_HASHES

from mai.chain.cluster import Cluster
from mai.chain.slot_hashes import read_slot_hashes
from mai.chain.tasks import rules
from mai.errors import MaiError
from mai.program import MODULES

parameters = MODULES["parameters"]
PRESETS = {"light": 2_500, "balanced": 5_000, "maximum": 10_000}
"""Share of the works that are run again, in basis points; the names are those of mining."""
FULL_BPS = int(parameters.FULL_BPS)
SEED_DELAY = 8
"""Slots from a commit to the block that draws, as for the third of a check."""
DOMAIN = b"MAI sample 1\0"
CHECKABLE = (int(rules.WORK_COMMITTED), int(rules.WORK_SETTLED))


class SeedGone(MaiError):
    """The block that draws is too old to be known."""


def rate_of(preset: str | None, percent: int | None) -> int:
    """The share of works, in basis points, of a preset or a percentage.

    Raises:
        MaiError: both are given, the preset is unknown, or the percentage is none.
    """
    if preset is not None and percent is not None:
        raise MaiError("give --preset or --rate, not both")
    if percent is not None:
        if not 1 <= percent <= 100:
            raise MaiError(f"{percent} % of the works cannot be run again: choose 1 to 100")
        return percent * 100
    name = preset or "light"
    if name not in PRESETS:
        raise MaiError(f"there is no preset {name}: choose from {', '.join(PRESETS)}")
    return PRESETS[name]


def seed_of(cluster: Cluster, committed_slot: int) -> bytes | None:
    """The hash of the first block eight slots after a commit, or later; None before there is one.

    Raises:
        SeedGone: it can no longer be told which one that was.
    """
    target = committed_slot + SEED_DELAY
    account = cluster.account(SLOT_HASHES)
    hashes = {} if account is None else read_slot_hashes(bytes(account.data))
    later = [slot for slot in hashes if slot >= target]
    if not later:
        if cluster.slot() > target + 512:
            raise SeedGone("no block is known that draws this work")
        return None
    # As long as an earlier block is known, nothing has left between that and the target.
    if min(hashes) > target:
        raise SeedGone("the block that draws this work is too old to be known")
    return hashes[min(later)]


def is_drawn(seed: bytes, work: Pubkey, stake: Pubkey, rate_bps: int) -> bool:
    """Does this verifier run this work again? Anybody who knows the block can tell, and nobody before it.

    >>> is_drawn(bytes(32), Pubkey.default(), Pubkey.default(), 10_000)
    True
    """
    number = int.from_bytes(keccak256(DOMAIN + seed + bytes(work) + bytes(stake))[:8], "little")
    return number % FULL_BPS < rate_bps


def why_not(work: Any, model: Any, owner: Pubkey, window_s: int, now: int) -> str | None:
    """Why a work cannot be challenged by this verifier, whatever its output is; None if it can."""
    if work.status not in CHECKABLE:
        return "no result stands to be checked"
    if work.owner == owner:
        return "it is the verifier's own work"
    if work.status == rules.WORK_SETTLED and model.detection_bps == FULL_BPS:
        return "its output was proved in full"
    if now > work.committed_ts + window_s:
        return "the time to challenge it is over"
    return None
