"""Lowers expressions to machine cells and decides where Montgomery factors go.

A cell of weight w holds value * R^w mod r. Evaluations and instances have weight 0, challenges 1; a product of
weights a and b has a + b - 1; the terms of a sum must agree. Constants take any weight, hints the one that makes
their check come out, so that few conversions (multiplications by a power of R) are left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.compiler.machinecode import Cell, Cells, Space
from mai_zk.errors import ZkError

CONVERSION: Final = 583.0
_SUMS: Final = (Kind.ADD, Kind.SUB, Kind.NEG)


@dataclass(frozen=True)
class Term:
    """A signed term of a sum: a value, or a product that can be fused into the sum."""

    negative: bool
    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Hint:
    """An inverse that the client supplies, and the cell that it is checked against."""

    cell: Cell
    argument: Cell


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
    """One lowering of all roots; `choices` overrides the weights of sums by node id."""

    def __init__(
        self, graph: Graph, roots: Sequence[Node], evaluations: Mapping[int, int], choices: Mapping[int, int]
    ) -> None:
        self.graph = graph
        self.evaluations = evaluations
        self.choices = choices
        self.cells = Cells()
        self.hints: list[Hint] = []
        self.weights: dict[int, int] = {}
        self.alternatives: dict[int, set[int]] = defaultdict(set)  # sum -> weights that would avoid a conversion
        self._natural: dict[int, Cell] = {}
        self._converted: dict[tuple[int, int], Cell] = {}
        self._negated: dict[tuple[int, int], Cell] = {}
        self.order = reachable(roots)
        self._uses = Counter(a.id for n in self.order for a in n.args)
        self._uses.update(r.id for r in roots)
        self._terms: dict[int, list[Term]] = {}
        self._pure = self._pure_nodes()
        inner = self._inner_nodes()
        for node in self.order:
            if node.id not in inner and not node.is_const():
                self._lower(node)

    def _pure_nodes(self) -> set[int]:
        """Challenges and their products: conversions of these are shared by many terms."""
        pure: set[int] = set()
        for node in self.order:
            if node.kind is Kind.CHALLENGE or (node.kind is Kind.MUL and all(a.id in pure for a in node.args)):
                pure.add(node.id)
        return pure

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

    def value(self, node: Node, weight: int | None = None) -> Cell:
        """The node's cell at a weight (its natural one if None)."""
        if node.is_const():
            return self.cells.constant(node.value, 1 if weight is None else weight)
        if node.id not in self._natural:
            self._lower(node)
        natural = self.weights[node.id]
        if weight is None or weight == natural:
            return self._natural[node.id]
        key = (node.id, weight)
        if key not in self._converted:
            if node.kind in _SUMS:
                self.alternatives[node.id].add(weight)
            constant, factor = self._split(node)
            if constant is not None:
                self._converted[key] = self._constant_product(constant, factor, weight)
            else:
                shift = self.cells.constant(1, weight - natural + 1)
                self._converted[key] = self.cells.total([(self._natural[node.id], shift)], [], [])
        return self._converted[key]

    def made(self, node: Node) -> Cell | None:
        """The node's natural cell; None if the node disappeared into a sum."""
        return self._natural.get(node.id)

    @staticmethod
    def _split(node: Node) -> tuple[Node | None, Node]:
        """(constant, other factor) of a product with a constant, else (None, node)."""
        if node.kind is Kind.MUL and node.args[0].is_const():
            return node.args[0], node.args[1]
        if node.kind is Kind.MUL and node.args[1].is_const():
            return node.args[1], node.args[0]
        return None, node

    def _constant_product(self, constant: Node, factor: Node, weight: int) -> Cell:
        cell = self.value(factor)
        shift = self.cells.constant(constant.value, weight - self.weights[factor.id] + 1)
        return self.cells.total([(cell, shift)], [], [])

    def _has(self, node: Node, weight: int) -> bool:
        return node.is_const() or self.weights[node.id] == weight or (node.id, weight) in self._converted

    def _lower(self, node: Node) -> None:
        """Make the node's natural cell."""
        match node.kind:
            case Kind.CHALLENGE:
                made, weight = self.cells.leaf(Space.CHALLENGE, node.value), 1
            case Kind.INSTANCE:
                made, weight = self.cells.leaf(Space.INSTANCE, node.value), 0
            case Kind.WORD:
                if node.value not in self.evaluations:
                    raise ZkError("The verifier computes with a point's coordinate as if it were an evaluation.")
                made, weight = self.cells.leaf(Space.EVALUATION, self.evaluations[node.value]), 0
            case Kind.INV:
                argument = self.value(node.args[0])
                made, weight = self.cells.leaf(Space.HINT, len(self.hints)), 2 - self.weights[node.args[0].id]
                self.hints.append(Hint(made, argument))
            case Kind.MUL:
                constant, factor = self._split(node)
                if constant is not None:
                    self.value(factor)
                    weight = self.choices.get(node.id, self.weights[factor.id])
                    made = self._constant_product(constant, factor, weight)
                else:
                    made, weight = self._product(node)
            case _:
                made, weight = self._sum(node)
        self._natural[node.id], self.weights[node.id] = made, weight

    def _product(self, node: Node) -> tuple[Cell, int]:
        a, b = (self.value(n) for n in node.args)
        return self.cells.total([(a, b)], [], []), sum(self.weights[n.id] for n in node.args) - 1

    # -- sums -----------------------------------------------------------------------------------------------------

    def _sum(self, node: Node) -> tuple[Cell, int]:
        terms = self._terms[node.id]
        for term in terms:
            for factor in term.factors:
                if not factor.is_const():
                    self.value(factor)
        weight = self.choices.get(node.id)
        wanted = {w for t in terms if (w := self._term_weight(t)) is not None}
        if weight is None:
            weight = min(sorted(wanted, reverse=True) or [1], key=lambda w: sum(self._price(t, w) for t in terms))
        self.alternatives[node.id] |= wanted - {weight}
        return self._build(terms, weight), weight

    def _term_weight(self, term: Term) -> int | None:
        """The weight at which a term needs no conversion; None if any does."""
        if any(f.is_const() for f in term.factors):
            return None
        return sum(self.weights[f.id] for f in term.factors) - len(term.factors) + 1

    def _price(self, term: Term, weight: int) -> float:
        """The expected cost of having a term at a weight."""
        natural = self._term_weight(term)
        if natural is None or natural == weight:
            return 0.0
        return min(self._conversion_price(f, self.weights[f.id] + weight - natural) for f in term.factors)

    def _conversion_price(self, node: Node, weight: int) -> float:
        if self._has(node, weight):
            return 0.0
        if self._split(node)[0] is not None and self._uses[node.id] == 1:
            return 0.0
        return CONVERSION * (0.3 if node.id in self._pure else 1.0 / min(self._uses[node.id], 3))

    def _build(self, terms: Sequence[Term], weight: int) -> Cell:
        """The sum at a weight; negative products get a negated factor where that is cheap."""
        constant = 0
        plus: list[Cell] = []
        minus: list[Cell] = []
        products: list[tuple[Cell, Cell]] = []
        negatives: list[tuple[Node, ...]] = []
        for term in terms:
            if len(term.factors) == 1 and term.factors[0].is_const():
                constant += -term.factors[0].value if term.negative else term.factors[0].value
            elif len(term.factors) == 1:
                (minus if term.negative else plus).append(self.value(term.factors[0], weight))
            elif term.negative:
                negatives.append(term.factors)
            else:
                products.append(self._pair(term.factors, weight))
        fuse = bool(products) or all(self._negates_freely(f) for f in negatives)
        if negatives and fuse:
            products += [self._negative_pair(f, weight) for f in negatives]
        elif negatives:
            minus.append(self.cells.total([self._pair(f, weight) for f in negatives], [], []))
        if len(minus) > 2:  # adding is cheaper than subtracting
            minus = [self.cells.total([], minus, [])]
        addend = self.cells.constant(constant, weight)
        if addend.index:
            plus.append(addend)
        return self.cells.total(products, plus, minus)

    def _pair(self, factors: Sequence[Node], weight: int) -> tuple[Cell, Cell]:
        """A product's two cells such that the product has the weight."""
        a, b = factors
        if b.is_const():
            a, b = b, a
        if a.is_const():
            other = self.value(b)
            return self.cells.constant(a.value, weight - self.weights[b.id] + 1), other
        shift = weight - (self.weights[a.id] + self.weights[b.id] - 1)
        if shift and self._conversion_price(a, self.weights[a.id] + shift) > self._conversion_price(
            b, self.weights[b.id] + shift
        ):
            a, b = b, a
        return self.value(a, self.weights[a.id] + shift), self.value(b)

    def _negates_freely(self, factors: Sequence[Node]) -> bool:
        return any(f.is_const() or (f.kind in _SUMS and self._uses[f.id] == 1) for f in factors)

    def _negative_pair(self, factors: Sequence[Node], weight: int) -> tuple[Cell, Cell]:
        """A product's two cells, one of them negated."""
        a, b = factors
        for x, y in ((a, b), (b, a)):
            if x.is_const():
                return self._pair((self.graph.const(-x.value), y), weight)
        shift = weight - (self.weights[a.id] + self.weights[b.id] - 1)
        prices = {n.id: self._negation_price(n, self.weights[n.id] + shift) + (shift != 0) * 0.1 for n in (a, b)}
        if prices[b.id] < prices[a.id]:
            a, b = b, a
        return self._negative(a, self.weights[a.id] + shift), self.value(b)

    def _negation_price(self, node: Node, weight: int) -> float:
        if (node.id, weight) in self._negated:
            return 0.0
        base = self._conversion_price(node, weight)
        return base + (22.0 if node.kind in _SUMS and self._uses[node.id] == 1 else 61.0)

    def _negative(self, node: Node, weight: int) -> Cell:
        key = (node.id, weight)
        if key not in self._negated:
            if node.kind in _SUMS and self._uses[node.id] == 1:
                flipped = [Term(not t.negative, t.factors) for t in self._terms[node.id]]
                self._negated[key] = self._build(flipped, weight)
            else:
                self._negated[key] = self.cells.total([], [], [self.value(node, weight)])
        return self._negated[key]
