"""The two doors: JSON-RPC over HTTP, and subscriptions over WebSocket on the next port."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

import mai.localnet.methods  # noqa: F401  (registers them)
from mai.errors import MaiError
from mai.localnet.errors import INTERNAL, INVALID_REQUEST, PARSE, RpcError, invalid, no_method
from mai.localnet.node import Node
from mai.localnet.params import Params
from mai.localnet.registry import METHODS
from mai.localnet.subscriptions import Client, Hub

MAX_BODY_BYTES = 50 * 1024
MAX_SOCKETS = 1_000
MAX_UNSENT = 10_000
KEEP_ALIVE_SECONDS = 75
"""How long a connection may be idle: clients (web3.js: 19 s) use one again for less: none is closed under a request."""
TRIES = 100
JSON = "application/json; charset=utf-8"
Answer = dict[str, Any] | None
_log = logging.getLogger(__name__)
Call = Callable[[str, Params], Awaitable[Any]]


async def _answer(call: Call, request: Any) -> Answer:
    """The answer to one request; None to a notification."""
    if not isinstance(request, dict):
        return _refusal(None, RpcError(INVALID_REQUEST, "Invalid request"))
    number = request.get("id")
    if request.get("jsonrpc") != "2.0":
        return {"error": {"code": INVALID_REQUEST, "message": "Unsupported JSON-RPC protocol version"}, "id": number}
    name, values = request.get("method"), request.get("params")
    if not isinstance(name, str) or not isinstance(number, (str, int, float, type(None))):
        return _refusal(
            None if not isinstance(number, (str, int)) else number, RpcError(INVALID_REQUEST, "Invalid request")
        )
    if "id" not in request:
        return None
    try:
        if values is not None and not isinstance(values, list):
            raise invalid("`params` should be an array")
        return {"jsonrpc": "2.0", "result": await call(name, Params(values or [])), "id": number}
    except RpcError as error:
        return _refusal(number, error)
    except MaiError as error:
        return _refusal(number, RpcError(INTERNAL, str(error)))
    except Exception:
        _log.exception("%s failed", name)  # a fault of ours: told where the localnet runs, and answered as such
        return _refusal(number, RpcError(INTERNAL, "Internal error"))


def _refusal(number: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": error.body(), "id": number}


class Http:
    """Requests, alone or many at once."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def call(self, name: str, params: Params) -> Any:
        """The result of a method.

        Raises:
            RpcError: there is no such method, or it refuses.
        """
        found = METHODS.get(name)
        if found is None:
            raise no_method(name)
        if not found.takes and len(params):
            raise invalid("Invalid parameters: No parameters were expected")
        result = found.run(self._node, params)
        return await result if inspect.isawaitable(result) else result

    async def post(self, request: Request) -> Response:
        """One HTTP request."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            text = "Supplied content type is not allowed. Content-Type: application/json is required\n"
            return PlainTextResponse(text, 415)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response()
        if body is None:
            text = f"Request body is larger than {MAX_BODY_BYTES} bytes\n"
            return PlainTextResponse(text, 413, {"connection": "close"})  # or the rest would be read without an end
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError:
            asked = None
        if not isinstance(asked, (dict, list)):
            return _json(_refusal(None, RpcError(PARSE, "Parse error")))
        if isinstance(asked, dict):
            return _json(await _answer(self.call, asked))
        answers = [answer for item in asked if (answer := await _answer(self.call, item)) is not None]
        return _json(answers or None)


async def _body(request: Request) -> bytes | None:
    """The body; None if it is too large, whatever its header says."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _json(value: Any) -> Response:
    content = b"" if value is None else orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    return Response(content, media_type=JSON)


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _other(_: Request) -> Response:
    return PlainTextResponse("Used HTTP Method is not allowed. POST or OPTIONS is required\n", 405)


async def _options(_: Request) -> Response:
    return Response(headers={"allow": "OPTIONS, POST", "accept": "application/json"}, media_type=JSON)


class Sockets:
    """Subscribers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._open = 0

    async def serve(self, socket_: WebSocket) -> None:
        """One subscriber, until it leaves or does not read what it asked for."""
        if self._open >= MAX_SOCKETS:
            await socket_.close(1013)
            return
        await socket_.accept()
        self._open += 1
        unsent: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MAX_UNSENT)
        overflown = asyncio.Event()

        def send(message: dict[str, Any]) -> None:
            try:
                unsent.put_nowait(message)
            except asyncio.QueueFull:
                overflown.set()

        client = Client(send)
        tasks = [
            asyncio.create_task(self._read(socket_, client)),
            asyncio.create_task(_write(socket_, unsent)),
            asyncio.create_task(overflown.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= 1
            self._hub.leave(client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket_.close()

    async def _read(self, socket_: WebSocket, client: Client) -> None:
        afterwards: list[Callable[[], None]] = []

        async def call(name: str, params: Params) -> Any:
            result, after = self._hub.call(client, name, params)
            if after is not None:
                afterwards.append(after)
            return result

        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = await socket_.receive()
                if message["type"] == "websocket.disconnect":
                    return
                try:
                    asked = orjson.loads(message.get("text") or message.get("bytes") or b"")
                except orjson.JSONDecodeError:
                    client.send(_refusal(None, RpcError(PARSE, "Parse error")))
                    continue
                for item in asked if isinstance(asked, list) else [asked]:
                    answer = await _answer(call, item)
                    if answer is not None:
                        client.send(answer)
                    for after in afterwards:
                        after()
                    afterwards.clear()


async def _write(socket_: WebSocket, unsent: asyncio.Queue[dict[str, Any] | None]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket_.send_text(orjson.dumps(await unsent.get()).decode())


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        MaiError: the address or the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(1024)
    except (OSError, OverflowError) as error:
        found.close()
        raise MaiError(
            f"port {port} on {host} cannot be used: stop what uses it or choose another with --rpc-port"
        ) from error
    return found


def listen_twice(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Two listening sockets on ports in a row; port 0: any two that are free, which nobody else can take meanwhile.

    Raises:
        MaiError: the address or the ports cannot be had.
    """
    for _ in range(TRIES if port == 0 else 1):
        first = listen(host, port)
        try:
            return first, listen(host, first.getsockname()[1] + 1)
        except MaiError:
            first.close()
            if port:
                raise
    raise MaiError(f"there are no two free ports in a row on {host}: choose one with --rpc-port")


def _server(app: Starlette, host: str) -> _Server:
    config = uvicorn.Config(
        app,
        host=host,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        ws_max_size=MAX_BODY_BYTES,
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


async def serve(
    node: Node, rpc: socket.socket, websocket: socket.socket, *, host: str, ready: Callable[[], None]
) -> None:
    """Answer until a signal comes.

    Raises:
        MaiError: the ledger can no longer be written.
    """
    http, sockets = Http(node), Sockets(Hub(node))
    everyone = Middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["OPTIONS", "POST"], allow_headers=["*"], max_age=86_400
    )
    routes = [
        Route("/", http.post, methods=["POST"]),
        Route("/", _options, methods=["OPTIONS"]),
        Route("/", _other, methods=["GET", "PUT", "DELETE", "PATCH"]),
        Route("/health", _health, methods=["GET"]),
    ]
    servers = [
        (_server(Starlette(routes=routes, middleware=[everyone]), host), rpc),
        (_server(Starlette(routes=[WebSocketRoute("/", sockets.serve)]), host), websocket),
    ]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, node.stopped.set)
    tasks = [asyncio.create_task(server.serve(sockets=[item])) for server, item in servers]
    work = [asyncio.create_task(node.work()), asyncio.create_task(node.tick())]
    for task in work:
        task.add_done_callback(lambda _: node.stopped.set())
    while not all(server.started for server, _ in servers) and not node.stopped.is_set():
        await asyncio.sleep(0.005)
    ready()
    await node.stopped.wait()
    for server, _ in servers:
        server.should_exit = True
    for task in work:
        task.cancel()
    finished = await asyncio.gather(*work, return_exceptions=True)
    await asyncio.gather(*tasks, return_exceptions=True)
    broken = [item for item in finished if isinstance(item, Exception) and not isinstance(item, asyncio.CancelledError)]
    if node.failure is not None or broken:
        raise node.failure or broken[0]
