"""A worker process: one loaded model; jobs come as frames on standard input, chunks go out on standard output.

It ends with its engine: the engine's end of the pipe is closed by the kernel, however the engine died.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from mai.engine import frames
from mai.engine.backends import make
from mai.engine.errors import BackendDied, EngineError
from mai.engine.guard import guard
from mai.engine.protocol import Backend, Job, ModelSpec, Prompt


class Worker:
    """Answers frames until there are no more."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._lock = threading.Lock()
        self._cancelled: dict[int, threading.Event] = {}

    def serve(self) -> None:
        """Load what the first frame names, then answer."""
        first = frames.read(self._incoming)
        if first is None:
            return
        spec = ModelSpec(**first["load"])
        try:
            backend = make(spec.backend)
            facts = backend.load(spec)
        except BaseException as error:
            self._send({"refused": _plain(error)})
            return
        self._send({"facts": dataclasses.asdict(facts)})
        with ThreadPoolExecutor(facts.parallel) as threads:
            while (frame := frames.read(self._incoming)) is not None:
                number = frame["id"]
                if "cancel" in frame:
                    if (cancelled := self._cancelled.get(number)) is not None:  # it may end at this moment
                        cancelled.set()
                    continue
                self._cancelled[number] = threading.Event()
                threads.submit(self._answer, backend, number, frame)
            os._exit(0)  # the engine is gone: whatever is still running is nobody's

    def _answer(self, backend: Backend, number: int, frame: dict[str, Any]) -> None:
        cancelled = self._cancelled[number]
        try:
            if "count" in frame:
                self._send({"id": number, "count": backend.count(Prompt.from_plain(frame["count"]))})
            else:
                for chunk in backend.generate(Job.from_plain(frame["job"]), cancelled.is_set):
                    self._send({"id": number, "chunk": dataclasses.asdict(chunk)})
                self._send({"id": number, "end": True})
        except BaseException as error:
            self._send({"id": number, "refused": _plain(error)})
        finally:
            del self._cancelled[number]

    def _send(self, value: dict[str, Any]) -> None:
        data = frames.pack(value)
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._outgoing.write(data)
            self._outgoing.flush()


def _plain(error: BaseException) -> dict[str, Any]:
    """An error without anything of the prompt: other libraries' messages may quote it, so only their type is told."""
    if isinstance(error, EngineError):
        died = isinstance(error, BackendDied)
        return {"name": error.name, "message": str(error), "parameter": error.parameter, "died": died}
    kind = type(error).__name__
    return {"name": "backend_refused", "message": f"the backend failed: {kind}", "parameter": None, "died": False}


def main() -> None:
    """Serve the engine that started this process."""
    guard()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the engine ends its workers itself
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # a library that prints does not disturb the frames
    Worker(incoming, outgoing).serve()


if __name__ == "__main__":
    main()
