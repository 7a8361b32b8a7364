"""JSON-RPC 2.0 for the network layer at /v1/mai/rpc, and who answers here at /v1/mai/identity."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi import Request as HttpRequest
from starlette.responses import Response

from mai.engine.api.http import answered, engine_of, read
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.limits import MAX_BATCH, MAX_NAME
from mai.engine.offers import Answer

router = APIRouter()
PARSE, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL, REFUSED = -32700, -32600, -32601, -32602, -32603, -32000
_log = logging.getLogger(__name__)
Params = dict[str, Any]


class RpcError(Exception):
    """An error of the protocol itself."""

    def __init__(self, code: int, message: str, name: str = "invalid_request") -> None:
        super().__init__(message)
        self.code, self.name = code, name


@router.get("/v1/mai/identity")
async def identity(http: HttpRequest) -> Response:
    """Keys, owner, device, models and load."""
    return answered(await engine_of(http).identity())


@router.post("/v1/mai/rpc")
async def rpc(http: HttpRequest) -> Response:
    """One request, or at most 16 at once."""
    body = await read(http)
    engine, owner = engine_of(http), bool(http.scope.get("owner"))
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return answered(_error(None, RpcError(PARSE, "the body is not JSON")))
    if not isinstance(asked, list):
        answer = await _answer(engine, asked, owner)
        return Response(status_code=204) if answer is None else answered(answer)
    if not 0 < len(asked) <= MAX_BATCH:
        return answered(_error(None, RpcError(INVALID_REQUEST, f"a batch has 1 to {MAX_BATCH} requests")))
    answers = [answer for item in asked if (answer := await _answer(engine, item, owner)) is not None]
    return answered(answers) if answers else Response(status_code=204)


async def _answer(engine: Engine, asked: Any, owner: bool) -> dict[str, Any] | None:
    """The answer to one request; None to a notification."""
    number = asked.get("id") if isinstance(asked, dict) else None
    if not isinstance(number, str | int | float | None):
        return _error(None, RpcError(INVALID_REQUEST, "an id is a text or a number"))
    if not isinstance(asked, dict) or asked.get("jsonrpc") != "2.0" or not isinstance(asked.get("method"), str):
        return _error(number, RpcError(INVALID_REQUEST, "a request has jsonrpc 2.0, a method and an id"))
    answer: dict[str, Any]
    try:
        result = await _call(engine, asked["method"], asked.get("params", {}), owner)
        answer = {"jsonrpc": "2.0", "result": result, "id": number}
    except (RpcError, EngineError) as error:
        answer = _error(number, error)
    except Exception:
        _log.exception("%s failed", asked["method"][:64])
        answer = _error(number, RpcError(INTERNAL, "internal error", "internal_error"))
    return answer if "id" in asked else None


def _error(number: Any, error: RpcError | EngineError) -> dict[str, Any]:
    code = error.code if isinstance(error, RpcError) else REFUSED
    data: dict[str, Any] = {"name": error.name}
    if isinstance(error, EngineError) and error.retry_after is not None:
        data["retry_after"] = error.retry_after
    return {"jsonrpc": "2.0", "error": {"code": code, "message": str(error), "data": data}, "id": number}


async def _call(engine: Engine, method: str, params: Any, owner: bool) -> Any:
    if method not in METHODS and method not in OWNERS:
        raise RpcError(NO_METHOD, f"there is no method {method[:64]}", "not_found")
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "params is an object")
    if method in OWNERS:
        if not owner:
            raise EngineError("unauthorized", f"{method} is for the engine's owner: use its token or its Unix socket")
        return await OWNERS[method](engine, params)
    if method == "mai_cancel" and owner:
        return await engine.cancel(_text(params, "task"))
    return await METHODS[method](engine, params)


async def _offer(engine: Engine, params: Params) -> Any:
    most = params.get("max_tokens")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool)):
        raise RpcError(INVALID_PARAMS, "max_tokens is a whole number")
    return await engine.offer(
        _text(params, "task"),
        _text(params, "model"),
        _text(params, "requester_key"),
        _bytes(params, "envelope"),
        most,
    )


async def _status(engine: Engine, params: Params) -> Any:
    return await engine.status(_text(params, "task"))


async def _fetch(engine: Engine, params: Params) -> Any:
    state, reason, sealed = await engine.answer(_text(params, "task"))
    return {"state": state, "reason": reason, "envelope": base64.b64encode(sealed).decode() if sealed else None}


async def _cancel(engine: Engine, params: Params) -> Any:
    return engine.cancel_by(_text(params, "task"), _text(params, "signature"))


async def _held(engine: Engine, params: Params) -> Any:
    return await engine.held()


async def _start(engine: Engine, params: Params) -> Any:
    return await engine.start(_text(params, "task"))


async def _open(engine: Engine, params: Params) -> Any:
    opened = await engine.open(_text(params, "task"))
    return {"tokens": list(opened.tokens), "salts": [salt.hex() for salt in opened.salts]}


async def _finish(engine: Engine, params: Params) -> Any:
    tokens, record = params.get("tokens"), params.get("record")
    if not isinstance(tokens, list) or not all(isinstance(item, int) for item in tokens):
        raise RpcError(INVALID_PARAMS, "tokens is a list of numbers")
    if not isinstance(record, dict):
        raise RpcError(INVALID_PARAMS, "record is an object")
    try:
        salts = tuple(bytes.fromhex(salt) for salt in params.get("salts", ()))
    except (TypeError, ValueError):
        raise RpcError(INVALID_PARAMS, "salts is a list of texts in hexadecimal") from None
    answer = Answer(tuple(tokens), str(params.get("text", "")), record, salts)
    return await engine.finish(_text(params, "task"), answer)


Method = Callable[[Engine, Params], Awaitable[Any]]
METHODS: dict[str, Method] = {
    "mai_offer": _offer,
    "mai_status": _status,
    "mai_answer": _fetch,
    "mai_cancel": _cancel,
}
"""For everybody."""
OWNERS: dict[str, Method] = {"mai_held": _held, "mai_start": _start, "mai_open": _open, "mai_finish": _finish}
"""For the engine's owner: a miner beside it."""


def _text(params: Params, name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise RpcError(INVALID_PARAMS, f"{name} is a text of 1 to {MAX_NAME} characters")
    return value


def _bytes(params: Params, name: str) -> bytes:
    value = params.get(name)
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise RpcError(INVALID_PARAMS, f"{name} is base64")
