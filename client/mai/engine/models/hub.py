"""What the Hugging Face hub says about a file before it is downloaded: its commit, size and SHA-256."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from mai.engine.models.sources import Hub, hub
from mai.errors import MaiError

MAX_HOPS = 4
_SHA256 = re.compile(r'"?([0-9a-f]{64})"?')
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BLOB = re.compile(r'"?([0-9a-f]{40})"?')


class NoSuchFile(MaiError):
    """The hub has no such file."""


@dataclass(frozen=True)
class Stated:
    """What the hub states.

    Attributes:
        commit: the revision's commit; empty where it names none.
        size: bytes; None where it names none.
        sha256: of the content, in hexadecimal; None for files that are not kept as LFS or Xet objects.
        blob: of those, Git's own name of the content: the SHA-1 of "blob", its length and it.
    """

    commit: str
    size: int | None
    sha256: str | None
    blob: str | None = None


def headers() -> dict[str, str]:
    """The token of `$HF_TOKEN`, if there is one; httpx drops it where the hub sends on to another host."""
    token = os.environ.get("HF_TOKEN", "")
    if not token:
        return {}
    if not token.isascii() or not token.isprintable() or len(token) > 512:
        raise MaiError("HF_TOKEN is no token")
    return {"Authorization": f"Bearer {token}"}


def ask(http: httpx.Client, source: Hub) -> Stated:
    """Ask the hub; its own host alone is believed, not where it sends on to.

    Raises:
        MaiError: it has no such file, or does not answer.
    """
    url, host = source.url(), urlsplit(hub()).netloc
    try:
        for _ in range(MAX_HOPS):
            answer = http.request("HEAD", url, headers=headers(), follow_redirects=False)
            target = urljoin(url, answer.headers.get("location", ""))
            if not answer.is_redirect or "x-linked-etag" in answer.headers or urlsplit(target).netloc != host:
                break
            url = target
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise MaiError(f"the hub at {host} cannot be reached: {type(error).__name__}") from error
    if answer.status_code in (401, 403):
        raise MaiError(f"the hub does not give you {source}: accept the model's licence there, or set HF_TOKEN")
    if answer.status_code == 404:
        raise NoSuchFile(f"the hub has no such file: {source}")
    if answer.status_code >= 400:
        raise MaiError(f"the hub answered {answer.status_code}")
    commit = answer.headers.get("x-repo-commit", "")
    own_length = "" if answer.is_redirect else answer.headers.get("content-length", "")
    size = answer.headers.get("x-linked-size", "") or own_length
    etag = answer.headers.get("x-linked-etag", "") or answer.headers.get("etag", "")
    stated, blob = _SHA256.fullmatch(etag), _BLOB.fullmatch(etag)
    return Stated(
        commit if _COMMIT.fullmatch(commit) else "",
        int(size) if size.isdigit() and len(size) <= 15 else None,
        stated[1] if stated else None,
        blob[1] if blob else None,
    )
