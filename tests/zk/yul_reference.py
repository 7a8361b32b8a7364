"""Runs a Solidity verifier's Yul on concrete bytes, helper bodies and precompiles included.

It shares only the parser with the compiler: Keccak, modular inversion, curve operations and memory are the EVM's.
The pairing precompile is not computed; its input is kept, and it answers yes.
"""

import contextlib
from dataclasses import dataclass, field

from mai_zk.compiler import yul
from mai_zk.curve import Point, add, is_on_curve, multiply
from mai_zk.field import keccak256

WORD = 1 << 256
PROOF_AT = 0x64


class Reverted(Exception):
    """The verifier reverted."""


class _Returned(Exception):
    pass


@dataclass
class Evm:
    """One call of a verifier; `pairing` is the input of precompile 8."""

    source: yul.Source
    proof: bytes
    instances: list[int]
    memory: bytearray = field(default_factory=lambda: bytearray(1 << 17))
    pairing: bytes | None = None

    def run(self) -> bytes:
        """The pairing's input; Reverted if the verifier refuses before it."""
        words = b"".join(i.to_bytes(32, "big") for i in self.instances)
        self.instances_at = PROOF_AT + len(self.proof)
        self.calldata = bytes(PROOF_AT) + self.proof + words + bytes(64)
        self.functions = {s.name: s for s in self.source.body.statements if isinstance(s, yul.Function)}
        self.scopes: list[dict[str, int]] = [{}]
        with contextlib.suppress(_Returned):
            self.block(self.source.body)
        assert self.pairing is not None
        return self.pairing

    def lookup(self, name: str) -> int:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        known = {
            "true": 1,
            "proof.offset": PROOF_AT,
            "proof.length": len(self.proof),
            "instances.offset": self.instances_at,
            "instances.length": len(self.instances),
        }
        return (
            known[name] if name in known else self.source.constants.get(name, -1) if name[0].isalpha() else int(name, 0)
        )

    def block(self, block: yul.Block, scoped: bool = True) -> None:
        if scoped:
            self.scopes.append({})
        for statement in block.statements:
            self.statement(statement)
        if scoped:
            self.scopes.pop()

    def statement(self, s: yul.Statement) -> None:
        match s:
            case yul.Assign():
                values = self.results(s.value) if s.value is not None else [0] * len(s.names)
                for name, value in zip(s.names, values, strict=True):
                    scope = self.scopes[-1] if s.declares else next(d for d in reversed(self.scopes) if name in d)
                    scope[name] = value
            case yul.Call():
                self.results(s)
            case yul.Block():
                self.block(s)
            case yul.If():
                if self.value(s.condition):
                    self.block(s.body)
            case yul.For():
                self.scopes.append({})
                self.block(s.init, scoped=False)
                while self.value(s.condition):
                    self.block(s.body)
                    self.block(s.post)
                self.scopes.pop()
            case yul.Function():
                pass
            case _:
                raise NotImplementedError(s)

    def value(self, e: yul.Expression) -> int:
        (value,) = self.results(e)
        return value

    def results(self, e: yul.Expression) -> list[int]:
        if isinstance(e, yul.Name):
            return [self.lookup(e.text)]
        args = [self.value(a) for a in e.args]
        function = self.functions.get(e.name)
        if function is None:
            return self.builtin(e.name, args)
        outer, self.scopes = self.scopes, [dict(zip(function.params, args, strict=True))]
        self.scopes[0].update(dict.fromkeys(function.returns, 0))
        self.block(function.body)
        inner, self.scopes = self.scopes, outer
        return [inner[0][name] for name in function.returns]

    def load(self, at: int, size: int = 32) -> bytes:
        return bytes(self.memory[at : at + size])

    def builtin(self, name: str, a: list[int]) -> list[int]:
        match name:
            case "add" | "sub" | "mul":
                return [{"add": a[0] + a[1], "sub": a[0] - a[1], "mul": a[0] * a[1]}[name] % WORD]
            case "mod":
                return [a[0] % a[1]]
            case "addmod":
                return [(a[0] + a[1]) % a[2]]
            case "mulmod":
                return [a[0] * a[1] % a[2]]
            case "lt":
                return [int(a[0] < a[1])]
            case "eq":
                return [int(a[0] == a[1])]
            case "and":
                return [a[0] & a[1]]
            case "iszero":
                return [int(a[0] == 0)]
            case "mload":
                return [int.from_bytes(self.load(a[0]), "big")]
            case "mstore":
                self.memory[a[0] : a[0] + 32] = a[1].to_bytes(32, "big")
                return []
            case "mstore8":
                self.memory[a[0]] = a[1] & 255
                return []
            case "calldataload":
                return [int.from_bytes(self.calldata[a[0] : a[0] + 32].ljust(32, b"\0"), "big")]
            case "keccak256":
                return [int.from_bytes(keccak256(self.load(a[0], a[1])), "big")]
            case "gas":
                return [WORD - 1]
            case "pop":
                return []
            case "revert":
                raise Reverted
            case "return":
                raise _Returned
            case "staticcall":
                return [int(self.precompile(a[1], self.load(a[2], a[3]), a[4]))]
        raise NotImplementedError(name)

    def precompile(self, address: int, data: bytes, out: int) -> bool:
        words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]
        match address:
            case 5:
                result = pow(words[3], words[4], words[5]).to_bytes(32, "big")
            case 6:
                if not (is_on_curve(Point(*words[:2])) and is_on_curve(Point(*words[2:4]))):
                    return False
                result = add(Point(*words[:2]), Point(*words[2:4])).to_bytes()
            case 7:
                if not is_on_curve(Point(*words[:2])):
                    return False
                result = multiply(Point(*words[:2]), words[2]).to_bytes()
            case 8:
                self.pairing = data
                result = (1).to_bytes(32, "big")
            case _:
                return False
        self.memory[out : out + len(result)] = result
        return True
