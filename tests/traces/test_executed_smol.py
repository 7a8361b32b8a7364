"""SmolLM2's own integers through the operations on chain: what its forward pass computed, bit for bit, is taken.

The results compared are the forward pass's, not the reference's of the operation: what the linear maps read next.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from language.smol_world import model, needs_weights, short_run
from mai_zk.curve import decode_point
from mai_zk.language.integers import Integers
from mai_zk.language.smol import points
from mai_zk.language.smol.executed import PART, Operations
from mai_zk.language.smol.forward import GROUP, Ends, LayerValues
from mai_zk.language.smol.weights import HEAD, HEADS, HIDDEN, KV_HEADS, LAYERS
from mai_zk.sums import join
from mai_zk.trace import executed
from mai_zk.trace.executed import Operation
from solders.pubkey import Pubkey
from traces.executed_world import Bench
from traces.world import refused

pytestmark = needs_weights

SHOWN = (0, 11, 29)
POSITION = 7


@cache
def operations() -> Operations:
    return Operations(model().weights)


@cache
def values() -> tuple[tuple[LayerValues, ...], Ends]:
    """One position's integers, computed by the forward pass again."""
    return short_run().values(POSITION)


@cache
def residuals() -> tuple[Integers, ...]:
    """The residual stream before each norm: layer 0's, then layer by layer; the embedding's row first."""
    found, (layers, _) = operations(), values()
    run = short_run()
    stream = [np.asarray(model().weights.embedding[(*run.prompt, *run.generated)[POSITION]], dtype=np.int64)]
    stream.append(found.norm(0).run(stream[0])[0])
    for layer, numbers in enumerate(layers):
        stream.append(found.norm_again(layer).run(stream[-1], numbers.o[0])[0])
        stream.append(found.norm(layer + 1).run(stream[-1], numbers.down[0])[0])
    return tuple(stream)


class Shown:
    """A chain with SmolLM2's constants."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.constants: Pubkey = self.bench.constants(operations().constants.body)

    def check(self, operation: Operation, reads: tuple[Integers, ...], gives: tuple[Integers, ...]) -> int:
        """The compute units of executing it; a result that is off by one is refused."""
        opening = executed.opening(operation, POSITION, reads, gives)
        units = self.bench.client.check(self.constants, self.bench.opening(opening)).compute_units
        last = gives[-1].copy()
        last[len(last) // 2] += 1
        wrong = executed.opening(operation, POSITION, reads, (*gives[:-1], last))
        assert refused(lambda: self.bench.client.check(self.constants, self.bench.opening(wrong))) == "ResultMismatch"
        return units


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown()


@pytest.mark.parametrize("layer", SHOWN)
def test_norms(shown: Shown, layer: int) -> None:
    stream, (layers, _), found = residuals(), values(), operations()
    now = layers[layer]
    before, middle, after = stream[2 * layer : 2 * layer + 3]
    reads = (before,) if layer == 0 else (before, layers[layer - 1].down[0])
    shown.check(found.norm(layer), reads, (middle, now.normed[0]))
    shown.check(found.norm_again(layer), (middle, now.o[0]), (after, now.normed_again[0]))


def test_the_last_norm(shown: Shown) -> None:
    (layers, ends), stream = values(), residuals()
    shown.check(operations().norm(LAYERS), (stream[-2], layers[-1].down[0]), (stream[-1], ends.normed))


@pytest.mark.parametrize("head", range(KV_HEADS))
@pytest.mark.parametrize("layer", SHOWN)
def test_attention(shown: Shown, layer: int, head: int) -> None:
    numbers, operation = values()[0][layer], operations().attend(layer)
    q, k, v = np.split(numbers.qkv[0], [HEADS * HEAD, (HEADS + KV_HEADS) * HEAD])
    own = slice(head * HEAD, (head + 1) * HEAD)
    group = slice(head * GROUP * HEAD, (head + 1) * GROUP * HEAD)
    cache = short_run()._cache
    rows = np.concatenate([cache.keys[layer, head, :POSITION], cache.values[layer, head, :POSITION]], axis=1)
    past = rows.astype(np.int64).ravel()
    row = np.concatenate([cache.keys[layer, head, POSITION], cache.values[layer, head, POSITION]]).astype(np.int64)
    assert np.array_equal(row[HEAD:], v[own])
    shown.check(operation, (q[group], k[own], past), (row, numbers.mixed[0][group]))
    made = operation.run(POSITION, q[group], k[own], v[own], past)
    assert np.array_equal(made[0], row) and np.array_equal(made[1], numbers.mixed[0][group])


@pytest.mark.parametrize("layer", SHOWN)
def test_swiglu(shown: Shown, layer: int) -> None:
    numbers, operation = values()[0][layer], operations().swiglu(layer)
    for part in (0, 11, HIDDEN // PART - 1):
        own = slice(part * PART, (part + 1) * PART)
        gate, up = numbers.gate_up[0][:HIDDEN][own], numbers.gate_up[0][HIDDEN:][own]
        shown.check(operation, (gate, up), (numbers.activated[0][own],))


def test_the_top_of_every_shard_gives_the_token(shown: Shown) -> None:
    run, (_, ends) = short_run(), values()
    tops = [operations().top.run(ends.logits[start : start + PART])[0] for start in range(0, len(ends.logits), PART)]
    shard = max(range(len(tops)), key=lambda index: (tops[index][0], -index))
    assert shard * PART + tops[shard][1] == run.generated[POSITION + 1 - len(run.prompt)]
    shown.check(operations().top, (ends.logits[shard * PART : (shard + 1) * PART],), (tops[shard],))


def test_the_points_are_those_of_the_proofs(shown: Shown) -> None:
    """What operations read and give, bound on chain, are the points that the shards' proofs are checked against."""
    layers, ends = values()
    numbers = layers[11]
    for vector in (numbers.normed[0], numbers.qkv[0][:HEAD], numbers.down[0][:24], ends.logits[:PART], ends.normed):
        assert shown.bench.bind(vector)[0] == points.committer().point(vector)


def test_parts_at_their_offsets_add_up_to_the_whole(shown: Shown) -> None:
    """Three heads' groups of mixed values, each bound at its offset, and U twice less: what the o maps read."""

    mixed = values()[0][11].mixed[0]
    size = GROUP * HEAD
    parts = [shown.bench.bind(mixed[at : at + size], offset=at)[0] for at in range(0, len(mixed), size)]
    unusable = decode_point(shown.bench.bind(np.zeros(1, dtype=np.int64))[0])
    joined = join([decode_point(part) for part in parts], unusable)
    assert joined.to_bytes() == points.committer().point(mixed)
