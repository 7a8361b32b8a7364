"""A challenged trace whose roots can be replaced: what a miner who committed to something else would have."""

from __future__ import annotations

from collections.abc import Mapping

from mai_zk.trace import Leaf, Position, Work
from traces.world import World, refused

POSITIONS_ROOT, LEAVES_ROOT = 168, 200
"""Where the roots are in a trace account."""


class Case:
    """A world whose trace is challenged in every leaf and position, and its work."""

    def __init__(self) -> None:
        self.world = World()
        self.work: Work = self.world.work()
        self.world.challenge(self.work)
        self.state = self.world.miner.state(self.world.trace)

    def patch(self, offset: int, data: bytes) -> None:
        """Write into the trace account, as if the miner had committed to something else."""
        account = self.world.chain.account(self.world.trace)
        assert account is not None
        content = bytearray(account.data)
        content[offset : offset + len(data)] = data
        self.world.put(self.world.trace, bytes(content), lamports=account.lamports)

    def commit_leaves(self, changes: Mapping[tuple[int, int], Leaf]) -> None:
        """As if the miner had revealed the honest leaves but for ``changes``: (position, segment) to leaf."""
        self.work.set_leaves(self.world.leaves(self.state.positions, changes))
        self.patch(LEAVES_ROOT, self.work.leaves_tree.root)

    def commit_positions(self, changes: Mapping[int, Position]) -> None:
        """As if the miner had committed to the honest positions but for ``changes``."""
        honest = [self.world.layers.position_of(values) for values in self.world.values]
        self.work.positions = tuple(changes.get(index, content) for index, content in enumerate(honest))
        self.work.__dict__.pop("positions_tree", None)
        self.patch(POSITIONS_ROOT, self.work.positions_tree.root)

    def attest(self, position: int, segment: int, **more: object) -> str | None:
        """The refusal of attesting a leaf."""
        return refused(lambda: self.world.attest_at(self.work, position, segment, **more))  # type: ignore[arg-type]

    def attest_ends(self, position: int) -> str | None:
        """The refusal of attesting a position's tokens."""
        return refused(lambda: self.world.attest_ends(self.work, position))
