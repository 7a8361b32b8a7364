"""The source that somebody names: an RPC address or one of the usual names."""

from __future__ import annotations

from pathlib import Path

from mai.audit.source import RpcSource, Source
from mai.chain.rpc import MONIKERS, Rpc
from mai.errors import MaiError


def open_source(text: str) -> Source:
    """The source to be audited.

    Raises:
        MaiError: it is neither an RPC address nor anything that can be read.
    """
    if text in MONIKERS or text.startswith(("http://", "https://")):
        return RpcSource(Rpc(text))
    if Path(text).is_dir():
        raise MaiError(f"{text} is a folder: serve it with `mai localnet` and audit that address")
    raise MaiError(f"{text} is no source: give an RPC address such as http://HOST:8899, or {', '.join(MONIKERS)}")
