"""The index: whole, each event once, true after forks, kills and gaps; and what follows live."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit.histories import short_walk
from audit.lies import INTERFACE, MAI
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.chain.events import read_events
from mai.chain.history import Signed, Transaction
from mai.errors import MaiError
from mai.index.database import Database
from mai.index.follow import Follower
from mai.index.indexer import Indexer
from solders.pubkey import Pubkey

BEHIND = 32
PAGE = 100


class Forked:
    """A cluster that shows the walk's transactions up to a moment, and can put the newest of them elsewhere."""

    def __init__(self, transactions: list[Transaction]) -> None:
        self.all = transactions
        self.height = 0
        self.hidden: set[str] = set()
        self.slots: dict[str, int] = {}
        self.asked = self.final = 0

    def grow(self, number: int) -> None:
        """So many more transactions land; never in a slot before what is there."""
        newest = self.newest_slot()
        for item in self.all[self.height : self.height + number]:
            self.slots[item.signature] = max(newest, item.slot)
        self.height = min(self.height + number, len(self.all))

    def visible(self) -> list[Transaction]:
        found = [item for item in self.all[: self.height] if item.signature not in self.hidden]
        return sorted(found, key=lambda item: self.slot_of(item.signature, item.slot))

    def slot_of(self, signature: str, slot: int) -> int:
        return self.slots.get(signature, slot)

    def newest_first(self, address: Pubkey, *, until: str | None = None) -> Iterator[list[Signed]]:
        found = []
        for item in reversed(self.visible()):
            if item.signature == until:
                break
            found.append(Signed(item.signature, self.slot_of(item.signature, item.slot), item.failed))
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]

    def transaction(self, signature: str) -> Transaction | None:
        self.asked += 1
        item = next((item for item in self.visible() if item.signature == signature), None)
        if item is None:
            return None
        return Transaction(
            item.signature, self.slot_of(signature, item.slot), item.time, item.failed, item.calls, item.logs, {}, {}
        )

    def finalized_slot(self) -> int:
        self.final = max(self.final, self.newest_slot() - BEHIND)
        return self.final

    def newest_slot(self) -> int:
        seen = self.visible()
        return self.slot_of(seen[-1].signature, seen[-1].slot) if seen else 0

    def finalized(self, signatures: list[str]) -> dict[str, int]:
        final = self.finalized_slot()
        slots = {item.signature: self.slot_of(item.signature, item.slot) for item in self.visible()}
        return {name: slots[name] for name in signatures if name in slots and slots[name] <= final}


@pytest.fixture
def chain() -> Forked:
    source = short_walk()
    found = [source.transaction(signed.signature) for signed in source.signatures(MAI)]
    return Forked([item for item in found if item is not None])


def indexer(chain: Forked, path: Path | str = ":memory:") -> Indexer:
    return Indexer(chain, Database(path, MAI), MAI, INTERFACE)


def expected(chain: Forked) -> list[tuple[str, int, str]]:
    return [
        (item.signature, event.index, event.name)
        for item in chain.visible()
        if not item.failed
        for event in read_events(INTERFACE, MAI, item.logs).events
    ]


def found(database: Database) -> list[tuple[str, int, str]]:
    return [(row.signature, row.place, row.name) for row in database.events()]


def test_everything_once_and_again_nothing(chain: Forked) -> None:
    chain.height = len(chain.all)
    made = indexer(chain)
    news = [(item.transaction.signature, item.event.index, item.event.name) for item in made.advance()]
    assert news == found(made.database) == expected(chain)
    assert made.database.counts()["WorkSettled"] >= 3
    asked = chain.asked
    assert list(made.advance()) == []
    assert chain.asked == asked  # what is known is not read again


def test_events_about_an_address(chain: Forked) -> None:
    chain.height = len(chain.all)
    made = indexer(chain)
    settled = next(item.event for item in made.advance() if item.event.name == "WorkSettled")
    names = [row.name for row in made.database.events(about=settled.data["work"])]
    assert names[0] == "WorkAssigned" and "WorkCommitted" in names and "WorkSettled" in names
    miner = settled.data["miner"]
    assert {row.name for row in made.database.events(about=miner, name="WorkSettled")} == {"WorkSettled"}


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_forks_and_restarts_end_in_the_same_index(data: st.DataObject) -> None:
    """The newest transactions vanish, or land in a later slot, between any two looks; the process may be a new one."""
    source = short_walk()
    kept = [source.transaction(signed.signature) for signed in source.signatures(MAI)]
    chain = Forked([item for item in kept if item is not None][:120])
    database = Database(":memory:", MAI)
    while chain.height < len(chain.all):
        chain.grow(data.draw(st.integers(1, 40)))
        made = Indexer(chain, database, MAI, INTERFACE)
        final = chain.finalized_slot()
        newest = [item for item in chain.visible() if chain.slot_of(item.signature, item.slot) > final]
        list(made.advance())
        ahead = max(chain.newest_slot(), final) + 1
        for item in newest:
            what = data.draw(st.sampled_from(["stays", "stays", "vanishes", "moves"]))
            if what == "vanishes":
                chain.hidden.add(item.signature)
            elif what == "moves":
                chain.slots[item.signature] = ahead
    last = max(chain.slot_of(item.signature, item.slot) for item in chain.visible())
    ending = Transaction("the end", last + 10 * BEHIND, 0, True, (), (), {}, {})
    chain.all.append(ending)
    chain.height += 1
    made = Indexer(chain, database, MAI, INTERFACE)
    list(made.advance())
    list(made.advance())
    assert found(database) == expected(chain)
    assert database.open_signatures(last) == {}


KILLED = """
import sys
from pathlib import Path
from audit.test_index import Forked, indexer
from audit.histories import short_walk
from audit.lies import MAI
source = short_walk()
chain = Forked([source.transaction(signed.signature) for signed in source.signatures(MAI)])
chain.height = len(chain.all)
made = indexer(chain, Path(sys.argv[1]))
for number, item in enumerate(made.advance()):
    print(number, flush=True)
    if number == 70:
        sys.stdin.read()  # however slow the kill is, it comes before the last batch is written
"""


def test_killed_at_any_moment_it_goes_on_where_it_was(chain: Forked, tmp_path: Path) -> None:
    chain.height = len(chain.all)
    path = tmp_path / "index.db"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": _path()},
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) == 60:
            child.send_signal(signal.SIGKILL)
            break
    child.wait()
    made = indexer(chain, path)
    before = found(made.database)
    assert 60 < len(before) < len(expected(chain)) and before == expected(chain)[: len(before)]
    list(made.advance())
    assert found(made.database) == expected(chain)


def _path() -> str:
    return os.pathsep.join(sys.path)


def test_another_program_s_index_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    Database(path, MAI).close()
    with pytest.raises(MaiError, match="another program"):
        Database(path, Pubkey.new_unique())
    (tmp_path / "text").write_text("no database, but some text that is long enough to be looked at as one" * 20)
    with pytest.raises(MaiError, match="is not an index"):
        Database(tmp_path / "text", MAI)


def test_a_batch_is_written_whole_or_not_at_all(chain: Forked) -> None:
    chain.height = 50
    made = indexer(chain)
    batch = [(item, read_events(INTERFACE, MAI, item.logs).events, True) for item in chain.visible()]
    broken = Transaction(None, 1, 1, False, (), (), {}, {})  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        made.database.add([*batch, (broken, [], True)], finalized_slot=0)
    assert made.database.transactions == 0
    made.database.add(batch, finalized_slot=0)
    made.database.add(batch, finalized_slot=0)
    assert made.database.transactions == 50


def test_following_shows_what_is_new_once_in_spite_of_forks(chain: Forked) -> None:
    chain.height = 100
    follower = Follower(chain, MAI, INTERFACE)
    assert len(follower.start(past=5)) == 5
    shown = []
    while chain.height < 300:
        chain.height += 37
        newest = chain.visible()[-1]
        chain.hidden = {newest.signature}  # not seen in this look, there in the next
        shown += [(item.transaction.signature, item.event.index) for item in follower.look()]
        chain.hidden = set()
    shown += [(item.transaction.signature, item.event.index) for item in follower.look()]
    late = {item.signature for item in chain.all[100 : chain.height]}
    should = [(name, index) for name, index, _ in expected(chain) if name in late]
    assert sorted(shown) == sorted(should) and len(set(shown)) == len(shown)
