"""Compute units of each stage of a verification, from a profiled transaction's logs."""

from __future__ import annotations

import re
from collections.abc import Sequence

STAGES = ("transcript", "moduli", "load", "lagrange", "quotient", "shplonk", "claims", "msm", "pairing")
# What `sol_log_compute_units` itself costs between two readings.
LOG_COST = 101
_REMAINING = re.compile(r"Program consumption: (\d+) units remaining")


def stage_units(logs: Sequence[str]) -> dict[str, int]:
    """Compute units by stage, without the logging's own cost; empty if the logs have no profile."""
    remaining = [int(found[1]) for line in logs if (found := _REMAINING.search(line))]
    if len(remaining) != len(STAGES) + 1:
        return {}
    return {stage: remaining[i] - remaining[i + 1] - LOG_COST for i, stage in enumerate(STAGES)}
