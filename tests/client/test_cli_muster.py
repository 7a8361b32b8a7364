"""`mai muster`: waiting for a block that calls one, answering, and who has shown what."""

from __future__ import annotations

from typing import Any

import pytest
from client.cli_world import Wallet, World, digest
from mai.chain import artifacts
from mai.chain.embedded import _block_hash
from mai.chain.muster import MARK_SLOTS, Musters, rules
from mai.program.prelude import u64
from program.market import hashed
from program.musters import put_trace
from solders.pubkey import Pubkey


@pytest.fixture
def owner(world: World) -> Wallet:
    owner = world.wallet("owner")
    world.register(owner)
    return owner


def to_muster(world: World) -> int:
    """Two slots after the next mark whose block calls a muster; the mark."""
    mark = (world.chain.slot() // MARK_SLOTS + 1) * MARK_SLOTS
    while True:
        seed = hashed(bytes(world.economy.config), bytes(4), bytes(_block_hash(mark)))
        if int.from_bytes(seed[:8], "little") % int(rules.odds(u64(world.economy.state("emission").muster))) == 0:
            break
        mark += MARK_SLOTS
    world.chain.pass_slots(mark + 2 - world.chain.slot())
    return mark


def answered(world: World, owner: Wallet, tokens: int = 50) -> Any:
    return world.json("muster", "answer", world.sampled, digest("answer").hex(), tokens, by=owner)


def trace(world: World, owner: Wallet) -> Pubkey:
    """The trace of the device's answer as it is when all of it is proved; a program of traces is not in this world."""
    given = world.json("muster", "show", by=owner)["devices"][0]["answers"][0]

    class Puts:
        @staticmethod
        def put(address: Pubkey, data: bytes, program: Pubkey) -> None:
            world._put(address, data, program)

    fields = {name: bytes.fromhex(given[name]) for name in ("context", "input", "output")}
    shape = {"generated": given["tokens"], "limit": given["tokens"]}
    order = {"context": fields["context"], "miner": bytes(owner.address), "manifest": world.terms["sampled"].key_hash}
    return put_trace(Puts, **order, input=fields["input"], output=fields["output"], **shape)  # type: ignore[arg-type]


def test_there_was_none_yet(world: World, owner: Wallet) -> None:
    assert "none yet" in world.run("muster", "show", by=owner)
    said = world.json("muster", "show", by=owner)
    assert (said["muster"], said["running"]) == (0, False)
    assert [(one["device"], one["power"], one["answers"]) for one in said["devices"]] == [("rig", 0, [])]
    with world.wrong("no muster can be called now"):
        world.run("muster", "call", by=owner)
    with world.wrong("no muster was called in 1 seconds"):
        world.run("muster", "wait", "--seconds", 1, by=owner)


def test_waiting_calls_it_and_says_the_prompt(world: World, owner: Wallet) -> None:
    mark = to_muster(world)
    said = world.json("muster", "wait", "--lanes", 2, by=owner)
    assert (said["muster"], said["mark"], said["running"]) == (1, mark, True)
    seed = bytes.fromhex(said["seed"])
    device = bytes(Pubkey.from_string(said["miner"]))
    assert [bytes(one) for one in said["prompts"]] == [hashed(seed, device, bytes([lane])) for lane in range(2)]
    with world.wrong("answers in 1 to 64 lanes"):
        world.run("muster", "wait", "--lanes", 65, by=owner)
    shown = world.run("muster", "show", by=owner)
    assert "slots left to answer" in shown and "rig" in shown
    with world.wrong("no muster can be called now"):
        world.run("muster", "call", by=owner)


def test_anyone_calls_it_once(world: World, owner: Wallet) -> None:
    to_muster(world)
    assert world.json("muster", "call", by=world.wallet("anyone"))["muster"] == 1
    assert world.json("muster", "wait", by=owner)["muster"] == 1


def test_an_answer_is_shown_and_counts_once_proved(world: World, owner: Wallet) -> None:
    to_muster(world)
    world.run("muster", "call", by=owner)
    said = answered(world, owner)
    assert said["muster"] == 1 and said["shown"] > 0
    assert "muster 1, given" in world.run("muster", "show", by=owner)
    with world.refuses("NothingToAnswer"):
        answered(world, owner)
    proof = trace(world, owner)
    world.chain.add_program(world.verifier.address, artifacts.shared_object("traces"))
    # What was shown once counts when it was shown again.
    assert world.json("muster", "prove", proof, by=owner)["power"] == 0
    to_muster(world)
    world.run("muster", "call", by=owner)
    answered(world, owner, tokens=60)
    proved = world.json("muster", "prove", trace(world, owner), by=owner)
    assert proved["power"] == said["shown"] // 2
    assert f"{proved['power']:,} work units a slot" in world.run("devices", "show", by=owner)
    assert world.json("status")["power"] == proved["power"]
    # The next one halves it, whoever looks.
    to_muster(world)
    world.run("muster", "call", by=owner)
    miner = world.json("devices", "list", by=owner)["devices"][0]["miner"]
    assert world.json("muster", "show", by=owner)["devices"][0]["power"] == proved["power"] // 2
    counted = world.json("muster", "count", miner, by=world.wallet("anyone"))
    assert (counted["before"], counted["power"]) == (proved["power"], proved["power"] // 2)


def test_wrong_inputs(world: World, owner: Wallet) -> None:
    with world.wrong("at least one token"):
        world.run("muster", "answer", world.sampled, digest("answer").hex(), 0, by=owner)
    with world.wrong("there is no lane 64"):
        world.run("muster", "answer", world.sampled, digest("answer").hex(), 1, "--lane", 64, by=owner)
    with world.wrong("is not a digest"):
        world.run("muster", "answer", world.sampled, "12", 1, by=owner)
    with world.wrong("has not answered a muster"):
        world.run("muster", "prove", world.sampled, by=owner)
    with world.refuses("NothingToAnswer"):
        answered(world, owner)


def test_the_first_block_at_a_mark_decides(world: World) -> None:
    """Slots without a block are passed over, as the program does."""
    musters = Musters(world.economy)
    world.chain.pass_slots(20)
    slot = world.chain.slot()
    assert musters._first_block(slot - 5) == bytes(_block_hash(slot - 5))
    assert musters._first_block(slot) is None
