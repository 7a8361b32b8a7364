"""What a verifier has drawn, found and said, on disk before it is said: nothing is lost and nothing is said twice."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from solders.pubkey import Pubkey

from mai.errors import MaiError

FOLDER = Path(platformdirs.user_data_dir("mai")) / "verify-work"
VERSION = "1"
WAITING, LEFT, SKIPPED, DRAWN, HIDDEN, AGREES, DIFFERS = (
    "waiting", "left", "skipped", "drawn", "hidden", "agrees", "differs",
)  # fmt: skip
"""Of a work: its block is not there yet; not drawn; cannot be checked; drawn; not disclosed; and what was found."""
ENDED = (LEFT, SKIPPED, AGREES)
"""States of works that are not looked at again."""
CHALLENGER, THIRD = "challenger", "third"
MEANT, SAID, CLOSED = "meant", "said", "closed"
"""Of a word: written down before it is sent; on chain; and everything that follows from it has happened."""
_SCHEMA = """
create table if not exists about (name text primary key, value text not null) without rowid;
create table if not exists work (
    work text primary key, task text not null, state text not null, reason text not null, verdict text,
    changed integer not null
) without rowid;
create index if not exists work_by_state on work (state);
create table if not exists word (
    check_account text primary key, work text not null, role text not null, output blob not null, state text not null,
    result text not null, earned integer not null, lost integer not null, changed integer not null
) without rowid;
"""


@dataclass(frozen=True)
class Seen:
    """A work in the journal.

    Attributes:
        verdict: what a second run found; None before it.
    """

    work: Pubkey
    task: Pubkey
    state: str
    reason: str
    verdict: dict[str, Any] | None
    changed: int


@dataclass(frozen=True)
class Word:
    """What was said, or is about to be, in a check.

    Attributes:
        output: the digest, 32 bytes.
        result: how the check ended, in words; empty before that.
        earned, lost: base units.
    """

    check: Pubkey
    work: Pubkey
    role: str
    output: bytes
    state: str
    result: str
    earned: int
    lost: int


class Journal:
    """One verifier's journal on one cluster."""

    def __init__(self, path: Path, verifier: Pubkey, cluster: str) -> None:
        """Open or make it.

        Raises:
            MaiError: it cannot be used, or belongs to another verifier or cluster.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._file.execute("pragma journal_mode = wal")
            self._file.execute("pragma synchronous = full")
            self._file.executescript(_SCHEMA)
            for name, value in (("version", VERSION), ("verifier", str(verifier)), ("cluster", cluster)):
                self._file.execute("insert or ignore into about values (?, ?)", (name, value))
                (found,) = self._file.execute("select value from about where name = ?", (name,)).fetchone()
                if found != value:
                    raise MaiError(f"{path} is the journal of another {name}: {found}, not {value}; name another")
        except (sqlite3.Error, OSError) as error:
            raise MaiError(f"{path} is no journal of a verifier: {error}") from error

    # Works

    def seen(self, work: Pubkey) -> Seen | None:
        """A work; None where it was never looked at."""
        row = self._file.execute("select * from work where work = ?", (str(work),)).fetchone()
        return None if row is None else _seen(row)

    def note(
        self, work: Pubkey, task: Pubkey, state: str, reason: str = "", verdict: dict[str, Any] | None = None
    ) -> None:
        """Write a work's state; a verdict stays once it is there."""
        self._file.execute(
            "insert into work values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (work) do update set "
            "state = ?3, reason = ?4, verdict = coalesce(?5, verdict), changed = ?6",
            (str(work), str(task), state, reason, None if verdict is None else json.dumps(verdict), int(time.time())),
        )

    def works(self, *states: str, most: int = 1_000_000) -> list[Seen]:
        """Works in these states (by default in any), those that changed last first."""
        where = f"where state in ({', '.join('?' * len(states))})" if states else ""
        rows = self._file.execute(f"select * from work {where} order by changed desc, work limit ?", (*states, most))
        return [_seen(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many works are in each state."""
        return dict(self._file.execute("select state, count(*) from work group by state"))

    # Words

    def word(self, check: Pubkey) -> Word | None:
        """What was said in a check."""
        row = self._file.execute("select * from word where check_account = ?", (str(check),)).fetchone()
        return None if row is None else _word(row)

    def words(self, *states: str) -> list[Word]:
        """Everything that was said, or what is in these states."""
        where = f"where state in ({', '.join('?' * len(states))})" if states else ""
        return [
            _word(row)
            for row in self._file.execute(f"select * from word {where} order by changed, check_account", states)
        ]

    def mean(self, check: Pubkey, work: Pubkey, role: str, output: bytes) -> Word:
        """Write a word down before it is sent.

        Raises:
            MaiError: another one was written down for this check: a verifier does not contradict itself.
        """
        self._file.execute(
            "insert or ignore into word values (?, ?, ?, ?, ?, '', 0, 0, ?)",
            (str(check), str(work), role, output, MEANT, int(time.time())),
        )
        found = self.word(check)
        assert found is not None
        if found.output != output:
            raise MaiError(
                f"in the check {check} this verifier meant to say {found.output.hex()[:16]}…, and now finds "
                f"{output.hex()[:16]}…: nothing is said; is the model another one than before?"
            )
        return found

    def move(self, check: Pubkey, state: str, *, result: str = "", earned: int = 0, lost: int = 0) -> None:
        """Write how far a word is."""
        self._file.execute(
            "update word set state = ?, result = ?, earned = ?, lost = ?, changed = ? where check_account = ?",
            (state, result, earned, lost, int(time.time()), str(check)),
        )

    def close(self) -> None:
        """Nothing more will be written."""
        self._file.close()


def _seen(row: tuple[Any, ...]) -> Seen:
    work, task, state, reason, verdict, changed = row
    found = None if verdict is None else json.loads(verdict)
    return Seen(Pubkey.from_string(work), Pubkey.from_string(task), state, reason, found, changed)


def _word(row: tuple[Any, ...]) -> Word:
    check, work, role, output, state, result, earned, lost, _ = row
    return Word(Pubkey.from_string(check), Pubkey.from_string(work), role, bytes(output), state, result, earned, lost)
