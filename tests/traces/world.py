"""The verifier program on an embedded chain with the tiny model, and a miner who takes a run through all its steps."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mai.chain.artifacts import program_keypair
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.embedded import Embedded
from mai.chain.program import Program
from mai.chain.trace import Traces, TraceState
from mai.chain.verifier import Verifier
from mai.errors import ProgramError
from mai_zk.trace import Kind, Leaf, Manifest, Token, Work
from people import People
from solders.account import Account
from solders.hash import Hash
from solders.pubkey import Pubkey
from traces import model

ROOT = Path(__file__).resolve().parents[2]
OUT = Path(os.environ.get("MAI_PROGRAMS_OUT", ROOT / "programs" / "build" / "out"))
SHARED_OBJECT = Path(os.environ.get("MAI_TRACES_SO", OUT / "traces.so"))
IDL = ROOT / "programs" / "verifier" / "verifier.json"
CONTEXT = bytes(range(32))
BOND = 2 * 10**9
LIMIT = 8
START = 1000
WINDOW = 512
PROMPT = (2, 2)


def block(slot: int) -> bytes:
    """The hash of the block at a slot, the same in every world."""
    return hashlib.sha256(b"block %d" % slot).digest()


def refused(action: Callable[[], object]) -> str | None:
    """The refusal's name, or None if the action succeeded."""
    try:
        action()
    except ProgramError as error:
        return error.name
    return None


def salted(tokens: Iterable[int]) -> list[Token]:
    return [Token(token, hashlib.sha256(b"salt %d" % index).digest()[:16]) for index, token in enumerate(tokens)]


class World:
    """One chain with both keys, the manifest, and a miner.

    layers: the module that runs the model.
    """

    layers: Any = model

    def __init__(self, manifest: Manifest | None = None) -> None:
        self.chain, self.people = Embedded(), People()
        program = Program(program_keypair("verifier").pubkey(), IDL)
        self.chain.messages = program.errors
        self.chain.add_program(program.address, SHARED_OBJECT)
        self.program = program
        self.to_slot(START)
        self.miner = self.traces()
        self.nonces = itertools.count(1)
        self.model = manifest or self.layers.manifest()
        self.manifest = self.miner.upload_manifest(self.model).address

    def traces(self) -> Traces:
        """A client with a funded payer of its own."""
        payer = self.people.another()
        self.chain.airdrop(payer.pubkey(), 1000 * LAMPORTS_PER_SOL)
        return Traces(Verifier(self.chain, payer, self.program))

    def to_slot(self, slot: int, *, skipped: Iterable[int] = (), window: int = WINDOW) -> None:
        """Move to a slot; every slot before it has a block, but for the skipped ones."""
        self.chain.warp(seconds=0)
        clock = self.chain.svm.get_clock()
        self.chain._set_clock(slot, clock.unix_timestamp)
        absent = set(skipped)
        present = [at for at in range(max(0, slot - 3 * window), slot) if at not in absent][-window:]
        self.blocks = {at: block(at) for at in present}
        self.chain.svm.set_slot_hashes([(at, Hash(self.blocks[at])) for at in reversed(present)])

    def slot(self) -> int:
        return self.chain.slot()

    def put(self, address: Pubkey, data: bytes, owner: Pubkey | None = None, lamports: int = 10**10) -> Pubkey:
        """Set an account's content directly, as no transaction could."""
        self.chain.svm.set_account(address, Account(lamports, data, owner or self.program.address, False, 0))
        return address

    # -- the tiny model's run

    def work(self, prompt: tuple[int, ...] = PROMPT, count: int = LIMIT, *, stop: bool = True) -> Work:
        """An honest run and everything about it."""
        values = self.layers.generate(prompt, count, stop=stop)
        answer = [v.next_token for v in values[len(prompt) - 1 :]]
        tokens = salted([*prompt, *answer])
        positions = [self.layers.position_of(v) for v in values]
        made = Work(self.model, tokens[: len(prompt)], tokens[len(prompt) :], positions)
        self.values = values
        return made

    def commit(self, work: Work, *, context: bytes = CONTEXT, limit: int = LIMIT, bond: int = BOND) -> Pubkey:
        self.trace = self.miner.commit(work, self.manifest, context, limit=limit, bond=bond)
        return self.trace

    def draw(self) -> TraceState:
        """Wait until everything that decides the draw is there, and draw."""
        self.to_slot(self.slot() + 260)
        self.miner.draw(self.trace)
        return self.miner.state(self.trace)

    def leaves(
        self, drawn: Iterable[int], changes: Mapping[tuple[int, int], Leaf] | None = None
    ) -> dict[int, list[Leaf]]:
        """The honest leaves of the drawn positions, but for ``changes``: (position, segment) to leaf."""
        leaves = {position: self.layers.leaves_of(self.values[position]) for position in drawn}
        for (position, segment), leaf in (changes or {}).items():
            leaves[position][segment] = leaf
        return leaves

    def challenge(
        self, work: Work, changes: Mapping[tuple[int, int], Leaf] | None = None, *, committed: bool = False
    ) -> TraceState:
        """Commit, draw, reveal, draw."""
        if not committed:
            self.commit(work)
        drawn = self.draw().positions
        work.set_leaves(self.leaves(drawn, changes))
        self.miner.reveal(self.trace, work.leaves_tree.root)
        return self.draw()

    # -- receipts and attestation

    def place(self, work: Work, draw: int) -> tuple[int, int]:
        """Position and segment of drawn leaf number ``draw``."""
        leaf = self.miner.state(self.trace).leaves[draw]
        place, segment = divmod(leaf, len(self.model.segments))
        return work.drawn[place], segment

    def draw_of(self, work: Work, position: int, segment: int) -> int:
        """The number of the drawn leaf at a position and segment."""
        leaf = work.drawn.index(position) * len(self.model.segments) + segment
        return self.miner.state(self.trace).leaves.index(leaf)

    def input_of(self, position: int, segment: int) -> tuple[int, ...]:
        values = self.values[position]
        before = {0: model.ROWS[values.token], 2: values.outputs[1], 3: values.outputs[1], 5: values.outputs[4]}
        return before[segment]

    def receipt(
        self,
        name: str,
        values: tuple[int, ...],
        *,
        context: bytes | None = None,
        traces: Traces | None = None,
    ) -> Pubkey:
        """Verify a real proof of a layer on some integers: a receipt, by default the miner's for the trace."""
        traces, context = traces or self.miner, context or bytes(self.trace)
        proof, key, verifier = model.proved(name, values), model.circuit(name).key, traces.verifier
        statement = key.statement(proof.instances, proof.proof)
        address, _ = verifier.receipt_address(context, traces.payer.pubkey(), statement.statement)
        if self.chain.account(address) is not None:
            return address
        key_address = verifier.upload_key(key).address
        uploaded = verifier.upload_proof(model.payload(name, values), next(self.nonces))
        verifier.verify(key, key_address, uploaded.address, context, statement)
        verifier.close(uploaded.address)
        return address

    def attest(self, work: Work, draw: int, receipt: Pubkey | None = None) -> None:
        """Attest one drawn leaf, with an honest receipt unless one is given."""
        position, segment = self.place(work, draw)
        if receipt is None and not self.model.segments[segment].kind & Kind.SUM:
            receipt = self.receipt(model.CIRCUITS[segment], self.input_of(position, segment))
        self.miner.attest_leaf(work, self.trace, self.manifest, draw, next(self.nonces), receipt)

    def attest_at(self, work: Work, position: int, segment: int, receipt: Pubkey | None = None) -> None:
        self.attest(work, self.draw_of(work, position, segment), receipt)

    def attest_ends(self, work: Work, draw: int) -> None:
        self.miner.attest_ends(work, self.trace, self.manifest, draw, next(self.nonces))

    def attest_all(self, work: Work) -> TraceState:
        """Every drawn leaf and every drawn position."""
        state = self.miner.state(self.trace)
        for draw in range(len(state.leaves)):
            self.attest(work, draw)
        for draw in range(len(state.positions)):
            self.attest_ends(work, draw)
        return self.miner.state(self.trace)

    def claim(self, work: Work) -> None:
        self.miner.claim(work, CONTEXT, limit=LIMIT)


def swapped(leaf: Leaf, **changes: object) -> Leaf:
    """A leaf with other digests."""
    return replace(leaf, **changes)  # type: ignore[arg-type]
