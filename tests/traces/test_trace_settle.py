"""Rules S6, S11: one commit per context, walking away is a failure, one answer for the whole work."""

from __future__ import annotations

import pytest
from mai_zk.field import keccak256
from mai_zk.trace import Work
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from traces.case import Case
from traces.raw import hollow
from traces.world import BOND, CONTEXT, LIMIT, START, World, refused

INCINERATOR = Pubkey.from_string("1nc1nerator11111111111111111111111111111111")
HEADER_BYTES = 352


@pytest.fixture(scope="module")
def _world() -> World:
    return World()


@pytest.fixture
def world(_world: World) -> World:
    """The chain at its start, with a new miner."""
    _world.to_slot(START)
    _world.miner = _world.traces()
    return _world


def commit(world: World, name: str = "context", **more: int) -> str | None:
    """The refusal of a commit of twelve positions."""
    context = keccak256(name.encode())
    return refused(lambda: world.commit(hollow(world, 12), context=context, **{"limit": 100, **more}))  # type: ignore[arg-type]


def expire(world: World) -> str | None:
    return refused(lambda: world.traces().expire(world.trace))


def test_what_a_commit_must_be(world: World) -> None:
    assert commit(world, bond=10**9 - 1) == "BondTooSmall"
    assert commit(world, limit=10) == "BadShape"  # eleven generated
    good = world.program.instruction
    address, bump = world.miner.address(bytes(32))
    accounts = {"miner": world.miner.payer.pubkey(), "manifest": world.manifest, "trace": address}
    base = {
        **{name: list(bytes(32)) for name in ("context", "input", "output", "positions_root")},
        **{"prompt": 2, "generated": 11, "limit": 11, "bond": 10**9, "bump": bump},
    }
    most = (1 << 32) - 1
    for changes, name in (
        ({"prompt": 0}, "BadShape"),
        ({"generated": 0}, "BadShape"),
        ({"prompt": 55}, "BadShape"),  # 65 positions; the cap is 64
        ({"prompt": most, "generated": most, "limit": most}, "BadShape"),
        ({"bump": bump - 1}, "BumpNotCanonical"),
        ({"prompt": 54}, None),
    ):
        call = good("commit_trace", accounts, {**base, **changes})
        assert refused(lambda call=call: world.chain.send([call], [world.miner.payer])) == name
    stray = {**accounts, "trace": Keypair().pubkey()}
    call = good("commit_trace", stray, base)
    assert refused(lambda: world.chain.send([call], [world.miner.payer])) == "WrongAddress"


def test_s6_one_commit_per_context(world: World) -> None:
    """Not after the draw is known, not after failing, not after claiming: the account stays for ever."""
    assert commit(world) is None
    assert commit(world) == "TraceExists"
    world.to_slot(START + 300)
    world.miner.draw(world.trace)
    assert commit(world) == "TraceExists"
    world.to_slot(world.miner.state(world.trace).header.deadline + 1)
    assert expire(world) is None
    assert commit(world) == "TraceExists"
    assert refused(lambda: world.miner.verifier.close(world.trace)) == "WrongAccountType"
    assert commit(world, "another context") is None


def test_s6_lamports_at_the_address_do_not_block_a_commit(world: World) -> None:
    address, _ = world.miner.address(keccak256(b"context"))
    world.put(address, b"", owner=Pubkey(bytes(32)), lamports=5)
    assert commit(world) is None


@pytest.mark.parametrize("step", ["committed", "drawn", "revealed", "challenged"])
def test_s6_walking_away_is_a_failure(world: World, step: str) -> None:
    """From every step: not before the deadline, once, an eighth for the reporter, the rest burnt."""
    assert commit(world) is None
    if step != "committed":
        world.to_slot(START + 300)
        world.miner.draw(world.trace)
    if step in ("revealed", "challenged"):
        world.miner.reveal(world.trace, bytes(32))
    if step == "challenged":
        world.to_slot(START + 600)
        world.miner.draw(world.trace)
    state = world.miner.state(world.trace)
    assert state.step == step
    deadline, bond = state.header.deadline, state.header.bond
    world.to_slot(deadline)
    assert expire(world) == "DeadlineNotPassed"
    world.to_slot(deadline + 1)
    held = world.chain.balance(world.trace)
    burnt = world.chain.balance(INCINERATOR)
    reporter = world.traces()
    before = world.chain.balance(reporter.payer.pubkey())
    reporter.expire(world.trace)
    gained = world.chain.balance(reporter.payer.pubkey()) - before
    assert bond // 8 - 20_000 < gained <= bond // 8
    kept = world.chain.rent(HEADER_BYTES)
    assert world.chain.balance(world.trace) == kept
    assert world.chain.balance(INCINERATOR) - burnt == held - kept - bond // 8
    assert world.miner.state(world.trace).step == "expired"
    assert expire(world) == "WrongStep"
    work = hollow(world, 12)
    context = keccak256(b"context")
    assert refused(lambda: world.miner.claim(work, context, limit=100)) == "TraceNotProved"
    assert refused(lambda: world.miner.draw(world.trace)) == "WrongStep"


def test_s6_no_step_after_its_deadline(world: World) -> None:
    assert commit(world) is None
    world.to_slot(START + 300)
    world.miner.draw(world.trace)
    deadline = world.miner.state(world.trace).header.deadline
    assert deadline == START + 300 + 500
    world.to_slot(deadline + 1)
    assert refused(lambda: world.miner.reveal(world.trace, bytes(32))) == "DeadlinePassed"
    world.to_slot(deadline)
    assert refused(lambda: world.miner.reveal(world.trace, bytes(32))) is None


def test_s6_the_rest_is_burnt_and_nowhere_else(world: World) -> None:
    assert commit(world) is None
    world.to_slot(START + 600)
    caller = world.traces()
    accounts = {"caller": caller.payer.pubkey(), "trace": world.trace}
    mine = world.program.instruction("expire_trace", {**accounts, "incinerator": Keypair().pubkey()})
    assert refused(lambda: world.chain.send([mine], [caller.payer])) == "WrongIncinerator"
    assert expire(world) is None


def test_s6_an_attestation_after_the_deadline(case: Case) -> None:
    deadline = case.state.header.deadline
    case.world.to_slot(deadline + 1)
    assert case.attest(1, 4) == "DeadlinePassed"
    assert case.attest_ends(1) == "DeadlinePassed"
    case.world.to_slot(deadline)
    assert case.attest(1, 4) is None


# -- claim


def proved(case: Case) -> Work:
    case.world.attest_all(case.work)
    return case.work


@pytest.mark.parametrize("missing", [0, 7, 16, 18, 20])
def test_s11_every_bit_is_needed(case: Case, missing: int) -> None:
    """All but one leaf, or all but one position: no claim; with it, one."""
    world, work = case.world, case.work
    leaves = len(case.state.leaves)
    steps = [lambda draw=draw: world.attest(work, draw) for draw in range(leaves)]
    steps += [lambda draw=draw: world.attest_ends(work, draw) for draw in range(len(case.state.positions))]
    for index, step in enumerate(steps):
        if index != missing:
            step()
    assert refused(lambda: world.claim(work)) == "TraceNotProved"
    steps[missing]()
    assert refused(lambda: world.claim(work)) is None


def test_s11_a_proved_trace_cannot_expire_and_is_claimed_once(case: Case) -> None:
    work, world = proved(case), case.world
    world.to_slot(case.state.header.deadline + 1000)
    assert expire(world) == "WrongStep"
    payer = world.miner.payer.pubkey()
    held, before = world.chain.balance(world.trace), world.chain.balance(payer)
    world.claim(work)
    assert world.chain.balance(world.trace) == world.chain.rent(HEADER_BYTES)
    returned = world.chain.balance(payer) - before
    assert returned > BOND - 2 * (BOND // 128) - 20_000
    assert returned <= held
    assert refused(lambda: world.claim(work)) == "TraceClaimed"
    assert refused(lambda: world.commit(work)) == "TraceExists"


def test_s11_a_claim_compares_everything(case: Case) -> None:
    work, world = proved(case), case.world
    accounts = {"miner": world.miner.payer.pubkey(), "trace": world.trace}
    good = {
        "context": list(CONTEXT),
        "manifest": list(work.manifest.hash),
        "input": list(work.prompt_tree.root),
        "output": list(work.generated_tree.root),
        "prompt": 2,
        "generated": 2,
        "limit": LIMIT,
    }
    names = {"context": "ContextMismatch", "manifest": "ManifestMismatch", "input": "InputMismatch"}
    for field, value in good.items():
        wrong = [value[0] ^ 128, *value[1:]] if isinstance(value, list) else value + 1
        name = names.get(field, "OutputMismatch" if field == "output" else "ShapeMismatch")
        call = world.program.instruction("claim_trace", accounts, {**good, field: wrong})
        assert refused(lambda call=call: world.chain.send([call], [world.miner.payer])) == name
    thief = world.traces()
    call = world.program.instruction("claim_trace", {**accounts, "miner": thief.payer.pubkey()}, good)
    assert refused(lambda: world.chain.send([call], [thief.payer])) == "WrongAuthority"
    assert refused(lambda: world.claim(work)) is None
