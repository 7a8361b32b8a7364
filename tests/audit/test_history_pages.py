"""Pages of a cluster's history: all, or a sentence where a fork took away what the next one was asked before."""

from __future__ import annotations

import pytest
from mai.chain.history import RpcHistory, Signed, Transaction
from mai.chain.rpc import Rpc
from mai.errors import MaiError
from solders.pubkey import Pubkey

PROGRAM = Pubkey.new_unique()


class Paged(RpcHistory):
    """A node's answers: nothing before a signature that it does not know."""

    def __init__(self, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(Rpc("http://127.0.0.1:1"))
        monkeypatch.setattr("mai.chain.history.PAGE", 3)
        self.signed = [Signed(f"s{number}", number, False) for number in reversed(range(length))]

    def page(self, address: Pubkey, *, before: str | None = None, until: str | None = None) -> list[Signed]:
        known = [item.signature for item in self.signed]
        if before is not None and before not in known:
            return []
        return self.signed[0 if before is None else known.index(before) + 1 :][:3]

    def transaction(self, signature: str) -> Transaction | None:
        found = next((item for item in self.signed if item.signature == signature), None)
        return None if found is None else Transaction(signature, found.slot, 0, False, (), (), {}, {})


@pytest.mark.parametrize("length", [0, 2, 3, 6, 7])
def test_every_page_is_read(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    history = Paged(length, monkeypatch)
    assert [item for page in history.newest_first(PROGRAM) for item in page] == history.signed


def test_a_fork_between_two_pages_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    history = Paged(7, monkeypatch)
    pages = history.newest_first(PROGRAM)
    last = next(pages)[-1]
    history.signed.remove(last)
    with pytest.raises(MaiError, match=f"a fork undid {last.signature} while the transactions of"):
        next(pages)
