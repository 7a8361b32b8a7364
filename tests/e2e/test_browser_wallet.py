"""A program is deployed to a real cluster by a wallet in the browser: no key is on this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from browser.conftest import NAME, OpenPage, browser, open_page
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.deployment import SIGNATURE_LAMPORTS
from mai.chain.loader import PROGRAM_BYTES, PROGRAM_DATA_HEADER_BYTES
from mai.chain.rpc import Rpc
from mai.chain.upload import CHUNK_BYTES, GROUP
from mai.wallet.files import write_keypair
from playwright.sync_api import expect
from solders.keypair import Keypair

__all__ = ["browser", "open_page"]


def approvals(cluster: Rpc) -> list[str]:
    """How many transactions are signed at a time: making the buffer, writes in batches, and the deployment itself."""
    body, size = artifacts.shared_object("verifier").read_bytes(), CHUNK_BYTES - cluster.reserved_bytes
    writes = sum(any(body[start : start + size]) for start in range(0, len(body), size))  # a new buffer is all zeros
    batches = [min(GROUP, writes - start) for start in range(0, writes, GROUP)]
    return [str(count) for count in (1, *batches, 1)]


def test_deploying_with_a_wallet_in_the_browser(validator: Rpc, open_page: OpenPage, tmp_path: Path) -> None:
    wallet, program = Keypair(), Keypair()
    validator.airdrop(wallet.pubkey(), 5 * LAMPORTS_PER_SOL)
    write_keypair(tmp_path / "program.json", program)
    words = ["program", "deploy", "verifier", "--program-id", tmp_path / "program.json", "--yes", "--output", "json"]
    command = subprocess.Popen(
        [sys.executable, "-c", "from mai.cli.main import main; main()", *map(str, words), "--url", validator.url,
         "--keypair", "browser:"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "BROWSER": "true", "COLUMNS": "200"},
    )  # fmt: skip
    assert command.stderr is not None and command.stdout is not None
    said = re.search(r"http://127\.0\.0\.1:\d+/#\S+", command.stderr.readline())
    assert said is not None
    page = open_page(said[0], wallet)
    page.get_by_role("button", name=NAME).click()
    for count in approvals(validator):
        title = "Sign this transaction?" if count == "1" else f"Sign these {count} transactions?"
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        if count == "1":
            expect(page.get_by_text("upgradeable loader:").first).to_be_visible()
            expect(page.get_by_text("this wallet").first).to_be_visible()
        if folder := os.environ.get("MAI_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"deploy-{len(list(Path(folder).iterdir()))}.png", full_page=True)
        page.get_by_role("button", name="Sign in the wallet").click()
    (done,) = json.loads(command.stdout.read())["programs"]
    assert command.wait() == 0
    assert (done["equal"], done["upgrade_authority"]) == (True, str(wallet.pubkey()))
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    size = artifacts.shared_object("verifier").stat().st_size
    rent = validator.rent(PROGRAM_DATA_HEADER_BYTES + size) + validator.rent(PROGRAM_BYTES)
    assert done["lamports"] == rent + SIGNATURE_LAMPORTS * (done["transactions"] + 1)  # two sign the last one
