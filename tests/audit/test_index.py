"""The index: whole, each event once, true after forks, kills and gaps; and what follows live."""

from __future__ import annotations

import dataclasses
import multiprocessing
import signal
import sqlite3
from collections.abc import Iterator
from multiprocessing.connection import Connection
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
    """A cluster that shows the walk's transactions up to a moment, and can put the newest of them elsewhere.

    Attributes:
        order: what is there, as it landed.
        slots: of what is not in the slot of the walk any more.
    """

    def __init__(self, transactions: list[Transaction]) -> None:
        self.all = transactions
        self.order: list[Transaction] = []
        self.slots: dict[str, int] = {}
        self.height = self.asked = self.final = 0

    def grow(self, number: int) -> None:
        """So many more transactions land; never in a slot before what is there."""
        for item in self.all[self.height : self.height + number]:
            self.slots[item.signature] = max(self.newest_slot(), item.slot)
            self.order.append(item)
        self.height = min(self.height + number, len(self.all))

    def fork(self, away: list[Transaction], landing: list[Transaction]) -> None:
        """Some are gone from where they were, and some land in the next slot, in this order."""
        ahead = max(self.newest_slot(), self.final) + 1
        out = {item.signature for item in [*away, *landing]}
        self.order = [item for item in self.order if item.signature not in out] + landing
        self.slots |= {item.signature: ahead for item in landing}

    def slot_of(self, item: Transaction) -> int:
        return self.slots[item.signature]

    def newest_first(self, address: Pubkey, *, until: str | None = None) -> Iterator[list[Signed]]:
        found = []
        for item in reversed(self.order):
            if item.signature == until:
                break
            found.append(Signed(item.signature, self.slot_of(item), item.failed))
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]

    def transaction(self, signature: str) -> Transaction | None:
        self.asked += 1
        item = next((item for item in self.order if item.signature == signature), None)
        return None if item is None else dataclasses.replace(item, slot=self.slot_of(item))

    def finalized_slot(self) -> int:
        self.final = max(self.final, self.newest_slot() - BEHIND)
        return self.final

    def newest_slot(self) -> int:
        return self.slot_of(self.order[-1]) if self.order else 0


@pytest.fixture
def chain() -> Forked:
    return Forked(transactions())


def transactions() -> list[Transaction]:
    """The walk's, as they landed."""
    source = short_walk()
    found = [source.transaction(signed.signature) for signed in source.signatures(MAI)]
    return [item for item in found if item is not None]


def indexer(chain: Forked, path: Path | str = ":memory:") -> Indexer:
    return Indexer(chain, Database(path, MAI), MAI, INTERFACE)


def expected(chain: Forked) -> list[tuple[str, int, str]]:
    return [
        (item.signature, event.index, event.name)
        for item in chain.order
        if not item.failed
        for event in read_events(INTERFACE, MAI, item.logs).events
    ]


def found(database: Database) -> list[tuple[str, int, str]]:
    return [(row.signature, row.place, row.name) for row in database.events()]


def test_everything_once_and_again_nothing(chain: Forked) -> None:
    chain.grow(len(chain.all))
    made = indexer(chain)
    news = [(item.transaction.signature, item.event.index, item.event.name) for item in made.advance()]
    assert news == found(made.database) == expected(chain)
    assert made.database.counts()["WorkSettled"] >= 3
    asked = chain.asked
    assert list(made.advance()) == []
    assert chain.asked == asked  # what is known is not read again


def test_events_about_an_address(chain: Forked) -> None:
    chain.grow(len(chain.all))
    made = indexer(chain)
    settled = next(item.event for item in made.advance() if item.event.name == "WorkSettled")
    names = [row.name for row in made.database.events(about=settled.data["work"])]
    assert names[0] == "WorkAssigned" and "WorkCommitted" in names and "WorkSettled" in names
    miner = settled.data["miner"]
    assert {row.name for row in made.database.events(about=miner, name="WorkSettled")} == {"WorkSettled"}


FATES = st.sampled_from(["stays", "stays", "vanishes", "moves"])


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_forks_and_restarts_end_in_the_same_index(data: st.DataObject) -> None:
    """Between any two looks the newest vanish, come back or land later, in any order; the process may be a new one."""
    chain = Forked(transactions()[:120])
    database = Database(":memory:", MAI)
    lost: list[Transaction] = []
    while chain.height < len(chain.all):
        chain.grow(data.draw(st.integers(1, 40)))
        list(Indexer(chain, database, MAI, INTERFACE).advance())
        fates: dict[str, list[Transaction]] = {"stays": [], "vanishes": [], "moves": []}
        for item in chain.order:
            if chain.slot_of(item) > chain.final:
                fates[data.draw(FATES)].append(item)
        back = [item for item in lost if data.draw(st.booleans())]
        chain.fork(fates["vanishes"], data.draw(st.permutations(fates["moves"] + back)))
        lost = [item for item in lost if item not in back] + fates["vanishes"]
    assert_true_in_the_end(chain, database)


def test_a_fork_can_turn_the_order_around() -> None:
    """In the slot where they land again, what was older is younger: the index's order is the chain's, not its own."""
    chain, database = Forked(transactions()[:IN_FLIGHT]), Database(":memory:", MAI)
    late = in_flight(chain, database)
    chain.fork([], late[::-1])
    list(Indexer(chain, database, MAI, INTERFACE).advance())
    assert found(database) == expected(chain)
    assert_true_in_the_end(chain, database)


def test_a_fork_is_seen_when_half_of_it_is_final() -> None:
    """Of two that it puts into one slot, one's old slot is final by the next look, the other's is not."""
    chain, database = Forked(transactions()[:IN_FLIGHT]), Database(":memory:", MAI)
    late = in_flight(chain, database)
    chain.final = chain.slot_of(late[-1]) - 1
    assert chain.slot_of(late[0]) <= chain.final
    chain.fork([], [late[0], late[-1]])
    list(Indexer(chain, database, MAI, INTERFACE).advance())
    assert found(database) == expected(chain)
    assert_true_in_the_end(chain, database)


IN_FLIGHT = 47
"""So many transactions of the walk, and the newest that tell something are in several slots that are not final."""


def in_flight(chain: Forked, database: Database) -> list[Transaction]:
    """All have landed and are in the index; those with events that a fork can still undo."""
    chain.grow(IN_FLIGHT)
    list(Indexer(chain, database, MAI, INTERFACE).advance())
    late = [item for item in chain.order if chain.slot_of(item) > chain.final and not item.failed]
    telling = [item for item in late if read_events(INTERFACE, MAI, item.logs).events]
    assert len({chain.slot_of(item) for item in telling}) > 2
    return telling


def assert_true_in_the_end(chain: Forked, database: Database) -> None:
    """When everything that was forked is finalized, the index has it all, in order, once."""
    last = chain.newest_slot()
    chain.all.append(Transaction("the end", last + 10 * BEHIND, 0, True, (), (), {}, {}))
    chain.grow(1)
    list(Indexer(chain, database, MAI, INTERFACE).advance())
    assert found(database) == expected(chain)
    assert database.open_signatures(last) == set()


def index_and_tell(chain: Forked, path: Path, told: Connection) -> None:
    """In a process of its own: index, tell each event's number, and stop before the last batch."""
    for number, _ in enumerate(indexer(chain, path).advance()):
        told.send(number)
        if number == 70:
            signal.pause()  # however slow the kill is, it comes before the last batch is written


def test_killed_at_any_moment_it_goes_on_where_it_was(chain: Forked, tmp_path: Path) -> None:
    chain.grow(len(chain.all))
    path = tmp_path / "index.db"
    forking = multiprocessing.get_context("fork")  # the same transactions: another walk's would have other signatures
    hears, tells = forking.Pipe(duplex=False)
    child = forking.Process(target=index_and_tell, args=(chain, path, tells))
    child.start()
    tells.close()  # so that the end of a child that tells nothing is seen
    while hears.recv() < 60:
        pass
    child.kill()
    child.join()
    made = indexer(chain, path)
    before = found(made.database)
    assert 60 < len(before) < len(expected(chain)) and before == expected(chain)[: len(before)]
    list(made.advance())
    assert found(made.database) == expected(chain)


def test_another_program_s_index_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    Database(path, MAI).close()
    with pytest.raises(MaiError, match="another program"):
        Database(path, Pubkey.new_unique())
    (tmp_path / "text").write_text("no database, but some text that is long enough to be looked at as one" * 20)
    with pytest.raises(MaiError, match="is not an index"):
        Database(tmp_path / "text", MAI)


def test_a_batch_is_written_whole_or_not_at_all(chain: Forked) -> None:
    chain.grow(50)
    made = indexer(chain)
    batch = [(item, read_events(INTERFACE, MAI, item.logs).events, True) for item in chain.order]
    order = [item.signature for item in chain.order]
    broken = Transaction(None, 1, 1, False, (), (), {}, {})  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        made.database.add([*batch, (broken, [], True)], order, after=0, finalized_slot=0)
    assert made.database.transactions == 0
    made.database.add(batch, order, after=0, finalized_slot=0)
    made.database.add(batch, order, after=0, finalized_slot=0)
    assert made.database.transactions == 50


def test_following_shows_what_is_new_once_in_spite_of_forks(chain: Forked) -> None:
    chain.grow(100)
    follower = Follower(chain, MAI, INTERFACE)
    assert len(follower.start(past=5)) == 5
    shown = []
    while chain.height < len(chain.all):
        chain.grow(37)
        newest = chain.order.pop()  # not seen in this look, there in the next
        shown += [(item.transaction.signature, item.event.index) for item in follower.look()]
        chain.order.append(newest)
    shown += [(item.transaction.signature, item.event.index) for item in follower.look()]
    late = {item.signature for item in chain.all[100 : chain.height]}
    should = [(name, index) for name, index, _ in expected(chain) if name in late]
    assert sorted(shown) == sorted(should) and len(set(shown)) == len(shown)
