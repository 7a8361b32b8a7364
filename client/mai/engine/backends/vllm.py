"""A vLLM server over its OpenAI-compatible API (https://docs.vllm.ai/en/latest/serving/openai_compatible_server)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mai.engine.backends.remote import Remote, RemoteBackend, messages_of
from mai.engine.errors import EngineError
from mai.engine.protocol import LENGTH, STOP, Chunk, Facts, Job, ModelSpec, Prompt

DEFAULT_URL = "http://127.0.0.1:8000"
PARALLEL = 64
"""Answers at a time: vLLM batches them itself."""
DATA, DONE = "data:", "[DONE]"


class Vllm(RemoteBackend):
    """One model of a vLLM server. Its weights' hash is not told; tokens are, since 0.10.2."""

    def load(self, spec: ModelSpec) -> Facts:
        """Look the model up; vLLM has loaded it before it answers."""
        remote = Remote("vLLM", str(spec.options.get("url") or DEFAULT_URL))
        self._remote, self._name = remote, spec.location
        listed = remote.ask("GET", "/v1/models").get("data", [])
        found = next((item for item in listed if item.get("id") == spec.location), None)
        if found is None:
            names = ", ".join(str(item.get("id")) for item in listed) or "none"
            raise EngineError("load_failed", f"vLLM at {remote.url} does not serve {spec.location}: it serves {names}")
        self._facts = Facts(
            backend="vllm",
            version=str(remote.ask("GET", "/version").get("version", "")),
            weights=None,
            context=found.get("max_model_len"),
            vocabulary=None,
            device=f"vLLM at {remote.url}",
            parallel=PARALLEL,
        )
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens, by the server's tokenizer."""
        if prompt.tokens is not None:
            return len(prompt.tokens)
        body: dict[str, Any] = {"model": self._name}
        body |= {"messages": messages_of(prompt)} if prompt.messages else {"prompt": prompt.text or ""}
        return int(self._server().ask("POST", "/tokenize", body)["count"])

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer; the last chunk has vLLM's own count."""
        server, finish = self._server(), ""
        body: dict[str, Any] = {
            "model": self._name,
            "max_tokens": job.max_tokens,
            "top_p": job.top_p,
            "seed": job.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_token_ids": True,
        }
        if job.temperature is not None:
            body["temperature"] = job.temperature
        if job.prompt.messages:
            path = "/v1/chat/completions"
            body["messages"] = messages_of(job.prompt)
        else:
            path = "/v1/completions"
            body["prompt"] = job.prompt.text if job.prompt.tokens is None else list(job.prompt.tokens)
        for line in server.lines(path, body, cancelled):
            if not line.startswith(DATA):
                continue
            data = line.removeprefix(DATA).strip()
            if data == DONE:
                break
            piece = server.parsed(data)
            for choice in piece.get("choices", []):
                finish = choice.get("finish_reason") or finish
                text = choice["delta"].get("content") if "delta" in choice else choice.get("text")
                tokens = choice.get("token_ids")
                count = 1 if tokens is None else len(tokens)
                if text or tokens:
                    yield Chunk(text or "", None if tokens is None else tuple(tokens), count)
            usage = piece.get("usage")
            if usage and not piece.get("choices") and finish:
                ended = LENGTH if finish == "length" else STOP
                yield Chunk("", (), 0, int(usage["prompt_tokens"]), finish=ended, total=int(usage["completion_tokens"]))
                return
        if not cancelled():
            raise server.ended()
