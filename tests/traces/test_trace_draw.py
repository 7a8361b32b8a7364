"""Rules S7 and S10: when a draw can be made, from which blocks, how many, how evenly."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from mai_zk.field import keccak256
from mai_zk.trace import draw as derivation
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.sysvar import CLOCK
from traces import model
from traces.raw import expected, hollow
from traces.world import BOND, START, WINDOW, World, block, refused

LIMIT = 200


@pytest.fixture(scope="module")
def _world() -> World:
    return World(model.manifest(n_positions=9, n_leaves=30, token_cap=128))


@pytest.fixture
def world(_world: World) -> World:
    """The chain at its start, with a new miner's context for every test."""
    _world.to_slot(START)
    return _world


def commit(world: World, name: str, positions: int = 40) -> None:
    world.commit(hollow(world, positions), context=keccak256(name.encode()), limit=LIMIT)


def draw(world: World) -> str | None:
    return refused(lambda: world.miner.draw(world.trace))


def last_target(base: int) -> int:
    """The last slot that the draw of a commit at ``base`` waits for, every slot having a block."""
    first = [base + derivation.FIRST_DELAY + derivation.TURN * i for i in range(4)]
    one = keccak256(b"MAI draw step one" + b"".join(map(block, first)))
    return base + derivation.SECOND_DELAY + derivation.TURN * (one[0] % derivation.SPREAD) + 3 * derivation.TURN


def test_s7_not_before_the_last_block_and_not_after_the_deadline(world: World) -> None:
    commit(world, "early")
    target = last_target(START)
    for slot in (START, START + 1, START + derivation.FIRST_DELAY + 12, target - 1, target):
        world.to_slot(slot)  # the block of a slot is there one slot later
        assert draw(world) == "DrawTooEarly"
    world.to_slot(target + 1)
    assert draw(world) is None
    assert world.miner.state(world.trace).positions == expected(world, leaves=False)

    world.to_slot(START)
    commit(world, "late")
    world.to_slot(START + derivation.DRAW_SLOTS + 1)
    assert draw(world) == "DeadlinePassed"
    world.to_slot(START + derivation.DRAW_SLOTS)
    assert draw(world) is None


def test_s7_whoever_draws_and_whenever_it_is_the_same_draw(world: World) -> None:
    commit(world, "same")
    account = world.chain.account(world.trace)
    assert account is not None
    drawn = set()
    for slot in (START + 210, START + 300, START + 512):
        world.put(world.trace, bytes(account.data), lamports=account.lamports)
        world.to_slot(slot)
        world.traces().draw(world.trace)
        drawn.add(world.miner.state(world.trace).positions)
    assert len(drawn) == 1


def test_s7_a_skipped_target_is_the_next_block(world: World) -> None:
    for name, skipped in {
        "first": {START + 8},
        "run": set(range(START + 8, START + 30)),
        "all of step one": set(range(START + 8, START + 63)),
        "second": {last_target(START), last_target(START) + 1},
    }.items():
        world.to_slot(START)
        commit(world, name)
        world.to_slot(START + 300, skipped=skipped)
        assert draw(world) is None
        assert world.miner.state(world.trace).positions == expected(world, leaves=False), name


def test_s7_no_block_counts_twice(world: World) -> None:
    """Eight different blocks, however many slots were skipped: who leads one of them decides an eighth."""
    base = 10
    one_block = {at: keccak256(b"%d" % at) for at in (5, 90, 91, 92, 93, 300, 301, 302, 303)}
    beacon = derivation.beacon(one_block, base)
    assert beacon[32:] == b"".join(one_block[at] for at in (300, 301, 302, 303))
    with pytest.raises(derivation.TooEarly):
        derivation.beacon({at: content for at, content in one_block.items() if at != 303}, base)
    commit(world, "twice")
    world.to_slot(START + 240, skipped=set(range(START + 1, START + 233)))
    assert draw(world) == "DrawTooEarly"  # seven blocks
    world.to_slot(START + 241, skipped=set(range(START + 1, START + 233)))
    assert draw(world) is None
    assert world.miner.state(world.trace).positions == expected(world, leaves=False)


def test_s7_a_target_that_left_the_window_is_a_failure(world: World) -> None:
    """On a live chain the deadline comes first; where the window is shorter, the trace can only expire."""
    commit(world, "evicted")
    world.to_slot(START + 400, window=391)  # the oldest block is START + 9
    assert draw(world) == "SlotEvicted"
    with pytest.raises(derivation.Evicted):
        derivation.beacon(world.blocks, START)
    world.to_slot(START + 400, window=392)
    assert draw(world) is None

    world.to_slot(START)
    commit(world, "deadline first")
    world.to_slot(START + derivation.DRAW_SLOTS)
    assert min(world.blocks) <= START + derivation.FIRST_DELAY
    assert len(world.blocks) == WINDOW


def test_s7_the_commitment_enters_the_seed(world: World) -> None:
    """Root, context and miner: nobody can try many of them against known blocks, and no two works share a draw."""
    drawn = []
    for name, seed in (("a", 0), ("b", 0), ("a2", 1)):
        world.to_slot(START)
        world.commit(hollow(world, 40, seed=seed), context=keccak256(name.encode()), limit=LIMIT)
        world.to_slot(START + 300)
        assert draw(world) is None
        drawn.append(world.miner.state(world.trace).positions)
    friend, world.miner = world.miner, world.traces()
    world.to_slot(START)
    world.commit(hollow(world, 40), context=keccak256(b"a"), limit=LIMIT)
    world.to_slot(START + 300)
    assert draw(world) is None
    drawn.append(world.miner.state(world.trace).positions)
    world.miner = friend
    assert len(set(drawn)) == 4


def test_s7_the_second_draw_counts_from_the_reveal(world: World) -> None:
    commit(world, "reveal")
    assert refused(lambda: world.miner.reveal(world.trace, bytes(32))) == "WrongStep"
    world.to_slot(START + 250)
    assert draw(world) is None
    assert draw(world) == "WrongStep"
    friend = world.traces()
    assert refused(lambda: friend.reveal(world.trace, bytes(32))) == "WrongAuthority"
    world.miner.reveal(world.trace, keccak256(b"root"))
    assert refused(lambda: world.miner.reveal(world.trace, bytes(32))) == "WrongStep"
    assert draw(world) == "DrawTooEarly"
    world.to_slot(START + 500)
    assert draw(world) is None
    state = world.miner.state(world.trace)
    assert state.leaves == expected(world, leaves=True)
    assert len(set(state.leaves)) == 30
    assert max(state.leaves) < 9 * 6


def test_s7_the_chain_and_python_draw_alike(world: World) -> None:
    """Many works, many sizes: from one position to more than the draws."""
    for positions in (2, 3, 8, 9, 10, 11, 16, 17, 18, 64, 100):
        for turn in range(3):
            world.to_slot(START + turn)
            commit(world, f"alike {positions} {turn}", positions)
            world.to_slot(START + 300)
            assert draw(world) is None
            drawn = world.miner.state(world.trace).positions
            assert drawn == expected(world, leaves=False)
            assert len(set(drawn)) == min(9, positions)
            assert drawn[-1] == positions - 1


def test_s7_the_largest_draw_fits_a_transaction() -> None:
    """768 positions of n, then 768 leaves of 4,608. Rejection throws at most every second candidate away."""
    world = World(model.manifest(n_positions=768, n_leaves=768, token_cap=2000))
    units = []
    for turn, positions in enumerate((769, 770, 1152, 1535, 1536, 1600)):
        world.to_slot(START)
        world.commit(hollow(world, positions), context=bytes([turn]) * 32, limit=2000)
        world.to_slot(START + 300)
        units.append(world.miner.draw(world.trace).compute_units)
        assert world.miner.state(world.trace).positions == expected(world, leaves=False)
    world.miner.reveal(world.trace, keccak256(b"root"))
    world.to_slot(START + 600)
    units.append(world.miner.draw(world.trace).compute_units)
    assert world.miner.state(world.trace).leaves == expected(world, leaves=True)
    assert max(units) < 500_000


def chi_square(seen: Counter[int], universe: int) -> float:
    """Of equal expectations."""
    mean = seen.total() / universe
    return sum((seen[index] - mean) ** 2 / mean for index in range(universe))


@pytest.mark.parametrize("count", [5, 19])
def test_s7_draws_are_even(count: int) -> None:
    """6,000 draws out of 24, few and most of them: 23 degrees of freedom, 1 in 10,000 is above 57."""
    universe, rounds = 24, 6000
    seeds = [keccak256(b"%d" % turn) for turn in range(rounds)]
    seen = Counter(index for seed in seeds for index in derivation.indices(seed, universe, count))
    # Without replacement a cell's variance is smaller by the part that is drawn.
    assert chi_square(seen, universe) * (universe - 1) / (universe - count) < 57
    # The control: bytes modulo 24, without rejection, prefer the first sixteen by a tenth.
    assert chi_square(Counter(byte % universe for seed in seeds for byte in seed), universe) > 57


def test_s7_every_position_is_as_likely_but_the_last() -> None:
    universe, count, rounds = 12, 4, 4000
    seen = Counter(
        index for turn in range(rounds) for index in derivation.positions(keccak256(b"p%d" % turn), universe, count)
    )
    assert seen[universe - 1] == rounds
    mean = rounds * (count - 1) / (universe - 1)
    assert all(abs(seen[index] - mean) < 5 * math.sqrt(mean) for index in range(universe - 1))


def test_s7_only_the_sysvar_counts(world: World) -> None:
    commit(world, "sysvar")
    world.to_slot(START + 300)
    good = world.program.instruction("draw_trace", {"caller": world.miner.payer.pubkey(), "trace": world.trace})
    sysvar = world.chain.account(good.accounts[2].pubkey)
    assert sysvar is not None
    forged = world.put(Keypair().pubkey(), bytes(sysvar.data), owner=sysvar.owner)
    for address in (forged, CLOCK):
        accounts = [*good.accounts[:2], AccountMeta(address, False, False)]
        changed = Instruction(good.program_id, good.data, accounts)
        assert refused(lambda changed=changed: world.chain.send([changed], [world.miner.payer])) == "WrongSysvar"
    assert draw(world) is None


def test_s6_whoever_draws_is_paid_from_the_bond(world: World) -> None:
    commit(world, "paid")
    world.to_slot(START + 300)
    friend = world.traces()
    before = world.chain.balance(friend.payer.pubkey())
    friend.draw(world.trace)
    gained = world.chain.balance(friend.payer.pubkey()) - before
    assert BOND // 128 - 20_000 < gained < BOND // 128  # less the transaction's fee
    assert world.miner.state(world.trace).header.bond == BOND - BOND // 128


def test_s10_how_much_is_drawn_is_fixed_at_the_commit(world: World) -> None:
    """Draws come from the sealed manifest; draw and reveal take no manifest, so that none can be put in its place."""
    commit(world, "fixed")
    header = world.miner.state(world.trace).header
    assert (header.n_positions, header.n_leaves, header.n_segments) == (9, 30, 6)
    for name in ("draw_trace", "reveal_trace"):
        entry = world.program._instructions[name]
        assert "manifest" not in {account["name"] for account in entry["accounts"]}
    world.to_slot(START)
    commit(world, "fewer positions than draws", 3)
    header = world.miner.state(world.trace).header
    assert (header.n_positions, header.n_leaves) == (3, 18)
