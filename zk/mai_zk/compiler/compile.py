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
from mai_zk.compiler.machinecode import Cell
from mai_zk.compiler.reusable import is_vka, trace_vka
from mai_zk.compiler.rewrite import Region, Rewriter
from mai_zk.compiler.selfcheck import check_against_source
from mai_zk.compiler.terms import Terms, collect_terms
from mai_zk.compiler.values import Leaf, Origin, Squeeze, Trace
from mai_zk.compiler.yul import parse_contract
from mai_zk.errors import ZkError
from mai_zk.field import encode_words, keccak256
from mai_zk.isa import encode_code
from mai_zk.keyprogram import NO_UNIT_POINT, KeyProgram, Parts, pack_header

UNKNOWN_CIRCUIT: Final = bytes(32)
# Lengths that are tried for values: longer ones need fewer hints, but a longer quotient.
LIMITS: Final = (768, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3840)
MAX_ARTIFACT_BYTES: Final = 16 * 1024 * 1024  # EZKL's largest verifiers have under one megabyte


def compile_artifact(path: Path | str, parts: Parts | None = None, circuit: bytes = UNKNOWN_CIRCUIT) -> KeyProgram:
    """Compile EZKL's verifier artifact, or read a key program file; ZkError if the file is neither.

    `parts` says which instances and commitment points are input, params and output (None if unknown); `circuit` is the
    32-byte digest of the circuit, which the key program records.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_ARTIFACT_BYTES + 1)
    except OSError as error:
        raise ZkError(f"The verifier artifact {path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_ARTIFACT_BYTES:
        raise ZkError(f"{path} is too large for a verifier artifact.")
    if data[:4] == b"MAK2":
        return KeyProgram.from_bytes(data)
    if is_vka(data):
        return compile_vka(data, parts, circuit)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ZkError(
            f"{path} is neither EZKL's Solidity verifier nor its VKA file; make one with "
            "ezkl.create_evm_verifier(..., reusable=False) or ezkl.create_evm_vka."
        ) from None
    return compile_solidity(text, parts, circuit)


def compile_vka(data: bytes, parts: Parts | None = None, circuit: bytes = UNKNOWN_CIRCUIT) -> KeyProgram:
    """Compile the VKA file that `ezkl.create_evm_vka` writes (see `mai_zk.compiler.reusable`)."""
    return compile_trace(trace_vka(data), parts, circuit)


def compile_solidity(text: str, parts: Parts | None = None, circuit: bytes = UNKNOWN_CIRCUIT) -> KeyProgram:
    """Compile the Solidity verifier that `ezkl.create_evm_verifier(..., reusable=False)` writes.

    ZkError if the text is not such a verifier or uses anything that the compiler does not know.
    """
    source = parse_contract(text)
    if "vka" in source.parameters or "vk" in source.parameters.replace("_", " ").split():
        raise ZkError(
            "This is EZKL's reusable verifier, which holds no circuit; "
            "give the circuit's own verifier (create_evm_verifier with reusable=False) or its VKA file."
        )
    graph = Graph(keccak256(text.encode()))
    return compile_trace(Executor(source, Layout.FIXED, graph).run(), parts, circuit)


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


def compile_trace(trace: Trace, parts: Parts | None, circuit: bytes = UNKNOWN_CIRCUIT) -> KeyProgram:
    """A checked key program of an executed verifier."""
    try:
        return _compile_trace(canonical(trace), parts, circuit)
    except RecursionError:
        raise ZkError("The verifier's sums are nested too deeply; the file is damaged.") from None


def _compile_trace(trace: Trace, parts: Parts | None, circuit: bytes) -> KeyProgram:
    shape = read_shape(trace.squeezes)
    check_required(trace, shape)
    if trace.right != Leaf(Origin.PROOF, offset=32 * shape.point_words[-1]):
        raise ZkError("The verifier's pairing does not end with the proof's last point.")
    n_challenges = sum(s.challenges for s in trace.squeezes)
    planned = plan(trace.graph, collect_terms(trace.graph, trace.left), shape, n_challenges)
    code = min((generate(planned, n_challenges, limit) for limit in LIMITS), key=lambda c: c.cost)
    program = assemble(trace, shape, planned, code, parts, circuit)
    check_against_source(program, trace.graph, trace.left, list(shape.evaluations), n_challenges)
    return program


@dataclass(frozen=True)
class Plan:
    """The curve sum's points, the point without a scalar, and cheap expressions and cells for all scalars."""

    terms: Terms
    unit_point: int
    rewriter: Rewriter
    nodes: list[Node]
    lowering: Lowering
    cells: list[Cell]


def plan(graph: Graph, terms: Terms, shape: Shape, n_challenges: int) -> Plan:
    """Plan the scalars; ZkError if the sum leaves a point of the proof, an evaluation or an instance out."""
    offsets = [32 * word for word in shape.point_words]
    if not set(terms.proof) <= set(offsets):
        raise ZkError("The verifier adds something that is not a point of the proof; the file is damaged.")
    coefficients = [terms.proof.get(offset, graph.const(0)) for offset in offsets]
    if any(c.is_const(0) for c in coefficients[:-1]):
        raise ZkError("The verifier leaves a point of the proof out of its sum; the file is damaged.")
    unit = next((i for i, c in enumerate(coefficients) if c.is_const(1)), NO_UNIT_POINT)
    wanted = [c for _, c in terms.key.values()] + [c for i, c in enumerate(coefficients) if i != unit]
    rewriter = Rewriter(graph, n_challenges)
    roots = [rewriter.cheap(s) for s in wanted]
    nodes = reachable(roots)
    read = {n.value for n in nodes if n.kind is Kind.WORD}
    if read != set(shape.evaluations):
        raise ZkError("The verifier leaves an evaluation unread, or computes with a point's coordinates.")
    if {n.value for n in nodes if n.kind is Kind.INSTANCE} != set(range(shape.n_instances)):
        raise ZkError("The verifier leaves an instance unread.")
    lowering = Lowering(graph, roots, shape.evaluations)
    return Plan(terms, unit, rewriter, nodes, lowering, [lowering.cell(r) for r in roots])


def generate(planned: Plan, n_challenges: int, limit: int) -> FieldCode:
    """Field code that sets the scalars, with a mark after each stage; values have at most `limit` bits."""
    generator = Generator(planned.lowering.inverses, limit)
    generator.plan(planned.cells)
    for stage in stages(planned.nodes, planned.rewriter, n_challenges):
        for node in stage:
            cell = planned.lowering.made(node)
            if cell is not None and generator.planned(cell):
                generator.generate(cell)
        generator.mark()
    for index, cell in enumerate(planned.cells):
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


def assemble(
    trace: Trace, shape: Shape, planned: Plan, code: FieldCode, parts: Parts | None, circuit: bytes
) -> KeyProgram:
    """The bytes, checked as the program's own `from_bytes` and the bounds analysis do."""
    n_challenges = sum(s.challenges for s in trace.squeezes)
    sizes = [len(code.constants), n_challenges, shape.n_instances, len(shape.evaluations), code.n_hints]
    body = encode_code(code.instructions([*sizes, code.n_temporaries]))
    points = planned.terms.points
    counts = [
        shape.n_instances,
        len(shape.evaluations),
        len(code.constants),
        code.n_hints,
        sum(sizes) + code.n_temporaries,
        len(points),
        planned.unit_point,
        code.quotient_words,
    ]
    parts = parts or Parts()
    parts.check(shape.n_instances, shape.n_points)
    header = pack_header(counts, shape.phases, parts, len(body), trace.digest.to_bytes(32, "big"), circuit)
    blob = b"".join(
        [
            header,
            encode_words(code.constants),
            body,
            *(v.to_bytes(32, "big") for v in trace.neg_s_g2),
            *(p.to_bytes() for p in points),
        ]
    )
    program = KeyProgram.from_bytes(blob)
    check_bounds(program)
    return program
