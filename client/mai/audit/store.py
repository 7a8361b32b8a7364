"""The accounts of a replay: the newest in memory, the rest in a temporary file, so that memory stays bounded."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator

HOT = 60_000
"""Accounts that are kept in memory; half of them go to disk when there are more."""


class Store:
    """Address (32 bytes) to an account's bytes."""

    def __init__(self, hot: int = HOT) -> None:
        self._limit = hot
        self._hot: OrderedDict[bytes, bytes] = OrderedDict()
        self._file = sqlite3.connect("", isolation_level=None)  # SQLite removes a file without a name by itself
        self._file.execute("pragma journal_mode = off")
        self._file.execute("create table account (address blob primary key, data blob) without rowid")

    def get(self, address: bytes) -> bytes | None:
        """The account's bytes, or None."""
        found = self._hot.get(address)
        if found is None:
            row = self._file.execute("select data from account where address = ?", (address,)).fetchone()
            if row is None:
                return None
            found = row[0]
            self.put(address, found)
        return found

    def put(self, address: bytes, data: bytes) -> None:
        """Keep an account."""
        self._hot[address] = data
        self._hot.move_to_end(address)
        if len(self._hot) > self._limit:
            cold = [self._hot.popitem(last=False) for _ in range(self._limit // 2)]
            self._file.execute("begin")
            self._file.executemany("insert or replace into account values (?, ?)", cold)
            self._file.execute("commit")

    def drop(self, address: bytes) -> None:
        """Forget an account."""
        self._hot.pop(address, None)
        self._file.execute("delete from account where address = ?", (address,))

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every account."""
        yield from list(self._hot.items())
        for address, data in self._file.execute("select address, data from account"):
            if address not in self._hot:
                yield address, data

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
