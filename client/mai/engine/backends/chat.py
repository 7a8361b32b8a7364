"""A conversation becomes tokens by a model's chat template, and nobody's message can forge the template's marks."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any

import jinja2
import jinja2.ext
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mai.engine.errors import EngineError
from mai.engine.protocol import Message

NO_TEMPLATE = "this model has no chat template: use /v1/completions or /api/generate"
REFUSED = "this model's chat template refuses these messages: let user and assistant take turns"
Encode = Callable[[str, bool], list[int]]
"""(text, whether names of special tokens in it become these) → tokens."""


class _Generation(jinja2.ext.Extension):
    """Hugging Face's ``{% generation %}`` marks what is trained on; here it means nothing."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[Node]:
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Template:
    """A chat template, rendered in a sandbox as Transformers renders it."""

    def __init__(self, source: str | None, start: str = "", end: str = "") -> None:
        """start, end: the model's bos_token and eos_token, as text."""
        self._source, self._given = source, {"bos_token": start, "eos_token": end}
        self._compiled: jinja2.Template | None = None

    def render(self, messages: Sequence[dict[str, str]]) -> str:
        """The conversation as text, up to where the assistant answers.

        Raises:
            EngineError: unsupported_parameter where there is no template; invalid_request where it refuses.
        """
        if not self._source:
            raise EngineError("unsupported_parameter", NO_TEMPLATE, parameter="messages")
        try:
            if self._compiled is None:
                self._compiled = _environment().from_string(self._source)
            return self._compiled.render(messages=list(messages), add_generation_prompt=True, tools=None, **self._given)
        except (ValueError, TypeError, jinja2.TemplateError) as error:
            raise EngineError("invalid_request", REFUSED, parameter="messages") from error


def conversation(messages: Sequence[Message], template: Template, encode: Encode) -> list[int]:
    """Tokens of a conversation: the template's own marks are special tokens; the same letters in a message are not.

    Raises:
        EngineError: as :meth:`Template.render` does.
    """
    plain = [{"role": item.role, "content": item.content} for item in messages]
    if all(encode(item.content, True) == encode(item.content, False) for item in messages):
        return encode(template.render(plain), True)
    marks = [f"\x02{place}\x03" for place in range(len(messages))]
    rest = template.render([{**item, "content": mark} for item, mark in zip(plain, marks, strict=True)])
    tokens: list[int] = []
    for item, mark in zip(messages, marks, strict=True):
        before, found, rest = rest.partition(mark)
        tokens += encode(before, True)
        tokens += encode(item.content, False) if found else []
    return tokens + encode(rest, True)


def _environment() -> jinja2.Environment:
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols, _Generation]
    )
    made.globals |= {"raise_exception": _refuse, "strftime_now": lambda form: datetime.datetime.now().strftime(form)}
    made.filters["tojson"] = lambda value, **how: json.dumps(value, **{"ensure_ascii": False, **how})
    return made


def _refuse(message: Any) -> str:
    raise jinja2.TemplateError(str(message))
