"""What people call the program's numbers: the names of its constants, so that no list of them is written twice."""

from __future__ import annotations

from types import ModuleType

from mai.program import calibration, nfts, parameters, staking


def family(module: ModuleType, prefix: str, *leave: str) -> dict[int, str]:
    """The constants of a module that begin with ``prefix``, number to name in small letters, without those to leave."""
    return {
        int(value): name.removeprefix(prefix).lower().replace("_", " ")
        for name, value in vars(module).items()
        if name.startswith(prefix) and isinstance(value, int) and name not in leave
    }


TASK_CLASSES: dict[int, str] = family(parameters, "TASK_", "TASK_CLASSES")
NFT_TIERS: dict[int, str] = family(nfts, "NFT_")
"""Of which the first is none."""
STAKE_TIERS: dict[int, str] = family(staking, "TIER_")
DEVICE_CLASSES: dict[int, str] = {
    number: name.replace(" ", "-") for number, name in family(calibration, "DEVICE_", "DEVICE_CLASSES").items()
}
AMOUNTS: frozenset[str] = frozenset({
    "minted", "fee", "treasury", "refunded", "at_risk", "amount", "burned", "reporter_paid", "assistant_paid",
    "appeal_bond", "hourly", "base", "after_nft", "after_uptime", "after_trust", "after_difficulty", "after_quality",
    "reward", "limit", "cap_left", "fee_burned",
})  # fmt: skip
"""Fields of events that are base units of MAI, where they are numbers."""


def is_amount(name: str, value: object) -> bool:
    """Is an event's field MAI? `treasury` is in one event, and in another the treasury's address."""
    return name in AMOUNTS and isinstance(value, int)
