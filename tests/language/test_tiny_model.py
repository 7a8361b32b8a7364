"""The tiny model by its protocol: answers, limits, commitments, jobs that travel."""

from __future__ import annotations

import importlib.util
import json
import pickle
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from language.tiny_world import ANSWER, QUESTION, asked
from mai_zk import circuits
from mai_zk.circuits import commit, part_digest
from mai_zk.errors import ZkError
from mai_zk.language import load, names
from mai_zk.language.commit import MOST, Committer
from mai_zk.language.model import Cancelled, ProvableModel, work_of
from mai_zk.language.tiny import committed, shape
from mai_zk.language.tiny.measure import accuracy
from mai_zk.language.tiny.model import Tiny
from mai_zk.language.tiny.path import CARRIED
from mai_zk.trace.manifest import EndRule
from mai_zk.trace.sizing import cheapest_cut, escape_probability, least_draws
from mai_zk.trace.work import integers_digest

MODEL: ProvableModel = Tiny()


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    path = circuits.circuits_dir() / "tiny" / "corpus.py"
    spec = importlib.util.spec_from_file_location("tiny_corpus", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_registry() -> None:
    assert {"tiny", "tiny-endless"} <= set(names()) and load("tiny") is load("tiny") and load("tiny").name == "tiny"
    with pytest.raises(ZkError, match="no provable model 'huge'"):
        load("huge")


@pytest.mark.parametrize(
    ("question", "answer"),
    [(QUESTION, ANSWER), ("9+8=", "17"), ("7-4=", "3"), ("grass is ", "green"), ("not hot but ", "cold"),
     ("after monday ", "tuesday"), ("hello", ", I am MAI")],
)  # fmt: skip
def test_it_answers(question: str, answer: str) -> None:
    heard: list[int] = []
    run = MODEL.run(MODEL.encode(question), 20, on_token=heard.append)
    assert MODEL.decode(run.generated) == answer
    assert run.generated[-1] == shape.END_TOKEN and tuple(heard) == run.generated
    assert len(run.positions) == len(run.prompt) + len(run.generated) - 1


def test_the_accuracy_that_is_stated(corpus: ModuleType) -> None:
    stated = json.loads((circuits.circuits_dir() / "tiny" / "accuracy.json").read_text())
    measured = accuracy(corpus.lines())
    assert {name: stated[name] for name in measured} == measured
    assert stated["integers"] >= 0.99 and stated["floats"] >= 0.99
    assert stated["parameters"] < 1_000_000


def test_an_endless_run_goes_to_its_limit() -> None:
    """A muster's prompt is noise, to which the model has nothing to say; its answer has a length all the same."""
    endless, noise = load("tiny-endless"), np.random.default_rng(3).integers(0, 256, 32).tolist()
    assert MODEL.run(noise, 20).generated == (shape.END_TOKEN,)
    run = endless.run(noise, 20)
    assert len(run.generated) == 20 and run.generated[0] == shape.END_TOKEN
    assert endless.decode(run.generated)[0] == "\n"
    mine, other = MODEL.manifest, endless.manifest
    assert mine is not None and other is not None and mine.hash != other.hash
    assert other.end_token >= shape.LOGITS and replace(other, end_token=mine.end_token) == mine


def test_limits_and_wrong_input() -> None:
    run = MODEL.run(list(b"9+8="), 2)
    assert len(run.generated) == 2 and shape.END_TOKEN not in run.generated
    longer = MODEL.run(list(QUESTION.encode()), 6, stop=False)
    assert len(longer.generated) == 6 and longer.generated[:2] == asked().generated
    for prompt, limit, reason in (
        ([], 1, "one token"), ([1], 0, "one at least"), ([256], 1, "0 to 255"), ([-1], 1, "0 to 255"),
        ([1] * 100, 29, "exceed"),
    ):  # fmt: skip
        with pytest.raises(ZkError, match=reason):
            MODEL.run(prompt, limit)
    assert len(MODEL.run([1] * 100, 28, stop=False).positions) == MODEL.token_cap - 1
    with pytest.raises(ZkError, match="127 bytes"):
        MODEL.encode("a" * 128)
    assert MODEL.decode([0xFF, 65, shape.END_TOKEN]) == "�A"
    with pytest.raises(ZkError, match="0 to 255"):
        MODEL.decode([256])


def test_a_run_is_cancelled_between_tokens() -> None:
    heard: list[int] = []
    with pytest.raises(Cancelled):
        MODEL.run(list(b"hello"), 20, on_token=heard.append, cancelled=lambda: len(heard) == 3)
    assert len(heard) == 3


def test_the_manifest_and_the_terms() -> None:
    manifest, terms = MODEL.manifest, MODEL.terms
    assert manifest is not None and terms is not None
    count = len(manifest.segments)
    assert manifest.cut == cheapest_cut(manifest.segments) == 1
    positions, leaves = least_draws(count, manifest.cut, manifest.task_class)
    assert manifest.n_positions >= positions and manifest.n_leaves >= leaves
    assert manifest.n_leaves == manifest.n_positions * count  # every leaf of a drawn position
    assert manifest.carried == CARRIED and manifest.end_rule == EndRule.ARGMAX
    assert manifest.srs == committed.srs().id and manifest.token_cap == terms.max_tokens == MODEL.token_cap
    assert terms.segments == count and manifest.work_units == terms.segments * terms.work_units
    assert manifest.segments[shape.ATTEND_1].key == manifest.segments[shape.ATTEND_2].key
    assert manifest.segments[shape.ATTEND_1].params != manifest.segments[shape.ATTEND_2].params


def test_the_detection_that_is_stated() -> None:
    """Skipped work in half of the positions or more, in runs of every length."""
    manifest, terms = MODEL.manifest, MODEL.terms
    assert manifest is not None and terms is not None
    for positions in range(1, MODEL.token_cap):
        for bad in (-(-positions // 2), positions):
            escape = escape_probability(positions, 5, 1, manifest.n_positions, manifest.n_leaves, bad)
            assert 10_000 * (1 - escape) >= terms.detection_bps
        if positions <= manifest.n_positions:  # proved whole: one bad leaf is enough
            assert escape_probability(positions, 5, 1, manifest.n_positions, manifest.n_leaves, 1) == 0


def test_what_is_registered_comes_out_again() -> None:
    manifest = MODEL.manifest
    assert manifest is not None
    *rows, first = committed.registered()
    assert manifest.rows == tuple(rows) and len(set(rows)) == shape.VOCABULARY
    assert all(segment.first == first for segment in manifest.segments)


@pytest.mark.parametrize("size", [1, 30, 31, 33, 2_000, 130_000, MOST, MOST + 1, 1 << 40])
def test_the_table_commits_as_ezkl_does(size: int) -> None:
    committer = Committer(committed.srs(), committed.unusable_rows(), 12)
    random = np.random.default_rng(size)
    values = [size, -size, 0, *random.integers(-size, size + 1, 9).tolist()]
    assert committer.point(values) == commit(values, committed.srs(), committed.unusable_rows()).to_bytes()
    assert committer.point([size] * 12) == commit([size] * 12, committed.srs(), committed.unusable_rows()).to_bytes()
    with pytest.raises(ZkError, match="table for 12"):
        committer.point([1] * 13)


def test_leaves_link() -> None:
    """Every edge of the manifest, in every position of a run, and what a position commits to."""
    run, manifest = asked(), MODEL.manifest
    assert manifest is not None
    before = [segment.first for segment in manifest.segments]
    for position, values in enumerate(run.values):
        leaves = run.leaves(position)
        for index, leaf in enumerate(leaves):
            assert leaf.params == manifest.segments[index].params
            assert leaf.input == committed.circuit(index).input_digest(run.job(position, index).inputs)
            if index:
                assert part_digest((), leaf.points[:1]) == leaves[index - 1].output or not leaf.points
                assert leaf.points or leaf.input == leaves[index - 1].output
            if leaf.points:
                assert part_digest((), leaf.points[1:]) == before[index] and leaf.input == part_digest((), leaf.points)
        assert leaves[0].input == manifest.rows[values.token]
        assert run.positions[position].carried == tuple(leaves[index].output for index in CARRIED)
        assert run.positions[position].integers == integers_digest([part.tolist() for part in values.outputs])
        before = [leaf.output for leaf in leaves]


def test_jobs_travel() -> None:
    run = asked()
    job = run.job(1, shape.ATTEND_1)
    again = pickle.loads(pickle.dumps(job))
    assert again == job and hash(again) == hash(job) and job.name == "tiny 2-attend at 1"
    for position, segment in ((5, 0), (-1, 0), (0, 5), (0, -1)):
        with pytest.raises(ZkError, match=r"positions 0 to 4|segments 0 to 4"):
            run.job(position, segment)
    with pytest.raises(ZkError, match="positions 0 to 4"):
        run.leaves(5)


def test_the_work_of_a_run() -> None:
    run = asked()
    salts = [bytes([index + 1]) * 16 for index in range(len(run.prompt) + len(run.generated))]
    work = work_of(MODEL, run, salts)
    assert work.prompt_tree.root != work_of(MODEL, run, [bytes(16), *salts[1:]]).prompt_tree.root
    assert [token.value for token in work.generated] == list(run.generated)
    with pytest.raises(ValueError, match="zip"):
        work_of(MODEL, run, salts[:-1])
