"""SmolLM2 mined: a newcomer practises on a model that is proved whole, then an answer of SmolLM2 is proved and paid.

Real weights, real proofs of the drawn shards; everything else that is drawn is executed by the chain.
"""

from __future__ import annotations

from typing import Any

import pytest
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.miner.desk import verifier_of
from mai.miner.models import serve
from mai.miner.states import State
from mai_zk import language
from miner.world import TOY, Crash, World
from solders.pubkey import Pubkey

SMOLLM2 = language.load("smollm2-135m")
QUESTION, LIMIT = "The capital of France is", 3
STOPS = {("after", "draw_strata"), ("after", "execute"), ("after", "bind"), ("before", "attest_bound")}
"""Where the miner is killed, once each."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A network that pays for the toy and for SmolLM2."""
    return World(tmp_path_factory.mktemp("smollm2"), TOY, SMOLLM2)


def ask(world: World, address: Pubkey) -> Pubkey:
    return world.post(SMOLLM2.encode(QUESTION), limit=LIMIT, model=address)


def test_smollm2_is_paid(world: World) -> None:
    address = serve(world.economy, SMOLLM2).address
    first = ask(world, address)
    started = world.start()
    # A newcomer is not trusted with draws that find skipped work one time in five.
    assert started.intake.look() == []
    refused = {task: (reason, sentence) for task, reason, sentence in started.journal.refusals()}
    reason, sentence = refused[str(first)]
    assert reason == "Newcomer", sentence
    world.practise(started)
    assert {work.state for work in started.journal.works()} == {State.SETTLED}
    started.close()

    before = world.economy.balance(world.owner.pubkey())
    left, landed = set(STOPS), world.chain.landed
    landed.clear()

    def crash(name: str, moment: str) -> bool:
        if (moment, name) not in left:
            return False
        left.discard((moment, name))
        return True

    works: list[Any] = []
    while not works:
        started = world.start()
        world.chain.crash = crash
        try:
            started.intake.look()
            works = [work for work in started.finish() if work.task == str(first)]
        except Crash:
            pass
        finally:
            world.chain.crash = lambda name, moment: False
            started.close()
    (work,) = works
    assert not left and work.state is State.SETTLED, work
    assert world.work_of(first).paid == work.paid == world.economy.balance(world.owner.pubkey()) - before > 0

    # Each once, whatever the miner died of; and nothing of what was put there for it is left.
    manifest = SMOLLM2.manifest
    assert manifest is not None
    circuits = manifest.strata[1]
    expected = {
        "commit_trace": 1, "draw_trace": 1, "reveal_trace": 1, "draw_strata": 1, "settle": 1, "attest_ends": 7,
        "attest_bound": circuits, "create_values": 2 * circuits, "execute": sum(manifest.strata) - circuits,
    }  # fmt: skip
    assert {name: landed[name] for name in expected} == expected
    verifier = world.economy.state("config").verifier
    program = Traces(Verifier(world.chain, world.owner, verifier_of(world.economy))).program
    for kind in ("Proof", "Values"):
        assert world.chain.owned(verifier, program.places(kind)) == []
    answer = world.offers.answer(first)
    assert answer is not None
    assert answer.tokens == SMOLLM2.run(SMOLLM2.encode(QUESTION), LIMIT).generated
