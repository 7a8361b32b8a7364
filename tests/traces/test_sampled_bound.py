"""`attest_bound`: a circuit's receipt counts for the integers that were revealed, as its points commit to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mai_zk.field import keccak256
from mai_zk.language.integers import Integers
from mai_zk.trace import executed, opening
from mai_zk.trace.executed import values_digest
from mai_zk.trace.opening import Opened
from solders.pubkey import Pubkey
from traces import sampled_circuits as circuits
from traces import sampled_model as model
from traces.sampled_case import PLACE, Bound, SampledCase
from traces.test_sampled_execute import more
from traces.world import CONTEXT, World, refused

RECEIPT_SRS, RECEIPT_PARAMS, RECEIPT_CONSUMED = 8 + 4 * 32, 8 + 8 * 32, 8 + 10 * 32 + 8
ONE_EDGE, TWO_EDGES = model.ONE, model.BOTH
CIRCUITS = tuple(model.CIRCUITS)


def integers_of(case: SampledCase, segment: int) -> tuple[Integers, Integers]:
    opened = case.values.opened(segment)
    return opened.reads, opened.gives[0]


@pytest.mark.parametrize("segment", CIRCUITS)
def test_the_honest_leaf_of_every_circuit(sampled: SampledCase, segment: int) -> None:
    """The receipt is closed, its rent returns; the values stay, and close."""
    world, bound = sampled.world, sampled.bound(segment)
    payer = world.miner.payer.pubkey()
    call = sampled.call("attest_bound", sampled.opening(segment), **vars(bound))
    sampled.aim(segment)
    before, held = world.chain.balance(payer), world.chain.balance(bound.receipt)
    assert sampled.send(call) is None
    assert world.chain.account(bound.receipt) is None
    assert before + held - 10_000 < world.chain.balance(payer) < before + held
    for values in (bound.input, bound.output):
        world.miner.verifier.close(values)
        assert world.chain.account(values) is None
    again = sampled.bound(segment)
    assert sampled.attest_bound(segment, again) == "AlreadyAttested"


def test_values_are_facts_whoever_made_them(sampled: SampledCase) -> None:
    """Another payer binds the integers; the miner's leaf takes them."""
    world, bound = sampled.world, sampled.bound(ONE_EDGE)
    miner = world.executed
    world.executed = type(miner)(World.traces(world).verifier)
    try:
        theirs, uploaded = world.executed, executed.encoded(integers_of(sampled, ONE_EDGE)[0])
        proof = theirs.verifier.upload_proof(uploaded, 1).address
        made = theirs.create_values(1, keccak256(uploaded), world.bases, offset=0, count=8)
        theirs.bind(made, proof, world.bases, start=0, count=8, bits=6)
    finally:
        world.executed = miner
    assert sampled.attest_bound(ONE_EDGE, replace(bound, input=made)) is None


# -- values that are not the receipt's


@pytest.mark.parametrize("place", ["input", "output"])
def test_values_that_are_not_bound_to_the_end(sampled: SampledCase, place: str) -> None:
    bound, numbers = sampled.bound(ONE_EDGE), integers_of(sampled, ONE_EDGE)[place == "output"]
    incomplete = sampled.bind(numbers, missing=1)
    assert sampled.attest_bound(ONE_EDGE, replace(bound, **{place: incomplete})) == "ValuesIncomplete"


@pytest.mark.parametrize("place", ["input", "output"])
def test_values_of_other_bases(sampled: SampledCase, place: str) -> None:
    """The same points, and fewer or more of them: other constants than those that the manifest names."""
    bound, numbers = sampled.bound(ONE_EDGE), integers_of(sampled, ONE_EDGE)[place == "output"]
    for body in (model.bases()[:-64], executed.bases(circuits.srs(), 385)):
        other = sampled.world.miner.upload_constants(body).address
        found = sampled.bind(numbers, bases=other)
        assert sampled.attest_bound(ONE_EDGE, replace(bound, **{place: found})) == "BasesMismatch"


@pytest.mark.parametrize("place", ["input", "output"])
def test_values_from_another_base_on(sampled: SampledCase, place: str) -> None:
    """Bound to the bases behind those that a circuit's column begins with."""
    bound, numbers = sampled.bound(ONE_EDGE), integers_of(sampled, ONE_EDGE)[place == "output"]
    found = sampled.bind(numbers, offset=1)
    assert sampled.attest_bound(ONE_EDGE, replace(bound, **{place: found})) == "BasesMismatch"


@pytest.mark.parametrize(("place", "name"), [("input", "InputMismatch"), ("output", "OutputMismatch")])
def test_values_of_other_integers(sampled: SampledCase, place: str, name: str) -> None:
    """As revealed by a miner whose proof is of others: the points differ."""
    bound = sampled.bound(ONE_EDGE)
    reads, gives = integers_of(sampled, ONE_EDGE)
    wrong = more(gives if place == "output" else reads, 0)
    found = replace(bound, **{place: sampled.bind(wrong)})
    changed = {"output": values_digest(wrong)} if place == "output" else {"input": values_digest(wrong)}
    sampled.commit_leaf(ONE_EDGE, **changed)
    assert sampled.attest_bound(ONE_EDGE, found) == name


def test_input_and_output_are_not_exchanged(sampled: SampledCase) -> None:
    bound = sampled.bound(ONE_EDGE)
    assert sampled.attest_bound(ONE_EDGE, Bound(bound.receipt, bound.output, bound.input)) == "InputMismatch"
    assert sampled.attest_bound(ONE_EDGE, Bound(bound.receipt, bound.input, bound.input)) == "DuplicateAccount"


def test_zeros_behind_a_vector_do_not_change_its_point_but_its_digest(sampled: SampledCase) -> None:
    bound = sampled.bound(ONE_EDGE)
    reads, gives = integers_of(sampled, ONE_EDGE)
    longer = np.concatenate([reads, [0]]), np.concatenate([gives, [0]])
    data = sampled.opening(ONE_EDGE, reads=longer[0])
    assert sampled.attest_bound(ONE_EDGE, replace(bound, input=sampled.bind(longer[0])), data) == "LeafMismatch"
    data = sampled.opening(ONE_EDGE, gives=(longer[1],))
    assert sampled.attest_bound(ONE_EDGE, replace(bound, output=sampled.bind(longer[1])), data) == "LeafMismatch"


def test_zeros_behind_a_vector_of_two_edges(sampled: SampledCase) -> None:
    """One zero makes pieces of no length; two move where the second piece begins."""
    bound, reads = sampled.bound(TWO_EDGES), integers_of(sampled, TWO_EDGES)[0]
    for zeros, name in (([0], "OpeningLength"), ([0, 0], "LeafMismatch")):
        longer = np.concatenate([reads, zeros])
        found = replace(bound, input=sampled.bind(longer))
        assert sampled.attest_bound(TWO_EDGES, found, sampled.opening(TWO_EDGES, reads=longer)) == name
    digests = [values_digest(part) for part in np.split(np.concatenate([reads, [0, 0]]), 2)]
    sampled.commit_leaf(TWO_EDGES, input=executed.output_digest(digests))
    longer = np.concatenate([reads, [0, 0]])
    found = replace(bound, input=sampled.bind(longer))
    assert sampled.attest_bound(TWO_EDGES, found, sampled.opening(TWO_EDGES, reads=longer)) == "EdgeMismatch"


def test_opened_integers_of_several_edges_are_those_of_the_values(sampled: SampledCase) -> None:
    bound, reads = sampled.bound(TWO_EDGES), integers_of(sampled, TWO_EDGES)[0]
    data = sampled.opening(TWO_EDGES, reads=more(reads, 3))
    assert sampled.attest_bound(TWO_EDGES, bound, data) == "ValuesMismatch"


# -- leaves that are not the receipt's


@pytest.mark.parametrize("field", ["input", "params", "output"])
def test_another_leaf_than_the_one_revealed(sampled: SampledCase, field: str) -> None:
    sampled.commit_leaf(TWO_EDGES, **{field: bytes(32)})
    assert sampled.attest_bound(TWO_EDGES, sampled.bound(TWO_EDGES)) == "LeafMismatch"


@pytest.mark.parametrize("segment", CIRCUITS)
def test_a_proof_of_other_integers_than_a_producers(sampled: SampledCase, segment: int) -> None:
    """Proved, bound and revealed on made-up integers: only the edge gives it away."""
    reads = more(sampled.values.opened(segment).reads, 2)
    name = model.CIRCUITS[segment]
    gives = circuits.linear(name, reads)
    bound = Bound(sampled.world.proved_receipt(name, reads), sampled.bind(reads), sampled.bind(gives))
    pieces = np.split(reads, len(model.EDGES[segment]))
    input_ = executed.output_digest([values_digest(piece) for piece in pieces])
    sampled.commit_leaf(segment, input=input_, output=values_digest(gives))
    data = sampled.opening(segment, reads=reads, gives=(gives,))
    assert sampled.attest_bound(segment, bound, data) == "EdgeMismatch"


def test_the_wrong_part_of_a_producer(sampled: SampledCase) -> None:
    """It reads a norm's residual stream; here it was proved on the normed vector."""
    residual, normed = sampled.values.gives[model.AGAIN]
    gives = circuits.linear("one", normed)
    assert residual.tolist() != normed.tolist()
    bound = Bound(sampled.world.proved_receipt("one", normed), sampled.bind(normed), sampled.bind(gives))
    sampled.commit_leaf(ONE_EDGE, input=values_digest(normed), output=values_digest(gives))
    data = sampled.opening(ONE_EDGE, reads=normed, gives=(gives,))
    assert sampled.attest_bound(ONE_EDGE, bound, data) == "EdgeMismatch"
    parts = sampled.values.digests(model.AGAIN)
    swapped = data.replace(parts[1], parts[0])
    assert swapped != data
    assert sampled.attest_bound(ONE_EDGE, bound, swapped) == "EdgeMismatch"


def test_the_same_segment_at_another_position(sampled: SampledCase) -> None:
    other = sampled.world.values[sampled.state.positions[PLACE - 1]].opened(ONE_EDGE)
    bound = Bound(
        sampled.world.proved_receipt("one", other.reads), sampled.bind(other.reads), sampled.bind(other.gives[0])
    )
    leaf = PLACE * len(model.EDGES) + ONE_EDGE
    assert sampled.attest_bound(ONE_EDGE, bound) == "LeafMismatch"
    data = opening.of_integers(sampled.work, leaf, Opened(other.reads, other.gives))
    assert sampled.attest_bound(ONE_EDGE, bound, data) == "LeafMismatch"
    assert sampled.attest_bound(ONE_EDGE, sampled.bound(ONE_EDGE)) is None


# -- receipts


def test_receipts(sampled: SampledCase) -> None:
    world, reads = sampled.world, integers_of(sampled, model.LEFT)[0]
    bound = sampled.bound(model.LEFT)
    friend = World.traces(world)
    wrong = {
        "ContextMismatch": world.proved_receipt("left", reads, context=CONTEXT),
        "ClaimerMismatch": world.proved_receipt("left", reads, traces=friend),
        "KeyMismatch": world.proved_receipt("one", integers_of(sampled, model.ONE)[0]),
    }
    for name, receipt in wrong.items():
        assert sampled.attest_bound(model.LEFT, replace(bound, receipt=receipt)) == name
    account = world.chain.account(bound.receipt)
    assert account is not None
    fields = ((RECEIPT_SRS, "SrsMismatch"), (RECEIPT_PARAMS, "ParamsMismatch"), (RECEIPT_CONSUMED, "ReceiptConsumed"))
    for offset, name in fields:
        changed = bytearray(account.data)
        changed[offset] ^= 1
        world.put(bound.receipt, bytes(changed), lamports=account.lamports)
        assert sampled.attest_bound(model.LEFT, bound) == name
    world.put(bound.receipt, bytes(account.data), lamports=account.lamports)
    assert sampled.attest_bound(model.LEFT, bound) is None


@pytest.mark.parametrize("segment", list(model.OPERATIONS))
def test_an_executed_leaf_has_no_receipt(sampled: SampledCase, segment: int) -> None:
    bound = sampled.bound(ONE_EDGE)
    assert sampled.attest_bound(segment, bound) == "WrongKind"


@pytest.mark.parametrize("segment", [ONE_EDGE, TWO_EDGES])
def test_every_byte_is_used(sampled: SampledCase, segment: int) -> None:
    data, bound = sampled.opening(segment), sampled.bound(segment)
    for wrong in (data + b"\0", data + bytes(32), data[:-1], data[:-32], data[:16]):
        assert sampled.attest_bound(segment, bound, wrong) == "OpeningLength"
    reads, gives = integers_of(sampled, segment)
    start = 4 * (len(reads) + len(gives))
    for at in range(start, len(data), 32):
        changed = bytearray(data)
        changed[at] ^= 1
        assert sampled.attest_bound(segment, bound, bytes(changed)) in {"LeafMismatch", "EdgeMismatch"}
    assert sampled.attest_bound(segment, bound) is None


def test_an_account_of_its_own_for_each_place(sampled: SampledCase) -> None:
    """Copies of the accounts at other places, or of another owner, are refused by name."""
    world, bound = sampled.world, sampled.bound(ONE_EDGE)
    sampled.aim(ONE_EDGE)
    call = sampled.call("attest_bound", sampled.opening(ONE_EDGE), **vars(bound))
    for field, address in vars(bound).items():
        account = world.chain.account(address)
        assert account is not None
        foreign = world.put(Pubkey.new_unique(), bytes(account.data), owner=Pubkey.new_unique())
        assert sampled.attest_bound(ONE_EDGE, replace(bound, **{field: foreign})) == "WrongOwner"
        other = world.put(Pubkey.new_unique(), bytes(world.chain.account(world.constants).data))  # type: ignore[union-attr]
        assert sampled.attest_bound(ONE_EDGE, replace(bound, **{field: other})) == "WrongAccountType"
    assert refused(lambda: world.chain.send([call], [world.miner.payer])) is None
