"""How often the model's answers are right: by its integers, and by its parameters before they were rounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from mai_zk.language.tiny import shape
from mai_zk.language.tiny.path import Path

Following = Callable[[list[int]], int]
"""The token after some tokens."""


class Line(Protocol):
    """A question and its answer."""

    @property
    def kind(self) -> str:
        """What the question is about."""

    @property
    def question(self) -> str:
        """What is asked."""

    @property
    def answer(self) -> str:
        """What is right, without the end token."""


def by_integers(tokens: list[int]) -> int:
    """The token that the canonical path gives."""
    path = Path()
    for token in tokens:
        path.step(token)
    return path.next_token


def answers_right(line: Line, following: Following) -> bool:
    """Whether the whole answer, with the end token, comes out."""
    tokens = list(line.question.encode("ascii"))
    for wanted in (*line.answer.encode("ascii"), shape.END_TOKEN):
        if following(tokens) != wanted:
            return False
        tokens.append(wanted)
    return True


def accuracy(lines: Iterable[Line], in_floats: Following | None = None) -> dict[str, Any]:
    """lines: of each kind, how many; integers, floats: shares of the lines that are answered right."""
    held = list(lines)
    kinds = {kind: sum(line.kind == kind for line in held) for kind in dict.fromkeys(line.kind for line in held)}
    figures: dict[str, Any] = {"lines": kinds}
    for name, following in (("integers", by_integers), ("floats", in_floats)):
        if following is not None:
            figures[name] = sum(answers_right(line, following) for line in held) / len(held)
    return figures
