"""The catalogue of models on this machine: one SQLite file, readable by its owner alone."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from mai.engine.places import private_folder
from mai.errors import MaiError

VERSION = 1
MAX_MODELS = 1_000
WAIT_SECONDS = 10.0
GOOD, DAMAGED = "good", "damaged"
_SCHEMA = """
CREATE TABLE models (
  name TEXT PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, revision TEXT NOT NULL, path TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL, sha256_from TEXT NOT NULL, licence TEXT NOT NULL, owned INTEGER NOT NULL,
  state TEXT NOT NULL, added INTEGER NOT NULL, used INTEGER NOT NULL
) STRICT;
CREATE TABLE speeds (
  model TEXT NOT NULL REFERENCES models ON DELETE CASCADE, backend TEXT NOT NULL, fingerprint TEXT NOT NULL,
  prompt REAL NOT NULL, generation REAL NOT NULL, measured INTEGER NOT NULL, PRIMARY KEY (model, backend)
) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Model:
    """A model as it is listed.

    Attributes:
        kind: gguf, onnx or provable.
        source: where it came from, as it was named.
        revision: the hub's commit, where it is known.
        path: its file.
        size: bytes.
        sha256: of its bytes, in hexadecimal.
        sha256_from: who stated the hash: option, hub, cid, package, or first use.
        licence: as whoever pulled it named it; empty where nobody did.
        owned: whether the file is the registry's, or a package's that is only referenced.
        state: good or damaged, as the last look found it.
        added, used: seconds since 1970; 0 where it was never used.
    """

    name: str
    kind: str
    source: str
    revision: str
    path: str
    size: int
    sha256: str
    sha256_from: str
    licence: str
    owned: bool
    state: str
    added: int
    used: int


@dataclass(frozen=True)
class Speed:
    """How fast a model ran here, in tokens a second.

    Attributes:
        fingerprint: of the hardware and drivers it was measured on.
        prompt: reading a prompt.
        generation: writing an answer.
        measured: seconds since 1970.
    """

    model: str
    backend: str
    fingerprint: str
    prompt: float
    generation: float
    measured: int


_MODEL = tuple(field.name for field in fields(Model))
_SPEED = tuple(field.name for field in fields(Speed))


class Catalogue:
    """Models, their speeds and the settings; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            MaiError: it is unreadable, or of a newer version.
        """
        self.path = path
        private_folder(path.parent)
        if not path.exists():
            path.touch(mode=0o600)
        with self._open() as found:
            found.execute("BEGIN IMMEDIATE")
            (version,) = found.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise MaiError(f"{path} is of a newer version of this program")
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    found.execute(statement)
                found.execute(f"PRAGMA user_version = {VERSION}")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)) as found:
                found.execute("PRAGMA foreign_keys = ON")
                found.execute("PRAGMA synchronous = FULL")
                yield found
                if found.in_transaction:
                    found.execute("COMMIT")
        except sqlite3.Error as error:
            raise MaiError(f"the catalogue of models {self.path} cannot be used: {error}") from error

    def models(self) -> list[Model]:
        """All models, by name."""
        with self._open() as found:
            rows = found.execute(f"SELECT {', '.join(_MODEL)} FROM models ORDER BY name").fetchall()
        return [_model(row) for row in rows]

    def find(self, name: str) -> Model | None:
        """The model of a name."""
        with self._open() as found:
            row = found.execute(f"SELECT {', '.join(_MODEL)} FROM models WHERE name = ?", (name,)).fetchone()
        return _model(row) if row else None

    def add(self, model: Model) -> None:
        """List a model, in place of one of the same name; speeds stay only if the bytes do.

        Raises:
            MaiError: too many are listed.
        """
        with self._open() as found:
            found.execute("BEGIN IMMEDIATE")
            (count,) = found.execute("SELECT count(*) FROM models WHERE name <> ?", (model.name,)).fetchone()
            if count >= MAX_MODELS:
                raise MaiError(f"the catalogue is full: {MAX_MODELS:,} models are listed")
            found.execute("DELETE FROM models WHERE name = ? AND sha256 <> ?", (model.name, model.sha256))
            changes = ", ".join(f"{name} = excluded.{name}" for name in _MODEL if name != "name")
            found.execute(
                f"INSERT INTO models ({', '.join(_MODEL)}) VALUES ({', '.join('?' * len(_MODEL))}) "
                f"ON CONFLICT (name) DO UPDATE SET {changes}",
                tuple(getattr(model, name) for name in _MODEL),
            )

    def remove(self, name: str) -> None:
        """Take a model off the list, with its speeds."""
        with self._open() as found:
            found.execute("DELETE FROM models WHERE name = ?", (name,))

    def mark(self, name: str, *, state: str | None = None, used: int | None = None) -> None:
        """Note how the last look found a model, or when it was last used."""
        with self._open() as found:
            found.execute(
                "UPDATE models SET state = coalesce(?, state), used = coalesce(?, used) WHERE name = ?",
                (state, used, name),
            )

    def speeds(self) -> list[Speed]:
        """What was measured, newest first."""
        with self._open() as found:
            rows = found.execute(f"SELECT {', '.join(_SPEED)} FROM speeds ORDER BY measured DESC, model").fetchall()
        return [Speed(*row) for row in rows]

    def note(self, speed: Speed) -> None:
        """Keep a measurement, in place of an older one of the same model and backend."""
        with self._open() as found:
            found.execute(
                f"INSERT OR REPLACE INTO speeds ({', '.join(_SPEED)}) VALUES ({', '.join('?' * len(_SPEED))})",
                tuple(getattr(speed, name) for name in _SPEED),
            )

    def setting(self, name: str) -> int | None:
        """A number that was set."""
        with self._open() as found:
            row = found.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else None

    def set(self, name: str, value: int | None) -> None:
        """Set a number; None takes it away."""
        with self._open() as found:
            if value is None:
                found.execute("DELETE FROM settings WHERE name = ?", (name,))
            else:
                found.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def _model(row: tuple[object, ...]) -> Model:
    given = dict(zip(_MODEL, row, strict=True))
    return Model(**{**given, "owned": bool(given["owned"])})  # type: ignore[arg-type]
