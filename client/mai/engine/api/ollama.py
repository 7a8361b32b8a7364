"""Ollama's API: /api/chat, /api/generate, /api/tags, /api/show, /api/ps, /api/version; NDJSON streams."""

from __future__ import annotations

import datetime
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from fastapi import Request as HttpRequest
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse, Response

from mai.engine.api.http import Streamed, answered, begun, client_of, engine_of, guarded, parse, until_gone
from mai.engine.errors import EngineError
from mai.engine.limits import MAX_MESSAGES, MAX_NAME, MAX_STOP, MAX_TEXT
from mai.engine.protocol import Completion, Message, Prompt, Request, Sampling

router = APIRouter()
NDJSON = "application/x-ndjson"
VERSION = "0.12.0"
"""Of Ollama's API, as far as it is served here; clients ask."""
EPOCH = "1970-01-01T00:00:00Z"
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "format": ("",),
    "images": ([],),
    "tools": ([],),
    "template": ("",),
    "suffix": ("",),
    "context": ([],),
    "think": (False,),
    "logprobs": (False,),
    "top_logprobs": (0,),
}
"""Parameters that are not supported, with the values that mean nothing and are let through."""
NEUTRAL_OPTIONS = {"repeat_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0, "mirostat": 0, "min_p": 0}


class Turn(BaseModel):
    """A message."""

    model_config = ConfigDict(extra="allow")

    role: str = Field(max_length=32)
    content: str = Field("", max_length=MAX_TEXT)


class Options(BaseModel):
    """How an answer is drawn."""

    model_config = ConfigDict(extra="allow")

    num_predict: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: str | Annotated[list[str], Field(max_length=MAX_STOP)] | None = None

    def sampling(self) -> Sampling:
        """The engine's; raises EngineError unsupported_parameter."""
        for name, value in (self.model_extra or {}).items():
            if name in NEUTRAL_OPTIONS and value is not None and value != NEUTRAL_OPTIONS[name]:
                raise EngineError("unsupported_parameter", f"options.{name} is not supported here: leave it out")
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        most = None if self.num_predict is not None and self.num_predict < 0 else self.num_predict
        return Sampling(most, self.temperature, 1.0 if self.top_p is None else self.top_p, self.seed, stop)


class Asked(BaseModel):
    """What both ways of asking take."""

    model_config = ConfigDict(extra="allow")

    model: str = Field(min_length=1, max_length=MAX_NAME)
    stream: bool | None = True
    options: Options | None = None

    def request(self, prompt: Prompt, client: str) -> Request:
        """The engine's; raises EngineError unsupported_parameter."""
        for name, value in (self.model_extra or {}).items():
            if name in NEUTRAL and value is not None and value not in NEUTRAL[name]:
                raise EngineError("unsupported_parameter", f"{name} is not supported here: leave it out")
        return Request(self.model, prompt, (self.options or Options()).sampling(), client)


class Chat(Asked):
    """The body of /api/chat."""

    messages: list[Turn] = Field(default_factory=list, max_length=MAX_MESSAGES)


class Generate(Asked):
    """The body of /api/generate."""

    prompt: str = Field("", max_length=MAX_TEXT)
    system: str = Field("", max_length=MAX_TEXT)
    raw: bool | None = False


class Show(BaseModel):
    """The body of /api/show."""

    model: str = Field("", max_length=MAX_NAME)
    name: str = Field("", max_length=MAX_NAME)


@router.post("/api/chat")
async def chat(http: HttpRequest) -> Response:
    """The next turn of a conversation."""
    body = await parse(http, Chat)
    for item in body.messages:
        if (item.model_extra or {}).get("images") or (item.model_extra or {}).get("tool_calls"):
            raise EngineError("unsupported_parameter", "images and tools in messages are not supported here")
    if not body.messages:
        return _loaded(engine_of(http).served(body.model), {"message": {"role": "assistant", "content": ""}})
    prompt = Prompt(tuple(Message(item.role, item.content) for item in body.messages))
    return await _respond(http, body, prompt, lambda text: {"message": {"role": "assistant", "content": text}})


@router.post("/api/generate")
async def generate(http: HttpRequest) -> Response:
    """The answer to a prompt; with ``raw`` its continuation, without any template."""
    body = await parse(http, Generate)
    if not body.prompt:
        return _loaded(engine_of(http).served(body.model), {"response": ""})
    turns = [Message("system", body.system)] if body.system else []
    prompt = Prompt(text=body.prompt) if body.raw else Prompt((*turns, Message("user", body.prompt)))
    return await _respond(http, body, prompt, lambda text: {"response": text})


@router.get("/api/tags")
async def tags(http: HttpRequest) -> Response:
    """The models."""
    return answered({"models": [_tag(item) for item in await engine_of(http).models()]})


@router.get("/api/ps")
async def running(http: HttpRequest) -> Response:
    """The models that are in memory."""
    loaded = [item for item in await engine_of(http).models() if item["loaded"]]
    return answered({"models": [_tag(item) | {"size_vram": 0, "expires_at": EPOCH} for item in loaded]})


@router.post("/api/show")
async def show(http: HttpRequest) -> Response:
    """One model."""
    body = await parse(http, Show)
    wanted = engine_of(http).served(body.model or body.name or "?")
    item = next(item for item in await engine_of(http).models() if item["name"] == wanted)
    info = {"general.name": wanted, "mai.backend": item["backend"], "mai.weights": item.get("weights")}
    if item.get("context") is not None:
        info["mai.context_length"] = item["context"]
    about = {"modelfile": "", "parameters": "", "template": "", "details": _details(item), "model_info": info}
    return answered(about | {"capabilities": ["completion"], "modified_at": EPOCH})


@router.get("/api/version")
async def version() -> Response:
    """The version of the API."""
    return answered({"version": VERSION})


@router.head("/")
@router.get("/")
async def root() -> Response:
    """What Ollama's command line asks first."""
    return PlainTextResponse("Ollama is running")


def _tag(item: dict[str, Any]) -> dict[str, Any]:
    digest = str(item.get("weights") or "").rpartition(":")[2]
    named = {"name": item["name"], "model": item["name"], "modified_at": EPOCH, "size": 0, "digest": digest}
    return named | {"details": _details(item)}


def _details(item: dict[str, Any]) -> dict[str, Any]:
    form = "gguf" if item["backend"] == "llama.cpp" else ""
    empty = {"parent_model": "", "parameter_size": "", "quantization_level": ""}
    return {"format": form, "family": "", "families": [], **empty}


def _loaded(model: str, said: dict[str, Any]) -> Response:
    """Ollama's answer to an empty prompt, which asks to load the model."""
    return answered({"model": model, "created_at": _now(), **said, "done": True, "done_reason": "load"})


async def _respond(http: HttpRequest, body: Asked, prompt: Prompt, said: Any) -> Response:
    asked = body.request(prompt, client_of(http))
    model = engine_of(http).served(body.model)
    if body.stream is not False:
        pieces = await begun(http, asked)
        return Streamed(guarded(_lines(pieces, model, said), _failed), NDJSON)
    done = await until_gone(http, engine_of(http).complete(asked))
    return answered(_head(model) | said(done.text) | _end(done))


async def _lines(pieces: AsyncIterator[str | Completion], model: str, said: Any) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        if isinstance(piece, str):
            yield _line(_head(model) | said(piece) | {"done": False})
        else:
            yield _line(_head(model) | said("") | _end(piece))


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value) + b"\n"


def _failed(error: EngineError) -> bytes:
    return _line({"error": str(error)})


def _head(model: str) -> dict[str, Any]:
    return {"model": model, "created_at": _now()}


def _end(done: Completion) -> dict[str, Any]:
    """Ollama's figures, in nanoseconds, and MAI's signed record. Prompt and answer are timed as one."""
    record = done.metadata
    spent = 1000 * record.microseconds
    return {
        "done": True,
        "done_reason": record.finish,
        "total_duration": spent + 1000 * record.load_us,
        "load_duration": 1000 * record.load_us,
        "prompt_eval_count": record.prompt_tokens,
        "prompt_eval_duration": 0,
        "eval_count": record.generated_tokens,
        "eval_duration": spent,
        "mai": done.record(),
    }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")
