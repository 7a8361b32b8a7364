"""The miner's memory: works, what was computed for them (sealed), and what happened, in one SQLite file.

Every change of a work is one transaction with what belongs to it, so that a process that is killed leaves the work
either before the change or behind it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from mai.errors import MaiError
from mai.miner.seal import Seal
from mai.miner.states import ENDS, Kind, State, follows

TIMEOUT_S = 30.0
MOST_HISTORY, MOST_REFUSALS = 100_000, 10_000
KEPT_S = 8 * 86_400
"""How long what was computed outlives its work: a challenge and the appeal against it may need it."""
_ENDS = ", ".join(f"'{end}'" for end in sorted(ENDS))
_TABLES = f"""
CREATE TABLE IF NOT EXISTS works (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL, context BLOB NOT NULL, most_tokens INTEGER NOT NULL, tokens INTEGER NOT NULL,
  due_ts INTEGER NOT NULL, due_slot INTEGER NOT NULL, paid INTEGER NOT NULL, number INTEGER NOT NULL,
  lane INTEGER NOT NULL, seen_at REAL NOT NULL, changed_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS blobs (
  work TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (work, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shown (
  work TEXT NOT NULL, what TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (work, what)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, work TEXT NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refusals (
  task TEXT PRIMARY KEY, at REAL NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL, passing INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS running ON works (seen_at) WHERE state NOT IN ({_ENDS});
"""


@dataclass(frozen=True)
class Work:
    """One work as the journal has it.

    Attributes:
        id: the work account's address; of a muster's answer, the answer's with the muster's number.
        task: the task's address; of a muster's answer, the answer's.
        model: the model's account.
        reason: how it ended, or what it waits for.
        context: 32 bytes, once it is known.
        most_tokens, tokens: of the answer, as they were asked for and as they were generated.
        due_ts, due_slot: when the next step is due, in the chain's seconds and slots; 0: no such deadline.
        paid: base units that were minted.
        number, lane: of a muster's answer.
    """

    id: str
    kind: Kind
    task: str
    model: str
    state: State = State.SEEN
    reason: str = ""
    context: bytes = b""
    most_tokens: int = 0
    tokens: int = 0
    due_ts: int = 0
    due_slot: int = 0
    paid: int = 0
    number: int = 0
    lane: int = 0
    seen_at: float = 0.0
    changed_at: float = 0.0

    @property
    def ended(self) -> bool:
        return self.state in ENDS


@dataclass(frozen=True)
class Event:
    """A line of the log."""

    number: int
    at: float
    work: str
    event: str
    detail: str


def urgency(work: Work) -> tuple[int, int]:
    """Sorts works: those whose next step is due first come first."""
    return (work.due_slot or 2**63, work.due_ts or 2**63)


_COLUMNS = tuple(field.name for field in fields(Work))


class Journal:
    """One miner's journal. Safe for several threads, and readable by other processes while it is in use."""

    def __init__(self, path: Path, seal: Seal) -> None:
        """Open the journal, or begin one.

        Raises:
            MaiError: the file cannot be opened.
        """
        self.path, self.seal = path, seal
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=TIMEOUT_S, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise MaiError(f"the miner's journal {path} cannot be opened: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _together(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._undo()
                raise MaiError(f"the miner's journal {self.path} cannot be written: {error}") from error
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _read(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise MaiError(f"the miner's journal {self.path} cannot be read: {error}") from error

    # Works

    def works(self, *, ended: bool | None = None, last: int = -1) -> list[Work]:
        """All works, or only those that have ended or have not, at most the last so many; the oldest first."""
        where = {None: "", True: f"WHERE state IN ({_ENDS})", False: f"WHERE state NOT IN ({_ENDS})"}[ended]
        found = self._read(
            f"SELECT {', '.join(_COLUMNS)} FROM works {where} ORDER BY seen_at DESC, id DESC LIMIT ?", last
        )
        return [_work(row) for row in reversed(found)]

    def earned(self) -> int:
        """What all works have minted, in base units."""
        return int(self._read("SELECT coalesce(sum(paid), 0) FROM works")[0][0])

    def work(self, id: str) -> Work | None:
        """A work by its id."""
        found = self._read(f"SELECT {', '.join(_COLUMNS)} FROM works WHERE id = ?", id)
        return _work(found[0]) if found else None

    def begin(self, work: Work, blobs: Mapping[str, bytes]) -> bool:
        """Write a new work down with what it needs; False, and nothing else, where it is known already."""
        now = time.time()
        work = replace(work, seen_at=now, changed_at=now)
        with self._together() as db:
            if db.execute("SELECT 1 FROM works WHERE id = ?", (work.id,)).fetchone():
                return False
            places = ", ".join("?" * len(_COLUMNS))
            values = tuple(getattr(work, name) for name in _COLUMNS)
            db.execute(f"INSERT INTO works ({', '.join(_COLUMNS)}) VALUES ({places})", values)
            self._put(db, work.id, blobs)
            db.execute("DELETE FROM refusals WHERE task = ?", (work.task,))
            self._tell(db, work.id, str(work.state), "")
        return True

    def record(
        self, id: str, state: State, *, detail: str = "", blobs: Mapping[str, bytes] = {}, **changes: Any
    ) -> Work:
        """Take a work one step on, with what this step found, all at once.

        Args:
            detail: for the log.
            changes: of the work's other fields.

        Raises:
            MaiError: the work is not known, or this is no step from where it is.
        """
        with self._together() as db:
            old = self.work(id)
            if old is None or not follows(old.state, state):
                raise MaiError(f"the work {id} cannot go from {old.state if old else 'nothing'} to {state}")
            work = replace(old, state=state, changed_at=time.time(), **{"reason": "", **changes})
            self._write(db, work)
            self._put(db, id, blobs)
            self._tell(db, id, str(state), detail or work.reason)
        return work

    def note(self, id: str, **changes: Any) -> None:
        """Change fields of a work without a step."""
        with self._together() as db:
            old = self.work(id)
            if old is not None and any(getattr(old, name) != value for name, value in changes.items()):
                self._write(db, replace(old, **changes))

    @staticmethod
    def _write(db: sqlite3.Connection, work: Work) -> None:
        names = ", ".join(f"{name} = ?" for name in _COLUMNS)
        db.execute(f"UPDATE works SET {names} WHERE id = ?", (*(getattr(work, name) for name in _COLUMNS), work.id))

    # What was computed

    def blob(self, id: str, name: str) -> bytes | None:
        """What was kept for a work under a name; None where there is nothing.

        Raises:
            MaiError: it was changed on disk.
        """
        found = self._read("SELECT data FROM blobs WHERE work = ? AND name = ?", id, name)
        return self.seal.open(found[0][0], f"{id} {name}") if found else None

    def keep(self, id: str, name: str, data: bytes) -> None:
        """Keep something for a work, sealed."""
        with self._together() as db:
            self._put(db, id, {name: data})

    def _put(self, db: sqlite3.Connection, id: str, blobs: Mapping[str, bytes]) -> None:
        for name, data in blobs.items():
            sealed = self.seal.close(data, f"{id} {name}")
            db.execute("INSERT OR REPLACE INTO blobs (work, name, data) VALUES (?, ?, ?)", (id, name, sealed))

    def forget_old(self) -> int:
        """Drop what was computed for works that ended so long ago that nothing can ask for it; how many pieces."""
        with self._together() as db:
            done = db.execute(
                f"DELETE FROM blobs WHERE work IN (SELECT id FROM works WHERE changed_at < ? AND state IN ({_ENDS}))",
                (time.time() - KEPT_S,),
            )
            return int(done.rowcount)

    # What was drawn: for people, and so that nothing is told twice; the chain says what is attested

    def show(self, id: str, what: str, state: str) -> None:
        """Note how far a drawn leaf or position is: `proving`, `proved`, `verified`, `attested`."""
        with self._together() as db:
            db.execute("INSERT OR REPLACE INTO shown (work, what, state) VALUES (?, ?, ?)", (id, what, state))

    def shown(self, id: str) -> dict[str, str]:
        """How far everything that was drawn of a work is."""
        return dict(self._read("SELECT what, state FROM shown WHERE work = ? ORDER BY what", id))

    # What happened

    def tell(self, event: str, detail: str = "", work: str = "") -> None:
        """Write a line into the log."""
        with self._together() as db:
            self._tell(db, work, event, detail)

    @staticmethod
    def _tell(db: sqlite3.Connection, work: str, event: str, detail: str) -> None:
        done = db.execute(
            "INSERT INTO history (at, work, event, detail) VALUES (?, ?, ?, ?)", (time.time(), work, event, detail)
        )
        db.execute("DELETE FROM history WHERE number <= ?", ((done.lastrowid or 0) - MOST_HISTORY,))

    def history(self, *, after: int = 0, last: int = MOST_HISTORY, work: str | None = None) -> list[Event]:
        """Lines of the log behind a number, at most the last so many, in order."""
        where, values = ("AND work = ?", (work,)) if work is not None else ("", ())
        columns = "number, at, work, event, detail"
        statement = f"SELECT {columns} FROM history WHERE number > ? {where} ORDER BY number DESC LIMIT ?"
        found = self._read(statement, after, *values, last)
        return [Event(*row) for row in reversed(found)]

    def refuse(self, task: str, reason: str, sentence: str, *, passing: bool) -> bool:
        """Note why a task is not taken; whether that is news."""
        with self._together() as db:
            known = db.execute("SELECT reason FROM refusals WHERE task = ?", (task,)).fetchone()
            db.execute(
                "INSERT OR REPLACE INTO refusals (task, at, reason, sentence, passing) VALUES (?, ?, ?, ?, ?)",
                (task, time.time(), reason, sentence, passing),
            )
            if known is None:
                db.execute(
                    "DELETE FROM refusals WHERE task IN (SELECT task FROM refusals ORDER BY at DESC LIMIT -1 OFFSET ?)",
                    (MOST_REFUSALS,),
                )
            news = known is None or known[0] != reason
            if news:
                self._tell(db, task, reason, sentence)
        return news

    def refusals(self, last: int = MOST_REFUSALS) -> list[tuple[str, str, str]]:
        """Tasks that are not taken, with the reason's name and its sentence; the newest first."""
        found = self._read("SELECT task, reason, sentence FROM refusals ORDER BY at DESC LIMIT ?", last)
        return [(task, reason, sentence) for task, reason, sentence in found]

    def refused_for_good(self, task: str) -> bool:
        """Whether a task was refused for a reason that does not pass."""
        return bool(self._read("SELECT 1 FROM refusals WHERE task = ? AND NOT passing", task))

    # Settings, which other processes change while the miner runs

    def setting(self, name: str) -> str | None:
        found = self._read("SELECT value FROM settings WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def set(self, name: str, value: str) -> None:
        with self._together() as db:
            db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))


def _work(row: tuple[Any, ...]) -> Work:
    found = dict(zip(_COLUMNS, row, strict=True))
    return Work(**{**found, "kind": Kind(found["kind"]), "state": State(found["state"])})
