"""Deadlines, musters and chores on the embedded chain: what is missed is said, what is due is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from mai.chain.tasks import Tasks
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.miner.chores import Chores
from mai.miner.desk import verifier_of
from mai.miner.states import Kind, State
from miner.world import Started, World, somebody
from solders.pubkey import Pubkey


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def until(started: Started, state: State) -> None:
    """Steps until the only work is in a state."""
    for _ in range(100):
        (work,) = started.journal.works(ended=False)
        if work.state is state:
            return
        for wait in started.turn():
            started.world.chain.pass_slots(max(wait.slot - started.world.chain.slot(), 1))
    raise AssertionError(f"never {state}")


@pytest.mark.parametrize("state", [State.TRACED, State.DRAWN, State.REVEALED, State.PROVING])
def test_a_trace_whose_time_is_over_expires(world: World, state: State) -> None:
    world.post()
    started = world.start()
    started.intake.look()
    until(started, state)
    (work,) = started.journal.works()
    assert world.chain.slot() < work.due_slot
    world.chain.pass_slots(work.due_slot - world.chain.slot() + 1)
    before = world.lamports()
    (work,) = started.finish()
    assert work.state is State.EXPIRED and "its bond of" in work.reason
    assert started.desk.traces.state(started.desk.traces.address(work.context)[0]).step == "expired"
    assert world.lamports() > before + 0.1  # an eighth of what is left of the bond, for reporting it


def test_a_commit_that_comes_too_late_is_missed(world: World) -> None:
    task = world.post()
    started = world.start()
    started.intake.look()
    until(started, State.RUN)
    world.chain.warp(seconds=60 + 3_600 + 10)
    (work,) = started.finish()
    assert (work.state, work.reason) == (State.MISSED, "the time to commit was over")
    assert world.work_of(task).paid == 0 and "commit_work" not in world.chain.landed


def test_a_late_commit_counts_while_the_place_is_free(world: World) -> None:
    task = world.post()
    started = world.start()
    started.intake.look()
    until(started, State.RUN)
    world.chain.warp(seconds=100)
    Tasks(world.economy).release(world.requester, Pubkey.from_string(started.journal.works()[0].id))
    (work,) = started.finish()
    assert work.state is State.SETTLED and world.work_of(task).paid == work.paid > 0


def test_a_place_that_another_took_is_missed(world: World) -> None:
    world.post()
    started = world.start()
    (work,) = started.intake.look()
    world.economy.send("cancel_task", world.requester, {
        "requester": world.requester.pubkey(), "task": Pubkey.from_string(work.task),
        "token_account": world.economy.token_address(world.requester.pubkey()),
    })  # fmt: skip
    (work,) = started.finish()
    assert work.state is State.MISSED and world.chain.landed["assign_task"] == 0


def test_musters_are_called_answered_and_proved(world: World) -> None:
    started = world.start()
    chores = Chores(started.desk, muster_tokens=4)
    for _ in range(200):
        if started.desk.musters.drawn() is not None:
            break
        world.chain.pass_slots(150 - world.chain.slot() % 150 + 2)
    done = chores.do()
    assert any(text.startswith("called the muster") for text in done), done
    (work,) = started.journal.works()
    assert work.kind is Kind.MUSTER and work.most_tokens == 4
    assert chores.muster() == []  # once each
    (work,) = started.finish()
    assert work.state is State.SETTLED, work
    (given,) = started.desk.musters.answers_of(started.desk.miner)
    assert (given.status, given.tokens, given.muster) == (2, work.tokens, 1)
    assert 1 <= work.tokens <= 4


def test_signs_of_life_and_the_crank_come_once_an_hour(world: World) -> None:
    started = world.start()
    chores = Chores(started.desk, muster_tokens=0)
    assert chores.do() == ["gave a sign of life"]
    assert chores.do() == []
    world.chain.warp(seconds=3_700)
    assert chores.do() == ["gave a sign of life", "turned the difficulty's crank"]
    assert (world.chain.landed["heartbeat"], world.chain.landed["crank_difficulty"]) == (2, 1)


def test_other_peoples_draws_are_done_for_their_fee(world: World) -> None:
    other = somebody("requester")
    world.post()
    started = world.start()
    started.intake.look()
    until(started, State.TRACED)
    # The same chores by somebody else's wallet: the trace is not its own.
    started.desk.traces = Traces(Verifier(world.chain, other, verifier_of(world.economy)))
    started.desk.owner = other
    chores = Chores(started.desk, muster_tokens=0)
    assert chores.draw_others() == []  # too early
    world.chain.pass_slots(210)
    world.chain.warp(seconds=61)
    before = world.chain.balance(other.pubkey())
    (said,) = chores.draw_others()
    assert said.startswith("drew for the trace ")
    assert world.chain.balance(other.pubkey()) - before > 10**9 // 128 - 10_000
