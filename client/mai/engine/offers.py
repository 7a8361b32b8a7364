"""The network's tasks: offered sealed, accepted into the journal, answered once, and fetched sealed.

Envelopes are opaque here; whoever opens and seals them is given from outside (``Envelopes``).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from mai_zk.field import keccak256

from mai.engine import limits as bounds
from mai.engine.backends import BACKENDS
from mai.engine.checks import check_prompt
from mai.engine.errors import EngineError
from mai.engine.journal import ACCEPTED, DONE, RUNNING, Journal, Kept
from mai.engine.limits import Limits
from mai.engine.pipeline import Pipeline
from mai.engine.pool import Pools
from mai.engine.protocol import Prompt, Request, Sampling
from mai.engine.queue import FairQueue
from mai.engine.signing import may_cancel
from mai.errors import MaiError

TEXT_ONLY = frozenset({BACKENDS["ollama"]})
UNREACHABLE = "backend_unreachable"
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
PATIENCE_US = 3_600 * 10**6
"""So long after its acceptance a task waits for a backend's server to come back."""
_TASK = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True)
class Opened:
    """What an envelope holds.

    Attributes:
        tokens: the prompt's.
        salts: 16 bytes for each token.
        rest: whatever sealing the answer needs besides: the reply key.
    """

    tokens: tuple[int, ...]
    salts: tuple[bytes, ...] = ()
    rest: Any = None


@dataclass(frozen=True)
class Answer:
    """What is sealed for the requester.

    Attributes:
        tokens, text: of the answer.
        record: its signed record.
        salts: 16 bytes for each token; none where the engine answered itself, then whoever seals makes them.
    """

    tokens: tuple[int, ...]
    text: str
    record: dict[str, Any]
    salts: tuple[bytes, ...] = ()


class Envelopes(Protocol):
    """Opens prompts that were sealed to this engine, and seals answers to who asked."""

    @property
    def public_key(self) -> str:
        """What requesters seal to, as ``/v1/mai/identity`` tells it."""

    def open(self, task: str, model: str, envelope: bytes) -> Opened:
        """What the envelope holds; MaiError where it was not sealed to this engine, task and model."""

    def seal(self, task: str, model: str, opened: Opened, answer: Answer) -> bytes:
        """The sealed answer."""


Admit = Callable[[str, str, Opened], None]
"""(task, model, opened): raises EngineError offer_refused where the chain knows no such task, or another prompt."""


class Offers:
    """Accepted tasks, and the answering of them."""

    def __init__(
        self, journal: Journal, pipeline: Pipeline, pools: Pools, queue: FairQueue, limits: Limits,
        envelopes: Envelopes | None, admit: Admit | None = None, *, held: bool = False,
    ) -> None:  # fmt: skip
        """``held``: an accepted task waits until :meth:`start` or :meth:`finish`; else it is answered at once."""
        self._journal, self._pipeline, self._pools, self._queue = journal, pipeline, pools, queue
        self._limits, self._envelopes, self._admit, self._held = limits, envelopes, admit, held
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    def resume(self) -> None:
        """Go on with what was accepted before; called once, inside the event loop."""
        for task in self._journal.in_state(*((RUNNING,) if self._held else (RUNNING, ACCEPTED))):
            self._begin(task)

    async def stop(self) -> None:
        """Leave everything as the journal has it."""
        self._stopping = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # The requester's side

    def offer(
        self, task: str, model: str, requester: str, envelope: bytes, max_tokens: int | None = None
    ) -> dict[str, Any]:
        """Accept a task, or say why not: ``{accepted, reason, message}``, and ``retry_after`` where that helps.

        The same offer again is accepted again, without being done twice.
        """
        try:
            self._accept(task, model, requester, envelope, max_tokens)
        except EngineError as error:
            refused: dict[str, Any] = {"accepted": False, "reason": error.name, "message": str(error)}
            return refused | ({"retry_after": error.retry_after} if error.retry_after else {})
        return {"accepted": True, "reason": "", "message": ""}

    def _accept(self, task: str, model: str, requester: str, envelope: bytes, max_tokens: int | None) -> None:
        _check_name(task)
        if self._stopping:
            raise EngineError("stopping", "this engine is stopping: offer the task to another")
        if not 0 < len(requester) <= bounds.MAX_NAME:
            raise EngineError("invalid_request", "requester_key is not a key")
        if not 0 < len(envelope) <= bounds.MAX_ENVELOPE_BYTES:
            raise EngineError("invalid_request", f"an envelope has 1 to {bounds.MAX_ENVELOPE_BYTES:,} bytes")
        if max_tokens is not None and not 1 <= max_tokens <= self._limits.max_tokens:
            raise EngineError("invalid_request", f"max_tokens is from 1 to {self._limits.max_tokens:,}")
        digest = keccak256(b"\0".join((model.encode(), requester.encode(), str(max_tokens).encode(), envelope)))
        known = self._journal.known(task)
        if known is not None and known.digest == digest:
            return
        if known is not None:
            raise EngineError("task_taken", f"another offer for task {task} was accepted before")
        spec = self._pools.find(model).spec
        if spec.backend in TEXT_ONLY:
            raise EngineError("tokens_unsupported", f"{spec.name} runs on a backend that takes text, not tokens")
        self._check_room(requester)
        opened = self._open(task, spec.name, envelope)
        check_prompt(Prompt(tokens=opened.tokens))
        if self._admit is not None:
            self._admit(task, spec.name, opened)
        self._journal.accept(task, spec.name, requester, digest, max_tokens, envelope)
        if not self._held:
            self._begin(task)

    def _check_room(self, requester: str) -> None:
        if self._held:
            self._journal.expire(self._limits.held_seconds)
        counts = self._journal.counts()
        unfinished = counts.get(ACCEPTED, 0) + counts.get(RUNNING, 0)
        if unfinished >= self._limits.offers or self._journal.unfinished(requester) >= self._limits.offers_each:
            after = self._queue.retry_after
            raise EngineError(
                "busy", f"{unfinished} tasks are not finished: try again in {after} seconds", retry_after=after
            )

    def status(self, task: str) -> dict[str, Any]:
        """A task's state: accepted, running, done, or failed with a reason; raises EngineError task_not_found."""
        return _told(self._journal.find(_check_name(task)))

    def answer(self, task: str) -> tuple[str, str, bytes]:
        """(state, reason, sealed answer); the answer is empty until the state is done."""
        kept = self._journal.find(_check_name(task), whole=True)
        return kept.state, kept.reason, kept.answer

    def cancel(self, task: str, *, signature: str = "", owner: bool = False) -> dict[str, Any]:
        """Take an offer back: by its requester's signature of ``mai.engine.signing.cancel_bytes(task)``, or the owner.

        Raises:
            EngineError: task_not_found, unauthorized, or task_finished.
        """
        kept = self._journal.find(_check_name(task))
        if not owner and not may_cancel(task, kept.requester, signature):
            raise EngineError("unauthorized", "only a task's requester can cancel it: sign the cancellation")
        if kept.state not in (ACCEPTED, RUNNING):
            raise EngineError("task_finished", f"task {task} is {kept.state} already")
        self._journal.fail(task, "cancelled")
        running = self._tasks.get(task)
        if running is not None:
            running.cancel()
        return self.status(task)

    # The owner's side: a miner

    def held(self) -> list[dict[str, Any]]:
        """The tasks that were accepted and are not over, the oldest first."""
        return [_told(self._journal.find(task)) for task in self._journal.in_state(ACCEPTED, RUNNING)]

    def start(self, task: str) -> dict[str, Any]:
        """Answer a held task now; twice is once. Raises EngineError task_not_found or task_finished."""
        self._unfinished(task)
        self._journal.running(task)
        self._begin(task)
        return self.status(task)

    def open(self, task: str) -> Opened:
        """What a held task asks, for a miner that runs the model itself; raises as :meth:`start` does."""
        self._unfinished(task)
        return self._kept(task)

    def finish(self, task: str, answer: Answer) -> dict[str, Any]:
        """The answer that a miner computed itself; raises as :meth:`start` does."""
        self._unfinished(task)
        self._journal.done(task, self._seal(task, answer))
        running = self._tasks.get(task)
        if running is not None:
            running.cancel()
        return self.status(task)

    def _unfinished(self, task: str) -> None:
        kept = self._journal.find(_check_name(task))
        if kept.state not in (ACCEPTED, RUNNING):
            raise EngineError("task_finished", f"task {task} is {kept.state} already")

    def _kept(self, task: str) -> Opened:
        kept = self._journal.find(task, whole=True)
        return self._open(task, kept.model, kept.envelope)

    # Answering

    def _begin(self, task: str) -> None:
        if task not in self._tasks:
            made = self._tasks[task] = asyncio.create_task(self._answer(task))
            made.add_done_callback(lambda _: self._tasks.pop(task, None))

    async def _answer(self, task: str) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._try(task)
                return
            except EngineError as error:
                accepted_us = self._journal.find(task).accepted_us
                patient = time.time_ns() // 1000 - accepted_us < PATIENCE_US
                if error.name != UNREACHABLE or not patient:
                    self._journal.fail(task, error.name)
                    return
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except Exception:
                self._journal.fail(task, "internal_error")
                raise

    async def _try(self, task: str) -> None:
        kept = self._journal.find(task)

        def prompt() -> Prompt:
            self._journal.running(task)
            return Prompt(tokens=self._kept(task).tokens)

        request = Request(
            kept.model,
            Prompt(tokens=(0,)),  # the real one is opened when the turn comes
            Sampling(max_tokens=kept.max_tokens, temperature=0.0, seed=0),
            client=kept.requester,
            task=task,
        )
        done = await self._pipeline.answer(request, accepted=True, prompt=prompt)
        if done.tokens is None:
            raise EngineError("tokens_unsupported", "the backend does not tell its answer's tokens")
        answer = Answer(done.tokens, done.text, done.record())
        self._journal.done(task, self._seal(task, answer))

    def _seal(self, task: str, answer: Answer) -> bytes:
        kept = self._journal.find(task, whole=True)
        return self._sealing().seal(task, kept.model, self._open(task, kept.model, kept.envelope), answer)

    def _open(self, task: str, model: str, envelope: bytes) -> Opened:
        sealing = self._sealing()
        try:
            return sealing.open(task, model, envelope)
        except EngineError:
            raise
        except MaiError as error:
            raise EngineError("envelope_unreadable", str(error)) from error

    def _sealing(self) -> Envelopes:
        if self._envelopes is None:
            raise EngineError("sealing_unavailable", "this engine cannot open sealed prompts")
        return self._envelopes

    def counts(self) -> dict[str, int]:
        """Tasks by state."""
        return self._journal.counts()


def _told(kept: Kept) -> dict[str, Any]:
    return {
        "task": kept.task,
        "model": kept.model,
        "requester_key": kept.requester,
        "state": kept.state,
        "reason": kept.reason,
        "answered": kept.state == DONE,
        "accepted_us": kept.accepted_us,
        "changed_us": kept.changed_us,
    }


def _check_name(task: str) -> str:
    if not _TASK.fullmatch(task):
        raise EngineError("invalid_request", "a task's name has 1 to 128 letters, digits, dashes and underscores")
    return task
