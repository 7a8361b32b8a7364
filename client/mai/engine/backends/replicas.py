"""A model on the nodes of a Ray cluster: replicas of another backend, each an actor in a process of its own.

Prompts go to the nodes' memory as they are, so the cluster must be one's own. What Ray would keep outside of a
process's memory, and then perhaps on a disk, is refused (docs/how-to/ray.md).
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import resource
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mai.engine.backends import make
from mai.engine.errors import BackendDied, EngineError
from mai.engine.protocol import Chunk, Facts, Job, ModelSpec, Prompt
from mai.errors import MaiError
from mai.rays import ANSWER_SECONDS, Node, Ray

BACKEND = "mai.engine.backends.replicas:Replicas"
CALLS = 8
"""Calls that a replica's process takes at a time, cancellations among them."""
MAX_PROMPT_BYTES = 64 * 1024
"""Ray hands over larger arguments through its object store, which may spill to disk."""
POLL_SECONDS = 0.2
OWN = ("ray", "replicas", "inner", "labels")


def on_ray(specs: Sequence[ModelSpec], address: str, replicas: int) -> list[ModelSpec]:
    """The same models, each answered by so many replicas on a cluster."""
    return [
        dataclasses.replace(
            spec,
            backend=BACKEND,
            options={**spec.options, "ray": address, "replicas": replicas, "inner": spec.backend},
        )
        for spec in specs
    ]


class Replica:
    """One loaded model in a process of the cluster."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._stops: dict[int, threading.Event] = {}
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # prompts are in this process
        try:
            self._backend = make(spec["backend"])
            self._facts: dict[str, Any] = {"facts": dataclasses.asdict(self._backend.load(ModelSpec(**spec)))}
        except Exception as error:
            self._facts = _refusal(error)

    def facts(self) -> dict[str, Any]:
        """What loading found, or why it was refused."""
        return self._facts

    def count(self, prompt: Mapping[str, Any]) -> dict[str, Any]:
        """The prompt's tokens, or the refusal."""
        try:
            return {"count": self._backend.count(Prompt.from_plain(prompt))}
        except Exception as error:
            return _refusal(error)

    def generate(self, number: int, job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Chunks; in the end perhaps a refusal."""
        stop = self._stops.setdefault(number, threading.Event())
        try:
            for chunk in self._backend.generate(Job.from_plain(job), stop.is_set):
                yield {"chunk": dataclasses.asdict(chunk)}
        except Exception as error:
            yield _refusal(error)
        finally:
            self._stops.pop(number, None)

    def cancel(self, number: int) -> None:
        """Let an answer end."""
        self._stops.setdefault(number, threading.Event()).set()


@dataclass
class _Place:
    """A replica and what it has to do."""

    actor: Any
    node: Node
    busy: int = 0


class Replicas:
    """The backend: gives every answer to the least busy replica, and puts a new one in the place of a lost one."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._places: list[_Place] = []
        self._facts: Facts | None = None

    def load(self, spec: ModelSpec) -> Facts:
        """Start the replicas, one node after the other.

        Raises:
            EngineError: load_failed; there is no cluster, a node runs other versions, or a replica cannot load.
        """
        options = dict(spec.options)
        self._labels = dict(options.get("labels", {}))
        self._inner = dataclasses.asdict(spec) | {
            "backend": options["inner"],
            "options": {name: value for name, value in options.items() if name not in OWN},
        }
        self._cpus, self._gpus = int(options.get("threads") or 1), int(spec.device == "gpu")
        try:
            self._ray = Ray.connect(str(options["ray"]))
            nodes = self._nodes()
            self._ray.same_versions(nodes)
        except MaiError as error:
            raise EngineError("load_failed", str(error)) from error
        count = int(options.get("replicas", 1))
        self._places = [self._place(node) for node in itertools.islice(itertools.cycle(nodes), count)]
        try:
            found = [self._loaded(place) for place in self._places]
            if any(one != found[0] for one in found):
                raise EngineError("load_failed", f"the nodes have different files of {spec.name}")
        except EngineError:
            self._end()
            raise
        names = sorted({place.node.name for place in self._places})
        self._facts = dataclasses.replace(
            found[0],
            device=f"{found[0].device}; {count} replicas on {', '.join(names)}",
            parallel=found[0].parallel * count,
        )
        return self._facts

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens, by any replica."""
        plain = _bounded(dataclasses.asdict(prompt))
        with self._taken() as place:
            answer = self._get(place, place.actor.count.remote(plain))
            found: int | None = _plain(answer)["count"]
            return found

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer of one replica."""
        plain, number, told = _bounded(dataclasses.asdict(job)), next(self._numbers), False
        with self._taken() as place:
            stream = place.actor.generate.options(num_returns="streaming").remote(number, plain)
            while True:
                if cancelled() and not told:
                    told = True
                    place.actor.cancel.remote(number)
                if not self._ray.ready(stream, POLL_SECONDS):
                    continue
                try:
                    reference = next(stream)
                except StopIteration:
                    return
                yield Chunk.from_plain(_plain(self._get(place, reference))["chunk"])

    def describe(self) -> Facts:
        """What :meth:`load` found."""
        if self._facts is None:
            raise EngineError("load_failed", "no model is loaded")
        return self._facts

    def close(self) -> None:
        """End the replicas and leave the cluster."""
        self._end()
        self._ray.disconnect()

    def _end(self) -> None:
        for place in self._places:
            self._ray.kill(place.actor)
        self._places = []

    def _nodes(self) -> list[Node]:
        nodes = [node for node in self._ray.nodes(self._labels) if node.cpus >= self._cpus and node.gpus >= self._gpus]
        if not nodes:
            raise EngineError(
                "load_failed",
                f"no node of the Ray cluster has {self._cpus} CPUs and {self._gpus} GPUs{self._ray.said(self._labels)}",
            )
        return nodes

    def _place(self, node: Node) -> _Place:
        actor = self._ray.start(Replica, self._inner, node=node, cpus=self._cpus, gpus=self._gpus, parallel=CALLS)
        return _Place(actor, node)

    def _loaded(self, place: _Place) -> Facts:
        try:
            answer = self._ray.get(place.actor.facts.remote(), ANSWER_SECONDS)
        except Exception as error:
            raise EngineError(
                "load_failed", f"no replica starts on {place.node.name} ({type(error).__name__}): are its CPUs taken?"
            ) from error
        return Facts(**_plain(answer)["facts"])

    @contextlib.contextmanager
    def _taken(self) -> Iterator[_Place]:
        """The least busy replica, for as long as it is in use."""
        with self._lock:
            place = min(self._places, key=lambda item: item.busy)
            place.busy += 1
        try:
            yield place
        finally:
            with self._lock:
                place.busy -= 1

    def _get(self, place: _Place, reference: Any) -> Any:
        """A call's answer.

        Raises:
            BackendDied: the replica or its node is gone; another takes its place.
        """
        try:
            return self._ray.get(reference)
        except Exception as error:
            self._replace(place)
            raise BackendDied(f"a replica on {place.node.name} is gone ({type(error).__name__})") from error

    def _replace(self, lost: _Place) -> None:
        with self._lock:
            if lost not in self._places or self._facts is None:
                return
            nodes = self._nodes()
            used = [place.node.id for place in self._places if place is not lost]
            node = min(nodes, key=lambda item: (used.count(item.id), item.name))
            self._places[self._places.index(lost)] = self._place(node)


def _bounded(plain: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(plain)) > MAX_PROMPT_BYTES:
        raise EngineError(
            "context_length_exceeded", f"a prompt of more than {MAX_PROMPT_BYTES // 1024} KB does not go over Ray"
        )
    return plain


def _refusal(error: Exception) -> dict[str, Any]:
    """An error as plain values, without anything of the prompt: other libraries' messages may quote it."""
    if isinstance(error, EngineError):
        return {"refused": error.name, "message": str(error), "parameter": error.parameter}
    return {"refused": "backend_refused", "message": f"the backend failed: {type(error).__name__}", "parameter": None}


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    if "refused" in answer:
        raise EngineError(answer["refused"], answer["message"], parameter=answer["parameter"])
    return answer
