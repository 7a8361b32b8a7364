"""A small engine in a process of its own: opens sealed prompts, journals them, answers, and crashes where it is told.

Usage: python -m sealed.service FOLDER POINT CRASH LEAK. POINT: opened, journaled, inferring, answered, or never.
CRASH: segv, kill or error. LEAK: none, or what it does wrong: unguarded,
unguarded-log, unguarded-error, journal, log, error, utf16, base64, hex, tokens.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import signal
import socket
import sqlite3
import struct
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from mai.engine.enginekeys import EngineKeys, FilePlace
from mai.engine.guard import guard
from mai.engine.plain import Plain, contained
from mai.engine.sealing import Sealer, answer_info, prompt_info, seal
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MODEL = "echo"
CRASHES = {"segv": signal.SIGSEGV, "kill": signal.SIGKILL}
UNGUARDED = ("unguarded", "unguarded-log", "unguarded-error")
log = logging.getLogger("mai.engine")


class Service:
    """What a request goes through, in the order of an engine's pipeline."""

    def __init__(self, folder: Path, point: str, crash: str, leak: str) -> None:
        self.point, self.crash, self.leak = point, crash, leak
        self.keys = EngineKeys(FilePlace(folder / "engine"))
        self.sealer = Sealer(self.keys, "journal")
        self.journal = sqlite3.connect(folder / "journal.sqlite", isolation_level=None, check_same_thread=False)
        self.journal.execute("PRAGMA journal_mode = WAL")
        self.journal.execute("CREATE TABLE IF NOT EXISTS tasks (task BLOB PRIMARY KEY, prompt BLOB, answer BLOB)")

    def offer(self, task: bytes, envelope: bytes) -> bytes:
        """The sealed answer."""
        prompt = self.keys.open(prompt_info(task, MODEL), envelope)
        self.reached("opened", prompt)
        kept = prompt.reveal() if self.leak == "journal" else self.sealer.seal(prompt)
        self.journal.execute("INSERT OR REPLACE INTO tasks (task, prompt) VALUES (?, ?)", (task, kept))
        self.reached("journaled", prompt)
        asked = json.loads(prompt.reveal())
        answer = Plain(f"You said: {asked['text']}")
        self.wrong(answer)
        self.reached("inferring", answer)
        sealed = seal(base64.b64decode(asked["reply_key"]), answer_info(task, MODEL), answer)
        self.journal.execute("UPDATE tasks SET answer = ?, prompt = x'' WHERE task = ?", (sealed, task))
        self.reached("answered", answer)
        return sealed

    def reached(self, point: str, at_hand: Plain) -> None:
        """Crash here if it is the point."""
        if point != self.point:
            return
        if self.crash == "error":
            raise ValueError(f"cannot parse {at_hand.text()}")
        os.kill(os.getpid(), CRASHES[self.crash])

    def wrong(self, answer: Plain) -> None:
        """What a careless program does."""
        text = answer.text()
        if "log" in self.leak:
            log.info("answering %s with %s", answer, text)
            logging.getLogger("httpx").warning(f"GET /v1/completions?prompt={text}")
            try:
                raise KeyError(text)
            except KeyError:
                log.exception("a failure that says everything")
        if "error" in self.leak:
            thread = threading.Thread(target=int, args=(text,))
            thread.start()
            thread.join()
        encoded = {
            "utf16": text.encode("utf-16-le"),
            "base64": base64.b64encode(b"." + text.encode()),
            "hex": text.encode().hex().encode(),
            "tokens": struct.pack(f"<{len(text)}i", *map(ord, text)),
        }.get(self.leak)
        if encoded is not None:
            with tempfile.NamedTemporaryFile(delete=False) as file:
                file.write(b"\0" * 5 + encoded)


def application(service: Service) -> Starlette:
    """The service over HTTP."""

    async def identity(_: Request) -> Response:
        return JSONResponse({"key": base64.b64encode(service.keys.public).decode()})

    async def offer(request: Request) -> Response:
        given = await request.json()
        task, envelope = (base64.b64decode(given[name]) for name in ("task", "envelope"))
        if "error" in service.leak:
            sealed = service.offer(task, envelope)
        else:
            with contained("the task"):
                sealed = service.offer(task, envelope)
        return JSONResponse({"envelope": base64.b64encode(sealed).decode()})

    return Starlette(routes=[Route("/identity", identity), Route("/offer", offer, methods=["POST"])])


def main(folder: Path, point: str, crash: str, leak: str) -> None:
    """Serve until killed; the port is written into a file. Until the guard, core dumps are allowed."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    if leak not in UNGUARDED:
        guard()
    logging.basicConfig(filename=folder / "engine.log", level=logging.DEBUG)
    service = Service(folder, point, crash, leak)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    part = folder / "port.part"
    part.write_text(str(listener.getsockname()[1]))
    part.rename(folder / "port")
    server = uvicorn.Server(uvicorn.Config(application(service), log_level="debug", access_log=True))
    server.run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:5])
