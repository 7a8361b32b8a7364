"""One run proved whole: every segment of every position by EZKL, settled on chain; and what a cheat would try."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from language.tiny_world import TinyWorld, asked, proved
from mai_zk.language.model import Proved
from mai_zk.language.tiny import committed, shape
from mai_zk.language.tiny.path import Path, Values
from mai_zk.language.tiny.proving import Job, keys
from mai_zk.language.tiny.run import TinyRun, leaves_of, position_of
from mai_zk.prover import CpuProver, Proof
from mai_zk.trace import Leaf
from traces.world import refused

PROVER = CpuProver()
EVERY = [(position, segment) for position in range(5) for segment in range(5)]


@pytest.mark.parametrize("segment", range(5), ids=shape.SEGMENTS)
def test_ezkl_and_the_leaf_agree_with_the_proof(segment: int) -> None:
    """At every position: EZKL verifies, and the proof's first points are the leaf's."""
    run = asked()
    for position in range(len(run.values)):
        made, leaf = proved(run.job(position, segment)), run.leaves(position)[segment]
        statement = made.key.statement(made.instances, made.proof)
        assert (statement.input, statement.params, statement.output) == (leaf.input, leaf.params, leaf.output)
    assert PROVER.verify(keys(segment), Proof(made.instances, made.proof))


def test_a_whole_run_is_proved_and_settled() -> None:
    world = TinyWorld()
    work = world.work()
    state = world.challenge(work)
    assert state.positions == tuple(range(5)) and len(state.leaves) == 25  # nothing is left out
    done = world.attest_all(work)
    assert done.step == "proved" and all(done.attested)
    world.claim(work)
    assert world.miner.state(world.trace).step == "claimed"


def test_another_process_proves_the_same() -> None:
    job = asked().job(0, shape.PROJECT)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        made: Proved = pool.submit(job.prove).result()
    honest = proved(job)
    assert made.key.hash == honest.key.hash and made.instances == honest.instances
    mine, theirs = (one.key.statement(one.instances, one.proof) for one in (made, honest))
    assert mine == theirs


# -- a cheat; each refusal is by name, beside an honest leaf that passes


class Case(TinyWorld):
    """A challenged trace; ``leaves`` and ``run`` can be those of a cheat who committed to them."""

    def __init__(self, run: TinyRun | None = None, changes: Mapping[tuple[int, int], Leaf] | None = None) -> None:
        super().__init__(run)
        self.made = self.work()
        self.challenge(self.made, changes)

    def tries(self, position: int, segment: int, made: Proved | None = None) -> str | None:
        receipt = self.receipt_of(made) if made is not None else None
        return refused(lambda: self.attest_at(self.made, position, segment, receipt))


def changed(values: Values, segment: int, row: int = 0, by: int = 1) -> Values:
    """A position with one output integer changed."""
    output = values.outputs[segment].copy()
    output[row] += by
    outputs = (*values.outputs[:segment], output, *values.outputs[segment + 1 :])
    return dataclasses.replace(values, outputs=outputs)


def test_a_witness_that_claims_another_output_proves_nothing_else() -> None:
    """The witness file's output is changed by one: the proof commits to what the circuit computes all the same."""
    job = asked().job(1, shape.TRANSFORM)
    used, key = keys(job.segment), committed.circuit(job.segment).key_program
    witness = PROVER.witness(used, job.inputs)
    data = json.loads(witness.data)
    first = int.from_bytes(bytes.fromhex(data["outputs"][0][0]), "little")
    data["outputs"][0][0] = (first + 1).to_bytes(32, "little").hex()
    forged = PROVER.prove(used, dataclasses.replace(witness, data=json.dumps(data).encode()))
    honest = proved(job)
    assert key.statement(forged.instances, forged.proof) == key.statement(honest.instances, honest.proof)


def test_a_wrong_value_in_one_segment() -> None:
    """The leaf says one more than the circuit computes, and the next segment reads that: nothing proves it."""
    run = asked()
    wrong = leaves_of(changed(run.values[2], shape.TRANSFORM))
    case = Case(run, {(2, segment): wrong[segment] for segment in (shape.TRANSFORM, shape.ATTEND_2)})
    assert case.tries(2, shape.TRANSFORM, proved(run.job(2, shape.TRANSFORM))) == "LeafMismatch"
    assert case.tries(2, shape.ATTEND_1) is None
    alone = Case(run, {(2, shape.TRANSFORM): wrong[shape.TRANSFORM]})
    assert alone.tries(2, shape.ATTEND_2) == "EdgeMismatch"  # what reads it was not given it
    assert alone.tries(1, shape.TRANSFORM) is None


def test_a_window_of_another_position() -> None:
    """Attention on the window that an earlier position left: proved, but its edge from the position before fails."""
    run = asked()
    honest = run.values[3]
    stale = (run.values[1].outputs[shape.ATTEND_1], honest.before[1])
    path = Path()
    for token in run.prompt[:2]:
        path.step(token)
    made = path.step(honest.token)  # position 2 left out
    assert all(np.array_equal(*pair) for pair in zip(made.before, (stale[0], run.values[1].outputs[3]), strict=True))
    case = Case(run, dict(zip([(3, segment) for segment in range(5)], leaves_of(made), strict=True)))
    cheat = TinyRun(run.prompt, run.generated, [*run.values[:3], made, *run.values[4:]])
    assert case.tries(3, shape.ATTEND_1, proved(cheat.job(3, shape.ATTEND_1))) == "EdgeMismatch"
    assert case.tries(2, shape.ATTEND_1) is None


def test_the_weights_of_the_other_layer() -> None:
    """One key serves both attention segments; the weights' point tells them apart."""
    run = asked()
    honest = run.job(1, shape.ATTEND_1)
    other = Job(1, shape.ATTEND_2, honest.inputs, _attended(honest))
    made = proved(other)
    assert made.key.hash == proved(honest).key.hash
    case = Case(run)
    assert case.tries(1, shape.ATTEND_1, made) == "ParamsMismatch"
    assert case.tries(1, shape.ATTEND_1) is None


def _attended(job: Job) -> tuple[int, ...]:
    from mai_zk.language.tiny import arithmetic, weights

    projected, before = (np.array(part) for part in np.split(np.array(job.inputs), [shape.PROJECTED]))
    return tuple(arithmetic.attend(projected, before, weights.of_segment(shape.ATTEND_2)).tolist())


def test_a_token_that_the_logits_do_not_give() -> None:
    run = asked()
    cheat = TinyRun(run.prompt, (ord("6"), *run.generated[1:]), run.values)
    case = Case(cheat)
    draw = len(run.prompt) - 1
    assert refused(lambda: case.attest_ends(case.made, draw)) == "WrongToken"
    assert refused(lambda: case.attest_ends(case.made, 0)) is None


def test_a_window_that_is_changed_after_the_draw() -> None:
    """What a position hands on was committed before anything was drawn."""
    run = asked()
    wrong = changed(run.values[1], shape.ATTEND_1, row=shape.WIDTH + 5)
    case = Case(run, {(1, shape.ATTEND_1): leaves_of(wrong)[shape.ATTEND_1]})
    assert position_of(wrong) != run.positions[1]
    assert case.tries(1, shape.ATTEND_1, proved(run.job(1, shape.ATTEND_1))) == "LeafMismatch"
    assert case.tries(2, shape.ATTEND_1) is None
