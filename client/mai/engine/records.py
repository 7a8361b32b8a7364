"""The log of answers in SQLite: signed metadata, hashes and figures; no prompt and no answer."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from pathlib import Path
from typing import Any

from mai.engine.errors import EngineError
from mai.engine.protocol import Completion, Metadata
from mai.errors import MaiError

FILE = "log.sqlite"
FORMAT = 1
MAX_RECORDS = 100_000
_FIELDS = [(item.name, "INTEGER" if item.type == "int" else "TEXT") for item in dataclasses.fields(Metadata)]
_NAMES = [name for name, _ in _FIELDS] + ["signer", "signature"]
_COLUMNS = ", ".join(f"{name} {kind} NOT NULL" for name, kind in [*_FIELDS, ("signer", "TEXT"), ("signature", "TEXT")])
_SCHEMA = f"CREATE TABLE IF NOT EXISTS answers (number INTEGER PRIMARY KEY, {_COLUMNS});"


class Records:
    """One folder's log."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Open or make it.

        Raises:
            MaiError: there is none to read, or the file is no log.
        """
        path = folder / FILE
        if read_only and not path.is_file():
            raise MaiError(f"{folder} holds no log of answers: start `mai engine serve` first")
        previous = os.umask(0o077)
        try:
            where = f"{path.resolve().as_uri()}{'?mode=ro' if read_only else ''}"
            self._file = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
            if not read_only:
                self._file.execute("PRAGMA journal_mode=WAL")
                self._file.execute("PRAGMA synchronous=NORMAL")
                self._file.executescript(_SCHEMA + f"PRAGMA user_version={FORMAT};")
            if self._file.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
                raise MaiError(f"{path} is a log of another version: move it away")
        except sqlite3.Error as error:
            raise MaiError(f"{path} cannot be used as a log: {error}") from error
        finally:
            os.umask(previous)

    def add(self, answer: Completion) -> None:
        """Remember an answer; the oldest beyond 100,000 are forgotten.

        Raises:
            EngineError: internal_error; the disk cannot be written.
        """
        values = [*dataclasses.asdict(answer.metadata).values(), answer.signer, answer.signature]
        marks = ", ".join("?" * len(values))
        oldest = "DELETE FROM answers WHERE number <= (SELECT max(number) FROM answers) - ?"
        try:
            self._file.execute(f"INSERT INTO answers ({', '.join(_NAMES)}) VALUES ({marks})", values)
            self._file.execute(oldest, (MAX_RECORDS,))
        except sqlite3.Error as error:
            raise EngineError("internal_error", f"the log of answers cannot be written: {error}") from error

    def newest(self, limit: int, *, model: str | None = None, task: str | None = None) -> list[dict[str, Any]]:
        """Signed records, the newest first."""
        where = "(? IS NULL OR model = ?) AND (? IS NULL OR task = ?)"
        rows = self._file.execute(
            f"SELECT {', '.join(_NAMES)} FROM answers WHERE {where} ORDER BY number DESC LIMIT ?",
            (model, model, task, task, limit),
        )
        found = []
        for row in rows:
            *values, signer, signature = row
            metadata = Metadata(*values)
            found.append({"metadata": metadata.plain(), "signer": signer, "signature": signature})
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()
