"""Options of the whole suite, and how its tests are shared out when several processes run it (`make test`)."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
import typer.testing
from mai.chain import x87
from pace import ALONE, CLUSTER, longest_first

# Commands are built once, not at every call: reading the types of all their options takes a tenth of a second.
if hasattr(typer.testing, "_get_command"):
    typer.testing._get_command = functools.cache(typer.testing._get_command)


def pytest_runtest_setup() -> None:
    """No test inherits the x87 registers as an earlier one's virtual machine left them."""
    x87.free()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--url``: deploy to this cluster, not to a validator that the tests start themselves."""
    parser.addoption(
        "--url", default=None, help="a cluster for tests/e2e/test_deploy.py: localhost, devnet, an address"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first, so that no process is left with one when the others are done."""
    if config.getoption("numprocesses", default=None) or hasattr(config, "workerinput"):
        items.sort(key=longest_first)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests stay together, since they share fixtures; on each cluster they are a part of their own.

    A folder that starts a cluster of its own for each file is one part: two of them at once would starve each other.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            folder = file.rpartition("/")[0]
            cluster = re.search(CLUSTER, nodeid)
            return folder if folder in ALONE else f"{file} {cluster[1]}" if cluster else file

    return ByFile(config, log)
