"""One run of SmolLM2 that has ended: its tokens, what is committed of it, leaves and integers of a drawn position."""

from __future__ import annotations

from typing import Protocol

from mai_zk.errors import ZkError
from mai_zk.language.smol import points
from mai_zk.language.smol.executed import Operations
from mai_zk.language.smol.forward import Cache
from mai_zk.language.smol.graph import node
from mai_zk.language.smol.leaves import leaves_of
from mai_zk.language.smol.manifest import params_of
from mai_zk.language.smol.opened import Values
from mai_zk.language.smol.proving import Job, make_job
from mai_zk.language.smol.registered import bases, registered
from mai_zk.language.smol.trace import FIRST
from mai_zk.language.smol.weights import Weights
from mai_zk.trace import Leaf, Position
from mai_zk.trace.opening import Opened


class Positions(Protocol):
    """What runs a position again: the model."""

    name: str

    @property
    def weights(self) -> Weights:
        """The prepared integers."""

    def position(self, token: int, position: int, cache: Cache) -> Values:
        """One position over the keys and values of those before it."""


class SmolRun:
    """See mai_zk.language.model.SampledRun. It keeps the keys and values of its positions, so that a drawn one is run
    again at once; the integers of the last one asked for are kept too.
    """

    def __init__(
        self,
        model: Positions,
        prompt: tuple[int, ...],
        generated: tuple[int, ...],
        positions: tuple[Position, ...],
        cache: Cache,
    ) -> None:
        self.prompt, self.generated, self.positions = prompt, generated, positions
        self._model, self._cache = model, cache
        self._last: Values | None = None

    def values(self, position: int) -> Values:
        """All integers of one position, computed again from the kept keys and values."""
        if not 0 <= position < len(self.positions):
            raise ZkError(f"The run has positions 0 to {len(self.positions) - 1}, not {position}.")
        found = self._last
        if found is None or found.position != position:
            token = (*self.prompt, *self.generated)[position]
            self._last = found = self._model.position(token, position, self._cache)
        return found

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        """See Run.leaves; nothing is committed to by points."""
        values = self.values(position)
        before = self.positions[position - 1].carried if position else FIRST
        return leaves_of(values, params_of(registered()), before, self.positions[position].carried)

    def opened(self, position: int, segment: int) -> Opened:
        """See SampledRun.opened; ZkError if there is no such segment or position."""
        return self.values(position).opened(segment)

    def constants(self, hash: bytes) -> bytes:
        """See SampledRun.constants."""
        found = registered()
        if hash == found.constants:
            return Operations(self._model.weights).constants.body
        if hash == found.bases:
            return bases()
        raise ZkError(f"SmolLM2's manifest names no constants {hash.hex()}.")

    def job(self, position: int, segment: int) -> Job | None:
        """What proves a leaf; None where the chain executes it; ZkError if there is none."""
        found, opened = node(segment), self.opened(position, segment)
        if found.linear is None:
            return None
        name = f"{self._model.name}, {found.name}, position {position}"
        commit, weights = points.committer().point, found.linear.weights(self._model.weights)
        shown = commit(opened.reads), commit(opened.gives[0])
        return make_job(name, found.linear.shape, weights, opened.reads, shown, params_of(registered())[segment])
