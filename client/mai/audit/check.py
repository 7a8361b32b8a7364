"""What a check is: a function with a name, a sentence of what it proves and one of what it trusts.

The function is called once, with the book of an audit; it registers what it wants to see and writes down what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mai.audit.findings import Finding, Level, Result

if TYPE_CHECKING:
    from mai.audit.replay import Audit
    from mai.audit.step import Step
    from mai.chain.events import Reading
    from mai.chain.history import Transaction

Watch = Callable[["Step"], None]
Hear = Callable[["Step", dict[str, Any]], None]
Look = Callable[["Transaction", "Reading"], None]
End = Callable[[], None]


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        covers: the instructions whose recomputation is this check's to report.
        refused, differs: how it calls an instruction that the rules refuse, and an event that is not what they give.
    """

    name: str
    proves: str
    trusts: str
    covers: tuple[str, ...]
    refused: str
    differs: str
    function: Callable[[Book], None]


@dataclass(frozen=True)
class Where:
    """A place in the history."""

    signature: str
    slot: int


CHECKS: dict[str, Check] = {}


def check(
    name: str,
    *,
    proves: str,
    trusts: str,
    covers: Sequence[str] = (),
    refused: str = "instruction that the rules refuse",
    differs: str = "event that the rules do not give",
) -> Callable[[Callable[[Book], None]], Callable[[Book], None]]:
    """Registers a check."""

    def add(function: Callable[[Book], None]) -> Callable[[Book], None]:
        CHECKS[name] = Check(name, proves, trusts, tuple(covers), refused, differs, function)
        return function

    return add


class Book:
    """Where one check writes, and what it reads.

    Attributes:
        audit: the source, the machine, the interface.
        result: what it found so far.
    """

    def __init__(self, audit: Audit, made: Check) -> None:
        self.audit, self.check = audit, made
        self.result = Result(made.name, made.proves, made.trusts)
        self.watching: dict[str, list[Watch]] = {}
        self.hearing: dict[str, list[Hear]] = {}
        self.looking: list[Look] = []
        self.ending: list[End] = []

    # What it wants to see

    def on(self, *instructions: str) -> Callable[[Watch], Watch]:
        """Called with each of these instructions, after the machine has run it."""
        return lambda watch: _register(self.watching, instructions, watch)

    def told(self, *events: str) -> Callable[[Hear], Hear]:
        """Called with each of these events as the chain told it."""
        return lambda hear: _register(self.hearing, events, hear)

    def each(self, look: Look) -> Look:
        """Called with every transaction and its events."""
        self.looking.append(look)
        return look

    def at_end(self, end: End) -> End:
        """Called when the history is over."""
        self.ending.append(end)
        return end

    # What it writes down

    def count(self, number: int = 1) -> None:
        """So many things were compared."""
        self.result.checked += number

    def trust(self, what: str) -> None:
        """Something had to be believed."""
        self.result.trusted[what] += 1

    def find(
        self,
        lie: str,
        subject: object,
        says: object = "",
        should: object = "",
        at: Step | Transaction | Where | None = None,
    ) -> None:
        """A lie."""
        self._add(lie, subject, says, should, at, Level.lie)

    def notice(
        self, what: str, subject: object, says: object = "", at: Step | Transaction | Where | None = None
    ) -> None:
        """No lie, but worth knowing."""
        self._add(what, subject, says, "", at, Level.notice)

    def _add(
        self,
        lie: str,
        subject: object,
        says: object,
        should: object,
        at: Step | Transaction | Where | None,
        level: Level,
    ) -> None:
        landed: Any = getattr(at, "transaction", at)
        signature, slot = ("", 0) if landed is None else (landed.signature, landed.slot)
        self.result.add(Finding(self.check.name, lie, str(subject), show(says), show(should), signature, slot, level))


def _register(table: dict[str, list[Any]], names: Sequence[str], function: Any) -> Any:
    for name in names:
        table.setdefault(name, []).append(function)
    return function


def show(value: object) -> str:
    """A value in a sentence."""
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def differences(told: dict[str, Any], given: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The fields in which an event is not what the rules give: name, what was told, what it should be."""
    for name, value in given.items():
        if told.get(name) != value:
            yield name, told.get(name), value
