"""The index's file: every event once, and how far it is sure, in one SQLite database.

The cursor is the newest transaction that is finalized, so it is written with the rows, in one transaction: a kill at
any moment leaves the index as it was before or after a batch. An event is named by its signature and place, so that
writing it again changes nothing. `seen.place` is the chain's order within a slot: whoever writes says it, each time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.events import Told
from mai.chain.history import Transaction
from mai.errors import MaiError

VERSION = 1
_SCHEMA = """
create table if not exists about (name text primary key, value text not null) without rowid;
create table if not exists seen (
    signature text primary key, slot integer not null, time integer not null, place integer not null,
    finalized integer not null, complete integer not null
) without rowid;
create index if not exists seen_by_slot on seen (finalized, slot, place);
create table if not exists event (
    signature text not null references seen on delete cascade, place integer not null, name text not null,
    data text not null, primary key (signature, place)
) without rowid;
create index if not exists event_by_name on event (name);
create table if not exists subject (
    address text not null, signature text not null, place integer not null,
    primary key (address, signature, place),
    foreign key (signature, place) references event on delete cascade
) without rowid;
"""


@dataclass(frozen=True)
class Row:
    """An event in the index, for people and programs."""

    signature: str
    slot: int
    time: int
    place: int
    name: str
    data: dict[str, Any]
    finalized: bool


class Database:
    """An index's file, open."""

    def __init__(self, path: Path | str, program: Pubkey, *, shared: bool = False) -> None:
        """Open or make it; ``shared`` for reading it from several threads, one at a time.

        Raises:
            MaiError: it is no index, of another version, or of another program.
        """
        try:
            self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=not shared)
            self._file.execute("pragma journal_mode = wal")
            self._file.execute("pragma synchronous = full")
            self._file.execute("pragma foreign_keys = on")
            self._file.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise MaiError(f"{path} is not an index: {error}") from error
        for name, value in (("version", str(VERSION)), ("program", str(program))):
            self._file.execute("insert or ignore into about values (?, ?)", (name, value))
            (found,) = self._file.execute("select value from about where name = ?", (name,)).fetchone()
            if found != value:
                raise MaiError(f"{path} is the index of another {name}: {found}, not {value}; name another file")

    # How far it is

    @property
    def cursor(self) -> tuple[str | None, int]:
        """The newest signature that nothing can undo (whatever is older is in the index, too), and its place."""
        row = self._file.execute(
            "select signature, place from seen where finalized order by slot desc, place desc limit 1"
        ).fetchone()
        return (None, 0) if row is None else (str(row[0]), int(row[1]))

    def knows(self, signature: str, slot: int) -> bool:
        """Whether a transaction is here, as of this slot."""
        row = self._file.execute("select slot from seen where signature = ?", (signature,)).fetchone()
        return row is not None and row[0] == slot

    @property
    def newest_slot(self) -> int:
        """The slot of the newest transaction; 0 in an empty index."""
        return int(self._file.execute("select coalesce(max(slot), 0) from seen").fetchone()[0])

    def open_signatures(self, up_to_slot: int) -> set[str]:
        """Transactions that were not finalized yet and are old enough to be by now."""
        rows = self._file.execute("select signature from seen where not finalized and slot <= ?", (up_to_slot,))
        return {signature for (signature,) in rows}

    def counts(self) -> dict[str, int]:
        """Events by name."""
        return dict(self._file.execute("select name, count(*) from event group by name order by name"))

    @property
    def transactions(self) -> int:
        """How many there are."""
        return int(self._file.execute("select count(*) from seen").fetchone()[0])

    # Writing

    def add(
        self,
        batch: Iterable[tuple[Transaction, list[Told], bool]],
        order: Sequence[str],
        *,
        after: int,
        finalized_slot: int,
    ) -> None:
        """Write a batch, all or nothing; those up to ``finalized_slot`` are the new cursor.

        Args:
            batch: what is new or in another slot: transactions with their events and whether the logs were whole.
            order: signatures as they landed, the oldest first, known ones as well: a fork can change it within a slot.
            after: the place before the first of them.
        """
        with self._whole():
            for transaction, events, complete in batch:
                self._add(transaction, events, complete)
            self._file.executemany(
                "update seen set place = ?, finalized = slot <= ? where signature = ?",
                [(place, finalized_slot, signature) for place, signature in enumerate(order, after + 1)],
            )

    def _add(self, transaction: Transaction, events: list[Told], complete: bool) -> None:
        self._file.execute("delete from seen where signature = ?", (transaction.signature,))
        self._file.execute(
            "insert into seen values (?, ?, ?, 0, 0, ?)",
            (transaction.signature, transaction.slot, transaction.time, complete),
        )
        for event in events:
            self._file.execute(
                "insert into event values (?, ?, ?, ?)",
                (transaction.signature, event.index, event.name, json.dumps(plain(event.data))),
            )
            for value in {str(item) for item in event.data.values() if isinstance(item, Pubkey)}:
                self._file.execute("insert into subject values (?, ?, ?)", (value, transaction.signature, event.index))

    def drop(self, signatures: Iterable[str]) -> None:
        """Take out what a fork has undone, with its events; the cursor is before it anyhow."""
        with self._whole():
            self._file.executemany("delete from seen where signature = ?", [(item,) for item in signatures])

    def _whole(self) -> _Whole:
        return _Whole(self._file)

    # Reading

    def events(
        self, *, name: str | None = None, about: Pubkey | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """Events, the oldest first; of a name, or that name an address."""
        where, values = ["1"], list[Any]()
        if name is not None:
            where.append("event.name = ?")
            values.append(name)
        if about is not None:
            where.append("(event.signature, event.place) in (select signature, place from subject where address = ?)")
            values.append(str(about))
        rows = self._file.execute(
            "select event.signature, slot, time, event.place, name, data, finalized from event "
            f"join seen using (signature) where {' and '.join(where)} "
            "order by seen.slot, seen.place, event.place limit ?",
            [*values, -1 if limit is None else limit],
        )
        for signature, slot, time, place, kind, data, finalized in rows:
            yield Row(signature, slot, time, place, kind, json.loads(data), bool(finalized))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Whole:
    """A SQLite transaction: committed whole, or not at all."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._file.execute("begin immediate")

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.execute("commit" if kind is None else "rollback")


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's fields as JSON has them: addresses and digests as text, numbers exact."""
    return {
        name: value.hex() if isinstance(value, bytes) else str(value) if isinstance(value, Pubkey) else value
        for name, value in data.items()
    }
