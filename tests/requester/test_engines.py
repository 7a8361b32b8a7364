"""The wire to engines: addresses, sockets, and answers that are none."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mai.errors import MaiError
from mai.requester import engines
from mai.requester.engines import EngineRefused, EngineUnreachable, HttpEngine, known_engines
from requester.peer import stated
from serving import Serving
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

TASK = Pubkey.default()
GOOD = {"hpke_public_key": "11" * 32, "signing_key": None, "owner": None, "models": [{"name": "tiny"}]}


class Odd:
    """A server that answers whatever a test wants."""

    def __init__(self, listening: socket.socket) -> None:
        self.identity: Callable[[], Response] = lambda: JSONResponse(GOOD)
        self.result: Any = {}
        self.error: Any = None
        self.heard: list[dict[str, Any]] = []
        app = Starlette(
            routes=[Route("/v1/mai/identity", self._identity), Route("/v1/mai/rpc", self._rpc, methods=["POST"])]
        )
        self.stop = Serving(app, listening).stop

    async def _identity(self, _: Request) -> Response:
        return self.identity()

    async def _rpc(self, request: Request) -> Response:
        asked = await request.json()
        self.heard.append(asked)
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        return JSONResponse({**answer, **({"error": self.error} if self.error else {"result": self.result})})


@pytest.fixture(scope="module")
def odd() -> Iterator[tuple[Odd, HttpEngine]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Odd(listening)
        yield made, HttpEngine(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        made.stop()


def test_an_engine_behind_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "engine"))
        listening.listen()
        odd = Odd(listening)
        assert HttpEngine(f"unix:{tmp_path / 'engine'}").identity().models == ("tiny",)
        odd.stop()


def test_identities(odd: tuple[Odd, HttpEngine]) -> None:
    server, engine = odd
    owner, packed = Keypair(), base64.b64encode(bytes(32)).decode()
    named = {**GOOD, "owner": str(owner.pubkey()), "hpke_public_key": packed, "statement": stated(bytes(32), owner)}
    server.identity = lambda: JSONResponse(named)
    assert (engine.identity().owner, engine.identity().sealing) == (owner.pubkey(), bytes(32))
    for body in ({}, [], None, {**GOOD, "hpke_public_key": "11"}, {**GOOD, "owner": "x"}, {**GOOD, "models": 5}):
        server.identity = lambda body=body: JSONResponse(body)  # type: ignore[misc]
        with pytest.raises(EngineUnreachable, match="does not say who it is"):
            engine.identity()
    server.identity = lambda: JSONResponse({**GOOD, "hpke_public_key": None})
    with pytest.raises(EngineRefused, match="takes no sealed prompts"):
        engine.identity()


def test_an_engines_key_is_signed_by_its_owner(odd: tuple[Odd, HttpEngine]) -> None:
    server, engine = odd
    owner, key = Keypair(), bytes.fromhex(GOOD["hpke_public_key"])  # type: ignore[arg-type]
    named = {**GOOD, "owner": str(owner.pubkey())}
    server.identity = lambda: JSONResponse({**named, "statement": stated(key, owner)})
    assert engine.identity().sealing == key
    for statement, why in (
        (None, "the owner has not signed"),
        ({}, "no engine's identity"),
        (stated(bytes(32), owner), "has signed another key"),
        (stated(key, Keypair()), "another owner"),
        ({**stated(key, owner), "ends": 0}, "not valid now"),
        ({**stated(key, owner), "device": base64.b64encode(b"x" * 32).decode()}, "not signed by the device's owner"),
    ):
        server.identity = lambda given=statement: JSONResponse({**named, "statement": given})  # type: ignore[misc]
        with pytest.raises(EngineRefused, match=f"cannot be trusted with a prompt: .*{why}"):
            engine.identity()


def test_answers_that_are_none(odd: tuple[Odd, HttpEngine], monkeypatch: pytest.MonkeyPatch) -> None:
    server, engine = odd
    server.identity = lambda: Response("<html>", status_code=500)
    with pytest.raises(EngineUnreachable, match="status 500 and no JSON"):
        engine.identity()
    # Nobody is sent elsewhere: not to the inside of this network, and not with what was asked.
    server.identity = lambda: RedirectResponse("http://127.0.0.1:1/secret")
    with pytest.raises(EngineUnreachable, match="status 307"):
        engine.identity()
    monkeypatch.setattr(engines, "MOST_BYTES", 1_000)
    server.identity = lambda: JSONResponse({**GOOD, "padding": "x" * 2_000})
    with pytest.raises(EngineUnreachable, match="more than 1,000 bytes"):
        engine.identity()


def test_offers_and_answers(odd: tuple[Odd, HttpEngine]) -> None:
    server, engine = odd
    server.result = {"accepted": True}
    assert engine.offer(TASK, "tiny", TASK, b"sealed", 8) is None
    said = server.heard[-1]
    assert (said["method"], said["params"]["max_tokens"]) == ("mai_offer", 8)
    assert base64.b64decode(said["params"]["envelope"]) == b"sealed"
    server.result = {"accepted": False, "reason": "busy", "message": "three\n lines\n" + "x" * 1_000}
    reason = engine.offer(TASK, "tiny", TASK, b"sealed", 8)
    assert reason is not None and reason.startswith("three lines x") and len(reason) == engines.MOST_WORDS
    for result in ({}, None, {"accepted": "yes"}):
        server.result = result
        with pytest.raises(EngineUnreachable, match="does not say whether"):
            engine.offer(TASK, "tiny", TASK, b"sealed", 8)
    server.result = {"state": "done", "envelope": base64.b64encode(b"sealed").decode()}
    assert engine.answer(TASK) == engines.Reply("done", b"sealed")
    server.result = {"state": "running", "envelope": None}
    assert engine.answer(TASK).envelope is None
    for result in ({"state": "done", "envelope": 5}, {"state": "done", "envelope": "*"}):
        server.result = result
        with pytest.raises(EngineUnreachable, match="an envelope that is none"):
            engine.answer(TASK)
    server.error = {"code": -32000, "message": "the task was not offered here"}
    with pytest.raises(EngineRefused, match="refuses: the task was not offered here"):
        engine.answer(TASK)
    server.error = None


def test_a_cancellation_is_signed_for_its_task_alone(odd: tuple[Odd, HttpEngine]) -> None:
    server, engine = odd
    wallet = Keypair()
    engine.cancel(TASK, wallet)
    from solders.signature import Signature

    signature = Signature.from_string(server.heard[-1]["params"]["signature"])
    assert signature.verify(wallet.pubkey(), b"\xffMAI engine cancel v1\n" + str(TASK).encode())


def test_which_engines_are_known(tmp_path: Path) -> None:
    config = tmp_path / "engines.yml"
    with pytest.raises(MaiError, match="no engine is known: name one with --engine"):
        known_engines((), config)
    config.write_text("- http://127.0.0.1:11435\n- unix:/run/mai\n")
    assert [engine.shown for engine in known_engines((), config)] == ["http://127.0.0.1:11435", "unix:/run/mai"]
    assert [engine.shown for engine in known_engines(["http://a", "http://a"], config)] == ["http://a"]
    for text in ("a: b", "- 5", "[", "x" * 70_000):
        config.write_text(text)
        with pytest.raises(MaiError, match="is no list of engines"):
            known_engines((), config)
    with pytest.raises(MaiError, match="at most 64 are asked"):
        known_engines([f"http://a{number}" for number in range(65)])
    for url in ("127.0.0.1:11435", "file:///etc/passwd", "http://[", "http://", json.dumps({})):
        with pytest.raises(MaiError, match="is no engine"):
            known_engines([url])
