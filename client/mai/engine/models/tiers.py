"""Tiers of hardware by what was measured: the table "Hardware Requirements" of MAI's technical architecture."""

from __future__ import annotations

from dataclasses import dataclass

GB = 10**9


@dataclass(frozen=True)
class Tier:
    """A row of the document's table.

    Attributes:
        tokens: generated a second, at least.
        vram: bytes of one GPU's memory, at least.
        example: hardware, and models that suit it.
    """

    name: str
    tokens: float
    vram: int
    example: str


ENTRY = Tier("Entry", 0, 0, "CPU only, 8 GB of RAM: Qwen 2.5 3B, Mistral 7B in 4 bits")
SLOWEST_ENTRY = 8.0
"""Tokens a second that the document expects of the lowest tier."""
TIERS = (
    ENTRY,
    Tier("Standard", 40, 10 * GB, "RTX 3080, 10 GB: Llama 4 Scout, Mistral 7B"),
    Tier("High-End", 80, 24 * GB, "RTX 4090, 24 GB: Qwen 2.5 32B, Llama 4 Maverick"),
    Tier("Server", 200, 80 * GB, "A100 or H100, 80 GB: all models, full precision"),
)


def tier_of(tokens: float | None, vram: int) -> tuple[Tier, str]:
    """The highest tier whose both thresholds are reached, and why it is no higher one.

    Args:
        tokens: generated a second, as measured; None where nothing could be measured.
        vram: bytes of the largest GPU's memory that the measurement used; 0 on a CPU.
    """
    if tokens is None:
        return ENTRY, "no model could be run here, so its speed is unknown"
    reached = next(tier for tier in reversed(TIERS) if tokens >= tier.tokens and vram >= tier.vram)
    place = TIERS.index(reached)
    slow = f"; slower than the {SLOWEST_ENTRY:g} tokens/s that are expected of it" if tokens < SLOWEST_ENTRY else ""
    if place + 1 == len(TIERS):
        return reached, "the highest tier"
    above, lacks = TIERS[place + 1], []
    if tokens < above.tokens:
        lacks.append(f"{above.tokens:g} tokens/s")
    if vram < above.vram:
        lacks.append(f"a GPU with {above.vram // GB} GB")
    return reached, f"{above.name} needs {' and '.join(lacks)}{slow}"
