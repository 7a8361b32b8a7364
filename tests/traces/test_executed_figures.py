"""Compute units of executed operations and of bindings; `python -m pytest -s` on this file prints them.

They depend on the program and on how long the integers are, not on the machine. All fit one transaction.
"""

from __future__ import annotations

import numpy as np
import pytest
from language.smol_world import model, needs_weights
from mai_zk.language.integers import Integers
from mai_zk.language.smol.executed import CHANNELS, LOGITS, Operations
from mai_zk.language.smol.graph import TOPS, named, node
from mai_zk.language.smol.opened import MIXED
from mai_zk.language.smol.weights import HEAD, WIDTH
from mai_zk.trace import executed
from traces.executed_world import Bench

TRANSACTION = 1_400_000


def numbers(count: int, bits: int) -> Integers:
    """Signed integers of so many bits."""
    return np.random.default_rng(bits).integers(-(1 << (bits - 1)), 1 << (bits - 1), count)


def test_bindings(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench()
    lines = []
    for bits in (10, 13, 16, 24):
        units = {count: bench.bind(numbers(count, bits))[1] for count in (24, 64, 192, WIDTH)}
        assert max(units.values()) < TRANSACTION
        each = ", ".join(f"{count}: {found:,} ({found // count:,} each)" for count, found in units.items())
        lines.append(f"binding of {bits}-bit integers: {each}")
    with capsys.disabled():
        print("", *lines, sep="\n")


@needs_weights
def test_operations(capsys: pytest.CaptureFixture[str]) -> None:
    bench, found = Bench(), Operations(model().weights)
    constants = bench.constants(found.constants.body)
    lines = [f"constants: {len(found.constants.body):,} bytes"]

    def show(name: str, reads: Integers, position: int = 0) -> None:
        operation = found.of(node(named(name)))
        past = numbers(2 * HEAD * position, 13) if "attend" in name else executed.NOTHING
        data = executed.opening(operation, position, (reads, past), operation.run(position, reads, past))
        units = bench.client.check(constants, bench.opening(data)).compute_units
        assert units < TRANSACTION
        lines.append(f"{name}, position {position}: {units:,} CU, opening of {len(data):,} bytes")

    streams = np.concatenate([numbers(WIDTH, 20), numbers(WIDTH, 16)])
    for name in ("11/norm_again/0", "30/norm/0"):
        show(name, streams)
    show("11/swiglu/0", np.concatenate([numbers(CHANNELS, 14), numbers(CHANNELS, 15)]))
    show("30/top/0", numbers(LOGITS, 14))
    show("30/best/0", numbers(2 * TOPS, 14))
    shards = np.concatenate([numbers(MIXED, 14), numbers(2 * 2 * 48, 13)])
    for position in (1, 16, 64, 256, 511):
        show("11/attend/1", shards, position)
    with capsys.disabled():
        print("", *lines, sep="\n")
