"""What the two backends over HTTP share: one client, streamed lines, and errors in the engine's words."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from mai.engine.errors import BackendDied, EngineError
from mai.engine.protocol import Facts, Prompt

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 300.0
REUSE_SECONDS = 2.0
"""How long an idle connection is used again: vLLM's server closes it after 5 s, httpx's own limit is the same."""
POLL_SECONDS = 0.1
MAX_LINE = 1024 * 1024
MAX_MESSAGE = 300


class Remote:
    """A server that answers over HTTP."""

    def __init__(self, what: str, url: str) -> None:
        self.what, self.url = what, url.rstrip("/")
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        limits = httpx.Limits(keepalive_expiry=REUSE_SECONDS)
        self._http = httpx.Client(base_url=self.url, timeout=timeout, limits=limits, trust_env=False)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One answer.

        Raises:
            EngineError: the server refuses; BackendDied: it does not answer.
        """
        with self._reached():
            answer = self._http.request(method, path, json=body)
        if answer.status_code != 200:
            raise self.refusal(answer.status_code, answer.text)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise EngineError("backend_refused", f"{self.what} at {self.url} answers {path} with something else")
        return found

    def lines(self, path: str, body: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[str]:
        """The lines of a streamed answer; raises as :meth:`ask` does, also in the midst of it."""
        try:
            with self._reached(), self._http.stream("POST", path, json=body) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise self.refusal(answer.status_code, answer.text)
                with _hanging_up(answer, cancelled):
                    for line in answer.iter_lines():
                        if cancelled():
                            return
                        if len(line) > MAX_LINE:
                            raise EngineError("backend_refused", f"{self.what} sent {len(line):,} characters in a line")
                        if line:
                            yield line
        except BackendDied:
            if not cancelled():
                raise

    def parsed(self, line: str) -> dict[str, Any]:
        """One line's JSON object; EngineError if it is none, or an error."""
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise EngineError("backend_refused", f"{self.what} sent a line that is no JSON object")
        if found.get("error"):
            raise self.refusal(500, line)
        return found

    def ended(self) -> BackendDied:
        """The stream was over before the answer was."""
        return BackendDied(f"{self.what} at {self.url} ended in the midst of an answer", "backend_unreachable")

    def refusal(self, status: int, text: str) -> EngineError:
        """The server's error, in one line. A status of 502 to 504 may pass."""
        message = _message(text)[:MAX_MESSAGE].rstrip(".") or f"HTTP {status}"
        if status in (502, 503, 504):
            return BackendDied(f"{self.what} is not ready: {message}", "backend_unreachable")
        if status == 404 and "not found" in message.lower():
            return EngineError("model_not_found", f"{self.what}: {message}")
        if status == 400 and "context length" in message.lower():
            return EngineError("context_length_exceeded", f"{self.what}: {message}")
        return EngineError("backend_refused", f"{self.what}: {message}")

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise BackendDied(f"no {self.what} answers at {self.url}: start it", "backend_unreachable") from error
        except httpx.TimeoutException as error:
            raise BackendDied(f"{self.what} at {self.url} went silent", "backend_unreachable") from error
        except httpx.TransportError as error:
            raise self.ended() from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class RemoteBackend:
    """What every backend behind a :class:`Remote` is: nothing before ``load`` has set its server and its facts."""

    def __init__(self) -> None:
        self._remote: Remote | None = None
        self._facts: Facts | None = None
        self._name = ""

    def describe(self) -> Facts:
        """What ``load`` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """Close the connections; the model stays with its server."""
        if self._remote is not None:
            self._remote.close()

    def _server(self) -> Remote:
        if self._remote is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._remote


def messages_of(prompt: Prompt) -> list[dict[str, str]]:
    """A conversation as both servers take it."""
    return [{"role": item.role, "content": item.content} for item in prompt.messages]


@contextmanager
def _hanging_up(answer: httpx.Response, cancelled: Callable[[], bool]) -> Iterator[None]:
    """Close the connection as soon as the answer is cancelled, also while the server is silent."""
    line: socket.socket = answer.extensions["network_stream"].get_extra_info("socket")
    over, deciding = threading.Event(), threading.Lock()

    def watch() -> None:
        while not over.wait(POLL_SECONDS):
            if cancelled():
                with deciding, suppress(OSError):
                    if not over.is_set():  # afterwards the connection may carry another answer
                        line.shutdown(socket.SHUT_RDWR)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with deciding:
            over.set()


def _message(text: str) -> str:
    """Ollama: {"error": "…"}; vLLM: {"error": {"message": "…"}}, before 0.10 {"object": "error", "message": "…"}."""
    try:
        found = json.loads(text)
    except ValueError:
        return " ".join(text.split())
    if not isinstance(found, dict):
        return ""
    error = found.get("error", found)
    return " ".join(str(error.get("message", "") if isinstance(error, dict) else error).split())
