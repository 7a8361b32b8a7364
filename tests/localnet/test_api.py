"""The doors themselves: batches, limits, browsers, names that nobody knows, sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import httpx
import pytest
from localnet.servers import Server
from localnet.traffic import Api, encoded, pay, sign
from patience import WAIT_SECONDS
from solders.keypair import Keypair
from websockets.asyncio.client import ClientConnection, connect


@pytest.fixture(scope="module")
def api(server: Server) -> Api:
    return Api(server.url)


def ask(number: Any, method: str, *params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def test_a_batch_is_answered_in_its_order(api: Api) -> None:
    asked = [ask(1, "getHealth"), ask("two", "nope"), {"jsonrpc": "2.0", "method": "getHealth"}, ask(3, "getSlot"), 7]
    found = api.post(json.dumps(asked).encode()).json()
    assert [item["id"] for item in found] == [1, "two", 3, None]
    assert found[0]["result"] == "ok"
    assert found[1]["error"] == {"code": -32601, "message": "Method not found", "data": "nope"}
    assert found[3]["error"]["code"] == -32600


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"1", -32700),
        (b'{"id": 1, "method": "getHealth"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', -32600),
    ],
)
def test_what_is_no_request_is_refused(api: Api, body: bytes, code: int) -> None:
    assert api.post(body).json()["error"]["code"] == code


@pytest.mark.parametrize("body", [b"[]", b'{"jsonrpc": "2.0", "method": "getHealth"}'])
def test_where_nothing_was_asked_nothing_is_answered(api: Api, body: bytes) -> None:
    found = api.post(body)
    assert (found.status_code, found.content) == (200, b"")


def test_a_body_has_a_limit(api: Api, server: Server) -> None:
    assert api.post(b" " * (50 * 1024) + b"{}").status_code == 413

    def endless() -> Any:
        while True:
            yield b" " * 4096

    headers = {"content-type": "application/json"}
    with contextlib.suppress(httpx.HTTPError):  # the server may have answered and closed before all was sent
        assert httpx.post(server.url, content=endless(), headers=headers).status_code == 413
    assert api.get("getHealth") == "ok"


def test_browsers_may_ask(server: Server) -> None:
    asked = {
        "origin": "http://wallet.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,solana-client",
    }
    found = httpx.options(server.url, headers=asked, timeout=WAIT_SECONDS)
    assert found.status_code == 200
    assert found.headers["access-control-allow-origin"] in ("*", "http://wallet.example")
    assert "solana-client" in found.headers["access-control-allow-headers"]
    headers = {"origin": "http://wallet.example"}
    answer = httpx.post(server.url, json=ask(1, "getHealth"), headers=headers, timeout=WAIT_SECONDS)
    assert answer.headers["access-control-allow-origin"] in ("*", "http://wallet.example")


def test_other_doors(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=WAIT_SECONDS) as client:
        assert client.get("/health").text == "ok"
        assert client.get("/").status_code == 405
        assert client.post("/", content=b"{}", headers={"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("getBalance", [None]),
        ("getBalance", ["1" * 500]),
        ("getBalance", [{"a": 1}]),
        ("getMultipleAccounts", ["x"]),
        ("getSlotLeaders", [1, -1]),
        ("getSlotLeaders", [1, 2**70]),
        ("getBlock", [True]),
        ("getBlock", [1, {"transactionDetails": ["full"]}]),
        ("getProgramAccounts", ["11111111111111111111111111111111", {"filters": [{"memcmp": 5}]}]),
        ("getProgramAccounts", ["11111111111111111111111111111111", {"filters": [{"memcmp": {"bytes": [1, 999]}}]}]),
        ("getAccountInfo", ["11111111111111111111111111111111", {"dataSlice": {"offset": -1, "length": 1}}]),
        ("getTokenAccountsByOwner", ["11111111111111111111111111111111", {"mint": 1, "programId": 2}]),
        ("sendTransaction", ["A" * 5000, {"encoding": "base64"}]),
        ("sendTransaction", ["AAAA", {"encoding": []}]),
        ("simulateTransaction", [5]),
        ("getFeeForMessage", ["é"]),
        ("mai_warp", [{"seconds": 1, "slots": 1}]),
        ("mai_warp", [{"seconds": 10**30}]),
        ("mai_warp", [{"to": 1}]),
        ("requestAirdrop", ["11111111111111111111111111111111", 2**64]),
    ],
)
def test_wrong_parameters_are_refused_as_such(api: Api, method: str, params: list[Any]) -> None:
    assert api.code(method, *params) == -32602


# Sockets


def connected(server: Server) -> connect:
    return connect(server.websocket, open_timeout=WAIT_SECONDS)


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """The next message."""
    return dict(json.loads(await asyncio.wait_for(socket.recv(), WAIT_SECONDS)))


async def subscribe(socket: ClientConnection, method: str, *params: Any) -> int:
    """The subscription's number; nothing comes before it."""
    await socket.send(json.dumps(ask(1, method, *params)))
    answer = await heard(socket)
    assert "result" in answer, answer
    return int(answer["result"])


async def until_slot(socket: ClientConnection, slot: int) -> list[dict[str, Any]]:
    """All that comes until a slot has begun, but for the slots themselves."""
    await subscribe(socket, "slotSubscribe")
    found, now = [], 0
    while now < slot:
        message = await heard(socket)
        if message["method"] == "slotNotification":
            now = message["params"]["result"]["slot"]
        else:
            found.append(message)
    return found


def test_a_signature_is_told_once_and_to_its_subscriber_alone(api: Api, server: Server) -> None:
    payer = api.fund()
    signature = api.send([pay(payer, Keypair().pubkey(), 1_000_000)], payer)

    async def play() -> None:
        async with connected(server) as asker, connected(server) as other:
            # It has landed already: the status is looked at first.
            number = await subscribe(asker, "signatureSubscribe", signature, {"commitment": "processed"})
            told = await heard(asker)
            assert told["params"]["subscription"] == number
            assert told["params"]["result"]["value"] == {"err": None}
            await asker.send(json.dumps(ask(2, "signatureUnsubscribe", number)))
            assert (await heard(asker))["error"]["code"] == -32602  # it ended by being told
            later = api.get("getSlot", {"commitment": "processed"}) + 3  # by then it is confirmed
            assert await until_slot(asker, later) == []
            assert await until_slot(other, later) == []

    asyncio.run(play())


def test_an_early_subscription_is_told_at_its_commitment(api: Api, server: Server) -> None:
    payer = api.fund()
    transaction = sign([pay(payer, Keypair().pubkey(), 1_000_000)], [payer], api.blockhash())

    async def play() -> None:
        async with connected(server) as socket:
            options = {"commitment": "confirmed", "enableReceivedNotification": True}
            await subscribe(socket, "signatureSubscribe", str(transaction.signatures[0]), options)
            api.get("sendTransaction", encoded(transaction), {"encoding": "base64", "preflightCommitment": "confirmed"})
            values = [(await heard(socket))["params"]["result"]["value"] for _ in range(2)]
            assert values == ["receivedSignature", {"err": None}]
            status = api.get("getSignatureStatuses", [str(transaction.signatures[0])])["value"][0]
            assert status["confirmationStatus"] in ("confirmed", "finalized")

    asyncio.run(play())


def test_who_unsubscribes_hears_no_more(api: Api, server: Server) -> None:
    payer = api.fund()
    to = Keypair().pubkey()

    async def play() -> None:
        async with connected(server) as socket:
            options = {"commitment": "processed", "encoding": "base64"}
            number = await subscribe(socket, "accountSubscribe", str(to), options)
            api.send([pay(payer, to, 1_000_000)], payer)
            told = await heard(socket)
            assert told["method"] == "accountNotification"
            assert told["params"]["result"]["value"]["lamports"] == 1_000_000
            await socket.send(json.dumps(ask(2, "accountUnsubscribe", number)))
            assert (await heard(socket))["result"] is True
            api.send([pay(payer, to, 2_000_000)], payer)
            assert await until_slot(socket, api.get("getSlot", {"commitment": "processed"}) + 3) == []

    asyncio.run(play())


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("blockSubscribe", ["all"], -32601),
        ("voteSubscribe", [], -32601),
        ("getHealth", [], -32601),
        ("accountSubscribe", ["x"], -32602),
        ("accountSubscribe", [], -32602),
        ("logsSubscribe", [{"mentions": []}], -32602),
        ("slotUnsubscribe", [10**9], -32602),
    ],
)
def test_what_a_socket_refuses(server: Server, method: str, params: list[Any], code: int) -> None:
    async def play() -> int:
        async with connected(server) as socket:
            await socket.send(json.dumps(ask(1, method, *params)))
            return int((await heard(socket))["error"]["code"])

    assert asyncio.run(play()) == code


def test_a_socket_that_says_nonsense_is_answered_and_stays(server: Server) -> None:
    async def play() -> None:
        async with connected(server) as socket:
            await socket.send("{")
            assert (await heard(socket))["error"]["code"] == -32700
            await socket.send(json.dumps({"jsonrpc": "2.0", "method": "ping"}))  # web3.js's sign of life
            assert await subscribe(socket, "slotSubscribe") > 0

    asyncio.run(play())
