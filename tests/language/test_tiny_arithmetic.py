"""The canonical integer path: EZKL computes the same integers, nothing can leave its range, no machine differs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk.language.tiny import arithmetic, committed, graphs, shape, weights
from mai_zk.language.tiny.graphs import Integers
from mai_zk.language.tiny.path import Path
from mai_zk.prover import CpuProver

PROVER = CpuProver()
ATTEND = (shape.ATTEND_1, shape.ATTEND_2)


def computed(segment: int, inputs: tuple[Integers, ...]) -> list[int]:
    held = weights.of_segment(segment)
    functions = (
        arithmetic.project, arithmetic.attend, arithmetic.transform, arithmetic.attend, arithmetic.answer
    )  # fmt: skip
    result: list[int] = functions[segment](*inputs, held).tolist()
    return result


def inputs_of_runs(segment: int) -> list[tuple[Integers, ...]]:
    """What the segment reads in runs of questions, of noise, and of bytes that are no text."""
    found = []
    random = np.random.default_rng(1)
    for prompt in (b"2+3=5", b"the sun is yellow", bytes(random.integers(0, 256, 20).tolist()), b"\xff" * 15):
        path = Path()
        for token in prompt:
            found.append(path.step(token).inputs(segment))
    return found


def extreme_inputs(segment: int) -> list[tuple[Integers, ...]]:
    """Inputs on both sides of every clip, and where a half is rounded."""
    random = np.random.default_rng(2)
    sizes = graphs.INPUTS[segment]
    made = [tuple(np.full(size, value) for size in sizes) for value in (0, 1, -1, shape.X_BOUND, -shape.X_BOUND)]
    for most in (3, shape.X_BOUND, 20 * shape.X_BOUND):
        made += [tuple(random.integers(-most, most + 1, size) for size in sizes) for _ in range(6)]
    return made


@pytest.mark.parametrize("segment", range(5), ids=shape.SEGMENTS)
def test_ezkl_computes_the_same_integers(segment: int) -> None:
    circuit = committed.circuit(segment)
    runs = [*inputs_of_runs(segment), *extreme_inputs(segment)]
    flat = [[float(value) for part in inputs for value in part] for inputs in runs]
    witnessed = PROVER.execute_many(circuit.segment, flat, circuit.settings)
    assert witnessed == [computed(segment, inputs) for inputs in runs]


def test_the_graphs_are_made_from_the_weights() -> None:
    """The checked-in ONNX files hold nothing but the weights that the path uses."""
    for segment in range(5):
        data = committed.circuit(segment).segment.onnx_path.read_bytes()
        assert graphs.model(segment, weights.of_segment(segment)) == data


def _most(values: Integers, axis: int = 0) -> Integers:
    return np.abs(values).max(axis=axis)


def _product(most: Integers, matrix: Integers, bias: Integers | int = 0) -> Integers:
    """The most that x·W + b can be in size, where x is at most ``most``, element by element."""
    return np.asarray(most @ np.abs(matrix) + np.abs(bias))


def test_no_prompt_leaves_the_range() -> None:
    """Bounds for every byte sequence, from the weights: else a requester could ask for a run that nobody can prove."""
    project, first, transform, second, answer = (weights.of_segment(segment) for segment in range(5))
    exact = 1 << 53  # EZKL divides in double precision
    rows = weights.embedding()
    x, read = _most(rows), _most(rows @ project["projection"])
    for attention, feed in ((first, transform), (second, answer)):
        queries = read[: shape.WIDTH].reshape(shape.HEADS, shape.HEAD_WIDTH)
        key, value = read[shape.WIDTH :].reshape(2, shape.HEAD_WIDTH)
        scores = (queries @ key)[:, None] + np.abs(attention["slots"])
        assert scores.max() + shape.SCORE_MOST < shape.RANGE
        change = _product(np.tile(shape.WINDOW * shape.SCORE_MOST * value, shape.HEADS), attention["output"])
        assert change.max() + (x.max() + 1 << shape.ATTENTION_SHIFT) < exact
        assert 1 << shape.ATTENTION_SHIFT < shape.RANGE
        x = x + (change >> shape.ATTENTION_SHIFT) + 1
        hidden = _product(x, feed["in"], feed["in_bias"])
        assert hidden.max() < shape.RANGE
        change = _product(hidden, feed["out"], feed["out_bias"])
        assert change.max() + (x.max() + 1 << shape.FEED_SHIFT) < exact
        if feed is answer:
            logits = _product((x << shape.FEED_SHIFT) + change, answer["logits"], answer["logits_bias"])
            assert logits.max() < 1 << 62
        x = x + (change >> shape.FEED_SHIFT) + 1
        assert x.max() + 2 * shape.X_BOUND < shape.RANGE
        x = np.full(shape.WIDTH, shape.X_BOUND)
        read = _product(x, transform["projection"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=40), st.integers(1, 12))
def test_a_position_depends_on_what_its_windows_reach_alone(prompt: list[int], more: int) -> None:
    """Two windows reach 2·(WINDOW - 1) positions back; what came before, and where that was, changes nothing."""
    reach = 2 * (shape.WINDOW - 1) + 1
    filler = [7] * more
    tail = (prompt * reach)[:reach]
    outputs = []
    for before in (filler, [*filler, *filler, 200]):
        path = Path()
        for token in (*before, *tail):
            path.step(token)
        outputs.append(path.positions[-1].outputs[shape.ANSWER].tolist())
    assert outputs[0] == outputs[1]


RUN = """
import hashlib
from mai_zk.language import load
model = load("tiny")
run = model.run(model.encode("after monday "), 12)
values = b"".join(part.tobytes() for one in run.values for part in one.outputs)
print(hashlib.sha256(values).hexdigest())
"""


def test_threads_change_nothing() -> None:
    found = set()
    for threads in ("1", "4"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, threads)
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        found.add(subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, check=True).stdout)
    assert len(found) == 1


def test_the_same_integers_on_every_machine() -> None:
    """Frozen: another machine, or another numpy, gives these or the test fails."""
    path = Path()
    for token in b"after monday tuesday\n":
        path.step(token)
    values = b"".join(int(v).to_bytes(8, "little", signed=True) for one in path.positions for v in one.outputs[-1])
    assert hashlib.sha256(values).hexdigest() == FROZEN


FROZEN = "b65f9eb8ae831f670b5d1d53eb490174d0422c0e88214a02ce1b6a752259e2f0"


@settings(max_examples=300, deadline=None)
@given(st.integers(-(1 << 40), 1 << 40), st.integers(-1 << 9, 1 << 9), st.sampled_from([6, 12, 35]))
def test_every_division_that_ezkl_accepts_gives_one_result(change: int, x: int, bits: int) -> None:
    """EZKL's division is held to |value - q·d| < d alone: two quotients. The circuit's correction makes one of them."""
    unit, value = 1 << bits, (x << bits) + change
    accepted = [q for q in range(value // unit - 1, value // unit + 3) if abs(value - q * unit) < unit]
    corrected = {q - (change - (q - x) * unit < 0) for q in accepted}
    assert 1 <= len(accepted) <= 2 and corrected == {value // unit}
