"""Lowers expressions to machine cells: sums of products are taken together, negative terms are grouped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.compiler.machinecode import Cell, Cells, Space
from mai_zk.errors import ZkError

_SUMS: Final = (Kind.ADD, Kind.SUB, Kind.NEG)


@dataclass(frozen=True)
class Term:
    """A signed term of a sum: a value, or a product that can be fused into the sum."""

    negative: bool
    factors: tuple[Node, ...]


def reachable(roots: Sequence[Node]) -> list[Node]:
    """All nodes below the roots, arguments first."""
    seen: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id not in seen:
            seen[node.id] = node
            stack.extend(node.args)
    return [seen[i] for i in sorted(seen)]


class Lowering:
    """The cells of all roots; `inverses` are the cells of inverses and what they invert."""

    def __init__(self, graph: Graph, roots: Sequence[Node], evaluations: Mapping[int, int]) -> None:
        self.graph = graph
        self.evaluations = evaluations
        self.cells = Cells()
        self.inverses: dict[int, Cell] = {}
        self.order = reachable(roots)
        self._cells: dict[int, Cell] = {}
        self._negated: dict[int, Cell] = {}
        self._uses = Counter(a.id for n in self.order for a in n.args)
        self._uses.update(r.id for r in roots)
        self._terms: dict[int, list[Term]] = {}
        inner = self._inner_nodes()
        for node in self.order:
            if node.id not in inner and not node.is_const():
                self.cell(node)

    def _inner_nodes(self) -> set[int]:
        """Nodes that disappear into the sum that uses them."""
        inner: set[int] = set()
        for node in reversed(self.order):
            if node.kind in _SUMS and node.id not in inner:
                self._terms[node.id] = self._collect(node, False, inner)
        return inner

    def _collect(self, node: Node, negative: bool, inner: set[int]) -> list[Term]:
        """The terms of a sum; single-use sums and products below it are taken apart."""
        flips = {Kind.ADD: (False, False), Kind.SUB: (False, True), Kind.NEG: (True,)}[node.kind]
        terms: list[Term] = []
        for arg, flip in zip(node.args, flips, strict=True):
            sign = negative != flip
            single = self._uses[arg.id] == 1
            if single and arg.kind in _SUMS:
                inner.add(arg.id)
                terms += self._collect(arg, sign, inner)
            elif single and arg.kind is Kind.MUL:
                inner.add(arg.id)
                terms.append(Term(sign, arg.args))
            else:
                terms.append(Term(sign, (arg,)))
        return terms

    # -- values ---------------------------------------------------------------------------------------------------

    def cell(self, node: Node) -> Cell:
        """The node's cell."""
        if node.id not in self._cells:
            self._cells[node.id] = self._lower(node)
        return self._cells[node.id]

    def made(self, node: Node) -> Cell | None:
        """The node's cell; None if the node disappeared into a sum."""
        return self._cells.get(node.id)

    def _lower(self, node: Node) -> Cell:
        match node.kind:
            case Kind.CONST:
                return self.cells.constant(node.value)
            case Kind.CHALLENGE:
                return self.cells.leaf(Space.CHALLENGE, node.value)
            case Kind.INSTANCE:
                return self.cells.leaf(Space.INSTANCE, node.value)
            case Kind.WORD:
                if node.value not in self.evaluations:
                    raise ZkError("The verifier computes with a point's coordinate as if it were an evaluation.")
                return self.cells.leaf(Space.EVALUATION, self.evaluations[node.value])
            case Kind.INV:
                argument = self.cell(node.args[0])
                made = self.cells.leaf(Space.HINT, len(self.inverses))
                self.inverses[made.id] = argument
                return made
            case Kind.MUL:
                a, b = node.args
                return self.cells.total([(self.cell(a), self.cell(b))], [], [])
        return self._build(self._terms[node.id])

    # -- sums -----------------------------------------------------------------------------------------------------

    def _build(self, terms: Sequence[Term]) -> Cell:
        """The sum; negative products get a negated factor where that is free, else they are subtracted as one."""
        constant = 0
        plus: list[Cell] = []
        minus: list[Cell] = []
        products: list[tuple[Cell, Cell]] = []
        negatives: list[tuple[Cell, Cell]] = []
        for term in terms:
            if len(term.factors) == 1 and term.factors[0].is_const():
                constant += -term.factors[0].value if term.negative else term.factors[0].value
            elif len(term.factors) == 1:
                (minus if term.negative else plus).append(self.cell(term.factors[0]))
            else:
                a, b = term.factors
                free = self._free_negation(a, b) if term.negative else None
                if free is not None:
                    products.append(free)
                else:
                    (negatives if term.negative else products).append((self.cell(a), self.cell(b)))
        if constant:
            plus.append(self.cells.constant(constant))
        if negatives and not products and not plus and len(negatives) == 1:
            minus.append(self.cells.total(negatives, [], []))
        elif negatives or len(minus) > 1:
            minus = [self.cells.total(negatives, minus, [])]
        if minus and not products and not plus:
            plus.append(self.cells.constant(0))
        return self.cells.total(products, plus, minus)

    def _free_negation(self, a: Node, b: Node) -> tuple[Cell, Cell] | None:
        """The factors of -a*b, if one of them can be negated at no cost."""
        for x, y in ((a, b), (b, a)):
            if x.is_const():
                return self.cells.constant(-x.value), self.cell(y)
            if x.kind in _SUMS and self._uses[x.id] == 1:
                return self._negative(x), self.cell(y)
        return None

    def _negative(self, node: Node) -> Cell:
        """The negative of a sum that is used here alone."""
        if node.id not in self._negated:
            self._negated[node.id] = self._build([Term(not t.negative, t.factors) for t in self._terms[node.id]])
        return self._negated[node.id]
