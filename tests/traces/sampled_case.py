"""A challenged sampled trace whose roots and first draw can be replaced, and openings that say what they like."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from mai.chain.trace import TRACE_HEADER_BYTES
from mai_zk.language.integers import Integers
from mai_zk.trace import Work, executed, opening
from mai_zk.trace.executed import values_digest
from solders.instruction import Instruction
from solders.pubkey import Pubkey
from traces import sampled_model as model
from traces.case import Case
from traces.sampled_world import SampledWorld
from traces.world import refused

PLACE = 3
"""The drawn position, by its place, at which leaves are attacked: its position has some before and after it."""


@dataclass(frozen=True)
class Bound:
    """Accounts that `attest_bound` takes beside those of every leaf."""

    receipt: Pubkey
    input: Pubkey
    output: Pubkey


class SampledCase(Case):
    """A world whose trace is challenged; the first of its draws is aimed at the leaf that a test attacks."""

    world: SampledWorld

    def __init__(self) -> None:
        self.world = SampledWorld()
        self.work: Work = self.world.work()
        self.world.challenge(self.work)
        self.state = self.world.miner.state(self.world.trace)

    @property
    def position(self) -> int:
        return self.state.positions[PLACE]

    @property
    def values(self) -> model.Values:
        return self.world.values[self.position]

    def aim(self, segment: int) -> int:
        """Let the first draw have been this segment at `position`; its number is 0. The leaf's index."""
        leaf = PLACE * len(self.work.manifest.segments) + segment
        self.patch(TRACE_HEADER_BYTES + 4 * len(self.state.positions), struct.pack("<I", leaf))
        return leaf

    def commit_leaf(self, segment: int, **changes: object) -> None:
        """As if the miner had revealed another leaf of this segment at `position`, and the honest ones elsewhere."""
        leaf = replace(self.work.leaves[self.position][segment], **changes)  # type: ignore[arg-type]
        self.commit_leaves({(self.position, segment): leaf})

    # -- openings and calls

    def opening(self, segment: int, *, reads: Integers | None = None, gives: tuple[Integers, ...] | None = None,
                past: Integers | None = None) -> bytes:  # fmt: skip
        """What the miner would upload for the segment, with other integers where they are given."""
        opened = self.values.opened(segment)
        changed = {
            name: value for name, value in (("reads", reads), ("gives", gives), ("past", past)) if value is not None
        }
        leaf = PLACE * len(self.work.manifest.segments) + segment
        return opening.of_integers(self.work, leaf, replace(opened, **changed))

    def call(self, name: str, data: bytes, draw: int = 0, **others: Pubkey) -> Instruction:
        """The instruction on a fresh proof account that holds the opening."""
        world = self.world
        uploaded = world.miner.verifier.upload_proof(data, next(world.nonces)).address
        accounts = {"miner": world.miner.payer.pubkey(), "trace": world.trace, "manifest": world.manifest}
        return world.program.instruction(name, {**accounts, "opening": uploaded, **others}, {"draw": draw})

    def send(self, call: Instruction) -> str | None:
        """The refusal."""
        return refused(lambda: self.world.chain.send([call], [self.world.miner.payer]))

    def execute(self, segment: int, data: bytes | None = None, *, constants: Pubkey | None = None) -> str | None:
        """The refusal of executing a leaf, by default on the honest opening."""
        self.aim(segment)
        data = self.opening(segment) if data is None else data
        return self.send(self.call("execute", data, constants=constants or self.world.constants))

    def claims(self, segment: int, *, reads: Integers | None = None, gives: tuple[Integers, ...] | None = None,
               past: Integers | None = None) -> str | None:  # fmt: skip
        """The refusal of executing a leaf on other integers, which the miner revealed: its leaf's output is theirs."""
        if gives is not None:
            parts = [values_digest(part) for part in gives]
            if segment in model.ATTENDS:
                parts = [parts[1], executed.chained(self.values.history(segment), gives[0])]
            self.commit_leaf(segment, output=executed.output_digest(parts))
        return self.execute(segment, self.opening(segment, reads=reads, gives=gives, past=past))

    # -- what is bound

    def bind(self, integers: Integers, *, missing: int = 0, offset: int = 0, bases: Pubkey | None = None) -> Pubkey:
        """A values account of these integers, of which so many are not bound yet."""
        world, nonce = self.world, next(self.world.nonces)
        bases = bases or world.bases
        data = executed.encoded(integers)
        uploaded = world.miner.verifier.upload_proof(data, nonce).address
        digest = values_digest(integers)
        made = world.executed.create_values(nonce, digest, bases, offset=offset, count=len(integers))
        world.executed.bind(made, uploaded, bases, start=0, count=len(integers) - missing, bits=6)
        return made

    def bound(self, segment: int) -> Bound:
        """An honest receipt and honest values of a circuit's leaf."""
        opened, name = self.values.opened(segment), model.CIRCUITS[segment]
        receipt = self.world.proved_receipt(name, opened.reads)
        return Bound(receipt, self.bind(opened.reads), self.bind(opened.gives[0]))

    def attest_bound(self, segment: int, bound: Bound, data: bytes | None = None) -> str | None:
        """The refusal of attesting a circuit's leaf."""
        self.aim(segment)
        data = self.opening(segment) if data is None else data
        return self.send(self.call("attest_bound", data, **vars(bound)))
