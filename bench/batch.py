"""Several proofs of one key in one transaction: compute units by the number of proofs."""

from __future__ import annotations

import numpy as np
from mai.chain.check import embedded_verifier
from mai.chain.cluster import MAX_COMPUTE_UNITS
from mai.errors import ProgramError
from mai_zk import circuits
from mai_zk.payload import MAX_PROOFS
from mai_zk.prover import make_prover

# The large shard (576 to 48) and one of the same key shape whose proofs take a second.
LARGE, SMALL = "shard", "shard16"


def proofs(name: str, count: int) -> list[tuple[tuple[int, ...], bytes]]:
    """(instances, proof) of so many different inputs of one circuit."""
    circuit, prover = circuits.load(name), make_prover()
    keys = prover.setup(circuit.segment, circuit.test_srs())
    made = []
    for seed in range(count):
        values = (np.random.default_rng(seed).integers(0, 16, circuit.segment.input_size) / 16).tolist()
        proof = prover.prove(keys, prover.witness(keys, values))
        made.append((proof.instances, proof.proof))
    return made


def units(name: str, made: list[tuple[tuple[int, ...], bytes]], *, receipts: bool) -> int:
    """Compute units of one transaction that checks all proofs (and makes their receipts); 0 if it does not fit."""
    key, verifier = circuits.load(name).key_program, embedded_verifier()
    account = verifier.upload_key(key).address
    payload = verifier.upload_proof(key.batch(made), 0).address
    try:
        if receipts:
            statements = [key.statement(*proof) for proof in made]
            return verifier.verify_batch(key, account, payload, bytes(32), statements)[1].compute_units
        return verifier.check(key, account, payload, proofs=len(made)).compute_units
    except ProgramError as error:
        if error.name == "ComputeBudgetExceeded":
            return 0
        raise


def table() -> str:
    """The figures as a Markdown table."""
    small, large = proofs(SMALL, MAX_PROOFS), proofs(LARGE, 3)
    rows = ["| circuit | proofs | `check`, CU | CU a proof | `verify` with receipts, CU |", "|---|---|---|---|---|"]
    for name, made in [(LARGE, large[:1]), (LARGE, large), *((SMALL, small[:n]) for n in range(1, MAX_PROOFS + 1))]:
        check, verify = (units(name, made, receipts=wanted) for wanted in (False, True))
        shown = f"{verify:,}" if verify else f"more than {MAX_COMPUTE_UNITS:,}"
        rows.append(f"| {name} | {len(made)} | {check:,} | {check // len(made):,} | {shown} |")
    return "\n".join(rows)
