"""One run of the integers, position after position."""

from __future__ import annotations

from dataclasses import dataclass

from mai_zk.language.tiny import arithmetic, shape, weights
from mai_zk.language.tiny.graphs import Integers


@dataclass(frozen=True)
class Values:
    """The integers of one position: its token, what it reads of the position before, every segment's output."""

    token: int
    before: tuple[Integers, Integers]
    outputs: tuple[Integers, ...]

    @property
    def next_token(self) -> int:
        """The largest logit's, the first of equals."""
        return int(self.outputs[shape.ANSWER].argmax())

    def inputs(self, segment: int) -> tuple[Integers, ...]:
        """A segment's inputs."""
        if segment == shape.PROJECT:
            return (weights.embedding()[self.token],)
        before = self.outputs[segment - 1]
        if segment in CARRIED:
            return before, self.before[CARRIED.index(segment)]
        return (before,)


CARRIED = (shape.ATTEND_1, shape.ATTEND_2)
"""The segments whose outputs the next position reads."""


class Path:
    """A run as far as it has come."""

    def __init__(self) -> None:
        self.positions: list[Values] = []
        self._window = (arithmetic.first_window(), arithmetic.first_window())
        self._weights = [weights.of_segment(segment) for segment in range(len(shape.SEGMENTS))]
        self._embedding = weights.embedding()

    def step(self, token: int) -> Values:
        """The next position, which reads ``token``."""
        project, first, transform, second, answer = self._weights
        projected = arithmetic.project(self._embedding[token], project)
        attended = arithmetic.attend(projected, self._window[0], first)
        transformed = arithmetic.transform(attended, transform)
        again = arithmetic.attend(transformed, self._window[1], second)
        outputs = (projected, attended, transformed, again, arithmetic.answer(again, answer))
        values = Values(token, self._window, outputs)
        self._window = (attended, again)
        self.positions.append(values)
        return values

    @property
    def next_token(self) -> int:
        """The token after the last position."""
        return self.positions[-1].next_token
