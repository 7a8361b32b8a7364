"""A wallet in the browser signs what it is shown, and nothing else is taken from it or from anybody."""

from __future__ import annotations

import queue
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import NAME, OpenPage, wallet_script
from mai.chain.cluster import LAMPORTS_PER_SOL, Landed
from mai.chain.embedded import Embedded
from mai.cli.connect import known_programs
from mai.errors import MaiError
from mai.wallet.browser import server
from mai.wallet.browser.opening import Opened
from mai.wallet.browser.signer import BrowserSigner
from mai.wallet.browser.view import transaction_view
from patience import WAIT_SECONDS
from playwright.sync_api import Page, expect
from solders.keypair import Keypair
from solders.message import Message
from solders.system_program import TransferParams, transfer

AMOUNT = 1_234_567_890


class Desk:
    """Somebody's command that pays from a wallet in the browser, on the embedded chain."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.chain = Embedded()
        self.keypair, self.to = Keypair(), Keypair().pubkey()
        self.chain.airdrop(self.keypair.pubkey(), 10 * LAMPORTS_PER_SOL)
        self.urls: queue.Queue[str] = queue.Queue()
        self.opened: list[Opened] = []
        self.signer = BrowserSigner("solana:localnet", view=self.view, announce=self.urls.put, open_page=self.open)
        self._pool = pool

    def open(self, url: str) -> Opened:
        self.opened.append(Opened(url))
        return self.opened[-1]

    @staticmethod
    def view(message: Message, effects: bool) -> dict[str, Any]:
        return transaction_view(message, known_programs(), None)

    def start(self, act: Callable[[], Any]) -> Future[Any]:
        return self._pool.submit(act)

    def pay(self, amount: int = AMOUNT) -> Landed:
        gift = TransferParams(from_pubkey=self.signer.pubkey(), to_pubkey=self.to, lamports=amount)
        return self.chain.send([transfer(gift)], [self.signer])

    def url(self) -> str:
        return self.urls.get(timeout=WAIT_SECONDS)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("webbrowser.open", lambda url: True)  # Chromium opens what the command printed
    monkeypatch.setattr(server, "GRACE_SECONDS", 60.0)  # a busy machine takes long to load a page again
    with ThreadPoolExecutor() as pool:
        made = Desk(pool)
        yield made
        monkeypatch.setattr(server, "GRACE_SECONDS", 0.0)  # what still waits for an answer ends
        made.signer.close()


def connect(page: Page) -> None:
    page.get_by_role("button", name=NAME).click()


def asked(desk: Desk, open_page: OpenPage, mode: str = "approve") -> tuple[Page, Future[Any]]:
    """A page that shows a payment and waits for an answer."""
    paying = desk.start(desk.pay)
    page = open_page(desk.url(), desk.keypair)
    page.evaluate("mode => { window.testWallet.mode = mode }", mode)
    connect(page)
    expect(page.get_by_role("heading", name="Sign this transaction?")).to_be_visible()
    return page, paying


def sign(page: Page) -> None:
    page.get_by_role("button", name="Sign in the wallet").click()


def test_what_is_approved_is_sent(desk: Desk, open_page: OpenPage) -> None:
    page, paying = asked(desk, open_page)
    for text in ("system: transfer", "1,234,567,890", "localnet", str(desk.keypair.pubkey())):
        expect(page.get_by_text(text).first).to_be_visible()
    page.get_by_text("2 accounts").click()
    expect(page.get_by_text(str(desk.to))).to_be_visible()
    sign(page)
    assert paying.result().signature
    assert desk.chain.balance(desk.to) == AMOUNT
    (given,) = page.evaluate("window.testWallet.asked.map(item => [item.chain, item.account.address])")
    assert given == ["solana:localnet", str(desk.keypair.pubkey())]
    desk.signer.close()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("reject", "the wallet refused: User rejected the request."),
        ("other", "signed something else than it was asked to"),
        ("thief", "the wallet's signature is not one of"),
        ("garbage", "gave no transaction back"),
        ("fewer", "asked for 1 signatures and gave others"),
    ],
)
def test_nothing_else_is_sent(desk: Desk, open_page: OpenPage, mode: str, sentence: str) -> None:
    page, paying = asked(desk, open_page, mode)
    sign(page)
    with pytest.raises(MaiError, match=sentence):
        paying.result()
    assert desk.chain.balance(desk.to) == 0
    assert desk.chain.balance(desk.keypair.pubkey()) == 10 * LAMPORTS_PER_SOL


def test_rejected_on_the_page(desk: Desk, open_page: OpenPage) -> None:
    page, paying = asked(desk, open_page)
    page.get_by_role("button", name="Reject").click()
    with pytest.raises(MaiError, match="rejected on the page"):
        paying.result()
    assert page.evaluate("window.testWallet.asked.length") == 0
    expect(page.get_by_role("heading", name="Rejected")).to_be_visible()


def test_many_are_asked_for_once(desk: Desk, open_page: OpenPage) -> None:
    def many() -> list[Any]:
        wallet = desk.signer.pubkey()
        gifts = [TransferParams(from_pubkey=wallet, to_pubkey=desk.to, lamports=amount) for amount in (5, 6, 7)]
        blockhash = desk.chain.svm.latest_blockhash()
        messages = [Message.new_with_blockhash([transfer(gift)], wallet, blockhash) for gift in gifts]
        signatures = desk.signer.sign_messages([bytes(message) for message in messages])
        return list(zip(messages, signatures, strict=True))

    signing = desk.start(many)
    page = open_page(desk.url(), desk.keypair)
    connect(page)
    expect(page.get_by_role("heading", name="Sign these 3 transactions?")).to_be_visible()
    sign(page)
    assert all(signature.verify(desk.keypair.pubkey(), bytes(message)) for message, signature in signing.result())


def test_one_page_answers_one_command_after_another(desk: Desk, open_page: OpenPage) -> None:
    page, paying = asked(desk, open_page)
    sign(page)
    paying.result()
    paying = desk.start(lambda: desk.pay(7_000_000))
    expect(page.get_by_text("7,000,000")).to_be_visible()
    sign(page)
    paying.result()
    assert desk.chain.balance(desk.to) == AMOUNT + 7_000_000


HANDLED = """() => { window.handled = 0; const json = Response.prototype.json;
Response.prototype.json = async function () { const found = await json.call(this);
if (this.url.endsWith("/answer")) setTimeout(() => { window.handled += 1; }); return found; }; }"""
"""Counts the answers' replies that the page has dealt with."""


def test_a_late_reply_does_not_hide_what_is_asked_next(
    desk: Desk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that takes an answer may be slow to say so: the command goes on meanwhile, and so does the page."""
    page, paying = asked(desk, open_page)
    page.evaluate(HANDLED)
    take, late = server.SigningServer.take_answer, threading.Event()

    def taken_late(self: server.SigningServer, body: dict[str, Any]) -> dict[str, Any]:
        found = take(self, body)
        late.wait()
        return found

    monkeypatch.setattr(server.SigningServer, "take_answer", taken_late)
    sign(page)
    paying.result()
    paying = desk.start(lambda: desk.pay(7_000_000))
    expect(page.get_by_text("7,000,000")).to_be_visible()
    late.set()
    page.wait_for_function("window.handled === 1")
    expect(page.get_by_role("heading", name="Sign this transaction?")).to_be_visible()
    late.clear()
    sign(page)
    paying.result()
    with ThreadPoolExecutor() as pool:
        closing = pool.submit(desk.signer.close)
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
        late.set()
        closing.result()
    page.wait_for_function("window.handled === 2")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()


def test_a_page_that_is_loaded_again_goes_on(desk: Desk, open_page: OpenPage) -> None:
    page, paying = asked(desk, open_page)
    page.reload()
    connect(page)
    sign(page)
    paying.result()
    assert desk.chain.balance(desk.to) == AMOUNT


def test_another_account_is_not_asked(desk: Desk, open_page: OpenPage) -> None:
    """The page is loaded again, and somebody takes another wallet than before."""
    page, paying = asked(desk, open_page)
    page.context.add_init_script(wallet_script(Keypair(), "Other Wallet"))
    page.reload()
    page.get_by_role("button", name="Other Wallet").click()
    expect(page.get_by_text(f"The command asked for {desk.keypair.pubkey()}.")).to_be_visible()
    connect(page)
    sign(page)
    paying.result()
    assert desk.chain.balance(desk.to) == AMOUNT


@pytest.mark.parametrize("when", ["connecting", "signing", "waiting for the wallet"])
def test_a_closed_page_ends_the_command(
    desk: Desk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(server, "LONG_POLL_SECONDS", 1.0)
    paying = desk.start(desk.pay)
    page = open_page(desk.url(), desk.keypair)
    expect(page.get_by_role("heading", name="Choose a wallet")).to_be_visible()
    if when != "connecting":
        page.evaluate("() => { window.testWallet.mode = 'wait' }")
        connect(page)
        expect(page.get_by_role("heading", name="Sign this transaction?")).to_be_visible()
    if when == "waiting for the wallet":
        sign(page)
    page.close()
    monkeypatch.setattr(server, "GRACE_SECONDS", 1.0)
    with pytest.raises(MaiError, match="the signing page was closed"):
        paying.result()
    assert desk.chain.balance(desk.to) == 0


def test_a_wrong_token_opens_nothing(desk: Desk, open_page: OpenPage) -> None:
    paying = desk.start(desk.pay)
    url = desk.url()
    wrong = open_page(f"{url[:-4]}aaaa", desk.keypair)
    expect(wrong.get_by_role("heading", name="This page is not the command's")).to_be_visible()
    none = open_page(url.partition("#")[0], desk.keypair)
    expect(none.get_by_role("heading", name="This page is not the command's")).to_be_visible()
    page = open_page(url, desk.keypair)
    connect(page)
    sign(page)
    paying.result()
    again = open_page(url, desk.keypair)  # the token was for one page
    expect(again.get_by_role("heading", name="This page is not the command's")).to_be_visible()


def test_the_token_is_on_no_command_line_and_leaves_the_address(
    desk: Desk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser is given a file that leads to the page; only its owner can read it, and it is removed."""
    given: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr("webbrowser.open", given.put)
    paying = desk.start(desk.pay)
    url = desk.url()
    handed = given.get(timeout=WAIT_SECONDS)
    assert handed.startswith("file://") and url.partition("#")[2] not in handed
    file = Path(handed.removeprefix("file://"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    page = open_page(handed, desk.keypair)
    expect(page.get_by_role("heading", name="Choose a wallet")).to_be_visible()
    assert page.url == url.partition("#")[0]
    connect(page)
    sign(page)
    paying.result()
    desk.signer.close()
    assert not file.exists()


def test_without_a_wallet_the_page_says_so(desk: Desk, open_page: OpenPage) -> None:
    desk.start(desk.pay)
    page = open_page(desk.url())
    expect(page.get_by_text("No Solana wallet was found in this browser")).to_be_visible()
    page.close()


def test_no_script_but_the_pages_own_runs(desk: Desk, open_page: OpenPage) -> None:
    desk.start(desk.pay)
    page = open_page(desk.url(), desk.keypair)
    expect(page.get_by_role("heading", name="Choose a wallet")).to_be_visible()
    page.evaluate(
        """() => { const made = document.createElement("script"); made.textContent = "window.ran = true";
        document.body.append(made); const image = new Image(); image.src = "http://127.0.0.1:9/x.png"; }"""
    )
    assert page.evaluate("window.ran") is None
    blocked = page.evaluate("fetch('http://localhost:9/').then(() => 'sent', error => String(error))")
    assert "Failed to fetch" in blocked
    loaded = page.evaluate("performance.getEntriesByType('resource').map(item => new URL(item.name).pathname)")
    assert set(loaded) <= {"/page.js", "/page.css", "/wallets.js", "/session", "/next", "/favicon.ico", "/x.png"}


def test_an_address_that_is_none_is_refused(desk: Desk, open_page: OpenPage) -> None:
    connecting = desk.start(desk.signer.pubkey)
    page = open_page(desk.url())
    expect(page.get_by_role("heading", name="Choose a wallet")).to_be_visible()  # so it has a session and a question
    taken = page.evaluate(
        """async () => { const session = sessionStorage.getItem("mai-session"); const headers = {"X-Session": session,
        "Content-Type": "application/json"}; const answer = await fetch("/answer", {method: "POST", headers,
        body: JSON.stringify({id: 1, address: "nowhere"})}); return answer.json(); }"""
    )
    assert taken == {"taken": True}
    with pytest.raises(MaiError, match="no Solana address"):
        connecting.result()
