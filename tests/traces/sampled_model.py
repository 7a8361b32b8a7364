"""A tiny language model of class SAMPLED: every operation that the chain executes, and four proved linear layers.

Vocabulary 8. Segments of a position: 0 NORM of the embedding (64), 1 ATTEND over it (192), 2 and 3 circuits of what is
mixed (8 each), 4 NORM of both, 5 SWIGLU of both, 6 a circuit of 5 and the normed 4, 7 a circuit of the residual 4
(4 logits each), 8 and 9 TOP, 10 BEST.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from mai_zk.field import keccak256
from mai_zk.language.integers import Decay, Integers, powers_of_two, rotations
from mai_zk.trace import INPUT, Kind, Leaf, Manifest, Position, carried, executed, same
from mai_zk.trace import Segment as Node
from mai_zk.trace.executed import HEAD, NOTHING, Attend, Best, Constants, Norm, Operation, Swiglu, Top, values_digest
from mai_zk.trace.manifest import Class, Edge, EndRule, is_carried, part_of, producer_of
from mai_zk.trace.opening import Opened
from traces import sampled_circuits as circuits

CAP = 24
"""The manifest's token cap: so many rotations are among the constants."""
END_TOKEN, OTHER_END = 3, 6
_random = np.random.default_rng(1)
ROWS: Integers = _random.integers(-40, 41, (8, HEAD))
"""The embedding."""
STRATA = (3, 4, 1, 2)
"""Leaves drawn of norms and the end, of circuits, of attention, of the others."""

CONSTANTS = Constants()
_TABLE_18 = CONSTANTS.add(powers_of_two(18))
_TABLE_30 = CONSTANTS.add(powers_of_two(30))
_COSINES, _SINES = rotations(CAP, HEAD // 2, 100_000, 15)
_ROTATIONS = CONSTANTS.add(np.concatenate([_COSINES, _SINES], axis=1).ravel())

OPERATIONS: dict[int, Operation] = {
    0: Norm(64, 8, 7, 577),
    1: Attend(3, Decay(18, 18), 1, _COSINES, _SINES, _TABLE_18, _ROTATIONS, 16, 64, 2),
    4: Norm(8, 3, 7, 577, addend=-1),
    5: Swiglu(8, Decay(30, 12), 14, _TABLE_30),
    8: Top(4, 0),
    9: Top(4, 4),
    10: Best(2),
}
CIRCUITS = {2: "left", 3: "right", 6: "both", 7: "one"}
_NORMED = same(0, 1)
EDGES: dict[int, tuple[Edge, ...]] = {
    0: (INPUT,),
    1: (_NORMED, same(0), _NORMED, _NORMED, same(0), same(0), _NORMED, carried(1)),
    2: (same(1),),
    3: (same(1),),
    4: (same(2), same(3)),
    5: (same(2), same(3)),
    6: (same(5), same(4, 1)),
    7: (same(4),),
    8: (same(6),),
    9: (same(7),),
    10: (same(8), same(9)),
}
PLACES = ((0, 0), (1, 0), (2, 0), (2, 1), (3, 0), (4, 0), (5, 0), (5, 1), (6, 0), (6, 1), (7, 0))
STRATUM = {0: 0, 4: 0, 10: 0, 1: 2, 5: 3, 8: 3, 9: 3, **{index: 1 for index in CIRCUITS}}


@cache
def bases() -> bytes:
    return executed.bases(circuits.srs(), 192)


def _node(index: int) -> Node:
    layer, shard = PLACES[index]
    if index in CIRCUITS:
        key, params, kind = circuits.key(CIRCUITS[index]).hash, circuits.params(CIRCUITS[index]), Kind.CIRCUIT
    else:
        key, params, kind = OPERATIONS[index].descriptor, CONSTANTS.hash, Kind.EXECUTED
    kind |= {1: Kind.CARRIED, 10: Kind.END}.get(index, Kind.CIRCUIT)
    return Node(layer, shard, key, params, EDGES[index], kind, n_outputs=int(index == 10), stratum=STRATUM[index])


def manifest(**changes: object) -> Manifest:
    """The model's manifest; ``changes`` replace its fields."""
    fields = {
        "segments": tuple(_node(index) for index in range(11)), "rows": tuple(values_digest(row) for row in ROWS),
        "srs": circuits.srs().id, "token_cap": CAP, "end_token": END_TOKEN, "n_positions": 8, "n_leaves": sum(STRATA),
        "cut": 1, "reveal_slots": 500, "prove_slots": 5000, "least_bond": 10**9, "task_class": Class.SAMPLED,
        "end_rule": EndRule.INDEX, "strata": STRATA, "bases": keccak256(bases()), "other_end": OTHER_END,
    }  # fmt: skip
    return Manifest(**{**fields, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Values:
    """The integers of one position: what every segment gives, and the rows and the cache's digest before it."""

    position: int
    token: int
    past: Integers
    history: bytes
    gives: tuple[tuple[Integers, ...], ...]

    @property
    def next_token(self) -> int:
        return int(self.gives[10][0][1])

    def part(self, edge: Edge) -> Integers:
        """What an edge reads; not of a carried one."""
        if edge == INPUT:
            return ROWS[self.token]
        return self.parts(producer_of(edge))[part_of(edge)]

    def parts(self, segment: int) -> tuple[Integers, ...]:
        """What other segments can read of one; attention's second part is a digest."""
        return self.gives[segment][1:] if segment == 1 else self.gives[segment]

    def opened(self, segment: int) -> Opened:
        """The integers of a segment, as an opening has them."""
        reads = np.concatenate([self.part(edge) for edge in EDGES[segment] if not is_carried(edge)])
        return Opened(reads, self.gives[segment], self.past if segment == 1 else NOTHING)

    @cached_property
    def carried(self) -> bytes:
        """The cache's digest after this position."""
        return executed.chained(self.history, self.gives[1][0])

    def digests(self, segment: int) -> tuple[bytes, ...]:
        """Of a segment's one or two parts."""
        found = tuple(values_digest(part) for part in self.parts(segment))
        return (*found, self.carried) if segment == 1 else found

    def leaf(self, segment: int) -> Leaf:
        read = [self.history if is_carried(edge) else values_digest(self.part(edge)) for edge in EDGES[segment]]
        parts = self.digests(segment)
        params = circuits.params(CIRCUITS[segment]) if segment in CIRCUITS else CONSTANTS.hash
        outputs = tuple(self.gives[10][0].tolist()) if segment == 10 else ()
        both = parts if len(parts) == 2 else ()
        return Leaf(executed.output_digest(read), params, executed.output_digest(parts), outputs=outputs, parts=both)


def run(position: int, token: int, before: Values | None) -> Values:
    """One position, from the one before it."""
    past = np.concatenate([before.past, before.gives[1][0]]) if before else NOTHING
    values = Values(position, token, past, before.carried if before else bytes(32), ())
    for segment in range(11):
        reads = np.concatenate([values.part(edge) for edge in EDGES[segment] if not is_carried(edge)])
        if segment in CIRCUITS:
            gives: tuple[Integers, ...] = (circuits.linear(CIRCUITS[segment], reads),)
        else:
            gives = OPERATIONS[segment].run(position, reads, past if segment == 1 else NOTHING)
        values = Values(position, token, past, values.history, (*values.gives, gives))
    return values


def generate(prompt: Iterable[int], count: int, *, stop: bool = True) -> list[Values]:
    """All positions of a run that generates ``count`` tokens, or fewer if it ends and is to stop there."""
    tokens, positions = list(prompt), list[Values]()
    n_prompt = len(tokens)
    while len(positions) < n_prompt + count - 1:
        found = run(len(positions), tokens[len(positions)], positions[-1] if positions else None)
        positions.append(found)
        if len(positions) >= n_prompt:
            tokens.append(found.next_token)
            if stop and found.next_token in (END_TOKEN, OTHER_END):
                break
    return positions


def position_of(values: Values) -> Position:
    """What is committed of a position at first."""
    integers = np.concatenate([part for given in values.gives for part in given])
    return Position(values_digest(integers), (values.carried,))


def leaves_of(values: Values) -> list[Leaf]:
    """The eleven leaves of a position."""
    return [values.leaf(segment) for segment in range(11)]
