"""The meaning of the verifiers' helper functions: transcript, inversions and curve operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mai_zk.compiler.graph import Graph, Kind, Node
from mai_zk.compiler.helpers import Layout
from mai_zk.compiler.values import (
    Coordinate,
    Facts,
    Hash,
    Leaf,
    Origin,
    PointExpression,
    Squeeze,
    Trace,
    Value,
    plus,
    scale,
)
from mai_zk.curve import Point, is_on_curve
from mai_zk.errors import ZkError

FREE_POINTER: Final = 0x40
# The curves' generator of G2 in EIP-197 order (x_c1, x_c0, y_c1, y_c0).
G2: Final = (
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
)
_G2_AT: Final = ("G2_X_1_MPTR", "G2_X_2_MPTR", "G2_Y_1_MPTR", "G2_Y_2_MPTR")
_G2_REUSABLE: Final = (0x02A0, 0x02C0, 0x02E0, 0x0300)


class Intrinsics:
    """Calls by helper name; keeps the transcript and the pairing."""

    def __init__(
        self,
        graph: Graph,
        memory: dict[int, Value],
        layout: Layout,
        constants: Mapping[str, int],
        calldata: Callable[[int], Node],
    ) -> None:
        self.graph = graph
        self.memory = memory
        self.layout = layout
        self.constants = constants
        self.calldata = calldata
        self.squeezes: list[Squeeze] = []
        self.digest: int | None = None
        self.hashes = 0
        self.challenges = 0
        self.pairing: tuple[PointExpression, PointExpression] | None = None

    def call(self, name: str, args: Sequence[Value]) -> Value | tuple[Value, ...]:
        """Apply a helper to its arguments."""
        match name, args:
            case "read_ec_point", [Facts() as success, int(cptr), int(mptr), *_]:
                words = self.calldata(cptr), self.calldata(cptr + 32)
                self.memory[mptr], self.memory[mptr + 32] = words
                return success.also(("point", words[0].value)), cptr + 64, mptr + 64
            case "squeeze_challenge", [int(challenge), int(end), _] if self.layout is Layout.FIXED:
                return self.squeeze(0, challenge, end)
            case "squeeze_challenge", [int(base), int(challenge), int(end)]:
                return self.squeeze(base, challenge, end)
            case "squeeze_challenge_cont", [int(challenge), _] if self.layout is Layout.FIXED:
                return self.squeeze_again(0, challenge)
            case "squeeze_challenge_cont", [int(base), int(challenge)]:
                return self.squeeze_again(base, challenge)
            case "batch_invert", [Facts() as success, int(start), int(end)]:
                return self.batch_invert(success, start, end)
            case (("ec_mul_acc" | "ec_mul_tmp"), [Facts() as success, scalar]):
                at = self.accumulator(name)
                node = self.graph.const(scalar) if isinstance(scalar, int) else scalar
                if not isinstance(node, Node):
                    raise ZkError("The verifier multiplies a point by something that is not a scalar.")
                self.store(at, scale(self.graph, self.point(self.read(at), self.read(at + 32)), node))
                return success
            case (("ec_add_acc" | "ec_add_tmp"), [Facts() as success, x, y]):
                at = self.accumulator(name)
                self.store(at, plus(self.point(self.read(at), self.read(at + 32)), self.point(x, y)))
                return success
            case "ec_pairing", [Facts() as success, *_, left_x, left_y, right_x, right_y]:
                if self.pairing is not None:
                    raise ZkError("The verifier checks more than one pairing.")
                self.pairing = self.point(left_x, left_y), self.point(right_x, right_y)
                return success.also(("pairing", 0))
        raise ZkError(f"The verifier calls {name} in a way that this compiler does not know.")

    def read(self, address: int) -> Value:
        """The value in memory; ZkError if nothing was written there."""
        if address not in self.memory:
            raise ZkError(f"The verifier reads memory at {address:#x} before writing it.")
        return self.memory[address]

    # -- transcript -----------------------------------------------------------------------------------------------

    def squeeze(self, base: int, challenge: int, end: int) -> tuple[Value, Value]:
        first = self.read(base)
        if self.hashes == 0 and isinstance(first, int):
            self.digest = first
        elif first != Hash(self.hashes) or self.hashes == 0:
            raise ZkError("The verifier's transcript does not start with the key's digest or the last hash.")
        instances: list[int] = []
        words: list[int] = []
        for address in range(base + 32, end, 32):
            item = self.read(address)
            if not isinstance(item, Node) or item.kind not in (Kind.INSTANCE, Kind.WORD):
                raise ZkError("The verifier's transcript absorbs something that is not part of the proof.")
            if item.kind is Kind.INSTANCE and words:
                raise ZkError("The verifier's transcript absorbs an instance after the proof.")
            (instances if item.kind is Kind.INSTANCE else words).append(item.value)
        self.squeezes.append(Squeeze(tuple(instances), tuple(words), 1))
        self.next_challenge(base, challenge)
        return challenge + 32, base + 32

    def squeeze_again(self, base: int, challenge: int) -> Value:
        if not self.squeezes or self.read(base) != Hash(self.hashes):
            raise ZkError("The verifier squeezes a further challenge from something that is not the last hash.")
        last = self.squeezes[-1]
        self.squeezes[-1] = Squeeze(last.instances, last.words, last.challenges + 1)
        self.memory.pop(base + 32, None)  # the helper overwrites a byte of it
        self.next_challenge(base, challenge)
        return challenge + 32

    def next_challenge(self, base: int, address: int) -> None:
        self.hashes += 1
        self.memory[base] = Hash(self.hashes)
        self.memory[address] = self.graph.leaf(Kind.CHALLENGE, self.challenges)
        self.challenges += 1

    # -- field and curve ------------------------------------------------------------------------------------------

    def batch_invert(self, success: Facts, start: int, end: int) -> Facts:
        """Invert the words from start to end in place; the helper's scratch words after them are lost."""
        count = (end - start) // 32
        if count < 2:
            raise ZkError("The verifier inverts fewer than two values at once, which its helper cannot.")
        for address in range(start, end, 32):
            self.memory[address] = self.invert(self.read(address))
        for address in range(end, end + 32 * (count - 2) + 0xC0, 32):
            self.memory.pop(address, None)
        return success

    def invert(self, value: Value) -> Value:
        node = self.graph.const(value) if isinstance(value, int) else value
        if not isinstance(node, Node):
            raise ZkError("The verifier inverts something that is not a scalar.")
        inverted = self.graph.inv(node)
        return inverted.value if inverted.is_const() else inverted

    def accumulator(self, name: str) -> int:
        """The memory address of a helper's accumulator."""
        base = 0
        if self.layout is Layout.REUSABLE:
            pointer = self.read(FREE_POINTER)
            base = pointer if isinstance(pointer, int) else 0
        return base + (0x80 if name.endswith("tmp") else 0)

    def store(self, address: int, point: PointExpression) -> None:
        self.memory[address], self.memory[address + 32] = Coordinate(point, 0), Coordinate(point, 1)
        for scratch in (address + 64, address + 96):
            self.memory.pop(scratch, None)

    def point(self, x: Value, y: Value) -> PointExpression:
        """The point with these coordinates; ZkError unless they belong together."""
        if (
            isinstance(x, Coordinate)
            and isinstance(y, Coordinate)
            and x.point is y.point
            and (x.axis, y.axis) == (0, 1)
        ):
            return x.point
        if isinstance(x, int) and isinstance(y, int):
            if not is_on_curve(Point(x, y)):
                raise ZkError("One of the key's points is not on the curve; the file is damaged.")
            return Leaf(Origin.KEY, point=Point(x, y))
        if isinstance(x, Node) and isinstance(y, Node) and x.kind is y.kind is Kind.WORD and y.value == x.value + 1:
            return Leaf(Origin.PROOF, offset=32 * x.value)
        raise ZkError("The verifier uses coordinates of different points as one point.")

    def trace(self, required: Facts) -> Trace:
        """The finished trace; ZkError if the pairing is missing or not enforced, or G2 is not the generator."""
        if self.digest is None or self.pairing is None or ("pairing", 0) not in required.facts:
            raise ZkError("The verifier does not enforce a pairing check; the file is damaged.")
        at = [self.constants.get(name, 0) for name in _G2_AT] if self.layout is Layout.FIXED else [*_G2_REUSABLE]
        if tuple(self.read(a) for a in at) != G2:
            raise ZkError("The verifier's G2 point is not the curve's generator.")
        numbers = [value for value in (self.read(at[3] + 32 * i) for i in range(1, 5)) if isinstance(value, int)]
        if len(numbers) != 4:
            raise ZkError("The verifier's -[s]G2 is not a constant.")
        left, right = self.pairing
        g2 = (numbers[0], numbers[1], numbers[2], numbers[3])
        return Trace(self.graph, self.digest, tuple(self.squeezes), required.facts, left, right, g2)
