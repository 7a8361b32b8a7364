"""The last check of a compilation: the finished key program against the source's own expressions, at random points.

Rewriting is checked step by step (`rewrite`); lowering, slot allocation and the merging of points are not. Here
the bytes themselves run: random challenges, instances, evaluations, and a random discrete logarithm for every point.
"""

from __future__ import annotations

from collections.abc import Sequence

from mai_zk.compiler.graph import N_SAMPLES, Graph, Kind
from mai_zk.compiler.values import Leaf, Origin, PointExpression, Scaled
from mai_zk.curve import Point
from mai_zk.errors import ZkError
from mai_zk.field import R, keccak256
from mai_zk.keyprogram import KeyProgram
from mai_zk.machine import run_code


def check_against_source(
    program: KeyProgram, graph: Graph, left: PointExpression, evaluations: Sequence[int], n_challenges: int
) -> None:
    """ZkError unless the program's sum is the source's; `evaluations` are their word indices in the proof, in order."""
    wanted = [
        *((Kind.CHALLENGE, i) for i in range(n_challenges)),
        *((Kind.INSTANCE, i) for i in range(program.n_instances)),
        *((Kind.WORD, w) for w in evaluations),
    ]
    leaves = [(kind, graph.samples(graph.leaf(kind, index))) for kind, index in wanted]
    for sample in range(N_SAMPLES):
        scalars = run_code(program, [v[sample] for _, v in leaves]).scalars
        if _key_sum(program, scalars, sample) != _source_sum(graph, left, sample):
            raise ZkError("The compiled key differs from its source; this is a bug, please report the verifier file.")


def _logarithm(origin: Origin, name: bytes, sample: int) -> int:
    """The pseudo-random discrete logarithm of a point."""
    return int.from_bytes(keccak256(b"point" + origin.value.encode() + name + bytes([sample])), "big") % R


def _of_key_point(point: Point, sample: int) -> int:
    """Opposite points have opposite logarithms."""
    value = _logarithm(Origin.KEY, point.x.to_bytes(32, "big"), sample)
    return value if point.y % 2 == 0 else R - value


def _of_proof_point(offset: int, sample: int) -> int:
    return _logarithm(Origin.PROOF, offset.to_bytes(8, "big"), sample)


def _source_sum(graph: Graph, expression: PointExpression, sample: int) -> int:
    """The source's sum: chains are long on the main side only."""
    factor, total = 1, 0
    while not isinstance(expression, Leaf):
        if isinstance(expression, Scaled):
            factor = factor * graph.samples(expression.scalar)[sample] % R
            expression = expression.inner
        else:
            total += factor * _source_sum(graph, expression.right, sample)
            expression = expression.left
    if expression.origin is Origin.PROOF:
        return (total + factor * _of_proof_point(expression.offset, sample)) % R
    if (expression.point.x, expression.point.y) == (0, 0):
        return total % R
    return (total + factor * _of_key_point(expression.point, sample)) % R


def _key_sum(program: KeyProgram, scalars: Sequence[int], sample: int) -> int:
    """The logarithm of the curve sum."""
    proof = bytes(program.proof_size)
    terms = program.terms(proof, scalars)
    evaluations = 32 * program.n_evals
    offsets = [64 * i + (evaluations if i >= program.n_phase_points else 0) for i in range(program.n_proof_points)]
    total = 0
    for i, (data, coefficient) in enumerate(terms):
        if i < program.n_points:
            logarithm = _of_key_point(Point(*(int.from_bytes(data[j : j + 32], "big") for j in (0, 32))), sample)
        else:
            logarithm = _of_proof_point(offsets[i - program.n_points], sample)
        total += coefficient * logarithm
    return total % R
