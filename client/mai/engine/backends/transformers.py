"""Hugging Face Transformers in this process, imported only here: a folder with a model, on the CPU or a GPU."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mai.engine.backends.chat import Template, conversation
from mai.engine.backends.drawing import Floats, answer
from mai.engine.backends.pieces import Growing
from mai.engine.backends.prompts import checked, most_tokens
from mai.engine.errors import EngineError
from mai.engine.hashing import hash_files
from mai.engine.protocol import Chunk, Facts, Job, ModelSpec, Prompt
from mai.errors import MaiError

CONTEXT = 4_096
FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")
"""What makes a model: weights, configuration, tokenizer, chat template."""
LAST = "logits_to_keep"
CACHES = ("cache", "past_key_values")
"""What Transformers calls keys and values: in version 5.24, and in older ones."""
MAX_MESSAGE = 200


class Transformers:
    """One causal language model from a folder on disk; nothing is downloaded."""

    def __init__(self) -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise EngineError(
                "load_failed", "torch and transformers are not installed: run `pip install torch transformers`"
            ) from error
        self._torch: Any = torch
        self._library: Any = transformers
        self._model: Any = None
        self._tokenizer: Any = None
        self._last: dict[str, int] = {}
        self._cache = CACHES[0]
        self._facts: Facts | None = None

    def load(self, spec: ModelSpec) -> Facts:
        """Read the folder's weights (safetensors only: a pickle could run code)."""
        folder = Path(spec.location)
        if not any(folder.glob("*.safetensors")):
            raise EngineError("load_failed", f"the folder {folder} holds no safetensors for {spec.name}")
        gpu = spec.device == "gpu"
        if gpu and not self._torch.cuda.is_available():
            raise EngineError("load_failed", "torch sees no GPU: install a CUDA or ROCm build of it")
        try:
            self._tokenizer = self._library.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            self._model = self._library.AutoModelForCausalLM.from_pretrained(
                str(folder), local_files_only=True, use_safetensors=True
            )
        except Exception as error:  # what it raises for a damaged file has no class in common
            first = next(iter(str(error).splitlines()), type(error).__name__)[:MAX_MESSAGE]
            raise EngineError("load_failed", f"Transformers cannot load {folder}: {first}") from error
        self._model.eval()
        if gpu:
            self._model.to("cuda")
        try:
            weights = hash_files({path.name: path for form in FILES for path in folder.glob(form)})
        except MaiError as error:
            raise EngineError("load_failed", str(error)) from error
        takes = inspect.signature(self._model.forward).parameters
        self._last = {LAST: 1} if LAST in takes else {}  # a long prompt's logits would fill the memory
        self._cache = next((name for name in CACHES if name in takes), CACHES[-1])
        settings = self._model.config
        self._facts = Facts(
            backend="transformers",
            version=self._library.__version__,
            weights=f"sha256-of-files:{weights}",
            context=int(getattr(settings, "max_position_embeddings", CONTEXT)),
            vocabulary=int(settings.vocab_size),
            device=self._torch.cuda.get_device_name(0) if gpu else "CPU",
        )
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens."""
        return len(self._encode(prompt))

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer, token by token."""
        prompt, torch, past = self._encode(job.prompt), self._torch, None
        most = most_tokens(prompt, job, self.describe())
        ends = self._model.generation_config.eos_token_id
        ends = frozenset(ends if isinstance(ends, list) else () if ends is None else (ends,))

        def read(tokens: list[int]) -> Floats:
            nonlocal past
            with torch.inference_mode():
                given = torch.tensor([tokens], device=self._model.device)
                step = self._model(given, use_cache=True, **{self._cache: past}, **self._last)
            past = getattr(step, self._cache)
            logits: Floats = step.logits[0, -1].float().cpu().numpy()
            return logits

        yield from answer(prompt, most, job, ends, read, Growing(self._decode), cancelled)

    def _decode(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _encode(self, prompt: Prompt) -> list[int]:
        facts, tokenizer = self.describe(), self._tokenizer
        if prompt.tokens is not None:
            return checked(prompt.tokens, facts)
        if prompt.messages:
            source = tokenizer.get_chat_template() if tokenizer.chat_template else None
            template = Template(source, tokenizer.bos_token or "", tokenizer.eos_token or "")
            return checked(conversation(prompt.messages, template, self._tokens), facts)
        return checked(self._tokens(prompt.text or "", False, start=True), facts)

    def _tokens(self, text: str, special: bool, *, start: bool = False) -> list[int]:
        found = self._tokenizer(text, add_special_tokens=start, split_special_tokens=not special)
        return list(found["input_ids"])

    def describe(self) -> Facts:
        """What :meth:`load` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """Let go of the model."""
        self._model = self._tokenizer = None
