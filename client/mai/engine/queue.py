"""Whose turn it is: a bounded queue that goes round the clients, so that one with many requests delays only itself."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator

from mai.engine.errors import EngineError
from mai.engine.limits import MAX_RETRY_AFTER, Limits

FIRST_GUESS_SECONDS = 2.0
WEIGHT = 0.2


class FairQueue:
    """Turns for at most ``limits.running`` at a time.

    Attributes:
        running: turns that are taken.
    """

    def __init__(self, limits: Limits) -> None:
        self.running = 0
        self._limits = limits
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._mean = FIRST_GUESS_SECONDS

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return sum(map(len, self._waiting.values()))

    @property
    def retry_after(self) -> int:
        """Seconds until the queue should have moved on, 1 to 60."""
        seconds = self._mean * (1 + self.waiting) / self._limits.running
        return max(1, min(MAX_RETRY_AFTER, math.ceil(seconds)))

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self.running >= self._limits.running and self.waiting >= self._limits.waiting

    @contextlib.asynccontextmanager
    async def turn(self, client: str, *, accepted: bool = False) -> AsyncIterator[None]:
        """A turn; it ends with the block.

        Args:
            accepted: the request has been promised an answer: it is not refused, and may wait for ever.

        Raises:
            EngineError: busy; or timed_out in the queue.
        """
        await self._enter(client, accepted)
        begun = time.monotonic()
        try:
            yield
        finally:
            self._mean += WEIGHT * (time.monotonic() - begun - self._mean)
            self.running -= 1
            self._wake()

    async def _enter(self, client: str, accepted: bool) -> None:
        if self.running < self._limits.running and not self._waiting:
            self.running += 1
            return
        own = self._waiting.get(client, ())
        if not accepted and (self.waiting >= self._limits.waiting or len(own) >= self._limits.waiting_each):
            after = self.retry_after
            raise EngineError(
                "busy", f"{self.waiting} requests are waiting: try again in {after} seconds", retry_after=after
            )
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(mine)
        try:
            async with asyncio.timeout(None if accepted else self._limits.queue_seconds):
                await mine
        except TimeoutError:
            self._forget(client, mine)
            after = self.retry_after
            seconds = self._limits.queue_seconds
            raise EngineError(
                "timed_out", f"no worker was free within {seconds:.0f} seconds", retry_after=after
            ) from None
        except asyncio.CancelledError:
            self._forget(client, mine)
            raise

    def _forget(self, client: str, mine: asyncio.Future[None]) -> None:
        if mine.done() and not mine.cancelled():  # the turn came in the same moment: the next one has it
            self.running -= 1
            self._wake()
            return
        own = self._waiting.get(client)
        if own is not None and mine in own:
            own.remove(mine)
            if not own:
                del self._waiting[client]

    def _wake(self) -> None:
        while self.running < self._limits.running and self._waiting:
            client, own = self._waiting.popitem(last=False)
            mine = own.popleft()
            if own:
                self._waiting[client] = own
            if not mine.done():
                self.running += 1
                mine.set_result(None)
