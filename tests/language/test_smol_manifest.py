"""SmolLM2's manifest: the same on every machine, made of what is checked in; and that is what the weights give."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest
from language.smol_world import model, needs_weights, short_run
from mai.errors import MaiError
from mai.miner.models import terms_of
from mai_zk import circuits
from mai_zk.circuits import part_digest
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language.smol import points, registered
from mai_zk.language.smol.executed import Operations
from mai_zk.language.smol.graph import Strata, nodes
from mai_zk.language.smol.manifest import DRAWN_POSITIONS, DRAWS, manifest
from mai_zk.language.smol.model import SmolLM2
from mai_zk.language.smol.precision import uniform
from mai_zk.language.smol.segments import DEEP, LOGROWS, WIDE, shards
from mai_zk.language.smol.weights import VOCABULARY
from mai_zk.linear import shape_program
from mai_zk.srs import make_test_srs
from mai_zk.trace import Kind
from mai_zk.trace.draw import strata
from mai_zk.trace.manifest import Class, EndRule

pytestmark = needs_weights

HASH = "4dda128d7d7942bbb7cf863837d0c56e7aa45ef28897ebf547426ba9798783d6"
SAMPLE = 6
"""Shards whose weights are committed to again; each takes a third of a second with zksnake, far longer without."""


def test_the_hash_is_that_of_every_machine() -> None:
    found = model().manifest
    assert found is not None and found.hash.hex() == HASH
    assert manifest(model().weights).body == found.body


def test_what_the_head_says() -> None:
    found, terms = model().manifest, model().terms
    assert found is not None and terms is not None
    assert (found.task_class, found.end_rule, found.n_leaves) == (Class.SAMPLED, EndRule.INDEX, 23)
    assert (found.end_token, found.other_end) == (2, 0) and found.is_end(0) and not found.is_end(1)
    assert len(found.rows) == VOCABULARY and len(found.carried) == 90 and found.cut == 1
    assert found.strata == tuple(DRAWS[stratum] for stratum in Strata) == (16, 4, 1, 2)
    assert [len(found.of_stratum(stratum)) for stratum in range(4)] == [62, 4864, 90, 152]
    assert found.token_cap == terms.max_tokens and found.work_units == terms.segments * terms.work_units == 135
    ends = [segment for segment in found.segments if segment.kind & Kind.END]
    assert ends == [found.segments[-1]] and ends[0].n_outputs == 1
    assert {segment.key for segment in found.segments if not segment.executed} == {
        shape_program(WIDE).hash,
        shape_program(DEEP).hash,
    }


def test_detection_is_what_the_draws_find() -> None:
    """Many draws by the chain's rule: one false narrow segment, any, in each drawn position but the last."""
    found, terms = model().manifest, model().terms
    assert found is not None and terms is not None
    chosen, hits, rounds = random.Random(7), 0, 3000
    narrow = found.of_stratum(Strata.NARROW)
    for turn in range(rounds):
        drawn = set(strata(turn.to_bytes(32, "little"), found, DRAWN_POSITIONS))
        assert len(drawn) == found.n_leaves
        false = {place * len(nodes()) + chosen.choice(narrow) for place in range(DRAWN_POSITIONS - 1)}
        hits += bool(drawn & false)
    assert abs(hits / rounds - terms.detection_bps / 10_000) < 0.03
    assert terms.detection_bps >= 2_000  # what standard tasks ask for


def test_what_is_checked_in_is_what_the_weights_give() -> None:
    found, weights = registered.registered(), model().weights
    assert found.weights.hex() == weights.digest and found.srs == make_test_srs(LOGROWS).id
    assert (found.key(WIDE), found.key(DEEP)) == (shape_program(WIDE).hash, shape_program(DEEP).hash)
    assert found.constants == Operations(weights).constants.hash
    assert found.bases == keccak256(registered.bases()) and len(registered.bases()) == 64 * (1 + 1536)
    assert registered.path().read_bytes() == found.encoded()


def test_a_sample_of_the_weights_commitments() -> None:
    pytest.importorskip("zksnake", reason="zksnake is not installed: pip install 'mai[llm]'")
    found, committer = registered.registered(), points.Committer(points.COLUMN, points.library())
    sample = [0, len(shards()) - 1, *random.Random(11).sample(range(len(shards())), SAMPLE)]
    for index in sample:
        columns = points.weights_points(shards()[index], model().weights, committer)
        assert part_digest((), (columns,)) == found.params[index], shards()[index].name
    assert len(set(found.params)) == len(shards())


def test_rows_are_digests_of_the_embedding() -> None:
    rows = registered.rows(model().weights)
    assert len(rows) == VOCABULARY
    for token in (0, 2, 49151, *random.Random(3).sample(range(VOCABULARY), 200)):
        values = np.asarray(model().weights.embedding[token])
        assert rows[token] == keccak256(b"".join(int(value).to_bytes(4, "little", signed=True) for value in values))


def test_a_run_gives_the_constants_that_the_manifest_names() -> None:
    found, run = model().manifest, short_run()
    assert found is not None
    names = {segment.params for segment in found.segments if segment.executed} | {found.bases}
    assert len(names) == 2 and all(keccak256(run.constants(name)) == name for name in names)
    with pytest.raises(ZkError, match="names no constants"):
        run.constants(bytes(32))


def test_other_weights_have_no_manifest() -> None:
    other = SmolLM2(uniform(7))
    assert other.manifest is None and other.terms is None
    with pytest.raises(MaiError, match="smollm2-135m cannot be settled by a trace yet"):
        terms_of(other)
    weights = dataclasses.replace(model().weights, digest="00" * 32)
    with pytest.raises(ZkError, match="not those registered"):
        manifest(weights)


def test_a_damaged_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(circuits, "circuits_dir", lambda: tmp_path)
    registered.registered.cache_clear()
    try:
        with pytest.raises(ZkError, match="cannot be read; run `python"):
            registered.registered()
        (tmp_path / registered.FOLDER).mkdir()
        registered.path().write_bytes(bytes(100))
        with pytest.raises(ZkError, match="cut short"):
            registered.registered()
    finally:
        registered.registered.cache_clear()
