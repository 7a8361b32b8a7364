"""Compute units: exact, so they are the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from mai.chain.check import Checked, check_proof
from mai.chain.profile import STAGES, stage_units
from mai_zk import circuits
from mai_zk.isa import CurveKind
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile
from mai_zk.prover import make_prover

CIRCUITS = ("linear4", "digits", "ffn64")
# Solana's prices of curve operations (runtime constants, execution budget of Agave 2 and 3).
ADDITION, MULTIPLICATION = 334, 3_840
PAIRING_FIRST, PAIRING_MORE = 36_364, 12_121


@dataclass(frozen=True)
class CircuitFigures:
    """One circuit on chain.

    Attributes:
        floor: what the curve operations alone cost: no verifier with this many points can cost less.
    """

    name: str
    k: int
    proof_bytes: int
    instances: int
    key_bytes: int
    total: int
    stages: dict[str, int]
    floor: int
    multiplications: int
    transactions: int
    key_transactions: int


def curve_floor(key: KeyProgram) -> tuple[int, int]:
    """(compute units of the curve operations alone, number of multiplications)."""
    multiplications = sum(op.kind is CurveKind.MULS for op in key.curve_ops)
    additions = sum(op.kind in (CurveKind.ADDP, CurveKind.ADDR) for op in key.curve_ops)
    pairing = PAIRING_FIRST + PAIRING_MORE
    return multiplications * MULTIPLICATION + additions * ADDITION + pairing, multiplications


def measure(name: str) -> CircuitFigures:
    """Prove one example and check it on the embedded chain, plain and profiled."""
    circuit = circuits.load(name)
    prover = make_prover()
    keys = prover.setup(circuit.segment, circuit.test_srs())
    made = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
    proof, key = ProofFile(made.instances, made.proof), circuit.key_program
    plain = _accepted(check_proof(key, proof))
    profiled = _accepted(check_proof(key, proof, profile=True))
    floor, multiplications = curve_floor(key)
    return CircuitFigures(
        name=name,
        k=circuit.settings.logrows,
        proof_bytes=len(proof.proof),
        instances=len(proof.instances),
        key_bytes=len(key.blob),
        total=plain.compute_units,
        stages=stage_units(profiled.logs),
        floor=floor,
        multiplications=multiplications,
        transactions=plain.transactions,
        key_transactions=plain.key_transactions,
    )


def _accepted(checked: Checked) -> Checked:
    if checked.reason is not None:
        raise SystemExit(f"a proof that should hold was refused: {checked.reason}: {checked.detail}")
    return checked


def table(figures: list[CircuitFigures]) -> str:
    """The circuits as a Markdown table."""
    names = " | ".join(f"{item.name}" for item in figures)
    rows = [f"| | {names} |", "|---|" + "---|" * len(figures)]

    def row(label: str, values: list[str]) -> None:
        rows.append(f"| {label} | " + " | ".join(values) + " |")

    row("rows (2^k)", [str(item.k) for item in figures])
    row("proof, bytes", [f"{item.proof_bytes:,}" for item in figures])
    row("instances", [str(item.instances) for item in figures])
    row("key program, bytes", [f"{item.key_bytes:,}" for item in figures])
    for stage in STAGES:
        row(stage, [f"{item.stages[stage]:,}" for item in figures])
    row("**`check`, whole transaction**", [f"**{item.total:,}**" for item in figures])
    row("curve floor", [f"{item.floor:,}" for item in figures])
    row("ratio to the floor", [f"{item.total / item.floor:.2f}" for item in figures])
    row("curve multiplications", [str(item.multiplications) for item in figures])
    row("transactions: proof, key (once)", [f"{item.transactions}, {item.key_transactions}" for item in figures])
    return "\n".join(rows)
