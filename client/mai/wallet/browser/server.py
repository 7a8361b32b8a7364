"""The signing page's server: on 127.0.0.1 alone, for one page with a one-time token, and one question at a time.

Any page that somebody visits can send requests here, and any program on this machine can connect. So every request
must name this server as its Host (no DNS rebinding), every call must come from this very page (Origin), and the first
call must show the token from the address' fragment, which no server and no log ever sees. The token counts once: it is
exchanged for a session that only the page knows.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mai.errors import MaiError

MAX_BODY = 1024 * 1024
LONG_POLL_SECONDS = 20.0
GRACE_SECONDS = 10.0
"""How long a page may be silent, as while it is loaded again, before it counts as closed."""
FAREWELL_SECONDS = 10.0
"""How long the end waits for a page that is about to ask what comes next, to be told that nothing does."""
PATIENCE_SECONDS = 600.0
SOCKET_SECONDS = 60
_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/wallets.js": ("wallets.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    # A wallet's icon is a data: address; nothing else comes from anywhere but here.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
DONE = {"id": 0, "kind": "done"}


class SigningServer:
    """One page's server. Start it with :meth:`start`; :meth:`ask` puts a question to the page."""

    def __init__(self) -> None:
        self._token = secrets.token_urlsafe(32)
        self._session: str | None = None
        self._question: dict[str, Any] | None = None
        self._answer: dict[str, Any] | None = None
        self._number = 0
        self._done = False
        self._polls = self._calls = 0
        self._listens = False
        self._seen = time.monotonic()
        self._changed = threading.Condition()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.host = f"127.0.0.1:{self._http.server_address[1]}"
        self.origin = f"http://{self.host}"

    @property
    def url(self) -> str:
        """The page's address, with the token where only the page can read it."""
        return f"{self.origin}/#{self._token}"

    def start(self) -> None:
        """Serve, on a thread of its own."""
        threading.Thread(target=self._http.serve_forever, name="signing page", daemon=True).start()

    def close(self) -> None:
        """Tell the page that it is done, and end."""
        with self._changed:
            self._done, self._question = True, None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._calls == 0 and not self._expects_more(), FAREWELL_SECONDS)
        self._http.shutdown()
        self._http.server_close()

    def _expects_more(self) -> bool:
        """Whether there is a page that listens and does not know yet that nothing more comes."""
        return self._session is not None and self._listens and not self._is_gone()

    def _is_gone(self) -> bool:
        return self._polls == 0 and time.monotonic() > self._seen + GRACE_SECONDS

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """While a call is answered: the end waits until the page has what it was answered."""
        with self._changed:
            self._calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Show a question and wait for the page's answer.

        Raises:
            MaiError: the page was closed, or nobody answered within ten minutes.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            self._number += 1
            self._question, self._answer = {**question, "id": self._number}, None
            self._changed.notify_all()
            try:
                while self._answer is None:
                    if time.monotonic() > deadline:
                        raise MaiError("nobody answered on the signing page within ten minutes: nothing was sent")
                    if self._done or (self._session and self._is_gone()):
                        raise MaiError("the signing page was closed: nothing was signed")
                    self._changed.wait(timeout=0.5)
                return self._answer
            finally:
                self._question = None

    # What the page calls; each is refused by returning None

    def open_session(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Exchange the token for the session, once."""
        with self._changed:
            given = body.get("token")
            if self._session is not None or not isinstance(given, str):
                return None
            if not secrets.compare_digest(given.encode(), self._token.encode()):
                return None
            self._session, self._seen = secrets.token_urlsafe(32), time.monotonic()
            return {"session": self._session}

    def allowed(self, session: str) -> bool:
        """Whether a call comes from the page that has the session."""
        known = self._session
        return known is not None and secrets.compare_digest(session.encode(), known.encode())

    def next_question(self, body: dict[str, Any]) -> dict[str, Any]:
        """The question that the page has not seen yet; waits a while for one."""
        seen = body.get("seen")

        def fresh() -> bool:
            return self._done or (self._question is not None and self._question["id"] != seen)

        with self._changed:
            self._polls += 1
            self._listens = True
            try:
                self._changed.wait_for(fresh, timeout=LONG_POLL_SECONDS)
                if self._done:
                    self._listens = False
                    return DONE
                return self._question if self._question is not None and fresh() else {"id": seen, "kind": "wait"}
            finally:
                self._polls -= 1
                self._seen = time.monotonic()
                self._changed.notify_all()

    def take_answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The page's answer to the question that is open; an answer to any other is not taken."""
        with self._changed:
            if self._question is not None and body.get("id") == self._question["id"] and self._answer is None:
                self._answer = body
                self._changed.notify_all()
                return {"taken": True}
            return {"taken": False}


def _handler(server: SigningServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SOCKET_SECONDS
        server_version, sys_version = "mai", ""

        def log_message(self, format: str, *args: Any) -> None:
            """Writes nothing: standard error is the command's."""

        def do_GET(self) -> None:
            name, kind = _FILES.get(self.path, (None, ""))
            if self.headers.get("Host") != server.host:
                self._reply(HTTPStatus.MISDIRECTED_REQUEST)
            elif name is None:
                self._reply(HTTPStatus.NOT_FOUND)
            else:
                self._reply(HTTPStatus.OK, (_FOLDER / name).read_bytes(), kind)

        def do_POST(self) -> None:
            with server.answering():
                self._post()

        def _post(self) -> None:
            body = self._body()
            if self.headers.get("Host") != server.host:
                self._reply(HTTPStatus.MISDIRECTED_REQUEST)
            elif self.headers.get("Origin") != server.origin or self.headers.get("Sec-Fetch-Site") not in (
                None,
                "same-origin",
            ):
                self._reply(HTTPStatus.FORBIDDEN)
            elif body is None:
                self._reply(HTTPStatus.BAD_REQUEST)
            else:
                self._call(body)

        def _call(self, body: dict[str, Any]) -> None:
            calls = {"/next": server.next_question, "/answer": server.take_answer}
            if self.path == "/session":
                found = server.open_session(body)
            elif self.path in calls and server.allowed(self.headers.get("X-Session", "")):
                found = calls[self.path](body)
            else:
                found = None
            if found is None:
                self._reply(HTTPStatus.FORBIDDEN)
            else:
                self._reply(HTTPStatus.OK, json.dumps(found).encode(), "application/json")

        def _body(self) -> dict[str, Any] | None:
            """The call's JSON object; None where it is none or too long."""
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or not 0 < int(length) <= MAX_BODY:
                return None
            try:
                body = json.loads(self.rfile.read(int(length)))
            except (ValueError, RecursionError):
                return None
            is_json = self.headers.get("Content-Type", "").partition(";")[0] == "application/json"
            return body if isinstance(body, dict) and is_json else None

        def _reply(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain") -> None:
            try:
                self.send_response(status)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the page is gone

    return Handler
