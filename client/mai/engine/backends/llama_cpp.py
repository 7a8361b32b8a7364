"""llama.cpp in this process (package llama-cpp-python, extra ``llm``): GGUF files on the CPU or a GPU."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mai.engine.backends.chat import Template, conversation
from mai.engine.backends.pieces import Characters
from mai.engine.backends.prompts import checked, most_tokens
from mai.engine.errors import EngineError
from mai.engine.hashing import hash_file
from mai.engine.protocol import LENGTH, STOP, Chunk, Facts, Job, ModelSpec, Prompt
from mai.errors import MaiError

DEFAULT_TEMPERATURE = 0.8
TOP_K = 0
"""Off: the answer is drawn from top_p and temperature alone, as the request says."""
CONTEXT = 8_192
ALL_LAYERS = -1
PIECE_BYTES = 1_024


class LlamaCpp:
    """One GGUF file; a conversation goes through the chat template that the file holds."""

    def __init__(self) -> None:
        try:
            import llama_cpp
        except ImportError as error:
            raise EngineError(
                "load_failed", "llama-cpp-python is not installed: run `pip install 'mai[llm]'`"
            ) from error
        self._library = llama_cpp
        self._model: Any = None
        self._template: Template
        self._facts: Facts | None = None

    def load(self, spec: ModelSpec) -> Facts:
        """Map the file and make a context of at most ``options["context"]`` tokens."""
        path = Path(spec.location)
        if not path.is_file():
            raise EngineError("load_failed", f"there is no file {path} for {spec.name}")
        gpu = spec.device == "gpu"
        if gpu and not self._library.llama_supports_gpu_offload():
            raise EngineError(
                "load_failed",
                "this llama-cpp-python was built without GPU support: reinstall it with CMAKE_ARGS=-DGGML_CUDA=on, "
                "or leave out --device gpu",
            )
        try:
            weights = hash_file(path)
            self._model = self._library.Llama(
                str(path),
                n_ctx=int(spec.options.get("context") or CONTEXT),
                n_gpu_layers=ALL_LAYERS if gpu else 0,
                n_threads=spec.options.get("threads"),
                verbose=False,
            )
        except MaiError as error:
            raise EngineError("load_failed", str(error)) from error
        except (ValueError, RuntimeError, AssertionError) as error:
            raise EngineError("load_failed", f"llama.cpp cannot load {path.name}: is it a GGUF file?") from error
        self._template = self._chat_template()
        context = min(int(self._model.n_ctx()), int(self._model._model.n_ctx_train()))
        self._facts = Facts(
            backend="llama.cpp",
            version=self._library.__version__,
            weights=f"sha256:{weights}",
            context=context,
            vocabulary=int(self._model.n_vocab()),
            device="GPU, all layers" if gpu else f"CPU, {self._model.n_threads} threads",
        )
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens."""
        return len(self._encode(prompt))

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer, token by token; the same for the same job, whatever was answered before."""
        facts = self.describe()
        prompt = self._encode(job.prompt)
        limit = most_tokens(prompt, job, facts)
        model, characters = self._model, Characters()
        model.reset()  # no reuse of an earlier prompt's cache: its batches, and so its roundings, were others
        model.set_seed(job.seed)
        temperature = DEFAULT_TEMPERATURE if job.temperature is None else job.temperature
        yield Chunk("", prompt_tokens=len(prompt))
        drawn = model.generate(prompt, temp=temperature, top_p=job.top_p, top_k=TOP_K, min_p=0.0)
        for made, token in enumerate(drawn, 1):
            if cancelled():
                return
            if self._library.llama_vocab_is_eog(model._model.vocab, token):
                yield Chunk(characters.end(), (token,), 1, finish=STOP)
                return
            text = characters.add(self._piece(token))
            if made == limit:
                yield Chunk(text + characters.end(), (token,), 1, finish=LENGTH)
                return
            yield Chunk(text, (token,), 1)

    def describe(self) -> Facts:
        """What :meth:`load` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """Let go of model and context."""
        if self._model is not None:
            self._model.close()
            self._model = None

    # Prompts

    def _encode(self, prompt: Prompt) -> list[int]:
        facts = self.describe()
        if prompt.tokens is not None:
            return checked(prompt.tokens, facts)
        if prompt.messages:
            return checked(conversation(prompt.messages, self._template, self._tokens), facts)
        return checked(self._tokens(prompt.text or "", False, start=True), facts)

    def _piece(self, token: int) -> bytes:
        """A token's bytes; the library's own call cuts those of more than 32."""
        buffer = ctypes.create_string_buffer(PIECE_BYTES)
        size = self._library.llama_token_to_piece(self._model._model.vocab, token, buffer, PIECE_BYTES, 0, False)
        return buffer.raw[: max(size, 0)]

    def _tokens(self, text: str, special: bool, *, start: bool = False) -> list[int]:
        start = start and bool(self._model._model.add_bos_token())
        found: list[int] = self._model.tokenize(text.encode(), add_bos=start, special=special)
        return found

    def _chat_template(self) -> Template:
        """The template in the file, with the texts of the tokens that begin and end."""
        model = self._model
        numbers = (model.token_bos(), model.token_eos())
        texts = [model._model.token_get_text(number) if number != -1 else "" for number in numbers]
        return Template(model.metadata.get("tokenizer.chat_template"), *texts)
