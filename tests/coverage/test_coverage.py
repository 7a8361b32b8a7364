"""EZKL 23 circuits of every kind against the on-chain verifier: a seeded sample of six cheap ones, about 40 s from an
empty cache and 20 s from a warm one; with MAI_COVERAGE=all every circuit of the table (`make coverage`)."""

from __future__ import annotations

import os
import random

import pytest
from mai.chain.route import Way
from mai_zk.errors import ZkError

from .harness import Proved, prove
from .matrix import MATRIX, Entry

SAMPLE, SEED = 6, 23


def chosen() -> tuple[Entry, ...]:
    if os.environ.get("MAI_COVERAGE") == "all":
        return MATRIX
    return tuple(random.Random(SEED).sample([entry for entry in MATRIX if entry.cheap], SAMPLE))


@pytest.fixture(scope="module", params=chosen(), ids=lambda entry: entry.name)
def proved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Proved:
    return prove(request.param, tmp_path_factory.mktemp("coverage"))


def test_ezkl_accepts_its_own_proof(proved: Proved) -> None:
    assert proved.native(proved.file)


def test_vka_and_solidity_give_the_same_key(proved: Proved) -> None:
    if proved.entry.no_vka is None:
        assert proved.vka_key.blob == proved.key.blob
    else:
        with pytest.raises(ZkError, match=proved.entry.no_vka):
            _ = proved.vka_key


def test_the_transcript_has_the_phases_that_the_table_says(proved: Proved) -> None:
    assert len(proved.key.phases) == proved.entry.phases


def test_the_chain_accepts_by_the_route_that_the_table_says(proved: Proved) -> None:
    checked = proved.check(proved.file)
    assert checked.reason is None, checked.detail
    assert (checked.route.way is Way.SESSION) == proved.entry.session
    # The route rests on an upper bound, and a close one.
    assert 0.6 * checked.route.compute_units < checked.compute_units <= checked.route.compute_units


def test_a_changed_proof_is_refused(proved: Proved) -> None:
    refusals = {what: proved.check(proof).reason for what, proof in proved.mutations()}
    assert len(refusals) == 2
    assert set(refusals.values()) == {"ProofInvalid"}, refusals
