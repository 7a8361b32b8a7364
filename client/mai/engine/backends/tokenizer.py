"""A model's own tokenizer and chat template, from the files that Hugging Face keeps beside its weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mai.engine.backends.chat import Template, conversation
from mai.engine.errors import EngineError
from mai.engine.protocol import Prompt

Read = Callable[[str], dict[str, Any]]
TEMPLATE = "chat_template.jinja"
MAX_TEMPLATE = 2**20


class FolderTokens:
    """``tokenizer.json``, with what ``tokenizer_config.json`` and ``chat_template.jinja`` say besides."""

    def __init__(self, folder: Path, read: Read) -> None:
        """read: gives a JSON file of the folder, or an empty object.

        Raises:
            EngineError: load_failed; the library or the file is missing, or the file is damaged.
        """
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EngineError("load_failed", "tokenizers is not installed: run `pip install 'mai[onnx]'`") from error
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises Exception itself
            raise EngineError("load_failed", f"tokenizer.json of {folder} cannot be read: it is damaged") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        said = read("tokenizer_config.json")
        self.start, self.end = _text(said.get("bos_token")), _text(said.get("eos_token"))
        self._template = Template(_template(folder, said), self.start, self.end)

    def encode(self, prompt: Prompt) -> list[int]:
        """A prompt's tokens; names of special tokens in a text or a message stay letters.

        Raises:
            EngineError: the chat template refuses the messages.
        """
        if prompt.tokens is not None:
            return list(prompt.tokens)
        if prompt.messages:
            return conversation(prompt.messages, self._template, self._encode)
        return self._encode(prompt.text or "", False, start=True)

    def decode(self, tokens: list[int]) -> str:
        """Their text, without special tokens."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    def number(self, token: str) -> int | None:
        """A token's number by its text."""
        found: int | None = self._tokenizer.token_to_id(token)
        return found

    def _encode(self, text: str, special: bool, *, start: bool = False) -> list[int]:
        """start: with what the tokenizer itself puts before a text, such as Llama's beginning."""
        self._tokenizer.encode_special_tokens = not special
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=start).ids
        return ids


def _template(folder: Path, said: dict[str, Any]) -> str | None:
    """The chat template: in a file of its own, or in the configuration, alone or as the default of several."""
    path = folder / TEMPLATE
    if path.is_file():
        try:
            with path.open(encoding="utf-8") as file:
                return file.read(MAX_TEMPLATE)
        except (OSError, ValueError) as error:
            raise EngineError("load_failed", f"{path} cannot be read: it is no text") from error
    found = said.get("chat_template")
    if isinstance(found, list):
        named = {item.get("name"): item.get("template") for item in found if isinstance(item, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else None


def _text(token: Any) -> str:
    """A special token's text: as it is, or inside of an object."""
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else ""
