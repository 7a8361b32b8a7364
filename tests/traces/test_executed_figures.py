"""Compute units of executed operations and of bindings; `python -m pytest -s` on this file prints them.

They depend on the program and on how long the integers are, not on the machine. All fit one transaction.
"""

from __future__ import annotations

import numpy as np
import pytest
from language.smol_world import model, needs_weights
from mai_zk.language.integers import Integers
from mai_zk.language.smol.executed import PART, Operations
from mai_zk.language.smol.forward import GROUP
from mai_zk.language.smol.weights import HEAD, LAYERS, WIDTH
from mai_zk.trace import executed
from mai_zk.trace.executed import Operation
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

    def show(
        name: str, operation: Operation, position: int, reads: tuple[Integers, ...], gives: tuple[Integers, ...]
    ) -> None:
        data = executed.opening(operation, position, reads, gives)
        units = bench.client.check(constants, bench.opening(data)).compute_units
        assert units < TRANSACTION
        lines.append(f"{name}: {units:,} CU, opening of {len(data):,} bytes")

    residual, added = numbers(WIDTH, 20), numbers(WIDTH, 16)
    for name, norm in (("norm_again 11", found.norm_again(11)), ("last norm", found.norm(LAYERS))):
        show(name, norm, 0, (residual, added), norm.run(residual, added))
    gate, up = numbers(PART, 14), numbers(PART, 15)
    show("swiglu", found.swiglu(11), 0, (gate, up), found.swiglu(11).run(gate, up))
    show("top", found.top, 0, (gate,), found.top.run(gate))
    attend = found.attend(11)
    for position in (1, 16, 64, 256, 700):
        queries, key, value = numbers(GROUP * HEAD, 14), numbers(HEAD, 13), numbers(HEAD, 15)
        past = numbers(2 * HEAD * position, 13)
        row, mixed = attend.run(position, queries, key, value, past)
        show(f"attend over {position} past positions", attend, position, (queries, key, past), (row, mixed))
    with capsys.disabled():
        print("", *lines, sep="\n")
