"""What the doors share: bounded bodies, who may come in, answers that end when their reader leaves."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
from fastapi import Request as HttpRequest
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.limits import MAX_BODY_BYTES
from mai.engine.protocol import Completion, Request

PUBLIC = frozenset({"/health", "/ready", "/v1/mai/identity", "/v1/mai/rpc"})
"""Without a token: what requesters of the network need."""
READER_SECONDS = 30.0
"""So long a reader may take nothing of a stream before it is left."""
JSON = "application/json"
T = TypeVar("T")
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Access:
    """Who may come in.

    Attributes:
        token: what ``Authorization: Bearer`` has to say; None: nothing.
        unix: on a Unix socket, whose file only the owner can open: everybody there is the owner.
        hosts: names under which browsers may know this engine; empty: any.
    """

    token: str | None = None
    unix: bool = False
    hosts: frozenset[str] = frozenset()


class Doorkeeper:
    """Refuses who has no token, and web pages of other origins; notes who the owner is."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        owner = self._access.unix or self._has_token(headers)
        scope["owner"] = owner
        refusal = self._foreign(headers)
        if refusal is None and self._access.token is not None and not owner and scope["path"] not in PUBLIC:
            refusal = "this engine wants a token: send Authorization: Bearer TOKEN"
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await refused(scope["path"], EngineError("unauthorized", refusal))(scope, receive, send)

    def _has_token(self, headers: Mapping[str, str]) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        token = self._access.token
        return token is not None and kind.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())

    def _foreign(self, headers: Mapping[str, str]) -> str | None:
        """Why the request comes from a web page that has no business here."""
        host = headers.get("host", "")
        name = (urlsplit(f"//{host}").hostname or "") if host else ""
        if self._access.hosts and name and name not in self._access.hosts:
            return "this engine does not answer under that name"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "this engine does not answer web pages of other origins"
        return None


def engine_of(request: HttpRequest) -> Engine:
    """The engine behind the door."""
    found: Engine = request.app.state.engine
    return found


def client_of(request: HttpRequest) -> str:
    """Whose turn it is in the queue."""
    return request.client.host if request.client is not None and request.client.host else "socket"


async def read(request: HttpRequest) -> bytes:
    """The request's body.

    Raises:
        EngineError: body_too_large; cancelled where the client is gone.
    """
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise EngineError("body_too_large", f"a body has at most {MAX_BODY_BYTES:,} bytes")
            parts.append(part)
    except ClientDisconnect as error:
        raise EngineError("cancelled", "the client is gone") from error
    return b"".join(parts)


async def parse(request: HttpRequest, kind: type[Body]) -> Body:
    """The request's body, checked.

    Raises:
        EngineError: body_too_large or invalid_request, with the first field that is wrong.
    """
    body = await read(request)
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(item) for item in first["loc"])
        message = f"{where}: {first['msg']}" if where else f"the body is wrong: {first['msg']}"
        raise EngineError("invalid_request", message, parameter=where or None) from None


async def until_gone(request: HttpRequest, work: Coroutine[Any, Any, T]) -> T:
    """The work's result, unless the client leaves before.

    Raises:
        EngineError: cancelled.
    """
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise EngineError("cancelled", "the client is gone")
    finally:
        gone.cancel()
        task.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def begun(request: HttpRequest, asked: Request) -> AsyncGenerator[str | Completion, None]:
    """The pieces of an answer, once the first is there: until then a refusal still has its own HTTP status."""
    pieces = engine_of(request).stream(asked)

    async def beginning() -> str | Completion:
        return await anext(pieces)

    first = await until_gone(request, beginning())

    async def everything() -> AsyncGenerator[str | Completion, None]:
        async with contextlib.aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return everything()


class Streamed(Response):
    """Pieces as they come; the source is closed as soon as the reader leaves."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], media_type: str) -> None:
        super().__init__(None, media_type=media_type, headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, or as much as is wanted."""
        tasks = [asyncio.create_task(self._write(send)), asyncio.create_task(_disconnected(receive))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._pieces.aclose()

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            async with asyncio.timeout(READER_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def answered(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status, headers, JSON)


def refused(path: str, error: EngineError) -> Response:
    """A refusal in the shape that the path's API has: Ollama's under /api, OpenAI's elsewhere."""
    body = {"error": str(error)} if path.startswith("/api/") else openai_error(error)
    headers = {"retry-after": str(error.retry_after)} if error.retry_after is not None else {}
    headers |= {"connection": "close"} if error.name == "body_too_large" else {}
    return answered(body, error.status, headers)


def openai_error(error: EngineError) -> dict[str, Any]:
    """OpenAI's shape of an error; the name is its code."""
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(
        error.status, "invalid_request_error" if error.status < 500 else "server_error"
    )
    return {"error": {"message": str(error), "type": kind, "param": error.parameter, "code": error.name}}


async def guarded(pieces: AsyncIterator[bytes], failed: Any) -> AsyncGenerator[bytes, None]:
    """The pieces; a failure in their midst becomes one last piece."""
    try:
        async for piece in pieces:
            yield piece
    except EngineError as error:
        yield failed(error)
