"""docs/reference/localnet.md says what the code answers, no more and no less."""

from __future__ import annotations

import re

import mai.localnet.methods  # noqa: F401  (registers them)
from localnet.test_differential import REQUESTS
from mai.localnet.registry import METHODS
from mai.localnet.subscriptions import SUBSCRIPTIONS

from bench.localnet_methods import PAGE, tables

# What has nothing to compare with: ours alone, or answered by a snapshot or a stake that only a validator has.
NOT_COMPARED = {"mai_warp", "getHighestSnapshotSlot", "getBlockCommitment", "getClusterNodes"}


def test_the_tables_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert tables() in page
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted([*METHODS, *SUBSCRIPTIONS])


def test_every_method_is_compared_with_solanas_validator() -> None:
    assert {request[0] for request in REQUESTS} >= set(METHODS) - NOT_COMPARED
