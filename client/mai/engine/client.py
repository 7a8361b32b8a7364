"""An engine in another process, over TCP or a Unix socket, with the methods of ``mai.engine.engine.Engine``."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx

from mai.engine.errors import EngineError
from mai.engine.limits import DEFAULT_PORT
from mai.engine.offers import Answer, Opened
from mai.engine.protocol import Completion, Metadata, Request

TIMEOUT_SECONDS = 900.0
CONNECT_SECONDS = 5.0
DATA, DONE = "data: ", "[DONE]"


class EngineClient:
    """One engine. Every method raises EngineError with the name that the engine gives, or backend_unreachable."""

    def __init__(
        self, url: str = f"http://127.0.0.1:{DEFAULT_PORT}", *, uds: Path | None = None, token: str | None = None
    ) -> None:
        """``uds``: the Unix socket; ``url`` does not matter then. ``token``: the bearer token, where one is set."""
        self._where = str(uds or url)
        self._http = httpx.AsyncClient(
            base_url="http://localhost" if uds is not None else url,
            transport=httpx.AsyncHTTPTransport(uds=str(uds)) if uds is not None else None,
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def complete(self, request: Request) -> Completion:
        """A whole answer."""
        path, body = _asked(request)
        found = await self._send("POST", path, body)
        choice = found["choices"][0]
        return _completion(choice["message"]["content"] if "message" in choice else choice["text"], found["mai"])

    async def stream(self, request: Request) -> AsyncGenerator[str | Completion, None]:
        """The answer's text as it comes, then the whole."""
        path, body = _asked(request)
        text = ""
        try:
            async with self._http.stream("POST", path, json=body | {"stream": True}) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    raise _refusal(answer)
                async for line in answer.aiter_lines():
                    if not line.startswith(DATA) or line == DATA + DONE:
                        continue
                    found = json.loads(line.removeprefix(DATA))
                    if "error" in found:
                        raise EngineError(found["error"]["code"], found["error"]["message"])
                    if "mai" in found:
                        yield _completion(text, found["mai"])
                        continue
                    choice = found["choices"][0]
                    piece = choice["delta"].get("content", "") if "delta" in choice else choice["text"]
                    text += piece
                    yield piece
        except httpx.HTTPError as error:
            raise self._gone() from error

    async def models(self) -> list[dict[str, Any]]:
        """The models, the default first: name, backend, whether loaded, weights and context."""
        found: list[dict[str, Any]] = (await self.identity())["models"]
        return found

    async def identity(self) -> dict[str, Any]:
        """Who answers there, what it can, and how busy it is."""
        return await self._send("GET", "/v1/mai/identity")

    async def load(self) -> dict[str, int]:
        """How busy the engine is."""
        found: dict[str, int] = (await self.identity())["load"]
        return found

    async def offer(
        self, task: str, model: str, requester_key: str, envelope: bytes, max_tokens: int | None = None
    ) -> dict[str, Any]:
        """Offer a sealed prompt: ``{accepted, reason, message}``."""
        params = {"task": task, "model": model, "requester_key": requester_key}
        params |= {"envelope": base64.b64encode(envelope).decode()}
        found: dict[str, Any] = await self._call("mai_offer", params | {"max_tokens": max_tokens})
        return found

    async def status(self, task: str) -> dict[str, Any]:
        """A task's state."""
        found: dict[str, Any] = await self._call("mai_status", {"task": task})
        return found

    async def answer(self, task: str) -> tuple[str, str, bytes]:
        """(state, reason, sealed answer); the answer is empty until the state is done."""
        found = await self._call("mai_answer", {"task": task})
        return found["state"], found["reason"], base64.b64decode(found["envelope"] or "")

    async def cancel(self, task: str, signature: str = "") -> dict[str, Any]:
        """Take a task back: as the engine's owner, or with the requester's signature."""
        params = {"task": task} | ({"signature": signature} if signature else {})
        found: dict[str, Any] = await self._call("mai_cancel", params)
        return found

    async def held(self) -> list[dict[str, Any]]:
        """Accepted tasks that are not over, the oldest first."""
        found: list[dict[str, Any]] = await self._call("mai_held", {})
        return found

    async def start(self, task: str) -> dict[str, Any]:
        """Answer a held task."""
        found: dict[str, Any] = await self._call("mai_start", {"task": task})
        return found

    async def open(self, task: str) -> Opened:
        """What a held task asks: its tokens and their salts."""
        found = await self._call("mai_open", {"task": task})
        return Opened(tuple(found["tokens"]), tuple(map(bytes.fromhex, found["salts"])))

    async def finish(self, task: str, answer: Answer) -> dict[str, Any]:
        """Give a held task the answer that was computed elsewhere."""
        params = {"task": task, "tokens": list(answer.tokens), "text": answer.text, "record": answer.record}
        params |= {"salts": [salt.hex() for salt in answer.salts]}
        found: dict[str, Any] = await self._call("mai_finish", params)
        return found

    # Requests

    async def _call(self, method: str, params: dict[str, Any]) -> Any:
        found = await self._send("POST", "/v1/mai/rpc", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        if "error" in found:
            data = found["error"]["data"]
            raise EngineError(data["name"], found["error"]["message"], retry_after=data.get("retry_after"))
        return found["result"]

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise self._gone() from error
        if answer.status_code != 200:
            raise _refusal(answer)
        found: dict[str, Any] = answer.json()
        return found

    def _gone(self) -> EngineError:
        return EngineError("backend_unreachable", f"no engine answers at {self._where}: start `mai engine serve`")


def _asked(request: Request) -> tuple[str, dict[str, Any]]:
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "stop": list(sampling.stop),
        "timeout": request.timeout,
    }
    if request.prompt.messages:
        messages = [{"role": item.role, "content": item.content} for item in request.prompt.messages]
        return "/v1/chat/completions", body | {"messages": messages}
    tokens = request.prompt.tokens
    return "/v1/completions", body | {"prompt": request.prompt.text if tokens is None else list(tokens)}


def _completion(text: str, own: dict[str, Any]) -> Completion:
    tokens = None if own["tokens"] is None else tuple(own["tokens"])
    return Completion(text, tokens, Metadata.from_plain(own["metadata"]), own["signer"], own["signature"])


def _refusal(answer: httpx.Response) -> EngineError:
    after = answer.headers.get("retry-after", "")
    try:
        error = answer.json()["error"]
        name, message, parameter = str(error["code"]), str(error["message"]), error.get("param")
    except (ValueError, KeyError, TypeError):
        return EngineError("internal_error", f"the engine answers HTTP {answer.status_code}")
    return EngineError(name, message, parameter=parameter, retry_after=int(after) if after.isdigit() else None)
