"""A presale's mint is adopted on a localnet and on Solana's own validator, and mining opened: the programs are there
from the first block on, upgradeable by the admin, and are made final (test_validator.py deploys them instead).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from client.founding import PROGRAMS, ClusterPresale
from e2e.conftest import CLUSTERS
from localnet.servers import Server, running, start_localnet, start_validator
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.loader import deployed
from mai.chain.rpc import Rpc
from mai.cli.main import app
from mai.errors import MaiError, ProgramError
from mai.wallet.files import write_keypair
from program.presale import SUPPLY
from solders.keypair import Keypair
from typer.testing import CliRunner


def start(cluster: str, folder: Path, admin: Keypair) -> Server:
    """A cluster on which the admin can replace MAI's programs."""
    if cluster == "localnet":
        write_keypair(folder / "wallet.json", admin)
        return start_localnet(folder / "ledger", "--wallet", str(folder / "wallet.json"))
    options = []
    for name in PROGRAMS:
        address = str(artifacts.program_keypair(name).pubkey())
        options += ["--upgradeable-program", address, str(artifacts.shared_object(name)), str(admin.pubkey())]
    return start_validator(folder, *options)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_an_adoption_on_a_real_validator(cluster: str, tmp_path: Path) -> None:
    admin = Keypair()
    with running(start(cluster, tmp_path, admin)) as server:
        adopt_and_open(server.rpc(), admin, tmp_path)


def adopt_and_open(validator: Rpc, admin: Keypair, tmp_path: Path) -> None:
    validator.airdrop(admin.pubkey(), 100 * LAMPORTS_PER_SOL)
    presale = ClusterPresale(validator)
    presale.presale()
    presale.freeze()

    def write(name: str, keypair: Keypair) -> str:
        path = tmp_path / f"{name}.json"
        write_keypair(path, keypair)
        return str(path)

    admin_file, thief_file = write("admin", admin), write("thief", presale.seller)
    founders = [write(f"founder{index}", key) for index, key in enumerate(presale.founders)]

    def run(*words: str, keypair: str = admin_file) -> Any:
        result = CliRunner().invoke(
            app, ["genesis", *words, "--url", validator.url, "--keypair", keypair, "--output", "json"]
        )
        if isinstance(result.exception, MaiError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    adopt = ["adopt", "--mint", str(presale.mint), "--multisig", str(presale.multi), "--chain-id", "7", "--srs", "test"]
    with pytest.raises(ProgramError, match="NotUpgradeAuthority"):
        run(*adopt, keypair=thief_file)
    assert run(*adopt)["next"] == "mint handed over"
    assert run("hand-over", "--signer", founders[0], "--signer", founders[2])["next"] == "programs final"
    with pytest.raises(ProgramError, match="StillUpgradeable"):
        run("open")
    answer = run("open", "--final")

    assert answer["next"] is None
    chain = answer["chain"]
    assert (chain["immutable"], chain["adopted"], chain["authority"]) == (True, True, None)
    assert (chain["mint_authority"], chain["freeze_authority"]) == (chain["config"], None)
    assert chain["supply"] == chain["frozen_supply"] == SUPPLY
    assert chain["mai"]["code"] == "mai"
    for name in PROGRAMS:
        found = deployed(validator, artifacts.program_keypair(name).pubkey())
        assert found is not None
        assert found.authority is None
    with pytest.raises(ProgramError):
        presale.mint_more(1, presale.multi, presale.founders[:2])
