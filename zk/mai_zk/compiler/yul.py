"""Tokenizer and parser for the Yul block of EZKL's generated Solidity verifiers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from mai_zk.errors import ZkError

MAX_DEPTH: Final = 64  # of braces and parentheses; EZKL's verifiers reach about 15
MAX_LITERAL_DIGITS: Final = 78  # 2^256 in decimal

# Linear in the text, whatever it is: no pattern looks far ahead and comes back.
_TOKEN: Final = re.compile(r"0x[0-9a-fA-F]+|\d+|[A-Za-z_$][\w.$]*|:=|->|[{}(),:]", re.ASCII)
_COMMENT: Final = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?", re.ASCII)
_CONSTANT: Final = re.compile(r"uint256\s++internal\s++constant\s++(\w++)\s*+=\s*+(\w++)\s*+;", re.ASCII)
_ENTRY: Final = re.compile(r"function\s++(_?verifyProof)\s*+\(([^()]*+)\)", re.ASCII)


@dataclass(frozen=True)
class Name:
    """An identifier or a literal."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of a builtin or of a function."""

    name: str
    args: tuple[Expression, ...]


Expression = Name | Call


@dataclass(frozen=True)
class Assign:
    """`let names := value` (declares) or `names := value`; a missing value means zero."""

    names: tuple[str, ...]
    value: Expression | None
    declares: bool


@dataclass(frozen=True)
class If:
    """`if condition { body }`."""

    condition: Expression
    body: Block


@dataclass(frozen=True)
class For:
    """`for { init } condition { post } { body }`."""

    init: Block
    condition: Expression
    post: Block
    body: Block


@dataclass(frozen=True)
class Switch:
    """`switch value case literal { ... } default { ... }`."""

    value: Expression
    cases: tuple[tuple[Name | None, Block], ...]


@dataclass(frozen=True)
class Function:
    """A function definition; `fingerprint` is the SHA-256 of its tokens."""

    name: str
    params: tuple[str, ...]
    returns: tuple[str, ...]
    body: Block
    fingerprint: str


@dataclass(frozen=True)
class Block:
    """`{ statements }`."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Jump:
    """`leave`, `break` or `continue`."""

    kind: str


Statement = Assign | If | For | Switch | Function | Block | Call | Jump


@dataclass(frozen=True)
class Source:
    """A verifier contract: its constants, the parameters of the function that verifies, and that function's Yul."""

    constants: dict[str, int]
    parameters: str
    body: Block


def parse_contract(text: str) -> Source:
    """Parse a generated verifier; ZkError if the text is not one."""
    text = _COMMENT.sub(" ", text)
    entries = list(_ENTRY.finditer(text))
    if not entries or "assembly" not in text[entries[-1].end() :]:
        raise ZkError("This is not a Solidity verifier of EZKL 23: it has no verifyProof with an assembly block.")
    rest = text[entries[-1].end() :]
    if rest.count("assembly") != 1:
        raise ZkError("This is not a Solidity verifier of EZKL 23: verifyProof has more than one assembly block.")
    constants = {name: literal(value) for name, value in _CONSTANT.findall(text)}
    assembly = rest[rest.index("assembly") + len("assembly") :].lstrip()
    parser = _Parser(_tokenize(assembly))
    return Source(constants, " ".join(entries[-1].group(2).split()), parser.block())


def literal(text: str) -> int:
    """The value of a number below 2^256; ZkError for any other text."""
    try:
        value = int(text, 0) if len(text) <= MAX_LITERAL_DIGITS else -1
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 256:
        raise ZkError(f"The verifier uses {text[:80]!r}, which is neither a known name nor a number below 2^256.")
    return value


def _tokenize(text: str) -> list[str]:
    """Tokens up to the brace that closes the first one."""
    tokens: list[str] = []
    depth = at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise ZkError(f"The verifier's Yul block has an unexpected character {text[at]!r}.")
        tokens.append(match.group())
        at = match.end()
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(tokens[-1], 0)
        if depth > MAX_DEPTH:
            raise ZkError("The verifier's Yul block is nested too deeply.")
        if depth <= 0:
            return tokens
    raise ZkError("The verifier's Yul block is cut off.")


class _Parser:
    """Recursive descent over the token list."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        if self.at + ahead >= len(self.tokens):
            raise ZkError("The verifier's Yul block is cut off.")
        return self.tokens[self.at + ahead]

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if expected is not None and token != expected:
            raise ZkError(f"The verifier's Yul block has {token!r} where {expected!r} belongs.")
        self.at += 1
        return token

    def block(self) -> Block:
        self.take("{")
        statements = []
        while self.peek() != "}":
            statements.append(self.statement())
        self.take("}")
        return Block(tuple(statements))

    def names(self, stop: str | None = None) -> tuple[str, ...]:
        if self.peek() == stop:
            return ()
        found = [self.take()]
        while self.peek() == ",":
            self.take()
            found.append(self.take())
        return tuple(found)

    def statement(self) -> Statement:
        match self.peek():
            case "{":
                return self.block()
            case "function":
                return self.function()
            case "let":
                self.take()
                names = self.names()
                value = None
                if self.peek() == ":=":
                    self.take()
                    value = self.expression()
                return Assign(names, value, declares=True)
            case "if":
                self.take()
                return If(self.expression(), self.block())
            case "for":
                self.take()
                return For(self.block(), self.expression(), self.block(), self.block())
            case "switch":
                return self.switch()
            case "leave" | "break" | "continue":
                return Jump(self.take())
        if self.peek(1) == "(":
            call = self.expression()
            if isinstance(call, Call):
                return call
        names = self.names()
        self.take(":=")
        return Assign(names, self.expression(), declares=False)

    def switch(self) -> Switch:
        self.take("switch")
        value = self.expression()
        cases: list[tuple[Name | None, Block]] = []
        while self.peek() in ("case", "default"):
            literal = Name(self.take()) if self.take() == "case" else None
            cases.append((literal, self.block()))
        return Switch(value, tuple(cases))

    def function(self) -> Function:
        start = self.at
        self.take("function")
        name = self.take()
        self.take("(")
        params = self.names(")")
        self.take(")")
        returns: tuple[str, ...] = ()
        if self.peek() == "->":
            self.take()
            returns = self.names()
        body = self.block()
        fingerprint = hashlib.sha256(" ".join(self.tokens[start : self.at]).encode()).hexdigest()
        return Function(name, params, returns, body, fingerprint)

    def expression(self) -> Expression:
        name = self.take()
        if not (name[0].isalnum() or name[0] in "_$"):
            raise ZkError(f"The verifier's Yul block has {name!r} where an expression belongs.")
        if self.at >= len(self.tokens) or self.peek() != "(":
            return Name(name)
        self.take("(")
        args: list[Expression] = []
        while self.peek() != ")":
            args.append(self.expression())
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return Call(name, tuple(args))
