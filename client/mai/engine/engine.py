"""The engine in this process: models, queue, log, journal; ``mai.engine.client`` has the same methods over a socket."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mai.engine.backends import NAMES
from mai.engine.enginekeys import EngineKeys, FilePlace
from mai.engine.errors import EngineError
from mai.engine.figures import Figures
from mai.engine.hardware import Machine
from mai.engine.journal import Journal, Vault
from mai.engine.limits import Limits
from mai.engine.metering import Meter
from mai.engine.offers import Admit, Answer, Envelopes, Offers, Opened
from mai.engine.pipeline import Pipeline
from mai.engine.places import data_folder, private_folder
from mai.engine.pool import Pools
from mai.engine.protocol import Completion, ModelSpec, Request
from mai.engine.queue import FairQueue
from mai.engine.records import Records
from mai.engine.sealing import Sealer
from mai.errors import MaiError

if TYPE_CHECKING:
    from mai.chain.signer import Signer


def default_folder() -> Path:
    """Where an engine keeps its journal, log and keys, unless told otherwise."""
    return data_folder() / "engine"


class Engine:
    """Serves some models until it is closed. One process at a time uses a folder."""

    def __init__(
        self, folder: Path, specs: Sequence[ModelSpec], machine: Machine, *, signer: Signer | None = None,
        limits: Limits | None = None, vault: Vault | None = None, envelopes: Envelopes | None = None,
        admit: Admit | None = None, held: bool = False, owner: str = "", statement: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Nothing is loaded yet.

        Args:
            specs: the models; the first is the default.
            signer: the device's key; without one, records are not signed.
            vault: seals the journal; by default with the engine's keys in ``folder``.
            envelopes: opens sealed prompts; without one, offers are refused by name.
            admit: asks the chain whether an offer is what it says.
            held: accepted tasks wait for :meth:`start`.
            owner: the address that the device's work is paid to, for the identity; by default the signer's.
            statement: the owner's signed word for the key that prompts are sealed to (``mai.engine.identity``).

        Raises:
            MaiError: the folder cannot be used, or another engine uses it.
        """
        if not specs:
            raise MaiError("an engine needs a model")
        self.folder, self.machine, self.limits = private_folder(folder), machine, limits or Limits()
        self._lock = _locked(self.folder)
        self._signer, self._envelopes, self._owner, self._statement = signer, envelopes, owner, statement
        self.figures, self.records = Figures(), Records(self.folder)
        keys = vault or Sealer(EngineKeys(FilePlace(self.folder)), "journal")
        self._journal = Journal(self.folder, keys)
        self._pools, self.queue = Pools(specs, self.limits), FairQueue(self.limits)
        self._pipeline = Pipeline(
            self._pools, self.queue, self.limits, Meter(machine), self.records, self.figures, signer
        )
        self._offers = Offers(
            self._journal, self._pipeline, self._pools, self.queue, self.limits, envelopes, admit, held=held
        )
        self._closing = False
        self.figures.gauge("running", "Answers that are being generated", lambda: self.queue.running)
        self.figures.gauge("waiting", "Requests in the queue", lambda: self.queue.waiting)
        self.figures.gauge("offers", "Accepted tasks that are not over", lambda: self.unfinished)

    async def begin(self, *, preload: bool = True) -> None:
        """Go on with accepted tasks, and load the default model.

        Raises:
            EngineError: the model cannot be loaded.
        """
        if preload:
            pool = self._pools.find("")
            async with self._pools.worker(pool):
                pass
        self._offers.resume()

    async def close(self) -> None:
        """Stop; accepted tasks stay in the journal."""
        self._closing = True
        await self._offers.stop()
        await self._pools.close()
        self._journal.close()
        self.records.close()
        self._lock.close()

    # Answers

    async def complete(self, request: Request) -> Completion:
        """A whole answer.

        Raises:
            EngineError: refused or failed, by name.
        """
        self._check_open()
        return await self._pipeline.answer(request)

    async def stream(self, request: Request) -> AsyncGenerator[str | Completion, None]:
        """The answer's text as it comes, then the whole; raises as :meth:`complete` does."""
        self._check_open()
        async with contextlib.aclosing(self._pipeline.stream(request)) as pieces:
            async for piece in pieces:
                yield piece

    def served(self, name: str) -> str:
        """The model that a request's name means; raises EngineError model_not_found."""
        return self._pools.find(name).spec.name

    async def models(self) -> list[dict[str, Any]]:
        """The models, the default first: name, backend, device, whether loaded, and what the backend says of it."""
        found = []
        for pool in self._pools.all():
            facts = pool.facts
            about: dict[str, Any] = {
                "name": pool.spec.name,
                "backend": NAMES.get(pool.spec.backend, pool.spec.backend),
                "device": pool.spec.device,
                "location": Path(pool.spec.location).name,
                "loaded": facts is not None,
                "processes": pool.pids,
            }
            found.append(about | (dataclasses.asdict(facts) if facts is not None else {}))
        return found

    async def identity(self) -> dict[str, Any]:
        """Who answers here, what it can, and how busy it is."""
        return {
            "hpke_public_key": self._envelopes.public_key if self._envelopes is not None else None,
            "signing_key": self.signing_key,
            "owner": self._owner or self.signing_key,
            "statement": self._statement,
            "device": self.machine.cpu,
            "gpus": [gpu.name for gpu in self.machine.gpus],
            "models": [
                {key: item.get(key) for key in ("name", "backend", "loaded", "weights", "context")}
                for item in await self.models()
            ],
            "load": await self.load(),
        }

    async def load(self) -> dict[str, int]:
        """How busy the engine is."""
        return {
            "running": self.queue.running,
            "waiting": self.queue.waiting,
            "offers": self.unfinished,
            "most_running": self.limits.running,
            "most_waiting": self.limits.waiting,
            "most_offers": self.limits.offers,
        }

    def not_ready(self) -> str | None:
        """Why a request would not be answered now; None if it would."""
        if self._closing:
            return "the engine is stopping"
        if self._pools.find("").facts is None:
            return "the model is not loaded"
        return "the queue is full" if self.queue.full else None

    async def log(self, limit: int = 20, *, model: str | None = None, task: str | None = None) -> list[dict[str, Any]]:
        """Signed records of answers, the newest first."""
        return self.records.newest(limit, model=model, task=task)

    # The network's tasks

    async def offer(
        self, task: str, model: str, requester_key: str, envelope: bytes, max_tokens: int | None = None
    ) -> dict[str, Any]:
        """Offer a sealed prompt: ``{accepted, reason, message}``."""
        return self._offers.offer(task, model, requester_key, envelope, max_tokens)

    async def status(self, task: str) -> dict[str, Any]:
        """A task's state; raises EngineError task_not_found."""
        return self._offers.status(task)

    async def answer(self, task: str) -> tuple[str, str, bytes]:
        """(state, reason, sealed answer); raises as :meth:`status` does."""
        return self._offers.answer(task)

    async def cancel(self, task: str, signature: str = "") -> dict[str, Any]:
        """Take a task back, as the engine's owner; raises EngineError task_not_found or task_finished."""
        return self._offers.cancel(task, owner=True)

    def cancel_by(self, task: str, signature: str) -> dict[str, Any]:
        """Take a task back by its requester's signature; raises EngineError unauthorized besides."""
        return self._offers.cancel(task, signature=signature)

    async def held(self) -> list[dict[str, Any]]:
        """Accepted tasks that are not over, the oldest first."""
        return self._offers.held()

    async def start(self, task: str) -> dict[str, Any]:
        """Answer a held task; raises EngineError task_not_found or task_finished."""
        return self._offers.start(task)

    async def open(self, task: str) -> Opened:
        """What a held task asks; raises as :meth:`start` does."""
        return self._offers.open(task)

    async def finish(self, task: str, answer: Answer) -> dict[str, Any]:
        """Give a held task the answer that was computed elsewhere; raises as :meth:`start` does."""
        return self._offers.finish(task, answer)

    @property
    def signing_key(self) -> str | None:
        """The address of the key that signs records; None where there is none."""
        return str(self._signer.pubkey()) if self._signer is not None else None

    @property
    def unfinished(self) -> int:
        """Accepted tasks that are not over."""
        counts = {} if self._closing else self._offers.counts()
        return counts.get("accepted", 0) + counts.get("running", 0)

    def _check_open(self) -> None:
        if self._closing:
            raise EngineError("stopping", "this engine is stopping")


def _locked(folder: Path) -> IO[bytes]:
    lock = (folder / "lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise MaiError(f"another engine uses {folder}: stop it or name another folder with --state") from None
    return lock
