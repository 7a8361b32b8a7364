"""Two clusters behind one fixture: MAI's own localnet, and Solana's validator where one is at hand."""

from collections.abc import Iterator

import pytest
from localnet.servers import running, start_localnet, start_validator
from mai.chain.rpc import Rpc


@pytest.fixture(scope="module", params=["localnet", "solana-test-validator"])
def validator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rpc]:
    """A cluster without any program of MAI's."""
    folder = tmp_path_factory.mktemp(request.param)
    server = start_localnet(folder / "ledger", "--bare") if request.param == "localnet" else start_validator(folder)
    with running(server):
        yield server.rpc()
