"""Asks on disk: what a requester needs to go on after a crash, sealed to its own key.

An ask is written before anything of it is sent. Only its task, its state and its time can be read without the key;
prompt, salts, answer and everything else are sealed.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from solders.pubkey import Pubkey

from mai.engine.salted import Salted
from mai.engine.sealing import seal
from mai.errors import MaiError
from mai.requester.answer import Answer
from mai.requester.sealing import SealingKey

FOLDER = Path(platformdirs.user_data_dir("mai")) / "requester"
VERSION = 1
PREPARED, POSTED, OFFERED, ANSWERED, SETTLED, CANCELLED = (
    "prepared", "posted", "offered", "answered", "settled", "cancelled",
)  # fmt: skip
_SCHEMA = """
create table if not exists about (name text primary key, value text not null) without rowid;
create table if not exists ask (
    task text primary key, state text not null, created integer not null, sealed blob not null
) without rowid;
"""


@dataclass
class Ask:
    """One ask, as far as it is.

    Attributes:
        nonce: the task's number.
        cluster: its genesis hash.
        limit: most tokens of the answer.
        fee: base units.
        disclose: may verifiers read it?
        engines: by address, "accepted" or the reason why not.
        transactions: of this requester, by instruction: signature and slot.
        work: whose answer it has.
    """

    task: Pubkey
    nonce: int
    cluster: str
    requester: Pubkey
    model_name: str
    model: Pubkey
    text: str
    prompt: Salted
    task_class: int
    limit: int
    fee: int
    lifetime_s: int
    disclose: bool = False
    state: str = PREPARED
    created: int = 0
    engines: dict[str, str] = field(default_factory=dict)
    transactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    work: Pubkey | None = None
    answer: Answer | None = None

    def fields(self) -> dict[str, Any]:
        """As the sealed JSON has it."""
        plain = {
            name: getattr(self, name)
            for name in (
                "nonce", "cluster", "model_name", "text", "task_class", "limit", "fee", "lifetime_s", "disclose",
                "engines", "transactions",
            )
        }  # fmt: skip
        return {
            **plain,
            "requester": str(self.requester),
            "model": str(self.model),
            "prompt": self.prompt.fields(),
            "work": None if self.work is None else str(self.work),
            "answer": None if self.answer is None else self.answer.fields(),
        }

    @classmethod
    def read(cls, task: Pubkey, state: str, created: int, fields: dict[str, Any]) -> Ask:
        """The reverse."""
        work, answer = fields.pop("work"), fields.pop("answer")
        return cls(
            task=task,
            state=state,
            created=created,
            requester=Pubkey.from_string(fields.pop("requester")),
            model=Pubkey.from_string(fields.pop("model")),
            prompt=Salted.read(fields.pop("prompt"), "the journal's prompt"),
            work=None if work is None else Pubkey.from_string(work),
            answer=None if answer is None else Answer.read(answer),
            **fields,
        )


class Journal:
    """The asks of one folder.

    Attributes:
        key: the requester's own, to which its records and the answers are sealed.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open or make it.

        Raises:
            MaiError: the folder cannot be used, or the file is of another version.
        """
        self.key, self._lock = SealingKey.at(folder / "key"), threading.Lock()
        path = folder / "asks.sqlite"
        try:
            path.touch(mode=0o600)
            self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            self._file.execute("pragma journal_mode = wal")
            self._file.execute("pragma synchronous = full")
            self._file.executescript(_SCHEMA)
            self._file.execute("insert or ignore into about values ('version', ?)", (str(VERSION),))
            (found,) = self._file.execute("select value from about where name = 'version'").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise MaiError(f"{path} is no journal of asks: {error}") from error
        if found != str(VERSION):
            raise MaiError(f"{path} is a journal of version {found}, not {VERSION}: name another --folder")

    def keep(self, ask: Ask) -> None:
        """Write an ask as it is now; a kill leaves the old one or the new one."""
        ask.created = ask.created or int(time.time())
        sealed = seal(self.key.public, _info(ask.task), json.dumps(ask.fields()).encode())
        self._run(
            "insert into ask values (?, ?, ?, ?) on conflict (task) do update set state = ?2, sealed = ?4",
            (str(ask.task), ask.state, ask.created, sealed),
        )

    def find(self, task: Pubkey) -> Ask | None:
        """The ask of a task; None where there is none.

        Raises:
            MaiError: it was sealed to another key, or damaged.
        """
        rows = self._run("select state, created, sealed from ask where task = ?", (str(task),))
        return self._read(task, *rows[0]) if rows else None

    def all(self) -> Iterator[Ask]:
        """Every ask, the newest first."""
        for task, *row in self._run("select task, state, created, sealed from ask order by created desc"):
            yield self._read(Pubkey.from_string(task), *row)

    def states(self) -> list[tuple[str, str, int]]:
        """Task, state and time of every ask, the newest first; nothing is unsealed."""
        return self._run("select task, state, created from ask order by created desc")

    def close(self) -> None:
        """Nothing more will be written."""
        self._file.close()

    def _run(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """One statement at a time: several threads may ask."""
        with self._lock:
            return self._file.execute(statement, values).fetchall()

    def _read(self, task: Pubkey, state: str, created: int, sealed: bytes) -> Ask:
        try:
            return Ask.read(task, state, created, json.loads(self.key.open(_info(task), sealed)))
        except (KeyError, TypeError, ValueError) as error:
            raise MaiError(f"the journal's record of the task {task} is damaged") from error


def _info(task: Pubkey) -> bytes:
    return b"MAI ask 1\0" + bytes(task)
