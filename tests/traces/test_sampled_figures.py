"""Compute units of a drawn leaf of a model of SmolLM2's size; `python -m pytest -s` on this file prints them.

Shapes, edges, trees and positions are SmolLM2's, integers and keys are made up: they decide nothing here but the digits
of roots. Receipts and values are put there directly; what binding costs is in test_executed_figures.py.
"""

from __future__ import annotations

import struct
from functools import cached_property

import numpy as np
import pytest
from mai.chain.cluster import MAX_COMPUTE_UNITS
from mai_zk.field import keccak256
from mai_zk.language.integers import Decay, Integers, powers_of_two, rotations
from mai_zk.trace import INPUT, Leaf, Position, Token, Work, executed, opening
from mai_zk.trace.executed import HEAD, NOTHING, Attend, Best, Constants, Norm, Operation, Swiglu, Top, values_digest
from mai_zk.trace.manifest import is_carried, part_of, producer_of
from mai_zk.trace.op import Op
from mai_zk.trace.opening import Opened
from solders.pubkey import Pubkey
from traces import sampled_graph
from traces.executed_world import Bench, discriminator
from traces.sampled_direct import CHALLENGED, Direct

SHARD, DOWN, WIDTH, ROWS = 48, 18, 576, 512
VOCABULARY = 49152
DRAWN = (0, 1, 16, 64, 128, 256, 384, 511)

CONSTANTS = Constants()
_TABLE_18, _TABLE_30 = CONSTANTS.add(powers_of_two(18)), CONSTANTS.add(powers_of_two(30))
_COSINES, _SINES = rotations(ROWS, HEAD // 2, 100_000, 15)
_ROTATIONS = CONSTANTS.add(np.concatenate([_COSINES, _SINES], axis=1).ravel())


def operation(op: Op, number: int) -> Operation:
    """SmolLM2's shapes. `number` of the operation in its layer; the first norm of a run has nothing to add."""
    if op is Op.ATTEND:
        offset = 16 * number
        return Attend(3, Decay(18, 22, divisor_bits=3), 3, _COSINES, _SINES, _TABLE_18, _ROTATIONS, offset, SHARD, 2)
    if op is Op.SWIGLU:
        return Swiglu(384, Decay(30, 12), 19, _TABLE_30)
    return {Op.NORM: Norm(WIDTH, 24, 10, 6040, addend=0), Op.TOP: Top(1536, 1536 * number), Op.BEST: Best(32)}[op]


class Model:
    """The graph, and one position's integers: the same at every drawn position but for the history."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        segments = sampled_graph.graph(descriptors=self._descriptor, constants=CONSTANTS.hash)
        first = Norm(WIDTH, 24, 10, 6040)
        self.operations[0] = first
        segments = (sampled_graph.replaced(segments[0], first.descriptor), *segments[1:])
        self.random = np.random.default_rng(1)
        self.row = self.numbers(WIDTH, 16)
        self.manifest = sampled_graph.manifest(segments, rows=(values_digest(self.row),) * VOCABULARY)

    def _descriptor(self, op: Op, number: int) -> bytes:
        self.operations.append(operation(op, number))
        return self.operations[-1].descriptor

    @cached_property
    def by_segment(self) -> dict[int, Operation]:
        found = (index for index, node in enumerate(self.manifest.segments) if node.executed)
        return dict(zip(found, self.operations, strict=True))

    def numbers(self, count: int, bits: int = 13) -> Integers:
        return self.random.integers(-(1 << (bits - 1)), 1 << (bits - 1), count)

    def length(self, index: int) -> int:
        """Integers that a circuit gives: a down shard has four edges."""
        return DOWN if len(self.manifest.segments[index].edges) == 4 else SHARD


class Place:
    """Everything of one position."""

    def __init__(self, model: Model, position: int) -> None:
        self.model, self.position = model, position
        self.row = model.row
        self.gives: list[tuple[Integers, ...]] = []
        self.pasts: dict[int, Integers] = {}
        self.before: dict[int, bytes] = {}
        self.carried: dict[int, bytes] = {}
        self.leaves: list[Leaf] = []
        for index in range(len(model.manifest.segments)):
            self._run(index)

    def reads(self, index: int) -> Integers:
        edges = self.model.manifest.segments[index].edges
        return np.concatenate([self.part(edge) for edge in edges if not is_carried(edge)])

    def part(self, edge: int) -> Integers:
        if edge == INPUT:
            return self.row
        producer = producer_of(edge)
        return self.gives[producer][1:][0] if producer in self.carried else self.gives[producer][part_of(edge)]

    def _run(self, index: int) -> None:
        model, node = self.model, self.model.manifest.segments[index]
        if not node.executed:
            self.gives.append((model.numbers(model.length(index)),))
            pieces = [self.part(edge) for edge in node.edges]
            self._leaf(index, [values_digest(piece) for piece in pieces], [values_digest(self.gives[index][0])])
            return
        attends = is_carried(node.edges[-1])
        past = model.numbers(2 * HEAD * self.position) if attends else NOTHING
        gives = model.by_segment[index].run(self.position, self.reads(index), past)
        self.gives.append(gives)
        digests = [values_digest(self.part(edge)) for edge in node.edges if not is_carried(edge)]
        parts = [values_digest(part) for part in gives]
        if attends:
            history = bytes(32)
            for row in past.reshape(-1, 2 * HEAD):
                history = executed.chained(history, row)
            self.pasts[index], self.before[index] = past, history
            self.carried[index] = executed.chained(history, gives[0])
            digests.append(history)
            parts = [parts[1], self.carried[index]]
        self._leaf(index, digests, parts)

    def _leaf(self, index: int, reads: list[bytes], parts: list[bytes]) -> None:
        params = self.model.manifest.segments[index].params
        both = tuple(parts) if len(parts) == 2 else ()
        last = index == len(self.model.manifest.segments) - 1
        outputs = tuple(self.gives[index][0].tolist()) if last else ()
        given = executed.output_digest(parts)
        self.leaves.append(Leaf(executed.output_digest(reads), params, given, outputs=outputs, parts=both))


class Full:
    """A challenged trace at one position of a run of 512, with the position before committed as it must be."""

    def __init__(self, direct: Direct, model: Model, place: int) -> None:
        self.direct, self.bench, self.model, self.at = direct, direct.bench, model, place
        self.found = Place(model, DRAWN[place])
        none = (bytes(32),) * len(model.manifest.carried)
        positions = [Position(bytes(32), none)] * ROWS
        positions[DRAWN[place]] = Position(bytes(32), tuple(self.found.carried.values()))
        if DRAWN[place]:
            positions[DRAWN[place] - 1] = Position(bytes(32), tuple(self.found.before.values()))
        tokens = [Token(0, bytes(16))] * (ROWS + 1)
        tokens[DRAWN[place] + 1] = Token(self.found.leaves[-1].outputs[1], bytes(16))
        self.work = Work(model.manifest, tokens[:2], tokens[2:], positions)
        self.work.set_leaves({position: self.found.leaves for position in DRAWN})
        self.sealed = direct.sealed(model.manifest)
        self.constants = self.bench.constants(CONSTANTS.body)

    def _call(self, name: str, segment: int, others: dict[str, Pubkey]) -> tuple[int, int]:
        """Compute units, and bytes of the opening."""
        leaf = self.at * len(self.model.manifest.segments) + segment
        trace = self.direct.trace(
            self.model.manifest, len(DRAWN), self.work.leaves_tree.root, step=CHALLENGED, leaf=leaf, drawn=DRAWN,
            positions_root=self.work.positions_tree.root, generated=ROWS - 1,
            tokens=self.work.prompt_tree.root + self.work.generated_tree.root,
        )  # fmt: skip
        if name == "attest_ends":
            data = opening.of_ends(self.work, self.at)
        else:
            past = self.found.pasts.get(segment, NOTHING)
            opened = Opened(self.found.reads(segment), self.found.gives[segment], past)
            data = opening.of_integers(self.work, leaf, opened)
        accounts = {
            "miner": self.bench.client.payer.pubkey(), "trace": trace, "manifest": self.sealed,
            "opening": self.bench.opening(data), **others,
        }  # fmt: skip
        if "receipt" in others:
            self.receipt(segment, trace, others["receipt"])
        draw = self.at if name == "attest_ends" else 0
        return self.bench.client._send(name, accounts, {"draw": draw}).compute_units, len(data)

    def execute(self, segment: int) -> tuple[int, int]:
        return self._call("execute", segment, {"constants": self.constants})

    def attest_ends(self) -> tuple[int, int]:
        return self._call("attest_ends", 0, {})

    def attest_bound(self, segment: int) -> tuple[int, int]:
        reads, gives = self.found.reads(segment), self.found.gives[segment][0]
        values = {"input": values_of(self.bench, self.model.manifest.bases, b"i", reads),
                  "output": values_of(self.bench, self.model.manifest.bases, b"o", gives)}  # fmt: skip
        return self._call("attest_bound", segment, {"receipt": Pubkey.new_unique(), **values})

    def receipt(self, segment: int, trace: Pubkey, address: Pubkey) -> None:
        node = self.model.manifest.segments[segment]
        me = bytes(self.bench.client.payer.pubkey())
        head = discriminator("Receipt") + bytes(trace) + me + bytes(32) + node.key + self.model.manifest.srs
        data = head + bytes(64) + keccak256(b"i" * 64) + node.params + keccak256(b"o" * 64) + bytes(16)
        assert len(data) == 344
        self.bench.put(data, address)


def values_of(bench: Bench, bases: bytes, point: bytes, integers: Integers) -> Pubkey:
    """A complete values account with a made-up point."""
    data = discriminator("Values") + bytes(40) + values_digest(integers) + bases + point * 64
    return bench.put(data + struct.pack("<IIIB3x", 0, len(integers), len(integers), 255))


NORM, Q, ATTEND, OUT, AGAIN, SWIGLU, DOWN_SHARD = 137, 138, 158, 161, 173, 238, 242
"""Segments of the second layer."""


@pytest.fixture(scope="module")
def parts() -> tuple[Direct, Model]:
    return Direct(), Model()


def test_every_kind_of_leaf(parts: tuple[Direct, Model], capsys: pytest.CaptureFixture[str]) -> None:
    full = Full(*parts, place=2)
    last = len(full.model.manifest.segments) - 1
    lines = []
    names = {
        "norm": NORM,
        "norm again": AGAIN,
        "attend over 16": ATTEND,
        "swiglu": SWIGLU,
        "top": last - 1,
        "best": last,
    }
    for name, segment in names.items():
        lines.append(("execute " + name, *full.execute(segment)))
    for name, segment in {"q shard": Q, "o shard": OUT, "down shard": DOWN_SHARD, "logits": last - 40}.items():
        lines.append(("attest_bound " + name, *full.attest_bound(segment)))
    lines.append(("attest_ends", *full.attest_ends()))
    for name, units, _ in lines:
        assert units < 0.4 * MAX_COMPUTE_UNITS, name
    with capsys.disabled():
        print("", *(f"{name}: {units:,} CU, opening of {length:,} bytes" for name, units, length in lines), sep="\n")


def test_attention_over_a_long_history(parts: tuple[Direct, Model], capsys: pytest.CaptureFixture[str]) -> None:
    """The longest run of SmolLM2's manifest fits one transaction."""
    for place in (0, 5, 7):
        units, length = Full(*parts, place=place).execute(ATTEND)
        assert units < 0.95 * MAX_COMPUTE_UNITS
        with capsys.disabled():
            print(f"\nexecute attend over {DRAWN[place]}: {units:,} CU, opening of {length:,} bytes", end="")
