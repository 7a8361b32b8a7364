"""An Ollama server over its own API (https://github.com/ollama/ollama/blob/main/docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mai.engine.backends.remote import Remote, RemoteBackend, messages_of
from mai.engine.errors import EngineError
from mai.engine.protocol import LENGTH, STOP, Chunk, Facts, Job, ModelSpec, Prompt

DEFAULT_URL = "http://127.0.0.1:11434"
PARALLEL = 4
"""Answers at a time; Ollama itself queues what its OLLAMA_NUM_PARALLEL does not allow."""


class Ollama(RemoteBackend):
    """One model of an Ollama server. Tokens are not told, so answers are hashed as text only."""

    def load(self, spec: ModelSpec) -> Facts:
        """Look the model up, and have the server load it (an empty prompt does that)."""
        remote = Remote("Ollama", str(spec.options.get("url") or DEFAULT_URL))
        self._remote, self._name = remote, spec.location
        version = str(remote.ask("GET", "/api/version").get("version", ""))
        shown = remote.ask("POST", "/api/show", {"model": spec.location})
        if spec.device == "gpu":
            remote.ask("POST", "/api/generate", {"model": spec.location, "stream": False})
            self._insist_on_gpu()
        self._facts = Facts(
            backend="ollama",
            version=version,
            weights=self._digest(),
            context=_context(shown.get("model_info")),
            vocabulary=None,
            device=f"Ollama at {remote.url}",
            parallel=PARALLEL,
        )
        return self._facts

    def _digest(self) -> str | None:
        for item in self._server().ask("GET", "/api/tags").get("models", []):
            if self._name in (item.get("name"), item.get("model")) or item.get("name") == f"{self._name}:latest":
                return f"sha256:{item['digest']}" if item.get("digest") else None
        return None

    def _insist_on_gpu(self) -> None:
        for item in self._server().ask("GET", "/api/ps").get("models", []):
            if str(item.get("name", "")).removesuffix(":latest") == self._name.removesuffix(":latest"):
                if item.get("size_vram", 0) < item.get("size", 0):
                    raise EngineError(
                        "load_failed",
                        f"Ollama keeps {item.get('size_vram', 0):,} of {item.get('size', 0):,} bytes of {self._name} "
                        "on the GPU: choose a smaller model, or leave out --device gpu",
                    )
                return

    def count(self, prompt: Prompt) -> int | None:
        """Unknown: Ollama has no call that counts."""
        if prompt.tokens is not None:
            raise EngineError("tokens_unsupported", "Ollama takes text, not tokens: serve this model by llama.cpp")
        return None

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer; Ollama streams about one token a line and counts them at the end."""
        self.count(job.prompt)
        options: dict[str, Any] = {"num_predict": job.max_tokens, "seed": job.seed, "top_p": job.top_p}
        if job.temperature is not None:
            options["temperature"] = job.temperature
        body: dict[str, Any] = {"model": self._name, "stream": True, "options": options}
        if job.prompt.messages:
            path = "/api/chat"
            body["messages"] = messages_of(job.prompt)
        else:
            path = "/api/generate"
            body |= {"prompt": job.prompt.text or "", "raw": True}
        server = self._server()
        for line in server.lines(path, body, cancelled):
            piece = server.parsed(line)
            text = str(piece["message"]["content"] if "message" in piece else piece.get("response", ""))
            if not piece.get("done"):
                yield Chunk(text, count=1)
                continue
            yield Chunk(
                text,
                prompt_tokens=int(piece.get("prompt_eval_count", 0)),
                finish=LENGTH if piece.get("done_reason") == "length" else STOP,
                total=int(piece["eval_count"]) if "eval_count" in piece else None,
            )
            return
        if not cancelled():
            raise server.ended()


def _context(info: Any) -> int | None:
    """The model's trained length, from the one key that ends in ``.context_length``."""
    if not isinstance(info, dict):
        return None
    return next((int(value) for name, value in info.items() if name.endswith(".context_length")), None)
