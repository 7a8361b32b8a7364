"""`execute`: what the chain computes is what was revealed, from what was revealed before it; nothing else passes."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from mai.chain.trace import TRACE_HEADER_BYTES
from mai_zk.language.integers import Integers
from mai_zk.trace import Position, executed
from mai_zk.trace.executed import HEAD, values_digest
from mai_zk.trace.manifest import is_carried
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from traces import sampled_model as model
from traces.sampled_case import PLACE, SampledCase
from traces.sampled_model import AGAIN, ATTEND, ATTENDS, BEST, LEFT, NORM, ONE, OTHER_TOP, RIGHT, SWIGLU, TOP
from traces.world import World, refused

EXECUTED = tuple(model.OPERATIONS)


def more(vector: Integers, index: int, by: int = 1) -> Integers:
    """A vector with one integer changed."""
    changed = vector.copy()
    changed[index] += by
    return changed


@pytest.mark.parametrize("segment", EXECUTED)
def test_the_honest_leaf_of_every_operation(sampled: SampledCase, segment: int) -> None:
    assert sampled.execute(segment) is None
    assert sampled.execute(segment) == "AlreadyAttested"


def test_the_first_position_has_no_history(sampled: SampledCase) -> None:
    """Nothing of a position before it is opened."""
    position = sampled.state.positions[0]
    assert position == 0
    leaf = ATTEND
    sampled.patch(TRACE_HEADER_BYTES + 4 * len(sampled.state.positions), struct.pack("<I", leaf))
    opened = sampled.world.values[0].opened(ATTEND)
    assert len(opened.past) == 0
    sampled.world.execute(sampled.work, 0, opened=opened)
    assert sampled.world.miner.state(sampled.world.trace).attested[0]


# -- wrong results: revealed, where the chain computes others


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("segment", [NORM, AGAIN])
def test_a_wrong_residual_or_normed_vector(sampled: SampledCase, segment: int, part: int) -> None:
    gives = list(sampled.values.gives[segment])
    gives[part] = more(gives[part], 5)
    assert sampled.claims(segment, gives=tuple(gives)) == "LeafMismatch"


@pytest.mark.parametrize("segment", ATTENDS)
@pytest.mark.parametrize("index", [0, HEAD - 1, HEAD, 2 * HEAD - 1])
def test_a_wrong_row(sampled: SampledCase, segment: int, index: int) -> None:
    """It is opened: its key follows from the keys that are read, its value is what is read."""
    row, mixed = sampled.values.gives[segment]
    assert sampled.claims(segment, gives=(more(row, index), mixed)) == "ResultMismatch"


@pytest.mark.parametrize("segment", [*ATTENDS, SWIGLU, TOP, OTHER_TOP, BEST])
def test_wrong_results(sampled: SampledCase, segment: int) -> None:
    *others, last = sampled.values.gives[segment]
    assert sampled.claims(segment, gives=(*others, more(last, 1, -1))) == "LeafMismatch"


def test_another_leaf_than_the_one_revealed(sampled: SampledCase) -> None:
    """The chain's own results do not hash to what the miner committed to."""
    sampled.commit_leaf(AGAIN, output=executed.values_digest(model.ROWS[0]))
    assert sampled.execute(AGAIN) == "LeafMismatch"
    sampled.commit_leaf(AGAIN, input=bytes(32))
    assert sampled.execute(AGAIN) == "LeafMismatch"
    sampled.commit_leaf(AGAIN, params=bytes(32))
    assert sampled.execute(AGAIN) == "LeafMismatch"
    sampled.commit_leaf(AGAIN, output=executed.output_digest(sampled.values.digests(AGAIN)[::-1]))
    assert sampled.execute(AGAIN) == "LeafMismatch"


# -- wrong reads: computed honestly from other integers, all of the own leaf as it then is


def recomputed(case: SampledCase, segment: int, reads: Integers, digests: list[bytes], past: Integers | None = None,
               history: bytes | None = None) -> str | None:  # fmt: skip
    """The refusal of a leaf that is right for these reads; `digests` of its edges."""
    past = case.values.past(segment) if past is None else past
    gives = model.OPERATIONS[segment].run(case.position, reads, past)
    parts = [values_digest(part) for part in gives]
    if segment in ATTENDS:
        parts = [parts[1], executed.chained(history or case.values.history(segment), gives[0])]
    case.commit_leaf(segment, input=executed.output_digest(digests), output=executed.output_digest(parts))
    return case.execute(segment, case.opening(segment, reads=reads, gives=gives, past=past))


@pytest.mark.parametrize("segment", [*ATTENDS, AGAIN, SWIGLU, TOP, OTHER_TOP, BEST])
def test_other_integers_than_a_producers(sampled: SampledCase, segment: int) -> None:
    """Each edge in turn is another vector than its producer gave."""
    parts = [sampled.values.part(edge) for edge in model.EDGES[segment] if not is_carried(edge)]
    for index in range(len(parts)):
        changed = [more(part, 0) if at == index else part for at, part in enumerate(parts)]
        digests = sampled.values.edge_digests(segment)
        digests[index] = values_digest(changed[index])
        assert recomputed(sampled, segment, np.concatenate(changed), digests) == "EdgeMismatch"


def test_the_wrong_part_of_a_producer(sampled: SampledCase) -> None:
    """The residual stream where the normed vector is read, and the other way round."""
    normed, residual = sampled.values.digests(NORM)[1], sampled.values.digests(NORM)[0]
    parts = [sampled.values.part(edge) for edge in model.EDGES[ATTEND] if not is_carried(edge)]
    digests = sampled.values.edge_digests(ATTEND)
    for index, digest in enumerate(digests[:-1]):
        other = residual if digest == normed else normed
        swapped = [*digests[:index], other, *digests[index + 1 :]]
        reads = [*parts[:index], sampled.values.gives[NORM][int(digest == residual)], *parts[index + 1 :]]
        assert recomputed(sampled, ATTEND, np.concatenate(reads), swapped) == "EdgeMismatch"


def test_edges_in_another_order(sampled: SampledCase) -> None:
    parts = [sampled.values.part(edge) for edge in model.EDGES[SWIGLU]]
    digests = sampled.values.edge_digests(SWIGLU)
    assert recomputed(sampled, SWIGLU, np.concatenate(parts[::-1]), digests[::-1]) == "EdgeMismatch"


@pytest.mark.parametrize("at", [0, HEAD, -1])
def test_a_wrong_history(sampled: SampledCase, at: int) -> None:
    """Rows that are not those of the positions before, with the digest that they then have."""
    past = more(sampled.values.past(ATTEND), at)
    history = bytes(32)
    for row in past.reshape(-1, 2 * HEAD):
        history = executed.chained(history, row)
    reads = sampled.values.opened(ATTEND).reads
    digests = [*sampled.values.edge_digests(ATTEND)[:-1], history]
    assert recomputed(sampled, ATTEND, reads, digests, past, history) == "EdgeMismatch"


def test_rows_without_the_leaf_that_they_make(sampled: SampledCase) -> None:
    """Results that are right for other rows, under the digest of the true ones."""
    past = more(sampled.values.past(ATTEND), HEAD, 30)
    assert sampled.claims(ATTEND, past=past) in {"ResultMismatch", "LeafMismatch"}
    opened = sampled.values.opened(ATTEND)
    gives = model.OPERATIONS[ATTEND].run(sampled.position, opened.reads, past)
    assert sampled.claims(ATTEND, gives=gives, past=past) == "LeafMismatch"


# -- what is handed on


def test_a_wrong_digest_handed_on(sampled: SampledCase) -> None:
    """The position was committed with another digest of the cache: before it, or its own."""
    honest = sampled.work.positions
    for order, segment in enumerate(ATTENDS):
        for index in (sampled.position, sampled.position - 1):
            carried = list(honest[index].carried)
            carried[order] = bytes([7]) * 32
            sampled.commit_positions({index: Position(honest[index].integers, tuple(carried))})
            for other in ATTENDS:
                if other != segment:
                    assert sampled.execute(other) in {None, "AlreadyAttested"}
            assert sampled.execute(segment) in ({"EdgeMismatch"})
        sampled.commit_positions({})


def test_digests_handed_on_are_each_attentions_own(sampled: SampledCase) -> None:
    """Two of a position are exchanged, with their paths: each is under the root, at the other's index."""
    honest = sampled.work.positions[sampled.position]
    first, second, third = honest.carried
    sampled.commit_positions({sampled.position: Position(honest.integers, (second, first, third))})
    assert sampled.execute(ATTEND) == "EdgeMismatch"
    sampled.commit_positions({})
    data, tree = sampled.opening(ATTEND), sampled.work.carried_tree(sampled.position)
    own = first + tree.path(0)
    assert data.endswith(own)
    assert sampled.execute(ATTEND, data[: -len(own)] + first + tree.path(1)) == "CarriedMismatch"
    assert sampled.execute(ATTEND, data[: -len(own)] + second + tree.path(1)) == "CarriedMismatch"
    assert sampled.execute(ATTEND, data) is None


def handed_on(case: SampledCase) -> list[int]:
    """Where an opening of attention shows the position before and its own: integers, root, path, digest."""
    depth = len(case.work.positions_tree.levels) - 1
    length = 32 * (2 + depth + 1 + 2)  # three are carried: their tree has two levels
    total = len(case.opening(ATTEND))
    return [total - 2 * length, total - length]


def test_every_byte_of_what_is_handed_on(sampled: SampledCase) -> None:
    data = sampled.opening(ATTEND)
    starts, depth = handed_on(sampled), len(sampled.work.positions_tree.levels) - 1
    for start in starts:
        places = {at: "PositionMismatch" for at in (0, 1, 2, 1 + depth)}
        places |= {at: "CarriedMismatch" for at in (2 + depth, 3 + depth, 4 + depth)}
        for at, name in places.items():
            wrong = bytearray(data)
            wrong[start + 32 * at] ^= 1
            assert sampled.execute(ATTEND, bytes(wrong)) == name


def test_the_position_before_is_the_one_before(sampled: SampledCase) -> None:
    """What another position handed on, with its own path, is not under the index of the position before."""
    work, position = sampled.work, sampled.position
    data = bytearray(sampled.opening(ATTEND))
    start = handed_on(sampled)[0]
    for other in (position - 2, position):
        content, tree = work.positions[other], work.carried_tree(other)
        shown = content.integers + tree.root + work.positions_tree.path(other) + content.carried[0] + tree.path(0)
        data[start : start + len(shown)] = shown
        assert sampled.execute(ATTEND, bytes(data)) == "PositionMismatch"


# -- producers, in runs


def test_every_byte_of_a_run(sampled: SampledCase) -> None:
    """A run of two producers: their inputs and outputs, and the hashes beside them."""
    data = sampled.opening(SWIGLU)
    integers = 4 * 16
    path = 32 * (len(sampled.work.leaves_tree.levels) - 1)
    for at in range(integers, len(data), 32):
        wrong = bytearray(data)
        wrong[at] ^= 1
        output = at - integers - path in (32, 96)
        assert sampled.execute(SWIGLU, bytes(wrong)) == ("EdgeMismatch" if output else "LeafMismatch"), at


def test_every_byte_of_a_producer_with_two_parts(sampled: SampledCase) -> None:
    """The leaf of a norm, of which attention reads one part or the other."""
    data = sampled.opening(ATTEND)
    opened = sampled.values.opened(ATTEND)
    start = 4 * (len(opened.reads) + len(opened.past) + 128) + 32 * (len(sampled.work.leaves_tree.levels) - 1)
    for at, name in ((0, "LeafMismatch"), (32, "EdgeMismatch"), (64, "EdgeMismatch"), (96, "LeafMismatch")):
        wrong = bytearray(data)
        wrong[start + at] ^= 1
        assert sampled.execute(ATTEND, bytes(wrong)) == name


def test_producers_at_another_index(sampled: SampledCase) -> None:
    """Two circuits' leaves are swapped, or are those of another position: each is under the root, elsewhere."""
    leaves = sampled.world.leaves(sampled.state.positions)
    own, other = leaves[sampled.position], leaves[sampled.state.positions[PLACE - 1]]
    swapped = {(sampled.position, LEFT): own[RIGHT], (sampled.position, RIGHT): own[LEFT]}
    data = sampled.opening(SWIGLU)
    sampled.commit_leaves(swapped)
    assert sampled.execute(SWIGLU, data) == "LeafMismatch"
    assert sampled.execute(SWIGLU) == "EdgeMismatch"
    sampled.commit_leaves({(sampled.position, LEFT): other[LEFT]})
    assert sampled.execute(SWIGLU, data) == "LeafMismatch"
    sampled.commit_leaves({})
    path = sampled.work.leaves_tree.span((PLACE - 1) * len(own) + LEFT, 2)
    assert sampled.execute(SWIGLU, data[: -len(path)] + path) in {"LeafMismatch", "OpeningLength"}
    assert sampled.execute(SWIGLU, data) is None


# -- lengths and constants


@pytest.mark.parametrize("segment", EXECUTED)
def test_every_byte_is_used(sampled: SampledCase, segment: int) -> None:
    data = sampled.opening(segment)
    for wrong in (data + b"\0", data + bytes(32), data[:-1], data[:-32], data[:64]):
        assert sampled.execute(segment, wrong) in {"OpeningLength", "LeafMismatch"}
    assert sampled.execute(segment, data + bytes(32)) == "OpeningLength"
    assert sampled.execute(segment, data[:-32]) in {"OpeningLength", "LeafMismatch"}


def test_the_history_has_a_row_for_each_position(sampled: SampledCase) -> None:
    past = sampled.values.past(ATTEND)
    for wrong in (past[: -2 * HEAD], np.concatenate([past, past[: 2 * HEAD]])):
        assert sampled.execute(ATTEND, sampled.opening(ATTEND, past=wrong)) not in {None, "AlreadyAttested"}


def test_the_constants_are_the_segments(sampled: SampledCase) -> None:
    world = sampled.world
    other = world.miner.upload_constants(model.CONSTANTS.body + bytes(4)).address
    assert sampled.execute(SWIGLU, constants=other) == "ConstantsMismatch"
    assert sampled.execute(SWIGLU, constants=world.bases) == "ConstantsMismatch"
    assert sampled.execute(TOP, constants=other) == "ConstantsMismatch"  # also where none are read
    account = world.chain.account(world.constants)
    assert account is not None
    for sealed in (0, 1):
        data = bytearray(account.data)
        data[76] = sealed
        world.put(world.constants, bytes(data), lamports=account.lamports)
        assert sampled.execute(SWIGLU) == "ConstantsNotSealed"
    world.put(world.constants, bytes(account.data), lamports=account.lamports)
    assert sampled.execute(SWIGLU) is None


# -- kinds and classes


@pytest.mark.parametrize("segment", list(model.CIRCUITS))
def test_a_circuit_is_not_executed(sampled: SampledCase, segment: int) -> None:
    assert sampled.execute(segment) == "WrongKind"


def test_sampled_leaves_are_neither_attested_nor_joined(sampled: SampledCase) -> None:
    receipt = sampled.world.proved_receipt("one", sampled.values.reads(ONE))
    sampled.aim(ONE)
    assert sampled.send(sampled.call("attest", sampled.opening(ONE), receipt=receipt)) == "WrongKind"
    sampled.aim(AGAIN)
    assert sampled.send(sampled.call("join", sampled.opening(AGAIN))) == "WrongKind"


def test_other_classes_have_no_such_leaves() -> None:
    world = World()
    world.challenge(world.work())
    opening = world.miner.verifier.upload_proof(bytes(64), 1).address
    constants = world.miner.upload_constants(bytes(64)).address
    accounts = {
        "miner": world.miner.payer.pubkey(),
        "trace": world.trace,
        "manifest": world.manifest,
        "opening": opening,
    }
    others = {name: world.put(Pubkey.new_unique(), bytes(400)) for name in ("receipt", "input", "output")}
    for name, more_accounts in (("execute", {"constants": constants}), ("attest_bound", others)):
        call = world.program.instruction(name, {**accounts, **more_accounts}, {"draw": 0})
        assert refused(lambda call=call: world.chain.send([call], [world.miner.payer])) == "WrongKind"


def test_draws_and_authority(sampled: SampledCase) -> None:
    world = sampled.world
    draws = len(sampled.state.leaves)
    data = sampled.opening(SWIGLU)
    assert sampled.send(sampled.call("execute", data, draws, constants=world.constants)) == "DrawOutOfRange"
    call = sampled.call("execute", data, constants=world.constants)
    stranger = World.traces(world)
    accounts = [AccountMeta(stranger.payer.pubkey(), True, False), *call.accounts[1:]]
    theirs = Instruction(call.program_id, call.data, accounts)
    assert refused(lambda: world.chain.send([theirs], [stranger.payer])) == "WrongAuthority"
    world.to_slot(sampled.state.header.deadline + 1)
    assert sampled.send(call) == "DeadlinePassed"


def test_another_manifest(sampled: SampledCase) -> None:
    world = sampled.world
    honest, other = world.manifest, model.manifest(work_units=2)
    world.manifest = world.miner.upload_manifest(other).address
    try:
        assert sampled.execute(SWIGLU) == "ManifestMismatch"
    finally:
        world.manifest = honest
    assert sampled.execute(SWIGLU) is None


def test_a_position_beyond_the_rotations(sampled: SampledCase) -> None:
    """A run may be as long as the manifest's cap; what attends has rotations for as many positions."""
    segments = list(sampled.work.manifest.segments)
    operation = model.OPERATIONS[ATTEND]
    short = replace(operation, cosines=np.zeros((2, HEAD // 2), dtype=np.int64))  # type: ignore[type-var]
    segments[ATTEND] = replace(segments[ATTEND], key=short.descriptor)  # type: ignore[attr-defined]
    other = model.manifest(segments=tuple(segments))
    honest = sampled.world.manifest
    sampled.world.manifest = sampled.world.miner.upload_manifest(other).address
    try:
        sampled.patch(72, other.hash)
        assert sampled.execute(ATTEND) == "PositionOutOfRange"
    finally:
        sampled.world.manifest = honest
