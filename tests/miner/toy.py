"""The tiny model of the trace tests as a provable language model: a word for every byte, real keys, cached proofs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mai_zk.language.model import Cancelled, Proved, Terms
from mai_zk.trace import Leaf, Manifest, Position
from traces import model

WORDS = 256


@dataclass(frozen=True)
class ToyJob:
    """One layer's run on some integers."""

    layer: str
    values: tuple[int, ...]
    position: int

    @property
    def name(self) -> str:
        return f"toy {self.layer} at {self.position}"

    def prove(self) -> Proved:
        began = time.monotonic()
        found = model.proved(self.layer, self.values)
        key, payload = model.circuit(self.layer).key, model.payload(self.layer, self.values)
        return Proved(key, found.instances, found.proof, payload, time.monotonic() - began)


class ToyRun:
    """A run and its integers."""

    def __init__(self, prompt: tuple[int, ...], values: list[model.Values], generated: tuple[int, ...]) -> None:
        self.prompt, self.generated, self.values = prompt, generated, values

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        return tuple(model.position_of(value) for value in self.values)

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        return tuple(model.leaves_of(self.values[position]))

    def job(self, position: int, segment: int) -> ToyJob | None:
        values = self.values[position]
        state, summed = values.outputs[1], values.outputs[4]
        entries = {0: model.ROWS[values.token], 2: state, 3: state, 5: summed}
        return ToyJob(model.CIRCUITS[segment], entries[segment], position) if segment in entries else None


class Toy:
    """Whoever generates: an honest model."""

    name, vocabulary, token_cap = "toy", WORDS, 64

    def __init__(self, detection_bps: int = 9_950) -> None:
        self.terms = Terms(6, 1, 64, 60_000, detection_bps)

    @cached_property
    def manifest(self) -> Manifest:
        return model.manifest(rows=tuple(model.digest(model.ROWS[word % 4]) for word in range(WORDS)))

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, tokens: Sequence[int]) -> str:
        return " ".join(map(str, tokens))

    def run(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        stop: bool = True,
        on_token: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ToyRun:
        tokens, state, values = list(prompt), (0,) * model.SIZE, []
        while len(values) < len(prompt) + limit - 1:
            if cancelled is not None and cancelled():
                raise Cancelled("The run was stopped.")
            one = model.run(tokens[len(values)] % 4, state)
            values.append(one)
            state = one.outputs[1]
            if len(values) >= len(prompt):
                tokens.append(one.next_token)
                if on_token is not None:
                    on_token(one.next_token)
                if stop and one.next_token == model.END_TOKEN:
                    break
        return ToyRun(tuple(prompt), values, tuple(tokens[len(prompt) :]))
