"""From a request to a signed answer: check, wait for a turn, load (not paid), infer, record, sign.

Where the backend dies on the way, the same job with the same seed is begun again, and what has already left is not
said twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mai.engine.checks import job_of
from mai.engine.errors import BackendDied, EngineError
from mai.engine.figures import Figures
from mai.engine.limits import Limits
from mai.engine.metering import Meter, Reading
from mai.engine.pool import Pools
from mai.engine.protocol import STOP, Chunk, Completion, Facts, Job, Metadata, Prompt, Request
from mai.engine.queue import FairQueue
from mai.engine.records import Records
from mai.engine.signing import output_hash, sign, tokens_hash
from mai.engine.stops import Stops

if TYPE_CHECKING:
    from mai.chain.signer import Signer

Pieces = AsyncGenerator[str | Completion, None]
PAUSE_SECONDS = 0.1
"""Before the second attempt; doubled before each further one."""


class Pipeline:
    """What every door leads to."""

    def __init__(
        self, pools: Pools, queue: FairQueue, limits: Limits, meter: Meter, records: Records, figures: Figures,
        signer: Signer | None,
    ) -> None:  # fmt: skip
        self._pools, self._queue, self._limits = pools, queue, limits
        self._meter, self._records, self._figures, self._signer = meter, records, figures, signer

    async def answer(
        self, request: Request, *, accepted: bool = False, prompt: Callable[[], Prompt] | None = None
    ) -> Completion:
        """The whole answer; raises as :meth:`stream` does, but for answer_changed."""
        async with contextlib.aclosing(self.stream(request, accepted=accepted, prompt=prompt, whole=True)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    return piece
        raise EngineError("internal_error", "the answer has no end")

    async def stream(
        self,
        request: Request,
        *,
        accepted: bool = False,
        prompt: Callable[[], Prompt] | None = None,
        whole: bool = False,
    ) -> Pieces:
        """The answer's text as it comes, then the answer as a whole. Closing the iterator cancels the request.

        Args:
            accepted: the request was promised an answer, and is never refused because of the queue.
            prompt: gives the prompt when the request's turn comes, instead of ``request.prompt``.
            whole: only the end is of interest, so an answer that is begun again may become another.

        Raises:
            EngineError: refused or failed, by name.
        """
        try:
            pool = self._pools.find(request.model)
            job = job_of(request, self._limits)
            async with self._queue.turn(request.client, accepted=accepted):
                if prompt is not None:
                    job = replace(job, prompt=prompt())
                async with contextlib.aclosing(self._attempts(request, pool.spec.name, job, whole)) as pieces:
                    async for piece in pieces:
                        yield piece
        except EngineError as error:
            self._figures.refusal(error.name)
            raise

    async def _attempts(self, request: Request, model: str, job: Job, whole: bool) -> Pieces:
        pool, left = self._pools.find(model), ""
        seconds = min(request.timeout or self._limits.run_seconds, self._limits.run_seconds)
        load_us = 0
        for attempt in itertools.count(1):
            try:
                async with self._pools.worker(pool) as (worker, loading):
                    load_us += loading
                    async with self._meter.watch(worker.pid) as reading:
                        run = Run(Stops(request.sampling.stop))
                        async with contextlib.aclosing(worker.generate(job, seconds)) as chunks:
                            async for chunk in chunks:
                                new = run.add(chunk)
                                if not whole:
                                    new = _unsaid(left, run.text) if attempt > 1 else new
                                    left = max(left, run.text, key=len)
                                    if new:
                                        yield new
                                if run.finish:
                                    break
                run.check()
                yield self._completion(request, model, job, run, worker.facts, reading, load_us, attempt)
                return
            except BackendDied:
                if attempt >= self._limits.attempts:
                    raise
                self._figures.restart(model)
                await asyncio.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))

    def _completion(
        self, request: Request, model: str, job: Job, run: Run, facts: Facts, reading: Reading, load_us: int,
        attempts: int,
    ) -> Completion:  # fmt: skip
        tokens = None if run.tokens is None else tuple(run.tokens)
        metadata = Metadata(
            request=secrets.token_hex(12),
            task=request.task or "",
            model=model,
            weights=facts.weights or "",
            backend=" ".join((facts.backend, facts.version)).strip(),
            device=facts.device,
            prompt_tokens=run.prompt_tokens,
            generated_tokens=run.count,
            started_us=run.started_us,
            ended_us=run.started_us + run.microseconds,
            load_us=load_us,
            microseconds=run.microseconds,
            gpu_permille=reading.gpu_permille,
            peak_ram_bytes=reading.peak_ram_bytes,
            output_hash=output_hash(run.text),
            tokens_hash=tokens_hash(tokens),
            finish=run.finish,
            seed=job.seed,
            attempts=attempts,
        )
        done = Completion(run.text, tokens, metadata, *sign(metadata, self._signer))
        self._records.add(done)
        self._figures.answer(done)
        return done


class Run:
    """One attempt at an answer, as its chunks come in.

    Attributes:
        text: what may leave.
        tokens: None once the backend has not told one.
        finish: empty until the end.
    """

    def __init__(self, stops: Stops) -> None:
        self.text, self.finish = "", ""
        self.tokens: list[int] | None = []
        self.prompt_tokens = self.count = self.microseconds = 0
        self.started_us = time.time_ns() // 1000
        self._begun = time.monotonic_ns()
        self._stops = stops

    def add(self, chunk: Chunk) -> str:
        """Take a chunk; the text that may leave because of it."""
        self.count = self.count + chunk.count if chunk.total is None else chunk.total
        self.prompt_tokens = self.prompt_tokens if chunk.prompt_tokens is None else chunk.prompt_tokens
        if self.tokens is not None and chunk.tokens is not None:
            self.tokens += chunk.tokens
        elif chunk.count or chunk.text:
            self.tokens = None
        new = self._stops.add(chunk.text)
        if self._stops.hit:
            self.finish = STOP
        elif chunk.finish:
            new += self._stops.end()
            self.finish = chunk.finish
        self.text += new
        self.microseconds = (time.monotonic_ns() - self._begun) // 1000
        return new

    def check(self) -> None:
        """Raises EngineError where the answer has no end."""
        if not self.finish:
            raise EngineError("backend_refused", "the backend ended its answer without a reason")


def _unsaid(left: str, text: str) -> str:
    """What of a repeated answer has not been said yet."""
    if len(text) <= len(left) and left.startswith(text):
        return ""
    if text.startswith(left):
        return text[len(left) :]
    raise EngineError(
        "answer_changed", "the backend died, and its second answer differs from what was sent already: ask again"
    )
