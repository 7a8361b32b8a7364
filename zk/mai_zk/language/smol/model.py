"""SmolLM2-135M-Instruct as a provable model: greedy answers from integers alone, traced position by position."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from mai_zk.circuits import part_digest
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language.integers import Integers
from mai_zk.language.model import Cancelled
from mai_zk.language.smol import points
from mai_zk.language.smol.forward import CHUNK, TOKEN_CAP, Cache, Ends, Forward, LayerValues
from mai_zk.language.smol.precision import Precision
from mai_zk.language.smol.proving import Job, make_job
from mai_zk.language.smol.segments import SmolSegment, segment, segments
from mai_zk.language.smol.tokens import Tokens
from mai_zk.language.smol.weights import LAYERS, VOCABULARY, Weights, load
from mai_zk.trace import Leaf, Manifest, Position

NAME = "smollm2-135m"
END_TOKENS = (0, 2)
"""<|endoftext|> and <|im_end|>."""
_DOMAIN = b"MAI smollm2 position v1"


class Trace:
    """Hashes the integers of positions as they are computed.

    A position's digest is keccak256(domain ‖ for each layer the SHA-256 of its outputs ‖ where the position gives a
    token, the SHA-256 of its logits). A layer's outputs are those of q, k, v, o, gate, up and down, which is the order
    of its segments, 5,184 integers as int32, little-endian.
    """

    def __init__(self) -> None:
        self._layers: dict[int, list[bytes]] = {}

    def watch(self, first: int, layer: int, values: LayerValues) -> None:
        """Hears a layer's values; see forward.Watch."""
        outputs = np.concatenate([values.qkv, values.o, values.gate_up, values.down], axis=1).astype("<i4")
        for row in range(len(outputs)):
            self._layers.setdefault(first + row, []).append(hashlib.sha256(outputs[row].tobytes()).digest())

    def position(self, index: int, logits: Integers | None) -> Position:
        """What is committed of a position, once all of its layers were heard. It carries nothing: see manifest."""
        hashes = self._layers.pop(index)
        if logits is not None:
            hashes.append(hashlib.sha256(logits.astype("<i4").tobytes()).digest())
        return Position(keccak256(_DOMAIN + b"".join(hashes)), ())


class SmolRun:
    """A run that has ended. It keeps the keys and values of its positions, so that a drawn one is run again at once."""

    def __init__(
        self,
        model: SmolLM2,
        prompt: tuple[int, ...],
        generated: tuple[int, ...],
        positions: tuple[Position, ...],
        cache: Cache,
    ) -> None:
        self.prompt, self.generated, self.positions = prompt, generated, positions
        self._model, self._cache = model, cache

    def values(self, position: int) -> tuple[tuple[LayerValues, ...], Ends]:
        """All integers that segments of one position read and give, computed again from the kept keys and values."""
        if not 0 <= position < len(self.positions):
            raise ZkError(f"The run has positions 0 to {len(self.positions) - 1}, not {position}.")
        return self._model.position((*self.prompt, *self.generated)[position], position, self._cache)

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        """See Run.leaves. The weights' points are made at the first call: minutes, once a machine."""
        params = [part_digest((), (columns,)) for columns in points.all_weights_points(self._model.weights)]
        made = self.points(position)
        return tuple(
            Leaf(part_digest((), (read,)), weights, part_digest((), (given,)))
            for (read, given), weights in zip(made, params, strict=True)
        )

    def points(self, position: int) -> list[tuple[bytes, bytes]]:
        """The commitments of every segment's input and output, in order; a vector that many read is committed once."""
        layers, ends = self.values(position)
        commit, read = points.committer().point, dict[tuple[int, str], bytes]()
        made = []
        for found in segments():
            values = ends if found.layer == LAYERS else layers[found.layer]
            key = found.layer, found.reads
            if key not in read:
                read[key] = commit(found.input(values))
            made.append((read[key], commit(found.output(values))))
        return made

    def job(self, position: int, index: int) -> Job:
        """What proves a leaf; ZkError if there is none."""
        found = segment(index)
        layers, ends = self.values(position)
        values = ends if found.layer == LAYERS else layers[found.layer]
        inputs, outputs = found.input(values), found.output(values)
        commit, weights = points.committer().point, self._model.weights
        shown = commit(inputs), points.weights_points(found, weights), commit(outputs)
        name = f"{NAME}, {found.name}, position {position}"
        return make_job(name, found.shape, found.weights(weights), inputs, shown)


class SmolLM2:
    """See mai_zk.language.model.ProvableModel. Runs of one model take turns."""

    name = NAME
    vocabulary = VOCABULARY
    token_cap = TOKEN_CAP
    manifest: Manifest | None = None
    """Its runs cannot be settled by a trace yet: see docs/reference/smollm2.md."""
    terms = None

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
    def segments(self) -> tuple[SmolSegment, ...]:
        """The segments of a position, in order."""
        return segments()

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; names of control tokens become these, as in the model's own tokenizer."""
        return self._tokens.encode(text)

    def chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Tokens of a conversation by the model's template; names of control tokens in a message stay text."""
        return self._tokens.chat(messages)

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
            positions.append(trace.position(len(positions), ends.logits))
            generated.append(token)
            if on_token is not None:
                on_token(token)
            if len(generated) == limit or (stop and token in END_TOKENS):
                return SmolRun(self, tuple(tokens), tuple(generated), tuple(positions), cache)
            pending = [token]

    def position(self, token: int, position: int, cache: Cache) -> tuple[tuple[LayerValues, ...], Ends]:
        """One position again, over the keys and values of those before it in a cache that has it already."""
        heard: list[LayerValues] = []
        with self._lock:
            length = cache.length
            cache.length = position
            try:
                residual = self.forward.extend(cache, [token], lambda _first, _layer, values: heard.append(values))
                return tuple(heard), self.forward.ends(residual[-1])
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
                positions.append(trace.position(len(positions), None))
        return residual
