"""Tokens become text piece by piece, without ever cutting a character in two."""

from __future__ import annotations

import codecs
from collections.abc import Callable

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
Decode = Callable[[list[int]], str]


class Characters:
    """Collects bytes and gives whole characters; what is no UTF-8 becomes U+FFFD."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, data: bytes) -> str:
        """The characters that are complete now."""
        return self._decoder.decode(data)

    def end(self) -> str:
        """What is left over, as U+FFFD."""
        return self._decoder.decode(b"", final=True)


class Growing:
    """Text of a growing list of tokens, for tokenizers that decode lists only.

    What has been said is decoded once more with what is new, since tokenizers drop the space before a list's first
    word; older tokens are forgotten, so that a long answer costs no more a token than a short one.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._said: list[int] = []
        self._new: list[int] = []

    def add(self, token: int) -> str:
        """The new text, without a character that may still be incomplete."""
        self._new.append(token)
        text = self._text()
        if not text or text.endswith(UNREADABLE):
            return ""
        self._said, self._new = self._new, []
        return text

    def end(self) -> str:
        """Whatever has not been said."""
        return self._text() if self._new else ""

    def _text(self) -> str:
        return self._decode(self._said + self._new)[len(self._decode(self._said)) :]
