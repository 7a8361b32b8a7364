"""SmolLM2-135M-Instruct as a provable model: greedy answers from integers alone, traced position by position."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from mai_zk.errors import ZkError
from mai_zk.language.integers import Integers
from mai_zk.language.model import Cancelled, Terms
from mai_zk.language.smol.forward import CHUNK, TOKEN_CAP, Cache, Forward, LayerValues
from mai_zk.language.smol.manifest import END_TOKENS, TERMS
from mai_zk.language.smol.manifest import manifest as make_manifest
from mai_zk.language.smol.opened import Values
from mai_zk.language.smol.precision import Precision
from mai_zk.language.smol.run import SmolRun
from mai_zk.language.smol.tokens import Tokens
from mai_zk.language.smol.trace import Trace
from mai_zk.language.smol.weights import VOCABULARY, Weights, load
from mai_zk.trace import Manifest, Position

NAME = "smollm2-135m"


class SmolLM2:
    """See mai_zk.language.model.ProvableModel. Runs of one model take turns."""

    name = NAME
    vocabulary = VOCABULARY
    token_cap = TOKEN_CAP

    def __init__(self, precision: Precision | None = None, progress: Callable[[float], None] = lambda _: None) -> None:
        """Weights are prepared (once a machine) and read when they are first needed; `progress` hears fractions."""
        self.precision = precision or Precision()
        self._progress = progress
        self._lock = threading.RLock()
        self._tokens = Tokens()

    @cached_property
    def weights(self) -> Weights:
        """The prepared integers."""
        return load(self.precision, lambda done: self._progress(done / 2))

    @cached_property
    def forward(self) -> Forward:
        """The canonical path over them."""
        with self._lock:
            return Forward(self.weights, lambda done: self._progress((1 + done) / 2))

    @property
    def weights_hash(self) -> str:
        """SHA-256 of the weights' integers."""
        return f"sha256:{self.weights.digest}"

    @property
    def terms(self) -> Terms | None:
        """What a network asks of it; None of other fractional bits than the registered ones."""
        return TERMS if self.precision == Precision() else None

    @cached_property
    def manifest(self) -> Manifest | None:
        """The graph by which a run is settled; None of other fractional bits than the registered ones."""
        return make_manifest(self.weights) if self.precision == Precision() else None

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; names of control tokens become these, as in the model's own tokenizer."""
        return self._tokens.encode(text)

    def chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Tokens of a conversation by the model's template; names of control tokens in a message stay text."""
        return self._tokens.chat(messages)

    def conversation(self, messages: Sequence[Mapping[str, str]]) -> str:
        """See mai_zk.language.model.Conversational; encoded, it is what `chat` gives."""
        return self._tokens.conversation(messages)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens, without control tokens."""
        return self._tokens.decode(tokens)

    def run(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        stop: bool = True,
        on_token: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> SmolRun:
        """See ProvableModel.run."""
        tokens = [int(token) for token in prompt]
        if not tokens or any(not 0 <= token < VOCABULARY for token in tokens):
            raise ZkError(f"A prompt of SmolLM2 has tokens from 0 to {VOCABULARY - 1}, one at least.")
        if limit < 1 or len(tokens) + limit > TOKEN_CAP:
            raise ZkError(f"SmolLM2 takes {TOKEN_CAP} tokens here, prompt and answer together, and gives one at least.")
        trace, cache, positions = Trace(), Cache(), list[Position]()
        generated: list[int] = []
        pending = tokens
        while True:
            residual = self._extend(cache, pending, trace, positions, cancelled)
            ends = self.forward.ends(residual)
            token = int(np.argmax(ends.logits))
            positions.append(trace.position(cache, ends.logits))
            generated.append(token)
            if on_token is not None:
                on_token(token)
            if len(generated) == limit or (stop and token in END_TOKENS):
                return SmolRun(self, tuple(tokens), tuple(generated), tuple(positions), cache)
            pending = [token]

    def position(self, token: int, position: int, cache: Cache) -> Values:
        """One position again, over the keys and values of those before it in a cache that has it already."""
        heard: list[LayerValues] = []
        with self._lock:
            length = cache.length
            cache.length = position
            try:
                residual = self.forward.extend(cache, [token], lambda _first, _layer, values: heard.append(values))
                row = np.asarray(self.weights.embedding[token], dtype=np.int64)
                return Values(position, row, tuple(heard), self.forward.ends(residual[-1]), cache)
            finally:
                cache.length = length

    def _extend(
        self,
        cache: Cache,
        tokens: list[int],
        trace: Trace,
        positions: list[Position],
        cancelled: Callable[[], bool] | None,
    ) -> Integers:
        """Run some tokens; the residual stream of the last. All positions but the last one go into the list."""
        residual: Integers = np.empty(0, dtype=np.int64)
        for start in range(0, len(tokens), CHUNK):
            if cancelled is not None and cancelled():
                raise Cancelled("The run was cancelled.")
            with self._lock:
                residual = self.forward.extend(cache, tokens[start : start + CHUNK], trace.watch)[-1]
            while len(positions) < cache.length - 1:
                positions.append(trace.position(cache, None))
        return residual
