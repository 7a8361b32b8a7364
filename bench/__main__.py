"""`python -m bench`: measure everything and write BENCHMARKS.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mai.chain import artifacts
from mai.cli.demo import as_json, play
from mai.demo.stages import StageDisplay
from mai.demo.story import Image
from mai_zk.digits import sample
from rich.console import Console

from bench import batch, compute, field, language, localnet, paid, policy, prove, shards, tiny

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "BENCHMARKS.md"
INSTRUCTION_RUNS = 12
PUBLISHED = """\
| verifier on Solana, and what it checked | compute units | source |
|---|---|---|
| Halo2 (PSE, KZG, SHPLONK), a shuffle circuit | 1,372,980 | "G1 MSM syscall for advanced ZK verifiers", discussion of the Solana improvement documents; crate halo2-solana-verifier |
| Halo2 (KZG), a scaffold without a circuit's gates | 824,074 | "Compute-Unit Budget Reference" of the mosaic repository, sweep of 2026-06-06 |
| PLONK (KZG), one multiplication, one public input | 973,388 | the same |
| Groth16, one multiplication, one public input | 84,027 | the same |
| Groth16, five proofs of one key | 259,772 | the same |
| Groth16 (a wrap of another proof costs the prover minutes and gigabytes more) | below 200,000 | README of the crate groth16-solana 0.2.0 |"""  # noqa: E501


def main() -> int:
    """Run the measurements; the whole takes about five minutes on two cores."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="proofs a row of the proving table")
    parser.add_argument("--only", action="append", help="measure this section, and leave the others (may be repeated)")
    arguments = parser.parse_args()
    sections: dict[str, Callable[[], str]] = {
        "Verification, by circuit and stage": _verification,
        "Several proofs in one transaction": _batch,
        "Field operations": _field,
        "Instructions": _instructions,
        "The policy program's instructions": policy.table,
        "Programs": _programs,
        "Proving": lambda: _proving(arguments.runs),
        "Shards of linear layers": shards.section,
        "A transformer proved whole": lambda: tiny.section(tiny.measure()),
        "A language model in integers": language.section,
        "An answer of SmolLM2, paid": paid.table,
        "Localnet": localnet.section,
        "The demo": _demo,
    }
    chosen = arguments.only or list(sections)
    if unknown := set(chosen) - sections.keys():
        parser.error(f"there is no section {', '.join(sorted(unknown))}: they are {', '.join(sections)}")
    console = Console(stderr=True)
    kept = _kept()
    parts = [_head()]
    for title, section in sections.items():
        if title not in chosen:
            parts += [f"## {title}\n\n{kept[title]}"] if title in kept else []
            continue
        with console.status(f"{title} ..."):
            parts.append(f"## {title}\n\n{section()}")
        console.print(f"[green]✓[/] {title}")
    PAGE.write_text("\n\n".join(parts) + "\n")
    console.print("wrote BENCHMARKS.md")
    return 0


def _kept() -> dict[str, str]:
    """The sections that are there, by title."""
    parts = PAGE.read_text().split("\n## ")[1:] if PAGE.exists() else []
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts)}


def _head() -> str:
    return (
        "# Benchmarks\n\n"
        "Made by `make bench`; nothing here is typed by hand. Compute units are exact and the same on every machine "
        "(tests hold them to bounds); seconds are of the machine below and matter only as ratios within one run.\n\n"
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}. "
        f"Date: {time.strftime('%Y-%m-%d', time.gmtime())}."
    )


def _verification() -> str:
    figures = [compute.measure(name) for name in compute.CIRCUITS]
    return (
        f"{compute.table(figures)}\n\n"
        "`check` is the whole transaction, with its compute budget instructions; it differs by some hundred units from "
        "payload to payload, because the moduli are drawn anew (the other stages are exact). The stages are measured "
        "in a profiled run. The curve floor is the price of the curve multiplications, additions and one two-pair "
        "pairing. Circuits: linear4 (4→4, linear and ReLU, public), digits (64→32→10 classifier; input, weights and "
        "output committed), mlp64 (64→64→10 perceptron; input and output hashed), ffn64 (LayerNorm, feed-forward with "
        "GELU, residual, d = 64; input and output hashed).\n\n"
        f"Published figures of other verifiers (their own reports, other circuits):\n\n{PUBLISHED}"
    )


def _batch() -> str:
    return (
        f"{batch.table()}\n\nProofs of one key share the key's multiplications and the pairing, by a random linear "
        "combination. shard: 576 to 48; shard16: 16 to 16; input, weights and output committed in both, so their keys "
        "differ in constants only. `verify` also makes a receipt for each proof."
    )


def _field() -> str:
    measured = field.measure()
    rows = ["| operation | compute units |", "|---|---|"]
    rows += [f"| {name}, interpreted | {units:,} |" for name, units in measured.items()]
    rows += [f"| for comparison, one multiplication: {name} | {units:,} |" for name, units in field.PEERS.items()]
    return "\n".join(rows)


def _instructions() -> str:
    """The demo's instructions over several runs; they differ by the bumps of program-derived addresses."""
    runs = [
        as_json(play(Image(sample(7), "digit 7"), Image(sample(3), "decoy"), StageDisplay()), 7)["stages"]
        for _ in range(INSTRUCTION_RUNS)
    ]
    rows = ["| stage of the demo | transactions | compute units, least to most |", "|---|---|---|"]
    for stages in zip(*runs, strict=True):
        units = sorted(stage["compute_units"] for stage in stages)
        if stages[0]["transactions"]:
            rows.append(f"| {stages[0]['name']} | {stages[0]['transactions']} | {units[0]:,} to {units[-1]:,} |")
    return "\n".join(rows) + (
        f"\n\n{INSTRUCTION_RUNS} runs with fresh keypairs. Finding a program-derived address costs 1,500 units a try, "
        "so figures differ by the number of tries."
    )


def _programs() -> str:
    rows = ["| program | bytes |", "|---|---|"]
    for name in ("verifier", "traces", "mai"):
        rows.append(f"| {name}.so | {artifacts.shared_object(name).stat().st_size:,} |")
    return "\n".join(rows)


def _proving(runs: int) -> str:
    found = prove.measure(runs=runs)
    labels = {
        "ours": "digits as checked in: everything committed",
        "hashed": "input and output hashed, weights fixed in the key",
        "ezkl_default": "EZKL's default calibration, everything committed, weights not tied",
    }
    rows = ["| | k | proof, bytes | prove, s | CPU s | peak MB | argmax accuracy |", "|---|---|---|---|---|---|---|"]
    for name, label in labels.items():
        row = found[name]
        rows.append(
            f"| {label} | {row['k']} | {row['proof_bytes']:,} | {row['prove_seconds']:.2f} | "
            f"{row['prove_cpu_seconds']:.2f} | {row['prove_peak_mb']} | {row['accuracy']:.3f} |"
        )
    return "\n".join(rows) + (
        f"\n\nMedian of {runs} proofs each, taken in turns in one run. Faster than EZKL's default by "
        f"**{found['speed_up']:.1f}×** in wall time and {found['cpu_speed_up']:.1f}× in CPU time. Accuracy on "
        f"{found['images']} held-out digits; the float model has {found['float_accuracy']:.3f}."
    )


def _demo() -> str:
    command = [sys.executable, "-c", "from mai.cli.main import main; main()", "demo", "--output", "json"]
    seconds = []
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            started = time.perf_counter()
            done = subprocess.run(
                command, env={**os.environ, "MAI_CACHE": cache}, capture_output=True, text=True, check=True
            )
            seconds.append(time.perf_counter() - started)
            json.loads(done.stdout.splitlines()[-1])
    return (
        "| run | seconds |\n|---|---|\n"
        f"| first, empty cache (SRS and keys are made) | {seconds[0]:.1f} |\n"
        f"| second | {seconds[1]:.1f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
