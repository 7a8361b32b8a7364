"""What an audit finds: lies, each with its name, what the chain says and what the rules say; and notices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SHOWN = 100
"""Findings of one check that are kept in full; the rest is counted."""


class Level(StrEnum):
    """A lie is something that cannot have happened by the rules; a notice is worth knowing and proves no lie."""

    lie = "lie"
    notice = "notice"


@dataclass(frozen=True)
class Finding:
    """One of them.

    Attributes:
        check: the name of the check that found it.
        lie: what kind it is, in a few words, the same for all of its kind.
        subject: the account, transaction or program that it is about.
        says, should: what the chain says, and what it should say.
        signature, slot: of the transaction, if it is in one.
    """

    check: str
    lie: str
    subject: str
    says: str = ""
    should: str = ""
    signature: str = ""
    slot: int = 0
    level: Level = Level.lie

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        where = f" (slot {self.slot:,})" if self.signature else ""
        should = f"; it should be {self.should}" if self.should else ""
        says = f": {self.says}{should}" if self.says or should else ""
        return f"{self.lie}, {self.subject}{says}{where}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {**vars(self), "level": str(self.level), "sentence": self.sentence}


@dataclass
class Result:
    """What one check did and found.

    Attributes:
        checked: how many things it compared.
        trusted: what it had to believe, in a phrase each, and how often.
        skipped: why it did not run; None if it did.
    """

    name: str
    proves: str
    trusts: str
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Level]] = field(default_factory=Counter)
    trusted: Counter[str] = field(default_factory=Counter)
    skipped: str | None = None

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it where there are too many to keep."""
        self.counts[finding.lie, finding.level] += 1
        if len(self.findings) < SHOWN:
            self.findings.append(finding)

    def number(self, level: Level) -> int:
        """Findings of a level, kept or only counted."""
        return sum(count for (_, found), count in self.counts.items() if found is level)


@dataclass
class Verdict:
    """All of an audit.

    Attributes:
        figures: what was recomputed, by name, for people and programs.
        seconds: how long it took.
    """

    source: str
    program: str
    results: list[Result] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def lies(self) -> int:
        """How many there are; none means clean."""
        return sum(result.number(Level.lie) for result in self.results)

    @property
    def notices(self) -> int:
        """How many there are."""
        return sum(result.number(Level.notice) for result in self.results)
