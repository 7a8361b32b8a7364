"""What the coverage table does with a circuit: prove it, compile its key twice, check it on chain, mutate it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mai.chain.check import Checked, check_proof
from mai_zk.circuits import compile_key, example_input
from mai_zk.compiler import compile_vka
from mai_zk.curve import Point
from mai_zk.field import Q, R
from mai_zk.keyprogram import KeyProgram, Parts
from mai_zk.prooffile import ProofFile
from mai_zk.prover import CpuProver, Keys, Proof
from mai_zk.segment import Segment
from mai_zk.srs import make_test_srs

from .matrix import Entry

POINT, WORD = 64, 32
ROOMY = 100_000_000


@dataclass(frozen=True)
class Proved:
    """A circuit of the table with its keys and one honest proof of EZKL's."""

    entry: Entry
    prover: CpuProver
    keys: Keys
    proof: Proof

    @property
    def file(self) -> ProofFile:
        """The proof as the client reads it."""
        return ProofFile(self.proof.instances, self.proof.proof)

    @property
    def parts(self) -> Parts:
        """Which instances and points belong to which part, from the visibility alone."""
        sight = self.entry.visibility
        size = {"public": self.entry.size, "hashed": 1}
        inputs, params = size.get(sight.input, 0), int(sight.params == "hashed")
        points = [int(word == "polycommit") for word in (sight.input, sight.params, sight.output)]
        return Parts(inputs, params, len(self.proof.instances) - inputs - params, *points)

    @cached_property
    def key(self) -> KeyProgram:
        """The key program from EZKL's Solidity verifier."""
        return compile_key(self.prover, self.keys, self.parts)

    @cached_property
    def vka_key(self) -> KeyProgram:
        """The key program from EZKL's VKA file."""
        return compile_vka(self.prover.vka(self.keys).read_bytes(), self.parts, self.key.circuit)

    def native(self, proof: ProofFile) -> bool:
        """EZKL's own verification."""
        return self.prover.verify(self.keys, Proof(proof.instances, proof.proof))

    def check(self, proof: ProofFile) -> Checked:
        """The on-chain verifier's answer, hints made for exactly this proof."""
        return check_proof(self.key, proof)

    def mutations(self) -> Iterator[tuple[str, ProofFile]]:
        """An evaluation plus one; an instance plus one, or a point negated where there is none."""
        proof, instances = self.file.proof, self.file.instances
        at = POINT * self.key.n_phase_points + WORD * (self.key.n_evals // 2)
        value = (int.from_bytes(proof[at : at + WORD], "big") + 1) % R
        yield "evaluation", ProofFile(instances, proof[:at] + value.to_bytes(WORD, "big") + proof[at + WORD :])
        if instances:
            yield "instance", ProofFile(((instances[0] + 1) % R, *instances[1:]), proof)
            return
        x, y = (int.from_bytes(proof[i : i + WORD], "big") for i in (0, WORD))
        yield "point", ProofFile(instances, Point(x, Q - y).to_bytes() + proof[POINT:])


def prove(entry: Entry, folder: Path) -> Proved:
    """Keys (from the cache, or made now, under the deterministic test SRS) and a proof; the model goes to `folder`."""
    path = folder / f"{entry.name}.onnx"
    path.write_bytes(entry.make())
    segment = Segment(entry.name, path, entry.shape, entry.visibility, entry.run_args)
    prover = CpuProver()
    keys = prover.setup(segment, make_test_srs(entry.run_args.logrows))
    values = list(entry.inputs) if entry.inputs else example_input(segment)
    return Proved(entry, prover, keys, prover.prove(keys, prover.witness(keys, values)))
