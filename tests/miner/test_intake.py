"""Every task that is not taken has a reason with a name and a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from mai.chain.stake import Staking
from mai.miner.models import Served
from mai.miner.offers import LocalOffers
from mai.miner.presets import allocation
from mai.miner.prices import parse_floor
from mai.miner.refusals import Reason
from mai.miner.schedule import Schedule
from mai.money import UNITS_PER_MAI
from miner.toy import Toy
from miner.world import LIMIT, PROMPT, STAKE, TOY, Started, World, salted
from program.chain import WELL_KNOWN
from solders.pubkey import Pubkey

NIGHT = Schedule.parse(["22:00-07:00"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("intake"))


@pytest.fixture
def started(world: World, tmp_path: Path) -> Iterator[Started]:
    """A miner with a journal and offers of its own."""
    world.folder = tmp_path
    world.offers = LocalOffers(tmp_path / "offers.sqlite", world.seal)
    made = world.start()
    yield made
    made.close()


def reason_of(started: Started, task: Pubkey) -> str:
    """The name under which the task was refused, with its sentence."""
    begun = started.intake.look()
    assert str(task) not in {work.task for work in begun}
    known = {of: (name, sentence) for of, name, sentence in started.journal.refusals()}
    name, sentence = known[str(task)]
    assert sentence and name in Reason.__members__
    return f"{name}: {sentence}"


def test_tasks_without_a_prompt_or_of_another_model(world: World, started: Started) -> None:
    task = world.post(offered=False)
    assert reason_of(started, task) == "NoPrompt: its prompt was not offered to this miner"
    started.desk.served.clear()
    assert reason_of(started, task).startswith("UnknownModel: this miner does not serve the model ")


def test_a_prompt_that_is_not_the_tasks(world: World, started: Started) -> None:
    task = world.post(offered=False)
    world.offers.put(task, world.model, salted(PROMPT, "other salts"))
    assert reason_of(started, task).startswith("WrongPrompt: ")
    assert started.journal.refused_for_good(str(task))


def test_a_prompt_of_words_that_the_model_does_not_have(world: World, started: Started) -> None:
    assert reason_of(started, world.post((2, 256))).startswith("WrongPrompt: ")


def test_what_is_too_long(world: World, started: Started) -> None:
    expected = "TooLong: the prompt and its answer have up to 65 tokens, and the model takes 64"
    assert reason_of(started, world.post((2, 2) * 20, limit=25)) == expected


@pytest.mark.parametrize(("terms", "expected"), [
    ({"schedule": NIGHT}, "OutsideSchedule: works are taken 22:00-07:00"),
    ({"paused": frozenset({"cpu"})}, "Paused: everything that could do it is paused"),
    ({"stopping": True}, "Stopping: the miner is about to stop"),
    ({"most_works": 3, "taken": 3}, "EnoughWorks: as many works as were asked for are taken"),
    ({"floor": parse_floor("1000")}, "PriceTooLow: it pays "),
    ({"floor": parse_floor("1000000/h")}, "PriceTooLow: it pays "),
])  # fmt: skip
def test_whoever_runs_the_miner_decides(world: World, started: Started, terms: dict[str, Any], expected: str) -> None:
    task = world.post()
    for name, value in terms.items():
        setattr(started.terms, name, value)
    started.intake._now = lambda: datetime(2027, 1, 1, 12)
    assert reason_of(started, task).startswith(expected)
    assert started.intake.closed is not None and str(started.intake.closed).startswith(expected)
    # It was put off, not turned away: as soon as the reason has passed, it is taken.
    started.terms.__dict__.update(schedule=Schedule(), paused=frozenset(), stopping=False, most_works=None, floor=None)
    assert str(task) in {work.task for work in started.intake.look()}


def test_the_price_is_what_the_chain_would_pay(world: World, started: Started) -> None:
    started.intake.look()
    quote = started.intake.quote
    assert quote is not None
    # 176 MAI for 10⁹ units, trust 0.6, quality 0.75 (factor 0.875); the overhead of a work is half a million units.
    assert quote.billion == pytest.approx(176 * 1.0005 * 0.6 * 0.875 * UNITS_PER_MAI, rel=1e-4)
    started.terms.floor = parse_floor(f"{quote.billion // UNITS_PER_MAI}")
    assert started.intake._closed() is None
    started.terms.floor = parse_floor(f"{quote.billion // UNITS_PER_MAI + 1}")
    assert started.intake._closed() is not None


def test_works_in_flight_are_limited_by_the_preset(world: World, started: Started) -> None:
    tasks = [world.post() for _ in range(3)]
    started.terms.allocation = allocation("light", 2)
    assert started.terms.allocation.in_flight == 2
    begun = started.intake.look()
    assert len(begun) == 2
    (left,) = {str(task) for task in tasks} - {work.task for work in begun}
    expected = "TooManyInFlight: 2 works are in flight, as many as light allows"
    assert reason_of(started, Pubkey.from_string(left)) == expected


def test_the_chains_own_refusals_are_known_before_anything_is_sent(world: World, started: Started) -> None:
    task = world.post()
    started.desk.served[world.model] = Served(TOY, TOY.manifest, world.model)
    free = Staking(world.economy).view(world.owner.pubkey())
    assert free is not None
    Staking(world.economy).unstake(world.owner, free.free - 10_000 * UNITS_PER_MAI)
    sent = sum(world.chain.landed.values())
    assert (
        reason_of(started, task) == "StakeTooSmall: the stake covers 10,000 MAI more, and 25,000 MAI would be at risk"
    )
    assert sum(world.chain.landed.values()) == sent
    Staking(world.economy).deposit(world.owner, STAKE // 4)


def test_a_wallet_that_cannot_pay_the_bond(world: World, started: Started) -> None:
    task = world.post()
    account = world.chain.svm.get_account(world.owner.pubkey())
    poor = type(account)(10**9, b"", Pubkey.from_string(WELL_KNOWN["system_program"]))
    world.chain.svm.set_account(world.owner.pubkey(), poor)
    assert (
        reason_of(started, task) == "NotEnoughLamports: the bond and the rents take 1.10 SOL, and the wallet has 1.00"
    )
    world.chain.svm.set_account(world.owner.pubkey(), account)


def test_what_is_no_longer_to_be_had(world: World, started: Started) -> None:
    task = world.post(lifetime_s=3_600)
    world.chain.warp(seconds=3_597)
    assert reason_of(started, task) == "NoTimeLeft: it can be taken for 2 s only"
    gone = world.post()
    world.economy.send("cancel_task", world.requester, {
        "requester": world.requester.pubkey(), "task": gone,
        "token_account": world.economy.token_address(world.requester.pubkey()),
    })  # fmt: skip
    assert reason_of(started, gone) == "NotOpen: all its places are taken"


def test_a_newcomer_needs_a_strong_proof(tmp_path: Path) -> None:
    world = World(tmp_path, Toy(detection_bps=9_000))
    started = world.start()
    expected = "Newcomer: the device's first 10 works need a proof that detects 99 %, and this model's detects 90 %"
    assert reason_of(started, world.post(limit=LIMIT)) == expected


def test_every_reason_has_a_sentence() -> None:
    for reason in Reason:
        text, passing = reason.value
        assert text and isinstance(passing, bool) and not text.endswith(".")
