"""Laurent polynomials over graph nodes, and cheap expressions for them.

A polynomial maps monomials to coefficients; a monomial is a sorted tuple of (factor's node id, exponent). Factors are
leaves of the graph or sums ("wrapped" polynomials, kept as one factor with a canonical sign), so that products of
sums stay products. Inverses are negative exponents.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.errors import ZkError
from mai_zk.field import R, inverse

Monomial = tuple[tuple[int, int], ...]
Poly = dict[Monomial, int]
ONE: Monomial = ()
BLOCK = 4  # the most products that one instruction sums
MAX_EXPANSION = 4096


def monomial(exponents: dict[int, int]) -> Monomial:
    """The canonical monomial of a factor -> exponent map."""
    return tuple(sorted((f, e) for f, e in exponents.items() if e))


def times(a: Monomial, b: Monomial) -> Monomial:
    """a * b."""
    exponents = dict(a)
    for factor, e in b:
        exponents[factor] = exponents.get(factor, 0) + e
    return monomial(exponents)


def invert(a: Monomial) -> Monomial:
    """1 / a."""
    return tuple((f, -e) for f, e in a)


def plus(*polys: Poly) -> Poly:
    """The sum of polynomials, without zero terms."""
    total: Poly = {}
    for poly in polys:
        for m, c in poly.items():
            total[m] = (total.get(m, 0) + c) % R
    return {m: c for m, c in total.items() if c}


def scaled(poly: Poly, coefficient: int, by: Monomial = ONE) -> Poly:
    """coefficient * by * poly."""
    return {times(m, by): c * coefficient % R for m, c in poly.items()}


def content(poly: Poly) -> Monomial:
    """The common factor of all terms: a factor counts only if every term has it with the same sign of exponent."""
    exponents = [dict(m) for m in poly]
    shared: dict[int, int] = {}
    for f in {f for e in exponents for f in e}:
        found = [e.get(f, 0) for e in exponents]
        shared[f] = max(0, min(found)) + min(0, max(found))
    return monomial(shared)


def denominator(poly: Poly) -> Monomial:
    """The inverse of the terms' common denominator, times their common factor."""
    exponents = [dict(m) for m in poly]
    factors = {f for e in exponents for f in e}
    return monomial({f: min(e.get(f, 0) for e in exponents) for f in factors})


class Ring:
    """Polynomials over one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.sums: dict[int, Poly] = {}  # factor id -> the sum it stands for

    def factor(self, node: Node) -> Poly:
        """A node as one factor."""
        return {((node.id, 1),): 1}

    def inline(self, poly: Poly) -> Poly:
        """Replace terms that are a bare wrapped sum by that sum's terms."""
        total: Poly = {}
        for m, c in poly.items():
            bare = self.sums.get(m[0][0]) if len(m) == 1 and m[0][1] == 1 else None
            total = plus(total, {m: c} if bare is None else scaled(bare, c))
        return total

    def wrap(self, poly: Poly) -> tuple[int, Monomial]:
        """A polynomial as (coefficient, monomial): sums become one factor."""
        poly = self.inline(poly)
        if not poly:
            return 0, ONE
        common = content(poly)
        poly = self.inline(scaled(poly, 1, invert(common)))
        if len(poly) == 1:
            ((m, c),) = poly.items()
            return c, times(m, common)
        lead = poly[max(poly)]
        same = len({min(c, R - c) for c in poly.values()}) == 1
        unit = lead if same else (R - 1 if lead > R // 2 else 1)
        poly = scaled(poly, inverse(unit))
        node = self.plain_sum(poly)
        self.sums.setdefault(node.id, poly)
        return unit, times(((node.id, 1),), common)

    def multiply(self, a: Poly, b: Poly, distribute: bool = False) -> Poly:
        """a * b; sums are wrapped, except that `distribute` multiplies a single term into a sum."""
        if distribute and (len(a) == 1 or len(b) == 1):
            single, other = (a, b) if len(a) == 1 else (b, a)
            ((m, c),) = single.items()
            return scaled(other, c, m)
        (ca, ma), (cb, mb) = self.wrap(a), self.wrap(b)
        return plus({times(ma, mb): ca * cb % R})

    def reciprocal(self, a: Poly) -> Poly:
        """1 / a; a sum whose expansion is a single term (barycentric weights) becomes that term's inverse."""
        if not a:
            raise ZkError("The verifier inverts a value that is always zero; the file is damaged.")
        common = denominator(a)
        expanded = self.expand(scaled(a, 1, invert(common)))
        if len(expanded) == 1:
            ((m, c),) = expanded.items()
            return {invert(times(m, common)): inverse(c)}
        c, m = self.wrap(a)
        return {invert(m): inverse(c)}

    def expand(self, poly: Poly) -> Poly:
        """Multiply out wrapped sums with positive exponents (up to a size limit)."""
        total: Poly = {}
        for m, c in poly.items():
            product: Poly = {ONE: c}
            for f, e in m:
                inner = self.sums.get(f)
                if inner is None or e < 0:
                    product = scaled(product, 1, ((f, e),))
                    continue
                for _ in range(e):
                    product = plus(*(scaled(product, k, n) for n, k in inner.items()))
                    if len(product) > MAX_EXPANSION:
                        return poly
            total = plus(total, product)
        return total

    # -- expressions ----------------------------------------------------------------------------------------------

    def plain_sum(self, poly: Poly) -> Node:
        """The polynomial as a node, term by term: a canonical name for a factor, not a cheap expression."""
        total = self.graph.const(0)
        for m in sorted(poly):
            total = self.graph.add(total, self.product(m, poly[m]))
        return total

    def product(self, m: Monomial, coefficient: int = 1) -> Node:
        """A term as a node."""
        result = self.graph.const(1)
        for f, e in m:
            base = self.graph.nodes[f]
            if e < 0:
                base = self.graph.inv(base)
            result = self.graph.mul(result, self.graph.power(base, abs(e)))
        return self.graph.mul(self.graph.const(coefficient), result)


class Emitter:
    """Turns polynomials into cheap nodes: common factors out, powers of one variable by Horner's rule."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.graph = ring.graph
        self._cheap: dict[int, Node] = {}

    def factor_node(self, factor: int) -> Node:
        """A factor's cheap expression."""
        if factor not in self._cheap:
            poly = self.ring.sums.get(factor)
            self._cheap[factor] = self.graph.nodes[factor] if poly is None else self.emit(poly)
        return self._cheap[factor]

    def power(self, factor: int, exponent: int) -> Node:
        """factor ** exponent; a negative one is a power of a hint."""
        base = self.factor_node(factor)
        return self.graph.power(self.graph.inv(base) if exponent < 0 else base, abs(exponent))

    def product(self, m: Monomial, coefficient: int = 1) -> Node:
        """A term as a node."""
        result = self.graph.const(1)
        for f, e in sorted(m, key=self._order):
            result = self.graph.mul(result, self.power(f, e))
        return self.graph.mul(self.graph.const(coefficient), result)

    def _order(self, item: tuple[int, int]) -> tuple[int, int]:
        """Challenges first, so that terms share prefixes."""
        node = self.graph.nodes[item[0]]
        return (0 if node.kind is Kind.CHALLENGE else 1, node.id)

    def emit(self, poly: Poly, variable: Node | None = None) -> Node:
        """The polynomial as a node; `variable` is the one whose powers are summed by Horner's rule."""
        low, node = self._emit(barycentric(self.ring, poly), variable)
        return self.graph.mul(node, self.graph.power(variable, low)) if variable is not None and low else node

    def _emit(self, poly: Poly, variable: Node | None) -> tuple[int, Node]:
        """(k, node) with poly = variable^k * node."""
        if not poly:
            return 0, self.graph.const(0)
        low, items = 0, []
        common = monomial({f: e for f, e in content(poly) if variable is None or f != variable.id})
        unit = _common_unit(poly)
        rest = scaled(poly, inverse(unit), invert(common))
        while (shared := _most_shared(rest, variable)) is not None:
            group = {m: c for m, c in rest.items() if dict(m).get(shared[0], 0) * shared[1] > 0}
            rest = {m: c for m, c in rest.items() if m not in group}
            power, node = self._emit(scaled(group, 1, ((shared[0], -shared[1]),)), variable)
            items.append((power, self.graph.mul(self.power(*shared), node)))
        for m, c in rest.items():
            exponent = dict(m).get(variable.id, 0) if variable is not None else 0
            plain = monomial({f: e for f, e in m if variable is None or f != variable.id})
            items.append((exponent, self.product(plain, c)))
        if variable is not None:
            low = min(p for p, _ in items)
        total = horner(self.graph, variable, [(p - low, n) for p, n in items])
        return low, self.graph.mul(total, self.product(common, unit))


def _common_unit(poly: Poly) -> int:
    """The coefficient (up to sign) that all terms share, else 1 or -1 for the sign of most terms."""
    values = list(poly.values())
    if len({min(c, R - c) for c in values}) == 1 and min(values[0], R - values[0]) != 1:
        return values[0]
    return R - 1 if all(c > R // 2 for c in values) else 1


def _most_shared(poly: Poly, variable: Node | None) -> tuple[int, int] | None:
    """The (factor, sign of exponent) in most terms, if in two or more."""
    counts = Counter((f, 1 if e > 0 else -1) for m in poly for f, e in m if variable is None or f != variable.id)
    best = max(counts.items(), key=lambda item: (item[1], -item[0][0], item[0][1]), default=None)
    return best[0] if best is not None and best[1] > 1 else None


def barycentric(ring: Ring, poly: Poly) -> Poly:
    """Rewrite c*m/(v - w) as (c/w) * m * (v/(v - w) - 1) where that makes the coefficients of several terms equal."""
    found: dict[Monomial, tuple[int, Monomial, int]] = {}
    for m, c in poly.items():
        for f, e in m:
            split = _linear_root(ring.sums.get(f, {}))
            if e == -1 and split is not None:
                variable, root = split
                found[m] = (c * inverse(root) % R, times(m, ((variable, 1),)), f)
    ratios = {min(r, R - r) for r, _, _ in found.values()}
    if len(found) < 2 or len(ratios) != 1:
        return poly
    rest = {m: c for m, c in poly.items() if m not in found}
    pieces: list[Poly] = [rest]
    for m, (ratio, with_variable, f) in found.items():
        pieces.append({with_variable: ratio, times(m, ((f, 1),)): R - ratio})
    return plus(*pieces)


def _linear_root(poly: Poly) -> tuple[int, int] | None:
    """(variable, w) if the sum is variable - w with a constant w."""
    if len(poly) != 2 or ONE not in poly:
        return None
    (m, c) = next((m, c) for m, c in poly.items() if m != ONE)
    return (m[0][0], -poly[ONE] % R) if c == 1 and len(m) == 1 and m[0][1] == 1 else None


def horner(graph: Graph, variable: Node | None, items: Iterable[tuple[int, Node]]) -> Node:
    """The sum of variable^k * node over items (k, node)."""
    by_power: dict[int, Node] = {}
    for power, node in items:
        by_power[power] = graph.add(by_power[power], node) if power in by_power else node
    powers = sorted(by_power, reverse=True)
    if variable is None or len(powers) == 1:
        return by_power[powers[0]]
    plain = sum(by_power[p].kind is not Kind.MUL for p in powers)
    step = _stride(powers)
    if step is not None and plain * 2 >= len(powers) and len(powers) > BLOCK:
        return _blocks(graph, graph.power(variable, step), [by_power[p] for p in powers])
    total = by_power[powers[0]]
    for previous, power in itertools.pairwise(powers):
        total = graph.add(graph.mul(total, graph.power(variable, previous - power)), by_power[power])
    return total


def _stride(powers: Sequence[int]) -> int | None:
    """The common difference of descending powers that end at zero."""
    steps = {a - b for a, b in itertools.pairwise(powers)}
    return steps.pop() if len(steps) == 1 and powers[-1] == 0 else None


def _blocks(graph: Graph, variable: Node, descending: Sequence[Node]) -> Node:
    """Horner's rule, four powers at a time: the sums of four products cost one reduction."""
    total, rest = descending[0], list(descending[1:])
    while rest:
        size = len(rest) % BLOCK or BLOCK
        block, rest = rest[:size], rest[size:]
        total = graph.mul(total, graph.power(variable, size))
        for i, node in enumerate(block):
            total = graph.add(total, graph.mul(node, graph.power(variable, size - 1 - i)))
    return total
