"""The engine's methods for callers without an event loop: in this process, or of a client over a socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from mai.engine.client import EngineClient
from mai.engine.engine import Engine
from mai.engine.offers import Answer, Opened
from mai.engine.protocol import Completion, Request

T = TypeVar("T")


class BlockingEngine:
    """An engine or a client of one, in an event loop of its own thread; every method may be called from any thread.

    Methods raise what those of :class:`mai.engine.engine.Engine` raise.
    """

    def __init__(self, make: Callable[[], Engine | EngineClient], *, preload: bool = False) -> None:
        """``make`` is called inside the loop. An engine begins its accepted tasks; ``preload`` loads its model, too."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="engine")
        self._thread.start()

        async def begin() -> Engine | EngineClient:
            made = make()
            if isinstance(made, Engine):
                await made.begin(preload=preload)
            return made

        try:
            self._engine = self._wait(begin())
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> BlockingEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine or the client."""
        self._wait(self._engine.close())
        self._end()

    def complete(self, request: Request) -> Completion:
        """A whole answer."""
        return self._wait(self._engine.complete(request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """The answer's text as it comes, then the whole. Closing the iterator cancels the request."""
        pieces: AsyncGenerator[str | Completion, None] = self._engine.stream(request)

        async def following() -> str | Completion | None:
            return await anext(pieces, None)

        try:
            while (piece := self._wait(following())) is not None:
                yield piece
        finally:
            self._wait(pieces.aclose())

    def models(self) -> list[dict[str, Any]]:
        """The models, the default first."""
        return self._wait(self._engine.models())

    def identity(self) -> dict[str, Any]:
        """Who answers, what it can, and how busy it is."""
        return self._wait(self._engine.identity())

    def load(self) -> dict[str, int]:
        """How busy the engine is."""
        return self._wait(self._engine.load())

    def offer(
        self, task: str, model: str, requester_key: str, envelope: bytes, max_tokens: int | None = None
    ) -> dict[str, Any]:
        """Offer a sealed prompt: ``{accepted, reason, message}``."""
        return self._wait(self._engine.offer(task, model, requester_key, envelope, max_tokens))

    def status(self, task: str) -> dict[str, Any]:
        """A task's state."""
        return self._wait(self._engine.status(task))

    def answer(self, task: str) -> tuple[str, str, bytes]:
        """(state, reason, sealed answer)."""
        return self._wait(self._engine.answer(task))

    def cancel(self, task: str, signature: str = "") -> dict[str, Any]:
        """Take a task back."""
        return self._wait(self._engine.cancel(task, signature))

    def held(self) -> list[dict[str, Any]]:
        """Accepted tasks that are not over, the oldest first."""
        return self._wait(self._engine.held())

    def start(self, task: str) -> dict[str, Any]:
        """Answer a held task."""
        return self._wait(self._engine.start(task))

    def open(self, task: str) -> Opened:
        """What a held task asks."""
        return self._wait(self._engine.open(task))

    def finish(self, task: str, answer: Answer) -> dict[str, Any]:
        """Give a held task the answer that was computed elsewhere."""
        return self._wait(self._engine.finish(task, answer))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
