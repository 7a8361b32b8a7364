"""Which pool of provers a miner uses, and on what it proves: processes here, or a Ray cluster's nodes; CPU or GPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from mai_zk.prover import PROVER_VARIABLE, choose_prover

from mai.errors import MaiError
from mai.miner.jobs import PROOF_SECONDS
from mai.miner.presets import Allocation
from mai.miner.provers import LocalProvers, Provers


def labels_of(words: Sequence[str]) -> dict[str, str]:
    """`name=value` pairs.

    Raises:
        MaiError: one is something else.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise MaiError(f"a label is written as name=value, not {word!r}")
        found[name] = value
    return found


def open_pool(
    allocation: Allocation,
    lanes: tuple[str, ...],
    say: Callable[[str], None],
    *,
    prover: str = "cpu",
    ray: str | None = None,
    labels: Mapping[str, str] | None = None,
    proof_seconds: float = PROOF_SECONDS,
) -> tuple[Provers, tuple[str, ...]]:
    """The pool, and its lanes: this machine's, or the cluster's nodes.

    Args:
        say: hears what was chosen and why.
        prover: `cpu`, `gpu` or `auto`; on a cluster, `gpu` takes nodes with GPUs, and `auto` is not for it.
        ray: `host:port` of a Ray cluster's head; None: processes on this machine.
        labels: of the cluster's nodes that may prove.
        proof_seconds: how long one try of a proof may take.

    Raises:
        ZkError: there is no such prover here. MaiError: there is no such cluster.
    """
    if ray is None:
        if labels:
            raise MaiError("labels choose nodes of a Ray cluster: name it with --ray")
        made, why = choose_prover(prover)
        os.environ[PROVER_VARIABLE] = made.device  # the workers inherit it
        say(why)
        local = LocalProvers(
            allocation.workers,
            allocation.threads,
            allocation.duty,
            lanes=lanes,
            nice=allocation.nice,
            proof_seconds=proof_seconds,
        )
        return local, lanes
    if prover not in ("cpu", "gpu"):
        raise MaiError("nodes of a Ray cluster differ: say --prover cpu or --prover gpu")
    from mai.miner.ray_provers import RayProvers

    pool = RayProvers(
        ray, allocation.workers, allocation.threads, labels=labels, prover=prover, proof_seconds=proof_seconds
    )
    nodes = tuple(node.name for node in pool.nodes())
    say(f"proofs are made on the Ray cluster at {ray}, by {prover.upper()}: {', '.join(nodes)}")
    return pool, nodes
