"""Engines for tests: in the test's process with a scripted backend, behind a port, or in their own process."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from mai.engine.api.http import Access
from mai.engine.choice import Wish, candidates, chosen
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.hardware import Machine
from mai.engine.limits import Limits
from mai.engine.offers import Answer, Opened
from mai.engine.protocol import Message, ModelSpec, Prompt, Request, Sampling
from mai.engine.server import listen, serve
from patience import WAIT_SECONDS
from solders.keypair import Keypair

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTED = "engine.scripted:Scripted"
SIGNER = Keypair.from_seed(bytes(range(32)))
PLAIN = Machine("Linux x86_64", "a processor", 2, 2, 8 * 10**9, 4 * 10**9, (), ())
SHARED = bytes(32)
REQUESTER = Keypair.from_seed(bytes(reversed(range(32))))
KEY = str(REQUESTER.pubkey())
SALTS = [bytes([number] * 16) for number in range(3)]
PROMPT = {"tokens": [11, 12, 13], "salts": [salt.hex() for salt in SALTS]}


def task_name() -> str:
    """A task nobody has offered yet."""
    return f"task-{random.getrandbits(64):x}"


def worker_path() -> str:
    """PYTHONPATH for processes that tests start: this repository's packages and the tests."""
    return os.pathsep.join(str(REPOSITORY / name) for name in ("client", "zk", "programs/build", "tests", "."))


def scripted(name: str = "counting", **options: Any) -> ModelSpec:
    """A scripted model."""
    return ModelSpec(
        name, SCRIPTED, name, "cpu", {key: str(v) if isinstance(v, Path) else v for key, v in options.items()}
    )


def onnx_spec(folder: Path | str, **wish: Any) -> ModelSpec:
    """A folder as it is chosen for ONNX Runtime on this machine."""
    given = Wish(**{"model": str(folder), "backend": "onnx", "device": "cpu", **wish})
    return chosen(candidates(PLAIN, given), PLAIN, given)[0]


def asked(text: str = "a b c", *, model: str = "", client: str = "here", **sampling: Any) -> Request:
    """A request with one message."""
    return Request(model, Prompt((Message("user", text),)), Sampling(**sampling), client)


def words(start: int, count: int) -> str:
    """What the scripted backend answers to a prompt of ``start`` words."""
    return " ".join(f"w{number}" for number in range(start, start + count))


class SharedKeyEnvelopes:
    """Envelopes under a key that test and engine share: bound to their task, and no change goes unnoticed."""

    public_key = "shared"

    def open(self, task: str, model: str, envelope: bytes) -> Opened:
        """The tokens; EngineError envelope_unreadable."""
        try:
            plain = ChaCha20Poly1305(SHARED).decrypt(envelope[:12], envelope[12:], task.encode())
        except (InvalidTag, ValueError) as error:
            raise EngineError("envelope_unreadable", "this envelope was not sealed to this engine and task") from error
        found = json.loads(plain)
        return Opened(tuple(found["tokens"]), tuple(map(bytes.fromhex, found.get("salts", ()))), "reply")

    def seal(self, task: str, model: str, opened: Opened, answer: Answer) -> bytes:
        """The answer for :func:`unsealed`."""
        assert opened.rest == "reply"
        salts = [salt.hex() for salt in answer.salts]
        return sealed(task, {"tokens": answer.tokens, "text": answer.text, "record": answer.record, "salts": salts})


def sealed(task: str, value: dict[str, Any]) -> bytes:
    """Something sealed for a task."""
    nonce = os.urandom(12)
    return nonce + ChaCha20Poly1305(SHARED).encrypt(nonce, json.dumps(value).encode(), task.encode())


def unsealed(task: str, envelope: bytes) -> dict[str, Any]:
    """What was sealed for a task."""
    found: dict[str, Any] = json.loads(ChaCha20Poly1305(SHARED).decrypt(envelope[:12], envelope[12:], task.encode()))
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has to come."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that has to come, without an event loop."""
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


@contextmanager
def served(make: Callable[[], Engine], access: Access | None = None) -> Iterator[str]:
    """An engine behind a port, in a thread; its address."""
    listening = listen("127.0.0.1", 0)
    ready, stop, failure = threading.Event(), list[Callable[[], None]](), list[BaseException]()

    async def everything() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        await serve(make(), listening, access or Access(), ready=ready.set, stopped=stopped, signals=False)

    def work() -> None:
        try:
            asyncio.run(everything())
        except BaseException as error:
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(WAIT_SECONDS)
        if failure:
            raise failure[0]
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        if stop:
            stop[0]()
        thread.join(WAIT_SECONDS)
        listening.close()
    assert not failure, failure


@dataclass
class Process:
    """A program that serves an engine."""

    running: subprocess.Popen[str]
    facts: dict[str, Any]

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self.facts["url"])

    def kill(self) -> None:
        """End it as a crash would."""
        self.running.kill()
        self.running.wait()


@contextmanager
def served_by_workers(spec: ModelSpec, state: Path) -> Iterator[str]:
    """The URL of an engine that answers with one real model, in worker processes that find this repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", worker_path())
        with served(lambda: Engine(state, [spec], PLAIN, signer=SIGNER, limits=limits())) as found:
            yield found


def openai_client(url: str) -> openai.OpenAI:
    """OpenAI's client of an engine, without retries of its own."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def started(command: list[str], **environment: str) -> Process:
    """Start a program that prints one line of JSON once it answers."""
    running = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": worker_path(), **environment},
    )
    assert running.stdout is not None and running.stderr is not None
    line = running.stdout.readline()
    assert line, running.stderr.read()
    return Process(running, json.loads(line))


def limits(**changed: Any) -> Limits:
    """Small bounds, but for what is given."""
    patient = {"load_seconds": WAIT_SECONDS, "run_seconds": WAIT_SECONDS}
    return Limits(**{"waiting": 4, "waiting_each": 4, **patient, **changed})
