"""Accepted tasks in SQLite, written before the acceptance is answered: a kill at any moment loses none.

Envelopes and answers are sealed at rest; an envelope is erased as soon as its task is over.
"""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mai.engine.errors import EngineError
from mai.errors import MaiError

FILE = "journal.sqlite"
FORMAT = 1
MAX_FINISHED = 10_000
ACCEPTED, RUNNING, DONE, FAILED = "accepted", "running", "done", "failed"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS offers (
  number INTEGER PRIMARY KEY, task TEXT NOT NULL UNIQUE, model TEXT NOT NULL, requester TEXT NOT NULL,
  digest BLOB NOT NULL, max_tokens INTEGER, envelope BLOB NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  answer BLOB, accepted_us INTEGER NOT NULL, changed_us INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS offers_state ON offers (state);
"""
_LIGHT = "task, model, requester, digest, max_tokens, x'', state, reason, x'', accepted_us, changed_us"
_COLUMNS = "task, model, requester, digest, max_tokens, envelope, state, reason, answer, accepted_us, changed_us"


class Vault(Protocol):
    """Seals what lies on disk."""

    def seal(self, plain: bytes, /) -> bytes:
        """Bytes that only :meth:`open` can read."""

    def open(self, sealed: bytes, /) -> bytes:
        """What was sealed; MaiError if it was not sealed here, or was changed."""


@dataclass(frozen=True)
class Kept:
    """An accepted task.

    Attributes:
        digest: Keccak-256 of the envelope as it came, which names the offer.
        envelope, answer: not sealed any more; empty after the task's end, empty before it.
        state: accepted, running, done or failed.
        reason: why it failed, a name of ``mai.engine.errors``.
    """

    task: str
    model: str
    requester: str
    digest: bytes
    max_tokens: int | None
    envelope: bytes
    state: str
    reason: str
    answer: bytes
    accepted_us: int
    changed_us: int


class Journal:
    """One folder's tasks."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        """Open or make it.

        Raises:
            MaiError: the file is no journal.
        """
        self._vault = vault
        previous = os.umask(0o077)
        try:
            self._file = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=FULL")
            self._file.execute("PRAGMA secure_delete=ON")
            self._file.executescript(_SCHEMA)
            if self._file.execute("PRAGMA user_version").fetchone()[0] not in (0, FORMAT):
                raise MaiError(f"{folder / FILE} is a journal of another version: move it away")
            self._file.execute(f"PRAGMA user_version={FORMAT}")
        except sqlite3.Error as error:
            raise MaiError(f"{folder / FILE} cannot be used as a journal: {error}") from error
        finally:
            os.umask(previous)

    def accept(
        self, task: str, model: str, requester: str, digest: bytes, max_tokens: int | None, envelope: bytes
    ) -> None:
        """Keep a task; it is on disk when this returns.

        Raises:
            EngineError: internal_error; the disk cannot be written.
        """
        now = time.time_ns() // 1000
        values = (task, model, requester, digest, max_tokens, self._vault.seal(envelope), ACCEPTED, "", None, now, now)
        try:
            self._file.execute(f"INSERT INTO offers ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)
        except sqlite3.Error as error:
            raise EngineError("internal_error", f"the journal cannot be written: {error}") from error

    def find(self, task: str, *, whole: bool = False) -> Kept:
        """A task; only the ``whole`` one has its envelope and its answer.

        Raises:
            EngineError: task_not_found.
        """
        row = self._file.execute(
            f"SELECT {_COLUMNS if whole else _LIGHT} FROM offers WHERE task = ?", (task,)
        ).fetchone()
        if row is None:
            raise EngineError("task_not_found", f"no task {task} was accepted here")
        return self._kept(row)

    def known(self, task: str) -> Kept | None:
        """A task; None where it was never accepted."""
        try:
            return self.find(task)
        except EngineError as error:
            if error.name != "task_not_found":
                raise
            return None

    def in_state(self, *states: str) -> list[str]:
        """The tasks in these states, the oldest first."""
        marks = ", ".join("?" * len(states))
        return [
            str(row[0])
            for row in self._file.execute(f"SELECT task FROM offers WHERE state IN ({marks}) ORDER BY number", states)
        ]

    def counts(self) -> dict[str, int]:
        """Tasks by state."""
        return dict(self._file.execute("SELECT state, count(*) FROM offers GROUP BY state"))

    def unfinished(self, requester: str) -> int:
        """How many of a requester's tasks are not over."""
        query = "SELECT count(*) FROM offers WHERE requester = ? AND state IN (?, ?)"
        return int(self._file.execute(query, (requester, ACCEPTED, RUNNING)).fetchone()[0])

    def expire(self, seconds: float) -> None:
        """Tasks that nobody has begun for so long fail as timed_out."""
        before = time.time_ns() // 1000 - round(seconds * 1e6)
        query = "SELECT task FROM offers WHERE state = ? AND accepted_us <= ?"
        for (task,) in self._file.execute(query, (ACCEPTED, before)).fetchall():
            self.fail(task, "timed_out")

    def running(self, task: str) -> None:
        """The task has begun."""
        self._move(task, RUNNING, "", None)

    def done(self, task: str, answer: bytes) -> None:
        """The task has its answer; a task that is over already stays as it is."""
        self._move(task, DONE, "", self._vault.seal(answer))

    def fail(self, task: str, reason: str) -> None:
        """The task has no answer, by name; a task that is over already stays as it is."""
        self._move(task, FAILED, reason, None)

    def _move(self, task: str, state: str, reason: str, answer: bytes | None) -> None:
        over = state in (DONE, FAILED)
        self._file.execute(
            "UPDATE offers SET state = ?, reason = ?, answer = ?, changed_us = ?, "
            "envelope = CASE WHEN ? THEN x'' ELSE envelope END WHERE task = ? AND state IN (?, ?)",
            (state, reason, answer, time.time_ns() // 1000, over, task, ACCEPTED, RUNNING),
        )
        if over:
            self._file.execute(
                "DELETE FROM offers WHERE number IN (SELECT number FROM offers WHERE state IN (?, ?) "
                "ORDER BY changed_us DESC, number DESC LIMIT -1 OFFSET ?)",
                (DONE, FAILED, MAX_FINISHED),
            )

    def _kept(self, row: tuple[object, ...]) -> Kept:
        values = list(row)
        for place in (5, 8):
            sealed = values[place]
            values[place] = self._unsealed(sealed) if isinstance(sealed, bytes) and sealed else b""
        return Kept(*values)  # type: ignore[arg-type]

    def _unsealed(self, sealed: bytes) -> bytes:
        try:
            return self._vault.open(sealed)
        except MaiError as error:
            raise EngineError("envelope_unreadable", str(error)) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
