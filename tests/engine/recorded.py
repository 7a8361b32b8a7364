"""Servers that speak Ollama's and vLLM's documented protocols, so that their backends meet real bytes over real HTTP.

Shapes follow https://github.com/ollama/ollama/blob/main/docs/api.md (its examples' fields, errors as
``{"error": "…"}`` with 400, 404 and inside a stream) and vLLM's OpenAI-compatible server (ErrorResponse with 400 and
404, ``data: {"error": …}`` inside a stream, ``stream_options``, ``return_token_ids``, ``/tokenize``, ``/version``).
What a server says is "one two three …"; a prompt with the word ``break`` is cut off, ``fail`` fails in its midst.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from mai.engine.server import listen
from serving import Serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

WORDS = ["One", " two", " three", " four", " five", " six", " seven", " eight"]
DIGEST = "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1"
CREATED = "2024-07-22T20:33:28.123648Z"


class Recorded:
    """One server.

    Attributes:
        asked: the bodies of what it was asked, by path.
        slow: what it waits for before its third word; None: nothing.
        left: how many streams were left by their reader.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.broken = 0
        self.slow: threading.Event | None = None
        self.left = 0

    async def words(self, prompt: str, most: int) -> AsyncIterator[str]:
        """The answer's words; ConnectionError where it breaks off, ValueError where it fails."""
        try:
            for place, word in enumerate(WORDS[:most]):
                if place == 2 and "break" in prompt and self.broken < 1:
                    self.broken += 1
                    raise ConnectionError
                if place == 2 and "fail" in prompt:
                    raise ValueError
                while place == 2 and self.slow is not None and not self.slow.is_set():
                    await asyncio.sleep(0.005)
                yield word
        except (GeneratorExit, asyncio.CancelledError):
            self.left += 1
            raise

    # Ollama

    def ollama(self) -> Starlette:
        """Ollama 0.12."""
        return Starlette(
            routes=[
                Route("/api/version", lambda _: JSONResponse({"version": "0.12.3"})),
                Route("/api/tags", lambda _: JSONResponse({"models": [_ollama_model()]})),
                Route("/api/ps", lambda _: JSONResponse({"models": [_ollama_model() | {"size_vram": 0}]})),
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/chat", self._chat, methods=["POST"]),
                Route("/api/generate", self._generate, methods=["POST"]),
            ]
        )

    async def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = await request.json()
        self.asked.append((request.url.path, body))
        return body

    async def _show(self, request: Request) -> Response:
        body = await self._body(request)
        if body["model"] != "llama3.2:latest":
            return JSONResponse({"error": f"model '{body['model']}' not found"}, 404)
        info = {"general.architecture": "llama", "llama.context_length": 131072, "llama.embedding_length": 3072}
        details = {"parent_model": "", "format": "gguf", "family": "llama", "quantization_level": "Q4_K_M"}
        return JSONResponse({"template": "{{ .Prompt }}", "details": details, "model_info": info})

    async def _chat(self, request: Request) -> Response:
        body = await self._body(request)
        if "think" in body["messages"][-1]["content"]:
            return JSONResponse({"error": '"llama3.2" does not support thinking'}, 400)
        prompt = str(body["messages"][-1]["content"])
        return self._ndjson(body, prompt, lambda text: {"message": {"role": "assistant", "content": text}})

    async def _generate(self, request: Request) -> Response:
        body = await self._body(request)
        if not body.get("prompt"):
            done = {"model": body["model"], "created_at": CREATED, "response": "", "done": True, "done_reason": "load"}
            return JSONResponse(done)
        return self._ndjson(body, str(body["prompt"]), lambda text: {"response": text})

    def _ndjson(self, body: dict[str, Any], prompt: str, said: Any) -> Response:
        head = {"model": body["model"], "created_at": CREATED}
        most = int(body["options"]["num_predict"])

        async def lines() -> AsyncIterator[str]:
            count = 0
            try:
                async for word in self.words(prompt, most):
                    count += 1
                    yield json.dumps(head | said(word) | {"done": False}) + "\n"
            except ValueError:
                yield json.dumps({"error": "an error was encountered while running the model: CUDA error"}) + "\n"
                return
            reason = {"done_reason": "length" if most <= len(WORDS) else "stop", "done": True}
            figures = {
                "total_duration": 4883583458, "load_duration": 1334875, "prompt_eval_count": 26,
                "prompt_eval_duration": 342546000, "eval_count": count, "eval_duration": 4535599000,
            }  # fmt: skip
            yield json.dumps(head | said("") | reason | figures) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    # vLLM

    def vllm(self) -> Starlette:
        """vLLM 0.11."""
        return Starlette(
            routes=[
                Route("/version", lambda _: JSONResponse({"version": "0.11.0"})),
                Route("/v1/models", lambda _: JSONResponse({"object": "list", "data": [_vllm_model()]})),
                Route("/tokenize", self._tokenize, methods=["POST"]),
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/completions", self._complete, methods=["POST"]),
            ]
        )

    async def _tokenize(self, request: Request) -> Response:
        body = await self._body(request)
        text = body.get("prompt") or " ".join(item["content"] for item in body["messages"])
        tokens = list(range(len(text.split())))
        return JSONResponse({"count": len(tokens), "max_model_len": 4096, "tokens": tokens, "token_strs": None})

    async def _complete(self, request: Request) -> Response:
        body = await self._body(request)
        chat = "messages" in body
        prompt = str(body["messages"][-1]["content"] if chat else body["prompt"])
        if "long" in prompt:
            message = "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens."
            error = {"message": message, "type": "BadRequestError", "param": None, "code": 400}
            return JSONResponse({"error": error}, 400)

        def choice(text: str, **changed: Any) -> str:
            said = {"delta": {"content": text}} if chat else {"text": text}
            base = {"index": 0, **said, "logprobs": None, "finish_reason": None, "stop_reason": None}
            return "data: " + json.dumps(_vllm_head(chat) | {"choices": [base | changed]}) + "\n\n"

        async def events() -> AsyncIterator[str]:
            count, most = 0, int(body["max_tokens"])
            if chat:
                role = {"role": "assistant", "content": ""}
                yield choice("", delta=role)
            try:
                async for word in self.words(prompt, most):
                    count += 1
                    last = count == min(most, len(WORDS))
                    finish = ("length" if most <= len(WORDS) else "stop") if last else None
                    yield choice(word, finish_reason=finish, token_ids=[100 + count])
            except ValueError:
                error = {"message": "EngineCore encountered an issue.", "type": "InternalServerError", "code": 500}
                yield "data: " + json.dumps({"error": error}) + "\n\n"
                yield "data: [DONE]\n\n"
                return
            usage = {"prompt_tokens": 31, "total_tokens": 31 + count, "completion_tokens": count}
            yield "data: " + json.dumps(_vllm_head(chat) | {"choices": [], "usage": usage}) + "\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream; charset=utf-8")


def _vllm_head(chat: bool) -> dict[str, Any]:
    kind = "chat.completion.chunk" if chat else "text_completion"
    return {"id": "chatcmpl-d1", "object": kind, "created": 1732000000, "model": "Qwen/Qwen2.5-7B-Instruct"}


def _vllm_model() -> dict[str, Any]:
    name = "Qwen/Qwen2.5-7B-Instruct"
    more = {"root": name, "parent": None, "max_model_len": 4096, "permission": []}
    return {"id": name, "object": "model", "created": 1732000000, "owned_by": "vllm", **more}


def _ollama_model() -> dict[str, Any]:
    details = {"parent_model": "", "format": "gguf", "family": "llama", "parameter_size": "3.2B"}
    names = {
        "name": "llama3.2:latest",
        "model": "llama3.2:latest",
        "modified_at": "2025-05-04T17:37:44.706015396-07:00",
    }
    return names | {"size": 3825819519, "digest": DIGEST, "details": details}


@contextmanager
def answering(app: Starlette) -> Iterator[str]:
    """The app behind a port, in a thread; its address."""
    listening = listen("127.0.0.1", 0)
    serving = Serving(app, listening)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        serving.stop()
