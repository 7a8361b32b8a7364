"""A headless Chromium, and a wallet of the wallet standard in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patience import WAIT_SECONDS
from playwright.sync_api import Browser, Page, expect, sync_playwright
from solders.keypair import Keypair

WALLET = Path(__file__).with_name("wallet.js")
NAME = "Test Wallet"
PATIENCE_MS = 1_000 * WAIT_SECONDS
"""A busy machine shows a page slowly; the library's own patience is five seconds."""
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium (`make test-tools` installs it); it ends with the module: its loop holds the thread."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: run `make test-tools`")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE_MS)
        yield started
        started.close()


def wallet_script(keypair: Keypair, name: str = NAME) -> str:
    """A wallet with one key, to be run in a page before the page's own scripts."""
    key = {
        "name": name,
        "seed": keypair.secret().hex(),
        "address": str(keypair.pubkey()),
        "publicKey": bytes(keypair.pubkey()).hex(),
    }
    return f"window.testWalletKey = {json.dumps(key)};\n{WALLET.read_text()}"


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a profile of its own, with the wallet of a keypair or without one."""
    contexts = []

    def opened(url: str, keypair: Keypair | None = None) -> Page:
        context = browser.new_context(viewport={"width": 900, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if keypair is not None:
            context.add_init_script(wallet_script(keypair))
        page = context.new_page()
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
