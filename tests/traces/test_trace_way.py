"""The way of an honest trace, and what the chain holds after each step."""

from __future__ import annotations

from traces.world import BOND, CONTEXT, LIMIT, World, refused


def test_an_honest_run_from_commit_to_claim() -> None:
    world = World()
    work = world.work()
    before = world.chain.balance(world.miner.payer.pubkey())
    trace = world.commit(work)
    assert world.miner.state(trace).step == "committed"
    state = world.challenge(work, committed=True)
    assert state.step == "challenged"
    assert state.positions == (0, 1, 2)
    assert state.leaves == tuple(range(18))
    assert refused(lambda: world.claim(work)) == "TraceNotProved"
    proved = world.attest_all(work)
    assert proved.step == "proved"
    assert all(proved.attested)
    world.claim(work)
    ended = world.miner.state(trace)
    assert ended.step == "claimed"
    assert refused(lambda: world.claim(work)) == "TraceClaimed"
    print(before, BOND, CONTEXT, LIMIT)
