"""The way of an honest trace, and what the chain holds after each step."""

from __future__ import annotations

from solders.pubkey import Pubkey
from traces import model
from traces.world import BOND, CONTEXT, LIMIT, World, refused


def test_an_honest_run_from_commit_to_claim() -> None:
    world = World()
    work = world.work()
    trace = world.commit(work)
    committed = world.miner.state(trace)
    assert committed.step == "committed"
    header = committed.header
    assert bytes(header.context) == CONTEXT
    assert header.miner == world.miner.payer.pubkey()
    assert bytes(header.manifest) == work.manifest.hash
    assert bytes(header.input) == work.prompt_tree.root
    assert bytes(header.output) == work.generated_tree.root
    assert (header.prompt, header.generated, header.limit, header.bond) == (2, 2, LIMIT, BOND)
    assert world.chain.balance(trace) == BOND + world.chain.rent(len(world.chain.account(trace).data))  # type: ignore[union-attr]
    state = world.challenge(work, committed=True)
    assert state.step == "challenged"
    assert state.positions == (0, 1, 2)
    assert state.leaves == tuple(range(18))
    assert bytes(state.header.leaves_root) == work.leaves_tree.root
    assert state.header.deadline == world.slot() + work.manifest.prove_slots
    assert refused(lambda: world.claim(work)) == "TraceNotProved"
    proved = world.attest_all(work)
    assert proved.step == "proved"
    assert all(proved.attested)
    world.claim(work)
    ended = world.miner.state(trace)
    assert ended.step == "claimed"
    assert (ended.positions, ended.leaves) == ((), ())
    assert refused(lambda: world.claim(work)) == "TraceClaimed"


def test_shards_of_one_shape_share_a_key() -> None:
    keys = {name: model.circuit(name).key.hash for name in model.WEIGHTS}
    assert keys["first"] == keys["left"] == keys["right"] != keys["last"]
    assert len({model.circuit(name).params for name in model.WEIGHTS}) == 4


def test_a_receipt_is_no_trace() -> None:
    """Reading another account as a trace is one clear sentence."""
    import pytest
    from mai.errors import MaiError

    world = World()
    with pytest.raises(MaiError, match="not a trace"):
        world.miner.state(world.manifest)
    with pytest.raises(MaiError, match="no account"):
        world.miner.state(Pubkey.new_unique())
