"""What the tiny model's keys bind: every weight to its registered point, every constant; and provers who use others."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from language.tiny_world import asked, proved
from mai_zk.circuits import commit, part_digest
from mai_zk.language.tiny import arithmetic, committed, graphs, shape, weights
from mai_zk.language.tiny.graphs import Integers
from mai_zk.language.tiny.proving import keys
from mai_zk.prover import CpuProver, Proof
from mai_zk.segment import Visibility
from mai_zk.ties import tied_rows
from mai_zk.weights import INPUT
from onnx import helper, numpy_helper

PROVER = CpuProver()
Change = Callable[[onnx.GraphProto], None]


def flat(segment: int) -> Integers:
    """A segment's weights, as its last input has them."""
    return np.concatenate([part.ravel() for part in weights.of_segment(segment).values()])


def unread(segment: int) -> dict[int, set[int]]:
    """Rows of each input's column that the circuit says it does not read."""
    found: dict[int, set[int]] = {}
    for column, start, end in committed.circuit(segment).unread:
        found.setdefault(column, set()).update(range(start, end))
    return found


@pytest.mark.parametrize("segment", range(5), ids=shape.SEGMENTS)
def test_every_weight_is_tied(segment: int) -> None:
    """Read from the proving key: inputs as far as they are read, all weights, all outputs that are committed."""
    tied, free = tied_rows(keys(segment).pk, shape.LOGROWS), unread(segment)
    lengths = [*graphs.INPUTS[segment], flat(segment).size]
    if segment != shape.ANSWER:
        lengths.append(shape.WIDTHS[segment])
    for column, length in enumerate(lengths):
        assert tied[column] == [row for row in range(length) if row not in free.get(column, ())]


@pytest.mark.parametrize("segment", range(5), ids=shape.SEGMENTS)
def test_what_is_not_tied_is_not_read(segment: int) -> None:
    functions = arithmetic.project, arithmetic.attend, arithmetic.transform, arithmetic.attend, arithmetic.answer
    compute: Callable[..., Integers] = functions[segment]
    given, held, random = asked().values[3].inputs(segment), weights.of_segment(segment), np.random.default_rng(1)
    honest = compute(*given, held)
    for column, part in enumerate(given):
        rows = sorted(unread(segment).get(column, ()))
        other = part.copy()
        other[rows] = random.integers(-500, 500, len(rows))
        assert np.array_equal(compute(*given[:column], other, *given[column + 1 :], held), honest)


@pytest.mark.parametrize("segment", range(5), ids=shape.SEGMENTS)
def test_what_is_registered_is_the_weights_point(segment: int) -> None:
    point = commit(flat(segment).tolist(), committed.srs(), committed.unusable_rows()).to_bytes()
    assert part_digest((), [point]) == committed.circuit(segment).params_digest
    assert committed.manifest().segments[segment].params == part_digest((), [point])


# -- a prover with a circuit of its own under the honest key


def forged(segment: int, change: Change, folder: Path) -> tuple[bool, Proof]:
    """A proof of position 1 from a changed graph under the honest keys, and whether EZKL accepts it."""
    honest, model = keys(segment), onnx.load_from_string(committed.circuit(segment).segment.circuit_bytes())
    change(model.graph)
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    more = (*honest.segment.more_inputs, (1, flat(segment).size))
    other = replace(
        honest.segment, onnx_path=folder / "model.onnx", visibility=Visibility(params="fixed"), more_inputs=more
    )
    shutil.copytree(honest.folder, folder / "keys")
    shutil.copy(PROVER.compile(other, honest.settings) / "circuit", folder / "keys" / "circuit")
    mixed = replace(honest, folder=folder / "keys")
    proof = PROVER.prove(mixed, PROVER.witness(mixed, asked().job(1, segment).inputs))
    return PROVER.verify(honest, proof), proof


def turned(graph: onnx.GraphProto) -> None:
    """The projection's weights in another order: the committed column is the same, the matrix is not."""
    sides = graphs.SHAPES[shape.PROJECT]["projection"]
    at = next(index for index, node in enumerate(graph.node) if node.output[0] == "projection")
    graph.node[at].output[0] = "swapped"
    for tensor in graph.initializer:
        if tensor.name == graph.node[at].input[1]:
            tensor.CopyFrom(numpy_helper.from_array(np.array(sides[::-1]), tensor.name))
    nodes = list(graph.node)
    nodes.insert(at + 1, helper.make_node("Transpose", ["swapped"], ["projection"], perm=[1, 0]))
    del graph.node[:]
    graph.node.extend(nodes)


def with_other(name: str) -> Change:
    """One of the graph's constants made a little larger; a power of two below one, which EZKL divides by, doubled."""

    def change(graph: onnx.GraphProto) -> None:
        held = next(tensor for tensor in graph.initializer if tensor.name == name)
        value = numpy_helper.to_array(held)
        other = np.float32(value + max(1, value * 2.0**-20) if value >= 1 or not value else 2 * value)
        assert value.shape == () and other > value
        held.CopyFrom(numpy_helper.from_array(other, name))

    return change


def untouched(graph: onnx.GraphProto) -> None:
    """The honest graph."""
    assert graph.input[-1].name == INPUT


def test_other_weights_under_the_true_digest_are_refused(tmp_path: Path) -> None:
    job = asked().job(1, shape.PROJECT)
    made = proved(job)
    honest = made.key.statement(made.instances, made.proof)
    holds, proof = forged(shape.PROJECT, turned, tmp_path / "forged")
    said = made.key.statement(proof.instances, proof.proof)
    assert (said.input, said.params) == (honest.input, honest.params) and said.output != honest.output
    assert not holds
    assert forged(shape.PROJECT, untouched, tmp_path / "honest")[0]


CONSTANTS = [
    (shape.ATTEND_1, "most"), (shape.ATTEND_1, "half"), (shape.ATTEND_1, "unit"), (shape.ATTEND_1, "zero"),
    (shape.TRANSFORM, "shift"), (shape.TRANSFORM, "bound"), (shape.TRANSFORM, "twice"), (shape.ANSWER, "unit"),
]  # fmt: skip
"""Transform has most of attention's as well, by the same lines of graphs.py, and attention its shift."""


@pytest.mark.parametrize(("segment", "name"), CONSTANTS)
def test_other_constants_are_refused(segment: int, name: str, tmp_path: Path) -> None:
    assert not forged(segment, with_other(name), tmp_path / "forged")[0]
