"""Models whose answers can be proved (mai_zk.language): integers, greedy, the same on every machine."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import mai_zk.language
from mai_zk.errors import ZkError
from mai_zk.language.model import Cancelled, ProvableModel

from mai.engine.backends.pieces import Growing
from mai.engine.backends.prompts import checked, field_of, most_tokens
from mai.engine.errors import EngineError
from mai.engine.protocol import LENGTH, STOP, Chunk, Facts, Job, ModelSpec, Prompt

GREEDY = "a provable model answers greedily: leave temperature out, or set it to 0"


@runtime_checkable
class Chatting(Protocol):
    """A provable model that was trained on conversations."""

    def chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Tokens of a conversation by the model's template; names of control tokens in a message stay text."""


def load_model(name: str) -> ProvableModel:
    """The provable model of a name.

    Raises:
        EngineError: load_failed; there is none, or what it needs is not installed.
    """
    try:
        return mai_zk.language.load(name)
    except (ImportError, ZkError) as error:
        raise EngineError("load_failed", f"the provable model {name} cannot be had: {error}") from error


class Provable:
    """One provable model."""

    def __init__(self) -> None:
        self._model: ProvableModel | None = None
        self._facts: Facts | None = None

    def load(self, spec: ModelSpec) -> Facts:
        """Make the model of that name ready."""
        model = load_model(spec.location)
        weights = getattr(model, "weights_hash", None)
        if weights is None and model.manifest is not None:
            weights = f"manifest:{bytes(model.manifest.hash).hex()}"
        self._model = model
        self._facts = Facts(
            backend="provable",
            version="",
            weights=weights,
            context=model.token_cap,
            vocabulary=model.vocabulary,
            device="CPU, exact integers",
            greedy_only=True,
        )
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens."""
        return len(self._encode(prompt))

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer, token by token."""
        if job.temperature:
            raise EngineError("unsupported_parameter", GREEDY, parameter="temperature")
        model, prompt = self._ready(), self._encode(job.prompt)
        limit = most_tokens(prompt, job, self.describe())
        yield Chunk("", prompt_tokens=len(prompt))
        made, growing = 0, Growing(model.decode)
        for made, token in enumerate(_tokens(model, prompt, limit, cancelled), 1):  # noqa: B007
            yield Chunk(growing.add(token), (token,), 1)
        if not cancelled():
            yield Chunk(growing.end(), (), 0, finish=LENGTH if made == limit else STOP)

    def describe(self) -> Facts:
        """What :meth:`load` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """Let go of the model."""
        self._model = None

    def _ready(self) -> ProvableModel:
        self.describe()
        assert self._model is not None
        return self._model

    def _encode(self, prompt: Prompt) -> list[int]:
        model = self._ready()
        if prompt.tokens is not None:
            return checked(prompt.tokens, self.describe())
        try:
            return checked(_of_text(model, prompt), self.describe())
        except ZkError as error:
            raise EngineError("context_length_exceeded", str(error), parameter=field_of(prompt)) from error


def _of_text(model: ProvableModel, prompt: Prompt) -> list[int]:
    if prompt.messages and isinstance(model, Chatting):
        return model.chat([{"role": item.role, "content": item.content} for item in prompt.messages])
    return model.encode(prompt.text or "\n".join(item.content for item in prompt.messages))


def _tokens(model: ProvableModel, prompt: list[int], limit: int, cancelled: Callable[[], bool]) -> Iterator[int]:
    """A run's tokens as they come; the run itself is in a thread, because it calls instead of yielding."""
    made: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work() -> None:
        try:
            model.run(prompt, limit, on_token=made.put, cancelled=cancelled)
            made.put(None)
        except BaseException as error:
            made.put(error)

    threading.Thread(target=work, daemon=True).start()
    while (item := made.get()) is not None:
        if isinstance(item, Cancelled):
            return
        if isinstance(item, ZkError):
            raise EngineError("invalid_request", str(item)) from item
        if isinstance(item, BaseException):
            raise item
        yield item
