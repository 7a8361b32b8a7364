"""Fixtures of the verifier's tests: a chain, and two real circuits (see vectors/README.md)."""

from __future__ import annotations

import pytest
from verifier.chain import Chain
from verifier.circuit import Circuit


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture(scope="session")
def linear4() -> Circuit:
    return Circuit("linear4")


@pytest.fixture(scope="session")
def lookup4() -> Circuit:
    return Circuit("lookup4")
