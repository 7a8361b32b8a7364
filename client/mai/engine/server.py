"""The engine behind HTTP: on a TCP port of this machine, or on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi import Request as HttpRequest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from mai.engine.api import jsonrpc, ollama, openai
from mai.engine.api.http import Access, Doorkeeper, answered, engine_of, refused
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.errors import MaiError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_CONNECTIONS = 4_096
KEEP_ALIVE_SECONDS = 15
"""How long a connection may be idle: clients (httpx) use one again for 5 s, so none is closed under a request."""
METRICS = "text/plain; version=0.0.4; charset=utf-8"
HTTP_NAMES = {404: "not_found", 405: "method_not_allowed"}


def application(engine: Engine, access: Access) -> FastAPI:
    """The doors and what stands before them."""
    app = FastAPI(title="MAI engine", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.engine = engine
    for router in (openai.router, ollama.router, jsonrpc.router):
        app.include_router(router)
    app.add_api_route("/health", _health, methods=["GET"], response_model=None)
    app.add_api_route("/ready", _ready, methods=["GET"], response_model=None)
    app.add_api_route("/metrics", _metrics, methods=["GET"], response_model=None)
    app.add_exception_handler(EngineError, _refused)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Doorkeeper, access=access)
    return app


async def _health() -> Response:
    return answered({"status": "ok"})


async def _ready(http: HttpRequest) -> Response:
    reason = engine_of(http).not_ready()
    body = {"ready": reason is None, "reason": reason or "", "load": await engine_of(http).load()}
    return answered(body, 200 if reason is None else 503)


async def _metrics(http: HttpRequest) -> Response:
    return PlainTextResponse(engine_of(http).figures.text(), media_type=METRICS)


async def _refused(http: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, EngineError)
    return refused(http.url.path, error)


async def _unknown(http: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = HTTP_NAMES.get(error.status_code, "invalid_request")
    return refused(http.url.path, EngineError(name, f"{http.method} {http.url.path[:200]} is not answered here"))


async def _failed(http: HttpRequest, error: Exception) -> Response:
    return refused(http.url.path, EngineError("internal_error", f"the engine failed: {type(error).__name__}"))


def access_of(host: str, token: str | None, *, unix: bool) -> Access:
    """Who may come in at an address.

    Raises:
        MaiError: others could reach it, and there is no token.
    """
    if unix:
        return Access(token, unix=True)
    if host not in LOOPBACK and not token:
        raise MaiError(f"others can reach {host}: set a token with --token-file, or leave out --host")
    return Access(token, hosts=LOOPBACK if host in LOOPBACK else frozenset())


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        MaiError: the address or the port cannot be had.
    """
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(1024)
    except (OSError, OverflowError) as error:
        found.close()
        raise MaiError(f"port {port} on {host} cannot be used: choose another with --port") from error
    return found


def listen_unix(path: Path) -> socket.socket:
    """A listening Unix socket that only this user can open; one that a killed engine left is replaced.

    Raises:
        MaiError: somebody answers there, or it cannot be made.
    """
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            _remove_stale(path)
        found.bind(str(path))
        found.listen(1024)
    except OSError as error:
        found.close()
        raise MaiError(f"the socket {path} cannot be used: {error.strerror or error}") from error
    finally:
        os.umask(previous)
    return found


def _remove_stale(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise MaiError(f"another program answers at {path}: stop it or choose another path with --uds")


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    engine: Engine,
    listening: socket.socket,
    access: Access,
    *,
    ready: Callable[[], None] = lambda: None,
    stopped: asyncio.Event | None = None,
    signals: bool = True,
) -> None:
    """Answer until a signal comes, or ``stopped`` is set; then close the engine.

    Args:
        ready: called once requests are answered.

    Raises:
        EngineError: the default model cannot be loaded.
    """
    stopped = stopped or asyncio.Event()
    loop = asyncio.get_running_loop()
    if signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    config = uvicorn.Config(
        application(engine, access),
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    waiting = asyncio.create_task(stopped.wait())
    beginning = asyncio.create_task(engine.begin())
    try:
        await asyncio.wait({beginning, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if beginning.done():
            beginning.result()
            while not server.started and not task.done():
                await asyncio.sleep(0.005)
            ready()
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        beginning.cancel()
        waiting.cancel()
        server.should_exit = True
        await asyncio.gather(task, beginning, waiting, return_exceptions=True)
        await engine.close()
