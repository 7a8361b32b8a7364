"""The tiny transformer on an embedded chain: real proofs, made once and cached, and a miner who settles a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from mai_zk import cache as files
from mai_zk.language.model import Proved
from mai_zk.language.tiny import committed
from mai_zk.language.tiny.model import Tiny
from mai_zk.language.tiny.proving import Job
from mai_zk.language.tiny.run import TinyRun
from mai_zk.trace import Leaf, Work
from solders.pubkey import Pubkey
from traces.world import World, salted

QUESTION, ANSWER = "2+3=", "5"
VERSION = b"tiny proofs 1"


@cache
def proved(job: Job) -> Proved:
    """The job's proof, from the cache or made now; its payload is made anew."""
    circuit = committed.circuit(job.segment)

    def make(folder: Path) -> None:
        made = job.prove()
        kept = {
            "instances": [hex(value) for value in made.instances],
            "proof": made.proof.hex(),
            "seconds": made.seconds,
        }
        (folder / "proof.json").write_text(json.dumps(kept))

    about = repr((job.segment, job.inputs, job.outputs)).encode()
    name = files.content_hash(VERSION, circuit.key_program.hash, circuit.params_digest, about)
    data = json.loads((files.entry("tiny-proofs", name[:32], make) / "proof.json").read_text())
    instances, proof = tuple(int(value, 16) for value in data["instances"]), bytes.fromhex(data["proof"])
    key = circuit.key_program
    return Proved(key, instances, proof, key.payload(instances, proof), data["seconds"])


@cache
def asked(question: str = QUESTION, limit: int = 8) -> TinyRun:
    """A run of the model."""
    model = Tiny()
    return model.run(model.encode(question), limit)


class TinyWorld(World):
    """A chain with the model's manifest, and one run on it."""

    def __init__(self, run: TinyRun | None = None) -> None:
        super().__init__(committed.manifest())
        self.run = run or asked()

    def work(self, *_: object, **__: object) -> Work:
        """The run's trees."""
        tokens = salted([*self.run.prompt, *self.run.generated])
        cut = len(self.run.prompt)
        return Work(self.model, tokens[:cut], tokens[cut:], self.run.positions)

    def leaves(
        self, drawn: Iterable[int], changes: Mapping[tuple[int, int], Leaf] | None = None
    ) -> dict[int, list[Leaf]]:
        """The honest leaves of the drawn positions, but for ``changes``."""
        leaves = {position: list(self.run.leaves(position)) for position in drawn}
        for (position, segment), leaf in (changes or {}).items():
            leaves[position][segment] = leaf
        return leaves

    def receipt_of(self, made: Proved) -> Pubkey:
        """Verify a proof on chain: the miner's receipt for the trace."""
        verifier, context = self.miner.verifier, bytes(self.trace)
        statement = made.key.statement(made.instances, made.proof)
        address, _ = verifier.receipt_address(context, self.miner.payer.pubkey(), statement.statement)
        if self.chain.account(address) is None:
            key = verifier.upload_key(made.key).address
            uploaded = verifier.upload_proof(made.payload, next(self.nonces))
            verifier.verify(made.key, key, uploaded.address, context, statement)
            verifier.close(uploaded.address)
        return address

    def attest(self, work: Work, draw: int, receipt: Pubkey | None = None) -> None:
        """Attest one drawn leaf, with an honest receipt unless one is given."""
        used = receipt or self.receipt_of(proved(self.run.job(*self.place(work, draw))))
        self.miner.attest_leaf(work, self.trace, self.manifest, draw, next(self.nonces), used)
