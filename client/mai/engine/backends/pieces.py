"""Bytes of tokens become text without ever cutting a character in two."""

from __future__ import annotations

import codecs


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
    """Text of a growing list of tokens, for tokenizers that only decode whole lists."""

    def __init__(self) -> None:
        self._shown = ""

    def add(self, whole: str) -> str:
        """The new part of ``whole``, without a character that may still be incomplete."""
        ready = whole.rstrip("�")
        new = ready[len(self._shown) :]
        self._shown = ready if len(ready) > len(self._shown) else self._shown
        return new

    def end(self, whole: str) -> str:
        """Whatever has not been shown."""
        return whole[len(self._shown) :]
