"""A miner that saves itself work: it computes a run, and answers with another token than the model's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mai_zk.language.model import ProofJob, ProvableModel, Run, Terms
from mai_zk.trace import Leaf, Manifest, Position


class FalseRun:
    """An honest run under a false answer."""

    def __init__(self, honest: Run, vocabulary: int, manifest: Manifest | None) -> None:
        self.honest = honest
        first, *others = honest.generated
        words = (word % vocabulary for word in range(first + 1, first + 4))
        false = next(word for word in words if manifest is None or not manifest.is_end(word))
        self.generated: tuple[int, ...] = (false, *others)

    @property
    def prompt(self) -> tuple[int, ...]:
        return self.honest.prompt

    @property
    def positions(self) -> tuple[Position, ...]:
        return self.honest.positions

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        return self.honest.leaves(position)

    def job(self, position: int, segment: int) -> ProofJob | None:
        return self.honest.job(position, segment)


class FalseModel:
    """A provable model whose answers are not its own."""

    def __init__(self, honest: ProvableModel) -> None:
        self.honest = honest

    @property
    def name(self) -> str:
        return self.honest.name

    @property
    def vocabulary(self) -> int:
        return self.honest.vocabulary

    @property
    def token_cap(self) -> int:
        return self.honest.token_cap

    @property
    def terms(self) -> Terms | None:
        return self.honest.terms

    @property
    def manifest(self) -> Manifest | None:
        return self.honest.manifest

    def encode(self, text: str) -> list[int]:
        return self.honest.encode(text)

    def decode(self, tokens: Sequence[int]) -> str:
        return self.honest.decode(tokens)

    def run(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        stop: bool = True,
        on_token: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Any:
        run = self.honest.run(prompt, limit, stop=stop, on_token=on_token, cancelled=cancelled)
        return FalseRun(run, self.vocabulary, self.manifest)
