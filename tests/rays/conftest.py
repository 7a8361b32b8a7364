"""Two nodes of one Ray cluster, and this process as their driver."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from rays.nodes import RAY, Cluster

SETTINGS = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_USAGE_STATS_ENABLED")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A head and another node with two CPUs each, and a cache each."""
    if not RAY.is_file():
        pytest.skip("Ray is not installed: there may be no wheel of it for this Python and machine")
    begun = Cluster.begin()
    kept = {name: os.environ.get(name) for name in SETTINGS}
    os.environ |= {name: begun.environment[name] for name in SETTINGS}
    try:
        begun.start("one", head=True, cpus=2, MAI_CACHE=str(tmp_path_factory.mktemp("one")))
        begun.start("two", cpus=2, MAI_CACHE=str(tmp_path_factory.mktemp("two")))
        yield begun
    finally:
        begun.stop()
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
