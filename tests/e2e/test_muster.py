"""A whole muster with real proofs: called by a block, answered by a model, drawn, attested, and counted."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import Devices, device_of
from mai.chain.economy import Economy
from mai.chain.muster import ANSWER_SLOTS, Musters, power_now, prompt
from mai.chain.network import Hardware, ModelTerms
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai_zk.trace import Token, Work
from program.chain import MAI
from program.musters import next_muster
from solders.keypair import Keypair
from traces import model
from traces.world import World, refused, salted

OUT = Path(os.environ.get("MAI_PROGRAMS_OUT", Path(__file__).resolve().parents[2] / "programs" / "build" / "out"))
NAME, TOKENS, BOND = "the device", 8, 2 * 10**9
SEGMENTS, UNITS = 6, 1_000


def somebody(name: str) -> Keypair:
    """Fixed keys, so that the prompt, and with it every proof, is the same in every run."""
    return Keypair.from_seed(hashlib.sha256(name.encode()).digest())


def terms_of(world: World) -> ModelTerms:
    limits = {"max_active_ms": 60_000, "max_tokens": 64, "proof": 1, "detection_bps": 9_950}
    return ModelTerms(world.model.hash, bytes(32), SEGMENTS, UNITS, **limits)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The tiny model with a word for every byte, and an open network on the same chain."""
    monkeypatch.setattr(model, "ROWS", tuple(model.ROWS[token % 4] for token in range(256)))
    world = World(model.manifest(rows=tuple(model.digest(row) for row in model.ROWS)))
    world.chain.add_program(MAI, OUT / "mai.so")
    for name in ("authority", "miner"):
        world.chain.airdrop(somebody(name).pubkey(), 1_000 * LAMPORTS_PER_SOL)
    economy, authority = Economy(world.chain), somebody("authority")
    economy.genesis(authority, world.program.address, chain_id=103, rate_floor=50_000, srs=model.srs().id)
    economy.register_model(authority, terms_of(world))
    economy.open_mining(authority)
    hardware = Hardware(device_class=1, cpu_mhz=4_000)
    economy.register_miner(somebody("miner"), device_of(NAME), hardware, client_version=1)
    world.miner = Traces(Verifier(world.chain, somebody("miner"), world.program))
    return world


def test_a_device_shows_what_it_can_do(world: World) -> None:
    owner, economy = somebody("miner"), Economy(world.chain)
    musters, devices = Musters(economy), Devices(economy)
    device = devices.pick(owner.pubkey(), NAME)
    assert musters.drawn() is None and not musters.last().running
    world.to_slot(next_muster(world.slot()) + 2)
    mark = musters.drawn()
    assert mark == world.slot() - 2
    musters.call(owner, mark)
    last = musters.last()
    assert last.running and last.number == 1 and musters.drawn() is None

    # The model runs on the device's own prompt.
    asked = prompt(last.seed, device.address, 0)
    values = model.generate(tuple(asked), TOKENS, stop=False)
    answer = [one.next_token for one in values[len(asked) - 1 :]]
    tokens = [Token(token, bytes(16)) for token in asked]
    work = Work(world.model, tokens, salted(answer), [model.position_of(one) for one in values])
    world.values = values
    world.to_slot(world.slot() + 18)
    model_address = economy.model_address(terms_of(world))
    musters.answer(owner, device, model_address, output=work.generated_tree.root, tokens=TOKENS)
    (given,) = musters.answers_of(device.address)
    assert bytes(given.input) == work.prompt_tree.root
    assert given.shown == SEGMENTS * UNITS * TOKENS // ANSWER_SLOTS

    # The chain draws, the device proves what was drawn.
    world.commit(work, context=bytes(given.context), limit=TOKENS, bond=BOND)
    assert refused(lambda: musters.prove(owner, device, world.trace)) == "TraceNotProved"
    world.challenge(work, committed=True)
    state = world.attest_all(work)
    assert state.step == "proved"
    musters.prove(owner, device, world.trace)
    assert world.miner.state(world.trace).step == "claimed"
    # What was shown once counts when it is shown again.
    assert (given.before, power_now(devices.pick(owner.pubkey(), NAME), musters.last().number)) == (0, 0)
    assert refused(lambda: musters.prove(owner, device, world.trace)) == "NothingToProve"
