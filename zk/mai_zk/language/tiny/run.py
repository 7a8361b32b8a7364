"""One run of the tiny model: its tokens, what is committed of every position, the leaves of a drawn one, their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from mai_zk.circuits import part_digest
from mai_zk.errors import ZkError
from mai_zk.language.tiny import committed, shape
from mai_zk.language.tiny.path import CARRIED, Values
from mai_zk.language.tiny.proving import Job
from mai_zk.trace import Leaf, Position
from mai_zk.trace.work import integers_digest


class TinyRun:
    """A run that has ended."""

    def __init__(self, prompt: Sequence[int], generated: Sequence[int], values: Sequence[Values]) -> None:
        self.prompt, self.generated = tuple(prompt), tuple(generated)
        self.values = tuple(values)

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """Digests of every position's integers and of what it hands on."""
        return tuple(map(position_of, self.values))

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        """The five leaves of a position; ZkError if the run has no such position."""
        return leaves_of(self._at(position))

    def job(self, position: int, segment: int) -> Job:
        """What proves a leaf; ZkError if there is no such leaf."""
        values = self._at(position)
        if not 0 <= segment < len(shape.SEGMENTS):
            raise ZkError(f"A position of the tiny model has segments 0 to {len(shape.SEGMENTS) - 1}, not {segment}.")
        inputs = tuple(int(value) for part in values.inputs(segment) for value in part)
        return Job(position, segment, inputs, tuple(map(int, values.outputs[segment])))

    def _at(self, position: int) -> Values:
        if not 0 <= position < len(self.values):
            raise ZkError(f"The run has positions 0 to {len(self.values) - 1}, not {position}.")
        return self.values[position]


def position_of(values: Values) -> Position:
    """What is committed of a position before anything is drawn."""
    outputs = [output.tolist() for output in values.outputs]
    digest = committed.committer().digest
    return Position(integers_digest(outputs), tuple(digest(outputs[index]) for index in CARRIED))


def leaves_of(values: Values) -> tuple[Leaf, ...]:
    """The five leaves of a position, in the manifest's order."""
    point = committed.committer().point
    points = [point(output.tolist()) for output in values.outputs[: shape.ANSWER]]
    before = {index: point(read.tolist()) for index, read in zip(CARRIED, values.before, strict=True)}
    row = point(values.inputs(shape.PROJECT)[0].tolist())
    logits = tuple(map(int, values.outputs[shape.ANSWER]))
    leaves = []
    for index in range(len(shape.SEGMENTS)):
        read = (points[index - 1] if index else row, *([before[index]] if index in CARRIED else []))
        output = part_digest(logits, ()) if index == shape.ANSWER else part_digest((), (points[index],))
        leaves.append(
            Leaf(
                part_digest((), read),
                committed.circuit(index).params_digest,
                output,
                read if len(read) > 1 else (),
                logits if index == shape.ANSWER else (),
            )
        )
    return tuple(leaves)
