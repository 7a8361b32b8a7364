"""Options of the whole suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--url``: deploy to this cluster, not to a validator that the tests start themselves."""
    parser.addoption(
        "--url", default=None, help="a cluster for tests/e2e/test_deploy.py: localhost, devnet, an address"
    )
