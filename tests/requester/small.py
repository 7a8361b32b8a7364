"""The traces' tiny model as a provable language model: four letters, and `d` ends an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mai_zk.errors import ZkError
from mai_zk.language.model import Cancelled
from mai_zk.trace import Leaf, Manifest, Position
from traces import model

LETTERS = "abcd"


@dataclass(frozen=True)
class SmallRun:
    """A run with the values of all its positions."""

    prompt: tuple[int, ...]
    generated: tuple[int, ...]
    values: tuple[model.Values, ...]

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        return tuple(model.position_of(item) for item in self.values)

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        return tuple(model.leaves_of(self.values[position]))

    def job(self, position: int, segment: int) -> None:
        return None


class Small:
    """A :class:`mai_zk.language.model.ProvableModel`."""

    name, vocabulary = "small", len(LETTERS)

    def __init__(self, manifest: Manifest | None) -> None:
        self.manifest = manifest
        self.token_cap = 64

    def encode(self, text: str) -> list[int]:
        if set(text) - set(LETTERS):
            raise ZkError(f"The model has the letters {LETTERS} alone.")
        return [LETTERS.index(letter) for letter in text]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(LETTERS[token] for token in tokens)

    def run(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        stop: bool = True,
        on_token: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> SmallRun:
        if cancelled is not None and cancelled():
            raise Cancelled("The run was stopped.")
        values = model.generate(tuple(prompt), limit, stop=stop)
        generated = tuple(item.next_token for item in values[len(prompt) - 1 :])
        for token in generated if on_token is not None else ():
            on_token(token)
        return SmallRun(tuple(prompt), generated, tuple(values))


class Lying(Small):
    """The same with another answer: what a verifier says that has not run the model."""

    def run(self, prompt: Sequence[int], limit: int, **options: object) -> SmallRun:
        honest = super().run(prompt, limit)
        first = (honest.generated[0] + 1) % 3
        return SmallRun(honest.prompt, (first, *honest.generated[1:]), honest.values)
