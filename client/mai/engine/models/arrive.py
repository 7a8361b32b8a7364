"""From a source to a whole part whose hash is right: each kind of source has its way, the rule about hashes is one."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from mai.chain.progress import Progress, silent
from mai.engine.models import hub, ipfs
from mai.engine.models.download import Remote, download
from mai.engine.models.part import CHUNK, Part
from mai.engine.models.sources import Hub, Ipfs, Local, gateway
from mai.engine.models.unixfs import Unverifiable
from mai.errors import MaiError

FIRST_USE = "first use"
NOBODY = (
    "nobody states what the content of {source} must hash to: give --sha256, or --trust-first-use to take what comes "
    "and hold later pulls to it"
)


class Held(Exception):
    """What would be brought is here already."""


class Terms(Protocol):
    """What whoever pulls allows; see store.Wish."""

    @property
    def trust_first_use(self) -> bool: ...

    @property
    def gateway(self) -> str | None: ...


@dataclass(frozen=True)
class Arrival:
    """How a part became whole.

    Attributes:
        sha256: of its content.
        stated_by: who stated it: option, hub, cid, or first use.
        revision: the hub's commit.
    """

    sha256: str
    stated_by: str
    revision: str = ""


def bring(
    http: httpx.Client,
    source: Hub | Ipfs | Local,
    part: Part,
    expected: str | None,
    terms: Terms,
    progress: Progress = silent,
    pause: Callable[[float], None] = time.sleep,
    *,
    held: str | None = None,
) -> Arrival:
    """Bring the part to the source's full length and check it.

    Args:
        held: the SHA-256 of the finished model that this one would replace.

    Raises:
        Held: it would be replaced by itself.
        MaiError: the source fails, or its content is not what was stated: then the part is thrown away.
    """
    if isinstance(source, Hub):
        return _from_hub(http, source, part, expected, terms, progress, pause, held)
    if isinstance(source, Local):
        _allowed(expected, terms, source)
        _copy(source, part, progress)
        return _checked(part, expected, "option" if expected else FIRST_USE)
    try:
        ipfs.fetch(ipfs.Gateway(http, gateway(terms.gateway)), source, part, progress)
    except Unverifiable as error:
        if expected is None:
            raise MaiError(f"{error}: give --sha256 to take it as the gateway puts it together") from error
        remote = Remote(str(source), source.url(gateway(terms.gateway)), checked=True)
        return _from_web(http, remote, part, expected, progress, pause)
    return _checked(part, expected, "option" if expected else "cid")


def _from_hub(
    http: httpx.Client,
    source: Hub,
    part: Part,
    expected: str | None,
    terms: Terms,
    progress: Progress,
    pause: Callable[[float], None],
    held: str | None,
) -> Arrival:
    stated = hub.ask(http, source)
    if expected is not None and stated.sha256 not in (None, expected):
        raise MaiError(f"the hub states another hash than yours for {source}: {stated.sha256}")
    right = expected or stated.sha256
    _allowed(right, terms, source)
    if right is not None and right == held:
        raise Held
    revision = stated.commit or source.revision
    remote = Remote(
        f"{source} {revision}", source.url(revision), stated.size, checked=right is not None, headers=hub.headers()
    )
    arrived = _from_web(http, remote, part, right, progress, pause)
    who = "option" if expected else "hub" if stated.sha256 else FIRST_USE
    return Arrival(arrived.sha256, who, stated.commit)


def _from_web(
    http: httpx.Client,
    remote: Remote,
    part: Part,
    expected: str | None,
    progress: Progress,
    pause: Callable[[float], None],
) -> Arrival:
    download(http, remote, part, progress, pause=pause)
    if expected is not None and part.sha256 != expected and part.resumed:
        # What an earlier run left may have been torn by a power cut: once more from the beginning.
        part.discard_bytes()
        download(http, remote, part, progress, pause=pause)
    return _checked(part, expected, "option" if expected else FIRST_USE)


def _allowed(expected: str | None, terms: Terms, source: object) -> None:
    if expected is None and not terms.trust_first_use:
        raise MaiError(NOBODY.format(source=source))


def _checked(part: Part, expected: str | None, who: str) -> Arrival:
    if expected is not None and part.sha256 != expected:
        found = part.sha256
        part.discard()
        raise MaiError(f"the content's SHA-256 is {found}, not {expected} as it was stated: thrown away")
    return Arrival(part.sha256, who)


def _copy(source: Local, part: Part, progress: Progress) -> None:
    try:
        with os.fdopen(_open_without_waiting(source.path), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise MaiError(f"{source.path} is no file")
            label = f"{source} {found.st_size} {found.st_mtime_ns}"
            part.expect(found.st_size)
            file.seek(part.resume(label, progress))
            while block := file.read(CHUNK):
                part.append(block)
                progress(part.length, found.st_size)
    except OSError as error:
        raise MaiError(f"{source.path} cannot be read: {error.strerror}") from error


def _open_without_waiting(path: Path) -> int:
    # A pipe without a writer would keep us waiting for ever.
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
