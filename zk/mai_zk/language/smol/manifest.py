"""SmolLM2's manifest, by which its runs are settled on chain, and the terms that a network registers it with."""

from __future__ import annotations

from mai_zk.errors import ZkError
from mai_zk.language.model import Terms
from mai_zk.language.smol.executed import TRACED_CAP, Operations
from mai_zk.language.smol.graph import Node, Strata, nodes
from mai_zk.language.smol.registered import Registered, registered, rows
from mai_zk.language.smol.segments import shards
from mai_zk.language.smol.weights import Weights
from mai_zk.trace import Kind, Manifest
from mai_zk.trace import Segment as Record
from mai_zk.trace.manifest import Class, EndRule
from mai_zk.trace.sizing import cheapest_cut, stratum_detection

END_TOKENS = (2, 0)
"""<|im_end|> and <|endoftext|>."""
DRAWN_POSITIONS = 8
DRAWS = {Strata.NARROW: 16, Strata.CIRCUITS: 4, Strata.ATTEND: 1, Strata.OTHERS: 2}
WORK_UNITS = -(-sum(shard.shape.size for shard in shards()) // 10**6)
"""Millions of multiply-accumulates of a position."""


def detection_bps() -> int:
    """The chance that the draws find a run whose positions have one false segment each, at the cheapest place, the last
    position excepted: it is drawn for certain, so a cheat keeps it honest.
    """
    narrow = sum(node.stratum is Strata.NARROW for node in nodes())
    return stratum_detection(DRAWN_POSITIONS, narrow, DRAWS[Strata.NARROW], DRAWN_POSITIONS - 1)


TERMS = Terms(
    segments=1,
    work_units=WORK_UNITS,
    max_tokens=TRACED_CAP,
    max_active_ms=10_000,
    detection_bps=detection_bps(),
)
"""A position is one unit of work. max_active_ms is of one generated token and must do for a whole prompt before it
(docs/reference/smollm2.md).
"""


def manifest(weights: Weights) -> Manifest:
    """The manifest under the test SRS; ZkError where the weights are not the registered ones."""
    found, operations = registered(), Operations(weights)
    if found.weights.hex() != weights.digest or found.constants != operations.constants.hash:
        raise ZkError("SmolLM2's weights are not those registered; run `python -m mai_zk.language.smol build`.")
    params = params_of(found)
    records = tuple(_record(node, params[index], found, operations) for index, node in enumerate(nodes()))
    return Manifest(
        segments=records,
        rows=rows(weights),
        srs=found.srs,
        token_cap=TRACED_CAP,
        end_token=END_TOKENS[0],
        other_end=END_TOKENS[1],
        n_positions=DRAWN_POSITIONS,
        n_leaves=sum(DRAWS.values()),
        cut=cheapest_cut(records),
        reveal_slots=1_500,
        prove_slots=9_000,
        least_bond=10**9,
        work_units=WORK_UNITS,
        task_class=Class.SAMPLED,
        end_rule=EndRule.INDEX,
        strata=tuple(DRAWS[stratum] for stratum in Strata),
        bases=found.bases,
    )


def params_of(found: Registered) -> tuple[bytes, ...]:
    """Every segment's: of a linear shard its weights' digest, of the others the constants' hash."""
    linear = iter(found.params)
    return tuple(next(linear) if node.linear else found.constants for node in nodes())


def _record(node: Node, params: bytes, found: Registered, operations: Operations) -> Record:
    if node.linear is not None:
        key, kind = found.key(node.linear.shape), Kind.CIRCUIT
    else:
        key, kind = operations.of(node).descriptor, Kind.EXECUTED
    if node.map == "attend":
        kind |= Kind.CARRIED
    n_outputs = 0
    if node.map == "best":
        kind, n_outputs = kind | Kind.END, 1
    return Record(node.layer, node.shard, key, params, node.edges, kind, n_outputs, stratum=node.stratum)
