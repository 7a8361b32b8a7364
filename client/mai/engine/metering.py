"""What an answer costs while it is generated: the worker's peak memory, and the mean use of the GPUs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psutil

from mai.engine.hardware import Machine, gpu_use

MEMORY_SECONDS = 0.1
GPU_SECONDS = 0.5


@dataclass
class Reading:
    """What was seen.

    Attributes:
        peak_ram_bytes: most resident memory of the process; 0 where it cannot be read.
        gpu_permille: mean over the samples; -1 where there is no GPU that tells.
    """

    peak_ram_bytes: int = 0
    gpu_permille: int = -1


class Meter:
    """Samples while answers are generated."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @contextlib.asynccontextmanager
    async def watch(self, pid: int) -> AsyncIterator[Reading]:
        """Sample until the block ends; the reading is complete then."""
        reading = Reading()
        _remember(reading, pid)
        tasks = [asyncio.create_task(_memory(reading, pid))]
        if self._machine.gpus:
            tasks.append(asyncio.create_task(self._gpus(reading)))
        try:
            yield reading
        finally:
            _remember(reading, pid)
            for task in tasks:
                task.cancel()

    async def _gpus(self, reading: Reading) -> None:
        samples: list[int] = []
        while True:
            use = await asyncio.to_thread(gpu_use, self._machine)
            if use >= 0:
                samples.append(use)
                reading.gpu_permille = round(sum(samples) / len(samples))
            await asyncio.sleep(GPU_SECONDS)


async def _memory(reading: Reading, pid: int) -> None:
    while True:
        _remember(reading, pid)
        await asyncio.sleep(MEMORY_SECONDS)


def _remember(reading: Reading, pid: int) -> None:
    with contextlib.suppress(psutil.Error):
        reading.peak_ram_bytes = max(reading.peak_ram_bytes, psutil.Process(pid).memory_info().rss)
