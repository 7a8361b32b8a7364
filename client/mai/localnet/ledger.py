"""The ledger on disk: accounts, transactions, addresses and blocks in one SQLite file.

WAL with synchronous=NORMAL: a commit is in the file before its answer leaves, so killing the process at any moment
loses nothing; a power cut may take the last commits, never the file's consistency.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from mai.errors import MaiError
from mai.localnet.cell import Cell
from mai.localnet.records import Block, Landing, Stored
from mai.localnet.tokens import holding

FILE = "ledger.sqlite"
FORMAT = 1
LARGE_BYTES = 32 * 1024
PAGE_BYTES = 4096
MOST_SLOTS_A_SECOND = 100
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY, address BLOB NOT NULL UNIQUE, owner BLOB NOT NULL, lamports INTEGER NOT NULL,
  executable INTEGER NOT NULL, mint BLOB, holder BLOB, delegate BLOB, data BLOB NOT NULL);
CREATE INDEX accounts_owner ON accounts (owner);
CREATE INDEX accounts_mint ON accounts (mint) WHERE mint IS NOT NULL;
CREATE INDEX accounts_holder ON accounts (holder) WHERE holder IS NOT NULL;
CREATE INDEX accounts_delegate ON accounts (delegate) WHERE delegate IS NOT NULL;
CREATE TABLE transactions (
  id INTEGER PRIMARY KEY, signature BLOB NOT NULL UNIQUE, slot INTEGER NOT NULL, time INTEGER NOT NULL,
  err TEXT, memo TEXT, meta BLOB NOT NULL, wire BLOB NOT NULL);
CREATE INDEX transactions_slot ON transactions (slot);
CREATE TABLE addresses (address BLOB NOT NULL, "transaction" INTEGER NOT NULL, PRIMARY KEY (address, "transaction"))
  WITHOUT ROWID;
CREATE TABLE blocks (
  slot INTEGER PRIMARY KEY, parent INTEGER NOT NULL, hash BLOB NOT NULL, previous BLOB NOT NULL,
  height INTEGER NOT NULL, time INTEGER NOT NULL, transactions INTEGER NOT NULL);
"""


class Ledger:
    """One folder's ledger; open for writing by one process, for reading by any number."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: IO[bytes] | None) -> None:
        self.folder = folder
        self._connection, self._lock = connection, lock

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """Open for reading, whether or not a localnet is writing.

        Raises:
            MaiError: there is no ledger.
        """
        path = folder / FILE
        if not path.is_file():
            raise MaiError(f"{folder} holds no ledger: start one with `mai localnet --ledger {folder}`")
        found = cls(folder, sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True), None)
        found._check()
        return found

    @classmethod
    def open_to_write(cls, folder: Path, *, reset: bool = False) -> Ledger:
        """Open or create for the one process that writes.

        Raises:
            MaiError: the folder cannot be used, or another localnet uses it.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / "lock").open("ab")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MaiError(
                f"another localnet uses the ledger {folder}: stop it or name another with --ledger"
            ) from None
        except OSError as error:
            raise MaiError(f"the ledger folder {folder} cannot be used: {error.strerror}") from error
        if reset:
            _remove(folder)
        fresh = not (folder / FILE).exists()
        previous = os.umask(0o077)  # the faucet's key is inside
        try:
            connection = sqlite3.connect(folder / FILE, isolation_level=None)
        finally:
            os.umask(previous)
        found = cls(folder, connection, lock)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            if fresh or not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                connection.executescript(f"BEGIN;{SCHEMA}PRAGMA user_version={FORMAT};COMMIT;")
        except sqlite3.Error as error:
            raise MaiError(f"{folder / FILE} is no ledger: start over with --reset") from error
        found._check()
        return found

    def _check(self) -> None:
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise MaiError(f"{self.folder / FILE} is no ledger: start over with --reset") from error
        if version != FORMAT:
            raise MaiError(f"{self.folder / FILE} is of another version: start over with --reset")

    def close(self) -> None:
        """Let go of the file; what was committed stays."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything written inside is there after a crash, or nothing of it.

        Raises:
            MaiError: the disk refuses; the process must end, since the machine is ahead of the ledger.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise MaiError(f"the ledger {self.folder} cannot be written: {error}") from error

    # Small facts

    def fact(self, name: str) -> Any:
        """A value that was kept under ``name``; None if none was."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def keep(self, name: str, value: int | str | bytes) -> None:
        """Keep a value under ``name``."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # Writing

    def land(self, landing: Landing, slot: int, time: int) -> int:
        """Write a transaction, where it is found, and what it changed; returns its number."""
        err = None if landing.err is None else orjson.dumps(landing.err).decode()
        row = (bytes(landing.signature), slot, time, err, landing.memo, orjson.dumps(landing.meta), landing.wire)
        execute = self._connection.execute
        number = execute(
            "INSERT INTO transactions (signature, slot, time, err, memo, meta, wire) VALUES (?, ?, ?, ?, ?, ?, ?)", row
        ).lastrowid
        assert number is not None
        self._connection.executemany(
            "INSERT OR IGNORE INTO addresses VALUES (?, ?)", [(bytes(key), number) for key in landing.addresses]
        )
        for address, before, after in landing.changes:
            self.put(address, before, after)
        return number

    def put(self, address: Pubkey, before: Cell | None, after: Cell | None) -> None:
        """Write one account; None removes it. ``before`` is what the ledger has now."""
        execute = self._connection.execute
        if after is None:
            execute("DELETE FROM accounts WHERE address = ?", (bytes(address),))
            return
        if before is not None and len(after.data) >= LARGE_BYTES and _only_data_differs(before, after):
            # A program's buffer is written in pieces of a kilobyte: only the pages that differ go into the file.
            (number,) = execute("SELECT id FROM accounts WHERE address = ?", (bytes(address),)).fetchone()
            first, last = _difference(before.data, after.data)
            with self._connection.blobopen("accounts", "data", number) as blob:
                blob.seek(first)
                blob.write(after.data[first:last])
            return
        mint, holder, delegate = holding(after)
        execute(
            "INSERT INTO accounts (address, owner, lamports, executable, mint, holder, delegate, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET owner = excluded.owner, "
            "lamports = excluded.lamports, executable = excluded.executable, "
            "mint = excluded.mint, holder = excluded.holder, delegate = excluded.delegate, data = excluded.data",
            (
                *(bytes(address), bytes(after.owner), after.lamports, after.executable),
                *(mint, holder, delegate, after.data),
            ),
        )

    def add_blocks(self, blocks: Iterable[Block]) -> None:
        """Write slots that are over."""
        self._connection.executemany(
            "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (item.slot, item.parent, item.hash, item.previous, item.height, item.time, item.transactions)
                for item in blocks
            ],
        )

    # Accounts

    def account(self, address: Pubkey) -> Cell | None:
        """The account at ``address``; None where there is none."""
        rows = self.accounts("address = ?", (bytes(address),))
        return next((account for _, account in rows), None)

    def accounts(self, where: str = "1", values: Sequence[Any] = ()) -> Iterator[tuple[Pubkey, Cell]]:
        """The accounts that a condition on the table's columns chooses, in the order in which they were made."""
        rows = self._connection.execute(
            f"SELECT address, lamports, data, owner, executable FROM accounts WHERE {where} ORDER BY id", values
        )
        for address, lamports, data, owner, executable in rows:
            yield Pubkey(address), Cell(lamports, data, Pubkey(owner), bool(executable))

    def owned(self, program: Pubkey) -> Iterator[tuple[Pubkey, Cell]]:
        """All accounts of ``program``."""
        return self.accounts("owner = ?", (bytes(program),))

    def total_lamports(self) -> int:
        """All lamports there are."""
        return int(self._connection.execute("SELECT COALESCE(SUM(lamports), 0) FROM accounts").fetchone()[0])

    def richest(self, count: int) -> list[tuple[Pubkey, int]]:
        """The accounts with the most lamports."""
        rows = self._connection.execute(
            "SELECT address, lamports FROM accounts ORDER BY lamports DESC LIMIT ?", (count,)
        )
        return [(Pubkey(address), lamports) for address, lamports in rows]

    # Transactions

    def transaction(self, signature: Signature) -> Stored | None:
        """The transaction with this signature; None if it did not land."""
        return next(self._stored("signature = ?", (bytes(signature),)), None)

    def status(self, signature: Signature) -> tuple[int, Any] | None:
        """The slot that a transaction landed in, and its error; None if it did not land."""
        row = self._connection.execute(
            "SELECT slot, err FROM transactions WHERE signature = ?", (bytes(signature),)
        ).fetchone()
        return None if row is None else (row[0], _error(row[1]))

    def number(self, signature: Signature) -> int | None:
        """A transaction's number in the order of landing."""
        row = self._connection.execute(
            "SELECT id FROM transactions WHERE signature = ?", (bytes(signature),)
        ).fetchone()
        return None if row is None else int(row[0])

    def transactions_in(self, slot: int) -> list[Stored]:
        """A block's transactions in their order."""
        return list(self._stored("slot = ? ORDER BY id", (slot,)))

    def slot_signatures(self, slot: int) -> list[Signature]:
        """The signatures of a block's transactions in their order."""
        rows = self._connection.execute("SELECT signature FROM transactions WHERE slot = ? ORDER BY id", (slot,))
        return [Signature(item) for (item,) in rows]

    def addresses_of(self, number: int) -> list[Pubkey]:
        """The addresses that a transaction names."""
        row = self._connection.execute("SELECT wire, meta FROM transactions WHERE id = ?", (number,)).fetchone()
        if row is None:
            return []
        loaded = orjson.loads(row[1])["loadedAddresses"]
        looked_up = [Pubkey.from_string(key) for name in ("writable", "readonly") for key in loaded[name]]
        return [*VersionedTransaction.from_bytes(row[0]).message.account_keys, *looked_up]

    def transaction_count(self) -> int:
        """How many transactions have landed."""
        return int(self._connection.execute("SELECT COALESCE(MAX(id), 0) FROM transactions").fetchone()[0])

    def signatures_for(
        self,
        address: Pubkey,
        *,
        before: int | None = None,
        until: int = 0,
        last_slot: int | None = None,
        limit: int = 1000,
    ) -> list[tuple[Signature, int, int, Any, str | None]]:
        """(signature, slot, time, error, memo) of the transactions that name ``address``, newest first.

        Args:
            before: only those with a smaller number.
            until: only those with a larger number.
            last_slot: only those up to this slot.
        """
        top = 2**62
        rows = self._connection.execute(
            "SELECT t.signature, t.slot, t.time, t.err, t.memo FROM addresses a JOIN transactions t "
            'ON t.id = a."transaction" WHERE a.address = ? AND a."transaction" < ? AND a."transaction" > ? '
            'AND t.slot <= ? ORDER BY a."transaction" DESC LIMIT ?',
            (bytes(address), top if before is None else before, until, top if last_slot is None else last_slot, limit),
        )
        return [(Signature(item), slot, time, _error(err), memo) for item, slot, time, err, memo in rows]

    def _stored(self, where: str, values: Sequence[Any]) -> Iterator[Stored]:
        rows = self._connection.execute(
            f"SELECT id, signature, slot, time, err, memo, meta, wire FROM transactions WHERE {where}", values
        )
        for number, signature, slot, time, err, memo, meta, wire in rows:
            yield Stored(number, Signature(signature), slot, time, _error(err), memo, orjson.loads(meta), wire)

    # Blocks

    def block(self, slot: int) -> Block | None:
        """The block of ``slot``; None where there is none."""
        row = self._connection.execute("SELECT * FROM blocks WHERE slot = ?", (slot,)).fetchone()
        return None if row is None else Block(*row)

    def last_blocks(self, count: int) -> list[Block]:
        """The newest blocks, oldest first."""
        rows = self._connection.execute("SELECT * FROM blocks ORDER BY slot DESC LIMIT ?", (count,)).fetchall()
        return [Block(*row) for row in reversed(rows)]

    def slots(self, first: int, last: int, limit: int) -> list[int]:
        """The slots from ``first`` to ``last`` that have blocks."""
        rows = self._connection.execute(
            "SELECT slot FROM blocks WHERE slot BETWEEN ? AND ? ORDER BY slot LIMIT ?", (first, last, limit)
        )
        return [slot for (slot,) in rows]

    def activity(self, now: int, seconds: int, count: int) -> list[tuple[int, int, int]]:
        """(blocks, transactions, last slot) of the last ``count`` spans of time until ``now``, newest first."""
        rows = self._connection.execute(
            "SELECT COUNT(*), SUM(transactions), MAX(slot) FROM blocks "
            "WHERE slot > (SELECT MAX(slot) FROM blocks) - ? AND time > ? AND time <= ? "
            "GROUP BY (? - time) / ? ORDER BY MAX(slot) DESC LIMIT ?",
            (count * seconds * MOST_SLOTS_A_SECOND, now - count * seconds, now, now, seconds, count),
        )
        return [(blocks, transactions, slot) for blocks, transactions, slot in rows]


def _error(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def _only_data_differs(before: Cell, after: Cell) -> bool:
    return before._replace(data=b"") == after._replace(data=b"") and len(before.data) == len(after.data)


def _difference(before: bytes, after: bytes) -> tuple[int, int]:
    """From the first page that differs to the end of the last, for two texts of one length."""
    first, last = 0, len(after)
    for step in (64 * PAGE_BYTES, PAGE_BYTES):
        while first < last and before[first : first + step] == after[first : first + step]:
            first += step
        while first < last and before[max(first, last - step) : last] == after[max(first, last - step) : last]:
            last -= step
    return min(first, len(after)), max(first, last)


def _remove(folder: Path) -> None:
    """Remove the ledger's own files and nothing else that lies there."""
    for path in folder.glob(f"{FILE}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
