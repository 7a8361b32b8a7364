"""Provable models behind the engine: the answer is the model's own run, token by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mai_zk.language
import pytest
from engine.helpers import PLAIN, asked
from mai.engine.choice import Wish, candidates, chosen
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.protocol import Completion, ModelSpec, Prompt, Request, Sampling

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    """The tiny model."""
    wish = Wish(model="tiny", provable=True)
    return chosen(candidates(PLAIN, wish), PLAIN, wish)[0]


def test_the_answer_is_the_models_own_run(run: Run, spec: ModelSpec) -> None:
    model = mai_zk.language.load("tiny")
    prompt = tuple(model.encode("the"))
    expected = model.run(prompt, 4).generated

    async def story(engine: Engine) -> list[Any]:
        return [piece async for piece in engine.stream(Request("tiny", Prompt(tokens=prompt), Sampling(max_tokens=4)))]

    *pieces, last = run(story, spec)
    assert isinstance(last, Completion) and last.tokens == tuple(expected)
    assert "".join(pieces) == last.text == model.decode(list(expected)) and last.metadata.backend == "provable"
    assert last.metadata.prompt_tokens == len(prompt)


def test_text_and_conversations_are_encoded(run: Run, spec: ModelSpec) -> None:
    async def story(engine: Engine) -> list[Completion]:
        return [
            await engine.complete(asked("the", max_tokens=2)),
            await engine.complete(Request("", Prompt(text="the"), Sampling(max_tokens=2, temperature=0.0))),
        ]

    chat, text = run(story, spec)
    assert chat.tokens == text.tokens and chat.tokens is not None and 1 <= len(chat.tokens) <= 2


def test_only_greedy_answers_can_be_proved(run: Run, spec: ModelSpec) -> None:
    async def story(engine: Engine) -> list[str | None]:
        found = []
        for request in (
            asked("the", temperature=0.5),
            asked("the " * 5_000),
            Request("", Prompt(tokens=(10**6,)), Sampling(max_tokens=1)),
        ):
            with pytest.raises(EngineError) as caught:
                await engine.complete(request)
            found.append(caught.value.name)
        return found

    assert run(story, spec) == ["unsupported_parameter", "context_length_exceeded", "invalid_request"]
