"""The network's tasks in whole processes: killed at any moment, asked by JSON-RPC, by both Python APIs."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from engine.helpers import (
    KEY,
    PLAIN,
    PROMPT,
    SALTS,
    SIGNER,
    Process,
    SharedKeyEnvelopes,
    limits,
    scripted,
    sealed,
    served,
    started,
    task_name,
    unsealed,
    wait_until,
)
from engine.serving import TOKEN
from mai.engine.api.http import Access
from mai.engine.blocking import BlockingEngine
from mai.engine.client import EngineClient
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.offers import Answer
from mai.engine.server import listen_unix, serve
from mai.engine.signing import verified
from patience import WAIT_SECONDS, get, post

SERVING = str(Path(__file__).parent / "serving.py")


# Killed processes


@contextmanager
def serving(folder: Path, gate: Path, **environment: str) -> Iterator[Process]:
    """An engine in its own process."""
    process = started([SERVING, str(folder)], MAI_GATE=str(gate), **environment)
    try:
        yield process
    finally:
        process.kill()


def rpc(url: str, method: str, token: str = "", **params: Any) -> Any:
    """The result of a call, or the error's name."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    found = post(f"{url}/v1/mai/rpc", json=body, headers=headers).json()
    return found["result"] if "result" in found else found["error"]["data"]["name"]


def rpc_offer(url: str, task: str, envelope: bytes) -> Any:
    """Offer over JSON-RPC."""
    packed = base64.b64encode(envelope).decode()
    return rpc(url, "mai_offer", task=task, model="counting", requester_key=KEY, envelope=packed, max_tokens=4)


def test_kill_9_at_any_moment_loses_no_accepted_task_and_answers_none_twice(tmp_path: Path, gate: Path) -> None:
    folder = tmp_path / "state"
    tasks = [task_name() for _ in range(3)]
    envelopes = {task: sealed(task, PROMPT) for task in tasks}
    with serving(folder, gate) as first:
        for task in tasks:
            assert rpc_offer(first.url, task, envelopes[task])["accepted"]
        wait_until((gate / "seen-sent-1").exists)  # in the midst of the first answer
        children = psutil.Process(first.running.pid).children()
        first.kill()
    wait_until(lambda: not any(child.is_running() for child in children))
    for path in folder.iterdir():
        assert bytes(envelopes[tasks[0]]) not in path.read_bytes()
    with serving(folder, gate) as second:
        states = {rpc(second.url, "mai_status", task=task)["state"] for task in tasks}
        assert states <= {"accepted", "running"}
        second.kill()  # before anything could be answered
    (gate / "2").touch()
    with serving(folder, gate) as third:
        for task in tasks:
            wait_until(lambda task=task: rpc(third.url, "mai_status", task=task)["state"] == "done")
            found = rpc(third.url, "mai_answer", task=task)
            answer = unsealed(task, base64.b64decode(found["envelope"]))
            assert answer["tokens"] == [3, 4, 5, 6] and verified(answer["record"])
            assert rpc_offer(third.url, task, envelopes[task])["accepted"]
        third.kill()  # right after the answers
    with serving(folder, gate) as last:
        assert [rpc(last.url, "mai_status", task=task)["state"] for task in tasks] == ["done"] * 3
        figures = get(f"{last.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
        assert "mai_engine_answers_total" not in figures.replace("# TYPE mai_engine_answers_total", "").replace(
            "# HELP mai_engine_answers_total", ""
        )


def test_kill_9_keeps_held_tasks_held_and_started_ones_going(tmp_path: Path, gate: Path) -> None:
    held, begun = task_name(), task_name()
    with serving(tmp_path / "state", gate, MAI_HELD="1") as first:
        for task in (held, begun):
            assert rpc_offer(first.url, task, sealed(task, PROMPT))["accepted"]
        assert rpc(first.url, "mai_start", task=begun) == "unauthorized"
        assert rpc(first.url, "mai_start", TOKEN, task=begun)["state"] == "running"
        first.kill()
    (gate / "2").touch()
    with serving(tmp_path / "state", gate, MAI_HELD="1") as second:
        wait_until(lambda: rpc(second.url, "mai_status", task=begun)["state"] == "done")
        assert rpc(second.url, "mai_status", task=held)["state"] == "accepted"
        assert rpc(second.url, "mai_open", TOKEN, task=held) == PROMPT


# JSON-RPC


def test_json_rpc_as_its_specification_has_it(tmp_path: Path) -> None:
    def make() -> Engine:
        return Engine(tmp_path / "state", [scripted()], PLAIN, signer=SIGNER, envelopes=SharedKeyEnvelopes())

    with served(make) as url:

        def sent(body: Any) -> Any:
            answer = post(f"{url}/v1/mai/rpc", **({"content": body} if isinstance(body, bytes) else {"json": body}))
            return answer.json() if answer.content else answer.status_code

        def code(body: Any) -> int:
            return int(sent(body)["error"]["code"])

        call = {"jsonrpc": "2.0", "id": 7, "method": "mai_status", "params": {"task": "nothing"}}
        unknown = sent(call)
        assert unknown["id"] == 7 and unknown["error"]["data"] == {"name": "task_not_found"}
        assert code(b"{") == -32700
        assert code({"id": 1, "method": "mai_status"}) == code([]) == code([call] * 17) == code("x") == -32600
        assert code(call | {"method": "mai_mint"}) == -32601
        assert code(call | {"params": [1]}) == code(call | {"params": {}}) == -32602
        assert code(call | {"params": {"task": "x" * 257}}) == -32602
        assert code(call | {"method": "mai_offer", "params": {"task": "t"}}) == -32602
        notification = {key: value for key, value in call.items() if key != "id"}
        assert sent(notification) == 204 and sent([notification]) == 204
        assert [item["id"] for item in sent([call, notification, call | {"id": "b"}])] == [7, "b"]
        assert rpc(url, "mai_cancel", task="nothing", signature="x") == "task_not_found"
        assert rpc(url, "mai_open", task="nothing") == "unauthorized"
        identity = get(f"{url}/v1/mai/identity").json()
        assert identity["hpke_public_key"] == "shared" and identity["signing_key"] == str(SIGNER.pubkey())
        assert identity["load"]["most_offers"] == 1_024


# Both APIs for the miner


def whole_story(engine: BlockingEngine) -> list[Any]:
    """Everything that a miner does with an engine, without what differs from run to run."""
    from engine.helpers import asked

    held, mine = "held-task", "own-task"
    pieces = list(engine.stream(asked(max_tokens=3, seed=5)))
    done = engine.complete(asked(max_tokens=3, seed=5))
    refused = []
    for wrong in (lambda: engine.complete(asked(max_tokens=0)), lambda: engine.status("nothing")):
        with pytest.raises(EngineError) as caught:
            wrong()
        refused.append((caught.value.name, str(caught.value), caught.value.parameter))
    offers = [engine.offer(task, "counting", KEY, sealed(task, PROMPT), 4)["accepted"] for task in (held, mine)]
    engine.start(held)
    wait_until(lambda: engine.status(held)["state"] == "done")
    opened = engine.open(mine)
    assert opened.salts == tuple(SALTS)
    engine.finish(mine, Answer((1,), "x", {"by": "miner"}, (bytes(16),)))
    answers = [unsealed(task, engine.answer(task)[2]) for task in (held, mine)]
    return [
        [*pieces[:-1], pieces[-1].text, pieces[-1].tokens],  # type: ignore[union-attr]
        (done.text, done.tokens, done.metadata.seed, done.signer, verified(done.record())),
        refused,
        offers,
        opened.tokens,
        [(item["text"], item["tokens"], item["salts"]) for item in answers],
        engine.models()[0]["name"],
        engine.load()["offers"],
        engine.held(),
        engine.identity()["signing_key"],
    ]


def test_the_engine_here_and_over_a_socket_have_the_same_methods(tmp_path: Path) -> None:
    def make(name: str) -> Engine:
        return Engine(
            tmp_path / name, [scripted()], PLAIN, signer=SIGNER, envelopes=SharedKeyEnvelopes(), limits=limits(),
            held=True,
        )  # fmt: skip

    with BlockingEngine(lambda: make("here")) as here:
        expected = whole_story(here)
    listening = listen_unix(tmp_path / "engine.sock")
    import threading

    ready, stop = threading.Event(), list[Callable[[], None]]()

    async def everything() -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        access = Access(unix=True)
        await serve(make("there"), listening, access, ready=ready.set, stopped=stopped, signals=False)

    thread = threading.Thread(target=lambda: asyncio.run(everything()))
    thread.start()
    try:
        assert ready.wait(WAIT_SECONDS)
        with BlockingEngine(lambda: EngineClient(uds=tmp_path / "engine.sock")) as there:
            assert whole_story(there) == expected
    finally:
        stop[0]()
        thread.join()
    with (
        BlockingEngine(lambda: EngineClient(uds=tmp_path / "engine.sock")) as gone,
        pytest.raises(EngineError) as caught,
    ):
        gone.load()
    assert caught.value.name == "backend_unreachable"
