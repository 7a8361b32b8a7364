"""Showing drawn leaves of the sampled class: executed by the chain, or a circuit's, bound to its integers.

docs/reference/trace.md; what is there already after a crash is found, so that each can be called again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mai_zk.trace import Work, opening
from mai_zk.trace.executed import digit_bits, values_digest
from mai_zk.trace.opening import Opened
from mai_zk.trace.vectors import Integers
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.executed import Executed
from mai.chain.trace import Traces

BOUND_AT_ONCE = 512
"""Integers that one transaction binds: of 24 bits they take some 810,000 compute units (docs/reference/executed.md)."""


@dataclass(frozen=True)
class Draw:
    """A drawn leaf: the trace, its sealed manifest, the leaf's number among the draws."""

    trace: Pubkey
    manifest: Pubkey
    number: int


@dataclass(frozen=True)
class Nonces:
    """Which of the payer's proof and values accounts are used; they are closed with the last transaction."""

    opening: int
    input: int
    output: int


class Sampled:
    """Calls the verifier program's instructions on drawn leaves of the sampled class."""

    def __init__(self, traces: Traces) -> None:
        self.traces, self.executed = traces, Executed(traces.verifier)
        self.verifier, self.program = traces.verifier, traces.program
        self.cluster, self.payer = traces.cluster, traces.payer

    def execute(self, work: Work, draw: Draw, constants: Pubkey, nonce: int, opened: Opened) -> Landed:
        """Have the chain compute a drawn leaf again from its integers."""
        data = opening.of_integers(work, self._leaf(draw), opened)
        uploaded = self.verifier.upload_proof(data, nonce).address
        accounts = {**self._accounts(draw, uploaded), "constants": constants}
        return self._last("execute", accounts, draw, [uploaded])

    def attest(self, work: Work, draw: Draw, bases: Pubkey, nonces: Nonces, receipt: Pubkey, opened: Opened) -> Landed:
        """Bind a drawn circuit's integers to the points of its receipt, and attest it."""
        data = opening.of_integers(work, self._leaf(draw), opened)
        uploaded = self.verifier.upload_proof(data, nonces.opening).address
        reads, gives = opened.reads, np.concatenate(opened.gives)
        bound = {
            "input": self._bind(nonces.input, uploaded, bases, reads, 0),
            "output": self._bind(nonces.output, uploaded, bases, gives, 4 * len(reads)),
        }
        accounts = {**self._accounts(draw, uploaded), "receipt": receipt, **bound}
        return self._last("attest_bound", accounts, draw, [uploaded, *bound.values()])

    def _leaf(self, draw: Draw) -> int:
        return self.traces.state(draw.trace).leaves[draw.number]

    def _accounts(self, draw: Draw, uploaded: Pubkey) -> dict[str, Pubkey]:
        miner = self.payer.pubkey()
        return {"miner": miner, "trace": draw.trace, "manifest": draw.manifest, "opening": uploaded}

    def _bind(self, nonce: int, uploaded: Pubkey, bases: Pubkey, integers: Integers, start: int) -> Pubkey:
        """The values account of integers that begin at byte `start` of an opening, complete."""
        address, _ = self.executed.values_address(nonce)
        if self.cluster.account(address) is None:
            self.executed.create_values(nonce, values_digest(integers), bases, offset=0, count=len(integers))
        while left := self.executed.bound(address).left:
            count = min(left, BOUND_AT_ONCE)
            bits = digit_bits(integers[len(integers) - left :][:count])
            self.executed.bind(address, uploaded, bases, start=start, count=count, bits=bits)
        return address

    def _last(self, name: str, accounts: dict[str, Pubkey], draw: Draw, used: list[Pubkey]) -> Landed:
        """The leaf's own instruction, and the return of the rent of everything that was put there for it."""
        calls = [self.program.instruction(name, accounts, {"draw": draw.number})]
        return self.cluster.send([*calls, *map(self.verifier.closing, used)], [self.payer])
