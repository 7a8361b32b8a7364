"""The source that somebody names: an RPC address, one of the usual names, or the folder of a ledger."""

from __future__ import annotations

from pathlib import Path

from mai.audit.ledger import LedgerSource
from mai.audit.source import RpcSource, Source
from mai.chain.rpc import Rpc


def open_source(text: str) -> Source:
    """The source to be audited.

    Raises:
        MaiError: it is neither an RPC address nor anything that can be read.
    """
    return LedgerSource(Path(text)) if Path(text).is_dir() else RpcSource(Rpc(text))
