"""SmolLM2's own tokenizer and chat template, read from the GGUF's metadata and run by `tokenizers` and `jinja2`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.language.smol.weights import MISSING, VOCABULARY, gguf_path

MAX_CHARACTERS = 1 << 16
_SPECIAL = 3  # llama.cpp's token type of control tokens


class Tokens:
    """Text to tokens and back."""

    def __init__(self, path: Path | None = None) -> None:
        """path: a GGUF file; by default that of the installed package."""
        self._path = path or gguf_path()

    @cached_property
    def _fields(self) -> dict[str, Any]:
        try:
            import gguf
        except ImportError as error:
            raise ZkError(MISSING) from error
        fields = gguf.GGUFReader(self._path).fields
        names = ("tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.token_type")
        return {name: fields[name].contents() for name in (*names, "tokenizer.chat_template")}

    @cached_property
    def _tokenizer(self) -> Any:
        try:
            from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
        except ImportError as error:
            raise ZkError(MISSING) from error
        texts = self._fields["tokenizer.ggml.tokens"]
        merges = [tuple(merge.split(" ", 1)) for merge in self._fields["tokenizer.ggml.merges"]]
        tokenizer = Tokenizer(models.BPE({text: index for index, text in enumerate(texts)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in self._specials])
        return tokenizer

    @cached_property
    def _specials(self) -> list[str]:
        """The control tokens' names."""
        kinds = self._fields["tokenizer.ggml.token_type"]
        texts = self._fields["tokenizer.ggml.tokens"]
        return [text for text, kind in zip(texts, kinds, strict=True) if kind == _SPECIAL]

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; names of control tokens in it become these, as in the model's own tokenizer."""
        return self._encode(text, control=True)

    def chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Tokens of a conversation ({"role": ..., "content": ...}), up to where the assistant answers.

        Only the template's own marks become control tokens: their names in a message stay text.
        """
        tokens: list[int] = []
        for piece, told in self._pieces(messages):
            tokens += self._encode(piece, control=not told)
        return tokens

    def conversation(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The same as text for `encode`; ZkError where a message has a control token's name, which would become one."""
        pieces = self._pieces(messages)
        for piece, told in pieces:
            if told and any(name in piece for name in self._specials):
                raise ZkError("A message of a conversation cannot have the name of a control token in it.")
        return "".join(piece for piece, _ in pieces)

    def _pieces(self, messages: Sequence[Mapping[str, str]]) -> list[tuple[str, bool]]:
        """The conversation cut into the template's own text and what a message says (True)."""
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        mark = secrets.token_hex(16)
        try:
            marked = [
                {"role": str(message["role"]), "content": f"{mark}{index}{mark}"}
                for index, message in enumerate(messages)
            ]
            if any(item["role"] not in ("system", "user", "assistant") for item in marked) or not marked:
                raise ZkError("A message has the role system, user or assistant, and there is one at least.")
            template = ImmutableSandboxedEnvironment().from_string(self._fields["tokenizer.chat_template"])
            pieces = template.render(messages=marked, add_generation_prompt=True).split(mark)
            contents = [str(message["content"]) for message in messages]
        except (KeyError, TemplateError) as error:
            raise ZkError("A message has a role and a content.") from error
        return [(contents[int(piece)], True) if index % 2 else (piece, False) for index, piece in enumerate(pieces)]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens, without control tokens."""
        if any(not 0 <= token < VOCABULARY for token in tokens):
            raise ZkError(f"A token of SmolLM2 is from 0 to {VOCABULARY - 1}.")
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text

    def _encode(self, text: str, control: bool) -> list[int]:
        if len(text) > MAX_CHARACTERS:
            raise ZkError(f"A text has at most {MAX_CHARACTERS} characters, not {len(text)}.")
        self._tokenizer.encode_special_tokens = not control
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids
