"""One challenged trace for many attacks: each test gets the chain as it was before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mai_zk.trace import Work
from traces.world import World


class Case:
    """A world whose trace is challenged, and its work."""

    def __init__(self) -> None:
        self.world = World()
        self.work: Work = self.world.work()
        self.world.challenge(self.work)


@pytest.fixture(scope="session")
def _case() -> Case:
    return Case()


@pytest.fixture
def case(_case: Case) -> Iterator[Case]:
    world, work = _case.world, _case.work
    account = world.chain.account(world.trace)
    assert account is not None
    kept = (bytes(account.data), account.lamports, dict(work.leaves), list(world.values), world.miner)
    slot = world.slot()
    yield _case
    world.put(world.trace, kept[0], lamports=kept[1])
    work.set_leaves(kept[2])
    world.values, world.miner = kept[3], kept[4]
    world.to_slot(slot)
