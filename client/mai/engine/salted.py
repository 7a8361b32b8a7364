"""Tokens with their salts: what is sealed, hashed into a root, written into receipts and disclosed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mai_zk.trace import Token
from mai_zk.trace.merkle import TOKEN, Tree, leaf_hash
from mai_zk.trace.work import SALT_BYTES, tokens_tree

from mai.errors import MaiError

MOST_TOKENS = 2**20
"""As many as a trace can have (docs/reference/trace.md)."""
_UNEQUAL = "has not one salt for each token"


@dataclass(frozen=True)
class Salted:
    """A prompt or an answer.

    Attributes:
        tokens: at least one, each below 2^32.
        salts: 16 bytes for each token: they keep its leaf from being guessed.
    """

    tokens: tuple[int, ...]
    salts: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """MaiError where it is none."""
        if wrong := _wrong(self.tokens, self.salts):
            raise MaiError(f"a prompt or an answer {wrong}")

    @classmethod
    def fresh(cls, tokens: Sequence[int]) -> Salted:
        """Tokens under salts that nobody can guess."""
        return cls(tuple(tokens), tuple(secrets.token_bytes(SALT_BYTES) for _ in tokens))

    @cached_property
    def root(self) -> bytes:
        """The root of the tree over them: the work's input or output digest."""
        found: bytes = tokens_tree(self.parts()).root
        return found

    def parts(self) -> list[Token]:
        """As a trace has them."""
        return [Token(value, salt) for value, salt in zip(self.tokens, self.salts, strict=True)]

    def hashes(self) -> list[bytes]:
        """Each token's leaf: enough to recompute the root, and not to read the text."""
        return [
            leaf_hash(TOKEN, index.to_bytes(4, "little") + token.content()) for index, token in enumerate(self.parts())
        ]

    def fields(self) -> dict[str, Any]:
        """As JSON has it; salts in hexadecimal."""
        return {"tokens": list(self.tokens), "salts": [salt.hex() for salt in self.salts]}

    @classmethod
    def read(cls, fields: object, what: str) -> Salted:
        """The reverse, of what somebody else wrote.

        Args:
            what: what it is called in the sentence that refuses it.

        Raises:
            MaiError: it is none, has no token, too many, or another number of salts.
        """
        if not isinstance(fields, Mapping):
            raise MaiError(f"{what} has no tokens and salts")
        tokens, salts = fields.get("tokens"), fields.get("salts")
        if not isinstance(tokens, list) or not isinstance(salts, list):
            raise MaiError(f"{what} {_UNEQUAL}")
        read = [_bytes(salt) for salt in salts]
        if wrong := _wrong(tokens, read):
            raise MaiError(f"{what} {wrong}")
        return cls(tuple(tokens), tuple(read))

    def encode(self) -> bytes:
        """For storage; the inverse of :meth:`decode`."""
        return json.dumps(self.fields()).encode()

    @classmethod
    def decode(cls, data: bytes, what: str) -> Salted:
        """Raises MaiError as :meth:`read` does."""
        try:
            return cls.read(json.loads(data), what)
        except (ValueError, RecursionError):
            raise MaiError(f"{what} is no JSON") from None


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """The root over leaves of which only the hashes are known."""
    return Tree(list(hashes)).root


def _wrong(tokens: Sequence[object], salts: Sequence[bytes]) -> str:
    """What is wrong with them, as the rest of a sentence; empty where nothing is."""
    if len(tokens) != len(salts):
        return _UNEQUAL
    if not 1 <= len(tokens) <= MOST_TOKENS:
        return f"has {len(tokens):,} tokens: at least one and at most {MOST_TOKENS:,} are taken"
    # bool is an int in Python; a token is not.
    if any(type(token) is not int or not 0 <= token < 2**32 for token in tokens):
        return "has a token that is none"
    if any(len(salt) != SALT_BYTES for salt in salts):
        return f"has a salt that is not {SALT_BYTES} bytes"
    return ""


def _bytes(text: object) -> bytes:
    """Of hexadecimal; none where it is something else, which is no salt."""
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return b""
