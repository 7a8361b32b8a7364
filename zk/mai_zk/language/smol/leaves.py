"""The leaves of one position: digests of its integers, as docs/reference/trace.md has them for the sampled class."""

from __future__ import annotations

from collections.abc import Sequence

from mai_zk.field import keccak256
from mai_zk.language.smol.graph import carried_nodes, nodes
from mai_zk.language.smol.opened import Values
from mai_zk.trace import INPUT, Edge, Leaf
from mai_zk.trace.executed import output_digest, values_digest
from mai_zk.trace.manifest import is_carried, part_of, producer_of


def leaves_of(
    values: Values, params: Sequence[bytes], before: Sequence[bytes], own: Sequence[bytes]
) -> tuple[Leaf, ...]:
    """All of them in the graph's order.

    Args:
        params: every segment's registered digest.
        before, own: what the position before hands on (zeros at first), and this one.
    """
    row = values_digest(values.row)
    read_before, handed_on = (dict(zip(carried_nodes(), digests, strict=True)) for digests in (before, own))
    parts: list[tuple[bytes, ...]] = []

    def along(edge: Edge) -> bytes:
        if edge == INPUT:
            return row
        producer = producer_of(edge)
        return read_before[producer] if is_carried(edge) else parts[producer][part_of(edge)]

    made = []
    for index, found in enumerate(nodes()):
        given = values.gives(found)
        own_parts = tuple(map(values_digest, given))
        if index in handed_on:
            own_parts = (*own_parts, handed_on[index])
        parts.append(own_parts)
        read = list(map(along, found.edges))
        made.append(
            Leaf(
                read[0] if len(read) == 1 else keccak256(b"".join(read)),
                params[index],
                output_digest(own_parts),
                outputs=tuple(map(int, given[0])) if found.map == "best" else (),
                parts=own_parts if len(own_parts) > 1 else (),
            )
        )
    return tuple(made)
