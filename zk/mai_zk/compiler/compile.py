"""From a verifier's text to a checked key program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mai_zk.bounds import check_bounds
from mai_zk.compiler.canonical import canonical
from mai_zk.compiler.codegen import FieldCode, Generator
from mai_zk.compiler.execute import Executor
from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.compiler.helpers import Layout
from mai_zk.compiler.lower import Lowering, reachable
from mai_zk.compiler.machinecode import SCALAR_COST, Cell
from mai_zk.compiler.merge import merge_equal_points
from mai_zk.compiler.reusable import is_vka, trace_vka
from mai_zk.compiler.rewrite import Region, Rewriter
from mai_zk.compiler.schedule import Schedule
from mai_zk.compiler.selfcheck import check_against_source
from mai_zk.compiler.tune import best_lowering
from mai_zk.compiler.values import Leaf, Origin, PointExpression, Squeeze, Trace
from mai_zk.compiler.yul import parse_contract
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.isa import encode_code
from mai_zk.keyprogram import KeyProgram, Parts, pack_header

MAX_ARTIFACT_BYTES: Final = 16 * 1024 * 1024  # EZKL's largest verifiers have under one megabyte


def compile_artifact(path: Path | str, parts: Parts | None = None) -> KeyProgram:
    """Compile EZKL's verifier artifact, or read a key program file; ZkError if the file is neither."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_ARTIFACT_BYTES + 1)
    except OSError as error:
        raise ZkError(f"The verifier artifact {path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_ARTIFACT_BYTES:
        raise ZkError(f"{path} is too large for a verifier artifact.")
    if data[:4] == b"MAK1":
        return KeyProgram.from_bytes(data)
    if is_vka(data):
        return compile_vka(data, parts)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ZkError(
            f"{path} is neither EZKL's Solidity verifier nor its VKA file; make one with "
            "ezkl.create_evm_verifier(..., reusable=False) or ezkl.create_evm_vka."
        ) from None
    return compile_solidity(text, parts)


def compile_vka(data: bytes, parts: Parts | None = None) -> KeyProgram:
    """Compile the VKA file that `ezkl.create_evm_vka` writes (see `mai_zk.compiler.reusable`)."""
    return compile_trace(trace_vka(data), parts)


def compile_solidity(text: str, parts: Parts | None = None) -> KeyProgram:
    """Compile the Solidity verifier that `ezkl.create_evm_verifier(..., reusable=False)` writes.

    `parts` says which instances and commitment points are input, params and output; None if unknown.
    ZkError if the text is not such a verifier or uses anything that the compiler does not know.
    """
    source = parse_contract(text)
    if "vka" in source.parameters or "vk" in source.parameters.replace("_", " ").split():
        raise ZkError(
            "This is EZKL's reusable verifier, which holds no circuit; "
            "give the circuit's own verifier (create_evm_verifier with reusable=False) or its VKA file."
        )
    graph = Graph(keccak256(text.encode()))
    return compile_trace(Executor(source, Layout.FIXED, graph).run(), parts)


@dataclass(frozen=True)
class Shape:
    """A proof's shape, read off the transcript: phases, and the word index of every evaluation."""

    n_instances: int
    phases: tuple[tuple[int, int], ...]
    evaluations: dict[int, int]

    @property
    def n_points(self) -> int:
        """Points of all phases."""
        return sum(p for p, _ in self.phases)

    @property
    def point_words(self) -> list[int]:
        """The first word of every point, W and W' included."""
        after = 2 * self.n_points + len(self.evaluations)
        return [*range(0, 2 * self.n_points, 2), after, after + 2]

    @property
    def proof_size(self) -> int:
        """Bytes of a proof."""
        return 64 * (self.n_points + 2) + 32 * len(self.evaluations)


def read_shape(squeezes: Sequence[Squeeze]) -> Shape:
    """The proof's shape; ZkError unless the transcript absorbs all of it, in order, as key programs define."""
    *phases, evaluations, opening = squeezes if len(squeezes) > 2 else (*squeezes, *[Squeeze((), (), 0)] * 3)
    words = [w for s in squeezes for w in s.words]
    instances = squeezes[0].instances if squeezes else ()
    good = (
        words == list(range(len(words)))
        and list(instances) == list(range(len(instances)))
        and not any(s.instances for s in squeezes[1:])
        and all(len(s.words) % 2 == 0 for s in phases)
        and evaluations.challenges == 2
        and (len(opening.words), opening.challenges) == (2, 1)
    )
    if not good:
        raise ZkError("The verifier's transcript is not that of EZKL 23 (Halo2 with SHPLONK).")
    return Shape(
        len(instances),
        tuple((len(s.words) // 2, s.challenges) for s in phases),
        {word: i for i, word in enumerate(evaluations.words)},
    )


def check_required(trace: Trace, shape: Shape) -> None:
    """ZkError unless the source itself enforces lengths, ranges and points."""
    expected = {("pairing", 0)}
    expected |= {("range word", w) for w in shape.evaluations}
    expected |= {("range instance", i) for i in range(shape.n_instances)}
    expected |= {("point", w) for w in shape.point_words}
    expected |= {("instances length", shape.n_instances)}
    if missing := expected - trace.required:
        what, index = min(missing)
        raise ZkError(f"The verifier does not check {what} {index}; the file is damaged.")
    if any(what == "proof length" and n != shape.proof_size for what, n in trace.required):
        raise ZkError("The verifier's proof length does not match its transcript; the file is damaged.")


def compile_trace(trace: Trace, parts: Parts | None) -> KeyProgram:
    """A checked key program of an executed verifier."""
    try:
        return _compile_trace(canonical(trace), parts)
    except RecursionError:
        raise ZkError("The verifier's sums are nested too deeply; the file is damaged.") from None


def _compile_trace(trace: Trace, parts: Parts | None) -> KeyProgram:
    shape = read_shape(trace.squeezes)
    check_required(trace, shape)
    if trace.right != Leaf(Origin.PROOF, offset=32 * shape.point_words[-1]):
        raise ZkError("The verifier's pairing does not end with the proof's last point.")
    n_challenges = sum(s.challenges for s in trace.squeezes)
    plans = [plan(trace.graph, trace.left, shape, n_challenges)]
    merged = merge_equal_points(trace.graph, trace.left)
    if merged is not None:
        plans.append(plan(trace.graph, merged, shape, n_challenges))
    best = min(plans, key=lambda p: p.cost)
    program = assemble(trace, shape, best.schedule, generate(best, n_challenges), parts)
    check_against_source(program, trace.graph, trace.left, list(shape.evaluations), n_challenges)
    return program


@dataclass(frozen=True)
class Plan:
    """A curve schedule, cheap expressions and cells for its scalars, and their compute units in all."""

    schedule: Schedule
    rewriter: Rewriter
    nodes: list[Node]
    lowering: Lowering
    cells: list[Cell]
    cost: int


def plan(graph: Graph, expression: PointExpression, shape: Shape, n_challenges: int) -> Plan:
    """Plan one curve sum; ZkError if it leaves a point of the proof, an evaluation or an instance out."""
    schedule = Schedule()
    schedule.emit(expression)
    if not schedule.proof_offsets.issuperset(32 * w for w in shape.point_words[:-1]):
        raise ZkError("The verifier leaves a point of the proof out of its sum; the file is damaged.")
    rewriter = Rewriter(graph, n_challenges)
    roots = [rewriter.cheap(s) for s in schedule.scalars]
    nodes = reachable(roots)
    read = {n.value for n in nodes if n.kind is Kind.WORD}
    if read != set(shape.evaluations):
        raise ZkError("The verifier leaves an evaluation unread, or computes with a point's coordinates.")
    if {n.value for n in nodes if n.kind is Kind.INSTANCE} != set(range(shape.n_instances)):
        raise ZkError("The verifier leaves an instance unread.")
    lowering, cells, cost = best_lowering(graph, roots, shape.evaluations)
    return Plan(schedule, rewriter, nodes, lowering, cells, cost + SCALAR_COST * len(roots) + schedule.cost)


def generate(best: Plan, n_challenges: int) -> FieldCode:
    """Field code that leaves the scalars, with a mark after each stage."""
    generator = Generator(best.lowering.hints)
    generator.plan(best.cells)
    for stage in stages(best.nodes, best.rewriter, n_challenges):
        for node in stage:
            cell = best.lowering.made(node)
            if cell is not None and generator.planned(cell):
                generator.generate(cell)
        generator.mark()
    for index, cell in enumerate(best.cells):
        generator.generate(cell)
        generator.scalar(index, cell)
    generator.mark()
    return generator.halt()


def stages(nodes: Sequence[Node], rewriter: Rewriter, n_challenges: int) -> tuple[list[Node], list[Node]]:
    """Nodes of the Lagrange stage (they depend on x and instances only) and of the quotient stage."""
    x = n_challenges - 4
    lagrange: list[Node] = []
    early: set[int] = set()
    for node in nodes:
        leaf = node.kind in (Kind.INSTANCE, Kind.CONST) or (node.kind is Kind.CHALLENGE and node.value == x)
        if leaf or (node.args and all(a.id in early for a in node.args)):
            early.add(node.id)
            if node.args:
                lagrange.append(node)
    quotient = [n for n in nodes if rewriter.region(n) is Region.QUOTIENT]
    return lagrange, quotient


def assemble(trace: Trace, shape: Shape, schedule: Schedule, code: FieldCode, parts: Parts | None) -> KeyProgram:
    """The bytes, checked as the program's own `from_bytes` and the bounds analysis do."""
    n_challenges = sum(s.challenges for s in trace.squeezes)
    sizes = [len(code.constants), n_challenges, shape.n_instances, len(shape.evaluations), code.n_hints]
    body = encode_code(code.instructions([*sizes, code.n_temporaries]))
    counts = [
        shape.n_instances,
        len(shape.evaluations),
        len(code.constants),
        code.n_hints,
        sum(sizes) + code.n_temporaries,
        len(schedule.scalars),
        len(schedule.points),
        len(schedule.operations),
    ]
    parts = parts or Parts()
    parts.check(shape.n_instances, shape.n_points)
    header = pack_header(counts, shape.phases, parts, len(body), trace.digest.to_bytes(32, "big"))
    blob = b"".join(
        [
            header,
            *(b"".join(v.to_bytes(4, "little") for v in (*c, 0)) for c in code.constants),
            body,
            *(op.encode() for op in schedule.operations),
            *(v.to_bytes(32, "big") for v in trace.neg_s_g2),
            *(p.to_bytes() for p in schedule.points),
        ]
    )
    program = KeyProgram.from_bytes(blob)
    check_bounds(program)
    return program
