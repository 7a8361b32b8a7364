"""Makes vectors/ again: `python -m verifier.make_vectors`, with `tests` on the path (a minute or two).

EZKL's proofs are random, so the payloads differ each time; the keys do not, unless the compiler or its input changed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
from mai_zk import circuits
from mai_zk.circuits import compile_key
from mai_zk.keyprogram import KeyProgram, Parts
from mai_zk.prover import CpuProver
from mai_zk.segment import RunArgs, Segment, Visibility
from mai_zk.srs import make_test_srs
from verifier.keys import VECTORS
from zk.compiler_circuits import model

INPUTS = ((0.25, -0.5, 0.125, 0.75), (1.0, 0.0, -0.25, 0.5), (-0.125, -0.125, 0.5, 1.5), (0.5, 0.5, 0.5, 0.5))
LOOKUP = RunArgs(logrows=11, decomp_base=64, decomp_legs=4, lookup_range=(-500, 500))


def write(name: str, segment: Segment, parts: Parts, n_proofs: int) -> KeyProgram:
    """NAME.key, NAME.payload (the first proof) and NAME.batch (all of them, if there are several)."""
    prover = CpuProver()
    keys = prover.setup(segment, make_test_srs(segment.run_args.logrows))
    key = compile_key(prover, keys, parts)
    made = [prover.prove(keys, prover.witness(keys, values)) for values in INPUTS[:n_proofs]]
    proofs = [(proof.instances, proof.proof) for proof in made]
    (VECTORS / f"{name}.key").write_bytes(key.blob)
    (VECTORS / f"{name}.payload").write_bytes(key.batch(proofs[:1]))
    if n_proofs > 1:
        (VECTORS / f"{name}.batch").write_bytes(key.batch(proofs))
    return key


def main() -> None:
    """All vectors."""
    linear4 = circuits.load("linear4")
    write("linear4", linear4.segment, linear4.parts, len(INPUTS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lookup4.onnx"
        onnx.save(model("sigmoid"), path)
        public = Visibility("public", "fixed", "public")
        segment = Segment("lookup4", path, (1, 4), public, LOOKUP)
        write("lookup4", segment, Parts(input_instances=4, output_instances=4), 1)


if __name__ == "__main__":
    main()
