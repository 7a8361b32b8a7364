"""Everything that was drawn of one work: proved by the pool, verified, attested; in any order, each once.

The chain says what is attested. A proof is kept before it is uploaded, and uploads have names that follow from the
trace and the draw, so that a restart goes on with the very same bytes in the very same account.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from mai_zk.keyprogram import KeyProgram
from mai_zk.language.model import Proved
from mai_zk.trace import Kind as SegmentKind
from mai_zk.trace import Work as Trees
from solders.pubkey import Pubkey

from mai.chain import route
from mai.chain.sampled import Draw, Nonces
from mai.chain.trace import TraceState
from mai.errors import MaiError
from mai.miner import runs
from mai.miner.desk import Desk
from mai.miner.journal import Work
from mai.miner.outcome import Wait

POLL_S = 0.2
EVERY_WORK = ""
"""Under which the journal keeps what no single work needs."""
PROOF, OPENING, SESSION, INPUT, OUTPUT = b"proof", b"opening", b"session", b"input", b"output"


@dataclass(frozen=True)
class Leaf:
    """A drawn leaf of a circuit: its number among the draws, and where it is."""

    draw: int
    position: int
    segment: int

    @property
    def blob(self) -> str:
        """The name of its proof in the journal."""
        return f"proof {self.position} {self.segment}"

    def __str__(self) -> str:
        return f"leaf {self.position}:{self.segment}"


@dataclass(frozen=True)
class Proof:
    """A proof as it was kept."""

    key: bytes
    instances: tuple[int, ...]
    proof: bytes
    payload: bytes

    def encode(self) -> bytes:
        found = {"instances": [str(value) for value in self.instances], "key": self.key.hex()}
        return json.dumps({**found, "proof": self.proof.hex(), "payload": self.payload.hex()}).encode()

    @classmethod
    def decode(cls, data: bytes) -> Proof:
        found = json.loads(data)
        parts = [bytes.fromhex(found[name]) for name in ("key", "proof", "payload")]
        return cls(parts[0], tuple(int(value) for value in found["instances"]), parts[1], parts[2])


class Proving:
    """The drawn leaves of all works that are being proved."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._jobs: dict[tuple[str, str], Future[Proved]] = {}
        self._keys: dict[bytes, KeyProgram] = {}
        self._lock = threading.Lock()

    def forget(self, id: str) -> None:
        """A work has ended: nobody waits for its proofs."""
        with self._lock:
            for name in [name for name in self._jobs if name[0] == id]:
                self._jobs.pop(name).cancel()

    def advance(self, work: Work, trace: Pubkey, state: TraceState) -> Wait | None:
        """Do what can be done now; None once everything is attested.

        Raises:
            MaiError: the chain cannot be reached, or refuses.
            ZkError: a leaf cannot be proved.
        """
        trees = runs.trees(self.desk, work)
        segments = trees.manifest.segments
        actions: list[Callable[[], None]] = []
        waiting: list[Leaf] = []
        for draw, number in enumerate(state.leaves):
            place, segment = divmod(number, len(segments))
            leaf = Leaf(draw, state.positions[place], segment)
            if state.attested[draw]:
                continue
            if segments[segment].kind & (SegmentKind.SUM | SegmentKind.EXECUTED):
                actions.append(self._unproved(work, trees, trace, leaf))
            elif (proof := self._proof(work, leaf)) is not None:
                actions.append(self._attest(work, trees, trace, leaf, proof))
            else:
                waiting.append(leaf)
        for draw in range(len(state.positions)):
            if not state.attested[len(state.leaves) + draw]:
                actions.append(self._ends(work, trees, trace, draw, state.positions[draw]))
        self._do(actions)
        if not waiting:
            return None
        done, total = sum(state.attested) + len(actions), len(state.attested)
        return Wait(f"for proofs: {done} of {total} drawn are attested", POLL_S, chain=False)

    def tidy(self, work: Work, trace: Pubkey) -> None:
        """Close uploads that a crash left behind, once everything is attested: their rent returns."""
        verifier = self.desk.verifier
        for what, state in self.desk.journal.shown(work.id).items():
            if state == "tidy":
                continue
            for kind in (PROOF, OPENING):
                self._close(verifier.proof_address(self._nonce(trace, kind, what))[0])
            for kind in (INPUT, OUTPUT):
                self._close(self.desk.sampled.executed.values_address(self._nonce(trace, kind, what))[0])
            self.desk.journal.show(work.id, what, "tidy")

    def _close(self, address: Pubkey) -> None:
        if self.desk.economy.cluster.account(address) is not None:
            self.desk.verifier.close(address)

    def _do(self, actions: list[Callable[[], None]]) -> None:
        if self.desk.parallel <= 1 or len(actions) <= 1:
            for action in actions:
                action()
            return
        with ThreadPoolExecutor(min(self.desk.parallel, len(actions))) as pool:
            for done in [pool.submit(action) for action in actions]:
                done.result()

    # Proofs

    def _proof(self, work: Work, leaf: Leaf) -> Proof | None:
        """The leaf's proof if it is there; else the pool is asked for it, once."""
        kept = self.desk.journal.blob(work.id, leaf.blob)
        if kept is not None:
            return Proof.decode(kept)
        name = (work.id, leaf.blob)
        with self._lock:
            promised = self._jobs.get(name)
            if promised is None:
                job = runs.run_of(self.desk, work).job(leaf.position, leaf.segment)
                if job is None:
                    raise MaiError(f"the model has no proof for {leaf}")
                promised = self._jobs[name] = self.desk.provers.submit(job)
                self.desk.journal.show(work.id, str(leaf), "proving")
        if not promised.done():
            return None
        with self._lock:
            self._jobs.pop(name, None)
        proved = promised.result()
        self._keep_key(proved.key)
        found = Proof(proved.key.hash, proved.instances, proved.proof, proved.payload)
        self.desk.journal.keep(work.id, leaf.blob, found.encode())
        self.desk.journal.show(work.id, str(leaf), "proved")
        return found

    def _keep_key(self, key: KeyProgram) -> None:
        """Keys are the same for every work, and are kept before the first proof that needs one."""
        if key.hash not in self._keys:
            self.desk.journal.keep(EVERY_WORK, f"key {key.hash.hex()}", key.blob)
            self._keys[key.hash] = key

    def _key(self, hash: bytes) -> KeyProgram | None:
        if hash not in self._keys:
            kept = self.desk.journal.blob(EVERY_WORK, f"key {hash.hex()}")
            if kept is None:
                return None
            self._keys[hash] = KeyProgram.from_bytes(kept)
        return self._keys[hash]

    # On the chain

    def _attest(self, work: Work, trees: Trees, trace: Pubkey, leaf: Leaf, proof: Proof) -> Callable[[], None]:
        def act() -> None:
            key, address = self.desk.published.key(proof.key, self._key(proof.key))
            receipt = self._receipt(trace, leaf, proof, key, address)
            self.desk.journal.show(work.id, str(leaf), "verified")
            if trees.manifest.sampled:
                self._show_bound(work, trees, trace, leaf, receipt)
            else:
                self._show_leaf(trees, trace, leaf, receipt)
            self.desk.journal.show(work.id, str(leaf), "attested")

        return act

    def _receipt(self, trace: Pubkey, leaf: Leaf, proof: Proof, key: KeyProgram, address: Pubkey) -> Pubkey:
        """The verifier's receipt of a proof for this trace; the upload is closed as soon as there is one."""
        verifier, cluster = self.desk.verifier, self.desk.economy.cluster
        statement, context = key.statement(proof.instances, proof.proof), bytes(trace)
        receipt, _ = verifier.receipt_address(context, self.desk.owner.pubkey(), statement.statement)
        nonce = self._nonce(trace, PROOF, str(leaf))
        uploaded, _ = verifier.proof_address(nonce)
        session, _ = verifier.session_address(self._nonce(trace, SESSION, str(leaf)))
        if cluster.account(receipt) is None:
            verifier.upload_proof(proof.payload, nonce)
            if route.choose(key).way is route.Way.ONE_TRANSACTION:
                verifier.verify(key, address, uploaded, context, statement)
            else:
                verifier.run_session(key, address, uploaded, self._nonce(trace, SESSION, str(leaf)))
                verifier.verify_batch(key, address, uploaded, context, [statement], session=session)
        for account in (uploaded, session):
            self._close(account)
        return receipt

    def _unproved(self, work: Work, trees: Trees, trace: Pubkey, leaf: Leaf) -> Callable[[], None]:
        """A sum, or what the chain executes itself."""

        def act() -> None:
            if trees.manifest.segments[leaf.segment].executed:
                self._show_executed(work, trees, trace, leaf)
            else:
                self._show_leaf(trees, trace, leaf, None)
            self.desk.journal.show(work.id, str(leaf), "attested")

        return act

    def _show_leaf(self, trees: Trees, trace: Pubkey, leaf: Leaf, receipt: Pubkey | None) -> None:
        manifest = self.desk.published.manifest(trees.manifest)
        nonce = self._nonce(trace, OPENING, str(leaf))
        self.desk.traces.attest_leaf(trees, trace, manifest, leaf.draw, nonce, receipt)

    def _show_executed(self, work: Work, trees: Trees, trace: Pubkey, leaf: Leaf) -> None:
        run, segment = runs.sampled(self.desk, work), trees.manifest.segments[leaf.segment]
        constants = self.desk.published.constants(segment.params, run.constants)
        draw, nonce = self._draw(trees, trace, leaf), self._nonce(trace, OPENING, str(leaf))
        self.desk.sampled.execute(trees, draw, constants, nonce, run.opened(leaf.position, leaf.segment))

    def _show_bound(self, work: Work, trees: Trees, trace: Pubkey, leaf: Leaf, receipt: Pubkey) -> None:
        run = runs.sampled(self.desk, work)
        bases = self.desk.published.constants(trees.manifest.bases, run.constants)
        nonces = Nonces(*(self._nonce(trace, kind, str(leaf)) for kind in (OPENING, INPUT, OUTPUT)))
        opened = run.opened(leaf.position, leaf.segment)
        self.desk.sampled.attest(trees, self._draw(trees, trace, leaf), bases, nonces, receipt, opened)

    def _draw(self, trees: Trees, trace: Pubkey, leaf: Leaf) -> Draw:
        return Draw(trace, self.desk.published.manifest(trees.manifest), leaf.draw)

    def _ends(self, work: Work, trees: Trees, trace: Pubkey, draw: int, position: int) -> Callable[[], None]:
        def act() -> None:
            what = f"ends {position}"
            manifest = self.desk.published.manifest(trees.manifest)
            self.desk.traces.attest_ends(trees, trace, manifest, draw, self._nonce(trace, OPENING, what))
            self.desk.journal.show(work.id, what, "attested")

        return act

    def _nonce(self, trace: Pubkey, kind: bytes, what: str) -> int:
        return self.desk.seal.number(bytes(trace) + kind + what.encode())
