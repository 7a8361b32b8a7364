"""A miner that dies at any point and starts again does everything once: nothing is lost, done or sent twice."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mai.miner.journal import Journal, Work
from mai.miner.states import State
from miner.world import Crash, Started, World

STAKED = 500_000 * 10**9
ONCE = ("assign_task", "commit_work", "commit_trace", "reveal_trace", "settle")
DEATHS = 5_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("miner"))


class DyingJournal(Journal):
    """A journal whose writer may die before a record or behind it."""

    kept: ClassVar[set[tuple[str, str]]] = set()

    def __init__(self, of: Journal, die: Any) -> None:
        super().__init__(of.path, of.seal)
        self.die = die

    def record(self, id: str, state: State, **changes: Any) -> Work:  # type: ignore[override]
        self._maybe(f"record {state}", "before")
        found = super().record(id, state, **changes)
        self._maybe(f"record {state}", "after")
        return found

    def keep(self, id: str, name: str, data: bytes) -> None:
        self._maybe(f"keep {name}", "before")
        super().keep(id, name, data)
        self.kept.add((id, name))
        self._maybe(f"keep {name}", "after")

    def blob(self, id: str, name: str) -> bytes | None:
        found = super().blob(id, name)
        assert found is not None or (id, name) not in self.kept, f"{name} was kept and is gone"
        return found

    def _maybe(self, name: str, moment: str) -> None:
        if self.die(name, moment):
            raise Crash(f"{moment} {name}")


def live(world: World, die: Any, **terms: Any) -> tuple[list[Work], int]:
    """Start the miner, and start it again after each death, until every work has ended; the works, and the deaths."""
    for deaths in range(DEATHS):
        world.chain.crash = lambda name, moment: False
        started = Started(world, **terms)
        started.journal.close()
        started.desk.journal = started.journal = DyingJournal(started.journal, die)
        world.chain.crash = die
        try:
            started.intake.look()
            return started.finish(), deaths
        except Crash:
            pass
        finally:
            world.chain.crash = lambda name, moment: False
            started.close()
    raise AssertionError("the miner never came to an end")


def check_once(world: World, landed: Counter[str], works: list[Work], tasks: int) -> None:
    """Every submission of every task was made once, and each was paid once."""
    assert [work.state for work in works] == [State.SETTLED] * len(works), works
    assert {name: landed[name] for name in ONCE} == dict.fromkeys(ONCE, tasks)
    assert landed["draw_trace"] == 2 * tasks
    assert uploads_left(world) == []  # their rent is back


def test_a_death_before_and_after_every_transaction(world: World) -> None:
    before = world.economy.balance(world.owner.pubkey())
    task = world.post()
    seen: set[tuple[str, int, str]] = set()

    def die(name: str, moment: str) -> bool:
        """Once before each transaction (or record), and once behind it."""
        point = (name, world.chain.landed[name], moment)
        if point in seen:
            return False
        seen.add(point)
        return True

    world.chain.landed.clear()
    works, deaths = live(world, die)
    work = next(work for work in works if work.task == str(task))
    check_once(world, world.chain.landed, [work], 1)
    for name in (*ONCE, "draw_trace", "create_proof", "write", "verify", "close", "attest", "join", "attest_ends"):
        assert {(name, "before"), (name, "after")} <= {(point[0], point[2]) for point in seen}, name
    assert deaths == len(seen)
    assert world.work_of(task).paid == work.paid == world.economy.balance(world.owner.pubkey()) - before > 0


def uploads_left(world: World) -> list[Any]:
    """Proof accounts that nobody has closed."""
    traces = next(program for program in world.chain.names.values() if program.name != "mai")
    verifier = world.economy.state("config").verifier
    return [at for at, _ in world.chain.owned(verifier, traces.places("Proof"))]


@given(seed=st.integers(0, 2**32), often=st.sampled_from([0.02, 0.05, 0.1]), tasks=st.integers(1, 2))
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_deaths_at_random(world: World, seed: int, often: float, tasks: int) -> None:
    rng = random.Random(seed)
    before = world.economy.balance(world.owner.pubkey())
    known = {work.id for work in live(world, lambda name, moment: False)[0]}
    posted = [world.post() for _ in range(tasks)]
    world.chain.landed.clear()
    works, _ = live(world, lambda name, moment: rng.random() < often)
    new = [work for work in works if work.id not in known]
    assert {work.task for work in new} == {str(task) for task in posted}
    check_once(world, world.chain.landed, new, tasks)
    paid = sum(work.paid for work in new)
    assert paid == sum(world.work_of(task).paid for task in posted)
    assert paid == world.economy.balance(world.owner.pubkey()) - before > 0
