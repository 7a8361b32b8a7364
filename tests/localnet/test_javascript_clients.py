"""Solana's own JavaScript clients drive a localnet: web3.js, kit and Anchor's."""

from pathlib import Path

import pytest
from localnet.conftest import JAVASCRIPT, run_node
from localnet.servers import Server

FILES = sorted(JAVASCRIPT.glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_a_client_of_solanas_works(file: Path, modules: Path, server: Server, wallet: Path) -> None:
    done = run_node(file, modules, server, wallet)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "# pass 0" not in done.stdout
