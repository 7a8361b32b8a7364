"""A hash-consed graph of scalar-field expressions, with evaluation at pseudo-random points.

One `Graph` belongs to one compilation. Nodes are equal exactly if they are the same object.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mai_zk.errors import ZkError
from mai_zk.field import R, inverse, keccak256

N_SAMPLES: Final = 2


class Kind(Enum):
    """What a node is; the last six are leaves."""

    ADD = "add"
    SUB = "sub"
    NEG = "neg"
    MUL = "mul"
    INV = "inv"
    CONST = "const"
    CHALLENGE = "challenge"
    INSTANCE = "instance"
    WORD = "word"


COMMUTATIVE: Final = (Kind.ADD, Kind.MUL)


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """A node; `value` is a constant's value or a leaf's index (a WORD's index counts 32-byte words of the proof)."""

    id: int
    kind: Kind
    args: tuple[Node, ...]
    value: int

    def is_const(self, value: int | None = None) -> bool:
        """Whether this is a constant (with the given value mod r)."""
        return self.kind is Kind.CONST and (value is None or self.value == value % R)

    def __repr__(self) -> str:
        if not self.args:
            return f"{self.kind.value}:{self.value}"
        return f"{self.kind.value}({', '.join(map(repr, self.args))})"


class Graph:
    """Makes nodes; folds constants and the trivial identities of 0 and 1."""

    def __init__(self, seed: bytes) -> None:
        self.nodes: list[Node] = []
        self._index: dict[tuple[object, ...], Node] = {}
        self._powers: dict[int, dict[int, Node]] = {}
        self._seed = seed
        self._values: list[dict[int, int]] = [{} for _ in range(N_SAMPLES)]

    def _make(self, kind: Kind, args: tuple[Node, ...] = (), value: int = 0) -> Node:
        key = (kind, value, *(a.id for a in args))
        node = self._index.get(key)
        if node is None:
            node = self._index[key] = Node(len(self.nodes), kind, args, value)
            self.nodes.append(node)
        return node

    def const(self, value: int) -> Node:
        """The constant value mod r."""
        return self._make(Kind.CONST, (), value % R)

    def leaf(self, kind: Kind, index: int) -> Node:
        """A challenge, instance or word of the proof."""
        return self._make(kind, (), index)

    def add(self, a: Node, b: Node) -> Node:
        """a + b."""
        if a.is_const() and b.is_const():
            return self.const(a.value + b.value)
        if a.is_const(0):
            return b
        if b.is_const(0):
            return a
        return self._make(Kind.ADD, (a, b) if a.id < b.id else (b, a))

    def sub(self, a: Node, b: Node) -> Node:
        """a - b."""
        if a is b:
            return self.const(0)
        if b.is_const():
            return self.add(a, self.const(-b.value))
        if a.is_const(0):
            return self.neg(b)
        return self._make(Kind.SUB, (a, b))

    def neg(self, a: Node) -> Node:
        """-a."""
        if a.is_const():
            return self.const(-a.value)
        return a.args[0] if a.kind is Kind.NEG else self._make(Kind.NEG, (a,))

    def mul(self, a: Node, b: Node) -> Node:
        """a * b."""
        if a.is_const() and b.is_const():
            return self.const(a.value * b.value)
        for x, y in ((a, b), (b, a)):
            if x.is_const(0) or y.is_const(1):
                return x
            if x.is_const(-1):
                return self.neg(y)
        return self._make(Kind.MUL, (a, b) if a.id < b.id else (b, a))

    def inv(self, a: Node) -> Node:
        """1 / a."""
        if a.is_const(0):
            raise ZkError("The verifier inverts the constant zero; the file is damaged.")
        if a.is_const():
            return self.const(inverse(a.value))
        return a.args[0] if a.kind is Kind.INV else self._make(Kind.INV, (a,))

    def power(self, base: Node, exponent: int) -> Node:
        """base ** exponent, exponent >= 0, from powers that exist already where two of them suffice."""
        if exponent == 0:
            return self.const(1)
        known = self._powers.setdefault(base.id, {1: base})
        if exponent not in known:
            pair = next((e for e in known if exponent - e in known), None)
            low = exponent // 2 if pair is None else pair
            known[exponent] = self.mul(self.power(base, low), self.power(base, exponent - low))
        return known[exponent]

    def samples(self, node: Node) -> tuple[int, ...]:
        """The node's value at fixed pseudo-random points, one for each sample."""
        return tuple(self._evaluate(node, i) for i in range(N_SAMPLES))

    def same(self, a: Node, b: Node) -> bool:
        """Whether a and b agree at all sample points (equal rational functions, but for a negligible chance)."""
        return self.samples(a) == self.samples(b)

    def _evaluate(self, root: Node, sample: int) -> int:
        known = self._values[sample]
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in known:
                stack.pop()
                continue
            missing = [a for a in node.args if a.id not in known]
            if missing:
                stack.extend(missing)
                continue
            known[node.id] = self._apply(node, [known[a.id] for a in node.args], sample) % R
            stack.pop()
        return known[root.id]

    def _apply(self, node: Node, args: list[int], sample: int) -> int:
        match node.kind:
            case Kind.CONST:
                return node.value
            case Kind.ADD:
                return args[0] + args[1]
            case Kind.SUB:
                return args[0] - args[1]
            case Kind.NEG:
                return -args[0]
            case Kind.MUL:
                return args[0] * args[1]
            case Kind.INV:
                if args[0] == 0:
                    raise ZkError("The verifier inverts a value that is always zero; the file is damaged.")
                return inverse(args[0])
        label = f"{node.kind.value}:{node.value}:{sample}".encode()
        return int.from_bytes(keccak256(self._seed + label), "big")
