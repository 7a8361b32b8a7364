"""What a request may be: every bound, with the field that is wrong and one sentence about it."""

from __future__ import annotations

import secrets

from mai.engine import limits as bounds
from mai.engine.errors import EngineError
from mai.engine.limits import Limits
from mai.engine.protocol import Job, Prompt, Request, Sampling

ROLES = ("system", "user", "assistant")
MAX_TEMPERATURE = 2.0


def job_of(request: Request, limits: Limits) -> Job:
    """The request as a backend takes it; a seed is picked where none is given.

    Raises:
        EngineError: invalid_request.
    """
    check_prompt(request.prompt)
    sampling = request.sampling
    _check_sampling(sampling, limits)
    seed = secrets.randbelow(bounds.MAX_SEED) if sampling.seed is None else sampling.seed % bounds.MAX_SEED
    most = limits.default_tokens if sampling.max_tokens is None else sampling.max_tokens
    return Job(request.prompt, most, sampling.temperature, sampling.top_p, seed)


def check_prompt(prompt: Prompt) -> None:
    """Raises EngineError where it is empty, too long, or more than one of the three."""
    given = [bool(prompt.messages), prompt.text is not None, prompt.tokens is not None]
    if sum(given) != 1:
        raise _wrong("messages", "say something: messages, a text or tokens, one of them")
    if len(prompt.messages) > bounds.MAX_MESSAGES:
        raise _wrong("messages", f"{len(prompt.messages):,} messages are too many: at most {bounds.MAX_MESSAGES}")
    for item in prompt.messages:
        if item.role not in ROLES:
            raise _wrong("messages", f"there is no role {item.role[:20]}: choose one of {', '.join(ROLES)}")
    size = sum(len(item.content) for item in prompt.messages) + len(prompt.text or "")
    if size > bounds.MAX_TEXT:
        raise _wrong("messages" if prompt.messages else "prompt", f"{size:,} characters are too many")
    if prompt.tokens is not None and not 0 < len(prompt.tokens) <= bounds.MAX_PROMPT_TOKENS:
        raise _wrong("prompt", f"a prompt has 1 to {bounds.MAX_PROMPT_TOKENS:,} tokens, not {len(prompt.tokens):,}")
    if prompt.tokens is not None and any(not 0 <= token < 2**31 for token in prompt.tokens):
        raise _wrong("prompt", "a token is a number from 0 on")


def _check_sampling(sampling: Sampling, limits: Limits) -> None:
    most = sampling.max_tokens
    if most is not None and not 1 <= most <= limits.max_tokens:
        raise _wrong("max_tokens", f"max_tokens is from 1 to {limits.max_tokens:,}, not {most}")
    if sampling.temperature is not None and not 0 <= sampling.temperature <= MAX_TEMPERATURE:
        raise _wrong("temperature", f"temperature is from 0 to {MAX_TEMPERATURE:g}, not {sampling.temperature:g}")
    if not 0 < sampling.top_p <= 1:
        raise _wrong("top_p", f"top_p is above 0 and at most 1, not {sampling.top_p:g}")
    if len(sampling.stop) > bounds.MAX_STOP:
        raise _wrong("stop", f"{len(sampling.stop)} stop sequences are too many: at most {bounds.MAX_STOP}")
    if any(not 0 < len(stop) <= bounds.MAX_STOP_CHARACTERS for stop in sampling.stop):
        raise _wrong("stop", f"a stop sequence has 1 to {bounds.MAX_STOP_CHARACTERS} characters")


def _wrong(parameter: str, message: str) -> EngineError:
    return EngineError("invalid_request", message, parameter=parameter)
