"""Rules S1, S2, S5: a proved leaf that does not fit its neighbours is refused, from whichever side it is drawn."""

from __future__ import annotations

from dataclasses import replace

from mai_zk.circuits import part_digest
from mai_zk.curve import Point
from mai_zk.field import Q
from mai_zk.trace import Leaf
from traces import model
from traces.case import Case
from traces.model import digest, leaves_of, negated, point


def test_s1_a_cached_leaf(case: Case) -> None:
    """A shard proved once, on a dummy input, and reused at another position."""
    assert case.attest(1, 2) is None
    cached = model.proved("left", model.ROWS[0])
    leaf = replace(leaves_of(case.world.values[1])[2], input=digest(model.ROWS[0]), output=digest(cached.output))
    case.commit_leaves({(2, 2): leaf})
    receipt = case.world.receipt("left", model.ROWS[0])
    assert case.attest(2, 2, receipt=receipt) == "EdgeMismatch"


def test_s2_one_bad_boundary_is_seen_from_both_of_its_sides(case: Case) -> None:
    """Everything after the running state is computed, consistently and provably, from another state."""
    dummy = (1, 1, 1, 1)
    values = model.run(case.world.values[1].token, case.world.values[1].before)
    left, right = model._linear("left", dummy), model._linear("right", dummy)
    summed = tuple(a + b for a, b in zip(left, right, strict=True))
    outputs = (*values.outputs[:2], left, right, summed, model._linear("last", summed))
    made = leaves_of(replace(values, outputs=outputs))
    made = [replace(leaf, input=digest(dummy)) if segment in (2, 3) else leaf for segment, leaf in enumerate(made)]
    case.commit_leaves({(1, segment): leaf for segment, leaf in enumerate(made)})
    receipts = {
        0: case.world.receipt("first", model.ROWS[values.token]),
        2: case.world.receipt("left", dummy),
        3: case.world.receipt("right", dummy),
        5: case.world.receipt("last", summed),
    }
    seen = {segment: case.attest(1, segment, receipt=receipts.get(segment)) for segment in range(6)}
    assert seen == {0: None, 1: "EdgeMismatch", 2: "EdgeMismatch", 3: "EdgeMismatch", 4: None, 5: None}


def test_s5_a_sum_that_is_none(case: Case) -> None:
    assert case.attest(1, 4) is None
    honest = leaves_of(case.world.values[2])
    other = point((5, 5, 5, 5))
    changed = {
        (2, 4): replace(honest[4], output=part_digest((), (other,)), point=other),
        (2, 5): replace(honest[5], input=part_digest((), (other,))),
    }
    case.commit_leaves(changed)
    assert case.attest(2, 4) == "SumMismatch"


def _encoded(point_bytes: bytes, *, x: int = 0, y: int = 0) -> bytes:
    found = Point(int.from_bytes(point_bytes[:32], "big") + x, int.from_bytes(point_bytes[32:], "big") + y)
    return found.to_bytes()


def test_s5_a_sum_under_another_encoding(case: Case) -> None:
    """The syscalls ignore bit 255 of y and read bit 254 as the identity: neither may name the same sum anew."""
    honest = leaves_of(case.world.values[2])
    names = {}
    for name, encoded in {
        "y + q": _encoded(honest[4].point, y=Q),
        "bit 255": _encoded(honest[4].point, y=1 << 255),
        "bit 254": _encoded(honest[4].point, y=1 << 254),
        "off the curve": _encoded(honest[4].point, x=1),
    }.items():
        leaf = replace(honest[4], output=part_digest((), (encoded,)), point=encoded)
        case.commit_leaves({(2, 4): leaf, (2, 5): replace(honest[5], input=leaf.output)})
        names[name] = case.attest(2, 4)
    expected = dict.fromkeys(("y + q", "bit 255", "bit 254"), "PointNotCanonical")
    assert names == {**expected, "off the curve": "PointNotOnCurve"}
    case.commit_leaves({})
    assert case.attest(2, 4) is None


def test_s5_summands_in_another_order_or_negated(case: Case) -> None:
    honest = leaves_of(case.world.values[2])[4]
    left, right = honest.points

    def leaf(*points: bytes) -> Leaf:
        return replace(honest, points=points, input=part_digest((), points))

    for points in ((right, left), (negated(left), right), (left, negated(right)), (left, left)):
        case.commit_leaves({(2, 4): leaf(*points)})
        assert case.attest(2, 4) == "EdgeMismatch"
        if points[0] != left:
            assert case.attest(2, 2) == "EdgeMismatch"  # the shard sees it as well
    case.commit_leaves({})
    assert case.attest(2, 4) is None


def test_s5_the_state_of_another_position(case: Case) -> None:
    """The running state must be the one that the position before handed on, and the first one the registered one."""
    for position in (0, 2):
        honest = leaves_of(case.world.values[position])
        other = (3, 1, 4, 1)
        made = leaves_of(model.run(case.world.values[position].token, other))
        case.commit_leaves({(position, segment): leaf for segment, leaf in enumerate(made)})
        assert case.attest(position, 1) == "EdgeMismatch"
        assert honest[1] != made[1]
    case.commit_leaves({})
    assert case.attest(2, 1) is None
    assert case.attest(0, 1) is None


def test_s5_a_position_hands_on_what_it_computed(case: Case) -> None:
    """A state that was committed before the draw and differs from the one computed after it."""
    honest = model.position_of(case.world.values[1])
    case.commit_positions({1: replace(honest, carried=(digest((9, 9, 9, 9)),))})
    assert case.attest(1, 1) == "EdgeMismatch"  # as a producer, towards position 2
    assert case.attest(2, 1) == "EdgeMismatch"  # as a consumer
    assert case.attest(0, 1) is None
    case.commit_positions({})
    assert case.attest(1, 1) is None
    assert case.attest(2, 1) is None


def test_the_negated_point_is_another_point(case: Case) -> None:
    """x alone would admit -y: digests are of whole points."""
    honest = leaves_of(case.world.values[1])
    output = part_digest((), (negated(point(case.world.values[1].outputs[0])),))
    case.commit_leaves({(1, 0): replace(honest[0], output=output)})
    assert case.attest(1, 0) == "LeafMismatch"  # the receipt's output is the point itself
    assert case.attest(1, 1) == "EdgeMismatch"
    case.commit_leaves({})
    assert case.attest(1, 0) is None


def test_s5_the_points_are_those_of_the_input(case: Case) -> None:
    """The right points beside a leaf whose input is made of others: for a circuit, what it was proved on."""
    honest = leaves_of(case.world.values[1])[4]
    other = part_digest((), (point((1, 2, 3, 4)), point((4, 3, 2, 1))))
    case.commit_leaves({(1, 4): replace(honest, input=other)})
    assert case.attest(1, 4) == "EdgeMismatch"  # by itself
    assert case.attest(1, 3) == "EdgeMismatch"  # as the consumer of a shard
    case.commit_leaves({})
    assert case.attest(1, 4) is None
    assert case.attest(1, 3) is None
