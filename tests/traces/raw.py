"""Traces of many positions without a model behind them: for the draws, which ask for roots and nothing else."""

from __future__ import annotations

import hashlib

from mai_zk.trace import Position, Work
from mai_zk.trace import draw as derivation
from traces.world import World, salted


def hollow(world: World, positions: int, *, seed: int = 0) -> Work:
    """A work of so many positions (two of them the prompt's) whose leaves nobody could open."""

    def digest(index: int) -> bytes:
        return hashlib.sha256(b"%d %d" % (seed, index)).digest()

    tokens = salted(range(positions + 1))
    return Work(world.model, tokens[:2], tokens[2:], [Position(digest(i), (digest(-i),)) for i in range(positions)])


def expected(world: World, *, leaves: bool) -> tuple[int, ...]:
    """What the chain must have drawn, from the blocks that it knows now and from its own accounts."""
    header = world.miner.state(world.trace).header
    n = header.prompt + header.generated - 1
    universe = header.n_positions * header.n_segments if leaves else n
    count = header.n_leaves if leaves else header.n_positions
    seed = derivation.seed(
        derivation.beacon(world.blocks, header.base_slot),
        leaves=leaves,
        root=bytes(header.leaves_root if leaves else header.positions_root),
        context=bytes(header.context),
        miner=bytes(header.miner),
        universe=universe,
        count=count,
    )
    assert bytes(header.leaves_seed if leaves else header.positions_seed) == seed
    return derivation.indices(seed, universe, count) if leaves else derivation.positions(seed, universe, count)
