"""A tiny language model of class SAMPLED: every operation that the chain executes, and four proved linear layers.

Vocabulary 8. Segments of a position: a NORM of the embedding (64), three ATTEND over it (192 each), a circuit of what
the first mixed and one of what the others did (8 each), a NORM and a SWIGLU of both, a circuit of the SWIGLU and the
normed vector, one of the residual (4 logits each), a TOP of each, the BEST.
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

NORM, ATTEND, SECOND_ATTEND, THIRD_ATTEND, LEFT, RIGHT, AGAIN, SWIGLU, BOTH, ONE, TOP, OTHER_TOP, BEST = range(13)
CAP = 24
"""The manifest's token cap: so many rotations are among the constants."""
END_TOKEN, OTHER_END = 3, 2
_random = np.random.default_rng(19)
ROWS: Integers = _random.integers(-40, 41, (8, HEAD))
"""The embedding."""
STRATA = (3, 4, 1, 2)
"""Leaves drawn of norms and the end, of circuits, of attention, of the others."""

CONSTANTS = Constants()
_TABLE_18 = CONSTANTS.add(powers_of_two(18))
_TABLE_30 = CONSTANTS.add(powers_of_two(30))
_COSINES, _SINES = rotations(CAP, HEAD // 2, 100_000, 15)
_ROTATIONS = CONSTANTS.add(np.concatenate([_COSINES, _SINES], axis=1).ravel())


def _attend(offset: int) -> Attend:
    return Attend(3, Decay(18, 18), 1, _COSINES, _SINES, _TABLE_18, _ROTATIONS, offset, HEAD, 2)


ATTENDS: dict[int, Attend] = {ATTEND: _attend(16), SECOND_ATTEND: _attend(0), THIRD_ATTEND: _attend(64)}
OPERATIONS: dict[int, Operation] = {
    NORM: Norm(64, 8, 7, 577),
    **ATTENDS,
    AGAIN: Norm(8, 3, 7, 577, addend=-1),
    SWIGLU: Swiglu(8, Decay(30, 12), 14, _TABLE_30),
    TOP: Top(4, 0),
    OTHER_TOP: Top(4, 4),
    BEST: Best(2),
}
CIRCUITS = {LEFT: "left", RIGHT: "right", BOTH: "both", ONE: "one"}
_RAW, _NORMED = same(NORM), same(NORM, 1)
_HEADS = (_NORMED, _RAW, _NORMED, _NORMED, _RAW, _RAW, _NORMED)
"""Three shards of queries, two of keys, two of values: the embedding and the same normed."""
EDGES: dict[int, tuple[Edge, ...]] = {
    NORM: (INPUT,),
    ATTEND: (*_HEADS, carried(ATTEND)),
    SECOND_ATTEND: (*_HEADS[::-1], carried(SECOND_ATTEND)),
    THIRD_ATTEND: (*_HEADS, carried(THIRD_ATTEND)),
    LEFT: (same(ATTEND),),
    RIGHT: (same(SECOND_ATTEND), same(THIRD_ATTEND)),
    AGAIN: (same(LEFT), same(RIGHT)),
    SWIGLU: (same(LEFT), same(RIGHT)),
    BOTH: (same(SWIGLU), same(AGAIN, 1)),
    ONE: (same(AGAIN),),
    TOP: (same(BOTH),),
    OTHER_TOP: (same(ONE),),
    BEST: (same(TOP), same(OTHER_TOP)),
}
PLACES = ((0, 0), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0), (4, 0), (5, 0), (5, 1), (6, 0), (6, 1), (7, 0))
_STRATA = ((NORM, AGAIN, BEST), tuple(CIRCUITS), tuple(ATTENDS), (SWIGLU, TOP, OTHER_TOP))
STRATUM = {segment: stratum for stratum, found in enumerate(_STRATA) for segment in found}
_FIRST = bytes(32)
"""The cache's digest before the first position."""


@cache
def bases() -> bytes:
    return executed.bases(circuits.srs(), 384)


def _node(index: int) -> Node:
    layer, shard = PLACES[index]
    if index in CIRCUITS:
        key, params, kind = circuits.key(CIRCUITS[index]).hash, circuits.params(CIRCUITS[index]), Kind.CIRCUIT
    else:
        key, params, kind = OPERATIONS[index].descriptor, CONSTANTS.hash, Kind.EXECUTED
    kind |= Kind.END if index == BEST else Kind.CARRIED if index in ATTENDS else Kind.CIRCUIT
    return Node(layer, shard, key, params, EDGES[index], kind, n_outputs=int(index == BEST), stratum=STRATUM[index])


def manifest(**changes: object) -> Manifest:
    """The model's manifest; ``changes`` replace its fields."""
    fields = {
        "segments": tuple(map(_node, EDGES)), "rows": tuple(values_digest(row) for row in ROWS),
        "srs": circuits.srs().id, "token_cap": CAP, "end_token": END_TOKEN, "n_positions": 8, "n_leaves": sum(STRATA),
        "cut": 1, "reveal_slots": 500, "prove_slots": 5000, "least_bond": 10**9, "task_class": Class.SAMPLED,
        "end_rule": EndRule.INDEX, "strata": STRATA, "bases": keccak256(bases()), "other_end": OTHER_END,
    }  # fmt: skip
    return Manifest(**{**fields, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Values:
    """The integers of one position: what every segment gives. before: the position before."""

    position: int
    token: int
    before: Values | None
    gives: tuple[tuple[Integers, ...], ...]

    @property
    def next_token(self) -> int:
        return int(self.gives[BEST][0][1])

    def past(self, segment: int) -> Integers:
        """The rows of an attention at all positions before, one after the other; of others nothing."""
        if segment not in ATTENDS or self.before is None:
            return NOTHING
        return np.concatenate([self.before.past(segment), self.before.gives[segment][0]])

    def history(self, segment: int) -> bytes:
        """The digest of those rows."""
        return self.before.carried[segment] if self.before else _FIRST

    def part(self, edge: Edge) -> Integers:
        """What an edge reads; not of a carried one."""
        if edge == INPUT:
            return ROWS[self.token]
        return self.parts(producer_of(edge))[part_of(edge)]

    def parts(self, segment: int) -> tuple[Integers, ...]:
        """What other segments can read of one; attention's second part is a digest."""
        return self.gives[segment][1:] if segment in ATTENDS else self.gives[segment]

    def opened(self, segment: int) -> Opened:
        """The integers of a segment, as an opening has them."""
        return Opened(self.reads(segment), self.gives[segment], self.past(segment))

    def reads(self, segment: int) -> Integers:
        """What a segment reads, edge after edge."""
        return np.concatenate([self.part(edge) for edge in EDGES[segment] if not is_carried(edge)])

    @cached_property
    def carried(self) -> dict[int, bytes]:
        """Each attention's digest of rows after this position."""
        return {segment: executed.chained(self.history(segment), self.gives[segment][0]) for segment in ATTENDS}

    def digests(self, segment: int) -> tuple[bytes, ...]:
        """Of a segment's one or two parts."""
        found = tuple(values_digest(part) for part in self.parts(segment))
        return (*found, self.carried[segment]) if segment in ATTENDS else found

    def edge_digests(self, segment: int) -> list[bytes]:
        """What its edges read."""
        return [
            self.history(segment) if is_carried(edge) else values_digest(self.part(edge)) for edge in EDGES[segment]
        ]

    def leaf(self, segment: int) -> Leaf:
        read = self.edge_digests(segment)
        parts = self.digests(segment)
        params = circuits.params(CIRCUITS[segment]) if segment in CIRCUITS else CONSTANTS.hash
        outputs = tuple(self.gives[BEST][0].tolist()) if segment == BEST else ()
        both = parts if len(parts) == 2 else ()
        return Leaf(executed.output_digest(read), params, executed.output_digest(parts), outputs=outputs, parts=both)


def run(position: int, token: int, before: Values | None) -> Values:
    """One position, from the one before it."""
    values = Values(position, token, before, ())
    for segment in EDGES:
        reads = values.reads(segment)
        if segment in CIRCUITS:
            gives: tuple[Integers, ...] = (circuits.linear(CIRCUITS[segment], reads),)
        else:
            gives = OPERATIONS[segment].run(position, reads, values.past(segment))
        values = Values(position, token, before, (*values.gives, gives))
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
    return Position(values_digest(integers), tuple(values.carried.values()))


def leaves_of(values: Values) -> list[Leaf]:
    """The leaves of a position, one a segment."""
    return [values.leaf(segment) for segment in EDGES]
