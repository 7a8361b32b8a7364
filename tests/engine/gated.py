"""Real backends whose answers wait in their midst: a test that kills their process there kills it before the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mai.engine.backends.llama_cpp import LlamaCpp
from mai.engine.backends.onnx import Onnx
from mai.engine.protocol import Chunk, Job

SAID = 6
"""Chunks before the answer waits until the file MAI_GATE is there; the first has the prompt's count alone."""
POLL_SECONDS = 0.005


def _waiting(chunks: Iterator[Chunk], cancelled: Callable[[], bool]) -> Iterator[Chunk]:
    gate = Path(os.environ["MAI_GATE"])
    for number, chunk in enumerate(chunks, 1):
        yield chunk
        while number == SAID and not gate.exists() and not cancelled():
            time.sleep(POLL_SECONDS)


class GatedLlama(LlamaCpp):
    """llama.cpp."""

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """Its answer, once the gate is open."""
        return _waiting(super().generate(job, cancelled), cancelled)


class GatedOnnx(Onnx):
    """ONNX Runtime."""

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """Its answer, once the gate is open."""
        return _waiting(super().generate(job, cancelled), cancelled)
