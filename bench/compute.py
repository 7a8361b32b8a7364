"""Compute units: exact, so they are the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from mai.chain.check import Checked, check_proof
from mai.chain.profile import STAGES, stage_units
from mai_zk import circuits
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile
from mai_zk.prover import make_prover

CIRCUITS = ("linear4", "digits", "mlp64", "ffn64")
# What the same stages cost before (Montgomery arithmetic in nine limbs, commit 76b091d), made by the same command.
BEFORE = {
    "linear4": {
        "transcript": 7_710, "load": 3_053, "lagrange": 20_906, "quotient": 59_332, "shplonk": 34_741,
        "msm": 119_392, "pairing": 49_080, "total": 294_602,
    },
    "digits": {
        "transcript": 7_952, "load": 2_791, "lagrange": 13_779, "quotient": 71_000, "shplonk": 39_333,
        "msm": 149_162, "pairing": 49_080, "total": 333_485,
    },
    "ffn64": {
        "transcript": 8_596, "load": 4_233, "lagrange": 17_479, "quotient": 106_770, "shplonk": 52_215,
        "msm": 225_760, "pairing": 49_080, "total": 464_521,
    },
}  # fmt: skip
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
    additions = key.n_points + key.n_proof_points - 1
    pairing = PAIRING_FIRST + PAIRING_MORE
    return key.n_scalars * MULTIPLICATION + additions * ADDITION + pairing, key.n_scalars


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
        row(stage, [_with_before(item, stage, item.stages[stage]) for item in figures])
    row("**`check`, whole transaction**", [_with_before(item, "total", item.total, "**") for item in figures])
    row("curve floor", [f"{item.floor:,}" for item in figures])
    row("ratio to the floor", [f"{item.total / item.floor:.2f}" for item in figures])
    row("curve multiplications", [str(item.multiplications) for item in figures])
    row("transactions: proof, key (once)", [f"{item.transactions}, {item.key_transactions}" for item in figures])
    return "\n".join(rows)


def _with_before(figures: CircuitFigures, stage: str, units: int, mark: str = "") -> str:
    before = BEFORE.get(figures.name, {}).get(stage)
    return f"{mark}{units:,}{mark}" + (f" (was {before:,})" if before else "")
