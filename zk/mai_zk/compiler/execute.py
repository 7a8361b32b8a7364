"""Symbolic execution of a verifier's Yul block: concrete control flow, symbolic field elements and points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mai_zk.compiler import yul
from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.compiler.helpers import ACCUMULATOR_ERROR, Layout, known_helper
from mai_zk.compiler.intrinsics import Intrinsics
from mai_zk.compiler.values import Coordinate, Facts, Length, Not, Trace, Value
from mai_zk.errors import ZkError
from mai_zk.field import R

WORD: Final = 1 << 256
INSTANCES_AT: Final = 1 << 40  # a calldata address that nothing else reaches
MAX_STEPS: Final = 1_000_000
MAX_CALLS: Final = 32  # nested calls of the verifier's own functions
_PROOF_AT: Final = {Layout.FIXED: 0x64, Layout.REUSABLE: 0x84}

_CONCRETE: Final[dict[str, Callable[..., int]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "mod": lambda a, b: a % b if b else 0,
    "lt": lambda a, b: int(a < b),
    "gt": lambda a, b: int(a > b),
    "eq": lambda a, b: int(a == b),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "not": lambda a: ~a,
    "iszero": lambda a: int(a == 0),
    "shl": lambda a, b: b << a if a < 256 else 0,
    "shr": lambda a, b: b >> a if a < 256 else 0,
    "addmod": lambda a, b, m: (a + b) % m if m else 0,
    "mulmod": lambda a, b, m: a * b % m if m else 0,
}


class _Jumped(Exception):
    """`leave`, `break`, `continue` or `return` on its way up."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass
class Executor:
    """Runs one verifier; `memory` maps 32-byte aligned addresses to values."""

    source: yul.Source
    layout: Layout
    graph: Graph
    memory: dict[int, Value] = field(default_factory=dict)
    required: Facts = field(default_factory=Facts)
    functions: dict[str, yul.Function] = field(default_factory=dict)
    scopes: list[dict[str, Value]] = field(default_factory=lambda: [{}])
    steps: int = 0
    calls: int = 0

    def run(self) -> Trace:
        """Execute the block to its end; ZkError if anything in it is not understood."""
        self.intrinsics = Intrinsics(self.graph, self.memory, self.layout, self.source.constants, self.calldata)
        self.scopes[0]["result"] = 0
        try:
            self.block(self.source.body)
            accepts = self.layout is Layout.REUSABLE and isinstance(self.scopes[0]["result"], Facts)
        except _Jumped as jump:
            accepts = self.layout is Layout.FIXED and jump.kind == "return" and self.memory.get(0) == 1
        if not accepts:
            raise ZkError("The verifier does not end by returning true.")
        return self.intrinsics.trace(self.required)

    # -- names and memory -----------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Value:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        known: dict[str, Value] = {
            "true": Facts(),
            "proof.offset": _PROOF_AT[self.layout],
            "instances.offset": INSTANCES_AT,
            "proof.length": Length("proof"),
            "instances.length": Length("instances"),
        }
        if name in known:
            return known[name]
        if name in self.source.constants:
            return self.source.constants[name]
        return yul.literal(name)

    def assign(self, statement: yul.Assign) -> None:
        value = self.evaluate(statement.value) if statement.value is not None else (0,) * len(statement.names)
        values = value if isinstance(value, tuple) else (value,)
        if len(values) != len(statement.names):
            raise ZkError(f"The verifier assigns {len(values)} values to {len(statement.names)} names.")
        for name, item in zip(statement.names, values, strict=True):
            if statement.declares:
                self.scopes[-1][name] = item
                continue
            for scope in reversed(self.scopes):
                if name in scope:
                    scope[name] = item
                    break
            else:
                raise ZkError(f"The verifier assigns to the undeclared name {name}.")

    def calldata(self, address: int) -> Node:
        """The 32-byte word of calldata at an address: an instance or a word of the proof."""
        base, kind = (INSTANCES_AT, Kind.INSTANCE) if address >= INSTANCES_AT else (_PROOF_AT[self.layout], Kind.WORD)
        if (address - base) % 32 or address < base:
            raise ZkError(f"The verifier reads calldata at {address:#x}, which is not a word of the proof.")
        return self.graph.leaf(kind, (address - base) // 32)

    # -- statements -----------------------------------------------------------------------------------------------

    def block(self, block: yul.Block, scoped: bool = True) -> None:
        if scoped:
            self.scopes.append({})
        try:
            for statement in block.statements:
                self.statement(statement)
        finally:
            if scoped:
                self.scopes.pop()

    def statement(self, statement: yul.Statement) -> None:
        self.step()
        match statement:
            case yul.Assign():
                self.assign(statement)
            case yul.Call():
                self.evaluate(statement)
            case yul.Block():
                self.block(statement)
            case yul.If():
                self.branch(statement)
            case yul.For():
                self.loop(statement)
            case yul.Switch():
                value = self.concrete(self.single(statement.value), "switch")
                for literal, body in statement.cases:
                    if literal is None or self.lookup(literal.text) == value:
                        self.block(body)
                        break
            case yul.Function():
                self.functions[statement.name] = statement
                known_helper(statement, self.layout)
            case yul.Jump():
                raise _Jumped(statement.kind)

    def step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise ZkError("The verifier's loops do not end; the file is damaged.")

    def branch(self, statement: yul.If) -> None:
        condition = self.single(statement.condition)
        if isinstance(condition, Not):
            body = statement.body.statements
            if len(body) != 1 or not isinstance(body[0], yul.Call) or body[0].name != "revert":
                raise ZkError("The verifier branches on a check without reverting.")
            self.required = self.required.also(*condition.facts.facts)
        elif self.concrete(condition, "if"):
            if any(isinstance(s, yul.Assign) and "num_limbs" in s.names for s in statement.body.statements):
                raise ZkError(ACCUMULATOR_ERROR)
            self.block(statement.body)

    def loop(self, statement: yul.For) -> None:
        self.scopes.append({})
        try:
            self.block(statement.init, scoped=False)
            while self.concrete(self.single(statement.condition), "for"):
                try:
                    self.block(statement.body)
                except _Jumped as jump:
                    if jump.kind == "break":
                        break
                    if jump.kind != "continue":
                        raise
                self.block(statement.post)
                self.step()
        finally:
            self.scopes.pop()

    def concrete(self, value: Value, where: str) -> int:
        if not isinstance(value, int):
            raise ZkError(f"The verifier's control flow ({where}) depends on the proof.")
        return value

    # -- expressions ----------------------------------------------------------------------------------------------

    def single(self, expression: yul.Expression) -> Value:
        value = self.evaluate(expression)
        if isinstance(value, tuple):
            raise ZkError("The verifier uses a call with several results as one value.")
        return value

    def evaluate(self, expression: yul.Expression) -> Value | tuple[Value, ...]:
        if isinstance(expression, yul.Name):
            return self.lookup(expression.text)
        args = [self.single(a) for a in expression.args]
        function = self.functions.get(expression.name)
        if function is None:
            return self.builtin(expression.name, args)
        if known_helper(function, self.layout):
            return self.intrinsics.call(function.name, args)
        return self.call(function, args)

    def call(self, function: yul.Function, args: Sequence[Value]) -> Value | tuple[Value, ...]:
        if len(args) != len(function.params):
            raise ZkError(f"The verifier calls {function.name} with {len(args)} arguments.")
        if self.calls >= MAX_CALLS:
            raise ZkError(f"The verifier's function {function.name} calls itself without end.")
        self.calls += 1
        outer, self.scopes = self.scopes, [dict(zip(function.params, args, strict=True))]
        self.scopes[0].update(dict.fromkeys(function.returns, 0))
        try:
            self.block(function.body)
        except _Jumped as jump:
            if jump.kind != "leave":
                raise
        finally:
            inner, self.scopes = self.scopes, outer
            self.calls -= 1
        results = tuple(inner[0][name] for name in function.returns)
        return results[0] if len(results) == 1 else results

    def builtin(self, name: str, args: Sequence[Value]) -> Value | tuple[Value, ...]:
        match name, args:
            case "mload", [int(address)]:
                if address not in self.memory:
                    raise ZkError(f"The verifier reads memory at {address:#x} before writing it.")
                return self.memory[address]
            case "mstore", [int(address), value]:
                if address % 32:
                    raise ZkError(f"The verifier writes memory at {address:#x}, which is not aligned.")
                self.memory[address] = value
                return ()
            case "calldataload", [int(address)]:
                return self.calldata(address)
            case "pop", [_]:
                return ()
            case "return", [_, _]:
                raise _Jumped("return")
        if name in _CONCRETE and all(isinstance(a, int) for a in args):
            try:
                return _CONCRETE[name](*args) % WORD
            except TypeError:
                raise ZkError(f"The verifier calls {name} with {len(args)} arguments.") from None
        return self.symbolic(name, args)

    def symbolic(self, name: str, args: Sequence[Value]) -> Value:
        """Builtins on values that depend on the proof."""
        match name, args:
            case "addmod", [a, b, m] if m == R:
                return self.fold(self.graph.add(self.node(a), self.node(b)))
            case "mulmod", [a, b, m] if m == R:
                return self.fold(self.graph.mul(self.node(a), self.node(b)))
            case "sub", [m, Node() as a] if m == R:
                return self.graph.neg(a)
            case "mod", [Node() as a, m] if m == R:
                return a
            case "lt", [Node() as a, m] if m == R and a.kind in (Kind.WORD, Kind.INSTANCE):
                return Facts().also((f"range {a.kind.value}", a.value))
            case "eq", [int(n), Length(of)]:
                # The reusable verifier derives the proof's length from calldata's layout: nothing to learn.
                derived = self.layout is Layout.REUSABLE and of == "proof"
                return Facts() if derived else Facts().also((f"{of} length", n))
            case "and", [Facts() as a, Facts() as b]:
                return a.also(*b.facts)
            case "iszero", [Facts() as a]:
                return Not(a)
        if name not in _CONCRETE:
            raise ZkError(f"The verifier calls {name}, which this compiler does not know.")
        raise ZkError(f"The verifier applies {name} in a way that this compiler does not know.")

    def node(self, value: Value) -> Node:
        if isinstance(value, Node):
            return value
        if isinstance(value, int):
            return self.graph.const(value)
        kind = "a coordinate" if isinstance(value, Coordinate) else "a value"
        raise ZkError(f"The verifier computes in the scalar field with {kind} that is not in it.")

    def fold(self, node: Node) -> Value:
        return node.value if node.is_const() else node
