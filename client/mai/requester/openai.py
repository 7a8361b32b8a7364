"""OpenAI's chat completions as they are asked here, and as they are answered: a receipt comes with every answer."""

from __future__ import annotations

from typing import Any, Literal

from mai_zk.errors import ZkError
from mai_zk.language.model import Conversational, ProvableModel
from pydantic import BaseModel, ConfigDict, Field

from mai.errors import MaiError
from mai.requester.journal import Ask
from mai.requester.receipt import Receipt
from mai.requester.session import answer_text

MOST_MESSAGES, MOST_CHARACTERS, MOST_ANSWER = 256, 2**20, 2**20


class Refused(MaiError):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        kind: OpenAI's word for what is wrong.
        parameter: which one is.
    """

    def __init__(self, status: int, kind: str, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.status, self.kind, self.parameter = status, kind, parameter

    def fields(self) -> dict[str, Any]:
        """As OpenAI's clients read it."""
        return {"error": {"message": str(self), "type": self.kind, "param": self.parameter, "code": None}}


class Part(BaseModel):
    """A part of a message; only texts are read."""

    model_config = ConfigDict(extra="ignore")
    type: str
    text: str = Field(default="", max_length=MOST_CHARACTERS)


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(extra="ignore")
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] = Field(max_length=MOST_CHARACTERS)

    def text(self) -> str:
        """What it says; raises :class:`Refused` where that is no text."""
        if isinstance(self.content, str):
            return self.content
        if any(part.type != "text" for part in self.content):
            raise Refused(400, "invalid_request_error", "only texts can be asked here", "messages")
        return "".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """What a stream has besides."""

    model_config = ConfigDict(extra="ignore")
    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat completion, as far as a proved answer can follow it; what would be ignored is refused."""

    model_config = ConfigDict(extra="ignore")
    model: str = Field(max_length=256)
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_tokens: int | None = Field(default=None, ge=1, le=MOST_ANSWER)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MOST_ANSWER)
    temperature: float | None = Field(default=None, ge=0, le=2)
    n: int | None = Field(default=None, ge=1)
    stop: Any = None
    tools: Any = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    def check(self) -> None:
        """Raises :class:`Refused` where an answer would not be what was asked for."""
        if self.temperature:
            reason = "a proved answer is the model's likeliest one: leave temperature out, or set it to 0"
            raise Refused(400, "invalid_request_error", reason, "temperature")
        for name, wrong in (("n", (self.n or 1) != 1), ("stop", bool(self.stop)), ("tools", bool(self.tools))):
            if wrong:
                raise Refused(400, "invalid_request_error", f"{name} is not supported here", name)

    @property
    def limit(self) -> int | None:
        """Most tokens of the answer, if it says so."""
        return self.max_completion_tokens or self.max_tokens


def prompt_of(request: ChatRequest, model: ProvableModel) -> str:
    """The conversation as the model's one prompt: by its own template, where it has one, else a line a message."""
    messages = [{"role": item.role, "content": item.text()} for item in request.messages]
    if isinstance(model, Conversational):
        try:
            return model.conversation(messages)
        except ZkError as error:
            raise Refused(400, "invalid_request_error", str(error), "messages") from error
    return "\n".join(item["content"] for item in messages)


def completion(ask: Ask, model: ProvableModel, receipt: Receipt) -> dict[str, Any]:
    """A whole answer, with its receipt."""
    message = {"role": "assistant", "content": answer_text(ask, model), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(ask, model)}
    return {**_head(ask, "chat.completion"), "choices": [choice], "usage": usage(ask), "mai": receipt.fields()}


def chunks(ask: Ask, model: ProvableModel, receipt: Receipt, include_usage: bool) -> list[dict[str, Any]]:
    """The same as a stream has it: an answer that is checked comes whole, and the last choice brings the receipt."""
    head = _head(ask, "chat.completion.chunk")
    first = {"role": "assistant", "content": answer_text(ask, model)}
    found: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": first, "finish_reason": None}]},
        {
            **head,
            "choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason(ask, model)}],
            "mai": receipt.fields(),
        },
    ]
    return [*found, {**head, "choices": [], "usage": usage(ask)}] if include_usage else found


def usage(ask: Ask) -> dict[str, int]:
    """Tokens in and out."""
    assert ask.answer is not None
    prompt, answer = len(ask.prompt.tokens), len(ask.answer.salted.tokens)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def finish_reason(ask: Ask, model: ProvableModel) -> str:
    """`stop` where the model came to its end, `length` where its tokens ran out."""
    assert ask.answer is not None
    ended = model.manifest is not None and model.manifest.is_end(ask.answer.salted.tokens[-1])
    return "stop" if ended else "length"


def _head(ask: Ask, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{ask.task}", "object": kind, "created": ask.created, "model": ask.model_name}
