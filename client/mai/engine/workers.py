"""The engine's side of a worker process: it is started, asked, cancelled, and its death is noticed at once."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import signal
import sys
import time
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from mai.engine import frames
from mai.engine.errors import BackendDied, EngineError
from mai.engine.limits import MAX_FRAME_BYTES
from mai.engine.protocol import Chunk, Facts, Job, ModelSpec, Prompt

CANCEL_SECONDS = 10.0
"""So long a cancelled answer may go on before its process is ended, where nobody else uses it."""
STOP_SECONDS = 2.0
Frame = dict[str, Any]


class WorkerProcess:
    """A process with a loaded model.

    Attributes:
        facts: what its backend said.
        busy: answers that it was lent for; the pool counts them.
        load_us: microseconds from its start to being ready.
    """

    def __init__(self, process: asyncio.subprocess.Process, spec: ModelSpec) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.spec, self.busy, self.load_us = spec, 0, 0
        self.facts: Facts
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._numbers = itertools.count()
        self._answers: dict[int, asyncio.Queue[Frame | None]] = {}
        self._dead = False
        self._reader: asyncio.Task[None]

    @classmethod
    async def start(cls, spec: ModelSpec, seconds: float) -> WorkerProcess:
        """Start a process and load the model in it.

        Raises:
            EngineError: load_failed, or whatever the backend refuses by.
        """
        begun = time.monotonic_ns()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing is imported from whatever folder the engine was started in
            "-m",
            "mai.engine.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        worker = cls(process, spec)
        try:
            plain = {**dataclasses.asdict(spec), "options": dict(spec.options)}
            worker._write({"load": plain})
            async with asyncio.timeout(seconds):
                answer = await _receive(worker._stdout)
            if answer is None:
                cause = await worker._cause()
                raise EngineError("load_failed", f"the worker died of {cause} while loading {spec.name}")
            if "refused" in answer:
                raise _error(answer["refused"])
        except TimeoutError:
            await worker._end()
            raise EngineError("load_failed", f"{spec.name} was not loaded within {seconds:.0f} seconds") from None
        except BaseException:
            await worker._end()
            raise
        worker.facts = Facts(**answer["facts"])
        worker.load_us = (time.monotonic_ns() - begun) // 1000
        worker._reader = asyncio.create_task(worker._read())
        return worker

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._dead and self._process.returncode is None

    async def generate(self, job: Job, seconds: float) -> AsyncGenerator[Chunk, None]:
        """The answer; closing the iterator cancels it.

        Raises:
            EngineError: the backend refuses, or timed_out; BackendDied: the process is gone.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        number, answers = self._open()
        ended = False
        try:
            self._write({"id": number, "job": dataclasses.asdict(job)})
            while True:
                frame = await self._next(answers, deadline)
                if "chunk" not in frame:
                    ended = True
                    if "refused" in frame:
                        raise _error(frame["refused"])
                    return
                yield Chunk.from_plain(frame["chunk"])
        except TimeoutError:
            raise EngineError("timed_out", f"the answer took longer than {seconds:.0f} seconds") from None
        finally:
            if ended or not self.alive:
                self._answers.pop(number, None)
            else:
                self._cancel(number)

    async def count(self, prompt: Prompt, seconds: float) -> int | None:
        """The prompt's tokens; raises as :meth:`generate` does."""
        number, answers = self._open()
        try:
            self._write({"id": number, "count": dataclasses.asdict(prompt)})
            frame = await self._next(answers, asyncio.get_running_loop().time() + seconds)
        except TimeoutError:
            raise EngineError("timed_out", f"the prompt was not counted within {seconds:.0f} seconds") from None
        finally:
            self._answers.pop(number, None)
        if "refused" in frame:
            raise _error(frame["refused"])
        counted: int | None = frame["count"]
        return counted

    def kill(self) -> None:
        """End the process now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _end(self) -> None:
        self.kill()
        self._stdin.close()
        await self._process.wait()

    async def stop(self) -> None:
        """Let the process end, and wait for it."""
        self._stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        self._reader.cancel()

    # Frames

    def _open(self) -> tuple[int, asyncio.Queue[Frame | None]]:
        number = next(self._numbers)
        answers = self._answers[number] = asyncio.Queue()
        return number, answers

    def _write(self, value: Frame) -> None:
        data = frames.pack(value)
        if self._stdin.is_closing() or self._dead:
            raise BackendDied(f"the worker of {self.spec.name} is gone")
        self._stdin.write(data)

    async def _next(self, answers: asyncio.Queue[Frame | None], deadline: float) -> Frame:
        if asyncio.get_running_loop().time() > deadline:  # whoever reads slowly has no more time than others
            raise TimeoutError
        async with asyncio.timeout_at(deadline):
            frame = await answers.get()
        if frame is None:
            raise BackendDied(f"the worker of {self.spec.name} died of {await self._cause()}")
        return frame

    async def _read(self) -> None:
        while (frame := await _receive(self._stdout)) is not None:
            answers = self._answers.get(frame["id"])
            if answers is not None:
                answers.put_nowait(frame)
        self._dead = True
        self._stdin.close()
        for answers in self._answers.values():
            answers.put_nowait(None)

    def _cancel(self, number: int) -> None:
        with contextlib.suppress(BackendDied):
            self._write({"id": number, "cancel": True})
        waiting = self._answers[number]

        async def until_ended() -> None:
            try:
                async with asyncio.timeout(CANCEL_SECONDS):
                    while (frame := await waiting.get()) is not None and "chunk" in frame:
                        pass
            except TimeoutError:
                if self.facts.parallel == 1:
                    self.kill()
            finally:
                self._answers.pop(number, None)

        task = asyncio.create_task(until_ended())
        _kept.add(task)
        task.add_done_callback(_kept.discard)

    async def _cause(self) -> str:
        code = await self._process.wait()
        if code >= 0:
            return f"exit status {code}"
        name = next((item.name for item in signal.Signals if item.value == -code), f"signal {-code}")
        return f"{name} (often: out of memory)" if -code == signal.SIGKILL else name


_kept: set[asyncio.Task[None]] = set()
"""Tasks that nobody awaits; the loop itself keeps only weak references."""


def _error(plain: Frame) -> EngineError:
    if plain["died"]:
        return BackendDied(plain["message"], plain["name"])
    return EngineError(plain["name"], plain["message"], parameter=plain["parameter"])


async def _receive(stream: asyncio.StreamReader) -> Frame | None:
    """The next frame; None where the other side is gone, or sends what no worker sends."""
    try:
        size = int.from_bytes(await stream.readexactly(frames.LENGTH_BYTES), "big")
        if size > MAX_FRAME_BYTES:
            return None
        found: Frame = orjson.loads(await stream.readexactly(size))
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        return None
    return found
