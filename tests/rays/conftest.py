"""Two nodes of one Ray cluster, and this process as their driver. What goes wrong with Ray ends soon, by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from rays.nodes import RAY, Cluster

SETTINGS = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_USAGE_STATS_ENABLED")
TEST_SECONDS = 1_500
"""More than all waits of one test and of the cluster's start together."""
PROBE_SECONDS = 240
PROBE = """
import ray, sys
ray.init(address=sys.argv[1], log_to_driver=False, configure_logging=False)
double = ray.remote(num_cpus=1)(lambda number: 2 * number)
sys.exit(ray.get([double.remote(number) for number in range(4)], timeout=200) != [0, 2, 4, 6])
"""
MAX_FAILURES = 3
_failures: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that hangs, perhaps within Ray's own code, ends its process and with it the run."""
    for item in items:
        if item.path.parent.name == "rays":
            item.add_marker(pytest.mark.timeout(TEST_SECONDS, method="thread"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Count the failures of this folder."""
    report = yield
    if report.failed and item.path.parent.name == "rays":
        _failures.append(item.name)
    return report


@pytest.fixture(autouse=True)
def while_ray_works() -> None:
    """Every failure here may be a wait of minutes: after a few the others are not tried."""
    if len(_failures) >= MAX_FAILURES:
        pytest.skip(f"not tried after the failures of {', '.join(_failures)}")


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
        probe(begun)
        yield begun
    finally:
        begun.stop()
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def probe(cluster: Cluster) -> None:
    """Skip where Ray by itself, with nothing of ours, runs no task on this machine."""
    asked = [sys.executable, "-c", PROBE, cluster.address]
    try:
        done = subprocess.run(
            asked, env=cluster.environment, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"Ray runs no task on this machine within {PROBE_SECONDS} s")
    if done.returncode:
        pytest.skip(f"Ray runs no task on this machine: {done.stderr.strip()[-300:]}")
