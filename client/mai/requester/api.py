"""Asking over HTTP: OpenAI's /v1/chat/completions and /v1/models, and disclosures to verifiers.

The server spends its wallet's money, so a page in a browser must not reach it: only JSON bodies are taken, only known
hosts are answered, and what all asks of a run may cost together is bounded.
"""

from __future__ import annotations

import dataclasses
import json
import queue
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from mai_zk.language.model import ProvableModel
from pydantic import ValidationError
from solders.pubkey import Pubkey
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from mai.errors import MaiError
from mai.requester import session
from mai.requester.ask import Asker, Order, Wait
from mai.requester.disclosure import Disclosed, NotDisclosed, admit
from mai.requester.journal import Ask
from mai.requester.openai import ChatRequest, Refused, chunks, completion, prompt_of
from mai.requester.receipt import Receipt

MOST_BODY_BYTES = 2 * 2**20
AT_ONCE = 16
"""Asks that may be under way at a time."""
ALIVE_SECONDS = 15.0
"""How often a stream says that it is still there."""
LEAST_KEY_CHARACTERS, MOST_KEY_BYTES = 16, 4_096
JSON = "application/json"


@dataclass
class Limits:
    """What every ask of a server is like, and what it may cost.

    Attributes:
        budget: base units for all asks of this run; None: as much as the wallet holds.
        api_key: what clients must send; None: nothing.
        spent: base units so far.
    """

    order: Order
    wait: Wait
    timeout: float
    budget: int | None = None
    api_key: str | None = None
    spent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self) -> None:
        """Count the fee of one more ask; raises :class:`Refused` where the budget does not have it."""
        with self.lock:
            if self.budget is not None and self.spent + self.order.fee > self.budget:
                raise Refused(429, "insufficient_quota", "the budget of this server is used up")
            self.spent += self.order.fee

    def keep(self) -> None:
        """The fee that was counted last will not be paid."""
        with self.lock:
            self.spent -= self.order.fee


def read_api_key(path: Path) -> str:
    """The key in a file.

    Raises:
        MaiError: it cannot be read, or is too short to be a secret.
    """
    try:
        with path.open("rb") as file:
            key = file.read(MOST_KEY_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MaiError(f"the API key's file {path} cannot be read") from error
    if len(key) < LEAST_KEY_CHARACTERS:
        raise MaiError(f"the API key in {path} is too short: {LEAST_KEY_CHARACTERS} characters at least")
    return key


def create_app(asker: Asker, models: Mapping[str, ProvableModel], limits: Limits, folder: Path, host: str) -> FastAPI:
    """The server of one wallet; ``host``: what it is called besides localhost."""
    app = FastAPI(title="MAI requester", docs_url=None, redoc_url=None, openapi_url=None)
    hosts = ["localhost", "127.0.0.1", "[::1]", host] if host not in ("0.0.0.0", "::") else ["*"]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    free = threading.BoundedSemaphore(AT_ONCE)

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return JSONResponse(error.fields(), error.status)

    @app.get("/v1/models")
    async def list_models(request: Request) -> Response:
        _admit(request, limits)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "mai"} for name in models]
        return JSONResponse({"object": "list", "data": data})

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        _admit(request, limits)
        asked = _parsed(await _body(request))
        asked.check()
        model = models.get(asked.model)
        if model is None:
            raise Refused(404, "invalid_request_error", f"the model {asked.model} is not served here", "model")
        order = limits.order if asked.limit is None else dataclasses.replace(limits.order, limit=asked.limit)
        text = prompt_of(asked, model)
        if not free.acquire(blocking=False):
            raise Refused(429, "rate_limit_error", f"{AT_ONCE} asks are under way: try again later")
        try:
            limits.spend()
            ask = await run_in_threadpool(_begin, asker, model, text, order, limits)
        except BaseException:
            free.release()
            raise
        if asked.stream:
            usage = asked.stream_options is not None and asked.stream_options.include_usage
            stream = _stream(asker, ask, model, limits, folder, free, usage)
            return StreamingResponse(stream, media_type="text/event-stream")
        try:
            receipt = await run_in_threadpool(_finish, asker, ask, model, limits, folder)
        finally:
            free.release()
        return JSONResponse(completion(ask, model, receipt))

    @app.post("/v1/mai/rpc")
    async def rpc(request: Request) -> Response:
        asked = await _body(request)
        number = asked.get("id") if isinstance(asked, dict) else None
        try:
            if not isinstance(asked, dict) or asked.get("method") != "mai_disclose":
                raise NotDisclosed("a requester answers mai_disclose alone")
            sealed = await run_in_threadpool(disclose, asker, asked.get("params"))
        except MaiError as error:
            return JSONResponse({"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": str(error)}})
        return JSONResponse({"jsonrpc": "2.0", "id": number, "result": {"envelope": sealed}})

    return app


def disclose(asker: Asker, parameters: Any) -> str:
    """A disclosure of one of this requester's asks, sealed and in base64.

    Raises:
        NotDisclosed: it is not to be had, or not by this verifier.
    """
    import base64

    if not isinstance(parameters, Mapping):
        raise NotDisclosed("the request for a disclosure cannot be read")

    def is_verifier(wallet: Pubkey) -> bool:
        stake = asker.reader.find("Stake", asker.economy.stake_address(wallet))
        return stake is not None and bool(stake.is_verifier)

    request = admit(parameters, int(time.time()), is_verifier)
    ask = asker.journal.find(request.task)
    if ask is None or not ask.disclose:
        raise NotDisclosed("its requester does not want it to be read, or it was not asked here")
    if ask.answer is None:
        raise NotDisclosed("there is no answer yet")
    return base64.b64encode(Disclosed(ask.prompt, ask.answer.salted).sealed(ask.task, request.reply_key)).decode()


def _admit(request: Request, limits: Limits) -> None:
    if limits.api_key is None:
        return
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not secrets.compare_digest(given.encode(), limits.api_key.encode()):
        raise Refused(401, "authentication_error", "the API key is missing or wrong")


async def _body(request: Request) -> Any:
    """The body as JSON, read up to a limit."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(415, "invalid_request_error", f"the body must be {JSON}")
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MOST_BODY_BYTES:
            raise Refused(413, "invalid_request_error", f"the body has more than {MOST_BODY_BYTES:,} bytes")
    try:
        return json.loads(bytes(raw))
    except (ValueError, RecursionError):
        raise Refused(400, "invalid_request_error", "the body is no JSON") from None


def _parsed(body: Any) -> ChatRequest:
    try:
        return ChatRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(400, "invalid_request_error", f"{place}: {first['msg']}", place) from None


def _begin(asker: Asker, model: ProvableModel, text: str, order: Order, limits: Limits) -> Ask:
    """An ask that is written down; one that is refused costs nothing."""
    try:
        return session.begin(asker, model, text, order)
    except MaiError as error:
        limits.keep()
        raise Refused(400, "invalid_request_error", str(error)) from error


def _finish(asker: Asker, ask: Ask, model: ProvableModel, limits: Limits, folder: Path) -> Receipt:
    """Everything else of an ask; its receipt is kept, too."""
    try:
        session.go_on(asker, ask, limits.wait, limits.timeout, lambda word, phrase: None)
        receipt = session.receipt(asker, ask, model)
        receipt.write(session.receipt_path(folder, ask.task))
    except MaiError as error:
        raise Refused(502, "api_error", str(error)) from error
    return receipt


def _stream(
    asker: Asker,
    ask: Ask,
    model: ProvableModel,
    limits: Limits,
    folder: Path,
    free: threading.BoundedSemaphore,
    include_usage: bool,
) -> Iterator[bytes]:
    """Server-sent events: comments while nothing is there, then the answer. A client that goes away loses nothing:
    the ask goes on and its receipt is kept."""
    ended: queue.SimpleQueue[list[dict[str, Any]]] = queue.SimpleQueue()

    def work() -> None:
        try:
            receipt = _finish(asker, ask, model, limits, folder)
            ended.put(chunks(ask, model, receipt, include_usage))
        except Refused as error:
            ended.put([error.fields()])
        finally:
            free.release()

    threading.Thread(target=work, name=f"ask {ask.task}", daemon=True).start()
    while True:
        yield f": task {ask.task} is {ask.state}\n\n".encode()
        try:
            found = ended.get(timeout=ALIVE_SECONDS)
        except queue.Empty:
            continue
        for item in found:
            yield f"data: {json.dumps(item)}\n\n".encode()
        yield b"data: [DONE]\n\n"
        return
