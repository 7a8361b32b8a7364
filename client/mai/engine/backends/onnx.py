"""ONNX Runtime in this process: decoder models as Optimum exports them, from a folder, on the CPU or an NVIDIA GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from mai.engine.backends.drawing import answer
from mai.engine.backends.onnxgraph import Decoder
from mai.engine.backends.pieces import Growing
from mai.engine.backends.prompts import checked, most_tokens
from mai.engine.backends.tokenizer import FolderTokens
from mai.engine.errors import EngineError
from mai.engine.hashing import hash_files
from mai.engine.onnxfolder import CONFIG, OnnxFolder, context_of, find
from mai.engine.protocol import Chunk, Facts, Job, ModelSpec, Prompt
from mai.errors import MaiError


class Onnx:
    """One decoder with its tokenizer; the same job gives the same answer on the same machine."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._facts: Facts | None = None
        self._tokens: FolderTokens
        self._ends: frozenset[int] = frozenset()

    def load(self, spec: ModelSpec) -> Facts:
        """Read the folder, and make the graph ready for at most ``options["context"]`` tokens."""
        import onnxruntime

        gpu = spec.device == "gpu"
        threads = int(spec.options.get("threads") or psutil.cpu_count(logical=False) or 1)
        try:
            model = find(Path(spec.location))
            weights = hash_files(model.files)
            config = model.json(CONFIG)
            self._tokens = FolderTokens(model.root, model.json)
            self._ends = _ends(model, self._tokens)
        except EngineError:
            raise
        except MaiError as error:
            raise EngineError("load_failed", str(error)) from error
        self._decoder = Decoder(model, threads, gpu=gpu)
        vocabulary = self._decoder.vocabulary or config.get("vocab_size")
        if not isinstance(vocabulary, int):
            raise EngineError("load_failed", f"neither {model.graph.name} nor {CONFIG} tells the vocabulary's size")
        self._facts = Facts(
            backend="onnx",
            version=onnxruntime.__version__,
            weights=f"sha256-of-files:{weights}",
            context=context_of(config, spec.options.get("context")),
            vocabulary=vocabulary,
            device="GPU, CUDA" if gpu else f"CPU, {threads} threads",
        )
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens."""
        return len(self._encode(prompt))

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer, token by token."""
        facts, decoder = self.describe(), self._decoder
        assert decoder is not None
        prompt = self._encode(job.prompt)
        most = most_tokens(prompt, job, facts)
        decoder.reset()  # no reuse of an earlier prompt's cache: its steps, and so its roundings, were others
        text = Growing(self._tokens.decode)
        try:
            yield from answer(prompt, most, job, self._ends, lambda it: decoder.read(it, cancelled), text, cancelled)
        finally:
            decoder.reset()  # a long conversation's cache is not kept in memory

    def describe(self) -> Facts:
        """What :meth:`load` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """Let go of the model."""
        self._decoder = self._facts = None

    def _encode(self, prompt: Prompt) -> list[int]:
        facts = self.describe()
        return checked(self._tokens.encode(prompt), facts)


def _ends(model: OnnxFolder, tokens: FolderTokens) -> frozenset[int]:
    """Tokens that end an answer: of the generation's configuration, else the model's, else the tokenizer's."""
    for name in ("generation_config.json", CONFIG):
        found: Any = model.json(name).get("eos_token_id")
        numbers = found if isinstance(found, list) else [found]
        if numbers and all(isinstance(item, int) for item in numbers):
            return frozenset(numbers)
    number = tokens.number(tokens.end) if tokens.end else None
    return frozenset(() if number is None else (number,))
