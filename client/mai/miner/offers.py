"""Prompts that this miner holds: who sends them, and where the answers go (an engine's socket, or a file here)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from solders.pubkey import Pubkey

from mai.engine.salted import Salted
from mai.errors import MaiError
from mai.miner.seal import Seal

MOST_OFFERS = 10_000
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Offer:
    """A prompt that is held, without the prompt itself.

    Attributes:
        task: the task's address.
        model: the model's account.
        tokens: of the prompt.
    """

    task: Pubkey
    model: Pubkey
    tokens: int


@dataclass(frozen=True)
class Timing:
    """When a run was: milliseconds that it took, and microseconds since 1970 when it was over."""

    active_ms: int
    ended_us: int


class Offers(Protocol):
    """Prompts that requesters have sent to this miner. Safe for several threads."""

    def pending(self, model: Pubkey) -> Sequence[Offer]:
        """The offers that are held for a model and not answered yet, the oldest first."""

    def prompt(self, task: Pubkey) -> Salted | None:
        """A task's prompt; None where it is not held (any more)."""

    def deliver(self, task: Pubkey, answer: Salted, timing: Timing) -> None:
        """Let the requester have the answer; a second time changes nothing."""


_TABLES = """
CREATE TABLE IF NOT EXISTS offers (
  task TEXT PRIMARY KEY, model TEXT NOT NULL, tokens INTEGER NOT NULL, prompt BLOB NOT NULL, answer BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS offers_of_model ON offers (model) WHERE answer IS NULL;
"""


class LocalOffers:
    """Offers in a SQLite file on this machine, sealed at rest: requester and miner open it with the same key file."""

    def __init__(self, path: Path, seal: Seal) -> None:
        """Open the file, or begin one.

        Raises:
            MaiError: it cannot be opened.
        """
        self._seal, self._lock = seal, threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=TIMEOUT_S, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise MaiError(f"the offers in {path} cannot be opened: {error}") from error

    def put(self, task: Pubkey, model: Pubkey, prompt: Salted) -> None:
        """Offer a task's prompt; a second time changes nothing.

        Raises:
            MaiError: there are too many offers already.
        """
        sealed = self._seal.close(prompt.encode(), f"prompt {task}")
        with self._lock:
            (count,) = self._db.execute("SELECT count(*) FROM offers WHERE answer IS NULL").fetchone()
            if count >= MOST_OFFERS:
                raise MaiError(f"{MOST_OFFERS:,} offers wait already: this one is not taken")
            self._db.execute(
                "INSERT OR IGNORE INTO offers (task, model, tokens, prompt) VALUES (?, ?, ?, ?)",
                (str(task), str(model), len(prompt.tokens), sealed),
            )

    def pending(self, model: Pubkey) -> list[Offer]:
        found = self._rows(
            "SELECT task, tokens FROM offers WHERE model = ? AND answer IS NULL ORDER BY rowid", str(model)
        )
        return [Offer(Pubkey.from_string(task), model, tokens) for task, tokens in found]

    def prompt(self, task: Pubkey) -> Salted | None:
        found = self._rows("SELECT prompt FROM offers WHERE task = ?", str(task))
        return self._opened(found[0][0], f"prompt {task}") if found else None

    def deliver(self, task: Pubkey, answer: Salted, timing: Timing) -> None:
        sealed = self._seal.close(answer.encode(), f"answer {task}")
        with self._lock:
            self._db.execute("UPDATE offers SET answer = ? WHERE task = ? AND answer IS NULL", (sealed, str(task)))

    def answer(self, task: Pubkey) -> Salted | None:
        """A task's answer; None while there is none."""
        found = self._rows("SELECT answer FROM offers WHERE task = ? AND answer IS NOT NULL", str(task))
        return self._opened(found[0][0], f"answer {task}") if found else None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _opened(self, sealed: bytes, name: str) -> Salted:
        return Salted.decode(self._seal.open(sealed, name), name)

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
