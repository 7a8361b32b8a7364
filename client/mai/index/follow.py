"""New events in order, each once, from now on: what `mai watch` shows. Nothing is stored."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from solders.pubkey import Pubkey

from mai.chain.events import read_events
from mai.chain.history import SignatureList, Signed
from mai.chain.layout import Interface
from mai.errors import MaiError
from mai.index.indexer import Chain, News

REMEMBERED = 2_000
"""Signatures that are known to have been seen."""
OVERLAP = 500
"""So many of them are listed again in every look, because a fork can put others between them."""


class Follower:
    """Looks for what is new behind what it has seen."""

    def __init__(self, chain: Chain, program: Pubkey, interface: Interface) -> None:
        self.chain, self.program, self.interface = chain, program, interface
        self._seen: OrderedDict[str, None] = OrderedDict()

    def start(self, past: int = 0) -> list[News]:
        """Begin now; the last ``past`` events that were already there."""
        page: list[Signed] = next(iter(self.chain.newest_first(self.program)), [])
        for signed in reversed(page):
            self._seen[signed.signature] = None
        newest: list[News] = []
        for signed in page:
            if len(newest) >= past:
                break
            newest = [*self._read(signed), *newest]
        return newest[-past:] if past else []

    def look(self) -> Iterator[News]:
        """What has come since the last look, the oldest first.

        Raises:
            MaiError: the cluster does not answer.
        """
        known = list(self._seen)
        anchor = known[-OVERLAP] if len(known) >= OVERLAP else known[0] if known else None
        for signed in SignatureList(self.chain.newest_first(self.program, until=anchor)).oldest_first():
            if signed.signature in self._seen:
                continue
            yield from self._read(signed)
            self._seen[signed.signature] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _read(self, signed: Signed) -> Iterator[News]:
        if signed.failed:
            return
        transaction = self.chain.transaction(signed.signature)
        if transaction is None:
            raise MaiError(f"the cluster lists the transaction {signed.signature} and does not show it: try again")
        if not transaction.failed:
            for event in read_events(self.interface, self.program, transaction.logs).events:
                yield News(transaction, event)
