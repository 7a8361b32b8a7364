"""Downloads by HTTP that go on where they broke off: Range with If-Range, and a server that is not believed."""

from __future__ import annotations

import functools
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from mai.chain.progress import Progress
from mai.engine.models.part import Part, State
from mai.engine.models.sources import LOOPBACK
from mai.errors import MaiError

MAX_BYTES = 4 * 10**12
"""No model is larger than this, whatever a server says."""
IDLE_TRIES = 6
"""So many attempts in a row may bring nothing new."""
MAX_TRIES = 10_000
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
MAX_REDIRECTS = 6
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)")
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,256}"')
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class _Broken(Exception):
    """This attempt ended early; what was received is kept."""


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes:
        source: what the part's state is compared with: another source, another part.
        url: where it is.
        size: bytes, where somebody trustworthy said; else None.
        checked: whether the whole is compared with a hash afterwards, so that a part without an ETag may go on.
    """

    source: str
    url: str
    size: int | None = None
    checked: bool = False
    headers: dict[str, str] = field(default_factory=dict)


def client() -> httpx.Client:
    """An HTTP client that goes nowhere unencrypted, but to this machine."""
    return httpx.Client(
        verify=_trusted(),
        timeout=TIMEOUT,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        event_hooks={"request": [_only_encrypted]},
        headers={"Accept-Encoding": "identity", "User-Agent": "mai"},
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted; reading them takes a tenth of a second."""
    return httpx.create_ssl_context()


def _only_encrypted(request: httpx.Request) -> None:
    if request.url.scheme != "https" and request.url.host not in LOOPBACK:
        raise MaiError(f"the download was sent on to {request.url.host} unencrypted: refused")


def download(
    http: httpx.Client,
    remote: Remote,
    part: Part,
    progress: Progress,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Bring the part to its full length.

    Raises:
        MaiError: the server refuses, contradicts itself or breaks off too often; what was received is kept.
    """
    if remote.size is not None:
        part.expect(remote.size)
    best, idle = part.resume(remote.source, progress), 0
    for _ in range(MAX_TRIES):
        try:
            _attempt(http, remote, part, progress)
            return
        except (_Broken, httpx.TransportError) as error:
            idle = 0 if part.length > best else idle + 1
            best = max(best, part.length)
            if idle >= IDLE_TRIES:
                host = urlsplit(remote.url).hostname
                text = f"the download from {host} broke off {idle} times without anything new: run it again"
                raise MaiError(text) from error
            wait = error.args[0] if isinstance(error, _Broken) and error.args else FIRST_PAUSE * 2**idle
            pause(min(wait, LONGEST_PAUSE))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise MaiError(f"the download failed: {type(error).__name__}") from error
    raise MaiError("the download broke off too often: run it again")


def _attempt(http: httpx.Client, remote: Remote, part: Part, progress: Progress) -> None:
    """One request; returns once the part is whole."""
    known = part.state or State(remote.source)
    headers = dict(remote.headers)
    if part.length and (known.etag or remote.checked):
        headers["Range"] = f"bytes={part.length}-"
        if known.etag:
            headers["If-Range"] = known.etag
    with http.stream("GET", remote.url, headers=headers) as answer:
        if answer.status_code == 416 and known.size == part.length:
            return
        if answer.status_code == 416:
            part.restart(State(remote.source))
            raise _Broken
        if answer.status_code in _TRY_AGAIN:
            raise _Broken(*_retry_after(answer))
        if answer.status_code not in (200, 206):
            raise MaiError(_refused(answer))
        size = _begin(answer, remote, part, known, ranged="Range" in headers)
        for data in answer.iter_raw():
            if size >= 0 and part.length + len(data) > size:
                part.restart(State(remote.source))
                raise MaiError(f"{answer.url.host} sends more than the {size:,} bytes that it announced: refused")
            if part.length + len(data) > MAX_BYTES:
                raise MaiError(f"no model is larger than {MAX_BYTES:,} bytes: refused")
            part.append(data)
            progress(part.length, max(size, part.length))
    if size >= 0 and part.length < size:
        raise _Broken


def _begin(answer: httpx.Response, remote: Remote, part: Part, known: State, *, ranged: bool) -> int:
    """Make the part ready for this answer's body. The whole file's size, -1 where nobody says."""
    etag = answer.headers.get("etag", "")
    etag = etag if _STRONG_ETAG.fullmatch(etag) else ""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise MaiError(f"{answer.url.host} sends the file compressed, which was not asked for: refused")
    start, size = 0, _announced(answer)
    if answer.status_code == 206:
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        start, size = (int(found[1]), int(found[3]) if found[3] != "*" else -1) if found else (-1, -1)
        changed = bool(known.etag and etag and etag != known.etag) or (0 <= known.size != size)
        if not ranged or start != part.length or changed:
            part.restart(State(remote.source))
            raise _Broken
    if size > MAX_BYTES or (remote.size is not None and 0 <= size != remote.size):
        expected = remote.size if remote.size is not None else MAX_BYTES
        raise MaiError(f"{answer.url.host} announces {size:,} bytes, not the {expected:,} that were expected")
    size = size if size >= 0 or remote.size is None else remote.size
    if size < 0 and not remote.checked:
        raise MaiError(f"{answer.url.host} does not say how long the file is: give its hash with --sha256")
    if answer.status_code == 200:
        part.restart(State(remote.source, etag, size))
    if size >= 0:
        part.expect(size)
    return size


def _announced(answer: httpx.Response) -> int:
    text = answer.headers.get("content-length", "")
    return int(text) if text.isdigit() and len(text) <= 15 else -1


def _retry_after(answer: httpx.Response) -> tuple[float, ...]:
    text = answer.headers.get("retry-after", "")
    return (float(text),) if text.isdigit() and len(text) <= 6 else ()


def _refused(answer: httpx.Response) -> str:
    host = answer.url.host
    reasons = {
        401: f"{host} wants to know who asks: set HF_TOKEN",
        403: f"{host} does not give this file to you: accept its licence there, or set HF_TOKEN",
        404: f"{host} has no such file",
        410: f"{host} has this file no more",
    }
    return reasons.get(answer.status_code, f"{host} answered {answer.status_code}")
