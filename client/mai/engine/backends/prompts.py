"""What every backend that sees tokens asks of a prompt: it has some, they are the model's, the answer finds room."""

from __future__ import annotations

from collections.abc import Sequence

from mai.engine.errors import EngineError
from mai.engine.protocol import Facts, Job, Prompt

EMPTY = "the prompt has no tokens: say something"


def checked(tokens: Sequence[int], facts: Facts) -> list[int]:
    """The tokens, if they are the model's.

    Raises:
        EngineError: invalid_request; there are none, or one that the model does not have.
    """
    if not tokens:
        raise EngineError("invalid_request", EMPTY)
    if facts.vocabulary is not None and not all(0 <= token < facts.vocabulary for token in tokens):
        raise EngineError("invalid_request", f"a token is not in the vocabulary of {facts.vocabulary:,}")
    return list(tokens)


def most_tokens(tokens: Sequence[int], job: Job, facts: Facts) -> int:
    """How many tokens the answer may have: what was asked for, or what the context leaves.

    Raises:
        EngineError: context_length_exceeded; it leaves none.
    """
    if facts.context is None:
        return job.max_tokens
    room = facts.context - len(tokens)
    if room < 1:
        raise EngineError(
            "context_length_exceeded",
            f"the prompt has {len(tokens):,} tokens: this model takes {facts.context:,} with the answer",
            parameter=field_of(job.prompt),
        )
    return min(job.max_tokens, room)


def field_of(prompt: Prompt) -> str:
    """The request's field that holds the prompt."""
    return "messages" if prompt.messages else "prompt"
