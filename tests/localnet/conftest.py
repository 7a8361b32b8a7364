"""A localnet for this folder's tests, and npm's clients where node is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from localnet.servers import REPOSITORY, Server, running, start_localnet, start_validator
from mai.wallet.files import write_keypair
from solders.keypair import Keypair

JAVASCRIPT = Path(__file__).parent / "js"
OUT = REPOSITORY / "programs" / "build" / "out"


@pytest.fixture(scope="session")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keypair file; its owner may replace MAI's programs on the localnet."""
    path = tmp_path_factory.mktemp("wallet") / "id.json"
    write_keypair(path, Keypair())
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, wallet: Path) -> Iterator[Server]:
    """A localnet with MAI's programs."""
    ledger = tmp_path_factory.mktemp("localnet") / "ledger"
    with running(start_localnet(ledger, "--wallet", str(wallet))) as found:
        yield found


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Solana's own validator; it takes most of a core even when nobody asks it anything, so it ends with its file."""
    with running(start_validator(tmp_path_factory.mktemp("validator"))) as found:
        yield found


@pytest.fixture(scope="session")
def modules() -> Path:
    """The folder into which `make clients` (which `make test` runs) installs npm's clients."""
    folder = Path(os.environ.get("MAI_JS", JAVASCRIPT / "node_modules"))
    if shutil.which("node") is None or not folder.is_dir():
        pytest.skip("node or its packages are missing: run `make clients`")
    return folder


def run_node(file: Path, modules: Path, server: Server, wallet: Path) -> subprocess.CompletedProcess[str]:
    """Run one file of node's tests."""
    environment = {
        **os.environ,
        "MAI_RPC": server.url,
        "MAI_WEBSOCKET": server.websocket,
        "MAI_WALLET": str(wallet),
        "MAI_IDL": str(OUT / "mai.json"),
        "MAI_VERIFIER_IDL": str(OUT / "verifier.json"),
    }
    command = ["node", "--test", "--test-reporter=tap", str(file)]
    return subprocess.run(
        command, env=environment, cwd=modules.parent, capture_output=True, text=True, timeout=300, check=False
    )
