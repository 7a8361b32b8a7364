"""Clusters behind one fixture: MAI's own localnet, and Solana's validator where one is at hand; or the one of --url."""

from collections.abc import Iterator

import pytest
from localnet.servers import running, start_localnet, start_validator
from mai.chain.monikers import address_of
from mai.chain.rpc import Rpc

CLUSTERS = ["localnet", "solana-test-validator"]
LASTING = "test_deploy"
"""The tests that can run again and again on a cluster that lasts."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "validator" in metafunc.fixturenames:
        given = metafunc.config.getoption("--url") and metafunc.module.__name__.endswith(LASTING)
        metafunc.parametrize("validator", ["url"] if given else CLUSTERS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def validator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rpc]:
    """A cluster without any program of MAI's, or the one that was named."""
    if request.param == "url":
        yield Rpc(address_of(request.config.getoption("--url")))
        return
    folder = tmp_path_factory.mktemp(request.param)
    server = start_localnet(folder / "ledger", "--bare") if request.param == "localnet" else start_validator(folder)
    with running(server):
        yield server.rpc()
