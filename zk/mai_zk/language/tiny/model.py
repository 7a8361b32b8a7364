"""The tiny transformer as a provable model: bytes in, ASCII out, greedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mai_zk.errors import ZkError
from mai_zk.language.model import Cancelled, Terms
from mai_zk.language.tiny import committed, shape
from mai_zk.language.tiny.path import Path
from mai_zk.language.tiny.run import TinyRun
from mai_zk.trace import Manifest


class Tiny:
    """See mai_zk.language.model.ProvableModel.

    endless: the same weights and keys under a manifest without an end token. Where the length of an answer counts, as
    in a muster, whose prompt is noise, a model that is right to say nothing would have nothing to show.
    """

    vocabulary = shape.VOCABULARY
    token_cap = shape.TOKEN_CAP
    terms: Terms = committed.TERMS

    def __init__(self, *, endless: bool = False) -> None:
        self.name = "tiny-endless" if endless else "tiny"
        self._end = shape.NEVER if endless else shape.END_TOKEN

    @property
    def manifest(self) -> Manifest:
        """The graph by which a run is settled."""
        return committed.manifest(self._end)

    def encode(self, text: str) -> list[int]:
        """The text's bytes in UTF-8; ZkError if they leave no room for an answer."""
        tokens = list(text.encode())
        if len(tokens) >= self.token_cap:
            raise ZkError(f"The tiny model takes {self.token_cap - 1} bytes at most, not {len(tokens)}.")
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """The text without the end token; bytes that are no text are shown as a replacement sign.

        Raises:
            ZkError: a token is not in the vocabulary.
        """
        self._check(tokens)
        return bytes(token for token in tokens if token != self._end).decode(errors="replace")

    def run(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        stop: bool = True,
        on_token: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> TinyRun:
        """See mai_zk.language.model.ProvableModel.run."""
        if not prompt or limit < 1:
            raise ZkError("A run has a prompt of one token at least, and generates one at least.")
        self._check(prompt)
        if len(prompt) + limit > self.token_cap:
            raise ZkError(
                f"A prompt of {len(prompt)} tokens and {limit} more exceed the tiny model's {self.token_cap}."
            )
        path, generated = Path(), list[int]()
        for token in prompt:
            _go_on(cancelled)
            path.step(token)
        while True:
            token = path.next_token
            generated.append(token)
            if on_token is not None:
                on_token(token)
            if len(generated) == limit or (stop and token == self._end):
                return TinyRun(prompt, generated, path.positions)
            _go_on(cancelled)
            path.step(token)

    def _check(self, tokens: Sequence[int]) -> None:
        if any(not 0 <= token < self.vocabulary for token in tokens):
            raise ZkError(f"The tokens of the tiny model are 0 to {self.vocabulary - 1}.")


def _go_on(cancelled: Callable[[], bool] | None) -> None:
    if cancelled is not None and cancelled():
        raise Cancelled("The run was cancelled.")
