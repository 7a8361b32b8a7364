"""Compute units are exact: a change shows here first, and BENCHMARKS.md must be made again (`make bench`)."""

import pytest
from mai.chain import artifacts

from bench import compute, field

# Whole `check` transaction; the goals they are held to are 326,000 and 450,000.
CHECK = {"linear4": 294_602, "digits": 333_485}
GOAL = {"linear4": 326_000, "digits": 450_000}
# One interpreted field operation.
FIELD = {"MUL": 598, "MUL of equal operands": 484, "DOT2": 894, "DOT3": 1_182, "DOT4": 1_467, "ADD": 40, "SUB": 53}
VERIFIER_BYTES = 130_000


@pytest.mark.parametrize("name", CHECK)
def test_checking_a_proof_costs_exactly_this(name: str) -> None:
    figures = compute.measure(name)
    if artifacts.checked_in():
        assert figures.total == CHECK[name]
    assert figures.total <= GOAL[name]
    assert figures.floor < sum(figures.stages.values()) < figures.total


@pytest.mark.skipif(not artifacts.checked_in(), reason="another toolchain's build costs something else")
def test_a_field_operation_costs_exactly_this() -> None:
    assert field.measure() == FIELD


def test_the_verifier_stays_small() -> None:
    assert artifacts.shared_object("verifier").stat().st_size <= VERIFIER_BYTES
