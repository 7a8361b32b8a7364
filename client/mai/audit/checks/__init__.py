"""The checks, one module a concern; importing this registers them in the order of a report."""

from mai.audit.checks import (  # noqa: I001 - the order of a report
    programs,
    mint,
    supply,
    rewards,
    caps,
    spent,
    draws,
    receipts,
    proofs,
    challenges,
    slashes,
    stakes,
    votes,
    rules,
    spoofs,
    state,
)

__all__ = [
    "caps", "challenges", "draws", "mint", "programs", "proofs", "receipts", "rewards", "rules", "slashes", "spent",
    "spoofs", "stakes", "state", "supply", "votes",
]  # fmt: skip
