"""What verifying one proof costs on chain, measured on the embedded chain."""

from __future__ import annotations

from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile
from mai_zk.prover import Proof

from mai.chain.check import check_proof
from mai.errors import MaiError


def check_units(key: KeyProgram, proof: Proof) -> int:
    """Compute units of the transaction that checks the proof; MaiError if the verifier refuses it."""
    checked = check_proof(key, ProofFile(proof.instances, proof.proof))
    if checked.reason is not None:
        raise MaiError(f"the verifier refused a proof that should hold: {checked.reason} ({checked.detail})")
    return checked.compute_units
