"""A backend whose answers, slowness and crashes a test decides: the engine's mechanics without a model's minutes.

It counts: "w0 w1 w2 …" from the prompt's length on, so that an answer depends on its prompt and seed alone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mai.engine.errors import BackendDied, EngineError
from mai.engine.protocol import LENGTH, STOP, Chunk, Facts, Job, ModelSpec, Prompt

CONTEXT = 1_000
POLL_SECONDS = 0.005


class Scripted:
    """``options``: ``gate``: a folder; token number n waits until the file ``n`` is there, where ``gates`` says so.

    ``crash_at``: the token before which the process dies, unless the file ``crash`` is gone (it is removed first);
    ``how``: kill, fault, died or raise. ``ends``: after so many tokens the model ends by itself.
    """

    def load(self, spec: ModelSpec) -> Facts:
        """Ready at once; ``refuse`` is what loading refuses by, ``load_kill`` dies."""
        self._options = dict(spec.options)
        if "refuse" in self._options:
            raise EngineError("load_failed", str(self._options["refuse"]))
        if self._options.get("load_kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        parallel = int(self._options.get("parallel", 1))
        self._facts = Facts("scripted", "1", "sha256:00", CONTEXT, 5_000, "CPU", parallel)
        self._note("loaded")
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """Words."""
        if prompt.tokens is not None:
            return len(prompt.tokens)
        text = prompt.text if prompt.text is not None else " ".join(item.content for item in prompt.messages)
        return len(text.split())

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """w0 w1 …, or with ``unstable`` something else in every process."""
        start = self.count(job.prompt) or 0
        if start >= CONTEXT:
            raise EngineError("context_length_exceeded", "too long")
        yield Chunk("", prompt_tokens=start)
        ends = int(self._options.get("ends", 10**9))
        for place in range(job.max_tokens):
            self._wait(place, cancelled)
            if cancelled():
                self._note("cancelled")
                return
            self._crash(place)
            number = start + place
            word = f"w{number}" if not self._options.get("unstable") else f"p{os.getpid()}-{number}"
            last = place + 1 == min(job.max_tokens, ends)
            finish = (STOP if place + 1 == ends else LENGTH) if last else None
            yield Chunk(("" if place == 0 else " ") + word, (number,), 1, finish=finish)
            self._note(f"sent-{place}")
            if last:
                return

    def _wait(self, place: int, cancelled: Callable[[], bool]) -> None:
        folder = self._options.get("gate")
        if folder is None or place not in self._options.get("gates", ()):
            return
        while not (Path(folder) / str(place)).exists() and not cancelled():
            time.sleep(POLL_SECONDS)

    def _crash(self, place: int) -> None:
        if place != self._options.get("crash_at"):
            return
        marker = Path(self._options["gate"]) / "crash"
        if not self._options.get("always"):
            if not marker.exists():
                return
            marker.unlink()
        how = self._options.get("how", "kill")
        if how == "fault":
            ctypes.string_at(0)
        if how == "died":
            raise BackendDied("the server is gone", "backend_unreachable")
        if how == "raise":
            raise ValueError("a secret prompt is quoted here")
        os.kill(os.getpid(), signal.SIGKILL)

    def _note(self, name: str) -> None:
        folder = self._options.get("gate")
        if folder is not None:
            (Path(folder) / f"seen-{name}").touch()

    def describe(self) -> Facts:
        """As loaded."""
        return self._facts

    def close(self) -> None:
        """Nothing is held."""
