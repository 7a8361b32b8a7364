"""Chains for the attack tests: one a circuit and session; a case's draws start from the test's name."""

from __future__ import annotations

import random

import pytest

from campaign.bench import Bench
from campaign.cases import bench_for


def fresh(name: str, request: pytest.FixtureRequest) -> Bench:
    """The circuit's chain with draws of this test's own."""
    bench = bench_for(name)
    bench.draw = random.Random(request.node.name)
    return bench


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    """The circuit with public inputs and outputs."""
    return fresh("public", request)


@pytest.fixture
def committed(request: pytest.FixtureRequest) -> Bench:
    """The circuit whose input, weights and output are committed."""
    return fresh("committed", request)
