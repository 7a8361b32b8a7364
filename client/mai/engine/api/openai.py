"""OpenAI's API: /v1/chat/completions, /v1/completions, /v1/models. What is not supported is refused by name."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from fastapi import Request as HttpRequest
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from mai.engine.api.http import (
    Streamed,
    answered,
    begun,
    client_of,
    engine_of,
    guarded,
    openai_error,
    parse,
    until_gone,
)
from mai.engine.errors import EngineError
from mai.engine.limits import MAX_MESSAGES, MAX_NAME, MAX_PROMPT_TOKENS, MAX_STOP, MAX_TEXT
from mai.engine.protocol import Completion, Message, Prompt, Request, Sampling

router = APIRouter()
SSE = "text/event-stream"
DONE = b"data: [DONE]\n\n"
ROLES = {"developer": "system"}
"""OpenAI's newer word for the system's role."""
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "echo": (False,),
    "suffix": ("",),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logit_bias": ({},),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
}
"""Parameters that are not supported, with the values that mean nothing and are let through."""


class Part(BaseModel):
    """A piece of a message."""

    type: str = Field(max_length=32)
    text: str = Field("", max_length=MAX_TEXT)


class Turn(BaseModel):
    """A message."""

    role: str = Field(max_length=32)
    content: str | Annotated[list[Part], Field(max_length=MAX_MESSAGES)] | None = None


class StreamOptions(BaseModel):
    """What a stream has besides."""

    include_usage: bool = False


class Asked(BaseModel):
    """What both completions take."""

    model_config = ConfigDict(extra="allow")

    model: str = Field("", max_length=MAX_NAME)
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: str | Annotated[list[str], Field(max_length=MAX_STOP)] | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    timeout: float | None = Field(None, gt=0)

    def request(self, prompt: Prompt, client: str, most: int | None) -> Request:
        """The engine's request; raises EngineError unsupported_parameter."""
        for name, value in (self.model_extra or {}).items():
            if name in NEUTRAL and value is not None and value not in NEUTRAL[name]:
                raise EngineError(
                    "unsupported_parameter", f"{name} is not supported here: leave it out", parameter=name
                )
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        sampling = Sampling(most, self.temperature, 1.0 if self.top_p is None else self.top_p, self.seed, stop)
        return Request(self.model, prompt, sampling, client, timeout=self.timeout)

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the counts."""
        return self.stream_options is not None and self.stream_options.include_usage


class Chat(Asked):
    """The body of /v1/chat/completions."""

    messages: list[Turn] = Field(min_length=1, max_length=MAX_MESSAGES)
    max_completion_tokens: int | None = None


class Continue(Asked):
    """The body of /v1/completions."""

    prompt: (
        str
        | Annotated[list[int], Field(max_length=MAX_PROMPT_TOKENS)]
        | Annotated[list[str], Field(min_length=1, max_length=1)]
    )


@router.post("/v1/chat/completions")
async def chat(http: HttpRequest) -> Response:
    """The next turn of a conversation."""
    body = await parse(http, Chat)
    messages = tuple(Message(ROLES.get(item.role, item.role), _text(item)) for item in body.messages)
    most = body.max_tokens if body.max_completion_tokens is None else body.max_completion_tokens
    return await _respond(http, body, body.request(Prompt(messages), client_of(http), most), "chat")


@router.post("/v1/completions")
async def complete(http: HttpRequest) -> Response:
    """The continuation of a text, or of tokens."""
    body = await parse(http, Continue)
    given = body.prompt
    if isinstance(given, str):
        prompt = Prompt(text=given)
    elif given and isinstance(given[0], str):
        prompt = Prompt(text=given[0])
    else:
        prompt = Prompt(tokens=tuple(int(item) for item in given))
    return await _respond(http, body, body.request(prompt, client_of(http), body.max_tokens), "text")


@router.get("/v1/models")
async def models(http: HttpRequest) -> Response:
    """The models."""
    listed = [_model(item["name"]) for item in await engine_of(http).models()]
    return answered({"object": "list", "data": listed})


@router.get("/v1/models/{name:path}")
async def model(http: HttpRequest, name: str) -> Response:
    """One model."""
    for item in await engine_of(http).models():
        if item["name"] == name:
            return answered(_model(name))
    raise EngineError("model_not_found", f"this engine does not serve {name[:100]}", parameter="model")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "mai"}


def _text(turn: Turn) -> str:
    if turn.content is None or isinstance(turn.content, str):
        return turn.content or ""
    for part in turn.content:
        if part.type != "text":
            raise EngineError(
                "unsupported_parameter", f"a message's part of type {part.type} is not supported", parameter="messages"
            )
    return "".join(part.text for part in turn.content)


async def _respond(http: HttpRequest, body: Asked, asked: Request, kind: str) -> Response:
    shape = Shape(kind, engine_of(http).served(asked.model))
    if body.stream:
        pieces = await begun(http, asked)
        return Streamed(guarded(_events(pieces, shape, body.with_usage), _failed), SSE)
    return answered(shape.whole(await until_gone(http, engine_of(http).complete(asked))))


async def _events(
    pieces: AsyncIterator[str | Completion], shape: Shape, with_usage: bool
) -> AsyncGenerator[bytes, None]:
    first = True
    async for piece in pieces:
        if isinstance(piece, str):
            yield _event(shape.piece(piece, first))
            first = False
            continue
        yield _event(shape.last(piece) | ({"usage": None} if with_usage else {}))
        if with_usage:
            yield _event(shape.head(".chunk") | {"choices": [], "usage": usage(piece)})
    yield DONE


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def _failed(error: EngineError) -> bytes:
    return _event(openai_error(error))


def usage(done: Completion) -> dict[str, int]:
    """Tokens, as OpenAI counts them."""
    record = done.metadata
    return {
        "prompt_tokens": record.prompt_tokens,
        "completion_tokens": record.generated_tokens,
        "total_tokens": record.prompt_tokens + record.generated_tokens,
    }


def own(done: Completion) -> dict[str, Any]:
    """What MAI adds: the signed record, and the answer's tokens."""
    return done.record() | {"tokens": None if done.tokens is None else list(done.tokens)}


class Shape:
    """The two kinds of answers, whole and in pieces."""

    def __init__(self, kind: str, model: str) -> None:
        self._chat, self._model = kind == "chat", model
        self._id = ("chatcmpl-" if self._chat else "cmpl-") + secrets.token_hex(12)
        self._created = int(time.time())

    def head(self, suffix: str = "") -> dict[str, Any]:
        """What every object begins with."""
        name = f"chat.completion{suffix}" if self._chat else "text_completion"
        return {"id": self._id, "object": name, "created": self._created, "model": self._model}

    def whole(self, done: Completion) -> dict[str, Any]:
        """An answer at once."""
        said = {"message": {"role": "assistant", "content": done.text, "refusal": None}}
        choice = said if self._chat else {"text": done.text}
        choices = [{"index": 0, **choice, "logprobs": None, "finish_reason": done.metadata.finish}]
        return self.head() | {"choices": choices, "usage": usage(done), "mai": own(done)}

    def piece(self, text: str, first: bool) -> dict[str, Any]:
        """A piece of an answer."""
        delta = {"content": text} | ({"role": "assistant"} if first else {})
        return self._chunk({"delta": delta} if self._chat else {"text": text}, None)

    def last(self, done: Completion) -> dict[str, Any]:
        """The end of an answer."""
        return self._chunk({"delta": {}} if self._chat else {"text": ""}, done.metadata.finish) | {"mai": own(done)}

    def _chunk(self, choice: dict[str, Any], finish: str | None) -> dict[str, Any]:
        choices = [{"index": 0, **choice, "logprobs": None, "finish_reason": finish}]
        return self.head(".chunk") | {"choices": choices}
