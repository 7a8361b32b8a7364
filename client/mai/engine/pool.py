"""Worker processes by model: started when needed, replaced when dead, and the models used longest ago let go."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence

from mai.engine.errors import EngineError
from mai.engine.limits import Limits
from mai.engine.protocol import Facts, ModelSpec
from mai.engine.workers import WorkerProcess


class Pool:
    """The processes of one model: as many as answers may be generated at a time, or one that can do many."""

    def __init__(self, spec: ModelSpec, limits: Limits) -> None:
        self.spec, self.users = spec, 0
        self._limits = limits
        self._workers: list[WorkerProcess] = []
        self._starting = asyncio.Lock()

    @property
    def facts(self) -> Facts | None:
        """What the backend said; None while nothing is loaded."""
        return next((worker.facts for worker in self._workers if worker.alive), None)

    @property
    def pids(self) -> list[int]:
        """The living processes."""
        return [worker.pid for worker in self._workers if worker.alive]

    async def lend(self) -> tuple[WorkerProcess, int]:
        """(a process with room for one more answer, now counted in its ``busy``; microseconds of loading, or 0).

        Raises:
            EngineError: the model cannot be loaded.
        """
        async with self._starting:
            self._workers = [worker for worker in self._workers if worker.alive]
            for worker in self._workers:
                if worker.busy < worker.facts.parallel:
                    worker.busy += 1
                    return worker, 0
            made = await WorkerProcess.start(self.spec, self._limits.load_seconds)
            made.busy = 1
            self._workers.append(made)
            return made, made.load_us

    async def close(self) -> None:
        """End the processes."""
        workers, self._workers = self._workers, []
        await asyncio.gather(*(worker.stop() for worker in workers))


class Pools:
    """The models that an engine serves; the first is the default."""

    def __init__(self, specs: Sequence[ModelSpec], limits: Limits) -> None:
        self._pools = {spec.name: Pool(spec, limits) for spec in specs}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._limits = limits

    @property
    def names(self) -> list[str]:
        """The models' names."""
        return list(self._pools)

    def find(self, name: str) -> Pool:
        """The pool of a model; the default's for an empty name. ``:latest`` is Ollama's way to say nothing.

        Raises:
            EngineError: model_not_found.
        """
        wanted = name.removesuffix(":latest")
        found = next(iter(self._pools.values())) if not wanted else self._pools.get(name) or self._pools.get(wanted)
        if found is None:
            names = ", ".join(self._pools)
            raise EngineError(
                "model_not_found", f"this engine does not serve {name[:100]}: it serves {names}", parameter="model"
            )
        return found

    @contextlib.asynccontextmanager
    async def worker(self, pool: Pool) -> AsyncIterator[tuple[WorkerProcess, int]]:
        """A worker of the model for one answer; raises as :meth:`Pool.lend` does."""
        pool.users += 1
        try:
            await self._make_room(pool)
            worker, load_us = await pool.lend()
            try:
                yield worker, load_us
            finally:
                worker.busy -= 1
        finally:
            pool.users -= 1

    async def _make_room(self, pool: Pool) -> None:
        self._recent[pool.spec.name] = None
        self._recent.move_to_end(pool.spec.name)
        loaded = [name for name in self._recent if self._pools[name].pids or name == pool.spec.name]
        for name in loaded[: max(0, len(loaded) - self._limits.loaded)]:
            if not self._pools[name].users:
                await self._pools[name].close()

    def all(self) -> list[Pool]:
        """Every model's pool, in order."""
        return list(self._pools.values())

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
