"""Running a work again, bit for bit: the output as a digest to say, and where the miner's run differs first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language.model import ProvableModel, Run
from mai_zk.trace import Position
from mai_zk.trace.merkle import Tree
from mai_zk.trace.work import SALT_BYTES, position_hash
from solders.pubkey import Pubkey

from mai.engine.salted import Salted
from mai.errors import MaiError
from mai.requester.disclosure import Disclosed

SALT_DOMAIN = b"MAI check salt 1\0"


class WrongDisclosure(MaiError):
    """What was disclosed is not what is on chain."""


class CannotRun(MaiError):
    """The model refuses to run the work: its prompt has a token that is none, say. No verdict follows."""


@dataclass(frozen=True)
class Verdict:
    """What a second run says of a work.

    Attributes:
        agrees: the output is the work's, bit for bit.
        output: the root of the right answer under the answer's salts, 32 bytes: what to say in a check.
        committed: the work's output, 32 bytes.
        first_token: where the answers differ first: its index, the position that gives it, both tokens.
        first_position: where the positions' digests differ first, where the miner's are known: both digests.
        positions: are all positions' digests under the trace's root? None where there is no trace to compare with.
    """

    agrees: bool
    output: bytes
    committed: bytes
    first_token: dict[str, int | None] | None
    first_position: dict[str, Any] | None
    positions: bool | None
    seconds: float

    def evidence(self, task: Pubkey, work: Pubkey, model: str) -> dict[str, Any]:
        """For a file: what differs, for whoever runs it again. No prompt and no answer is in it."""
        return {
            "mai_evidence": 1,
            "task": str(task),
            "work": str(work),
            "model": model,
            "agrees": self.agrees,
            "committed_output": self.committed.hex(),
            "executed_output": self.output.hex(),
            "first_token": self.first_token,
            "first_position": self.first_position,
            "positions_agree": self.positions,
        }


def check_disclosed(disclosed: Disclosed, task: Any, work: Any, trace: Any | None) -> None:
    """Is this the prompt of the task and the answer of the work?

    Args:
        trace: the work's, if there is one: the positions are compared with it.

    Raises:
        WrongDisclosure: by name of the part that is another.
    """
    for name, found, expected in (
        ("prompt", disclosed.prompt.root, task.input),
        ("answer", disclosed.answer.root, work.output),
    ):
        if found != expected:
            raise WrongDisclosure(f"the disclosed {name} is not the one on chain")
    if disclosed.positions is not None and trace is not None and root_of(disclosed.positions) != trace.positions_root:
        raise WrongDisclosure("the disclosed positions are not those of the trace")


def execute(model: ProvableModel, disclosed: Disclosed, task: Any, work: Any, trace: Any | None) -> Verdict:
    """Run a work again and compare.

    Raises:
        WrongDisclosure: it is not the task's prompt, or not the work's answer.
        CannotRun: the model refuses.
    """
    check_disclosed(disclosed, task, work, trace)
    started = time.monotonic()
    try:
        run = model.run(disclosed.prompt.tokens, task.max_tokens)
    except ZkError as error:
        raise CannotRun(f"{model.name} cannot run the work again: {error}") from error
    seconds = time.monotonic() - started
    salted = Salted(run.generated, check_salts(disclosed.answer, len(run.generated)))
    known = disclosed.positions if trace is not None else None
    return Verdict(
        agrees=salted.root == work.output,
        output=salted.root,
        committed=work.output,
        first_token=_first_token(run, disclosed.answer.tokens),
        first_position=None if known is None else _first_position(run.positions, known),
        positions=None if trace is None else root_of(run.positions) == trace.positions_root,
        seconds=seconds,
    )


def check_salts(answer: Salted, count: int) -> tuple[bytes, ...]:
    """The salts of the right answer in a check: the committed ones, and beyond them what follows from the first.

    So whoever runs the work again says the same digest, and nobody else can guess the answer from it.
    """
    more = (
        keccak256(SALT_DOMAIN + answer.salts[0] + index.to_bytes(4, "little"))[:SALT_BYTES]
        for index in range(len(answer.salts), count)
    )
    return (*answer.salts[:count], *more)


def root_of(positions: Sequence[Position]) -> bytes:
    """The root of the positions' tree."""
    return Tree([position_hash(index, item) for index, item in enumerate(positions)]).root


def _first_token(run: Run, committed: Sequence[int]) -> dict[str, int | None] | None:
    ours = run.generated
    for index in range(max(len(ours), len(committed))):
        mine = ours[index] if index < len(ours) else None
        theirs = committed[index] if index < len(committed) else None
        if mine != theirs:
            position = len(run.prompt) - 1 + index
            return {"index": index, "position": position, "committed": theirs, "executed": mine}
    return None


def _first_position(ours: Sequence[Position], theirs: Sequence[Position]) -> dict[str, Any] | None:
    for index in range(max(len(ours), len(theirs))):
        mine = position_hash(index, ours[index]).hex() if index < len(ours) else None
        committed = position_hash(index, theirs[index]).hex() if index < len(theirs) else None
        if mine != committed:
            integers = {
                "committed_integers": theirs[index].integers.hex() if index < len(theirs) else None,
                "executed_integers": ours[index].integers.hex() if index < len(ours) else None,
            }
            return {"position": index, "committed": committed, "executed": mine, **integers}
    return None
