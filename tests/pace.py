"""How the suite's files are shared out: which take long, and which tests of a file make a part of their own."""

from __future__ import annotations

import pytest

CLUSTER = r"\[(localnet|solana-test-validator)\b"
"""In the id of a test that runs on several clusters."""

ALONE = ("tests/rays",)
"""Folders whose files never run at the same time."""

LONG = (
    *("test_deploy", "test_economy_walk", "test_validator", "test_campaign", "test_browser_wallet", "test_audit_lies"),
    *("test_paid_answer", "test_process", "test_local", "test_smollm2_paid", "test_std_checks", "test_ray_provers"),
    *("test_ray_replicas", "test_genesis", "test_cli_main", "test_example_validator", "test_program_native"),
    *("test_differential", "test_javascript_clients", "test_durability", "test_cli_dao", "test_audit_cli"),
    *("test_attack_proofs", "test_keychain", "test_ezkl_agreement", "test_shards", "test_coverage"),
    "test_program_proposals",
)
"""Files that take longest: those that wait for clusters between those that compute."""


def longest_first(item: pytest.Item) -> int:
    """The place of a test's file among the long ones; all others come after, in their order."""
    name = item.path.stem
    return LONG.index(name) if name in LONG else len(LONG)
