"""The signing page's server hears its own page alone, whatever other pages and programs try."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from browser.conftest import OpenPage
from mai.errors import MaiError
from mai.wallet.browser import server


@pytest.fixture
def signing() -> Iterator[server.SigningServer]:
    made = server.SigningServer()
    made.start()
    yield made
    made.close()


def post(made: server.SigningServer, path: str, body: Any, **headers: str) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    usual = {"Host": made.host, "Origin": made.origin, "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", int(made.host.rpartition(":")[2]), timeout=30)
    try:
        connection.request(
            "POST", path, raw, {**usual, **{name.replace("_", "-"): text for name, text in headers.items()}}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def token(made: server.SigningServer) -> str:
    return made.url.partition("#")[2]


def test_only_this_page_is_heard(signing: server.SigningServer) -> None:
    good = {"token": token(signing)}
    assert post(signing, "/session", good, Origin="https://evil.example") == 403
    assert post(signing, "/session", good, Origin=signing.origin.replace("127.0.0.1", "localhost")) == 403
    assert post(signing, "/session", good, Origin="null") == 403
    assert post(signing, "/session", good, Sec_Fetch_Site="cross-site") == 403
    assert post(signing, "/session", good, Host="evil.example") == 421
    assert post(signing, "/session", good, Host=signing.host.replace("127.0.0.1", "localhost")) == 421
    assert post(signing, "/session", good, Content_Type="text/plain") == 400
    assert post(signing, "/session", b"[]") == post(signing, "/session", b"{") == 400
    assert post(signing, "/session", b"[" * 100_000) == 400
    assert post(signing, "/session", {"token": 5}) == post(signing, "/session", {}) == 403
    assert post(signing, "/session", {"token": "é"}) == 403
    for path in ("/next", "/answer", "/", "/elsewhere"):
        assert post(signing, path, {"seen": 0}) == 403
        assert post(signing, path, {"seen": 0}, X_Session="x" * 43) == 403
    assert post(signing, "/session", good) == 200
    assert post(signing, "/session", good) == 403


def test_long_bodies_are_not_read(signing: server.SigningServer) -> None:
    for length in ("99999999999", "-1", "x", "²"):
        connection = http.client.HTTPConnection("127.0.0.1", int(signing.host.rpartition(":")[2]), timeout=30)
        connection.putrequest("POST", "/session", skip_host=True)
        for name, value in (("Host", signing.host), ("Origin", signing.origin), ("Content-Type", "application/json")):
            connection.putheader(name, value)
        connection.putheader("Content-Length", length.encode())
        connection.endheaders()
        assert connection.getresponse().status == 400
        connection.close()


def test_pages_have_no_other_files(signing: server.SigningServer) -> None:
    for path, status in (
        ("/", 200),
        ("/page.js", 200),
        ("/../signer.py", 404),
        ("/signer.py", 404),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", int(signing.host.rpartition(":")[2]), timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == status
        policy = answer.getheader("Content-Security-Policy") or ""
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", int(signing.host.rpartition(":")[2]), timeout=30)
    connection.request("GET", "/", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 421
    connection.close()


def test_another_sites_page_cannot_call(signing: server.SigningServer, open_page: OpenPage) -> None:
    """A page of another origin that even knows the token, in a real browser."""

    class Evil(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>evil</title>")

    evil = HTTPServer(("127.0.0.1", 0), Evil)
    threading.Thread(target=evil.serve_forever, daemon=True).start()
    try:
        page = open_page(f"http://127.0.0.1:{evil.server_address[1]}/")
        for kind in ("application/json", "text/plain"):
            said = page.evaluate(
                """([url, token, kind]) => fetch(url + "/session", {method: "POST", headers: {"Content-Type": kind},
                body: JSON.stringify({token})}).then(answer => answer.status, error => "blocked")""",
                [signing.origin, token(signing), kind],
            )
            assert said in ("blocked", 403)
    finally:
        evil.shutdown()
        evil.server_close()
    assert post(signing, "/session", {"token": token(signing)}) == 200


def test_an_answer_to_another_question_is_not_taken(signing: server.SigningServer) -> None:
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(signing.ask, {"kind": "connect"})
        while (found := signing.next_question({"seen": 0}))["kind"] == "wait":
            pass
        assert signing.take_answer({"id": found["id"] + 1, "address": "x"}) == {"taken": False}
        assert signing.take_answer({"id": found["id"], "address": "y"}) == {"taken": True}
        assert signing.take_answer({"id": found["id"], "address": "z"}) == {"taken": False}
        assert asking.result()["address"] == "y"


def test_a_command_that_ends_waits_for_nobody(signing: server.SigningServer) -> None:
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(signing.ask, {"kind": "connect"})
        while signing.next_question({"seen": 0})["kind"] == "wait":
            pass
        signing.close()
        with pytest.raises(MaiError, match="the signing page was closed"):
            asking.result()
