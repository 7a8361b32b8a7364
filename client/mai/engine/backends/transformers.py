"""Hugging Face Transformers in this process, imported only here: a folder with a model, on the CPU or a GPU."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mai.engine.backends.pieces import Growing
from mai.engine.errors import EngineError
from mai.engine.protocol import LENGTH, STOP, Chunk, Facts, Job, ModelSpec, Prompt

DEFAULT_TEMPERATURE = 1.0
CONTEXT = 4_096


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
        self._facts: Facts | None = None

    def load(self, spec: ModelSpec) -> Facts:
        """Read the folder's weights (safetensors only: a pickle could run code)."""
        folder = Path(spec.location)
        shards = sorted(folder.glob("*.safetensors"))
        if not shards:
            raise EngineError("load_failed", f"the folder {folder} holds no safetensors for {spec.name}")
        gpu = spec.device == "gpu"
        if gpu and not self._torch.cuda.is_available():
            raise EngineError("load_failed", "torch sees no GPU: install a CUDA or ROCm build of it")
        try:
            self._tokenizer = self._library.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            self._model = self._library.AutoModelForCausalLM.from_pretrained(
                str(folder), local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError) as error:
            raise EngineError("load_failed", f"Transformers cannot load {folder}: {error}") from error
        self._model.eval()
        if gpu:
            self._model.to("cuda")
        digest = hashlib.sha256()
        for shard in shards:
            with shard.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        settings = self._model.config
        self._facts = Facts(
            backend="transformers",
            version=self._library.__version__,
            weights=f"sha256-of-shards:{digest.hexdigest()}",
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
        facts, torch = self.describe(), self._torch
        prompt = self._encode(job.prompt)
        room = (facts.context or CONTEXT) - len(prompt)
        if room < 1:
            raise EngineError(
                "context_length_exceeded",
                f"the prompt has {len(prompt):,} tokens: this model takes {facts.context:,} with the answer",
            )
        limit = min(job.max_tokens, room)
        source = torch.Generator(device=self._model.device).manual_seed(job.seed)
        ends = self._model.generation_config.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends])
        given, past, tokens, growing = prompt, None, list[int](), Growing()
        yield Chunk("", prompt_tokens=len(prompt))
        while not cancelled():
            with torch.inference_mode():
                step = self._model(
                    torch.tensor([given], device=self._model.device), past_key_values=past, use_cache=True
                )
            past, token = step.past_key_values, self._draw(step.logits[0, -1], job, source)
            tokens.append(token)
            given = [token]
            whole = self._tokenizer.decode(tokens, skip_special_tokens=True)
            if token in ends or len(tokens) == limit:
                yield Chunk(growing.end(whole), (token,), 1, finish=STOP if token in ends else LENGTH)
                return
            yield Chunk(growing.add(whole), (token,), 1)

    def _draw(self, logits: Any, job: Job, source: Any) -> int:
        torch = self._torch
        temperature = DEFAULT_TEMPERATURE if job.temperature is None else job.temperature
        if temperature == 0:
            return int(torch.argmax(logits))
        chances, order = torch.sort(torch.softmax(logits.float() / temperature, -1), descending=True)
        chances[torch.cumsum(chances, -1) - chances > job.top_p] = 0
        return int(order[torch.multinomial(chances, 1, generator=source)])

    def _encode(self, prompt: Prompt) -> list[int]:
        vocabulary = self.describe().vocabulary or 0
        if prompt.tokens is not None:
            if any(not 0 <= token < vocabulary for token in prompt.tokens):
                raise EngineError("invalid_request", f"a token is not in the vocabulary of {vocabulary:,}")
            return list(prompt.tokens)
        if not prompt.messages:
            return list(self._tokenizer(prompt.text or "")["input_ids"])
        if not self._tokenizer.chat_template:
            raise EngineError(
                "unsupported_parameter", "this model has no chat template: use /v1/completions", parameter="messages"
            )
        messages = [{"role": item.role, "content": item.content} for item in prompt.messages]
        return list(self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False))

    def describe(self) -> Facts:
        """What :meth:`load` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """Let go of the model."""
        self._model = self._tokenizer = None
