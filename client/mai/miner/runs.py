"""Running the model for a work, and everything that is committed of the run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language.model import Run, SampledRun
from mai_zk.trace import Leaf, Position
from mai_zk.trace import Work as Trees
from mai_zk.trace.work import SALT_BYTES

from mai.engine.salted import Salted
from mai.errors import MaiError
from mai.miner.desk import Desk
from mai.miner.journal import Work
from mai.miner.offers import Timing
from mai.miner.states import Kind

PROMPT, ANSWER, POSITIONS, LEAVES = "prompt", "answer", "positions", "leaves"


@dataclass(frozen=True)
class Ran:
    """What a run gave.

    Attributes:
        answer: with its salts.
        active_ms: milliseconds that it took.
        ended_us: microseconds since 1970 when it was over.
    """

    answer: Salted
    active_ms: int
    ended_us: int

    @property
    def timing(self) -> Timing:
        """For the record of the answer."""
        return Timing(self.active_ms, self.ended_us)


def execute(desk: Desk, work: Work) -> tuple[Ran, dict[str, bytes]]:
    """Run the model on a work's prompt; the result, and what to keep of it.

    Raises:
        ZkError: the prompt is not one of this model.
    """
    began = time.monotonic()
    run = _run(desk, work)
    active_ms = max(1, round((time.monotonic() - began) * 1000))
    answer = Salted(run.generated, desk.seal.salts(salting(work), len(run.generated)))
    ran = Ran(answer, active_ms, time.time_ns() // 1000)
    kept = json.dumps({"tokens": run.generated, "active_ms": active_ms, "ended_us": ran.ended_us}).encode()
    positions = [[at.integers.hex(), [part.hex() for part in at.carried]] for at in run.positions]
    return ran, {ANSWER: kept, POSITIONS: json.dumps(positions).encode()}


def ran(desk: Desk, work: Work) -> Ran:
    """What :func:`execute` gave, from the journal."""
    found = json.loads(_kept(desk, work, ANSWER))
    tokens = tuple(found["tokens"])
    salted = Salted(tokens, desk.seal.salts(salting(work), len(tokens)))
    return Ran(salted, int(found["active_ms"]), int(found["ended_us"]))


def prompt_of(desk: Desk, work: Work) -> Salted:
    """The work's prompt, from the journal."""
    return Salted.decode(_kept(desk, work, PROMPT), f"the prompt of the work {work.id}")


def salting(work: Work) -> bytes:
    """What the answer's salts follow from: the work's context; of a muster's answer, which has none yet, its id."""
    return keccak256(work.id.encode()) if work.kind is Kind.MUSTER else work.context


def trees(desk: Desk, work: Work) -> Trees:
    """The trees of a work, with its drawn leaves where they are known."""
    made = desk.trees.get(work.id)
    if made is None:
        made = desk.trees[work.id] = _trees(desk, work)
    if not made.drawn and (kept := desk.journal.blob(work.id, LEAVES)) is not None:
        made.set_leaves(_drawn(desk, work, json.loads(kept)))
    return made


def _trees(desk: Desk, work: Work) -> Trees:
    manifest = desk.served_by(work).manifest
    prompt, answer = prompt_of(desk, work), ran(desk, work).answer
    positions = [
        Position(bytes.fromhex(integers), tuple(bytes.fromhex(part) for part in carried))
        for integers, carried in json.loads(_kept(desk, work, POSITIONS))
    ]
    return Trees(manifest, prompt.parts(), answer.parts(), positions)


def leaves(desk: Desk, work: Work, positions: Sequence[int]) -> bytes:
    """The leaves of the drawn positions, to be kept as ``LEAVES``: or, of the sampled class, which positions these are,
    since hashing thousands of leaves again takes less than keeping them.
    """
    if desk.served_by(work).manifest.sampled:
        return json.dumps(list(positions)).encode()
    run = run_of(desk, work)
    found: Mapping[int, Sequence[Leaf]] = {position: run.leaves(position) for position in positions}
    return json.dumps({at: [_plain(leaf) for leaf in items] for at, items in found.items()}).encode()


def _drawn(desk: Desk, work: Work, kept: Any) -> Mapping[int, Sequence[Leaf]]:
    if isinstance(kept, list):
        run = run_of(desk, work)
        return {int(at): run.leaves(int(at)) for at in kept}
    return {int(at): [_leaf(item) for item in leaves] for at, leaves in kept.items()}


def run_of(desk: Desk, work: Work) -> Run:
    """The work's run; after a restart the model runs again, and must say what it said.

    Raises:
        MaiError: it says something else.
    """
    if work.id not in desk.runs:
        run, said = _run(desk, work), ran(desk, work).answer.tokens
        if run.generated != said:
            raise MaiError("the model's answer is another one than before the restart: its files have changed")
    return desk.runs[work.id]


def sampled(desk: Desk, work: Work) -> SampledRun:
    """The run of a work whose manifest is of the sampled class.

    Raises:
        MaiError: its model's runs do not show integers.
    """
    run = run_of(desk, work)
    if not isinstance(run, SampledRun):
        raise MaiError(f"runs of the model {work.model} do not show their integers, which its manifest asks for")
    return run


def _run(desk: Desk, work: Work) -> Run:
    prompt = prompt_of(desk, work)
    model = desk.served_by(work).model
    run = model.run(prompt.tokens, work.most_tokens, cancelled=desk.stopping)
    desk.runs[work.id] = run
    return run


def _kept(desk: Desk, work: Work, name: str) -> bytes:
    found = desk.journal.blob(work.id, name)
    if found is None:
        raise MaiError(f"the journal has no {name} of the work {work.id}")
    return found


def _plain(leaf: Leaf) -> list[object]:
    parts = [part.hex() for part in (leaf.input, leaf.params, leaf.output, leaf.point)]
    return [*parts, [point.hex() for point in leaf.points], [str(value) for value in leaf.outputs]]


def _leaf(plain: Sequence[object]) -> Leaf:
    entry, params, output, point, points, outputs = plain
    if not isinstance(points, list) or not isinstance(outputs, list):
        raise ZkError("The journal's leaves are damaged.")
    digests = [bytes.fromhex(str(part)) for part in (entry, params, output)]
    return Leaf(
        digests[0],
        digests[1],
        digests[2],
        tuple(bytes.fromhex(item) for item in points),
        tuple(int(item) for item in outputs),
        bytes.fromhex(str(point)),
    )


NO_SALT = bytes(SALT_BYTES)
"""A muster's prompt has no salts: everybody can compute it."""
