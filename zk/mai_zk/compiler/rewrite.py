"""Rewrites the source's field expressions into cheap ones; each result is compared with its source at random points.

The verifier has three regions, told apart by the challenges that a value depends on: the base (Lagrange values and
terms of the constraints), the quotient (a polynomial in y over base terms), and the opening (values that depend on
zeta, nu or mu; linear in the evaluations).
"""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum

from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.compiler.ring import Emitter, Monomial, Poly, Ring, invert, monomial, plus, scaled, times
from mai_zk.errors import ZkError
from mai_zk.field import inverse


class Region(IntEnum):
    """Where a node belongs; a node is in the highest region of its arguments."""

    BASE = 0
    QUOTIENT = 1
    OPENING = 2


class Rewriter:
    """Rewrites roots of one trace; `n_challenges` counts all challenges: the last are y, x, zeta, nu, mu."""

    def __init__(self, graph: Graph, n_challenges: int) -> None:
        self.graph = graph
        self.ring = Ring(graph)
        self.emitter = Emitter(self.ring)
        self.y = graph.leaf(Kind.CHALLENGE, n_challenges - 5)
        self.zeta = graph.leaf(Kind.CHALLENGE, n_challenges - 3)
        self._first_opening = n_challenges - 3
        self._regions: list[Region] = []
        self._polys: dict[int, Poly] = {}
        self._quotient: dict[int, Node] = {}

    # -- polynomials of source nodes ------------------------------------------------------------------------------

    def region(self, node: Node) -> Region:
        """The node's region."""
        for n in self.graph.nodes[len(self._regions) :]:
            own = Region.BASE
            if n is self.y:
                own = Region.QUOTIENT
            elif n.kind is Kind.CHALLENGE and n.value >= self._first_opening:
                own = Region.OPENING
            self._regions.append(max([own, *(self._regions[a.id] for a in n.args)]))
        return self._regions[node.id]

    def poly(self, root: Node) -> Poly:
        """The root as a polynomial; a quotient value inside the opening is one factor."""
        self.region(root)
        stack = [root]
        while stack:
            node = stack[-1]
            missing = [a for a in node.args if a.id not in self._polys]
            if node.id in self._polys or not missing:
                stack.pop()
                if node.id not in self._polys:
                    self._polys[node.id] = self._make_poly(node)
            else:
                stack.extend(missing)
        return self._polys[root.id]

    def _operand(self, node: Node, region: Region) -> Poly:
        """An argument's polynomial as its user sees it."""
        if region is Region.OPENING and self.region(node) is Region.QUOTIENT:
            return self.ring.factor(node)
        return self._polys[node.id]

    def _make_poly(self, node: Node) -> Poly:
        region = self.region(node)
        if node.kind is Kind.CONST:
            return plus({(): node.value})
        if not node.args:
            return self.ring.factor(node)
        args = [self._operand(a, region) for a in node.args]
        match node.kind:
            case Kind.ADD:
                return plus(*(self.ring.inline(a) for a in args))
            case Kind.SUB:
                return plus(self.ring.inline(args[0]), scaled(self.ring.inline(args[1]), -1))
            case Kind.NEG:
                return scaled(args[0], -1)
            case Kind.INV:
                return self.ring.reciprocal(args[0])
        distribute = region is not Region.BASE and any(self._is_linear_part(a, region) for a in args)
        return self.ring.multiply(args[0], args[1], distribute)

    def _is_linear_part(self, poly: Poly, region: Region) -> bool:
        """Whether a sum must stay a sum: it contains y (quotient) or evaluations (opening)."""
        if len(poly) < 2:
            return False
        nodes = (self.graph.nodes[f] for m in poly for f, _ in m)
        if region is Region.QUOTIENT:
            return any(n is self.y for n in nodes)
        return any(n.kind is Kind.WORD or self.region(n) is Region.QUOTIENT for n in nodes)

    # -- cheap expressions ----------------------------------------------------------------------------------------

    def cheap(self, root: Node) -> Node:
        """A cheap node equal to a root of the opening; ZkError if the check at random points fails."""
        poly = self.poly(root)
        groups: dict[Monomial, Poly] = defaultdict(dict)
        rest: Poly = {}
        for m, c in poly.items():
            linear = [f for f, e in m if e == 1 and self._is_evaluation(f)]
            if len(linear) != 1:
                rest[m] = c
                continue
            inner = monomial({f: e for f, e in m if f in (linear[0], self.zeta.id)})
            groups[times(m, invert(inner))][inner] = c
        outer: list[Poly] = [rest]
        for cofactor, group in sorted(groups.items()):
            unit = next(iter(group.values())) if len(set(group.values())) == 1 else 1
            node = self.emitter.emit(self._with_quotients(scaled(group, inverse(unit))), self.zeta)
            outer.append({times(cofactor, ((node.id, 1),)): unit})
        return self._checked(root, self.emitter.emit(plus(*outer)))

    def _is_evaluation(self, factor: int) -> bool:
        node = self.graph.nodes[factor]
        return node.kind is Kind.WORD or self.region(node) is Region.QUOTIENT

    def _with_quotients(self, poly: Poly) -> Poly:
        """Replace quotient values by their cheap nodes."""
        total: Poly = {}
        for m, c in poly.items():
            swapped = {}
            for f, e in m:
                node = self.graph.nodes[f]
                swapped[self.quotient(node).id if self.region(node) is Region.QUOTIENT else f] = e
            total = plus(total, {monomial(swapped): c})
        return total

    def quotient(self, root: Node) -> Node:
        """A cheap node equal to the quotient's value."""
        if root.id not in self._quotient:
            poly = self._share_selectors(self.poly(root))
            self._quotient[root.id] = self._checked(root, self.emitter.emit(poly, self.y))
        return self._quotient[root.id]

    def _share_selectors(self, poly: Poly) -> Poly:
        """Pull out multipliers that several evaluations have in common, as (y*l_0 + l_last) of all lookups."""
        by_word: dict[int, Poly] = defaultdict(dict)
        for m, c in poly.items():
            words = [f for f, e in m if e == 1 and self.graph.nodes[f].kind is Kind.WORD]
            if len(words) == 1:
                by_word[words[0]][m] = c
        shapes: dict[tuple[tuple[Monomial, int], ...], list[tuple[int, int]]] = defaultdict(list)
        for word, group in by_word.items():
            low = min(dict(m).get(self.y.id, 0) for m in group)
            bare = scaled(group, 1, monomial({word: -1, self.y.id: -low}))
            if len(bare) > 1:
                shapes[tuple(sorted(bare.items()))].append((word, low))
        for shape, uses in shapes.items():
            if len(uses) > 1:
                shared = self._checked_factor(dict(shape))
                for word, low in uses:
                    poly = {m: c for m, c in poly.items() if m not in by_word[word]}
                    poly = plus(poly, {monomial({shared: 1, word: 1, self.y.id: low}): 1})
        return poly

    def _checked_factor(self, poly: Poly) -> int:
        node = self.emitter.emit(poly, self.y)
        return self._checked(self.ring.plain_sum(poly), node).id

    def _checked(self, source: Node, result: Node) -> Node:
        if not self.graph.same(source, result):
            raise ZkError("The compiler's rewriting changed a value; this is a bug, please report the verifier file.")
        return result
