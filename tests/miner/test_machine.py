"""The way of a work on the embedded chain, with real proofs."""

from __future__ import annotations

from pathlib import Path

from mai.miner.states import State
from miner.world import World


def test_a_task_is_done_and_paid(tmp_path: Path) -> None:
    world = World(tmp_path)
    task = world.post()
    started = world.start()
    (begun,) = started.intake.look()
    (work,) = started.finish()
    assert begun.id == work.id
    assert work.state is State.SETTLED, work
    fields = world.work_of(task)
    assert fields.paid == work.paid == world.economy.balance(world.owner.pubkey()) - 500_000 * 10**9 > 0
    answer = world.offers.answer(task)
    assert answer is not None and len(answer.tokens) == work.tokens
