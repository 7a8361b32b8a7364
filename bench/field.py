"""What one field operation costs, interpreter included: what extra instructions add to a whole check."""

from __future__ import annotations

import struct

from mai.chain.check import check_proof
from mai.chain.profile import stage_units
from mai_zk import circuits
from mai_zk.isa import SUMS, Instruction, encode_code
from mai_zk.keyprogram import HEADER_BYTES, KeyProgram
from mai_zk.prooffile import ProofFile
from mai_zk.prover import make_prover

EXTRA = 100
N_SLOTS_AT, CODE_LENGTH_AT = 12, 20
# Published or measured elsewhere for one Fr multiplication on the same virtual machine, and where.
PEERS = {
    "a public PLONK verifier's report (4 × 64-bit limbs)": 2_395,
    "4 × 64-bit limbs through u128, prototype": 1_705,
    "8 × 32-bit limbs, CIOS, prototype": 1_435,
    "9 × 29-bit limbs, lazy, compiled Rust, prototype": 751,
    "9 × 29-bit limbs, lazy, assembly, interpreted (this verifier before residues)": 598,
}


def with_extra(key: KeyProgram, extra: list[Instruction]) -> KeyProgram:
    """The same key program with instructions in front that use one more slot and change nothing."""
    code = encode_code([*extra, *key.code])
    start = HEADER_BYTES + 32 * key.n_constants
    blob = bytearray(key.blob[:start] + code + key.blob[start + key.code_bytes :])
    struct.pack_into("<H", blob, N_SLOTS_AT, key.n_slots + 1)
    struct.pack_into("<I", blob, CODE_LENGTH_AT, len(code))
    return KeyProgram.from_bytes(bytes(blob))


def measure() -> dict[str, int]:
    """Compute units of every sum of products, addition and subtraction, interpreter included."""
    circuit = circuits.load("linear4")
    prover = make_prover()
    keys = prover.setup(circuit.segment, circuit.test_srs())
    made = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
    proof, key = ProofFile(made.instances, made.proof), circuit.key_program
    slot = key.n_slots

    def units(program: KeyProgram) -> int:
        """Of the stage that the extra instructions run in; the moduli's stage differs from payload to payload."""
        checked = check_proof(program, proof, profile=True)
        if checked.reason is not None:
            raise SystemExit(f"a proof that should hold was refused: {checked.reason}")
        return stage_units(checked.logs)["lagrange"]

    found = {}
    for op, (products, addends) in SUMS.items():
        sample = Instruction(op, (slot, *[0, 1] * products, *[0] * addends))
        base, more = (units(with_extra(key, [sample] * n)) for n in (1, 1 + EXTRA))
        found[op.name] = round((more - base) / EXTRA)
    return found
