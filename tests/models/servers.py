"""A real server on this machine that serves a file as badly as it is told, and says what it was asked."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c" * 40


@dataclass
class Asked:
    """One request, as it arrived."""

    method: str
    path: str
    range: str | None
    if_range: str | None
    authorization: str | None


@dataclass
class Server:
    """What it serves and how.

    Attributes:
        plan: behaviours of the coming GETs, one each; afterwards it behaves well.
        linked: the SHA-256 that the hub's HEAD states; None: none.
        gate: a stalled body goes on when this is set.
    """

    content: bytes
    etag: str = '"first"'
    plan: list[str] = field(default_factory=list)
    linked: str | None = ""
    asked: list[Asked] = field(default_factory=list)
    blocks: dict[str, bytes] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    on_get: Callable[[Server], None] | None = None
    url: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def gets(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "GET"]

    def change(self, content: bytes, etag: str = '"second"') -> None:
        """From now on it serves something else."""
        self.content, self.etag = content, etag


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server, while it runs."""

    class Handler(_Handler):
        told = server

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told: Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _note(self) -> None:
        headers = self.headers
        self.told.asked.append(
            Asked(self.command, self.path, headers.get("Range"), headers.get("If-Range"), headers.get("Authorization"))
        )

    def do_HEAD(self) -> None:
        """As the hub answers: what it states, and where the bytes are."""
        self._note()
        self.send_response(302)
        self.send_header("Location", "/cdn/file")
        self.send_header("X-Repo-Commit", COMMIT)
        if self.told.linked is not None:
            self.send_header("X-Linked-Etag", f'"{self.told.linked or self.told.sha256}"')
            self.send_header("X-Linked-Size", str(len(self.told.content)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """As the plan says."""
        self._note()
        if "format=raw" in self.path:
            self._block()
            return
        told = self.told
        if told.on_get is not None:
            told.on_get(told)
        plan, _, number = (told.plan.pop(0) if told.plan else "well").partition(" ")
        if plan == "status":
            self._short(int(number))
        elif plan == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://example.com/file")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._file(plan, int(number or 0))

    def _short(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, plan: str, number: int) -> None:
        content, start = self.told.content, 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        same = self.headers.get("If-Range") in (None, self.told.etag)
        if asked and same and plan != "ignore":
            start = int(asked[1])
            if start >= len(content):
                self._short(416)
                return
        body = content[start:]
        self.send_response(206 if start else 200)
        if start:
            begins, total = (start + 1 if plan == "shifted" else start), len(content)
            total = total - number if plan == "overlong" else total
            self.send_header("Content-Range", f"bytes {begins}-{len(content) - 1}/{total}")
        if self.told.etag:
            self.send_header("ETag", self.told.etag)
        if plan == "gzip":
            self.send_header("Content-Encoding", "gzip")
        if plan == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 65_536):
                piece = body[at : at + 65_536]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body) + (number if plan == "longer" else 0)))
        self.end_headers()
        if plan in ("drop", "stall"):
            self.wfile.write(body[:number])
            self.wfile.flush()
            if plan == "stall":
                self.told.gate.wait()
            self.close_connection = True
            return
        self.wfile.write(body)
        if plan == "longer":
            self.wfile.write(b"x" * number)

    def _block(self) -> None:
        cid = self.path.partition("?")[0].rpartition("/")[2]
        plan, _, number = (self.told.plan.pop(0) if self.told.plan else "well").partition(" ")
        block = self.told.blocks.get(cid)
        if block is None or plan == "status":
            self._short(int(number or 404))
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(block)))
        self.end_headers()
        self.wfile.write(block[: int(number)] if plan == "drop" else block)
        if plan == "drop":
            self.close_connection = True
