"""One Ray cluster: connecting to it, its nodes, and running something on one of them. Needs the extra `ray`."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mai.errors import MaiError

ANSWER_SECONDS = 120
"""How long a node has to start its first worker and answer."""
PACKAGES = ("ezkl", "mai")


@dataclass(frozen=True)
class Node:
    """A node that is alive.

    Attributes:
        id: Ray's, in hex.
        name: `ray start --node-name`, by default the node's address.
        cpus, gpus: what Ray may use of it.
        labels: `ray start --labels`, and Ray's own.
    """

    id: str
    name: str
    cpus: int
    gpus: int
    labels: Mapping[str, str]


class Ray:
    """A connection to a cluster; one a process."""

    def __init__(self, module: Any, address: str) -> None:
        self._ray, self._address = module, address

    @classmethod
    def connect(cls, address: str) -> Ray:
        """Join the cluster of the head at ``host:port`` as its client; a process that already did stays connected.

        Raises:
            MaiError: Ray is not installed, or there is no cluster that this machine is a node of.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # a late call would start a cluster of its own
        try:
            ray = importlib.import_module("ray")
        except ImportError:
            raise MaiError("Ray is not installed: run `pip install 'mai[ray]'`") from None
        host, _, port = address.rpartition(":")
        if not host or "/" in host or not port.isdigit():
            raise MaiError(f"a Ray cluster is named by its head's host:port, such as 10.0.0.1:6379, not {address!r}")
        if not ray.is_initialized():
            try:
                ray.init(
                    address=address,
                    namespace="mai",
                    log_to_driver=False,
                    configure_logging=False,
                )
            except Exception as error:
                raise MaiError(
                    f"there is no Ray cluster at {address} that this machine is a node of ({_first_line(error)}): "
                    f"run `ray start --address={address}` here first"
                ) from error
        return cls(ray, address)

    def disconnect(self) -> None:
        """Leave the cluster."""
        self._ray.shutdown()

    def nodes(self, labels: Mapping[str, str]) -> list[Node]:
        """The nodes that are alive, have CPUs, and have all of these labels, by name."""
        found = []
        for item in self._ray.nodes():
            resources, own = item.get("Resources", {}), item.get("Labels") or {}
            node = Node(
                item["NodeID"],
                item.get("NodeName") or item.get("NodeManagerAddress", "?"),
                int(resources.get("CPU", 0)),
                int(resources.get("GPU", 0)),
                own,
            )
            if item["Alive"] and node.cpus and all(own.get(name) == value for name, value in labels.items()):
                found.append(node)
        return sorted(found, key=lambda node: (node.name, node.id))

    def run(self, call: Callable[..., Any], *arguments: Any, node: Node, cpus: int = 1, gpus: int = 0) -> Any:
        """Run a function on a node, once: a reference, whose ``future()`` gives the result. Waits for nothing."""
        remote = self._ray.remote(call).options(**self._where(node, cpus, gpus), max_retries=0)
        return remote.remote(*arguments)

    def start(self, actor: type, *arguments: Any, node: Node, cpus: int, gpus: int, parallel: int) -> Any:
        """An object of a class that lives on a node in a process of its own; not started again if that ends."""
        remote = self._ray.remote(actor).options(
            **self._where(node, cpus, gpus), max_restarts=0, max_task_retries=0, max_concurrency=parallel
        )
        return remote.remote(*arguments)

    def get(self, reference: Any, seconds: float | None = None) -> Any:
        """The result; raises what the call raised."""
        return self._ray.get(reference, timeout=seconds)

    def ready(self, stream: Any, seconds: float) -> bool:
        """Whether a stream has its next item, or its end, within so many seconds."""
        done, _ = self._ray.wait([stream], timeout=seconds)
        return bool(done)

    def kill(self, actor: Any) -> None:
        """End an actor's process."""
        self._ray.kill(actor)

    def break_off(self, reference: Any) -> None:
        """End what runs, and its process."""
        self._ray.cancel(reference, force=True)

    def same_versions(self, nodes: Iterable[Node]) -> None:
        """Refuse a node whose Python, EZKL or client is another than this machine's.

        Raises:
            MaiError: naming the node and the difference.
        """
        here = versions()
        asked = [(node, self.run(versions, node=node, cpus=0)) for node in nodes]
        for node, reference in asked:
            try:
                there = self.get(reference, ANSWER_SECONDS)
            except Exception as error:
                raise MaiError(
                    f"the node {node.name} does not run MAI ({_first_line(self.cause(error))}): "
                    "install the same `mai` there as here"
                ) from error
            for name, version in here.items():
                if there.get(name) != version:
                    raise MaiError(f"the node {node.name} has {name} {there.get(name)}, this machine {version}")

    def is_loss(self, error: BaseException) -> bool:
        """Whether a worker or a node was lost, as opposed to an error that the call raised."""
        errors = self._ray.exceptions
        return isinstance(error, errors.RayError) and not isinstance(error, errors.RayTaskError)

    def cause(self, error: BaseException) -> Exception:
        """What the call itself raised, without Ray's wrapping."""
        inner = getattr(error, "cause", None)
        found = inner if isinstance(inner, Exception) else error
        return found if isinstance(found, Exception) else MaiError(str(found))

    @staticmethod
    def said(labels: Mapping[str, str]) -> str:
        """Labels in words, for a sentence's end."""
        return " with the labels " + ", ".join(f"{name}={value}" for name, value in labels.items()) if labels else ""

    def _where(self, node: Node, cpus: int, gpus: int) -> dict[str, Any]:
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        pinned = strategies.NodeAffinitySchedulingStrategy(node.id, soft=False)
        return {"num_cpus": cpus, "num_gpus": gpus, "scheduling_strategy": pinned}


def versions() -> dict[str, str]:
    """What must be the same on every node."""
    return {"Python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
