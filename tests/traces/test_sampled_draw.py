"""`draw_strata`: the leaves that Python draws from the same seed, stratum after stratum, at any size."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.chain.cluster import MAX_COMPUTE_UNITS
from mai_zk.trace import Manifest
from mai_zk.trace.manifest import read_strata
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from traces import sampled_graph
from traces import sampled_model as model
from traces.sampled_direct import Direct
from traces.sampled_world import SampledWorld
from traces.world import refused

N = len(model.EDGES)


@pytest.fixture(scope="module")
def revealed() -> Direct:
    return Direct()


@st.composite
def drawn_models(drawing: st.DrawFn) -> Manifest:
    """The tiny model's segments in any strata, with any draws that can be sealed."""
    strata = drawing(st.lists(st.integers(0, 7), min_size=N, max_size=N))
    sizes = Counter(strata)
    draws = tuple(drawing(st.integers(1, sizes[at])) if sizes[at] else 0 for at in range(8))
    found = zip(model.manifest().segments, strata, strict=True)
    segments = tuple(replace(node, stratum=stratum) for node, stratum in found)
    return model.manifest(segments=segments, strata=draws, n_leaves=sum(draws))


@given(drawn_models(), st.integers(1, 9), st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_what_is_drawn_is_what_python_draws(revealed: Direct, manifest: Manifest, positions: int, root: bytes) -> None:
    """Also where more than half of a stratum's leaves are drawn, or all of them."""
    trace = revealed.trace(manifest, positions, root)
    revealed.draw(trace, revealed.sealed(manifest))
    leaves = revealed.leaves(trace, manifest, positions)
    assert leaves == revealed.expected(manifest, positions, root)
    assert len(set(leaves)) == len(leaves)
    of = [manifest.segments[leaf % N].stratum for leaf in leaves]
    assert of == sorted(of)
    assert tuple(Counter(of)[stratum] for stratum in range(8)) == manifest.strata
    assert tuple(found.draws for found in read_strata(manifest.body)) == manifest.strata


def test_a_model_of_smollm2s_size(revealed: Direct, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = sampled_graph.manifest(sampled_graph.graph())
    sealed = revealed.sealed(manifest)
    units = []
    for root in (bytes(32), bytes([1]) * 32, bytes([2]) * 32):
        trace = revealed.trace(manifest, 8, root)
        units.append(revealed.draw(trace, sealed))
        assert revealed.leaves(trace, manifest, 8) == revealed.expected(manifest, 8, root)
    assert max(units) < 0.4 * MAX_COMPUTE_UNITS
    with capsys.disabled():
        print(f"\ndrawing {sum(manifest.strata)} of {8 * len(manifest.segments):,} leaves: {max(units):,} CU")


def test_most_segments_and_most_draws(revealed: Direct) -> None:
    """768 of 768 segments in one stratum at one position: those left out, none, are drawn instead."""
    base = sampled_graph.graph(1, 32)
    circuits = tuple(replace(base[1], layer=2, shard=shard) for shard in range(8192 - len(base)))
    whole = (*base[:-1], *circuits, replace(base[-1], layer=3))
    narrow = tuple(replace(node, stratum=5 if index < 700 else 6) for index, node in enumerate(whole))
    manifest = sampled_graph.manifest(narrow, strata=(0, 0, 0, 0, 0, 700, 68), n_leaves=768)
    sealed = revealed.sealed(manifest)
    for positions in (1, 8):
        trace = revealed.trace(manifest, positions, bytes(32))
        revealed.draw(trace, sealed)
        assert revealed.leaves(trace, manifest, positions) == revealed.expected(manifest, positions, bytes(32))


def test_steps_and_classes(revealed: Direct) -> None:
    """Neither draw is the other's, whatever the trace's step."""
    manifest = model.manifest()
    sealed = revealed.sealed(manifest)
    for step in (0, 1, 2, 3):
        other = revealed.trace(manifest, 8, bytes(32), task_class=step % 2, step=step)
        assert refused(lambda other=other: revealed.draw(other, sealed)) == "WrongKind"
    for step in (0, 1, 3, 4):
        early = revealed.trace(manifest, 8, bytes(32), step=step)
        assert refused(lambda early=early: revealed.draw(early, sealed)) == "WrongStep"
    trace = revealed.trace(manifest, 8, bytes(32))
    assert refused(lambda: revealed.draw(trace, sealed, "draw_trace")) == "WrongKind"
    revealed.draw(trace, sealed)
    assert refused(lambda: revealed.draw(trace, sealed)) == "WrongStep"


def test_the_manifest_is_the_traces(revealed: Direct) -> None:
    manifest = model.manifest()
    trace = revealed.trace(manifest, 8, bytes(32))
    other = revealed.sealed(model.manifest(work_units=2))
    assert refused(lambda: revealed.draw(trace, other)) == "ManifestMismatch"
    unsealed = revealed.bench.constants(manifest.body, sealed=0)
    assert refused(lambda: revealed.draw(trace, unsealed)) == "ManifestNotSealed"
    assert refused(lambda: revealed.draw(trace, revealed.bench.constants(b"12345678"))) == "ManifestNotSealed"
    sealed = revealed.sealed(manifest)
    accounts = {"caller": revealed.bench.client.payer.pubkey(), "trace": trace, "manifest": sealed}
    call = revealed.bench.program.instruction("draw_strata", accounts)
    metas = list(call.accounts)
    metas[2] = AccountMeta(Pubkey.new_unique(), False, False)
    wrong = Instruction(call.program_id, call.data, metas)
    assert refused(lambda: revealed.bench.chain.send([wrong], [revealed.bench.client.payer])) == "WrongSysvar"
    revealed.draw(trace, sealed)


def test_too_early_too_late_and_the_fee() -> None:
    """The same blocks as for other classes decide; whoever draws is paid; the deadline runs from the draw."""
    world = SampledWorld()
    work = world.work()
    world.commit(work)
    world.draw()
    work.set_leaves(world.leaves(world.miner.state(world.trace).positions))
    world.miner.reveal(world.trace, work.leaves_tree.root)
    assert refused(lambda: world.miner.draw(world.trace)) == "DrawTooEarly"
    world.to_slot(world.slot() + 600)
    assert refused(lambda: world.miner.draw(world.trace)) == "DeadlinePassed"
    world.to_slot(world.slot() - 340)
    before = world.miner.state(world.trace).header.bond
    world.miner.draw(world.trace)
    state = world.miner.state(world.trace)
    assert state.step == "challenged"
    assert state.header.bond == before - before // 128
    assert state.header.deadline == world.slot() + work.manifest.prove_slots
    assert bytes(state.header.leaves_seed) != bytes(32)
