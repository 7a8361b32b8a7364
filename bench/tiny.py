"""The small transformer proved whole: sizes, seconds, compute units, transactions and lamports of a run, measured now.

`python -m bench.tiny` prints the tables (`--output json` the figures); `section()` is its part of BENCHMARKS.md. One
line is asked, every segment of every position is proved, attested on the embedded chain and claimed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from language.tiny_world import QUESTION, TinyWorld, asked, proved
from mai_zk import circuits
from mai_zk.language.tiny import committed, shape
from mai_zk.language.tiny.model import Tiny
from mai_zk.language.tiny.path import Path
from mai_zk.language.tiny.proving import keys
from mai_zk.language.tiny.run import position_of
from mai_zk.prover import make_prover
from mai_zk.ties import tied_rows
from mai_zk.trace import opening

LONG = b"after wednesday "
STEPS = ("verify", "attest", "attest_ends", "commit_trace", "draw_trace", "reveal_trace", "claim_trace")


def measure() -> dict[str, Any]:
    """All figures; proofs of the run are read from the cache where they are there, one a segment is made anew."""
    run = asked()
    for position in range(len(run.values)):
        for segment in range(len(shape.SEGMENTS)):
            proved(run.job(position, segment))
    stated = json.loads((circuits.circuits_dir() / "tiny" / "accuracy.json").read_text())
    return {
        "question": QUESTION,
        "answer": Tiny().decode(run.generated),
        "parameters": stated["parameters"],
        "accuracy": {
            "lines": sum(stated["lines"].values()),
            "floats": stated["floats"],
            "integers": stated["integers"],
        },
        "path": _path(),
        "segments": [_segment(segment) for segment in range(len(shape.SEGMENTS))],
        **_settled(),
    }


def _path() -> dict[str, float]:
    """Tokens a second of the integers alone, and with every position's commitments."""
    committed.committer()
    path, tokens = Path(), LONG * 4
    start = time.perf_counter()
    for token in tokens:
        path.step(token)
    between = time.perf_counter()
    for values in path.positions:
        position_of(values)
    end = time.perf_counter()
    count = len(tokens)
    return {"tokens_per_second": count / (between - start), "committed_tokens_per_second": count / (end - start)}


def _segment(segment: int) -> dict[str, Any]:
    prover, made, job = make_prover(), keys(segment), asked().job(1, segment)
    witness = prover.witness(made, job.inputs)
    proof = prover.prove(made, witness)
    assert prover.verify(made, proof) and proof.stage is not None
    return {
        "segment": shape.SEGMENTS[segment],
        "weights": sum(part.size for part in _weights(segment)),
        "k": made.settings.logrows,
        "rows": 1 + max(max(rows, default=0) for rows in tied_rows(made.pk, made.settings.logrows)),
        "prove_seconds": proof.stage.seconds,
        "prove_cpu_seconds": proof.stage.cpu_seconds,
        "prove_peak_mb": proof.stage.peak_bytes / 1e6,
        "witness_seconds": witness.stage.seconds,
        "setup_seconds": made.stage.seconds,
        "setup_cpu_seconds": made.stage.cpu_seconds,
        "proof_bytes": len(proof.proof),
        "payload_bytes": len(proved(job).payload),
    }


def _weights(segment: int) -> list[Any]:
    from mai_zk.language.tiny import weights

    return list(weights.of_segment(segment).values())


def _settled() -> dict[str, Any]:
    """One whole run on the embedded chain: units of every step, transactions and lamports."""
    world = TinyWorld()
    program, verifier = world.program, world.miner.verifier
    units: dict[str, list[int]] = defaultdict(list)
    counted = {"transactions": 0}
    send = world.chain.send

    def record(instructions: Any, signers: Any, **more: Any) -> Any:
        landed = send(instructions, signers, **more)
        counted["transactions"] += 1
        for instruction in instructions:
            name = program.parse(bytes(instruction.data))[0] if instruction.program_id == program.address else ""
            if name in STEPS:
                units[name].append(landed.compute_units)
        return landed

    world.chain.send = record  # type: ignore[method-assign]
    before, payer = counted["transactions"], world.miner.payer.pubkey()
    for segment in range(len(shape.SEGMENTS)):
        verifier.upload_key(committed.circuit(segment).key_program)
    keys_transactions = counted["transactions"] - before
    start = world.chain.balance(payer)
    counted["transactions"] = 0
    work = world.work()
    state = world.challenge(work)
    by_segment: dict[int, dict[str, Any]] = {}
    for draw, leaf in enumerate(state.leaves):
        segment = leaf % len(shape.SEGMENTS)
        units.pop("verify", None)
        units.pop("attest", None)
        count = counted["transactions"]
        world.attest(work, draw)
        row = {"verify": units["verify"][0], "attest": units["attest"][0], "opening": len(opening.of_leaf(work, leaf))}
        row["transactions"] = counted["transactions"] - count
        seen = by_segment.setdefault(segment, row)
        by_segment[segment] = {name: max(seen[name], row[name]) for name in row}
    for draw in range(len(state.positions)):
        world.attest_ends(work, draw)
    world.claim(work)
    return {
        "positions": len(state.positions),
        "leaves": len(state.leaves),
        "on_chain": [by_segment[segment] for segment in sorted(by_segment)],
        "steps": {name: max(found) for name, found in units.items() if name not in ("verify", "attest")},
        "transactions": counted["transactions"],
        "lamports": start - world.chain.balance(payer),
        "keys_transactions": keys_transactions,
        "manifest_bytes": len(work.manifest.body),
    }


def section(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    accuracy, path = figures["accuracy"], figures["path"]
    lines = [
        f"`{figures['question']}` is answered `{figures['answer']}`: {figures['positions']} positions, "
        f"{figures['leaves']} leaves, all proved and attested in {figures['transactions']:,} transactions for "
        f"{figures['lamports']:,} lamports. {figures['parameters']:,} parameters; "
        f"{path['tokens_per_second']:,.0f} tokens a second of integers, "
        f"{path['committed_tokens_per_second']:,.0f} with their commitments. Of "
        f"{accuracy['lines']} lines, {accuracy['integers']:.1%} are answered right by integers and "
        f"{accuracy['floats']:.1%} by floats.",
        "",
        "| segment | weights | k | rows | prove, s | CPU s | peak MB | setup, s | proof, bytes | verify, CU "
        "| attest, CU | opening, bytes | transactions |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for made, seen in zip(figures["segments"], figures["on_chain"], strict=True):
        cells = (
            made["segment"], f"{made['weights']:,}", made["k"], f"{made['rows']:,}", f"{made['prove_seconds']:.2f}",
            f"{made['prove_cpu_seconds']:.2f}", f"{made['prove_peak_mb']:.0f}", f"{made['setup_seconds']:.2f}",
            f"{made['proof_bytes']:,}", f"{seen['verify']:,}", f"{seen['attest']:,}", f"{seen['opening']:,}",
            seen["transactions"],
        )  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    steps = ", ".join(f"`{name}` {units:,}" for name, units in figures["steps"].items())
    lines += [
        "",
        f"At most, in compute units: {steps}. The keys take {figures['keys_transactions']} transactions, once.",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m bench.tiny [--output table|json]`."""
    parser = argparse.ArgumentParser(prog="python -m bench.tiny")
    parser.add_argument("--output", choices=("table", "json"), default="table")
    chosen = parser.parse_args(arguments)
    figures = measure()
    print(json.dumps(figures, indent=1) if chosen.output == "json" else section(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
