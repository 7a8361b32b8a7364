"""The benchmark that runs once for a hardware and its drivers: speeds, and the tier that they reach."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from mai_zk.cache import write_atomic

from mai.chain.progress import Progress, silent
from mai.engine import hardware
from mai.engine.hardware import Machine
from mai.engine.models import machine_speed
from mai.engine.models.catalogue import Model, Speed
from mai.engine.models.embedded import find
from mai.engine.models.fingerprint import Facts, facts, fingerprint
from mai.engine.models.names import GGUF, ONNX, SERVED_BY
from mai.engine.models.runners import LLAMA, PROVABLE, LlamaCpp, Onnx, Provable, Runner, candidates, installed_backends
from mai.engine.models.sources import EMBEDDED, Package
from mai.engine.models.store import Store
from mai.engine.models.tiers import tier_of
from mai.engine.places import data_folder
from mai.errors import MaiError

FILE = "benchmark.json"
MAX_BYTES = 64 * 1024
PROMPT, ANSWER, ROUNDS = 128, 32, 3
NO_BACKEND = "none"


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        fingerprint, facts: of the hardware, drivers and backend that it holds for.
        tier, reason: the tier's name, and why it is no higher one.
        model, backend: what ran; empty and "none" where nothing could.
        on_gpu: whether it ran on a GPU.
        prompt, generation: tokens a second, the median of the rounds; 0 where nothing ran.
        copy: bytes a second of memory, read and written by one thread.
        macs: multiply-accumulates of 32-bit floats a second, on all cores.
        disk_write, disk_read: bytes a second.
        measured: seconds since 1970.
    """

    fingerprint: str
    facts: Facts
    tier: str
    reason: str
    model: str
    backend: str
    on_gpu: bool
    prompt: float
    generation: float
    copy: float
    macs: float
    disk_write: float
    disk_read: float
    measured: int

    @property
    def gpus(self) -> list[tuple[str, str, int, str]]:
        """Kind, name, bytes of memory and driver of each GPU."""
        return [(str(kind), str(name), int(size), str(driver)) for kind, name, size, driver in self.facts["gpus"]]


def latest(folder: Path | None = None, machine: Callable[[], Machine] | None = None) -> Result | None:
    """The result that holds for this machine as it is now; None where there is none."""
    path = (folder if folder is not None else data_folder() / "models") / FILE
    try:
        with path.open("rb") as file:
            found = Result(**json.loads(file.read(MAX_BYTES)))
    except (OSError, ValueError, TypeError):
        return None
    now = facts((machine or hardware.detect)(), installed_backends())
    return found if fingerprint(now) == found.fingerprint else None


def bench(
    store: Store, model: str | None = None, *, again: bool = False, progress: Progress = silent
) -> tuple[Result, bool]:
    """The result for this machine, and whether it was measured now.

    Args:
        model: a model of the registry; by default the embedded one, else the small provable one.
        again: measure even where a result holds.

    Raises:
        MaiError: there is no such model, or nothing here runs it.
    """
    held = latest(store.folder)
    if held is not None and not again and model in (None, held.model):
        return held, False
    machine, steps = hardware.detect(), ROUNDS + 4
    backend, name, runner = _runner(store, model, machine)
    progress(1, steps)
    prompt, generation = _speeds(runner, lambda done: progress(1 + done, steps)) if runner is not None else (0.0, 0.0)
    copied, macs = machine_speed.copy_bandwidth(), machine_speed.multiplications()
    progress(ROUNDS + 2, steps)
    written, read = machine_speed.disk_speed(store.folder)
    progress(ROUNDS + 3, steps)
    on_gpu = runner is not None and runner.on_gpu
    vram = max((gpu.memory_bytes for gpu in machine.gpus), default=0) if on_gpu else 0
    tier, reason = tier_of(generation if runner is not None else None, vram)
    found = facts(machine, installed_backends())
    result = Result(
        fingerprint=fingerprint(found),
        facts=found,
        tier=tier.name,
        reason=reason,
        model=name,
        backend=backend,
        on_gpu=on_gpu,
        prompt=prompt,
        generation=generation,
        copy=copied,
        macs=macs,
        disk_write=written,
        disk_read=read,
        measured=int(time.time()),
    )
    write_atomic(store.folder / FILE, json.dumps(asdict(result), indent=1).encode())
    if any(listed.name == name for listed in store.models()):
        store.record_speed(Speed(name, backend, result.fingerprint, prompt, generation, result.measured))
    progress(steps, steps)
    return result, True


def _runner(store: Store, chosen: str | None, machine: Machine) -> tuple[str, str, Runner | None]:
    """Backend, model's name, and the loaded model; none where nothing can run here."""
    context = 2 * (PROMPT + ANSWER)
    if chosen is not None:
        return _named(store.find(chosen), store, machine, context)
    weights = find(Package(EMBEDDED))
    for backend, name, load in candidates(weights.path if weights is not None else None):
        try:
            return backend, name or Package(EMBEDDED).model, load(machine, context)
        except MaiError:
            continue
    return NO_BACKEND, "", None


def _named(model: Model, store: Store, machine: Machine, context: int) -> tuple[str, str, Runner]:
    path = store.use(model.name)
    if model.kind == GGUF:
        return LLAMA, model.name, LlamaCpp(path, machine, context)
    if model.kind == ONNX:
        return SERVED_BY[ONNX], model.name, Onnx(path, machine)
    return PROVABLE, model.name, Provable.load(model.name)


def _speeds(runner: Runner, done: Callable[[int], None]) -> tuple[float, float]:
    """Tokens a second of prompt and answer: medians, after a round that is not counted."""
    rounds = list[tuple[float, float]]()
    for number in range(ROUNDS + 1):
        rounds.append(runner.seconds(PROMPT, ANSWER))
        done(min(number + 1, ROUNDS))
    reading, writing = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    return PROMPT / max(reading, 1e-9), ANSWER / max(writing, 1e-9)
